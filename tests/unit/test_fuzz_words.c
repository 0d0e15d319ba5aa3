#include "../fuzz/fuzz_words.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "words"
#include "fuzz_replay.h"
