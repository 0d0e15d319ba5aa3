/* Joining in the middle: where a reader begins, what is a replay and what is live. */
#include "chat_kit.h"

static struct client *mario, *anna;

static int setup(void **state)
{
	setup_two(state, &mario, &anna);
	struct cursor cursor = join(mario, "#lobby");
	cursor_detach(&cursor);
	return 0;
}

static void say(int count)
{
	for (int i = 0; i < count; i++)
		ASK(mario, .op = REQUEST_SEND, .room = "#lobby", .message = "x");
}

static void said(int count)
{
	for (int i = 0; i < count; i++)
		expect(mario, REPLY_ACK);
}

TEST(a_join_stands_behind_what_was_said_before_it)
{
	struct cursor cursor = {0};
	say(3);
	ASK(anna, .op = REQUEST_JOIN, .room = "#lobby");
	say(2);
	post();
	said(5);
	const struct reply *joined = expect(anna, REPLY_JOINED);
	assert_int_equal(joined->joined.seq, 3);
	cursor.seq = cursor.live_seq = joined->joined.seq;
	cursor_attach_live(&cursor, joined->joined.chunk, joined->joined.item);
	/* No entry of the same batch is lost or comes twice. */
	log_is(&cursor, "4 mario: x\n5 mario: x\n");
	cursor_detach(&cursor);
}

TEST(a_replay_is_asked_for_with_after)
{
	say(5);
	ASK(anna, .op = REQUEST_JOIN, .room = "#lobby", .after = NUMBER(2));
	ASK(anna, .op = REQUEST_JOIN, .room = "#lobby", .after = NUMBER(0));
	ASK(anna, .op = REQUEST_JOIN, .room = "#lobby", .after = NUMBER(5), .epoch = fake.store.epoch);
	ASK(anna, .op = REQUEST_JOIN, .room = "#lobby");
	post();
	said(5);
	static const uint64_t after[] = {2, 0, 5};
	for (int i = 0; i < 3; i++) {
		const struct reply *joined = expect(anna, REPLY_JOINED);
		assert_true(joined->joined.is_resumed);
		assert_false(joined->joined.is_reset);
		assert_int_equal(joined->joined.after, after[i]);
		assert_int_equal(joined->joined.seq, 5);
	}
	assert_false(expect(anna, REPLY_JOINED)->joined.is_resumed);
}

TEST(another_history_is_not_continued)
{
	say(5);
	ASK(anna, .op = REQUEST_JOIN, .room = "#lobby", .after = NUMBER(2), .epoch = "other");
	ASK(anna, .op = REQUEST_JOIN, .room = "#lobby", .after = NUMBER(6));
	ASK(anna, .op = REQUEST_JOIN, .room = "#lobby", .epoch = "other");
	post();
	said(5);
	for (int i = 0; i < 2; i++) {
		const struct reply *joined = expect(anna, REPLY_JOINED);
		assert_true(joined->joined.is_reset);
		assert_false(joined->joined.is_resumed);
		assert_int_equal(joined->joined.seq, 5);
	}
	/* Without `after` there is nothing to continue. */
	assert_false(expect(anna, REPLY_JOINED)->joined.is_reset);
}

/* Entries of another room in the open batch do not move the end of this one. */
TEST(the_end_of_a_room_is_its_own)
{
	struct cursor ops = join(mario, "#ops");
	for (int i = 0; i < 5; i++)
		ASK(mario, .op = REQUEST_SEND, .room = "#ops", .message = "x");
	ASK(anna, .op = REQUEST_JOIN, .room = "#lobby", .after = NUMBER(3));
	post();
	said(5);
	assert_true(expect(anna, REPLY_JOINED)->joined.is_reset);
	cursor_detach(&ops);
}

