/* A line that is typed and not shown.
 *
 * Layer: client, pure. What it held is wiped when it is released or begun again. */
#ifndef BRUSIO_CLIENT_SECRET_H
#define BRUSIO_CLIENT_SECRET_H

#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>

enum secret_result {
	SECRET_MORE,      /* all bytes were taken, and the line goes on */
	SECRET_DONE,      /* it was ended: `text` is what was typed */
	SECRET_CANCELLED, /* by Ctrl+C, or by Ctrl+D on an empty line */
};

/* Zeroed, it is empty. */
struct secret {
	char text[LIMIT_PASSWORD_BYTES + 1];
	size_t length;
	bool is_too_long; /* more was typed than any password has */
	enum { SECRET_PLAIN, SECRET_ESCAPE, SECRET_SEQUENCE } state; /* inside what an arrow key sends */
};

void secret_clear(struct secret *secret);

/* Takes bytes from the terminal until the line ends; returns how many of them it took. */
size_t secret_take(struct secret *secret, const char *bytes, size_t count, enum secret_result *result);

#endif
