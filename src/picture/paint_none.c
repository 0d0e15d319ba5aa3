#include "picture/paint.h"

#include <unistd.h>

bool paint_is_possible(void)
{
	return false;
}

void paint(enum paint_kind kind, int in, int small, int large)
{
	(void)kind;
	(void)in;
	(void)small;
	(void)large;
	_exit(1);
}
