/* The tables and functions of a PostgreSQL database, which `brusiod migrate` makes and brings up to date; servers only look
 * whether they are there.
 *
 * Layer: store, private to it. Both return 0, or -1 with `problem` filled in. */
#ifndef BRUSIO_STORE_POSTGRES_SCHEMA_H
#define BRUSIO_STORE_POSTGRES_SCHEMA_H

#include "store/postgres/postgres_link.h"

/* Is this a database that this version can use? */
int postgres_schema_check(struct postgres_link *link, char *problem, size_t problem_bytes);
/* Makes what is missing, in one transaction. *from: the version that was there; 0: nothing. */
int postgres_schema_migrate(struct postgres_link *link, int *from, char *problem, size_t problem_bytes);

#endif
