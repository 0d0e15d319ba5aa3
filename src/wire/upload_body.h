/* The body of a request that brings a file: the file itself, or a form that has one (multipart.h).
 *
 * Layer: wire, pure but for the memory of a form. */
#ifndef BRUSIO_WIRE_UPLOAD_BODY_H
#define BRUSIO_WIRE_UPLOAD_BODY_H

#include "wire/http_body.h"
#include "wire/multipart.h"

struct upload_body {
	struct http_body body;
	struct multipart *form; /* NULL: the body is the file */
	struct http_text part;  /* of the form, what is not looked at yet */
};

enum upload_body_result {
	UPLOAD_BODY_MORE,
	UPLOAD_BODY_PIECE,   /* *piece is of the file */
	UPLOAD_BODY_END,     /* the file is here */
	UPLOAD_BODY_WRONG,   /* not a body: nothing on the connection can be trusted any more */
	UPLOAD_BODY_NO_FILE, /* the body is over, and had no file in it, or only a part */
	UPLOAD_BODY_BAD_FORM /* the form is wrong, and the body is not over */
};

void upload_body_begin(struct upload_body *upload, const struct http_request *request);
void upload_body_release(struct upload_body *upload);

/* The most bytes that the file can have, as the head says; -1: it does not say. */
int64_t upload_body_bytes(const struct upload_body *upload, const struct http_request *request);
/* The file's name in a form; NULL where there is no form. */
const char *upload_body_name(const struct upload_body *upload);

/* Takes a step on `bytes`, of which *used is where it stands and moves on. `bytes` stay until they are all used. */
enum upload_body_result upload_body_next(struct upload_body *upload, const char *bytes, size_t length,
					 size_t *used, struct http_text *piece);

#endif
