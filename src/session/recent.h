/* The last messages of a room, by their numbers: so that a reply or a reaction can say what it is about, and
 * that "the last one" has a meaning.
 *
 * Layer: session, pure. */
#ifndef BRUSIO_SESSION_RECENT_H
#define BRUSIO_SESSION_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECENT_MAX 128 /* messages of a room that are remembered */

struct recent_item {
	int64_t seq;
	char *name;
	char *text;
};

/* Zeroed, it is empty. */
struct recent {
	struct recent_item items[RECENT_MAX];
	size_t count;
};

void recent_release(struct recent *recent);

/* In the place of the oldest one where it is full; a message that is there already is replaced. */
void recent_add(struct recent *recent, int64_t seq, const char *name, const char *text);
/* It reads like this now, if it is there. */
void recent_change(struct recent *recent, int64_t seq, const char *text);
void recent_forget(struct recent *recent, int64_t seq);

/* NULL where it is not there (any more). */
const struct recent_item *recent_find(const struct recent *recent, int64_t seq);
/* The newest one that is of `name`, or with `is_own` false of anybody else. */
const struct recent_item *recent_last(const struct recent *recent, const char *name, bool is_own);

#endif
