/* Settings of the server that administrators may change while it runs. A change holds until the server ends: then its
 * configuration says again what holds.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_CONFIGURE_H
#define BRUSIO_CHAT_CONFIGURE_H

struct chat;

/* Keeps what the configuration says, for comparison, and tells it. Before the first request. */
void configure_begin(struct chat *chat);

#endif
