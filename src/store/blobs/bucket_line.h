/* The line to a bucket: HTTP/1.1 over TCP or TLS, an exchange at a time, kept open between them.
 *
 * Layer: store. Threads: one. It waits: for the other side LIMIT_BUCKET_IDLE_MS each time, for an exchange as long as the
 * configuration says. */
#ifndef BRUSIO_STORE_BUCKET_LINE_H
#define BRUSIO_STORE_BUCKET_LINE_H

#include "store/blobs/bucket.h"

#include "base/buffer.h"

struct bucket_line;

struct bucket_exchange {
	const char *head; /* all of the request's: to the empty line */
	const char *body; /* NULL: it comes from `from` */
	int from;         /* read from its beginning; -1: there is none */
	int64_t body_bytes;
	int to;         /* where the body of a 200 or 206 goes; -1: into `text` */
	int64_t offset; /* in `to`; where the next byte goes */
	/* Filled in: */
	int status;
	bool has_begun;     /* something came back */
	struct buffer text; /* the caller's to release */
};

/* NULL with `problem` filled in: the certificates of `ca` cannot be read. */
struct bucket_line *bucket_line_new(const struct bucket_config *config, char *problem, size_t problem_bytes);
void bucket_line_free(struct bucket_line *line);
bool bucket_line_is_open(const struct bucket_line *line);
/* 0: it was answered, with whatever status; or -errno, and the next exchange begins with another connection. */
int bucket_line_exchange(struct bucket_line *line, struct bucket_exchange *exchange);

#endif
