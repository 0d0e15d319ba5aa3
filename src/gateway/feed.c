#include "gateway/feed.h"

#include "base/logging.h"
#include "base/memory.h"
#include "chat/reply.h"
#include "gateway/connection.h"
#include "gateway/gateway.h"
#include "gateway/output.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NO_PAGE UINT64_MAX

/* The page was not behind the cursor when it was asked for, and the cursor only goes on. */
static uint64_t page_seq_of(const struct subscription *subscription)
{
	uint64_t seq = subscription->cursor.seq;
	return seq - ((uint32_t)seq - subscription->page_seq);
}

static bool has_asked_for(const struct subscription *subscription, uint64_t page_seq)
{
	return subscription->has_asked && page_seq_of(subscription) == page_seq;
}

static uint64_t hash_of(uint64_t view)
{
	/* Views are numbered one after another. */
	return view * UINT64_C(0x9e3779b97f4a7c15) >> 16;
}

static struct feed *feed_find(const struct gateway *gateway, uint64_t view)
{
	uint64_t hash = hash_of(view);
	struct table_link *link = table_first(&gateway->feeds, hash);
	while (link && TABLE_OF(link, struct feed, by_view)->view != view)
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct feed, by_view) : NULL;
}

static struct feed *feed_new(struct gateway *gateway, const struct connection *connection,
			     const struct reply *joined)
{
	struct feed *feed = mem_zero(sizeof *feed);
	feed->gateway = gateway;
	feed->view = joined->joined.view;
	feed->encoding = ENCODING(connection->dialect->id, connection->lang);
	feed->room_id = joined->joined.room_id;
	feed->room = mem_string(joined->room);
	feed->reader = *joined->room == '@' ? mem_string(joined->joined.reader) : NULL;
	feed->is_own = feed->reader && !strcmp(feed->reader, feed->room + 1);
	feed->head = chunk_acquire(joined->joined.chunk);
	feed->newest = chunk_acquire(joined->joined.chunk);
	for (int i = 0; i < FEED_PAGES; i++)
		feed->asked[i] = NO_PAGE;
	table_insert(&gateway->feeds, &feed->by_view, hash_of(feed->view));
	return feed;
}

void feed_free(struct feed *feed)
{
	table_remove(&feed->gateway->feeds, &feed->by_view);
	chunk_release(feed->head);
	chunk_release(feed->newest);
	for (int i = 0; i < FEED_PAGES; i++)
		chunk_release(feed->pages[i]);
	free(feed->subscriptions);
	free(feed->room);
	free(feed->reader);
	free(feed);
}

/* Moves `newest` to the end of the log, and `head` after it where too much is held. */
static void feed_catch_up(struct feed *feed)
{
	struct chunk *next;
	while ((next = atomic_load_explicit(&feed->newest->next, memory_order_acquire))) {
		chunk_acquire(next);
		chunk_release(feed->newest);
		feed->newest = next;
	}
	uint64_t most = (uint64_t)feed->gateway->limits->room_log_bytes;
	if (chunk_bytes_total() > (size_t)feed->gateway->limits->log_bytes_max)
		most = 0;
	while (feed->head != feed->newest && feed->newest->base_bytes - feed->head->base_bytes > most) {
		next = chunk_acquire(atomic_load_explicit(&feed->head->next, memory_order_acquire));
		chunk_release(feed->head);
		feed->head = next;
	}
	/* 1 */
	assert(feed->head == feed->newest || feed->newest->base_bytes - feed->head->base_bytes <= most);
}

static void tell_gap(struct subscription *subscription, uint64_t from, uint64_t to)
{
	assert(from <= to);
	struct entry gap = {.kind = ENTRY_GAP,
			    .room = subscription->feed->room,
			    .reader = subscription->feed->reader,
			    .seq = from,
			    .ref = to,
			    .key = TEXT_event_gap,
			    .args = {.room = subscription->feed->room, .number = (int64_t)(to - from + 1)}};
	struct connection *connection = subscription->connection;
	dialect_encode(subscription->feed->encoding, &gap, &connection->out);
	subscription->cursor.seq = to;
}

/* --- subscriptions --- */

struct subscription *feed_find_subscription(struct connection *connection, uint64_t view)
{
	struct subscription *one = connection->subscriptions;
	while (one && one->feed->view != view)
		one = one->next;
	return one;
}

