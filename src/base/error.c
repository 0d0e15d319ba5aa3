#include "base/error.h"

const char *error_wire_name(enum error_code code)
{
	static const char *const names[] = {"none",
#define X(upper, lower) #lower,
					    ERRORS(X)
#undef X
	};
	return names[code];
}
