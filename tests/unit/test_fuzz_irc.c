#include "../fuzz/fuzz_irc.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "irc"
#include "fuzz_replay.h"
