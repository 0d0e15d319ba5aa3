/* A set of names that are compared as the server compares them: case-folded.
 *
 * Layer: session, pure. */
#ifndef BRUSIO_SESSION_NAMES_H
#define BRUSIO_SESSION_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define NAMES_MAX 2000 /* more than anybody completes from; further ones are not kept */

struct names {
	struct name {
		char *shown;  /* as its owner writes it */
		char *folded; /* as it is compared */
		char rank;    /* 'o'wner, 'm'oderator, 's'peaker; 0 where it is none of them, or not known */
		bool is_absent; /* away, or without a connection */
	} * items;
	size_t count, capacity;
};

void names_release(struct names *names);
/* Returns the item, also where the name was there already; NULL where it is not kept. */
struct name *names_add(struct names *names, const char *name);
/* NULL where it is not there. */
struct name *names_find(const struct names *names, const char *name);
void names_remove(struct names *names, const char *name);
bool names_has(const struct names *names, const char *name);

/* Whether two names are one; what is not UTF-8 equals nothing. */
bool names_equal(const char *one, const char *other);

/* Whether the text names somebody, in whole words, whatever the case. */
bool names_mentioned(const char *text, const char *name);

#endif
