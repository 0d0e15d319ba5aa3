/* Chores of the chat thread, done now and then: retention, old send ids, what other processes have changed.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_CHORES_H
#define BRUSIO_CHAT_CHORES_H

struct chat;

/* Does what is due, in small steps, so that cleanup never blocks requests. */
void chores_run(struct chat *chat);
int chores_wait_ms(const struct chat *chat);

#endif
