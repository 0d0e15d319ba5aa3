/* A session's view of rooms, people who are gone, and its own entries on other devices. */
#include "played_server.h"

#define WELCOME(rooms)                                                                                      \
	"{\"op\":\"welcome\",\"id\":\"$\",\"user\":{\"name\":\"anna\",\"account\":true},\"session\":\"s\"," \
	"\"epoch\":\"e\",\"rooms\":[" rooms "]}"

static void begin_account(void)
{
	struct session_settings settings = {.name = "anna",
					    .client = "test",
					    .lang = "en",
					    .history = 5,
					    .wants_rooms = true,
					    .hooks = hooks};
	session = session_new(&settings);
	now_ms = 1000;
	session_line_up(session, &out, now_ms);
	expect_request("{\"op\":\"hello\"}");
}

static const struct session_room *room_of(const char *name)
{
	const struct session_room *room = session_find_room(session, name);
	assert_non_null(room);
	return room;
}

static void a_row_tells_what_is_unread(void **state)
{
	(void)state;
	begin_account();
	serve(WELCOME(
	    "{\"room\":\"#ops\",\"seq\":900,\"read\":100,\"unread\":450,\"mentions\":3,\"role\":\"owner\","
	    "\"private\":true}"));
	expect_request("{\"op\":\"join\",\"room\":\"#ops\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#ops\",\"seq\":900,\"topic\":\"\",\"count\":1}");
	assert_int_equal(room_of("#ops")->unread, 450);
	assert_int_equal(room_of("#ops")->mentions, 3);
	assert_int_equal(room_of("#ops")->rank, 'o');
	assert_true(room_of("#ops")->is_private);
	serve("{\"op\":\"message\",\"room\":\"#ops\",\"seq\":901,\"from\":{\"name\":\"ugo\"},\"message\":"
	      "\"hey Anna!\"}");
	assert_int_equal(room_of("#ops")->unread, 451);
	assert_int_equal(room_of("#ops")->mentions, 4);
}

/* 450 new ones while away: what was not shown is not read. */
static void what_was_not_shown_is_not_read(void **state)
{
	(void)state;
	begin_account();
	serve(WELCOME("{\"room\":\"#ops\",\"seq\":500,\"read\":50}"));
	expect_request("{\"op\":\"join\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#ops\",\"seq\":500,\"topic\":\"\",\"count\":1}");
	assert_false(session_has_news(session, "#ops"));
	session_mark_read(session, "#ops");
	expect_silence();
	struct session_field fields[] = {{.key = "limit", .number = 2}, {.key = "before", .number = 501}};
	session_ask_fields(session, "history", "#ops", fields, 2);
	expect_request("{\"op\":\"history\"}");
	serve("{\"op\":\"history\",\"id\":\"$\",\"room\":\"#ops\",\"more\":true,\"messages\":[{\"seq\":301},{"
	      "\"seq\":500}]}");
	assert_int_equal(room_of("#ops")->unseen, 300);
	session_mark_read(session, "#ops");
	expect_silence();
	fields[1].number = 301;
	session_ask_fields(session, "history", "#ops", fields, 2);
	expect_request("{\"op\":\"history\",\"before\":301}");
	serve("{\"op\":\"history\",\"id\":\"$\",\"room\":\"#ops\",\"more\":true,\"messages\":[{\"seq\":40},{"
	      "\"seq\":300}]}");
	assert_int_equal(room_of("#ops")->unseen, 0);
	session_mark_read(session, "#ops");
	expect_request("{\"op\":\"read\",\"room\":\"#ops\",\"seq\":500}");
}

static void the_user_may_skip_what_was_not_shown(void **state)
{
	(void)state;
	begin_account();
	serve(WELCOME("{\"room\":\"#ops\",\"seq\":500,\"read\":50}"));
	expect_request("{\"op\":\"join\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#ops\",\"seq\":500,\"topic\":\"\",\"count\":1}");
	session_skip_unseen(session, "#ops");
	session_mark_read(session, "#ops");
	expect_request("{\"op\":\"read\",\"room\":\"#ops\",\"seq\":500}");
}

