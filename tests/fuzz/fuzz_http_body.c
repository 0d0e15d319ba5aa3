/* HTTP bodies: any bytes behind any head, whole and in pieces, give the same content and the same end. */
#include "wire/http_body.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	enum http_body_result result;
	size_t used, content;
	uint64_t hash;
};

static void take(struct outcome *outcome, struct http_text piece)
{
	assert(piece.bytes);
	outcome->content += piece.bytes;
	for (size_t i = 0; i < piece.bytes; i++)
		outcome->hash = outcome->hash * 31 + (unsigned char)piece.at[i];
}

static struct outcome read_body(const struct http_request *request, const char *bytes, size_t length,
				size_t piece_bytes)
{
	struct http_body body;
	struct outcome outcome = {.result = HTTP_BODY_MORE};
	http_body_begin(&body, request);
	for (size_t have = 0; outcome.result == HTTP_BODY_MORE && have <= length;) {
		struct http_text piece;
		while ((outcome.result = http_body_next(&body, bytes, have, &outcome.used, &piece)) ==
		       HTTP_BODY_PIECE) {
			assert(piece.at >= bytes && piece.at + piece.bytes == bytes + outcome.used);
			take(&outcome, piece);
		}
		assert(outcome.used <= have && (outcome.result != HTTP_BODY_MORE || outcome.used == have));
		if (have == length)
			break;
		have = have + piece_bytes < length ? have + piece_bytes : length;
	}
	return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	/* The first byte says how large the pieces are, the second what the head said. */
	struct http_request request = {
	    .is_post = true, .is_chunked = data[1] == 0xff, .body_bytes = data[1] % 0xff};
	size_t length = size - 2;
	/* A copy of exactly these bytes, so that reading past them is seen. */
	char *bytes = malloc(length ? length : 1);
	memcpy(bytes, data + 2, length);
	struct outcome whole = read_body(&request, bytes, length, length + 1);
	struct outcome pieces = read_body(&request, bytes, length, 1 + data[0] % 16);
	assert(whole.result == pieces.result && whole.content == pieces.content && whole.hash == pieces.hash);
	assert(whole.result == HTTP_BODY_WRONG || whole.used == pieces.used);
	if (!request.is_chunked && whole.result == HTTP_BODY_END)
		assert(whole.content == (size_t)request.body_bytes && whole.used == whole.content);
	free(bytes);
	return 0;
}
