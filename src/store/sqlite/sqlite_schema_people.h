/* Schema version 3: people in place of accounts.
 *
 * Layer: store, private to it. */
#ifndef BRUSIO_STORE_SQLITE_SCHEMA_PEOPLE_H
#define BRUSIO_STORE_SQLITE_SCHEMA_PEOPLE_H

/* Statements that lead from version 2 to 3, to be run in one transaction. */
extern const char sqlite_schema_people[];

#endif
