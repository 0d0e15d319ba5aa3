/* Reading from PostgreSQL: pages, reactions, what is unread; and searching in the index beside the server's files.
 *
 * Layer: store, private to it. Threads: a reader belongs to the thread that opened it. A connection that is lost is made
 * anew once a call. */
#ifndef BRUSIO_STORE_POSTGRES_READ_H
#define BRUSIO_STORE_POSTGRES_READ_H

#include "store/postgres/postgres_gate.h"
#include "store/postgres/postgres_link.h"
#include "store/store.h"

/* `path`: a name in the directory where the index is. Connects when it is first used, and shows what the gate lets through. */
int postgres_reader_open(struct postgres_place *place, struct postgres_gate *gate, const char *path,
			 struct store_reader **made);

#endif
