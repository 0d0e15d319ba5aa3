#include "../fuzz/fuzz_connection.c"

#define FUZZ_TARGET "connection"
#include "fuzz_replay.h"
