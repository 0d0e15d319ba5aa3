/* The body behind the head of a request: so many bytes, or chunks.
 *
 * Layer: wire, pure. As strict as http.h: a chunk has a size of 1 to 15 hexadecimal digits and nothing else on its
 * line, and no fields follow the last one, since readers have been seen to disagree on all of that. */
#ifndef BRUSIO_WIRE_HTTP_BODY_H
#define BRUSIO_WIRE_HTTP_BODY_H

#include "wire/http.h"

enum http_body_result {
	HTTP_BODY_MORE,  /* all that was given is used; more is needed */
	HTTP_BODY_PIECE, /* *piece is content */
	HTTP_BODY_END,   /* the body is over; what is left belongs to the next request */
	HTTP_BODY_WRONG  /* not a body: nothing on the connection can be trusted any more */
};

struct http_body {
	int64_t left;       /* content to come, of the body or of this chunk */
	unsigned char step; /* enum step of http_body.c */
	unsigned char digits;
};

void http_body_begin(struct http_body *body, const struct http_request *request);

/* Takes a step on `bytes`, of which *used is where it stands and moves on. */
enum http_body_result http_body_next(struct http_body *body, const char *bytes, size_t length, size_t *used,
				     struct http_text *piece);

#endif
