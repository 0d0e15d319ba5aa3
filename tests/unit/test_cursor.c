/* The cursor: where it begins, what it leaves out, where it stands in the middle of an item. */
#include "base/limits.h"
#include "chat/chunk.h"

#include "unit.h"

#define ME  7
#define YOU 8

static struct log log_;
static struct chunk *head; /* holds the whole log */
static struct cursor cursor;

static int setup(void **state)
{
	(void)state;
	log_init(&log_, 10);
	head = chunk_acquire(log_.tail);
	cursor = (struct cursor){0};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cursor_detach(&cursor);
	chunk_release(head);
	log_release(&log_);
	assert_int_equal(chunk_bytes_total(), 0);
	return 0;
}

static void entry(uint64_t seq, uint64_t author, const char *text)
{
	log_append(&log_, text, strlen(text), &(struct chunk_item){.seq = seq, .author = author, .flags = 0},
		   NULL);
}

static void event(uint64_t seq, uint64_t author, const char *text)
{
	log_append(&log_, text, strlen(text),
		   &(struct chunk_item){.seq = seq, .author = author, .flags = CHUNK_EPHEMERAL}, NULL);
}

/* Like a join: live from here on. */
static void go_live(uint64_t seq)
{
	cursor.seq = cursor.live_seq = seq;
	cursor_attach_live(&cursor, log_.tail, log_.tail->count);
}

/* Like a join with `after`. */
static void replay_after(uint64_t after, uint64_t end_seq)
{
	go_live(end_seq);
	cursor_detach(&cursor);
	cursor.seq = after;
	cursor_attach(&cursor, head);
}

/* All that one gather describes, as text. */
static const char *gather(size_t bytes_max, uint32_t items_max)
{
	static char text[65536];
	struct iovec iov[16];
	size_t length = 0;
	int count = cursor_gather(&cursor, ME, iov, 16, bytes_max, items_max);
	for (int i = 0; i < count; i++) {
		memcpy(text + length, iov[i].iov_base, iov[i].iov_len);
		length += iov[i].iov_len;
	}
	text[length] = '\0';
	return text;
}

static void reads(const char *expected, uint32_t items)
{
	const char *text = gather(1000000, UINT32_MAX);
	assert_string_equal(text, expected);
	if (*text)
		assert_int_equal(cursor_advance(&cursor, ME, strlen(text)), items);
	assert_false(cursor_is_inside(&cursor));
	assert_string_equal(gather(1000000, UINT32_MAX), "");
	assert_true(cursor_is_at_end(&cursor));
}

TEST(a_live_cursor_begins_behind_what_is_there)
{
	entry(11, YOU, "old ");
	go_live(11);
	reads("", 0);
	entry(12, YOU, "new ");
	event(12, 0, "event ");
	entry(13, 0, "server ");
	reads("new event server ", 3);
	assert_int_equal(cursor.seq, 13);
}

TEST(own_live_items_are_left_out)
{
	cursor.is_author = true;
	go_live(10);
	entry(11, ME, "mine ");
	entry(12, YOU, "yours ");
	event(12, ME, "my event ");
	entry(13, 0, "server ");
	entry(14, ME, "mine ");
	reads("yours server ", 2);
	assert_int_equal(cursor.seq, 14);
	entry(15, ME, "mine ");
	reads("", 0);
	assert_int_equal(cursor.seq, 15);
}

TEST(own_items_that_nobody_else_wrote_with_this_connection_are_shown)
{
	/* is_author is false: this connection has said nothing, so what has its author is another's. */
	go_live(10);
	entry(11, ME, "from before ");
	reads("from before ", 1);
}

/* Before it said who it is, a connection is nobody; and what the server says is nobody's. */
TEST(what_nobody_said_is_nobodys_own)
{
	struct iovec iov;
	cursor.is_author = true;
	go_live(10);
	entry(11, 0, "server");
	assert_int_equal(cursor_gather(&cursor, 0, &iov, 1, 1000, UINT32_MAX), 1);
	assert_int_equal(iov.iov_len, 6);
}

TEST(a_replay_shows_own_entries_and_no_events)
{
	entry(11, YOU, "11 ");
	event(11, 0, "event ");
	entry(12, ME, "12 ");
	entry(13, YOU, "13 ");
	event(13, 0, "event ");
	cursor.is_author = true;
	replay_after(11, 13);
	entry(14, ME, "live mine ");
	event(14, 0, "live event ");
	entry(15, YOU, "live yours ");
	reads("12 13 live event live yours ", 4);
	assert_int_equal(cursor.seq, 15);
}

TEST(a_replay_of_nothing_is_live_at_once)
{
	entry(11, YOU, "11 ");
	replay_after(11, 11);
	reads("", 0);
	entry(12, YOU, "12 ");
	reads("12 ", 1);
}

TEST(an_item_half_written_is_gone_on_with)
{
	go_live(10);
	entry(11, YOU, "abcdef");
	entry(12, YOU, "ghi");
	gather(1000, UINT32_MAX);
	assert_int_equal(cursor_advance(&cursor, ME, 2), 0);
	assert_true(cursor_is_inside(&cursor));
	struct iovec rest = cursor_rest(&cursor);
	assert_int_equal(rest.iov_len, 4);
	assert_memory_equal(rest.iov_base, "cdef", 4);
	assert_int_equal(cursor.seq, 10);
	assert_string_equal(gather(1000, UINT32_MAX), "cdefghi");
	assert_int_equal(cursor_advance(&cursor, ME, 5), 1);
	assert_int_equal(cursor.seq, 11);
	assert_true(cursor_is_inside(&cursor));
	cursor_skip_rest(&cursor);
	assert_false(cursor_is_inside(&cursor));
	assert_int_equal(cursor.seq, 12);
	reads("", 0);
}

