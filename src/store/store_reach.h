/* The reach that a sandboxed server must leave to its store.
 *
 * Layer: store, a part of store.h. */
#ifndef BRUSIO_STORE_STORE_REACH_H
#define BRUSIO_STORE_STORE_REACH_H

#include <stdbool.h>
#include <stddef.h>

#define STORE_READ_MAX  4
#define STORE_PORTS_MAX 16

/* The things that a store connects to and reads after it was opened. Strings are the store's. */
struct store_reach {
	bool has_local;                  /* Unix sockets */
	unsigned ports[STORE_PORTS_MAX]; /* of TCP */
	size_t ports_count;
	const char *read[STORE_READ_MAX]; /* files in directories with others that it reads; NULL: none */
};

#endif
