#include "base/limits.h"

const struct limits limits_default = {
#define X(name, value, low, high, help) .name = (value),
    LIMITS(X)
#undef X
};
