/* Removes rooms, with their history, in which nothing was said for `room_idle_days`; by default it removes none.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_IDLE_H
#define BRUSIO_CHAT_IDLE_H

#include <stdint.h>

struct chat;

/* Looks at some rooms more, round and round: one question to the store for each. `wall_ms` is a time that can
 * be believed. */
void idle_look(struct chat *chat, int64_t wall_ms);

#endif
