#include "../fuzz/fuzz_tus.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "tus"
#include "fuzz_replay.h"
