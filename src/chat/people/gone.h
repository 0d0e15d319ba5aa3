/* The last names that people had who are gone or are called otherwise now, for those who ask after them.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. In memory, the last LIMIT_GONE of them. */
#ifndef BRUSIO_CHAT_GONE_H
#define BRUSIO_CHAT_GONE_H

#include "base/limits.h"
#include "chat/people/user.h"

struct gone_name {
	char *name, *user, *real_name, *ip; /* NULL: this place is free */
	int64_t time_ms;
};

/* A ring; zeroed, nobody is gone. */
struct gone {
	struct gone_name names[LIMIT_GONE];
	size_t next;
};

void gone_release(struct gone *gone);
/* The name is not this peer's any more. */
void gone_note(struct gone *gone, const char *name, const struct peer *peer);

#endif