TEST(who_left_in_the_same_batch_gets_no_place)
{
	ASK(anna, .op = REQUEST_JOIN, .room = "#ops");
	ASK(anna, .op = REQUEST_LEAVE, .room = "#ops");
	ASK(anna, .op = REQUEST_JOIN, .room = "#ops");
	post();
	expect(anna, REPLY_JOINED);
	expect_left(anna);
	assert_non_null(expect(anna, REPLY_JOINED)->joined.chunk);
}

TEST(the_purged_past_is_known)
{
	say(5);
	post();
	said(5);
	stop_chat();
	fake_text(&fake, "UPDATE rooms SET purged_seq = 3");
	start_chat();
	struct client *luca = new_client(1);
	hello(luca, "luca");
	ASK(luca, .op = REQUEST_JOIN, .room = "#lobby", .after = NUMBER(1));
	post();
	assert_int_equal(expect(luca, REPLY_JOINED)->joined.purged_seq, 3);
	assert_int_equal(last_reply->joined.seq, 5);
}

/* --- pages, as cursors that fell behind read them --- */

static struct reply *read_page(uint64_t base_seq)
{
	struct page_request page = {.worker = 1,
				    .encoding = 1,
				    .view = 77,
				    .room_id = 1,
				    .room = "#lobby",
				    .base_seq = base_seq,
				    .end_seq = INT64_MAX,
				    .generation = 4};
	chat_read_page(chat, &page);
	struct reply *reply = next_reply(1);
	assert_int_equal(reply->kind, REPLY_PAGE);
	assert_int_equal(reply->page.view, 77);
	assert_int_equal(reply->page.base_seq, base_seq);
	assert_int_equal(reply->page.generation, 4);
	return reply;
}

TEST(a_page_is_a_cold_chunk_of_encoded_entries)
{
	say(300);
	post();
	said(300);
	struct reply *page = read_page(10);
	assert_true(page->page.chunk->is_cold);
	assert_int_equal(page->page.chunk->base_seq, 10);
	assert_int_equal(page->page.chunk->count, LIMIT_PAGE_SEQS);
	struct cursor cursor = {.seq = 10, .live_seq = 300};
	cursor_attach(&cursor, page->page.chunk);
	assert_memory_equal(read_log(&cursor), ">11 mario: x\n>12 mario: x\n", 26);
	assert_int_equal(cursor.seq, 10 + LIMIT_PAGE_SEQS);
	cursor_detach(&cursor);
	reply_free(page);
}

TEST(a_page_behind_the_end_is_empty)
{
	say(3);
	post();
	said(3);
	struct reply *page = read_page(3);
	assert_int_equal(page->page.chunk->count, 0);
	assert_int_equal(page->page.chunk->base_seq, 3);
	reply_free(page);
}

TEST(a_page_that_cannot_be_read_has_no_chunk)
{
	say(3);
	post();
	said(3);
	fake.fails_after[FAKE_READ] = 1;
	struct reply *page = read_page(0);
	assert_null(page->page.chunk);
	reply_free(page);
}

TEST(a_page_of_large_entries_ends_early)
{
	static char large[8193];
	memset(large, 'x', sizeof large - 1);
	for (int i = 0; i < 100; i++)
		ASK(mario, .op = REQUEST_SEND, .room = "#lobby", .message = large);
	post();
	said(100);
	struct reply *page = read_page(0);
	assert_in_range(page->page.chunk->count, 20, 40);
	reply_free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_join_stands_behind_what_was_said_before_it, setup,
					    teardown_chat),
	    cmocka_unit_test_setup_teardown(a_replay_is_asked_for_with_after, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(another_history_is_not_continued, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(the_end_of_a_room_is_its_own, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(who_left_in_the_same_batch_gets_no_place, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(the_purged_past_is_known, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(a_page_is_a_cold_chunk_of_encoded_entries, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(a_page_behind_the_end_is_empty, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(a_page_that_cannot_be_read_has_no_chunk, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(a_page_of_large_entries_ends_early, setup, teardown_chat),
	};
	alarm(120);
	return RUN_AT_ONCE_AND_LATER(tests);
}
