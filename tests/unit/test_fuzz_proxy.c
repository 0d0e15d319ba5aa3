#include "../fuzz/fuzz_proxy.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "proxy"
#include "fuzz_replay.h"
