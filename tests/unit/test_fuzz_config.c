#include "../fuzz/fuzz_config.c"

#define FUZZ_TARGET "config"
#include "fuzz_replay.h"
