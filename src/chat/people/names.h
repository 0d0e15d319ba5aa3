/* Names: which people may have, and which are being given away, also to rooms.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_NAMES_H
#define BRUSIO_CHAT_NAMES_H

#include "base/request.h"
#include "base/table.h"
#include "chat/people/user.h"

#include <stdbool.h>

struct chat;

/* Names that are being given away: the batch that does it is under way. */
struct names {
	struct reserved_name *first;
};

/* Answers and returns false where nobody may take this name. Those who come back to theirs are not asked: it may be
 * older than the rules. */
bool names_check(struct chat *chat, const struct request *request, const char *name);
/* True where somebody else than `except` (or NULL) has the name, or one that cannot be told from it, or is getting
 * it. */
bool names_is_taken(const struct chat *chat, const char *name, const struct user *except);
/* Answers that somebody has the name, or one like it. */
void names_refuse_taken(struct chat *chat, const struct request *request, const char *name);
/* True where somebody, or a room, is getting it. */
bool names_is_reserved(const struct chat *chat, const char *name);
/* How many rooms are being made. */
size_t names_reserved_rooms(const struct chat *chat);
/* Holds the folded name until the batch that is being filled is done. */
void names_reserve(struct chat *chat, const char *folded);
/* That batch is done. */
void names_settle(struct chat *chat);

#endif
