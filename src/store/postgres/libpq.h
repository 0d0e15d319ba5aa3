/* PostgreSQL's client library, loaded when a database of that kind is opened: brusiod needs it neither to be built nor to
 * run on SQLite.
 *
 * Layer: store, private to it. Threads: libpq_load() once before there are others; a connection belongs to one thread.
 * This declares libpq's stable interface (libpq.so.5), under its names without "PQ"; test_libpq.c holds it
 * against libpq-fe.h. */
#ifndef BRUSIO_STORE_LIBPQ_H
#define BRUSIO_STORE_LIBPQ_H

#include <stddef.h>

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;

/* Values of ConnStatusType, ExecStatusType, PostgresPollingStatusType. */
enum { LIBPQ_CONNECTION_OK = 0, LIBPQ_CONNECTION_BAD = 1 };
enum { LIBPQ_COMMAND_OK = 1, LIBPQ_TUPLES_OK = 2, LIBPQ_COPY_IN = 4 };
enum { LIBPQ_POLLING_FAILED = 0, LIBPQ_POLLING_READING = 1, LIBPQ_POLLING_WRITING = 2, LIBPQ_POLLING_OK = 3 };
enum { LIBPQ_DIAG_SQLSTATE = 'C', LIBPQ_DIAG_MESSAGE = 'M' };

/* name, type of what it returns, parameters */
#define LIBPQ_FUNCTIONS(X)                                                                                 \
	X(connectStartParams, PGconn *, (const char *const *names, const char *const *values, int expand)) \
	X(connectPoll, int, (PGconn * conn))                                                               \
	X(finish, void, (PGconn * conn))                                                                   \
	X(status, int, (const PGconn *conn))                                                               \
	X(socket, int, (const PGconn *conn))                                                               \
	X(errorMessage, char *, (const PGconn *conn))                                                      \
	X(serverVersion, int, (const PGconn *conn))                                                        \
	X(user, char *, (const PGconn *conn))                                                              \
	X(pass, char *, (const PGconn *conn))                                                              \
	X(setNoticeReceiver, libpq_notice_receiver *,                                                      \
	  (PGconn * conn, libpq_notice_receiver * receiver, void *context))                                \
	X(sendQuery, int, (PGconn * conn, const char *query))                                              \
	X(sendPrepare, int,                                                                                \
	  (PGconn * conn, const char *name, const char *query, int count, const unsigned *types))          \
	X(sendQueryPrepared, int,                                                                          \
	  (PGconn * conn, const char *name, int count, const char *const *values, const int *lengths,      \
	   const int *formats, int result_format))                                                         \
	X(setnonblocking, int, (PGconn * conn, int on))                                                    \
	X(flush, int, (PGconn * conn))                                                                     \
	X(consumeInput, int, (PGconn * conn))                                                              \
	X(isBusy, int, (PGconn * conn))                                                                    \
	X(getResult, PGresult *, (PGconn * conn))                                                          \
	X(notifies, struct libpq_notify *, (PGconn * conn))                                                \
	X(putCopyData, int, (PGconn * conn, const char *bytes, int count))                                 \
	X(putCopyEnd, int, (PGconn * conn, const char *error))                                             \
	X(resultStatus, int, (const PGresult *result))                                                     \
	X(resultErrorField, char *, (const PGresult *result, int field))                                   \
	X(resultErrorMessage, char *, (const PGresult *result))                                            \
	X(ntuples, int, (const PGresult *result))                                                          \
	X(getvalue, char *, (const PGresult *result, int row, int column))                                 \
	X(getlength, int, (const PGresult *result, int row, int column))                                   \
	X(getisnull, int, (const PGresult *result, int row, int column))                                   \
	X(cmdTuples, char *, (PGresult * result))                                                          \
	X(clear, void, (PGresult * result))                                                                \
	X(conninfoParse, struct libpq_option *, (const char *conninfo, char **error))                      \
	X(conninfoFree, void, (struct libpq_option * options))                                             \
	X(freemem, void, (void *memory))

typedef void libpq_notice_receiver(void *context, const PGresult *result);

/* PGnotify */
struct libpq_notify {
	char *relname;
	int be_pid;
	char *extra;
	struct libpq_notify *next; /* libpq's own */
};

/* PQconninfoOption */
struct libpq_option {
	char *keyword, *envvar, *compiled, *val, *label, *dispchar;
	int dispsize;
};

struct libpq {
#define X(name, type, parameters) type(*name) parameters; /* NOLINT(bugprone-macro-parentheses) */
	LIBPQ_FUNCTIONS(X)
#undef X
};

/* Filled in by libpq_load(). */
extern struct libpq libpq;

/* Returns 0, or -1 with `problem` saying which package to install. */
int libpq_load(char *problem, size_t problem_bytes);

#endif
