/* The rooms' logs, as the chat writes them.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone writes; see chunk.h for who reads. */
#ifndef BRUSIO_CHAT_PUBLISH_H
#define BRUSIO_CHAT_PUBLISH_H

#include "base/entry.h"
#include "chat/reply.h"
#include "chat/rooms/room.h"

struct chat;

/* Appends a stored entry, or an event, to the room's logs, and wakes the workers with followers. */
void publish_entry(struct chat *chat, struct room *room, struct entry *entry);

/* Fixes where the reader whom this answer lets in begins: behind all that was published before. */
void publish_place_reader(const struct chat *chat, const struct room *room, struct reply_joined *joined);

/* A text of the room is gone, or it has another name: nobody who comes from now on is given what memory still holds
 * of it. */
void publish_seal(struct chat *chat, struct room *room);

#endif
