/* HTTP/1.1 requests as browsers, scripts and monitors send them: their heads, strictly. http_body.h reads what a
 * POST or a PATCH has behind its head; the other methods have nothing there.
 *
 * Layer: wire, pure. What two parsers could read in two ways (a bare CR or LF, a folded line, a space
 * before a colon, a length given twice or with a transfer coding, a target that is not a path) is refused,
 * so that no proxy in front of the server can be made to see other requests than the server does. */
#ifndef BRUSIO_WIRE_HTTP_H
#define BRUSIO_WIRE_HTTP_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_BYTES_MAX   16384 /* request line and fields; longer: 431 */
#define HTTP_TARGET_BYTES_MAX 2048  /* longer: 414 */
#define HTTP_FIELDS_MAX       64    /* more: 431 */

/* A piece of the head that was parsed (or a literal); it is not NUL-terminated. */
struct http_text {
	const char *at;
	size_t bytes;
};

struct http_field {
	struct http_text name, value; /* the value without white space around it */
};

struct http_request {
	bool is_head;     /* HEAD */
	bool is_post;     /* POST */
	bool is_patch;    /* PATCH */
	bool is_delete;   /* DELETE */
	bool is_options;  /* OPTIONS; with none of these, GET */
	bool keeps_alive; /* another request may follow on the connection */
	bool is_1_0;
	struct http_text path;  /* from its '/' to before a '?' */
	struct http_text query; /* behind the '?'; empty where there is none */
	bool is_absolute;       /* its target was "http://host/path" */
	struct http_text host;  /* of the target, or the Host field; empty where HTTP/1.0 gave none */
	struct http_field fields[HTTP_FIELDS_MAX];
	size_t fields_count;
	/* Only of a POST or a PATCH: */
	bool is_chunked;
	bool has_length;    /* `body_bytes` was given */
	int64_t body_bytes; /* what Content-Length says; else 0 */
	bool awaits_go_on;  /* the body comes behind a "100 Continue" */
};

/* Looks for a whole head at the front of `bytes`, of which `*scanned` were looked at before (0 at first;
 * set to 0 again with a result). Returns the head's bytes, with `request` pointing into them; 0 where more
 * is needed; or the negative status (400, 405, 414, 417, 431, 501, 505) of what is wrong, after which nothing
 * on the connection can be trusted. */
int http_parse(const char *bytes, size_t length, size_t *scanned, struct http_request *request);

/* GET or HEAD. */
bool http_is_get(const struct http_request *request);

/* How often a field stands there, and its first value (empty where it does not). Names compare without case.
 */
size_t http_count(const struct http_request *request, const char *name);
struct http_text http_value(const struct http_request *request, const char *name);

/* Does one of the comma-separated lists of this name hold the token, without case? */
bool http_has_token(const struct http_request *request, const char *name, const char *token);

/* True where Accept-Encoding allows the coding by its own name or "*" (not with q=0). */
bool http_accepts(const struct http_request *request, const char *coding);

/* True where If-None-Match names this entity tag (given with its quotes), weakly compared, or is "*". */
bool http_matches(const struct http_request *request, const char *tag);

/* The secret of "Authorization: Bearer SECRET"; empty where there is none. */
struct http_text http_bearer(const struct http_request *request);

/* One value of the query "a=b&c=d", percent-decoded into `to`, which gets a NUL behind it. Returns its bytes; -1: it
 * is missing, is not of that form, or does not fit. */
int http_query_value(struct http_text query, const char *name, char *to, size_t room);
/* Percent-decodes `text`; the results are those of http_query_value(). */
int http_decode(struct http_text text, char *to, size_t room);
/* Adds the text with what may not stand in a target as %XX. */
void http_encode(struct buffer *to, const char *text);

/* The one range that the field Range asks for of `total` bytes. */
enum http_range {
	HTTP_RANGE_WHOLE, /* none, or one that is not understood: all of it */
	HTTP_RANGE_PART,  /* *first, *length */
	HTTP_RANGE_NONE   /* nothing is there: 416 */
};
enum http_range http_range(struct http_text value, int64_t total, int64_t *first, int64_t *length);

bool http_text_is(struct http_text text, const char *string);
bool http_text_is_nocase(struct http_text text, const char *string);

/* The words that belong to a status. */
const char *http_reason(int status);

#endif
