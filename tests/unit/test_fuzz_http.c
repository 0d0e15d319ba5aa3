#include "../fuzz/fuzz_http.c"

#define FUZZ_TARGET "http"
#include "fuzz_replay.h"
