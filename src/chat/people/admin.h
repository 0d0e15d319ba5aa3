/* Administrators look after accounts while the server runs. Everything that changes something is noted in the record of #lobby.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_ADMIN_H
#define BRUSIO_CHAT_ADMIN_H

#include "base/request.h"
#include "chat/people/user.h"

struct chat;
struct change;

/* The account that the request names, where an administrator asks; NULL: answered, or held back. */
struct user *admin_need_account(struct chat *chat, struct request *request);
/* Adds the line of the record to the change. */
void admin_add_deed(struct chat *chat, struct change *change, const char *what, const char *name);

#endif
