#include "../fuzz/fuzz_clock.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "clock"
#include "fuzz_replay.h"
