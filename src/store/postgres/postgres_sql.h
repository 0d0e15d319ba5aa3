/* The texts of src/store/sql/, which script/embed-sql puts into the program.
 *
 * Layer: store, private to it. */
#ifndef BRUSIO_STORE_POSTGRES_SQL_H
#define BRUSIO_STORE_POSTGRES_SQL_H

extern const char postgres_sql_schema[];    /* version 1 */
extern const char postgres_sql_functions[]; /* those of the newest version: each can be made again */

#endif
