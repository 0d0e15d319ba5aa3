#include "base/buffer.h"

#include "base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A buffer may hold a secret: its bytes are wiped before they are freed. */
static void buffer_forget(char *bytes, size_t length)
{
	if (length)
		mem_wipe(bytes, length);
}

void buffer_release(struct buffer *buffer)
{
	assert(buffer->start <= buffer->end && buffer->end <= buffer->capacity);
	buffer_forget(buffer->data, buffer->capacity);
	free(buffer->data);
	*buffer = BUFFER_EMPTY;
}

char *buffer_grow(struct buffer *buffer, size_t bytes)
{
	size_t length = buffer_length(buffer);
	if (buffer->data && buffer->start >= length && buffer->capacity - length >= bytes) {
		memcpy(buffer->data, buffer->data + buffer->start, length);
	} else {
		size_t grown = buffer->capacity ? (size_t)buffer->capacity * 2 : 64;
		while (grown < length + bytes)
			grown *= 2;
		/* A size that cannot be counted is out of memory. */
		char *data = mem_alloc(grown <= UINT32_MAX ? grown : SIZE_MAX / 2);
		if (buffer->data)
			memcpy(data, buffer->data + buffer->start, length);
		buffer_forget(buffer->data, buffer->capacity);
		free(buffer->data);
		buffer->data = data;
		buffer->capacity = (uint32_t)grown;
	}
	buffer->start = 0;
	buffer->end = (uint32_t)length;
	assert(buffer->capacity - buffer->end >= bytes);
	return buffer->data + buffer->end;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
	assert(length <= UINT32_MAX);
	if (!length)
		return;
	memcpy(buffer_reserve(buffer, length), bytes, length);
	buffer->end += (uint32_t)length;
}

void buffer_add_string(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char c)
{
	*buffer_reserve(buffer, 1) = c;
	buffer->end++;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	assert(length >= 0);
	char *room = buffer_reserve(buffer, (size_t)length + 1);
	vsnprintf(room, (size_t)length + 1, format, again);
	va_end(again);
	buffer->end += (uint32_t)length;
}

void buffer_take(struct buffer *buffer, size_t bytes)
{
	assert(bytes <= buffer_length(buffer));
	buffer_forget(buffer->data + buffer->start, bytes);
	buffer->start += (uint32_t)bytes;
	if (buffer->start == buffer->end)
		buffer_clear(buffer);
}

char *buffer_string(struct buffer *buffer)
{
	*buffer_reserve(buffer, 1) = '\0';
	return buffer_bytes(buffer);
}
