#include "../fuzz/fuzz_telnet.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "telnet"
#include "fuzz_replay.h"
