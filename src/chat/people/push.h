/* Browsers that are told while nobody looks at their page there (push/pusher.h): who is, and of what.
 *
 *  1. Accounts are told of what names them, answers them, or is said to them alone, once it is stored, in browsers where
 *     nobody looks at their page, unless they have turned the room, or everything, off.
 *  2. A subscription ends with the token that its browser stays signed in by, or when its push service says so.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_PUSH_H
#define BRUSIO_CHAT_PUSH_H

#include "store/store.h"

struct chat;
struct room;

/* The entry was just published: tells those of whom `append` says that it concerns them. */
void push_consider(struct chat *chat, const struct room *room, const struct store_append *append);

/* Forgets subscriptions that their push services have ended. */
void push_forget_gone(struct chat *chat);

#endif
