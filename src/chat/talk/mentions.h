/* Mentions: finds the people whom a message names.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_MENTIONS_H
#define BRUSIO_CHAT_MENTIONS_H

#include "chat/rooms/room.h"
#include "store/store.h"

struct chat;

/* Fills in whom the message names: members of the room, as whole words, with or without "@" before the name; all
 * of them by "@all", where the sender keeps order there. Of a direct conversation every message counts anyway. */
void mentions_find(struct chat *chat, struct room *room, struct store_append *append);

/* The name may be written in this room from now on. */
void mentions_note_name(struct room *room, const struct user *user);

#endif
