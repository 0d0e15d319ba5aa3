/* Applies to the chat's memory the commands that the store has carried out: the only place that changes it.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. Memory is a cache of the store: the same commands
 * come from the chat's own batches, from loading, and from what another process has done. */
#ifndef BRUSIO_CHAT_APPLY_H
#define BRUSIO_CHAT_APPLY_H

#include "store/store.h"

struct chat;
struct change;

/* `change`: whose command it is; NULL where it was loaded, or somebody else's. */
void chat_apply(struct chat *chat, struct change *change, const struct store_command *done);

/* Loads everything. 0 or STORE_FAILED. */
int apply_load(struct chat *chat);
/* Takes in what other processes have changed since. 0 or STORE_FAILED. */
int apply_watch(struct chat *chat);

#endif