/* Whether its own live entries are kept from this connection. */
static bool feed_keeps_own(const struct feed *feed, const struct connection *connection)
{
	return connection->is_author && !(feed->is_own && connection->dialect->tells_own);
}

void feed_set_author(struct connection *connection, bool is_author)
{
	connection->is_author = is_author;
	for (struct subscription *one = connection->subscriptions; one; one = one->next)
		one->cursor.is_author = feed_keeps_own(one->feed, connection);
}

static struct subscription *subscribe(struct feed *feed, struct connection *connection)
{
	assert(!feed_find_subscription(connection, feed->view));
	struct subscription *made = mem_zero(sizeof *made);
	made->feed = feed;
	made->connection = connection;
	made->cursor.is_author = feed_keeps_own(feed, connection);
	made->next = connection->subscriptions;
	connection->subscriptions = made;
	feed->subscriptions =
	    mem_grow(feed->subscriptions, &feed->capacity, feed->count + 1, sizeof(struct subscription *));
	made->index = (uint32_t)feed->count;
	feed->subscriptions[feed->count++] = made;
	return made;
}

void feed_join(struct gateway *gateway, struct connection *connection, const struct reply *joined)
{
	if (!joined->joined.chunk)
		return;
	struct feed *feed = feed_find(gateway, joined->joined.view);
	if (!feed)
		feed = feed_new(gateway, connection, joined);
	struct subscription *own = feed_find_subscription(connection, joined->joined.view);
	if (own)
		feed_fall_behind(own);
	else
		own = subscribe(feed, connection);
	struct cursor *cursor = &own->cursor;
	own->is_waiting = own->has_asked = false;
	cursor->seq = cursor->live_seq = joined->joined.seq;
	cursor_attach_live(cursor, joined->joined.chunk, joined->joined.item);
	if (joined->joined.is_resumed && joined->joined.after < joined->joined.seq) {
		cursor_detach(cursor);
		cursor->seq = joined->joined.after;
		if (cursor->seq < joined->joined.purged_seq)
			tell_gap(own, cursor->seq + 1, joined->joined.purged_seq);
	}
}

void feed_fall_behind(struct subscription *subscription)
{
	struct cursor *cursor = &subscription->cursor;
	if (!cursor->chunk)
		return;
	if (cursor_is_inside(cursor)) {
		assert(subscription->connection->inside == subscription);
		output_take_inside(subscription->connection);
	}
	cursor_detach(cursor);
}

void feed_leave(struct subscription *subscription)
{
	struct feed *feed = subscription->feed;
	struct connection *connection = subscription->connection;
	feed_fall_behind(subscription);
	struct subscription **at = &connection->subscriptions;
	while (*at != subscription)
		at = &(*at)->next;
	*at = subscription->next;
	assert(feed->count && feed->subscriptions[subscription->index] == subscription);
	feed->subscriptions[subscription->index] = feed->subscriptions[--feed->count];
	feed->subscriptions[subscription->index]->index = subscription->index;
	/* Subscriptions may have moved under the slice that is being served; one more round misses none. */
	feed->is_woken_again = true;
	free(subscription);
	if (!feed->count && !feed->is_dirty)
		feed_free(feed);
}

/* --- pages: the log further back --- */

/* The end of a page, or of the published part of a live chunk. */
static uint64_t last_seq(const struct chunk *page)
{
	uint32_t count = atomic_load_explicit(&page->count, memory_order_acquire);
	return count ? page->items[count - 1].seq : page->base_seq;
}

static struct chunk *find_page(const struct feed *feed, uint64_t seq)
{
	for (int i = 0; i < FEED_PAGES; i++) {
		struct chunk *page = feed->pages[i];
		if (page && page->base_seq <= seq && seq < last_seq(page))
			return page;
	}
	return NULL;
}

static void keep_page(struct feed *feed, struct chunk *page)
{
	assert(page->is_cold);
	chunk_release(feed->pages[FEED_PAGES - 1]);
	memmove(feed->pages + 1, feed->pages, (FEED_PAGES - 1) * sizeof *feed->pages);
	feed->pages[0] = chunk_acquire(page);
}

