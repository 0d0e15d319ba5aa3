/* A request over HTTP and its answer, by a line of its own to the server that the chat is with: the same host, the same
 * encryption, the same trust.
 *
 *   exchange_begin() --> the line is made --> head and body go out --> the answer comes --> EXCHANGE_DONE
 *                                                  any failure of the line ----------> EXCHANGE_BROKEN
 *
 * Layer: client. Threads: one. Never blocks but for a local file that is read or written. */
#ifndef BRUSIO_CLIENT_EXCHANGE_H
#define BRUSIO_CLIENT_EXCHANGE_H

#include "client/line.h"

/* Texts are copied. */
struct exchange_request {
	const char *host, *port;
	const char *target; /* "/files?name=a.txt" */
	const char *secret; /* goes as Authorization: Bearer */
	bool is_upload;     /* POST, with `bytes` of `fd` as its body; else GET */
	int fd;             /* borrowed; of a fetch: where `bytes`, and no others, are written to */
	int64_t bytes;
	bool is_at_most; /* a fetch: `bytes`, or fewer */
};

enum exchange_state { EXCHANGE_IDLE, EXCHANGE_RUNNING, EXCHANGE_DONE, EXCHANGE_BROKEN };

struct exchange;

struct exchange *exchange_new(const struct line_security *security);
void exchange_free(struct exchange *exchange);

void exchange_begin(struct exchange *exchange, const struct exchange_request *request, int64_t now_ms);
/* Forgets it, wherever it is. */
void exchange_stop(struct exchange *exchange);

/* The same as line_poll(), line_deadline() and line_ready(). */
size_t exchange_poll(const struct exchange *exchange, struct pollfd *to);
int64_t exchange_deadline(const struct exchange *exchange);
enum exchange_state exchange_ready(struct exchange *exchange, const struct pollfd *polled, size_t count,
				   int64_t now_ms);

/* How many bytes of the file went or came. */
int64_t exchange_moved(const struct exchange *exchange);
/* The answer, when DONE: its status, and its body unless that went into the file. */
int exchange_status(const struct exchange *exchange);
const char *exchange_body(struct exchange *exchange);
/* Why it is BROKEN, in the system's words; "" where those say nothing. */
const char *exchange_problem(const struct exchange *exchange);

#endif
