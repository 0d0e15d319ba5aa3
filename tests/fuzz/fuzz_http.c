/* HTTP heads: any bytes, whole and in pieces, are read the same way, and stay within what came. */
#include "wire/filehost.h"
#include "wire/http.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct http_text text, const char *bytes, size_t head)
{
	assert(!text.bytes || (text.at >= bytes && text.at + text.bytes <= bytes + head));
	assert(!memchr(text.at, '\r', text.bytes) && !memchr(text.at, '\n', text.bytes));
}

/* Every range that is served lies in the file, whatever was asked for. */
static void check_range(struct http_text value)
{
	int64_t first = -1, length = -1;
	if (http_range(value, 100, &first, &length) == HTTP_RANGE_PART)
		assert(first >= 0 && length > 0 && first + length <= 100);
}

static void check_request(const struct http_request *request, const char *bytes, size_t head)
{
	assert(head >= 4 && !memcmp(bytes + head - 4, "\r\n\r\n", 4));
	assert(request->path.bytes && request->path.at[0] == '/');
	assert(request->fields_count <= HTTP_FIELDS_MAX);
	/* An absolute target without a path has the path of a literal. */
	if (!request->is_absolute || request->path.bytes > 1)
		check_inside(request->path, bytes, head);
	check_inside(request->host, bytes, head);
	for (size_t i = 0; i < request->fields_count; i++) {
		check_inside(request->fields[i].name, bytes, head);
		check_inside(request->fields[i].value, bytes, head);
	}
	/* A request that two parsers could read differently is never taken. */
	assert(http_count(request, "transfer-encoding") + http_count(request, "content-length") <= 1);
	assert(request->is_post || (!request->is_chunked && !request->body_bytes));
	assert(request->body_bytes >= 0 && !(request->is_chunked && request->has_length));
	char value[32];
	struct filehost_login login;
	if (filehost_read_login(request, &login))
		assert(*login.name && strlen(login.secret) < sizeof login.secret);
	filehost_read_name(request, value, sizeof value);
	http_query_value(request->query, "name", value, sizeof value);
	check_range(http_value(request, "range"));
	assert(request->is_1_0 || http_count(request, "host") == 1);
	http_accepts(request, "br");
	http_matches(request, "\"tag\"");
	http_has_token(request, "connection", "upgrade");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_request request;
	if (!size)
		return 0;
	/* The first byte says how large the pieces are. */
	size_t piece = 1 + data[0] % 64, scanned = 0, length = size - 1;
	/* A copy of exactly these bytes, so that reading past them is seen. */
	char *bytes = malloc(length ? length : 1);
	memcpy(bytes, data + 1, length);
	int whole = http_parse(bytes, length, &scanned, &request);
	assert(whole <= (int)length && whole > -600);
	if (whole > 0)
		check_request(&request, bytes, (size_t)whole);
	int result = 0;
	scanned = 0;
	for (size_t have = 0; !result && have < length;) {
		have = have + piece < length ? have + piece : length;
		result = http_parse(bytes, have, &scanned, &request);
	}
	assert(result == whole);
	free(bytes);
	return 0;
}