/* Begun before this connection said anything; the rest of it must come all the same. */
TEST(an_item_begun_is_finished_even_if_it_would_be_left_out_now)
{
	go_live(10);
	entry(11, ME, "abcdef");
	gather(1000, UINT32_MAX);
	cursor_advance(&cursor, ME, 3);
	cursor.is_author = true;
	assert_string_equal(gather(1000, UINT32_MAX), "def");
	assert_int_equal(cursor_advance(&cursor, ME, 3), 1);
	entry(12, ME, "mine");
	reads("", 0);
}

TEST(limits_of_one_gather)
{
	go_live(10);
	for (uint64_t seq = 11; seq <= 20; seq++)
		entry(seq, YOU, "12345678");
	assert_int_equal(strlen(gather(20, UINT32_MAX)), 20);
	assert_string_equal(gather(1000, 1), "12345678");
	assert_string_equal(gather(1000, 3), "123456781234567812345678");
	assert_int_equal(strlen(gather(1, 1)), 8);
	assert_int_equal(strlen(gather(1000, UINT32_MAX)), 80);
}

TEST(one_iovec_is_enough_for_one_chunk)
{
	struct iovec iov[4];
	cursor.is_author = true;
	go_live(10);
	for (uint64_t seq = 11; seq <= 20; seq++)
		entry(seq, seq == 15 ? ME : YOU, "12345678");
	/* Own items make holes. */
	assert_int_equal(cursor_gather(&cursor, ME, iov, 4, 1000, UINT32_MAX), 2);
	assert_int_equal(iov[0].iov_len, 32);
	assert_int_equal(iov[1].iov_len, 40);
	assert_int_equal(cursor_gather(&cursor, ME, iov, 1, 1000, UINT32_MAX), 1);
	assert_int_equal(iov[0].iov_len, 32);
	cursor.is_author = false;
	assert_int_equal(cursor_gather(&cursor, ME, iov, 4, 1000, UINT32_MAX), 1);
	assert_int_equal(iov[0].iov_len, 80);
}

TEST(several_chunks_in_one_gather)
{
	char text[1001];
	memset(text, 'x', 1000);
	text[1000] = '\0';
	go_live(10);
	for (uint64_t seq = 11; seq <= 40; seq++)
		entry(seq, YOU, text);
	assert_true(atomic_load(&head->next));
	assert_ptr_not_equal(cursor.chunk, log_.tail);
	assert_int_equal(strlen(gather(1000000, UINT32_MAX)), 30000);
	assert_int_equal(cursor_advance(&cursor, ME, 30000), 30);
	assert_ptr_equal(cursor.chunk, log_.tail);
	assert_int_equal(cursor.seq, 40);
}

/* A page read back from the store: entries alone, complete before anybody sees it. */
TEST(a_cold_chunk_is_live_above_the_seq_of_the_join)
{
	struct chunk *page = chunk_new(1000, 10, 0);
	page->is_cold = true;
	for (uint64_t seq = 11; seq <= 16; seq++) {
		char text[8] = {(char)('a' + seq - 11), ' '};
		chunk_append(page, text, 2, &(struct chunk_item){.seq = seq, .author = seq % 2 ? ME : YOU});
	}
	cursor.is_author = true;
	cursor.seq = 11;
	cursor.live_seq = 13;
	cursor_attach(&cursor, page);
	chunk_release(page);
	/* 12 and 13 are a replay; of the rest, 15 is ours. */
	reads("b c d f ", 4);
	assert_int_equal(cursor.seq, 16);
}

/* Such as a reaction for a client that reads none. */
TEST(a_page_is_left_behind_an_entry_without_bytes)
{
	struct chunk *page = chunk_new(1000, 10, 0);
	page->is_cold = true;
	chunk_append(page, "a ", 2, &(struct chunk_item){.seq = 11, .author = YOU});
	chunk_append(page, "", 0, &(struct chunk_item){.seq = 12, .author = YOU});
	cursor.is_author = true;
	cursor.seq = 10;
	cursor.live_seq = 12;
	cursor_attach(&cursor, page);
	chunk_release(page);
	reads("a ", 1);
	assert_false(cursor_settle(&cursor, ME));
	assert_int_equal(cursor.seq, 12);
}

TEST(a_detached_cursor_holds_nothing)
{
	go_live(10);
	entry(11, YOU, "x");
	uint32_t references = atomic_load(&log_.tail->references);
	cursor_detach(&cursor);
	assert_null(cursor.chunk);
	assert_int_equal(atomic_load(&log_.tail->references), references - 1);
	assert_false(cursor_is_inside(&cursor));
	cursor_detach(&cursor);
	cursor_attach(&cursor, head);
	reads("x", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_live_cursor_begins_behind_what_is_there, setup, teardown),
	    cmocka_unit_test_setup_teardown(own_live_items_are_left_out, setup, teardown),
	    cmocka_unit_test_setup_teardown(own_items_that_nobody_else_wrote_with_this_connection_are_shown,
					    setup, teardown),
	    cmocka_unit_test_setup_teardown(what_nobody_said_is_nobodys_own, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_replay_shows_own_entries_and_no_events, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_replay_of_nothing_is_live_at_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_item_half_written_is_gone_on_with, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_item_begun_is_finished_even_if_it_would_be_left_out_now, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(limits_of_one_gather, setup, teardown),
	    cmocka_unit_test_setup_teardown(one_iovec_is_enough_for_one_chunk, setup, teardown),
	    cmocka_unit_test_setup_teardown(several_chunks_in_one_gather, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_cold_chunk_is_live_above_the_seq_of_the_join, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_page_is_left_behind_an_entry_without_bytes, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_detached_cursor_holds_nothing, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
