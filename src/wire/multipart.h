/* A form with a file in it, multipart/form-data (RFC 7578), as `curl -F file=@x` and pages send it: the bytes of the one
 * part that has a file name, as they come. Other fields are passed over.
 *
 * Layer: wire, pure. Memory: this struct. */
#ifndef BRUSIO_WIRE_MULTIPART_H
#define BRUSIO_WIRE_MULTIPART_H

#include "wire/http.h"

#define MULTIPART_BOUNDARY_BYTES 70   /* the most that RFC 2046 allows */
#define MULTIPART_HEAD_BYTES     4096 /* of a part; longer: wrong */

enum multipart_state {
	MULTIPART_AT_BODY,  /* in a part, or before the first */
	MULTIPART_AT_END,   /* behind a boundary: was it the last? */
	MULTIPART_AT_DASH,  /* ... which a second dash says */
	MULTIPART_AT_BREAK, /* the line of the boundary ends */
	MULTIPART_AT_HEAD,
	MULTIPART_OVER
};

struct multipart {
	char delimiter[4 + MULTIPART_BOUNDARY_BYTES + 1];
	size_t delimiter_bytes, matched; /* so much of the delimiter was seen, and may be content yet */
	enum multipart_state state;
	bool is_file;  /* this part is */
	bool has_file; /* one was there */
	char head[MULTIPART_HEAD_BYTES];
	size_t head_bytes;
	char name[3 * 256]; /* of the file, as it was given */
};

enum multipart_result {
	MULTIPART_MORE,  /* all bytes are used */
	MULTIPART_PIECE, /* of the file; it points into the bytes, or into the struct */
	MULTIPART_WRONG  /* this is no such form, or has two files */
};

/* The value of a parameter of a field, such as `boundary`, without its quotes. False where it is not there, or too long. */
bool multipart_parameter(struct http_text text, const char *name, char *to, size_t room);

/* False where the value of Content-Type is that of no form, or of one without a boundary. */
bool multipart_begin(struct multipart *form, struct http_text content_type);

/* To be called until all bytes are used; *used moves on. */
enum multipart_result multipart_next(struct multipart *form, const char *bytes, size_t length, size_t *used,
				     struct http_text *piece);

/* True once the end of the form was seen, with a file in it. */
static inline bool multipart_is_whole(const struct multipart *form)
{
	return form->state == MULTIPART_OVER && form->has_file;
}

/* The least that parts have around a file. */
static inline int64_t multipart_overhead(const struct multipart *form)
{
	return 2 * (int64_t)form->delimiter_bytes + 60;
}

#endif
