/* The texts of src/store/postgres/sql/, which script/embed-sql puts into the program.
 *
 * Layer: store, private to it. */
#ifndef BRUSIO_STORE_POSTGRES_SQL_H
#define BRUSIO_STORE_POSTGRES_SQL_H

extern const char postgres_sql_schema[];    /* version 1 */
extern const char postgres_sql_schema_2[];  /* what leads to version 2 */
extern const char postgres_sql_schema_3[];  /* ... to version 3 */
extern const char postgres_sql_schema_4[];  /* ... to version 4 */
extern const char postgres_sql_schema_5[];  /* ... to version 5 */
extern const char postgres_sql_schema_6[];  /* ... to version 6 */
extern const char postgres_sql_schema_7[];  /* ... to version 7 */
extern const char postgres_sql_schema_8[];  /* ... to version 8 */
extern const char postgres_sql_schema_9[];  /* ... to version 9 */
extern const char postgres_sql_schema_10[]; /* ... to version 10 */
extern const char postgres_sql_schema_11[]; /* ... to version 11 */
extern const char postgres_sql_functions[]; /* those of the newest version: each can be made again */

#endif
