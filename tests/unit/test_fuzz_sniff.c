#include "../fuzz/fuzz_sniff.c" // NOLINT(bugprone-suspicious-include): the target itself is replayed

#define FUZZ_TARGET "sniff"
#include "fuzz_replay.h"
