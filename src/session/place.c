#include "session/place.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void place_release(struct place *place)
{
	place_drop_held(place);
	free(place->own);
	free(place->held);
	*place = (struct place){0};
}

void place_drop_held(struct place *place)
{
	for (size_t i = 0; i < place->held_count; i++)
		json_decref(place->held[i].object);
	place->held_count = 0;
}

void place_reset(struct place *place, int64_t last)
{
	assert(last >= 0);
	place_drop_held(place);
	place->own_count = 0;
	place->last = last;
}

static void remove_held(struct place *place, size_t from, size_t count)
{
	place->held_count -= count;
	memmove(place->held + from, place->held + from + count,
		(place->held_count - from) * sizeof *place->held);
}

/* Goes on over our own entries that come next, and forgets what is at or below `last`. */
static void place_advance(struct place *place)
{
	size_t passed = 0;
	for (; passed < place->own_count && place->own[passed] <= place->last + 1; passed++)
		if (place->own[passed] > place->last)
			place->last = place->own[passed];
	place->own_count -= passed;
	if (passed)
		memmove(place->own, place->own + passed, place->own_count * sizeof *place->own);
	size_t old = 0;
	while (old < place->held_count && place->held[old].seq <= place->last)
		json_decref(place->held[old++].object);
	if (old)
		remove_held(place, 0, old);
	/* 2 */
	assert(!place->own_count || place->own[0] > place->last + 1);
	assert(!place->held_count || place->held[0].seq > place->last);
}

static size_t own_index(const struct place *place, int64_t seq)
{
	size_t at = place->own_count;
	while (at && place->own[at - 1] >= seq)
		at--;
	return at;
}

static bool place_is_own(const struct place *place, int64_t seq)
{
	size_t at = own_index(place, seq);
	return at < place->own_count && place->own[at] == seq;
}

/* Entries come in order nearly always, so the search from the end finds their place at once. */
static size_t held_index(const struct place *place, int64_t seq)
{
	size_t at = place->held_count;
	while (at && place->held[at - 1].seq >= seq)
		at--;
	return at;
}

void place_hold(struct place *place, int64_t seq, json_t *object)
{
	assert(object);
	size_t at = held_index(place, seq);
	if (seq <= place->last || place_is_own(place, seq) ||
	    (at < place->held_count && place->held[at].seq == seq))
		return;
	place->held =
	    mem_grow(place->held, &place->held_capacity, place->held_count + 1, sizeof *place->held);
	memmove(place->held + at + 1, place->held + at, (place->held_count - at) * sizeof *place->held);
	place->held[at] = (struct place_held){seq, json_incref(object)};
	place->held_count++;
}

enum place_verdict place_entry(struct place *place, int64_t seq, json_t *object)
{
	if (seq <= place->last || place_is_own(place, seq))
		return PLACE_OLD;
	if (seq != place->last + 1) {
		place_hold(place, seq, object);
		return PLACE_WAIT;
	}
	place->last = seq;
	place_advance(place);
	return PLACE_SHOW;
}

void place_own(struct place *place, int64_t seq)
{
	if (seq <= place->last || place_is_own(place, seq))
		return;
	size_t at = held_index(place, seq);
	if (at < place->held_count && place->held[at].seq == seq) {
		json_decref(place->held[at].object);
		remove_held(place, at, 1);
	}
	at = own_index(place, seq);
	place->own = mem_grow(place->own, &place->own_capacity, place->own_count + 1, sizeof *place->own);
	memmove(place->own + at + 1, place->own + at, (place->own_count - at) * sizeof *place->own);
	place->own[at] = seq;
	place->own_count++;
	place_advance(place);
}

json_t *place_take(struct place *place)
{
	if (!place->held_count || place->held[0].seq != place->last + 1)
		return NULL;
	json_t *object = place->held[0].object;
	place->last = place->held[0].seq;
	remove_held(place, 0, 1);
	place_advance(place);
	return object;
}

void place_pass(struct place *place, int64_t seq)
{
	if (seq > place->last)
		place->last = seq;
	place_advance(place);
}

bool place_gap(const struct place *place, int64_t *from, int64_t *to)
{
	if (!place->held_count || place->held[0].seq == place->last + 1)
		return false;
	*from = place->last + 1;
	*to = place->held[0].seq - 1;
	return true;
}
