#include "../fuzz/fuzz_command.c"

#define FUZZ_TARGET "command"
#include "fuzz_replay.h"
