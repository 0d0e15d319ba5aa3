#include "../fuzz/fuzz_proxy.c"

#define FUZZ_TARGET "proxy"
#include "fuzz_replay.h"
