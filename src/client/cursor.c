#include "client/cursor.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void cursor_release(struct cursor *cursor)
{
	cursor_drop_held(cursor);
	free(cursor->own);
	free(cursor->held);
	*cursor = (struct cursor){0};
}

void cursor_drop_held(struct cursor *cursor)
{
	for (size_t i = 0; i < cursor->held_count; i++)
		json_decref(cursor->held[i].object);
	cursor->held_count = 0;
}

void cursor_reset(struct cursor *cursor, int64_t last)
{
	cursor_drop_held(cursor);
	cursor->own_count = 0;
	cursor->last = last;
}

static void remove_held(struct cursor *cursor, size_t from, size_t count)
{
	cursor->held_count -= count;
	memmove(cursor->held + from, cursor->held + from + count,
		(cursor->held_count - from) * sizeof *cursor->held);
}

/* Goes on over our own entries that come next, and forgets what is at or below `last`. */
static void advance(struct cursor *cursor)
{
	size_t passed = 0;
	for (; passed < cursor->own_count && cursor->own[passed] <= cursor->last + 1; passed++)
		if (cursor->own[passed] > cursor->last)
			cursor->last = cursor->own[passed];
	cursor->own_count -= passed;
	if (passed)
		memmove(cursor->own, cursor->own + passed, cursor->own_count * sizeof *cursor->own);
	size_t old = 0;
	while (old < cursor->held_count && cursor->held[old].seq <= cursor->last)
		json_decref(cursor->held[old++].object);
	if (old)
		remove_held(cursor, 0, old);
}

static size_t own_place(const struct cursor *cursor, int64_t seq)
{
	size_t at = cursor->own_count;
	while (at && cursor->own[at - 1] >= seq)
		at--;
	return at;
}

static bool is_own(const struct cursor *cursor, int64_t seq)
{
	size_t at = own_place(cursor, seq);
	return at < cursor->own_count && cursor->own[at] == seq;
}

/* Entries come in order nearly always, so the search from the end finds their place at once. */
static size_t held_place(const struct cursor *cursor, int64_t seq)
{
	size_t at = cursor->held_count;
	while (at && cursor->held[at - 1].seq >= seq)
		at--;
	return at;
}

void cursor_hold(struct cursor *cursor, int64_t seq, json_t *object)
{
	size_t at = held_place(cursor, seq);
	if (seq <= cursor->last || is_own(cursor, seq) ||
	    (at < cursor->held_count && cursor->held[at].seq == seq))
		return;
	cursor->held =
	    mem_grow(cursor->held, &cursor->held_capacity, cursor->held_count + 1, sizeof *cursor->held);
	memmove(cursor->held + at + 1, cursor->held + at, (cursor->held_count - at) * sizeof *cursor->held);
	cursor->held[at] = (struct cursor_held){seq, json_incref(object)};
	cursor->held_count++;
}

enum cursor_verdict cursor_entry(struct cursor *cursor, int64_t seq, json_t *object)
{
	if (seq <= cursor->last || is_own(cursor, seq))
		return CURSOR_OLD;
	if (seq != cursor->last + 1) {
		cursor_hold(cursor, seq, object);
		return CURSOR_WAIT;
	}
	cursor->last = seq;
	advance(cursor);
	return CURSOR_SHOW;
}

void cursor_own(struct cursor *cursor, int64_t seq)
{
	if (seq <= cursor->last || is_own(cursor, seq))
		return;
	size_t at = held_place(cursor, seq);
	if (at < cursor->held_count && cursor->held[at].seq == seq) {
		json_decref(cursor->held[at].object);
		remove_held(cursor, at, 1);
	}
	at = own_place(cursor, seq);
	cursor->own =
	    mem_grow(cursor->own, &cursor->own_capacity, cursor->own_count + 1, sizeof *cursor->own);
	memmove(cursor->own + at + 1, cursor->own + at, (cursor->own_count - at) * sizeof *cursor->own);
	cursor->own[at] = seq;
	cursor->own_count++;
	advance(cursor);
}

json_t *cursor_take(struct cursor *cursor)
{
	if (!cursor->held_count || cursor->held[0].seq != cursor->last + 1)
		return NULL;
	json_t *object = cursor->held[0].object;
	cursor->last = cursor->held[0].seq;
	remove_held(cursor, 0, 1);
	advance(cursor);
	return object;
}

void cursor_pass(struct cursor *cursor, int64_t seq)
{
	if (seq > cursor->last)
		cursor->last = seq;
	advance(cursor);
}

bool cursor_gap(const struct cursor *cursor, int64_t *from, int64_t *to)
{
	if (!cursor->held_count || cursor->held[0].seq == cursor->last + 1)
		return false;
	*from = cursor->last + 1;
	*to = cursor->held[0].seq - 1;
	return true;
}
