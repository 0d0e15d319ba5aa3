/* Invitation links: secrets that let their holders in, also where guests or registration are off.
 *
 *   op link ------------> STORE_PUT_LINK (the hash alone)
 *   hello with a link --> STORE_FIND_LINK --> enter_by_link(): a guest, STORE_USE_LINK in the same group
 *   join with a link ---> STORE_FIND_LINK --> membership_join(): a member, STORE_USE_LINK in the same group
 *
 * Layer: chat, private to it. Threads: the chat thread's alone.
 *
 *  1. A link is worth what its maker may do when it is taken: one who may not invite any more, or is gone, lets nobody in.
 *  2. It counts once for each person, in the same group that lets them in.
 *  3. A wrong secret is a guess of its address, as a wrong password is. */
#ifndef BRUSIO_CHAT_LINK_H
#define BRUSIO_CHAT_LINK_H

#include "base/request.h"
#include "store/store.h"

#include <stdbool.h>

struct change;
struct chat;
struct room;

/* A hello that shows a link, by somebody who has nothing else to show. */
void link_enter(struct chat *chat, struct request *request);
/* A join that shows one, of a room that the asker may not see otherwise; NULL: there is no such room. */
void link_join(struct chat *chat, struct request *request);

/* The link does not let in (any more): answered. */
void link_refuse(struct chat *chat, const struct request *request);

/* Adds to the change what takes the link, and a line of the record. `person` 0: whom the change adds. */
void link_add_use(struct chat *chat, struct change *change, const struct store_link *link, int64_t person,
		  const char *name);

/* `then` goes on where the guest who asks came in by a link that lets them register; else it is answered. */
typedef void link_then(struct chat *chat, struct request *request);
void link_ask_registration(struct chat *chat, struct request *request, link_then *then);

#endif
