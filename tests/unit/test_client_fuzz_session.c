#include "../fuzz/fuzz_client_session.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "client_session"
#include "fuzz_replay.h"
