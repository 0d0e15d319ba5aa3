/* Up to where the clients of somebody have read.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_PAST_H
#define BRUSIO_CHAT_PAST_H

#include "chat/rooms/room.h"

struct chat;

/* The last entry that the peer's device has confirmed to have seen since the server was started; 0: none. */
uint64_t past_seen(struct chat *chat, const struct peer *peer, const struct room *room);

#endif
