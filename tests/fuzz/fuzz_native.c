/* Native requests: objects end at the same place however the bytes come, and what is taken keeps its limits.
 */
#include "base/text/utf8.h"
#include "wire/json_scan.h"
#include "wire/native.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENDS_MAX 256

/* Finds the ends of objects; the last number is where garbage begins, or SIZE_MAX. Returns how many. */
static size_t scan(const char *bytes, size_t length, size_t piece, size_t ends[ENDS_MAX + 1])
{
	struct json_scan scan = {0};
	size_t count = 0;
	for (size_t at = 0, skipped, used; at < length && count < ENDS_MAX; at += used) {
		size_t some = length - at < piece ? length - at : piece;
		enum json_scan_result result = json_scan(&scan, bytes + at, some, &skipped, &used);
		assert(skipped <= used && used <= some);
		assert(result != JSON_SCAN_MORE || used == some);
		if (result == JSON_SCAN_OBJECT) {
			assert(bytes[at + used - 1] == '}');
			ends[count++] = at + used;
		} else if (result == JSON_SCAN_GARBAGE) {
			ends[count] = at + used;
			return count;
		}
	}
	ends[count] = SIZE_MAX;
	return count;
}

static void check_request(const struct request *request)
{
	for (int field = 0; field < REQUEST_TEXT_COUNT; field++) {
		const char *text = request->text[field];
		assert(!text || strlen(text) <= request_text_max((enum request_text)field));
		assert(!text || utf8_valid(text, strlen(text)));
	}
	assert(request->op < REQUEST_OPS_COUNT && request->used <= request->capacity);
	assert(!request->text[REQUEST_TEXT_ID] || *request->text[REQUEST_TEXT_ID]);
	int64_t limit = request->number[REQUEST_NUMBER_LIMIT];
	assert(!request_has(request, REQUEST_NUMBER_LIMIT) || (limit >= 1 && limit <= LIMIT_PAGE_ENTRIES));
	assert(request->number[REQUEST_NUMBER_AFTER] >= 0 && request->number[REQUEST_NUMBER_TARGET] >= 0);
}

static void parse(const char *bytes, size_t length)
{
	struct request *request;
	struct native_fault fault;
	/* A copy of exactly these bytes, so that reading past them is seen. */
	char *copy = malloc(length ? length : 1);
	memcpy(copy, bytes, length);
	int error = native_parse(copy, length, &request, &fault);
	free(copy);
	assert(strlen(fault.id) <= LIMIT_ID_BYTES);
	if (error) {
		assert(error < 0 && -error <= ERROR_BUSY);
		return;
	}
	check_request(request);
	request_free(request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t whole[ENDS_MAX + 1], pieces[ENDS_MAX + 1];
	if (!size)
		return 0;
	/* The first byte says how large the pieces are. */
	const char *bytes = (const char *)data + 1;
	size_t length = size - 1, count = scan(bytes, length, SIZE_MAX, whole);
	assert(scan(bytes, length, 1 + data[0] % 32, pieces) == count);
	assert(!memcmp(whole, pieces, (count + 1) * sizeof *whole));
	for (size_t i = 0, start = 0; i < count; start = whole[i++])
		parse(bytes + start, whole[i] - start);
	parse(bytes, length);
	return 0;
}
