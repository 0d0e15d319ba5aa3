#include "chat/chunk.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/sendable.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* An item takes about this much; where it takes less, the items run out before the bytes. */
#define BYTES_PER_ITEM 64

static _Atomic size_t bytes_total;

static size_t footprint(const struct chunk *chunk)
{
	return sizeof *chunk + chunk->items_max * sizeof *chunk->items + chunk->bytes_max;
}

/* --- ids --- */

#define IDS_BYTES 1024

/* Entries of `item` (4 bytes), the id and its NUL. Written before the item is published, never changed. */
struct chunk_ids {
	struct chunk_ids *next;
	uint32_t used;
	char bytes[IDS_BYTES];
};

static void free_ids(struct chunk *chunk)
{
	struct chunk_ids *ids = atomic_load_explicit(&chunk->ids, memory_order_relaxed);
	for (struct chunk_ids *next; ids; ids = next) {
		next = ids->next;
		free(ids);
	}
}

static void add_id(struct chunk *chunk, uint32_t item, const char *id)
{
	struct chunk_ids *ids = atomic_load_explicit(&chunk->ids, memory_order_relaxed), *old = ids;
	size_t bytes = strlen(id) + 1;
	assert(bytes <= LIMIT_ID_BYTES + 1);
	if (!ids || ids->used + sizeof item + bytes > IDS_BYTES) {
		ids = mem_zero(sizeof *ids);
		ids->next = old;
	}
	memcpy(ids->bytes + ids->used, &item, sizeof item);
	memcpy(ids->bytes + ids->used + sizeof item, id, bytes);
	ids->used += (uint32_t)(sizeof item + bytes);
	/* Readers see a block that has at least one id. */
	if (ids != old)
		atomic_store_explicit(&chunk->ids, ids, memory_order_release);
}

/* Reads no further than the item itself, whose id was written before it was published. */
static const char *find_id(const struct chunk *chunk, uint32_t item)
{
	const struct chunk_ids *ids = atomic_load_explicit(&chunk->ids, memory_order_acquire);
	for (; ids; ids = ids->next) {
		uint32_t first, at;
		memcpy(&first, ids->bytes, sizeof first);
		if (first > item)
			continue;
		for (const char *entry = ids->bytes;; entry += sizeof at + strlen(entry + sizeof at) + 1) {
			memcpy(&at, entry, sizeof at);
			if (at == item)
				return entry + sizeof at;
		}
	}
	return NULL;
}

/* --- who is not shown an event --- */

/* Written before the item is published, never changed. */
struct chunk_untold {
	struct chunk_untold *next; /* of an earlier item */
	uint32_t item, count;
	int64_t people[];
};

static void free_untold(struct chunk *chunk)
{
	struct chunk_untold *untold = atomic_load_explicit(&chunk->untold, memory_order_relaxed);
	for (struct chunk_untold *next; untold; untold = next) {
		next = untold->next;
		free(untold);
	}
}

static struct chunk_untold *untold_new(const int64_t *people, size_t count)
{
	struct chunk_untold *untold = mem_alloc(sizeof *untold + count * sizeof *people);
	untold->count = (uint32_t)count;
	memcpy(untold->people, people, count * sizeof *people);
	return untold;
}

/* Before the item is published: who reads the count of items behind it sees this, too. */
static void add_untold(struct chunk *chunk, struct chunk_untold *untold)
{
	untold->item = atomic_load_explicit(&chunk->count, memory_order_relaxed);
	untold->next = atomic_load_explicit(&chunk->untold, memory_order_relaxed);
	atomic_store_explicit(&chunk->untold, untold, memory_order_release);
}

/* True where the item is not for this reader. */
static bool is_untold(const struct chunk *chunk, uint32_t item, uint64_t author)
{
	const struct chunk_untold *untold = atomic_load_explicit(&chunk->untold, memory_order_acquire);
	bool is_among = false;
	while (untold && untold->item > item)
		untold = untold->next;
	assert(untold && untold->item == item);
	for (uint32_t i = 0; i < untold->count && !is_among; i++)
		is_among = untold->people[i] == (int64_t)(author >> 32);
	return is_among != !!(chunk->items[item].flags & CHUNK_FOR_THEM);
}

