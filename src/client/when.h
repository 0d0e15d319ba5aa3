/* A place in a room's history, as people write it: a day, a time, a message, what is unread.
 *
 * Layer: client, pure but for the time zone. */
#ifndef BRUSIO_CLIENT_WHEN_H
#define BRUSIO_CLIENT_WHEN_H

#include <stdbool.h>
#include <stdint.h>

struct when {
	enum { WHEN_UNREAD, WHEN_END, WHEN_MESSAGE, WHEN_TIME } kind;
	int64_t seq;     /* of a message */
	int64_t time_ms; /* wall clock */
};

/* "2026-11-20", "2026-11-20 14:30", "14:30" (today), "3d", "2h", "#120", "unread", "end". */
bool when_read(const char *text, int64_t now_ms, struct when *when);

#endif
