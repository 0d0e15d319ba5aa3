#include "../fuzz/fuzz_connection.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "connection"
#include "fuzz_replay.h"