/* --- chunks --- */

struct chunk *chunk_new(uint32_t bytes_max, uint64_t base_seq, uint64_t base_bytes)
{
	uint32_t items_max = bytes_max / BYTES_PER_ITEM + 1;
	size_t own_bytes = sizeof(struct chunk) + items_max * sizeof(struct chunk_item);
	int64_t offset = -1;
	char *sendable = bytes_max >= LIMIT_CHUNK_BYTES_SENDABLE ? sendable_new(bytes_max, &offset) : NULL;
	struct chunk *chunk = mem_alloc(own_bytes + (sendable ? 0 : bytes_max));
	*chunk = (struct chunk){
	    .references = 1,
	    .items_max = items_max,
	    .bytes_max = bytes_max,
	    .base_seq = base_seq,
	    .base_bytes = base_bytes,
	    .made_ms = clock_mono_ms(),
	    .file_offset = offset,
	};
	chunk->items = (struct chunk_item *)(chunk + 1);
	chunk->bytes = sendable ? sendable : (char *)chunk + own_bytes;
	bytes_total += footprint(chunk);
	return chunk;
}

struct chunk *chunk_acquire(struct chunk *chunk)
{
	assert(atomic_load_explicit(&chunk->references, memory_order_relaxed));
	atomic_fetch_add_explicit(&chunk->references, 1, memory_order_relaxed);
	return chunk;
}

void chunk_release(struct chunk *chunk)
{
	/* A loop, not a recursion: a whole log may hang on one reference. */
	while (chunk && atomic_fetch_sub_explicit(&chunk->references, 1, memory_order_acq_rel) == 1) {
		struct chunk *next = atomic_load_explicit(&chunk->next, memory_order_acquire);
		bytes_total -= footprint(chunk);
		if (chunk->file_offset >= 0)
			sendable_free(chunk->bytes, chunk->bytes_max, chunk->file_offset);
		free_ids(chunk);
		free_untold(chunk);
		free(chunk);
		chunk = next;
	}
}

size_t chunk_bytes_total(void)
{
	return bytes_total;
}

static uint32_t count_of(const struct chunk *chunk)
{
	return atomic_load_explicit(&chunk->count, memory_order_acquire);
}

static uint32_t start_of(const struct chunk *chunk, uint32_t item)
{
	return item ? chunk->items[item - 1].end : 0;
}

bool chunk_append(struct chunk *chunk, const void *bytes, size_t length, const struct chunk_item *item)
{
	return chunk_append_with_id(chunk, bytes, length, item, NULL);
}

bool chunk_append_with_id(struct chunk *chunk, const void *bytes, size_t length,
			  const struct chunk_item *item, const char *id)
{
	uint32_t count = atomic_load_explicit(&chunk->count, memory_order_relaxed);
	uint32_t start = start_of(chunk, count);
	if (count == chunk->items_max || length > chunk->bytes_max - start)
		return false;
	memcpy(chunk->bytes + start, bytes, length);
	chunk->items[count] = *item;
	chunk->items[count].end = start + (uint32_t)length;
	if (id && *id) {
		chunk->items[count].flags |= CHUNK_HAS_ID;
		add_id(chunk, count, id);
	}
	atomic_store_explicit(&chunk->count, count + 1, memory_order_release);
	return true;
}

void log_init(struct log *log, uint64_t end_seq)
{
	log->tail = chunk_new(LIMIT_CHUNK_BYTES_MIN, end_seq, 0);
}

void log_release(struct log *log)
{
	chunk_release(log->tail);
	log->tail = NULL;
}

static void add_chunk(struct log *log, uint32_t bytes_max, uint64_t base_seq)
{
	struct chunk *old = log->tail;
	uint64_t base_bytes = old->base_bytes + start_of(old, count_of(old));
	assert(!atomic_load_explicit(&old->next, memory_order_relaxed)); /* 4 */
	struct chunk *made = chunk_new(bytes_max, base_seq, base_bytes);
	/* One reference is the old chunk's, one is ours. */
	chunk_acquire(made);
	atomic_store_explicit(&old->next, made, memory_order_release);
	log->tail = made;
	chunk_release(old);
}

