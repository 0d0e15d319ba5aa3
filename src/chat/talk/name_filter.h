/* Name filters: tell most words that are no member's name from those that may be one.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone.
 *
 * A Bloom filter of two bits a name in sixteen: at most one other word in sixty passes while it is not full. */
#ifndef BRUSIO_CHAT_NAME_FILTER_H
#define BRUSIO_CHAT_NAME_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_filter {
	uint64_t *words; /* owned; NULL: no name passes */
	uint32_t mask;   /* how many bits there are, which is a power of two, less one */
	size_t names;    /* added since it was emptied */
	size_t longest;  /* bytes of the longest of them */
};

/* The hash of a name, byte by byte, so that the hash of each beginning of a word is at hand. */
#define NAME_FILTER_START 2166136261u

static inline uint32_t name_filter_step(uint32_t hash, unsigned char byte)
{
	return (hash ^ byte) * 16777619u;
}

/* True where one more name would let too many words pass: empty it for more names, and add all again. */
bool name_filter_is_full(const struct name_filter *filter);
/* Makes it a filter without names that has room for so many. */
void name_filter_empty(struct name_filter *filter, size_t names);
/* A name of so many bytes. */
void name_filter_add(struct name_filter *filter, uint32_t hash, size_t length);
bool name_filter_passes(const struct name_filter *filter, uint32_t hash, size_t length);
void name_filter_release(struct name_filter *filter);

#endif
