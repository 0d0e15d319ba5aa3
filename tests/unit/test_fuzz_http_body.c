#include "../fuzz/fuzz_http_body.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "http_body"
#include "fuzz_replay.h"
