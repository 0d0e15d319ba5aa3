/* The first lines of many handlers: who asks, in which room, about whom.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. Each returns what was needed; or it returns NULL
 * or false, and the request is answered, or held back until what is under way there is done. None of them changes
 * anything. */
#ifndef BRUSIO_CHAT_NEED_H
#define BRUSIO_CHAT_NEED_H

#include "base/request.h"
#include "chat/rooms/room.h"

struct chat;

/* The user who asks. */
struct user *need_user(struct chat *chat, const struct request *request);
/* The same, where they have an account. */
struct user *need_account(struct chat *chat, const struct request *request);
/* The same, where they are an administrator; what others are told says nothing of what there is. */
struct user *need_admin(struct chat *chat, const struct request *request);
/* The room that is named, or without a name the one that plain messages go to. A private room that the asker may
 * not see is one that does not exist. */
struct room *need_room(struct chat *chat, struct request *request);
/* The same, where the asker is in it. */
struct room *need_membership(struct chat *chat, struct request *request);

/* True where the request was held back, since this person or this room is changing. */
bool need_wait_for_user(struct chat *chat, struct request *request, const struct user *user);
bool need_wait_for_room(struct chat *chat, struct request *request, const struct room *room);

/* True where the user may know that the room exists. */
bool need_may_see(const struct user *user, const struct room *room);

/* The conversation of the asker with "@name", if there is one; *other is who is meant by the name, maybe
 * somebody who is gone. */
struct room *need_direct(const struct chat *chat, const struct user *user, const char *name,
			 struct user **other);

#endif
