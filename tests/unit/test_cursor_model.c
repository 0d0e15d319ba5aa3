/* The cursor against a simple model: whatever is appended, gathered, written in part, left and entered again,
 * it delivers what the model delivers, byte for byte.
 *
 * The model is the list of all items; a reader's place in it is an index, and what it must be shown next is
 * decided by the words of chunk.h alone, not by its code. */
#include "base/limits.h"
#include "chat/chunk.h"

#include "unit.h"

#define ITEMS_MAX      3000
#define ITEM_BYTES_MAX 6000
#define ME             1 /* a device of nobody: person 0 */

struct model_item {
	uint64_t seq, author;
	bool is_event;
	bool is_for_others; /* the log says that it is not for this reader */
	uint32_t length;
	char *bytes;
};

static struct {
	struct model_item items[ITEMS_MAX];
	size_t count;
	uint64_t end_seq;
	struct log log;
	struct chunk *head; /* holds all chunks */
	uint64_t *dice;
} world;

/* The reader, as the model has it beside the real cursor. */
static struct {
	struct cursor cursor;
	size_t next;      /* index of the item that is due or begun */
	uint32_t done;    /* bytes of it that were written */
	uint64_t seq;     /* last entry that is done */
	size_t live_from; /* items from here on are live */
	uint64_t live_seq;
	bool is_cold;    /* reads a page: entries alone, up to page_end */
	size_t page_end; /* index behind the page's last item */
} reader;

/* An event that is told to all but some, or to some alone. */
static void append_untold(struct model_item *item, struct chunk_item *row)
{
	const int64_t people[] = {7, dice_below(world.dice, 2) ? 0 : 8, 9};
	bool is_for_them = dice_below(world.dice, 2);
	row->flags |= CHUNK_UNTOLD | (is_for_them ? CHUNK_FOR_THEM : 0);
	item->is_for_others = (people[1] == 0) != is_for_them;
	log_append_untold(&world.log, item->bytes, item->length, row, people, 3);
}

static void append(void)
{
	struct model_item *item = &world.items[world.count++];
	size_t kind = dice_below(world.dice, 20);
	item->is_for_others = false;
	item->is_event = dice_below(world.dice, 5) == 0;
	item->seq = item->is_event ? world.end_seq : ++world.end_seq;
	item->author = dice_below(world.dice, 4);
	item->length = 1 + (uint32_t)dice_below(world.dice, kind == 0 ? ITEM_BYTES_MAX : kind < 5 ? 5 : 150);
	item->bytes = malloc(item->length);
	for (uint32_t i = 0; i < item->length; i++)
		item->bytes[i] = (char)dice_throw(world.dice);
	struct chunk_item row = {
	    .seq = item->seq, .author = item->author, .flags = item->is_event ? CHUNK_EPHEMERAL : 0};
	if (item->is_event && dice_below(world.dice, 8) == 0)
		append_untold(item, &row);
	else
		log_append(&world.log, item->bytes, item->length, &row, NULL);
	if (dice_below(world.dice, 60) == 0)
		log_seal(&world.log, world.end_seq);
}

/* Whether the reader must be shown item `index`. */
static bool is_shown(size_t index)
{
	const struct model_item *item = &world.items[index];
	if (reader.is_cold && item->is_event)
		return false;
	if (index < reader.live_from)
		return !item->is_event;
	return !item->is_for_others && !(reader.cursor.is_author && item->author == ME);
}

/* Moves the model over what is not shown; false at the end of what it may read now. */
static bool model_settle(void)
{
	size_t end = reader.is_cold ? reader.page_end : world.count;
	while (reader.next < end && !reader.done && !is_shown(reader.next)) {
		if (world.items[reader.next].seq > reader.seq)
			reader.seq = world.items[reader.next].seq;
		reader.next++;
	}
	return reader.next < end;
}

