/* Rows of rooms and people.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_LIST_H
#define BRUSIO_CHAT_LIST_H

#include "chat/reply.h"
#include "chat/room.h"

struct chat;

/* A room as its member sees it: all but what is unread, which the store counts. */
void list_fill_row(struct chat *chat, struct reply *reply, struct reply_row *row,
		   const struct member *member);

#endif
