/* A growable run of bytes, filled at the end and taken from the front.
 *
 * Layer: base. Threads: one owner at a time. Allocation failure dies in memory.c, and so does a buffer of 4
 * GiB: every connection embeds some, so their fields are small. */
#ifndef BRUSIO_BASE_BUFFER_H
#define BRUSIO_BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	char *data;        /* owned; NULL while nothing was ever added or after buffer_release */
	uint32_t start;    /* first byte that was not taken yet */
	uint32_t end;      /* one past the last byte */
	uint32_t capacity; /* bytes allocated at data */
};

#define BUFFER_EMPTY ((struct buffer){0})

/* Frees the memory; the buffer is empty and usable again. */
void buffer_release(struct buffer *buffer);

static inline size_t buffer_length(const struct buffer *buffer)
{
	return (size_t)buffer->end - buffer->start;
}

/* NULL where there is no memory yet. */
static inline char *buffer_bytes(const struct buffer *buffer)
{
	return buffer->data ? buffer->data + buffer->start : NULL;
}

/* The way of buffer_reserve() where there is no room yet. */
char *buffer_grow(struct buffer *buffer, size_t bytes);

/* Makes room for `bytes` more and returns where they go; buffer_added() then counts them. */
static inline char *buffer_reserve(struct buffer *buffer, size_t bytes)
{
	if (buffer->data && buffer->capacity - buffer->end >= bytes)
		return buffer->data + buffer->end;
	return buffer_grow(buffer, bytes);
}

static inline void buffer_added(struct buffer *buffer, size_t bytes)
{
	buffer->end += (uint32_t)bytes;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_add_string(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char c);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes `bytes` from the front. An emptied buffer starts again at its beginning. */
void buffer_take(struct buffer *buffer, size_t bytes);

static inline void buffer_clear(struct buffer *buffer)
{
	buffer->start = buffer->end = 0;
}

/* Ends the content with a NUL that is not counted and returns it as a string. */
char *buffer_string(struct buffer *buffer);

#endif
