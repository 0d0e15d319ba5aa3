#include "../fuzz/fuzz_websocket.c"

#define FUZZ_TARGET "websocket"
#include "fuzz_replay.h"
