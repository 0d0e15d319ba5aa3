#include "../fuzz/fuzz_clock.c"

#define FUZZ_TARGET "clock"
#include "fuzz_replay.h"
