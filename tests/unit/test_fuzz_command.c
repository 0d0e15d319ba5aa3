#include "../fuzz/fuzz_command.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "command"
#include "fuzz_replay.h"
