/* The answer to a hello: who one is, and what has happened in one's rooms.
 *
 * Layer: chat, private to it. Threads: the chat thread's; what is unread is counted by a job. */
#ifndef BRUSIO_CHAT_WELCOME_H
#define BRUSIO_CHAT_WELCOME_H

#include "base/request.h"

struct chat;

/* Welcomes the peer of the request, which has become a connection of its user. Takes the request. `secret` is
 * that of its session, in hexadecimal digits. */
void welcome_send(struct chat *chat, struct request *request, const char *secret);

#endif
