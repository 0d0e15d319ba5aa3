/* The PostgreSQL backend: the chat on a database that stands elsewhere, behind store.h and store_admin.h.
 *
 * Layer: store, private to it. */
#ifndef BRUSIO_STORE_POSTGRES_H
#define BRUSIO_STORE_POSTGRES_H

#include "store/store_admin.h"

/* `url`: as libpq takes it. `directory`: of the server's own files, among them the search index. See store_open(). */
int postgres_store_open(const char *directory, const char *url, struct store **store, char *problem,
			size_t problem_bytes);
/* The same as one of several nodes; `node` NULL: as the one server. */
int postgres_store_open_node(const char *directory, const char *url, const char *node, struct store **store,
			     char *problem, size_t problem_bytes);

#endif
