#include "../fuzz/fuzz_sniff.c"

#define FUZZ_TARGET "sniff"
#include "fuzz_replay.h"
