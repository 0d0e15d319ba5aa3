/* Going to a place in a room's history: a day, a message, what a message answers. The room has 1000 entries, a
 * minute each from 2026-11-20 00:00 on; every tenth is an edit, which no page has. */
#include "full_screen_kit.h"

#include "client/when.h"

#define ENTRIES 1000

static void page(const json_t *request)
{
	json_int_t before = json_integer_value(json_object_get(request, "before"));
	json_int_t after = json_integer_value(json_object_get(request, "after"));
	json_int_t around = json_integer_value(json_object_get(request, "around"));
	json_int_t limit = json_integer_value(json_object_get(request, "limit"));
	bool is_up = !around && !json_object_get(request, "after");
	json_int_t first = around  ? around - limit / 2
			   : is_up ? (before ? before : ENTRIES + 1) - limit
				   : after + 1;
	struct buffer messages = BUFFER_EMPTY;
	json_int_t count = 0, seq = first > 1 ? first : 1;
	for (; seq <= ENTRIES && count < limit && !(is_up && before && seq >= before); seq++) {
		if (seq % 10 == 0)
			continue;
		buffer_printf(
		    &messages,
		    "%s{\"op\":\"message\",\"room\":\"#lobby\",\"seq\":%d,\"reply_to\":%d,\"time\":"
		    "\"2026-11-20T%02d:%02d:00Z\",\"from\":{\"name\":\"ugo\"},\"message\":\"entry %d.\"}",
		    count++ ? "," : "", (int)seq, seq == 995 ? 123 : 0, (int)seq / 60, (int)seq % 60,
		    (int)seq);
	}
	serve("{\"op\":\"history\",\"id\":\"%s\",\"room\":\"#lobby\",\"more\":%s,\"messages\":[%s]}",
	      json_string_value(json_object_get(request, "id")),
	      is_up ? (first > 1 ? "true" : "false") : (seq <= ENTRIES ? "true" : "false"),
	      buffer_string(&messages));
	buffer_release(&messages);
}

/* Answers until nothing more is asked for. */
static void settle(void)
{
	do {
		while (buffer_length(&out)) {
			size_t length =
			    (size_t)((char *)memchr(buffer_bytes(&out), '\n', buffer_length(&out)) -
				     buffer_bytes(&out));
			json_t *request = json_loadb(buffer_bytes(&out), length, 0, NULL);
			buffer_take(&out, length + 1);
			if (!strcmp(json_string_value(json_object_get(request, "op")), "history"))
				page(request);
			json_decref(request);
		}
		screen(100, 24);
	} while (buffer_length(&out));
}

static int begin_room(void **state)
{
	begin(state);
	assert_true(asked("hello"));
	serve("{\"op\":\"welcome\",\"id\":\"$\",\"user\":{\"name\":\"anna\"},\"session\":\"s\",\"epoch\":"
	      "\"e\",\"rooms\":[]}");
	assert_true(asked("join"));
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":%d,\"topic\":\"\",\"count\":3}",
	      ENTRIES);
	settle();
	shows("entry 999.");
	return 0;
}

static void a_time_is_found(void **state)
{
	(void)state;
	press("/goto 2026-11-20 08:21\r");
	settle();
	shows("entry 501.");
	shows("entry 502.");
	shows_not("entry 999.");
	press("\033");
	settle();
	shows("entry 999.");
}

static void a_day_is_chosen(void **state)
{
	(void)state;
	press("\033g");
	shows("Go to a day");
	press("2026-11-20 05:00\r");
	settle();
	shows("entry 301.");
	press("\033g");
	press("nonsense\r");
	shows("Not a place in the history");
}

static void a_time_before_and_behind_all(void **state)
{
	(void)state;
	press("/goto 2020-01-01\r");
	settle();
	shows("entry 1.");
	press("/goto 2026-12-30\r");
	settle();
	shows("entry 999.");
}

static void what_is_no_message_gives_the_next_one(void **state)
{
	(void)state;
	press("/goto #120\r");
	settle();
	shows("entry 121.");
}

static void what_a_message_answers(void **state)
{
	(void)state;
	press("\033[1;3A\033[1;3A\033[1;3A\033[1;3A\033[1;3A");
	shows("┌ #123");
	press("g");
	settle();
	shows("entry 123.");
}

/* The line broke while a page was on its way, and its answer will never come. */
static void a_page_that_never_came_is_asked_for_again(void **state)
{
	(void)state;
	press("/goto #300\r");
	screen(100, 24);
	session_line_down(client.session);
	buffer_clear(&out);
	session_line_up(client.session, &out, now_ms);
	assert_true(asked("hello"));
	serve("{\"op\":\"welcome\",\"id\":\"$\",\"user\":{\"name\":\"anna\"},\"session\":\"s\",\"epoch\":"
	      "\"e\",\"rooms\":[]}");
	assert_true(asked("join"));
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":%d,\"topic\":\"\",\"count\":3}",
	      ENTRIES);
	press("/goto #300\r");
	settle();
	shows("entry 301.");
}

static void scrolling_comes_to_both_ends(void **state)
{
	(void)state;
	for (int i = 0; i < 80; i++) {
		press("\033[5~");
		settle();
	}
	shows("entry 1.");
	for (int i = 0; i < 120; i++) {
		press("\033[6~");
		settle();
	}
	shows("entry 999.");
	assert_false(session_find_room(client.session, "#lobby")->log.is_behind);
}

static void places_as_people_write_them(void **state)
{
	struct when when;
	const int64_t now = 1796000000000; /* 2026-11-30 00:53:20 */
	(void)state;
	assert_true(when_read("2026-11-20", now, &when));
	assert_int_equal(when.time_ms, 1795132800000);
	assert_true(when_read("2026-11-20 14:30", now, &when));
	assert_int_equal(when.time_ms, 1795132800000 + (14 * 60 + 30) * 60000);
	assert_true(when_read("2026-11-20T14:30", now, &when));
	assert_true(when_read("3d", now, &when));
	assert_int_equal(when.time_ms, now - 3 * INT64_C(86400000));
	assert_true(when_read("00:10", now, &when));
	assert_int_equal(when.time_ms, now - now % 86400000 + 600000);
	assert_true(when_read("#17", now, &when));
	assert_int_equal(when.seq, 17);
	static const char *const wrong[] = {"",         "#",     "#0", "#1x", "2026",         "2026-13-01",
					    "25:00",    "10:61", "3y", "d",   "2026-11-20 x", "-1d",
					    "yesterday"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(when_read(wrong[i], now, &when));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_time_is_found, begin_room, end),
	    cmocka_unit_test_setup_teardown(a_day_is_chosen, begin_room, end),
	    cmocka_unit_test_setup_teardown(a_time_before_and_behind_all, begin_room, end),
	    cmocka_unit_test_setup_teardown(what_is_no_message_gives_the_next_one, begin_room, end),
	    cmocka_unit_test_setup_teardown(what_a_message_answers, begin_room, end),
	    cmocka_unit_test_setup_teardown(a_page_that_never_came_is_asked_for_again, begin_room, end),
	    cmocka_unit_test_setup_teardown(scrolling_comes_to_both_ends, begin_room, end),
	    cmocka_unit_test(places_as_people_write_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
