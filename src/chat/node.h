/* The chat of a server that is one node of several on one database (store.h: struct store_listener).
 *
 * Layer: chat, private to it. Threads: the chat thread's alone. All of it is idle where the store is no node's.
 *
 *  1. What others have stored changes this chat's memory as its own batches do, in the order in which the store tells it.
 *  2. Nothing is refused, and no reader is told a reset, by what this node does not know yet: it first asks the store what
 *     others had stored when it was asked. What was stored by rules of before is decided anew.
 *  3. A room's readers get each entry once and in its order, whoever stored it. Nobody waits for entries that are missing. */
#ifndef BRUSIO_CHAT_NODE_H
#define BRUSIO_CHAT_NODE_H

#include "base/error.h"
#include "base/request.h"
#include "chat/batch.h"

/* Before anything is loaded. */
void node_begin(struct chat *chat);

/* Whether an entry of this room with that seq, which this node or another one has stored, is published now. False: it was
 * already, or it comes again, as what another node has stored, behind those before it. */
bool node_may_publish(struct chat *chat, struct room *room, uint64_t seq, bool is_own);

/* True where the request is kept and is handled once more with what others have stored: its handler just returns. Once a
 * request; false for what was decided in a batch already. */
bool node_asks_first(struct chat *chat, struct request *request);
/* The same before an error is told. */
bool node_asks_before(struct chat *chat, const struct request *request, enum error_code code);
/* The same for a change that the store has refused. */
bool node_decides_anew(struct chat *chat, struct change *change);

#endif
