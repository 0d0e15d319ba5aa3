#include "../fuzz/fuzz_names.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "names"
#include "fuzz_replay.h"
