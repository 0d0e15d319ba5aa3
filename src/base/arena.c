#include "base/arena.h"

#include "base/memory.h"

#include <assert.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES_MIN 256
#define BLOCK_BYTES_MAX 65536

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) char bytes[];
};

void arena_reserve(struct arena *arena, size_t bytes)
{
	struct arena_block *block = arena->blocks;
	if (block && block->size - block->used >= bytes)
		return;
	size_t size = block ? block->size * 2 : BLOCK_BYTES_MIN;
	if (size > BLOCK_BYTES_MAX)
		size = BLOCK_BYTES_MAX;
	if (size < bytes)
		size = bytes;
	block = mem_alloc(sizeof *block + size);
	block->next = arena->blocks;
	block->used = 0;
	block->size = size;
	arena->blocks = block;
}

static void *arena_take(struct arena *arena, size_t bytes)
{
	bytes = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	arena_reserve(arena, bytes);
	struct arena_block *block = arena->blocks;
	void *memory = block->bytes + block->used;
	block->used += bytes;
	assert(block->used <= block->size);
	return memory;
}

void *arena_zero(struct arena *arena, size_t bytes)
{
	return memset(arena_take(arena, bytes), 0, bytes);
}

const char *arena_string(struct arena *arena, const char *text)
{
	if (!text)
		return NULL;
	size_t bytes = strlen(text) + 1;
	return memcpy(arena_take(arena, bytes), text, bytes);
}

const void *arena_copy(struct arena *arena, const void *from, size_t bytes)
{
	return bytes ? memcpy(arena_take(arena, bytes), from, bytes) : NULL;
}

void arena_clear(struct arena *arena)
{
	struct arena_block *kept = arena->blocks;
	if (!kept)
		return;
	for (struct arena_block *block = kept->next, *next; block; block = next) {
		next = block->next;
		mem_wipe(block->bytes, block->used);
		free(block);
	}
	mem_wipe(kept->bytes, kept->used);
	kept->next = NULL;
	kept->used = 0;
}

void arena_release(struct arena *arena)
{
	arena_clear(arena);
	free(arena->blocks);
	arena->blocks = NULL;
}
