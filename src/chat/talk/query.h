/* The language in which people search: words, "phrases", prefix*, -word, from:NAME, in:#ROOM, before:DAY,
 * after:DAY, on:DAY, has:link, has:file, has:reaction.
 *
 * Layer: chat. Threads: any; pure. Days are UTC; a time in RFC 3339 is taken, too. */
#ifndef BRUSIO_CHAT_QUERY_H
#define BRUSIO_CHAT_QUERY_H

#include "base/arena.h"
#include "base/limits.h"
#include "store/store.h"

struct query {
	struct arena arena; /* holds all strings */
	struct store_term terms[LIMIT_QUERY_TERMS];
	size_t terms_count;
	const char *from; /* as it was written, or NULL */
	const char *room; /* "#lobby" or "@mario", or NULL */
	bool has_link, has_file, has_reaction;
	int64_t since_ms, until_ms; /* as in struct store_search */
	enum text problem;          /* why the query cannot be understood */
	const char *piece;          /* the part of it that is wrong, or NULL */
};

/* Reads the query; returns false where it cannot be understood, which `problem` then says. The query is to be
 * released in either case. */
bool query_read(struct query *query, const char *text);
/* False where nothing is given, or nothing but what is not wanted: that is everything else. */
bool query_wants_something(const struct query *query);
void query_release(struct query *query);

#endif
