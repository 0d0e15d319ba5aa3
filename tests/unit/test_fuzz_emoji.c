#include "../fuzz/fuzz_emoji.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "emoji"
#include "fuzz_replay.h"
