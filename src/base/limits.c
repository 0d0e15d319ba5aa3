#include "base/limits.h"

const struct limits limits_default = {
#define X(name, value, low, high, help) .name = (value),
    LIMITS(X)
#undef X
};

const struct limits limits_lowest = {
#define X(name, value, low, high, help) .name = (low),
    LIMITS(X)
#undef X
};

const struct limits limits_highest = {
#define X(name, value, low, high, help) .name = (high),
    LIMITS(X)
#undef X
};
