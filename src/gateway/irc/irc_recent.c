/* CHATHISTORY AFTER and LATEST, out of what the worker holds of the room's log: clients that come back all at once need no job and no
 * turn of the chat thread each. Where the log does not go back far enough, or says that a text was changed, the store
 * is asked. */
#include "base/clock.h"
#include "base/limits.h"
#include "gateway/feed.h"
#include "gateway/irc/irc.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* More is a page of the store's. */
#define RECENT_BYTES_MAX (192 << 10)

struct recent {
	uint64_t seq;     /* entries behind it */
	const char *time; /* not NULL: entries later than that instead */
	size_t limit, count, bytes;
	size_t first;    /* of the ring of items */
	bool is_newest;  /* the last ones are wanted, not the first */
	bool has_asides; /* all entries are wanted, not only messages */
	bool has_begun;  /* the log is known to go back far enough */
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

/* False where there is no place and it is not the newest that are wanted. */
static bool keep_item(struct recent *recent, struct iovec line)
{
	if (recent->count == recent->limit && !recent->is_newest)
		return false;
	if (recent->count == recent->limit) {
		recent->bytes -= recent->items[recent->first].iov_len;
		recent->first = (recent->first + 1) % recent->limit;
		recent->count--;
	}
	recent->items[(recent->first + recent->count++) % recent->limit] = line;
	recent->bytes += line.iov_len;
	return true;
}

/* False: the store must be asked. */
static bool take_item(struct recent *recent, const struct chunk *chunk, uint32_t at)
{
	const struct chunk_item *item = &chunk->items[at];
	struct iovec line = bytes_of(chunk, at);
	bool is_behind = recent->time ? compare_time(line, recent->time) <= 0 : item->seq <= recent->seq;
	if (item->flags & CHUNK_EPHEMERAL)
		return true;
	if (is_behind) {
		recent->has_begun = true;
		return true;
	}
	if ((!recent->has_begun && !recent->is_newest) || !(item->flags & (CHUNK_MESSAGE | CHUNK_ASIDE)))
		return false;
	if (item->flags & CHUNK_ASIDE && !recent->has_asides)
		return true;
	/* A page that ends at a time ends with all of its millisecond. */
	if (recent->count == recent->limit && recent->time)
		return false;
	return !keep_item(recent, line) || recent->is_newest || recent->bytes <= RECENT_BYTES_MAX;
}

static bool collect(struct recent *recent, const struct feed *feed)
{
	const struct chunk *chunk = feed->head;
	recent->has_begun = !chunk->base_seq || (!recent->time && chunk->base_seq <= recent->seq);
	for (; chunk; chunk = atomic_load_explicit(&chunk->next, memory_order_acquire)) {
		uint32_t count = atomic_load_explicit(&chunk->count, memory_order_acquire);
		for (uint32_t i = 0; i < count; i++)
			if (!take_item(recent, chunk, i))
				return false;
	}
	return recent->bytes <= RECENT_BYTES_MAX &&
	       (recent->has_begun || (recent->is_newest && recent->count == recent->limit));
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

bool irc_write_recent(struct connection *connection, const char *room, const char *target,
		      const struct irc_recent_page *page)
{
	const struct subscription *one = irc_find_room(connection, room);
	struct recent recent = {.seq = page->seq,
				.time = page->time,
				.limit = page->limit,
				.is_newest = page->is_newest,
				.has_asides = irc_can(connection, IRC_CAP_EVENTS)};
	if (!one || !irc_can(connection, IRC_CAP_TAGS | IRC_CAP_BATCH) || !page->limit ||
	    page->limit > LIMIT_PAGE_ENTRIES || !collect(&recent, one->feed))
		return false;
	char reference[24];
	snprintf(reference, sizeof reference, "h%x", ++irc_of(connection)->batches);
	irc_say(connection, "BATCH +%s chathistory %s", reference, target);
	struct buffer *out = irc_out(connection);
	for (size_t i = 0; i < recent.count; i++)
		add_batched(out, recent.items[(recent.first + i) % recent.limit], reference);
	irc_say(connection, "BATCH -%s", reference);
	return true;
}
