/* History: pages for people, from every side. */
#include "chat_kit.h"

static struct client *mario;

/* A lobby in which 100 things were said. */
static int setup(void **state)
{
	setup_chat(state);
	mario = new_client(0);
	hello(mario, "mario");
	struct cursor cursor = join(mario, "#lobby");
	cursor_detach(&cursor);
	for (int i = 1; i <= 100; i++)
		ASK(mario, .op = REQUEST_SEND, .room = "#lobby", .message = "said");
	post();
	for (int i = 1; i <= 100; i++)
		expect(mario, REPLY_ACK);
	return 0;
}

static void page_is(uint64_t first, uint64_t last, bool has_more)
{
	post();
	const struct reply *page = expect(mario, REPLY_HISTORY);
	assert_int_equal(page->messages.entries_count, last + 1 - first);
	for (size_t i = 0; i < page->messages.entries_count; i++) {
		const struct entry *entry = &page->messages.entries[i].entry;
		assert_int_equal(entry->seq, first + i);
		assert_string_equal(entry->room, "#lobby");
		assert_string_equal(entry->text, "said");
	}
	assert_int_equal(page->messages.has_more, has_more);
}

#define HISTORY(...) ASK(mario, .op = REQUEST_HISTORY, .room = "#lobby", __VA_ARGS__)

TEST(the_newest_where_nothing_is_said)
{
	HISTORY(.id = "h");
	page_is(51, 100, true);
	assert_string_equal(last_reply->id, "h");
	HISTORY(.limit = NUMBER(3));
	page_is(98, 100, true);
	HISTORY(.limit = NUMBER(200));
	page_is(1, 100, false);
	HISTORY(.limit = NUMBER(100));
	page_is(1, 100, false);
}

TEST(before)
{
	HISTORY(.before = NUMBER(51), .limit = NUMBER(10));
	page_is(41, 50, true);
	HISTORY(.before = NUMBER(11), .limit = NUMBER(10));
	page_is(1, 10, false);
	HISTORY(.before = NUMBER(5), .limit = NUMBER(10));
	page_is(1, 4, false);
	HISTORY(.before = NUMBER(1));
	page_is(1, 0, false);
	HISTORY(.before = NUMBER(0));
	page_is(1, 0, false);
	HISTORY(.before = NUMBER(INT64_MAX), .limit = NUMBER(1));
	page_is(100, 100, true);
}

TEST(after)
{
	HISTORY(.after = NUMBER(0), .limit = NUMBER(10));
	page_is(1, 10, true);
	HISTORY(.after = NUMBER(90), .limit = NUMBER(10));
	page_is(91, 100, false);
	HISTORY(.after = NUMBER(95), .limit = NUMBER(10));
	page_is(96, 100, false);
	HISTORY(.after = NUMBER(100));
	page_is(101, 100, false);
	HISTORY(.after = NUMBER(INT64_MAX));
	page_is(1, 0, false);
}

/* Half of the page before the message, the rest from it on. */
TEST(around)
{
	HISTORY(.around = NUMBER(50), .limit = NUMBER(10));
	page_is(45, 54, true);
	HISTORY(.around = NUMBER(50), .limit = NUMBER(1));
	page_is(50, 50, true);
	HISTORY(.around = NUMBER(2), .limit = NUMBER(10));
	page_is(1, 6, true);
	HISTORY(.around = NUMBER(99), .limit = NUMBER(10));
	page_is(94, 100, true);
	HISTORY(.around = NUMBER(50), .limit = NUMBER(200));
	page_is(1, 100, false);
}

/* A page ends early at its size, but the message that was asked for is in it. */
TEST(around_large_messages)
{
	static char large[8001];
	memset(large, 'x', sizeof large - 1);
	for (int i = 0; i < 150; i++)
		ASK(mario, .op = REQUEST_SEND, .room = "#lobby", .message = large);
	post();
	for (int i = 0; i < 150; i++)
		expect(mario, REPLY_ACK);
	HISTORY(.around = NUMBER(180), .limit = NUMBER(140));
	post();
	const struct reply *page = expect(mario, REPLY_HISTORY);
	bool is_there = false;
	assert_in_range(page->messages.entries_count, 20, 60);
	for (size_t i = 0; i < page->messages.entries_count; i++) {
		is_there |= page->messages.entries[i].entry.seq == 180;
		assert_int_equal(page->messages.entries[i].entry.seq,
				 page->messages.entries[0].entry.seq + i);
	}
	assert_true(is_there);
	assert_true(page->messages.has_more);
}

