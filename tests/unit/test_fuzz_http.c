#include "../fuzz/fuzz_http.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "http"
#include "fuzz_replay.h"
