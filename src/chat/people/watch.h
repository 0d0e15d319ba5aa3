/* Watchers hear when somebody of a name comes or goes; nobody may have that name now.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. Bounded by LIMIT_WATCHES for each connection. */
#ifndef BRUSIO_CHAT_WATCH_H
#define BRUSIO_CHAT_WATCH_H

#include "base/entry.h"
#include "chat/people/user.h"

struct chat;

/* The peer no longer belongs to a user: it watches nobody. */
void watch_forget(struct chat *chat, struct peer *peer);
/* The user has come with their first connection, or gone with their last. */
void watch_tell_presence(struct chat *chat, const struct user *user, bool is_online);
/* They are called otherwise now. */
void watch_tell_renamed(struct chat *chat, const struct user *user, const char *before);
/* Something else about them that is told in their rooms. */
void watch_tell(struct chat *chat, const struct user *user, const struct entry *event);

#endif
