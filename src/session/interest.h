/* Rules for what the user wants to be told of: words that mean them beside their name, people whom they ignore,
 * and how much each room may call them.
 *
 * Layer: session, pure. */
#ifndef BRUSIO_SESSION_INTEREST_H
#define BRUSIO_SESSION_INTEREST_H

#include "session/names.h"

enum interest_level { INTEREST_NOTHING, INTEREST_MENTIONS, INTEREST_ALL };

/* Zeroed, nothing calls. */
struct interest {
	struct names words;
	struct names ignored;
	struct names rooms[INTEREST_ALL + 1]; /* of each level; a room is in one of them at most */
	enum interest_level level;            /* of all other rooms */
};

void interest_release(struct interest *interest);

/* True where the text has one of the words. */
bool interest_means(const struct interest *interest, const char *text);
bool interest_ignores(const struct interest *interest, const char *name);

enum interest_level interest_of(const struct interest *interest, const char *room);
void interest_set(struct interest *interest, const char *room, enum interest_level level);

/* "all", "mentions", "nothing". False where the word is none of them. */
bool interest_read_level(const char *word, enum interest_level *level);
const char *interest_level_name(enum interest_level level);

#endif
