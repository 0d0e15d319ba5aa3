/* The questions of store.h: what is sent, by the writer's thread, and what is read out of the answer, by the chat's.
 *
 * Layer: store, private to it. */
#ifndef BRUSIO_STORE_POSTGRES_ASK_H
#define BRUSIO_STORE_POSTGRES_ASK_H

#include "store/postgres/postgres_link.h"
#include "store/store.h"

/* NULL: it failed, as the link says. */
PGresult *postgres_ask_send(struct postgres_link *link, const struct store_query *query);
/* Fills the query and its result in, and shows rows to its visitor. */
void postgres_ask_read(struct store_query *query, const PGresult *rows);

#endif