/* Checks that the gathered pieces are exactly what the model is about to show; returns their bytes. */
static size_t check_gathered(const struct iovec *iov, int count, uint32_t items_max)
{
	size_t index = reader.next, total = 0, end = reader.is_cold ? reader.page_end : world.count;
	uint32_t at = reader.done, items = 0;
	for (int i = 0; i < count; i++) {
		assert_true(iov[i].iov_len > 0);
		const char *bytes = iov[i].iov_base;
		for (size_t k = 0; k < iov[i].iov_len;) {
			while (at == 0 && index < end && !is_shown(index))
				index++;
			assert_true(index < end);
			size_t piece = world.items[index].length - at;
			if (piece > iov[i].iov_len - k)
				piece = iov[i].iov_len - k;
			assert_memory_equal(bytes + k, world.items[index].bytes + at, piece);
			items += at == 0 || (i == 0 && k == 0);
			k += piece;
			at += (uint32_t)piece;
			if (at == world.items[index].length) {
				index++;
				at = 0;
			}
		}
		total += iov[i].iov_len;
	}
	assert_true(items <= items_max);
	return total;
}

/* Takes `bytes` as written; returns how many items that finished. */
static uint32_t model_advance(size_t bytes)
{
	uint32_t items = 0;
	while (bytes) {
		assert_true(model_settle());
		const struct model_item *item = &world.items[reader.next];
		size_t piece = item->length - reader.done;
		if (bytes < piece) {
			reader.done += (uint32_t)bytes;
			return items;
		}
		bytes -= piece;
		reader.done = 0;
		if (item->seq > reader.seq)
			reader.seq = item->seq;
		reader.next++;
		items++;
	}
	return items;
}

static void check_place(void)
{
	assert_int_equal(cursor_is_inside(&reader.cursor), reader.done > 0);
	if (!reader.done)
		return;
	struct iovec rest = cursor_rest(&reader.cursor);
	const struct model_item *item = &world.items[reader.next];
	assert_int_equal(rest.iov_len, item->length - reader.done);
	assert_memory_equal(rest.iov_base, item->bytes + reader.done, rest.iov_len);
}

static void write_some(void)
{
	struct iovec iov[8];
	uint32_t items_max = dice_below(world.dice, 3) ? UINT32_MAX : 1 + (uint32_t)dice_below(world.dice, 4);
	size_t bytes_max = 1 + dice_below(world.dice, dice_below(world.dice, 2) ? 300 : 100000);
	int iov_max = 1 + (int)dice_below(world.dice, 8);
	int count = cursor_gather(&reader.cursor, ME, iov, iov_max, bytes_max, items_max);
	assert_in_range(count, 0, iov_max);
	bool has_more = model_settle();
	assert_int_equal(count > 0, has_more);
	size_t total = check_gathered(iov, count, items_max);
	assert_true(total < bytes_max + ITEM_BYTES_MAX);
	if (total) {
		size_t written = dice_below(world.dice, 3) ? total : 1 + dice_below(world.dice, total);
		uint32_t expected = model_advance(written);
		assert_int_equal(cursor_advance(&reader.cursor, ME, written), expected);
	}
	check_place();
	if (!has_more) {
		assert_true(cursor_is_at_end(&reader.cursor));
		assert_int_equal(reader.cursor.seq, reader.seq);
	}
}

/* The chunk that feed.c would enter: the last one that begins not behind the cursor. */
static struct chunk *chunk_for(uint64_t seq, size_t *first)
{
	struct chunk *chunk = world.head, *next;
	*first = 0;
	while ((next = atomic_load(&chunk->next)) && next->base_seq <= seq) {
		*first += chunk->count;
		chunk = next;
	}
	return chunk;
}

static void enter_live_log(void)
{
	size_t first;
	struct chunk *chunk = chunk_for(reader.seq, &first);
	cursor_attach(&reader.cursor, chunk);
	reader.is_cold = false;
	/* The items behind entry `seq`; events that followed it were not seen and are not made up for. */
	reader.next = first;
	while (reader.next < first + chunk->count && world.items[reader.next].seq <= reader.seq)
		reader.next++;
	reader.done = 0;
}