/* A restart, and @luca is somebody else: what was written for the one who is gone goes to nobody. */
static void who_is_gone_keeps_what_was_written_for_them(void **state)
{
	(void)state;
	begin_account();
	serve(WELCOME("{\"room\":\"@luca\",\"seq\":9,\"read\":9}"));
	expect_request("{\"op\":\"join\",\"room\":\"@luca\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"@luca\",\"seq\":9,\"topic\":\"\",\"count\":1}");
	session_line_down(session);
	session_say(session, "@luca", "private", false);
	buffer_clear(&told);
	session_line_up(session, &out, now_ms);
	expect_request("{\"op\":\"hello\"}");
	serve(WELCOME("{\"room\":\"@luca!7\",\"seq\":9,\"read\":9,\"gone\":true},{\"room\":\"@luca\",\"seq\":"
		      "1,\"read\":0}"));
	expect_told("back @luca=@luca!7");
	assert_true(room_of("@luca!7")->is_gone);
	assert_string_equal(session_outbox(session)->first->room, "@luca!7");
	assert_false(room_of("@luca")->is_gone);
}

static void the_same_partner_goes_on(void **state)
{
	(void)state;
	begin_account();
	serve(WELCOME("{\"room\":\"@luca\",\"seq\":9,\"read\":9}"));
	expect_request("{\"op\":\"join\",\"room\":\"@luca\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"@luca\",\"seq\":9,\"topic\":\"\",\"count\":1}");
	session_line_down(session);
	session_line_up(session, &out, now_ms);
	expect_request("{\"op\":\"hello\"}");
	serve(WELCOME("{\"room\":\"@luca!7\",\"seq\":20,\"read\":9,\"gone\":true},{\"room\":\"@luca\","
		      "\"seq\":9,\"read\":0}"));
	assert_int_equal(session_room_count(session), 2);
	assert_false(room_of("@luca")->is_gone);
}

static void another_device_enters_and_leaves(void **state)
{
	(void)state;
	begin_account();
	serve(WELCOME(""));
	serve("{\"op\":\"membership\",\"room\":\"#new\",\"joined\":true,\"seq\":4,\"read\":4}");
	expect_request("{\"op\":\"join\",\"room\":\"#new\"}");
	buffer_clear(&told);
	serve("{\"op\":\"membership\",\"room\":\"#new\",\"joined\":false}");
	expect_told("expelled:#new");
	assert_null(session_find_room(session, "#new"));
}

/* Our own entry comes back with its id before its ack, or instead of it. */
static void an_own_entry_is_its_ack(void **state)
{
	char id[80];
	(void)state;
	begin(0);
	enter_lobby(5);
	session_say(session, "#lobby", "ciao", false);
	expect_request("{\"op\":\"send\"}");
	strcpy(id, last_id);
	serve("{\"op\":\"message\",\"id\":\"%s\",\"room\":\"#lobby\",\"seq\":6,\"from\":{\"name\":\"anna\"},"
	      "\"message\":\"ciao\"}",
	      id);
	expect_told("acked:ciao");
	assert_int_equal(session_outbox(session)->count, 0);
	serve("{\"op\":\"message\",\"id\":\"of-my-phone\",\"room\":\"#lobby\",\"seq\":7,\"from\":{\"name\":"
	      "\"anna\"},"
	      "\"message\":\"from the phone\"}");
	expect_told("m7");
}

/* The server could not read it, twice: it is set aside, and the others get through. */
static void what_is_refused_twice_stops_nothing(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(5);
	session_say(session, "#lobby", "bad", false);
	session_say(session, "#lobby", "good", false);
	expect_request("{\"op\":\"send\",\"message\":\"bad\"}");
	expect_request("{\"op\":\"send\",\"message\":\"good\"}");
	serve("{\"op\":\"error\",\"code\":\"bad_json\",\"message\":\"no\"}");
	session_line_down(session);
	buffer_clear(&told);
	line_up();
	expect_request("{\"op\":\"join\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":5,\"topic\":\"\",\"count\":1}");
	expect_request("{\"op\":\"send\",\"message\":\"bad\"}");
	serve("{\"op\":\"error\",\"code\":\"bad_json\",\"message\":\"no\"}");
	expect_told("back rejoined:#lobby unsent:bad");
	expect_request("{\"op\":\"send\",\"message\":\"good\"}");
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":6}");
	expect_told("acked:good");
}

