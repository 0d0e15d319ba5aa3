#include "wire/http_body.h"

#include <assert.h>

#define DIGITS_MAX 15

enum step {
	PLAIN,    /* content of a known length */
	SIZE,     /* the digits of a chunk's size */
	SIZE_END, /* its LF */
	CHUNK,    /* content of a chunk */
	CHUNK_CR,
	CHUNK_LF,
	LAST_CR, /* the empty line behind the last chunk */
	LAST_LF,
	OVER
};

void http_body_begin(struct http_body *body, const struct http_request *request)
{
	*body = (struct http_body){.left = request->body_bytes, .step = request->is_chunked ? SIZE : PLAIN};
}

static int chunk_digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One byte of a line of a chunk. False where it must not stand there. */
static bool take_body_sign(struct http_body *body, char c)
{
	static const struct {
		char expected;
		enum step next;
	} signs[] = {[SIZE_END] = {'\n', CHUNK},
		     [CHUNK_CR] = {'\r', CHUNK_LF},
		     [CHUNK_LF] = {'\n', SIZE},
		     [LAST_CR] = {'\r', LAST_LF},
		     [LAST_LF] = {'\n', OVER}};
	if (body->step == SIZE && chunk_digit_of(c) >= 0) {
		if (body->digits++ == DIGITS_MAX)
			return false;
		body->left = body->left * 16 + chunk_digit_of(c);
		return true;
	}
	if (body->step == SIZE) {
		body->step = SIZE_END;
		return c == '\r' && body->digits;
	}
	if (c != signs[body->step].expected)
		return false;
	body->step = (unsigned char)signs[body->step].next;
	body->digits = 0;
	if (body->step == CHUNK && !body->left)
		body->step = LAST_CR;
	return true;
}

static struct http_text take_content(struct http_body *body, const char *bytes, size_t length, size_t *used)
{
	size_t bytes_left = length - *used;
	struct http_text piece = {bytes + *used,
				  (int64_t)bytes_left < body->left ? bytes_left : (size_t)body->left};
	*used += piece.bytes;
	body->left -= (int64_t)piece.bytes;
	if (!body->left)
		body->step = body->step == PLAIN ? OVER : CHUNK_CR;
	return piece;
}

enum http_body_result http_body_next(struct http_body *body, const char *bytes, size_t length, size_t *used,
				     struct http_text *piece)
{
	assert(*used <= length);
	if (body->step == PLAIN && !body->left)
		body->step = OVER;
	while (body->step != OVER && *used < length) {
		if (body->step == PLAIN || body->step == CHUNK) {
			*piece = take_content(body, bytes, length, used);
			return HTTP_BODY_PIECE;
		}
		if (!take_body_sign(body, bytes[(*used)++]))
			return HTTP_BODY_WRONG;
	}
	return body->step == OVER ? HTTP_BODY_END : HTTP_BODY_MORE;
}