static void enter_page(void)
{
	size_t index = 0, taken = 1 + dice_below(world.dice, 40);
	struct chunk *page = chunk_new(ITEM_BYTES_MAX * 41, reader.seq, 0);
	page->is_cold = true;
	while (index < world.count && world.items[index].seq <= reader.seq)
		index++;
	reader.next = index;
	for (; index < world.count && page->count < taken; index++) {
		const struct model_item *item = &world.items[index];
		const struct chunk_item row = {.seq = item->seq, .author = item->author};
		if (!item->is_event)
			assert_true(chunk_append(page, item->bytes, item->length, &row));
	}
	reader.page_end = index;
	reader.is_cold = true;
	reader.done = 0;
	cursor_attach(&reader.cursor, page);
	chunk_release(page);
}

/* The rest of a begun item goes out another way, then the reader is nowhere, then somewhere else. */
static void leave_and_enter(void)
{
	if (reader.done) {
		cursor_skip_rest(&reader.cursor);
		model_advance(world.items[reader.next].length - reader.done);
	}
	cursor_detach(&reader.cursor);
	/* The model may have moved over items that are not shown; the cursor may meet them once more. */
	assert_true(reader.cursor.seq <= reader.seq);
	for (size_t i = reader.next; i-- > 0 && world.items[i].seq > reader.cursor.seq;)
		assert_false(is_shown(i) && !world.items[i].is_event);
	reader.seq = reader.cursor.seq;
	if (dice_below(world.dice, 2))
		enter_live_log();
	else
		enter_page();
}

static void join(bool with_replay)
{
	cursor_detach(&reader.cursor);
	memset(&reader, 0, sizeof reader);
	reader.cursor.is_author = dice_below(world.dice, 2);
	reader.cursor.seq = reader.cursor.live_seq = world.end_seq;
	cursor_attach_live(&reader.cursor, world.log.tail, world.log.tail->count);
	reader.seq = reader.live_seq = world.end_seq;
	reader.next = reader.live_from = world.count;
	if (with_replay && world.end_seq) {
		cursor_detach(&reader.cursor);
		reader.cursor.seq = reader.seq = dice_below(world.dice, world.end_seq);
		if (dice_below(world.dice, 2))
			enter_live_log();
		else
			enter_page();
	}
}

static void play(uint64_t seed)
{
	uint64_t dice = seed * 2 + 1;
	world.dice = &dice;
	world.count = 0;
	world.end_seq = dice_below(&dice, 2) ? 0 : 1000;
	log_init(&world.log, world.end_seq);
	world.head = chunk_acquire(world.log.tail);
	memset(&reader, 0, sizeof reader);
	join(false);
	uint64_t first_seq = world.end_seq;
	while (world.count < ITEMS_MAX - 1) {
		size_t choice = dice_below(&dice, 100);
		if (choice < 45)
			append();
		else if (choice < 90)
			write_some();
		else if (choice < 97)
			leave_and_enter();
		else if (choice < 98 && !first_seq)
			join(true);
		else if (choice < 99 && !reader.cursor.is_author)
			reader.cursor.is_author = dice_below(&dice, 2);
		if (reader.is_cold && !reader.done && !model_settle() && cursor_is_at_end(&reader.cursor))
			leave_and_enter();
	}
	cursor_detach(&reader.cursor);
	memset(&reader, 0, sizeof reader);
	chunk_release(world.head);
	log_release(&world.log);
	for (size_t i = 0; i < world.count; i++)
		free(world.items[i].bytes);
	assert_int_equal(chunk_bytes_total(), 0);
}

static uint64_t playing; /* the seed; 0 after the last */

TEST(the_cursor_delivers_what_the_model_delivers)
{
	const char *given = getenv("BRUSIO_SEED");
	uint64_t first = given ? strtoull(given, NULL, 10) : 1, last = given ? first : 150;
	for (playing = first; playing <= last; playing++)
		play(playing);
	playing = 0;
}

static int name_seed(void **state)
{
	(void)state;
	if (playing)
		print_message("# BRUSIO_SEED=%llu plays this game alone\n", (unsigned long long)playing);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(the_cursor_delivers_what_the_model_delivers, name_seed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