static void ask_page(struct subscription *subscription, uint64_t base_seq)
{
	struct feed *feed = subscription->feed;
	assert(!subscription->cursor.chunk); /* 2 */
	subscription->is_waiting = subscription->has_asked = true;
	subscription->page_seq = (uint32_t)base_seq;
	int free_slot = -1;
	for (int i = 0; i < FEED_PAGES; i++) {
		if (feed->asked[i] == base_seq)
			return; /* Somebody else waits for the same page already. */
		if (feed->asked[i] == NO_PAGE)
			free_slot = i;
	}
	if (free_slot < 0)
		return; /* feed_page() asks when one of the others has come. */
	feed->asked[free_slot] = base_seq;
	/* Entries that are stored and not yet published are left to the log, or they would come twice. */
	feed_catch_up(feed);
	struct page_request page = {
	    .worker = feed->gateway->worker,
	    .encoding = feed->encoding,
	    .view = feed->view,
	    .room_id = feed->room_id,
	    .room = feed->room,
	    .reader = feed->reader,
	    .base_seq = base_seq,
	    .end_seq = last_seq(feed->newest),
	    .generation = feed->generation,
	};
	gateway_count(&feed->gateway->counters.pages, 1);
	chat_read_page(feed->gateway->chat, &page);
}

static void enter_page(struct subscription *subscription, struct chunk *page)
{
	assert(!subscription->cursor.chunk && page->base_seq <= subscription->cursor.seq);
	struct cursor *cursor = &subscription->cursor;
	cursor_attach(cursor, page);
	uint64_t next = page->items[cursor->item].seq;
	if (next != cursor->seq + 1)
		tell_gap(subscription, cursor->seq + 1, next - 1);
}

/* Into the part of the live log that we hold, if the cursor is not behind it. */
static bool enter_live(struct subscription *subscription)
{
	assert(!subscription->cursor.chunk);
	struct feed *feed = subscription->feed;
	uint64_t seq = subscription->cursor.seq;
	feed_catch_up(feed);
	if (feed->head->base_seq > seq)
		return false;
	struct chunk *chunk = feed->head, *next;
	while ((next = atomic_load_explicit(&chunk->next, memory_order_acquire)) && next->base_seq <= seq)
		chunk = next;
	cursor_attach(&subscription->cursor, chunk);
	return true;
}

bool feed_locate(struct subscription *subscription)
{
	struct cursor *cursor = &subscription->cursor;
	uint64_t author = subscription->connection->author;
	for (;;) {
		/* A page may hold nothing but what the reader said itself: then the next one counts. */
		if (cursor->chunk && (!cursor->chunk->is_cold || cursor_settle(cursor, author)))
			return true;
		if (subscription->is_waiting)
			return false;
		cursor_detach(cursor);
		if (enter_live(subscription))
			return true;
		struct chunk *page = find_page(subscription->feed, cursor->seq);
		if (!page)
			break;
		enter_page(subscription, page);
	}
	/* Readers at about the same place share a page where it begins at a round number; a page that was
	 * cut short by its size is continued from where it ended. */
	uint64_t base_seq = cursor->seq - cursor->seq % LIMIT_PAGE_SEQS;
	if (has_asked_for(subscription, base_seq))
		base_seq = cursor->seq;
	ask_page(subscription, base_seq);
	return false;
}

static void page_came(struct subscription *subscription, struct chunk *page)
{
	struct cursor *cursor = &subscription->cursor;
	assert(subscription->is_waiting && !cursor->chunk); /* 2 */
	subscription->is_waiting = false;
	if (!page) {
		connection_end(subscription->connection, TEXT_notice_read_failed);
		return;
	}
	if (page->base_seq == cursor->seq && last_seq(page) == cursor->seq && !enter_live(subscription)) {
		/* Nothing behind it in the store, and the live log begins later: retention took it. */
		tell_gap(subscription, cursor->seq + 1, subscription->feed->head->base_seq);
	}
	gateway_make_ready(subscription->connection->gateway, subscription->connection);
}

void feed_seal(struct gateway *gateway, const struct reply *seal)
{
	struct feed *feed = feed_find(gateway, seal->seal.view);
	if (!feed)
		return;
	free(feed->room);
	feed->room = mem_string(seal->room);
	if (feed->reader) {
		free(feed->reader);
		feed->reader = mem_string(seal->seal.reader);
	}
	feed_catch_up(feed);
	chunk_release(feed->head);
	feed->head = chunk_acquire(feed->newest);
	for (int i = 0; i < FEED_PAGES; i++) {
		chunk_release(feed->pages[i]);
		feed->pages[i] = NULL;
	}
	feed->generation++;
}

