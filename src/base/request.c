#include "base/request.h"

#include "base/limits.h"
#include "base/memory.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	size_t bytes_max;
} text_fields[] = {
#define X(upper, wire, most) {wire, most},
    REQUEST_TEXTS(X)
#undef X
};

static const struct request_number_field number_fields[] = {
#define X(upper, wire, low, high) {wire, low, high, false},
    REQUEST_NUMBERS(X)
#undef X
#define X(upper, wire) {wire, 0, 1, true},
	REQUEST_BOOLS(X)
#undef X
};

const struct request_number_field *request_number_field(enum request_number field)
{
	assert((size_t)field < sizeof number_fields / sizeof *number_fields);
	return &number_fields[field];
}

const char *request_text_name(enum request_text field)
{
	assert(field < REQUEST_TEXT_COUNT);
	return text_fields[field].name;
}

size_t request_text_max(enum request_text field)
{
	assert(field < REQUEST_TEXT_COUNT);
	return text_fields[field].bytes_max;
}

struct request *request_new(enum request_op op, size_t text_bytes)
{
	size_t capacity = text_bytes + REQUEST_TEXT_COUNT;
	struct request *request = mem_alloc(sizeof *request + capacity);
	memset(request, 0, sizeof *request);
	request->op = op;
	request->bytes = sizeof *request + capacity;
	request->capacity = capacity;
	return request;
}

void request_free(struct request *request)
{
	assert(request->used <= request->capacity);
	sodium_memzero(request->arena, request->used);
	free(request->file);
	free(request);
}

char *request_text_room(struct request *request, size_t bytes)
{
	assert(request->capacity - request->used > bytes);
	return request->arena + request->used;
}

void request_add_text(struct request *request, enum request_text field, size_t bytes)
{
	assert(field < REQUEST_TEXT_COUNT);
	char *text = request_text_room(request, bytes);
	text[bytes] = '\0';
	request->used += bytes + 1;
	request->text[field] = text;
}

void request_set_text(struct request *request, enum request_text field, const char *text, size_t bytes)
{
	memcpy(request_text_room(request, bytes), text, bytes);
	request_add_text(request, field, bytes);
}

static const char *keep_text(struct request *request, const char *text, size_t bytes)
{
	char *kept = request_text_room(request, bytes);
	memcpy(kept, text, bytes);
	kept[bytes] = '\0';
	request->used += bytes + 1;
	return kept;
}

void request_set_pieces(struct request *request, const char *text, size_t bytes)
{
	request->pieces = keep_text(request, text, bytes);
}

void request_set_unlinked(struct request *request, const char *text, size_t bytes)
{
	request->unlinked = keep_text(request, text, bytes);
}

void request_set_number(struct request *request, enum request_number field, int64_t value)
{
	request->number[field] = value;
	request->present |= 1u << field;
}
