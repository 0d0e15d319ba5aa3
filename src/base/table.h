/* A chained hash table whose links are members of what it holds.
 *
 * Layer: base. Threads: one owner at a time. The table owns its buckets, never its elements. */
#ifndef BRUSIO_BASE_TABLE_H
#define BRUSIO_BASE_TABLE_H

#include "base/container_of.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_link {
	struct table_link *next;
	uint64_t hash;
};

struct table {
	struct table_link **buckets;
	size_t size; /* number of buckets, a power of two, or 0 */
	size_t count;
};

#define TABLE_OF(link, type, member) CONTAINER_OF(link, type, member)

void table_insert(struct table *table, struct table_link *link, uint64_t hash);
void table_remove(struct table *table, struct table_link *link);

/* The first link with this hash, then the next ones; the caller compares the keys. */
struct table_link *table_first(const struct table *table, uint64_t hash);
struct table_link *table_next(const struct table_link *link, uint64_t hash);

/* Walks all elements in no order: start with *bucket = 0 and NULL. The table must not change. */
struct table_link *table_walk(const struct table *table, size_t *bucket, struct table_link *after);

void table_release(struct table *table);

/* SipHash-2-4 under a key drawn once for this process: unguessable, so nobody can fill one bucket. */
uint64_t table_hash(const void *bytes, size_t length);
uint64_t table_hash_string(const char *text);

/* For the numbers of people and rooms, which nobody chooses: they follow each other, so each has a bucket of its own. */
static inline uint64_t table_hash_id(int64_t id)
{
	uint64_t hash = (uint64_t)id * UINT64_C(0x9e3779b97f4a7c15); /* 2^64 / the golden ratio */
	return hash ^ hash >> 32;
}

#endif