/* Read before something was deleted: asks anew. */
static void ask_again(struct feed *feed, uint64_t base_seq)
{
	for (size_t i = 0; i < feed->count; i++)
		if (feed->subscriptions[i]->is_waiting && has_asked_for(feed->subscriptions[i], base_seq))
			ask_page(feed->subscriptions[i], base_seq);
}

void feed_page(struct gateway *gateway, const struct reply_page *page)
{
	struct feed *feed = feed_find(gateway, page->view);
	if (!feed)
		return;
	for (int i = 0; i < FEED_PAGES; i++)
		if (feed->asked[i] == page->base_seq)
			feed->asked[i] = NO_PAGE;
	if (page->generation != feed->generation) {
		ask_again(feed, page->base_seq);
		return;
	}
	if (page->chunk)
		keep_page(feed, page->chunk);
	/* From the end, since an ended connection leaves the feed. */
	for (size_t i = feed->count; i-- > 0;) {
		struct subscription *one = feed->subscriptions[i];
		if (one->is_waiting && has_asked_for(one, page->base_seq)) {
			/* connection_end() of the last one frees the feed. */
			bool is_last = feed->count == 1 && !page->chunk;
			page_came(one, page->chunk);
			if (is_last)
				return;
		} else if (one->is_waiting) {
			ask_page(one, page_seq_of(one));
		}
	}
}

/* --- fan-out --- */

static bool feed_is_for(const struct entry *event, const struct connection *connection)
{
	bool is_untold = false;
	for (size_t i = 0; i < event->untold_count && !is_untold; i++)
		is_untold = event->untold[i] == (int64_t)(connection->author >> 32);
	return is_untold == event->is_for_untold;
}

void feed_pass(struct gateway *gateway, const struct reply *reply)
{
	struct feed *feed = feed_find(gateway, reply->pass.view);
	for (size_t i = 0; feed && i < feed->count; i++) {
		struct connection *connection = feed->subscriptions[i]->connection;
		if (connection->state == CONNECTION_TALKING && connection->dialect->write_event &&
		    feed_is_for(&reply->pass.event, connection))
			connection->dialect->write_event(connection, &reply->pass.event);
	}
}

void feed_wake(struct gateway *gateway, uint64_t view)
{
	struct feed *feed = feed_find(gateway, view);
	if (!feed)
		return;
	feed->is_woken_again = true;
	if (feed->is_dirty)
		return;
	feed->is_dirty = true;
	feed->position = 0;
	feed->is_woken_again = false;
	feed->dirty_next = NULL;
	*gateway->dirty_last = feed;
	gateway->dirty_last = &feed->dirty_next;
}

/* A reader that does not read must not hold the log: beyond the limit it goes on from the store. */
static void check_lag(struct subscription *subscription)
{
	struct feed *feed = subscription->feed;
	struct cursor *cursor = &subscription->cursor;
	if (!cursor->chunk || cursor->chunk->is_cold || cursor->chunk->base_bytes >= feed->head->base_bytes)
		return;
	gateway_count(&feed->gateway->counters.lagging, 1);
	feed_fall_behind(subscription);
}

/* Behind a crowd that came and went, nobody needs what was told of each. */
static void drop_events(struct feed *feed)
{
	struct chunk *next;
	while (feed->head != feed->newest && feed->head->base_bytes < feed->rearmost) {
		next = atomic_load_explicit(&feed->head->next, memory_order_acquire);
		if (next->base_seq != feed->head->base_seq)
			return;
		chunk_acquire(next);
		chunk_release(feed->head);
		feed->head = next;
	}
}

bool feed_run(struct feed *feed, size_t slice)
{
	feed_catch_up(feed);
	if (!feed->position)
		feed->rearmost = UINT64_MAX;
	size_t end = feed->position + slice < feed->count ? feed->position + slice : feed->count;
	for (; feed->position < end; feed->position++) {
		struct subscription *one = feed->subscriptions[feed->position];
		if (one->connection->is_writable)
			connection_write(one->connection, one);
		check_lag(one);
		const struct chunk *chunk = one->cursor.chunk;
		if (chunk && !chunk->is_cold && chunk->base_bytes < feed->rearmost)
			feed->rearmost = chunk->base_bytes;
	}
	if (feed->position < feed->count)
		return true;
	feed->position = 0;
	bool again = feed->is_woken_again;
	if (!again)
		drop_events(feed);
	feed->is_woken_again = false;
	return again && feed->count;
}
