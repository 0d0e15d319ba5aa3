/* CHATHISTORY out of what the worker holds of the room's log: clients that come back all at once need no job and no turn of the
 * chat thread each. Where the log does not go back far enough, or says that a text was changed, the store is asked. */
#include "base/clock.h"
#include "base/limits.h"
#include "gateway/feed.h"
#include "gateway/irc/irc.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* More is a page of the store's. */
#define RECENT_BYTES_MAX (192 << 10)

struct recent {
	const struct irc_recent_page *page;
	size_t count, bytes;
	size_t first;         /* of the ring of items */
	bool has_asides;      /* all entries are wanted, not only messages */
	bool has_begun;       /* the log is known to go back far enough */
	struct iovec dropped; /* the last one that did not find a place in the ring any more */
	struct iovec items[LIMIT_PAGE_ENTRIES];
};

static struct iovec bytes_of(const struct chunk *chunk, uint32_t item)
{
	uint32_t start = item ? chunk->items[item - 1].end : 0;
	return (struct iovec){chunk->bytes + start, chunk->items[item].end - start};
}

/* Lines with tags begin with their time; that of a room never goes back. */
static int compare_time(struct iovec line, const char *time)
{
	static const char key[] = "@time=";
	size_t bytes = CLOCK_TEXT_BYTES - 1, begin = sizeof key - 1;
	if (line.iov_len < begin + bytes || memcmp(line.iov_base, key, begin) != 0)
		return 0;
	return memcmp((const char *)line.iov_base + begin, time, bytes);
}

static bool is_same_time(struct iovec line, struct iovec other)
{
	size_t bytes = sizeof "@time=" - 1 + CLOCK_TEXT_BYTES - 1;
	return line.iov_len >= bytes && other.iov_len >= bytes &&
	       !memcmp(line.iov_base, other.iov_base, bytes);
}

/* A page with a bound that is a time ends with all of its last millisecond: where one more would be of it, the store is asked. */
static bool ends_within_time(const struct recent *recent, struct iovec kept, struct iovec other)
{
	return (recent->page->after.time || recent->page->before.time) && is_same_time(kept, other);
}

/* False: the store must be asked. */
static bool keep_item(struct recent *recent, struct iovec line)
{
	size_t limit = recent->page->limit;
	if (recent->count == limit && !recent->page->is_newest)
		return !ends_within_time(recent, recent->items[(recent->first + limit - 1) % limit], line);
	if (recent->count == limit) {
		recent->dropped = recent->items[recent->first];
		recent->bytes -= recent->dropped.iov_len;
		recent->first = (recent->first + 1) % limit;
		recent->count--;
	}
	recent->items[(recent->first + recent->count++) % limit] = line;
	recent->bytes += line.iov_len;
	return recent->page->is_newest || recent->bytes <= RECENT_BYTES_MAX;
}

/* False: the store must be asked. */
static bool take_item(struct recent *recent, const struct chunk *chunk, uint32_t at)
{
	const struct chunk_item *item = &chunk->items[at];
	const struct irc_recent_bound *after = &recent->page->after, *before = &recent->page->before;
	struct iovec line = bytes_of(chunk, at);
	bool is_early = after->time ? compare_time(line, after->time) <= 0 : item->seq <= after->seq;
	bool is_late =
	    before->time ? compare_time(line, before->time) >= 0 : before->seq && item->seq >= before->seq;
	if (item->flags & CHUNK_EPHEMERAL)
		return true;
	if (is_early) {
		recent->has_begun = true;
		return true;
	}
	/* What stands behind the page may have changed a text in it. */
	if ((!recent->has_begun && !recent->page->is_newest) ||
	    !(item->flags & (CHUNK_MESSAGE | CHUNK_ASIDE)))
		return false;
	if (is_late || (item->flags & CHUNK_ASIDE && !recent->has_asides))
		return true;
	return keep_item(recent, line);
}

static bool collect(struct recent *recent, const struct feed *feed)
{
	const struct chunk *chunk = feed->head;
	const struct irc_recent_page *page = recent->page;
	recent->has_begun = !chunk->base_seq || (!page->after.time && chunk->base_seq <= page->after.seq);
	for (; chunk; chunk = atomic_load_explicit(&chunk->next, memory_order_acquire)) {
		uint32_t count = atomic_load_explicit(&chunk->count, memory_order_acquire);
		for (uint32_t i = 0; i < count; i++)
			if (!take_item(recent, chunk, i))
				return false;
	}
	bool is_full = recent->count == page->limit;
	if (page->is_newest && is_full &&
	    ends_within_time(recent, recent->items[recent->first], recent->dropped))
		return false;
	return recent->bytes <= RECENT_BYTES_MAX && (recent->has_begun || (page->is_newest && is_full));
}

/* Lines that already are in a batch of their own stay in it. */
static void add_batched(struct buffer *to, struct iovec lines, const char *batch)
{
	const char *line = lines.iov_base, *end = line + lines.iov_len;
	while (line < end) {
		const char *next = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
		const char *space = memchr(line, ' ', (size_t)(next - line));
		bool is_tagged = *line == '@' && !memmem(line, (size_t)(space - line), ";batch=", 7);
		if (is_tagged)
			buffer_printf(to, "@batch=%s;", batch);
		buffer_add(to, line + is_tagged, (size_t)(next - line) - is_tagged);
		line = next;
	}
}

static void write_page(struct connection *connection, const struct recent *recent, const char *reference)
{
	struct buffer *out = irc_out(connection);
	for (size_t i = 0; i < recent->count; i++)
		add_batched(out, recent->items[(recent->first + i) % recent->page->limit], reference);
}

bool irc_write_recent(struct connection *connection, const char *room, const char *target,
		      const struct irc_recent_page *pages, size_t count)
{
	const struct subscription *one = irc_find_room(connection, room);
	struct recent recents[IRC_RECENT_PAGES_MAX];
	char reference[24];
	if (!one || !irc_can(connection, IRC_CAP_TAGS | IRC_CAP_BATCH))
		return false;
	assert(count <= IRC_RECENT_PAGES_MAX);
	for (size_t i = 0; i < count; i++) {
		recents[i] =
		    (struct recent){.page = &pages[i], .has_asides = irc_can(connection, IRC_CAP_EVENTS)};
		if (!pages[i].limit || pages[i].limit > LIMIT_PAGE_ENTRIES ||
		    !collect(&recents[i], one->feed))
			return false;
	}
	snprintf(reference, sizeof reference, "h%x", ++irc_of(connection)->batches);
	irc_say(connection, "BATCH +%s chathistory %s", reference, target);
	for (size_t i = 0; i < count; i++)
		write_page(connection, &recents[i], reference);
	irc_say(connection, "BATCH -%s", reference);
	return true;
}