/* A chunk that filled fast is followed by a larger one, one that took long by a smaller one. Only entries
 * make it grow: many who come at once are a crowd, but the room may be quiet from then on. */
static uint32_t next_size(const struct chunk *full, size_t length)
{
	int64_t filled_ms = clock_mono_ms() - full->made_ms;
	uint32_t size = full->bytes_max, count = count_of(full);
	bool has_entries = count && full->items[count - 1].seq > full->base_seq;
	if (!has_entries)
		size = LIMIT_CHUNK_BYTES_MIN;
	else if (filled_ms < 1000)
		size *= 2;
	else if (filled_ms > 60000)
		size /= 2;
	if (size > LIMIT_CHUNK_BYTES_MAX)
		size = LIMIT_CHUNK_BYTES_MAX;
	if (size < LIMIT_CHUNK_BYTES_MIN)
		size = LIMIT_CHUNK_BYTES_MIN;
	return length > size ? (uint32_t)length : size;
}

/* Goes on in a new chunk where the item does not fit into this one. */
static void log_make_room(struct log *log, size_t length, const struct chunk_item *item)
{
	const struct chunk *tail = log->tail;
	uint32_t count = count_of(tail);
	if (count == tail->items_max || length > tail->bytes_max - start_of(tail, count))
		add_chunk(log, next_size(tail, length),
			  item->flags & CHUNK_EPHEMERAL ? item->seq : item->seq - 1);
}

void log_append(struct log *log, const void *bytes, size_t length, const struct chunk_item *item,
		const char *id)
{
	log_make_room(log, length, item);
	bool fits = chunk_append_with_id(log->tail, bytes, length, item, id);
	assert(fits);
	(void)fits;
}

void log_append_untold(struct log *log, const void *bytes, size_t length, const struct chunk_item *item,
		       const int64_t *people, size_t count)
{
	assert(item->flags & CHUNK_EPHEMERAL && item->flags & CHUNK_UNTOLD);
	log_make_room(log, length, item);
	add_untold(log->tail, untold_new(people, count));
	bool fits = chunk_append(log->tail, bytes, length, item);
	assert(fits);
	(void)fits;
}

void log_seal(struct log *log, uint64_t end_seq)
{
	add_chunk(log, LIMIT_CHUNK_BYTES_MIN, end_seq);
}

void cursor_detach(struct cursor *cursor)
{
	chunk_release(cursor->chunk);
	cursor->chunk = NULL;
	cursor->item = cursor->sent = 0;
}

static void place(struct cursor *cursor, struct chunk *chunk, uint32_t item)
{
	assert(item <= count_of(chunk));
	struct chunk *old = cursor->chunk;
	cursor->chunk = chunk_acquire(chunk);
	cursor->item = item;
	cursor->sent = start_of(chunk, item);
	chunk_release(old);
}

void cursor_attach(struct cursor *cursor, struct chunk *chunk)
{
	/* The first item behind the entry cursor->seq. Events that stand behind that entry were not seen
	 * by somebody who was away, and are not part of a replay either. */
	uint32_t low = 0, high = count_of(chunk);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (chunk->items[middle].seq <= cursor->seq)
			low = middle + 1;
		else
			high = middle;
	}
	assert(chunk->base_seq <= cursor->seq);
	place(cursor, chunk, low);
}

void cursor_attach_live(struct cursor *cursor, struct chunk *chunk, uint32_t item)
{
	assert(!chunk->is_cold);
	place(cursor, chunk, item);
	cursor->live_bytes = chunk->base_bytes + cursor->sent;
}

bool cursor_is_inside(const struct cursor *cursor)
{
	return cursor->chunk && cursor->sent > start_of(cursor->chunk, cursor->item);
}

