/* The promises of a database that both stores check by the same questions.
 *
 * Layer: store, private to its checks. */
#ifndef BRUSIO_STORE_CHECK_PROMISE_H
#define BRUSIO_STORE_CHECK_PROMISE_H

/* Each finds what must not be: one line of the report for every row, made by the query itself. NULL ends them. */
extern const char *const check_promises[];

#endif
