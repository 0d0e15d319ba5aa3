/* Whom an account does not want to hear: found by either side.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. A block belongs to the account; `users->blocks` finds it by
 * the person that it is about. */
#ifndef BRUSIO_CHAT_BLOCK_H
#define BRUSIO_CHAT_BLOCK_H

#include "base/table.h"
#include "chat/people/user.h"

struct entry;
struct room;

struct block {
	struct table_link by_person;
	const struct user *user; /* who blocks */
	int64_t person;          /* whom */
};

bool user_has_blocked(const struct user *user, const struct user *other);
/* `user` has an account. */
void users_set_blocked(struct users *users, struct user *user, int64_t person, bool on);
/* The account ends: so do its blocks. */
void blocks_release(struct users *users, struct account *account);
/* Nobody is this person any more: those who blocked them have room for others. */
void blocks_forget(struct users *users, int64_t person);

/* Fills in who of the room has blocked the user. Returns how many they are; above `most` the rest is left out. */
size_t blocks_in(const struct users *users, const struct room *room, const struct user *user, int64_t *people,
		 size_t most);

/* The away text as this reader is shown it: NULL where they have blocked who says it. */
const char *user_away_for(const struct user *user, const struct user *reader);

#endif
