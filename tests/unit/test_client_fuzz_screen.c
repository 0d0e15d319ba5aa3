#include "../fuzz/fuzz_client_screen.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "client_screen"
#include "fuzz_replay.h"
