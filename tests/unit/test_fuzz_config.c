#include "../fuzz/fuzz_config.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "config"
#include "fuzz_replay.h"
