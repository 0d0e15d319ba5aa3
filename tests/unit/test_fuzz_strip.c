#include "../fuzz/fuzz_strip.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "strip"
#include "fuzz_replay.h"
