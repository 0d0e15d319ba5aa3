#include "../fuzz/fuzz_search.c"

#define FUZZ_TARGET "search"
#include "fuzz_replay.h"
