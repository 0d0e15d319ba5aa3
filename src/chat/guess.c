#include "chat/guess.h"

#include "base/memory.h"
#include "base/rate.h"
#include "base/table.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many wrong guesses are free; each further one doubles the wait, from a second up to WAIT_MAX. */
#define FREE_PER_NAME    5
#define FREE_PER_ADDRESS 50
#define WAIT_MAX_S       300
#define FORGET_MS        900000
#define MARKS_MAX        50000

struct mark {
	struct table_link link;
	struct mark *newer, *older;
	int64_t failed_ms;
	int count;
	char key[];
};

struct guesses {
	struct table marks;
	struct mark *newest, *oldest;
	int64_t per_second;
	struct rate proofs;
};

struct guesses *guesses_new(int64_t per_second)
{
	struct guesses *guesses = mem_zero(sizeof *guesses);
	guesses->per_second = per_second;
	return guesses;
}

static void unlink_mark(struct guesses *guesses, struct mark *mark)
{
	*(mark->newer ? &mark->newer->older : &guesses->newest) = mark->older;
	*(mark->older ? &mark->older->newer : &guesses->oldest) = mark->newer;
}

static void link_newest(struct guesses *guesses, struct mark *mark)
{
	mark->newer = NULL;
	mark->older = guesses->newest;
	*(guesses->newest ? &guesses->newest->newer : &guesses->oldest) = mark;
	guesses->newest = mark;
}

static void drop(struct guesses *guesses, struct mark *mark)
{
	unlink_mark(guesses, mark);
	table_remove(&guesses->marks, &mark->link);
	free(mark);
}

void guesses_free(struct guesses *guesses)
{
	while (guesses->oldest)
		drop(guesses, guesses->oldest);
	table_release(&guesses->marks);
	free(guesses);
}

static struct mark *find(const struct guesses *guesses, const char *key)
{
	uint64_t hash = table_hash_string(key);
	struct table_link *link = table_first(&guesses->marks, hash);
	while (link && strcmp(TABLE_OF(link, struct mark, link)->key, key))
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct mark, link) : NULL;
}

static int64_t wait_of(const struct mark *mark, int free_guesses, int64_t mono_ms)
{
	if (!mark || mark->count < free_guesses)
		return 0;
	int doubled = mark->count - free_guesses;
	int64_t wait_s = doubled > 8 ? WAIT_MAX_S : INT64_C(1) << doubled;
	int64_t left_ms = mark->failed_ms + wait_s * 1000 - mono_ms;
	return left_ms > 0 ? (left_ms + 999) / 1000 : 0;
}

static void make_key(char *key, size_t bytes, char kind, const char *text)
{
	snprintf(key, bytes, "%c:%s", kind, text);
}

/* Whoever has one address of an IPv6 /64 has them all. */
static void make_address_key(char *key, size_t bytes, const char *address)
{
	unsigned char parts[16];
	if (inet_pton(AF_INET6, address, parts) != 1) {
		make_key(key, bytes, 'a', address);
		return;
	}
	memset(parts + 8, 0, 8);
	strcpy(key, "a:");
	inet_ntop(AF_INET6, parts, key + 2, (socklen_t)(bytes - 2));
}

int64_t guesses_wait(struct guesses *guesses, const char *folded, const char *address, int64_t mono_ms)
{
	char key[512];
	while (guesses->oldest && guesses->oldest->failed_ms + FORGET_MS < mono_ms)
		drop(guesses, guesses->oldest);
	make_key(key, sizeof key, 'n', folded);
	int64_t by_name = wait_of(find(guesses, key), FREE_PER_NAME, mono_ms);
	make_address_key(key, sizeof key, address);
	int64_t by_address = wait_of(find(guesses, key), FREE_PER_ADDRESS, mono_ms);
	int64_t wait_s = by_name > by_address ? by_name : by_address;
	/* Many at once would all be let through before the first of them has failed. */
	if (!wait_s && rate_take(&guesses->proofs, table_hash_string(key), mono_ms, guesses->per_second,
				 2 * guesses->per_second, 0) < 0)
		wait_s = 1;
	return wait_s;
}

static void mark_failure(struct guesses *guesses, const char *key, int64_t mono_ms)
{
	struct mark *mark = find(guesses, key);
	if (mark) {
		unlink_mark(guesses, mark);
	} else {
		if (guesses->marks.count >= MARKS_MAX)
			drop(guesses, guesses->oldest);
		mark = mem_zero(sizeof *mark + strlen(key) + 1);
		strcpy(mark->key, key);
		table_insert(&guesses->marks, &mark->link, table_hash_string(key));
	}
	mark->count++;
	mark->failed_ms = mono_ms;
	link_newest(guesses, mark);
}

void guesses_failed(struct guesses *guesses, const char *folded, const char *address, int64_t mono_ms)
{
	char key[512];
	make_key(key, sizeof key, 'n', folded);
	mark_failure(guesses, key, mono_ms);
	make_address_key(key, sizeof key, address);
	mark_failure(guesses, key, mono_ms);
}

void guesses_succeeded(struct guesses *guesses, const char *folded)
{
	char key[512];
	make_key(key, sizeof key, 'n', folded);
	struct mark *mark = find(guesses, key);
	if (mark)
		drop(guesses, mark);
}
