/* Messages that call the user, and messages that do not. */
#include "full_screen_kit.h"

static void in_two_rooms(void)
{
	enter();
	press("/join #ops\r");
	join("#ops", 0);
	press("\033"
	      "1");
	buffer_clear(fullscreen_written(full));
}

/* The output since the last look, as one text. */
static const char *written(void)
{
	static char text[4096];
	attention_tend(&client, now_ms);
	now_ms += 10000;
	snprintf(text, sizeof text, "%s", buffer_string(fullscreen_written(full)));
	buffer_clear(fullscreen_written(full));
	return text;
}

static void what_is_meant_elsewhere_calls(void **state)
{
	(void)state;
	in_two_rooms();
	says("#ops", 1, "mario", "nothing special");
	assert_string_equal(written(), "");
	says("#ops", 2, "mario", "anna, look at this");
	assert_string_equal(written(), "\a");
	assert_string_equal(written(), "");
}

static void what_the_user_looks_at_does_not_call(void **state)
{
	(void)state;
	in_two_rooms();
	says("#lobby", 1, "mario", "anna!");
	assert_string_equal(written(), "");
	press("\033[O");
	says("#lobby", 2, "mario", "anna?");
	assert_string_equal(written(), "\a");
	press("\033[I");
	says("#lobby", 3, "mario", "anna.");
	assert_string_equal(written(), "");
}

static void each_room_calls_as_it_was_told_to(void **state)
{
	(void)state;
	in_two_rooms();
	press("\033"
	      "2/notify all\r\033"
	      "1");
	says("#ops", 1, "mario", "a word");
	assert_string_equal(written(), "\a");
	press("\033"
	      "2/notify nothing\r\033"
	      "1");
	says("#ops", 2, "mario", "anna!");
	assert_string_equal(written(), "");
	press("\033"
	      "2/notify\r");
	shows("#ops notifies you of: nothing");
	press("/notify perhaps\r");
	shows("/notify [all | mentions | nothing]");
}

static void words_mean_the_user(void **state)
{
	(void)state;
	names_add(&conf.preferences.interest.words, "deploy");
	in_two_rooms();
	says("#ops", 1, "mario", "the deployment");
	assert_string_equal(written(), "");
	says("#ops", 2, "mario", "now: Deploy!");
	assert_string_equal(written(), "\a");
	assert_int_equal(session_find_room(client.session, "#ops")->mentions, 1);
}

static void who_is_ignored_is_not_there(void **state)
{
	(void)state;
	in_two_rooms();
	says("#lobby", 1, "troll", "first");
	shows("troll: first");
	press("/ignore Troll\r");
	shows("Hidden: Troll");
	shows_not("troll: first");
	says("#ops", 1, "troll", "anna anna anna");
	assert_string_equal(written(), "");
	assert_int_equal(session_find_room(client.session, "#ops")->unread, 0);
	press("/unignore troll\r");
	shows("troll: first");
}

static void many_at_once_call_once(void **state)
{
	(void)state;
	in_two_rooms();
	conf.preferences.desktop = DESKTOP_OSC777;
	for (int seq = 1; seq <= 50; seq++)
		says("#ops", seq, "mario", "anna");
	assert_string_equal(written(), "\a\033]777;notify;mario #ops (50);anna\033\\");
}

static void no_text_ends_a_sequence(void **state)
{
	(void)state;
	in_two_rooms();
	conf.preferences.desktop = DESKTOP_OSC99;
	says("#ops", 1, "ma;rio", "anna;\\u0007\\u001b\\\\ \\u009c; \\n end");
	assert_string_equal(written(), "\a\033]99;i=brusio:d=0;ma,rio #ops\033\\\033]99;i=brusio:d=1:p=body;"
				       "anna,^G^[\\ <9C>,   end\033\\");
}

/* Lets the client into each room that it asks for, whose newest entry is `seq`. */
static void let_in(int seq)
{
	char requests[8192], *rest = NULL;
	snprintf(requests, sizeof requests, "%.*s", (int)buffer_length(&out), buffer_bytes(&out));
	buffer_clear(&out);
	for (char *line = strtok_r(requests, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		json_t *request = json_loads(line, 0, NULL);
		if (!strcmp(json_string_value(json_object_get(request, "op")), "join"))
			serve("{\"op\":\"joined\",\"id\":\"%s\",\"room\":\"%s\",\"seq\":%d,\"topic\":\"\"}",
			      json_string_value(json_object_get(request, "id")),
			      json_string_value(json_object_get(request, "room")), seq);
		json_decref(request);
	}
}

static void what_was_said_before_is_told_in_one_line(void **state)
{
	(void)state;
	assert_true(asked("hello"));
	serve("{\"op\":\"welcome\",\"id\":\"$\",\"user\":{\"name\":\"anna\",\"account\":true},\"session\":"
	      "\"s\","
	      "\"epoch\":\"e\",\"rooms\":[{\"room\":\"#lobby\",\"seq\":5,\"read\":2,\"unread\":3,"
	      "\"mentions\":0},"
	      "{\"room\":\"#ops\",\"seq\":12,\"read\":0,\"unread\":12,\"mentions\":2},"
	      "{\"room\":\"@mario\",\"seq\":1,\"read\":0,\"unread\":1,\"mentions\":1},"
	      "{\"room\":\"#quiet\",\"seq\":1,\"read\":1,\"unread\":0,\"mentions\":0}]}");
	let_in(12);
	assert_true(asked("history"));
	serve("{\"op\":\"history\",\"id\":\"$\",\"room\":\"#lobby\",\"more\":false,\"messages\":[]}");
	shows("While you were away: #lobby 3, #ops 12 (2 for you),");
	/* Nor does the replay call. */
	says("#ops", 1, "mario", "anna");
	assert_string_equal(written(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_is_meant_elsewhere_calls, begin, end),
	    cmocka_unit_test_setup_teardown(what_the_user_looks_at_does_not_call, begin, end),
	    cmocka_unit_test_setup_teardown(each_room_calls_as_it_was_told_to, begin, end),
	    cmocka_unit_test_setup_teardown(words_mean_the_user, begin, end),
	    cmocka_unit_test_setup_teardown(who_is_ignored_is_not_there, begin, end),
	    cmocka_unit_test_setup_teardown(many_at_once_call_once, begin, end),
	    cmocka_unit_test_setup_teardown(no_text_ends_a_sequence, begin, end),
	    cmocka_unit_test_setup_teardown(what_was_said_before_is_told_in_one_line, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