struct iovec cursor_rest(const struct cursor *cursor)
{
	assert(cursor->chunk && cursor->item < count_of(cursor->chunk));
	const struct chunk *chunk = cursor->chunk;
	return (struct iovec){.iov_base = chunk->bytes + cursor->sent,
			      .iov_len = chunk->items[cursor->item].end - cursor->sent};
}

static void finish_item(struct cursor *cursor)
{
	assert(cursor->item < count_of(cursor->chunk));
	const struct chunk_item *item = &cursor->chunk->items[cursor->item];
	cursor->sent = item->end;
	/* A replay's events carry the seq of an entry that is done already; never go back. */
	if (item->seq > cursor->seq)
		cursor->seq = item->seq;
	cursor->item++;
}

void cursor_skip_rest(struct cursor *cursor)
{
	finish_item(cursor);
}

/* Own live items, live events that its person is not told of, and events from before this reader came are not for it. An entry
 * without a word in this encoding has its place in a page, and is passed over. */
static bool is_hidden(const struct cursor *cursor, uint64_t author, const struct chunk *chunk, uint32_t index)
{
	const struct chunk_item *item = &chunk->items[index];
	bool is_live = chunk->is_cold ? item->seq > cursor->live_seq
				      : chunk->base_bytes + start_of(chunk, index) >= cursor->live_bytes;
	if (item->end == start_of(chunk, index))
		return true;
	if (!is_live)
		return item->flags & CHUNK_EPHEMERAL;
	return (cursor->is_author && item->author && item->author == author) ||
	       (item->flags & CHUNK_UNTOLD && is_untold(chunk, index, author));
}

/* Said by the reader's own person, with an id that they may see. */
static bool chunk_is_own(const struct cursor *cursor, uint64_t author, const struct chunk_item *item)
{
	return cursor->is_author && item->flags & CHUNK_HAS_ID && item->author >> 32 == author >> 32;
}

/* True where no item of this chunk can be hidden, untold or own, of those that were counted before. */
static bool is_plain(const struct cursor *cursor, const struct chunk *chunk)
{
	if (cursor->is_author || atomic_load_explicit(&chunk->untold, memory_order_acquire))
		return false;
	uint64_t from = chunk->base_bytes + (chunk == cursor->chunk ? cursor->sent : 0);
	return chunk->is_cold || from >= cursor->live_bytes;
}

static void next_chunk(struct cursor *cursor)
{
	struct chunk *next = atomic_load_explicit(&cursor->chunk->next, memory_order_acquire);
	place(cursor, next, 0);
}

bool cursor_settle(struct cursor *cursor, uint64_t author)
{
	for (;;) {
		struct chunk *chunk = cursor->chunk;
		/* `next` is read first: where it is set, the count that is read then is final. */
		struct chunk *next = atomic_load_explicit(&chunk->next, memory_order_acquire);
		if (cursor->item == count_of(chunk)) {
			if (!next)
				return false;
			next_chunk(cursor);
		} else if (!cursor_is_inside(cursor) && is_hidden(cursor, author, chunk, cursor->item)) {
			finish_item(cursor);
		} else {
			return true;
		}
	}
}

const char *cursor_own_id(struct cursor *cursor, uint64_t author, struct iovec *item)
{
	if (!cursor->is_author || !cursor_settle(cursor, author) || cursor_is_inside(cursor) ||
	    !chunk_is_own(cursor, author, &cursor->chunk->items[cursor->item]))
		return NULL;
	*item = cursor_rest(cursor);
	return find_id(cursor->chunk, cursor->item);
}

bool cursor_is_at_end(const struct cursor *cursor)
{
	struct chunk *next = atomic_load_explicit(&cursor->chunk->next, memory_order_acquire);
	return cursor->item == count_of(cursor->chunk) && !next;
}

/* One gather, and how much it has collected so far. */
struct gathering {
	struct iovec *iov;
	int count, max;
	size_t bytes_left;
	uint32_t items_left;
};