/* All since a time: the server knows no times, so the place is found by halving. */
static void what_was_said_since_a_time(void **state)
{
	struct session_settings settings = {.name = "anna", .client = "test", .lang = "en", .hooks = hooks};
	(void)state;
	settings.since_ms = 1764590400000; /* 2025-12-01T12:00:00Z */
	session = session_new(&settings);
	session_join(session, "#lobby");
	line_up();
	expect_request("{\"op\":\"join\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":1000,\"topic\":\"\",\"count\":1}");
	buffer_clear(&told);
	int rounds = 0;
	json_t *request;
	while ((request = next_request()) && rounds++ < 30) {
		int64_t after = json_integer_value(json_object_get(request, "after"));
		snprintf(last_id, sizeof last_id, "%s", json_string_value(json_object_get(request, "id")));
		bool is_page = json_integer_value(json_object_get(request, "limit")) > 1;
		json_decref(request);
		if (is_page) {
			assert_int_equal(after, 700);
			serve("{\"op\":\"history\",\"id\":\"$\",\"room\":\"#lobby\",\"more\":false,"
			      "\"messages\":"
			      "[{\"seq\":701},{\"seq\":1000}]}");
		} else {
			serve(
			    "{\"op\":\"history\",\"id\":\"$\",\"room\":\"#lobby\",\"more\":true,\"messages\":"
			    "[{\"seq\":%d,\"time\":\"2025-12-01T%d:00:00.000Z\"}]}",
			    (int)after + 1, after + 1 > 700 ? 12 : 11);
		}
	}
	expect_told("h701 h1000 entered:#lobby");
	assert_true(rounds < 14);
}

static void pages_fill_the_log_upward(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(5);
	serve_message(6, "ugo", "six");
	buffer_clear(&told);
	assert_true(session_page(session, "#lobby", SESSION_PAGE_BEFORE, 0));
	assert_false(session_page(session, "#lobby", SESSION_PAGE_BEFORE, 0));
	expect_request("{\"op\":\"history\",\"before\":6}");
	serve("{\"op\":\"history\",\"id\":\"$\",\"room\":\"#lobby\",\"more\":false,\"messages\":[{\"seq\":1},"
	      "{\"seq\":5}]}");
	expect_told("paged:#lobby");
	assert_true(room_of("#lobby")->log.is_complete);
	assert_int_equal(room_of("#lobby")->log.count, 3);
}

/* Around an old message; what comes live is read when the end is reached. */
static void pages_around_an_old_message(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(500);
	assert_true(session_page(session, "#lobby", SESSION_PAGE_AROUND, 100));
	expect_request("{\"op\":\"history\",\"around\":100}");
	serve("{\"op\":\"history\",\"id\":\"$\",\"room\":\"#lobby\",\"more\":true,\"messages\":[{\"seq\":99},"
	      "{\"seq\":100}]}");
	serve_message(501, "ugo", "live");
	assert_int_equal(roomlog_last_seq(&room_of("#lobby")->log), 100);
	assert_true(session_page(session, "#lobby", SESSION_PAGE_AFTER, 0));
	expect_request("{\"op\":\"history\",\"after\":100}");
	serve("{\"op\":\"history\",\"id\":\"$\",\"room\":\"#lobby\",\"more\":false,\"messages\":[{\"seq\":"
	      "500},{\"seq\":501}]}");
	assert_false(room_of("#lobby")->log.is_behind);
	serve_message(502, "ugo", "live");
	assert_int_equal(roomlog_last_seq(&room_of("#lobby")->log), 502);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(a_row_tells_what_is_unread, end),
	    cmocka_unit_test_teardown(what_was_not_shown_is_not_read, end),
	    cmocka_unit_test_teardown(the_user_may_skip_what_was_not_shown, end),
	    cmocka_unit_test_teardown(who_is_gone_keeps_what_was_written_for_them, end),
	    cmocka_unit_test_teardown(the_same_partner_goes_on, end),
	    cmocka_unit_test_teardown(another_device_enters_and_leaves, end),
	    cmocka_unit_test_teardown(an_own_entry_is_its_ack, end),
	    cmocka_unit_test_teardown(what_is_refused_twice_stops_nothing, end),
	    cmocka_unit_test_teardown(what_was_said_since_a_time, end),
	    cmocka_unit_test_teardown(pages_fill_the_log_upward, end),
	    cmocka_unit_test_teardown(pages_around_an_old_message, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
