#include "../fuzz/fuzz_search.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "search"
#include "fuzz_replay.h"
