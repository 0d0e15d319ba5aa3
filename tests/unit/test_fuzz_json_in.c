#include "../fuzz/fuzz_json_in.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "json_in"
#include "fuzz_replay.h"