/* Adds bytes [from, to) of the chunk; false where there is no place for them. */
static bool add_range(struct gathering *gathering, const struct chunk *chunk, uint32_t from, uint32_t to)
{
	struct iovec *last = gathering->count ? &gathering->iov[gathering->count - 1] : NULL;
	char *start = chunk->bytes + from;
	size_t length = to - from;
	if (last && (char *)last->iov_base + last->iov_len == start) {
		last->iov_len += length;
	} else {
		if (gathering->count == gathering->max)
			return false;
		gathering->iov[gathering->count++] = (struct iovec){.iov_base = start, .iov_len = length};
	}
	gathering->bytes_left -= length < gathering->bytes_left ? length : gathering->bytes_left;
	return true;
}

/* Without hidden items a whole stretch is one range. Returns false when the gathering is full. */
static bool gather_plain(struct gathering *gathering, const struct chunk *chunk, uint32_t from,
			 uint32_t count)
{
	uint32_t end = chunk->items[count - 1].end;
	if (end - from > gathering->bytes_left)
		end = from + (uint32_t)gathering->bytes_left;
	return add_range(gathering, chunk, from, end) && gathering->bytes_left;
}

static bool gather_items(struct gathering *gathering, const struct cursor *cursor, uint64_t author,
			 const struct chunk *chunk, uint32_t item, uint32_t from, uint32_t count)
{
	bool is_inside = from > start_of(chunk, item);
	for (; item < count; item++, is_inside = false, from = start_of(chunk, item)) {
		if (!is_inside && is_hidden(cursor, author, chunk, item))
			continue;
		if (!is_inside && chunk_is_own(cursor, author, &chunk->items[item]))
			return false;
		if (!gathering->bytes_left || !gathering->items_left)
			return false;
		if (!add_range(gathering, chunk, from, chunk->items[item].end))
			return false;
		gathering->items_left--;
	}
	return true;
}

int cursor_gather(struct cursor *cursor, uint64_t author, struct iovec *iov, int iov_max, size_t bytes_max,
		  uint32_t items_max)
{
	if (!cursor_settle(cursor, author))
		return 0;
	struct gathering gathering = {
	    .iov = iov, .max = iov_max, .bytes_left = bytes_max, .items_left = items_max};
	const struct chunk *chunk = cursor->chunk;
	uint32_t item = cursor->item, from = cursor->sent;
	bool goes_on = true;
	while (goes_on && chunk && gathering.bytes_left) {
		const struct chunk *next = atomic_load_explicit(&chunk->next, memory_order_acquire);
		uint32_t count = count_of(chunk);
		if (item == count)
			goes_on = true;
		else if (items_max == UINT32_MAX && is_plain(cursor, chunk))
			goes_on = gather_plain(&gathering, chunk, from, count);
		else
			goes_on = gather_items(&gathering, cursor, author, chunk, item, from, count);
		chunk = next;
		item = from = 0;
	}
	return gathering.count;
}

/* Jumps over items that lie wholly in the `bytes` written; the common case is all that was published. */
static uint32_t advance_plain(struct cursor *cursor, size_t *bytes)
{
	const struct chunk *chunk = cursor->chunk;
	uint32_t count = count_of(chunk), first = cursor->item;
	size_t reached = cursor->sent + *bytes;
	uint32_t low = first, high = count;
	if (count && reached >= chunk->items[count - 1].end)
		low = high;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (chunk->items[middle].end <= reached)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == first)
		return 0;
	*bytes -= chunk->items[low - 1].end - cursor->sent;
	cursor->item = low - 1;
	finish_item(cursor);
	return low - first;
}

uint32_t cursor_advance(struct cursor *cursor, uint64_t author, size_t bytes)
{
	uint32_t done = 0;
	while (bytes) {
		bool has_more = cursor_settle(cursor, author);
		assert(has_more);
		(void)has_more;
		uint32_t passed = is_plain(cursor, cursor->chunk) ? advance_plain(cursor, &bytes) : 0;
		done += passed;
		if (passed || !bytes)
			continue;
		size_t rest = cursor->chunk->items[cursor->item].end - cursor->sent;
		if (bytes < rest) {
			cursor->sent += (uint32_t)bytes;
			break;
		}
		bytes -= rest;
		finish_item(cursor);
		done++;
	}
	return done;
}
