/* Rows of rooms and people.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_LIST_H
#define BRUSIO_CHAT_LIST_H

#include "chat/reply.h"
#include "chat/rooms/room.h"

struct chat;

/* A room as its member sees it: all but what is unread, which the store counts. */
void list_fill_row(struct reply *reply, struct reply_row *row, const struct member *member);

/* Makes the view that somebody who looks at the room has of it: its topic, its rules, and who is in it, but for guests
 * who are not there now. */
const struct reply_look *list_look_at(const struct chat *chat, struct reply *reply, const struct room *room,
				      const struct user *viewer);

/* Makes the view of one person, as others may see them. */
void list_show_person(const struct chat *chat, struct reply *reply, const struct user *user,
		      const struct user *viewer);

#endif
