#include "../fuzz/fuzz_names.c"

#define FUZZ_TARGET "names"
#include "fuzz_replay.h"
