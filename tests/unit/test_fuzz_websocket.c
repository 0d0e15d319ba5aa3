#include "../fuzz/fuzz_websocket.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "websocket"
#include "fuzz_replay.h"