TEST(a_page_of_large_messages_ends_early_where_the_asker_looks)
{
	static char large[8001];
	memset(large, 'x', sizeof large - 1);
	for (int i = 0; i < 100; i++)
		ASK(mario, .op = REQUEST_SEND, .room = "#lobby", .message = large);
	post();
	for (int i = 0; i < 100; i++)
		expect(mario, REPLY_ACK);
	HISTORY(.limit = NUMBER(100));
	post();
	const struct reply *page = expect(mario, REPLY_HISTORY);
	assert_in_range(page->messages.entries_count, 20, 40);
	assert_int_equal(page->messages.entries[page->messages.entries_count - 1].entry.seq, 200);
	assert_true(page->messages.has_more);
	HISTORY(.after = NUMBER(100), .limit = NUMBER(100));
	post();
	page = expect(mario, REPLY_HISTORY);
	assert_in_range(page->messages.entries_count, 20, 40);
	assert_int_equal(page->messages.entries[0].entry.seq, 101);
	assert_true(page->messages.has_more);
}

TEST(what_was_just_said_is_in_it)
{
	ASK(mario, .op = REQUEST_SEND, .room = "#lobby", .message = "said");
	HISTORY(.limit = NUMBER(1));
	post();
	expect(mario, REPLY_ACK);
	page_is(101, 101, true);
}

TEST(one_side_at_a_time)
{
	HISTORY(.before = NUMBER(5), .after = NUMBER(1));
	HISTORY(.before = NUMBER(5), .around = NUMBER(1));
	HISTORY(.after = NUMBER(5), .around = NUMBER(1));
	post();
	for (int i = 0; i < 3; i++)
		expect_error(mario, ERROR_BAD_FIELD);
}

TEST(a_history_that_cannot_be_read_is_an_error)
{
	fake.fails_after[FAKE_READ] = 1;
	HISTORY(.id = "h");
	post();
	expect_error(mario, ERROR_STORE_FAILED);
	assert_string_equal(last_reply->id, "h");
	assert_int_equal(last_reply->note.key, TEXT_error_read_failed);
	HISTORY(.limit = NUMBER(1));
	page_is(100, 100, true);
}

/* The reader is held in the middle of a page; what more is asked than may wait is refused at once. */
TEST(too_many_waiting_are_told_busy)
{
	chat_settings.limits.jobs = 1;
	chat_settings.limits.jobs_max = 5;
	start_anew();
	mario = new_client(0);
	hello(mario, "mario");
	struct cursor cursor = join(mario, "#lobby");
	cursor_detach(&cursor);
	fake.are_pages_held = true;
	HISTORY(.id = "first", .limit = NUMBER(1));
	post();
	while (sem_wait(&fake.page_reached))
		;
	for (int i = 0; i < 8; i++)
		HISTORY(.limit = NUMBER(1));
	post();
	for (int i = 0; i < 3; i++)
		expect_error(mario, ERROR_BUSY);
	fake.are_pages_held = false;
	sem_post(&fake.page_go);
	for (int i = 0; i < 6; i++)
		expect(mario, REPLY_HISTORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_newest_where_nothing_is_said, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(before, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(after, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(around, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(around_large_messages, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(a_page_of_large_messages_ends_early_where_the_asker_looks, setup,
					    teardown_chat),
	    cmocka_unit_test_setup_teardown(what_was_just_said_is_in_it, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(one_side_at_a_time, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(a_history_that_cannot_be_read_is_an_error, setup, teardown_chat),
	    cmocka_unit_test_setup_teardown(too_many_waiting_are_told_busy, setup, teardown_chat),
	};
	alarm(120);
	return RUN_AT_ONCE_AND_LATER(tests);
}
