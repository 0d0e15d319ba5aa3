#include "../fuzz/fuzz_native.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "native"
#include "fuzz_replay.h"
