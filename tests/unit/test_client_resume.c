/* The session when lines break and entries come out of order: nothing lost, nothing twice. */
#include "played_server.h"

static void an_entry_may_overtake_our_ack(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(5);
	session_say(session, "#lobby", "ciao", false);
	expect_request("{\"op\":\"send\"}");
	serve_message(7, "ugo", "second");
	expect_told("");
	expect_silence();
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":6}");
	expect_told("acked:ciao m7");
}

static void a_missing_entry_is_fetched(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(5);
	serve_message(9, "ugo", "too early");
	expect_told("");
	expect_request("{\"op\":\"history\",\"room\":\"#lobby\",\"after\":5,\"limit\":3}");
	serve_message(10, "ugo", "later still");
	/* 7 was an edit or a topic: it is in no page. */
	serve("{\"op\":\"history\",\"id\":\"$\",\"room\":\"#lobby\",\"more\":true,\"messages\":[{\"seq\":6},{"
	      "\"seq\":8},"
	      "{\"seq\":9}]}");
	expect_told("m6 m8 m9 m10");
	expect_silence();
}

static void many_missing_entries_take_several_pages(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(0);
	serve_message(500, "ugo", "far");
	expect_request("{\"op\":\"history\",\"after\":0,\"limit\":200}");
	serve("{\"op\":\"history\",\"id\":\"$\",\"more\":true,\"messages\":[{\"seq\":1},{\"seq\":200}]}");
	expect_request("{\"op\":\"history\",\"after\":200,\"limit\":200}");
	serve("{\"op\":\"history\",\"id\":\"$\",\"more\":false,\"messages\":[]}");
	expect_told("m1 m200 m500");
}

static void a_gap_is_told_and_passed(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(5);
	serve("{\"op\":\"gap\",\"room\":\"#lobby\",\"from_seq\":6,\"to_seq\":90,\"message\":\"gone\"}");
	serve_message(91, "ugo", "after");
	expect_told("pushed:gap m91");
}

static void waiting_for_our_ack_has_an_end(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(5);
	session_say(session, "#lobby", "ciao", false);
	expect_request("{\"op\":\"send\"}");
	serve_message(7, "ugo", "second");
	expect_silence();
	assert_true(session_deadline(session) <= now_ms + 2000);
	now_ms += 2000;
	assert_true(session_tick(session, now_ms));
	expect_request("{\"op\":\"history\",\"after\":5,\"limit\":1}");
}

static void what_was_not_acknowledged_is_sent_again(void **state)
{
	char id[80];
	(void)state;
	begin(0);
	enter_lobby(5);
	session_say(session, "#lobby", "one", false);
	session_say(session, "#lobby", "two", false);
	expect_request("{\"op\":\"send\",\"message\":\"one\"}");
	strcpy(id, last_id);
	session_line_down(session);
	session_say(session, "#lobby", "three", false);
	line_up();
	expect_request("{\"op\":\"join\",\"after\":5,\"epoch\":\"e1\"}");
	expect_silence();
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":7}");
	expect_request("{\"op\":\"send\",\"message\":\"one\"}");
	assert_string_equal(last_id, id);
	/* The server had stored the first: it comes in the replay, and is not shown a second time. */
	serve_message(6, "ugo", "meanwhile");
	serve_message(7, "Anna", "one");
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":7}");
	expect_request("{\"op\":\"send\",\"message\":\"two\"}");
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":8}");
	expect_request("{\"op\":\"send\",\"message\":\"three\"}");
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":9}");
	serve_message(10, "ugo", "on");
	expect_told("back rejoined:#lobby m6 acked:one acked:two acked:three m10");
}

static void the_same_words_from_our_other_device_are_shown(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(5);
	session_say(session, "#lobby", "ok", false);
	session_line_down(session);
	line_up();
	expect_request("{\"op\":\"join\",\"after\":5}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":6}");
	serve_message(6, "anna", "ok");
	expect_told("back rejoined:#lobby");
	expect_request("{\"op\":\"send\",\"message\":\"ok\"}");
	/* It was not ours: ours is the seventh. */
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":7}");
	expect_told("m6 acked:ok");
}

static void an_acknowledged_message_is_not_shown_by_a_replay(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(5);
	session_say(session, "#lobby", "ciao", false);
	expect_request("{\"op\":\"send\"}");
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":7}");
	session_line_down(session);
	line_up();
	expect_request("{\"op\":\"join\",\"after\":5}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":8}");
	serve_message(6, "ugo", "a");
	serve_message(7, "anna", "ciao");
	serve_message(8, "ugo", "b");
	expect_told("acked:ciao back rejoined:#lobby m6 m8");
}

static void another_epoch_reloads(void **state)
{
	(void)state;
	begin(3);
	session_join(session, "#lobby");
	line_up();
	expect_request("{\"op\":\"join\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":0}");
	serve_message(1, "ugo", "a");
	session_line_down(session);
	session_line_up(session, &out, now_ms);
	expect_request("{\"op\":\"hello\"}");
	serve("{\"op\":\"welcome\",\"id\":\"$\",\"session\":\"s\",\"epoch\":\"e2\"}");
	expect_request("{\"op\":\"join\",\"after\":1,\"epoch\":\"e1\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":40,\"reset\":true}");
	expect_request("{\"op\":\"history\",\"before\":41,\"limit\":3}");
	serve("{\"op\":\"history\",\"id\":\"$\",\"messages\":[{\"seq\":40}]}");
	serve_message(41, "ugo", "b");
	expect_told("welcome joined:#lobby entered:#lobby m1 back reset:#lobby h40 m41");
	session_line_down(session);
	session_line_up(session, &out, now_ms);
	expect_request("{\"op\":\"hello\"}");
	serve("{\"op\":\"welcome\",\"id\":\"$\",\"session\":\"s\",\"epoch\":\"e2\"}");
	expect_request("{\"op\":\"join\",\"after\":41,\"epoch\":\"e2\"}");
}

static void a_line_lost_while_loading_loads_again(void **state)
{
	(void)state;
	begin(5);
	session_join(session, "#lobby");
	line_up();
	expect_request("{\"op\":\"join\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":5}");
	serve_message(6, "ugo", "held");
	session_line_down(session);
	line_up();
	expect_request("{\"op\":\"join\",\"after\":5}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":6}");
	serve_message(6, "ugo", "held");
	expect_request("{\"op\":\"history\",\"before\":6,\"limit\":5}");
	serve("{\"op\":\"history\",\"id\":\"$\",\"messages\":[{\"seq\":5}]}");
	expect_told("welcome joined:#lobby back rejoined:#lobby h5 entered:#lobby m6");
}

static void a_room_that_was_empty_is_not_loaded_later(void **state)
{
	(void)state;
	begin(20);
	enter_lobby(0);
	serve_message(1, "ugo", "first");
	session_line_down(session);
	line_up();
	expect_request("{\"op\":\"join\",\"after\":1}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":1}");
	expect_silence();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_entry_may_overtake_our_ack),
	    TEST(a_missing_entry_is_fetched),
	    TEST(many_missing_entries_take_several_pages),
	    TEST(a_gap_is_told_and_passed),
	    TEST(waiting_for_our_ack_has_an_end),
	    TEST(what_was_not_acknowledged_is_sent_again),
	    TEST(the_same_words_from_our_other_device_are_shown),
	    TEST(an_acknowledged_message_is_not_shown_by_a_replay),
	    TEST(another_epoch_reloads),
	    TEST(a_line_lost_while_loading_loads_again),
	    TEST(a_room_that_was_empty_is_not_loaded_later),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
