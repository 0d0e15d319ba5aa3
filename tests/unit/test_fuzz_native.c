#include "../fuzz/fuzz_native.c"

#define FUZZ_TARGET "native"
#include "fuzz_replay.h"
