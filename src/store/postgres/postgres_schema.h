/* The tables and functions of a PostgreSQL database, which `brusiod migrate` makes and brings up to date; servers only look
 * whether they are there.
 *
 * Layer: store, private to it. All return 0, or -1 with `problem` filled in or, without one, link->error. */
#ifndef BRUSIO_STORE_POSTGRES_SCHEMA_H
#define BRUSIO_STORE_POSTGRES_SCHEMA_H

#include "store/postgres/postgres_link.h"

/* Is this a database that this version can use? */
int postgres_schema_check(struct postgres_link *link, char *problem, size_t problem_bytes);
/* Gives the history another name, in the transaction that is under way; where `before` is given, only if that is its name
 * now. */
int postgres_schema_name_history(struct postgres_link *link, const char *before);
/* Makes what is missing, in one transaction. *from: the version that was there; 0: nothing. */
int postgres_schema_migrate(struct postgres_link *link, int *from, char *problem, size_t problem_bytes);

#endif
