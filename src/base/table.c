#include "base/table.h"

#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static unsigned char hash_key[crypto_shorthash_KEYBYTES];
static pthread_once_t hash_key_once = PTHREAD_ONCE_INIT;

static void make_hash_key(void)
{
	randombytes_buf(hash_key, sizeof hash_key);
}

uint64_t table_hash(const void *bytes, size_t length)
{
	pthread_once(&hash_key_once, make_hash_key);
	unsigned char out[crypto_shorthash_BYTES];
	crypto_shorthash(out, bytes, length, hash_key);
	uint64_t hash;
	memcpy(&hash, out, sizeof hash);
	return hash;
}

uint64_t table_hash_string(const char *text)
{
	return table_hash(text, strlen(text));
}

static void grow(struct table *table)
{
	size_t size = table->size ? table->size * 2 : 16;
	struct table_link **buckets = mem_zero(size * sizeof *buckets);
	for (size_t i = 0; i < table->size; i++)
		for (struct table_link *link = table->buckets[i], *next; link; link = next) {
			next = link->next;
			struct table_link **bucket = &buckets[link->hash & (size - 1)];
			link->next = *bucket;
			*bucket = link;
		}
	free(table->buckets);
	table->buckets = buckets;
	table->size = size;
	assert(!(size & (size - 1)));
}

void table_insert(struct table *table, struct table_link *link, uint64_t hash)
{
	assert(!table->size == !table->buckets);
	if (table->count >= table->size)
		grow(table);
	struct table_link **bucket = &table->buckets[hash & (table->size - 1)];
	link->hash = hash;
	link->next = *bucket;
	*bucket = link;
	table->count++;
}

void table_remove(struct table *table, struct table_link *link)
{
	assert(table->count);
	struct table_link **at = &table->buckets[link->hash & (table->size - 1)];
	while (*at != link) {
		assert(*at);
		at = &(*at)->next;
	}
	*at = link->next;
	table->count--;
}

struct table_link *table_next(const struct table_link *link, uint64_t hash)
{
	struct table_link *next = link->next;
	while (next && next->hash != hash)
		next = next->next;
	return next;
}

struct table_link *table_first(const struct table *table, uint64_t hash)
{
	if (!table->size)
		return NULL;
	struct table_link *link = table->buckets[hash & (table->size - 1)];
	return !link || link->hash == hash ? link : table_next(link, hash);
}

struct table_link *table_walk(const struct table *table, size_t *bucket, struct table_link *after)
{
	if (after && after->next)
		return after->next;
	if (after)
		++*bucket;
	for (; *bucket < table->size; ++*bucket)
		if (table->buckets[*bucket])
			return table->buckets[*bucket];
	return NULL;
}

void table_release(struct table *table)
{
	free(table->buckets);
	*table = (struct table){0};
}
