#include "base/memory.h"

#include <assert.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mem_fail(size_t bytes)
{
	fprintf(stderr, "brusio: out of memory (%zu bytes)\n", bytes);
	abort();
}

static void *memory_check(void *memory, size_t bytes)
{
	if (!memory)
		mem_fail(bytes);
	return memory;
}

void *mem_alloc(size_t bytes)
{
	return memory_check(malloc(bytes ? bytes : 1), bytes);
}

void *mem_zero(size_t bytes)
{
	return memory_check(calloc(1, bytes ? bytes : 1), bytes);
}

void *mem_resize(void *old, size_t bytes)
{
	return memory_check(realloc(old, bytes ? bytes : 1), bytes);
}

char *mem_string(const char *text)
{
	return mem_string_n(text, strlen(text));
}

char *mem_string_n(const char *text, size_t bytes)
{
	char *copy = mem_alloc(bytes + 1);
	memcpy(copy, text, bytes);
	copy[bytes] = '\0';
	return copy;
}

void mem_free_secret(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void *mem_grow(void *array, size_t *capacity, size_t need, size_t element_bytes)
{
	if (need <= *capacity)
		return array;
	size_t grown = *capacity ? *capacity * 2 : 8;
	if (grown < need)
		grown = need;
	assert(element_bytes && grown <= SIZE_MAX / element_bytes);
	array = mem_resize(array, grown * element_bytes);
	*capacity = grown;
	return array;
}

void mem_free_wiped(void *memory)
{
	if (memory)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

void mem_wipe(void *bytes, size_t length)
{
	explicit_bzero(bytes, length);
}
