/* The session while the line holds: greeting, rooms, messages, commands, signs of life. */
#include "played_server.h"

static void hello_brings_what_is_known(void **state)
{
	(void)state;
	begin(0);
	session_line_up(session, &out, now_ms);
	json_t *hello = next_request();
	assert_null(json_object_get(hello, "session"));
	char *device = strdup(json_string_value(json_object_get(hello, "device")));
	json_decref(hello);
	session_line_down(session);
	line_up();
	session_line_down(session);
	session_line_up(session, &out, now_ms);
	hello = next_request();
	assert_string_equal(json_string_value(json_object_get(hello, "session")), "secret");
	assert_string_equal(json_string_value(json_object_get(hello, "device")), device);
	json_decref(hello);
	free(device);
}

static void history_comes_before_what_is_live(void **state)
{
	(void)state;
	begin(2);
	session_join(session, "#lobby");
	line_up();
	expect_request("{\"op\":\"join\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":5}");
	expect_request("{\"op\":\"history\",\"room\":\"#lobby\",\"before\":6,\"limit\":2}");
	serve_message(6, "ugo", "live");
	expect_told("welcome joined:#lobby");
	serve("{\"op\":\"history\",\"id\":\"$\",\"room\":\"#lobby\",\"messages\":[{\"seq\":4},{\"seq\":5}]}");
	expect_told("h4 h5 entered:#lobby m6");
	serve_message(7, "ugo", "live");
	expect_told("m7");
	assert_true(session_is_settled(session));
}

static void an_empty_room_has_no_history(void **state)
{
	(void)state;
	begin(20);
	enter_lobby(0);
	expect_silence();
}

static void a_message_is_acknowledged(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(5);
	session_say(session, "#lobby", "ciao", false);
	expect_request("{\"op\":\"send\",\"room\":\"#lobby\",\"message\":\"ciao\"}");
	serve_message(6, "ugo", "first");
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":7}");
	serve_message(8, "ugo", "third");
	expect_told("m6 acked:ciao m8");
	assert_int_equal(session_outbox(session)->count, 0);
}

static void an_action_says_so(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(0);
	session_say(session, "@ugo", "waves", true);
	expect_request("{\"op\":\"send\",\"room\":\"@ugo\",\"message\":\"waves\",\"action\":true}");
}

static void a_taken_name_can_be_replaced(void **state)
{
	(void)state;
	begin(0);
	session_join(session, "#lobby");
	session_line_up(session, &out, now_ms);
	expect_request("{\"op\":\"hello\",\"name\":\"anna\"}");
	serve("{\"op\":\"error\",\"id\":\"$\",\"code\":\"name_taken\",\"message\":\"anna is here\"}");
	expect_told("refused:name_taken");
	assert_int_equal(session_state(session), SESSION_NAMELESS);
	session_set_name(session, "annina");
	expect_request("{\"op\":\"hello\",\"name\":\"annina\"}");
	serve("{\"op\":\"welcome\",\"id\":\"$\",\"user\":{\"name\":\"annina\"},\"session\":\"s\",\"epoch\":"
	      "\"e\"}");
	expect_request("{\"op\":\"join\"}");
	assert_string_equal(session_name(session), "annina");
}

static void a_refused_room_is_forgotten(void **state)
{
	(void)state;
	begin(0);
	session_join(session, "#ops");
	line_up();
	expect_request("{\"op\":\"join\",\"room\":\"#ops\"}");
	serve("{\"op\":\"error\",\"id\":\"$\",\"code\":\"banned\",\"message\":\"no\"}");
	expect_told("welcome outside:#ops:no");
	assert_int_equal(session_room_count(session), 0);
}

static void a_refused_message_is_told(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(0);
	session_say(session, "#lobby", "ciao", false);
	expect_request("{\"op\":\"send\"}");
	serve("{\"op\":\"error\",\"id\":\"$\",\"code\":\"muted\",\"message\":\"hush\"}");
	expect_told("unsent:ciao");
	assert_int_equal(session_outbox(session)->count, 0);
}

static void a_busy_server_is_asked_again_in_order(void **state)
{
	char id[80];
	(void)state;
	begin(0);
	enter_lobby(0);
	session_say(session, "#lobby", "one", false);
	expect_request("{\"op\":\"send\",\"message\":\"one\"}");
	strcpy(id, last_id);
	serve("{\"op\":\"error\",\"id\":\"$\",\"code\":\"busy\",\"message\":\"later\"}");
	session_say(session, "#lobby", "two", false);
	expect_silence();
	assert_true(session_deadline(session) > now_ms);
	now_ms = session_deadline(session);
	assert_true(session_tick(session, now_ms));
	expect_request("{\"op\":\"send\",\"message\":\"one\"}");
	assert_string_equal(last_id, id);
	expect_request("{\"op\":\"send\",\"message\":\"two\"}");
	expect_told("");
}

static void so_much_is_under_way_and_no_more(void **state)
{
	int count = 0;
	json_t *request;
	(void)state;
	begin(0);
	enter_lobby(0);
	for (int i = 0; i < 1000; i++)
		session_say(session, "#lobby", "x", false);
	for (; (request = next_request()); count++) {
		snprintf(last_id, sizeof last_id, "%s", json_string_value(json_object_get(request, "id")));
		json_decref(request);
	}
	assert_int_equal(count, 256);
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":256}");
	expect_request("{\"op\":\"send\"}");
	expect_silence();
}

static void commands_are_answered(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(0);
	assert_true(session_ask(session, "nick", NULL, "name", "annina"));
	expect_request("{\"op\":\"nick\",\"name\":\"annina\"}");
	serve("{\"op\":\"ok\",\"id\":\"$\"}");
	assert_string_equal(session_name(session), "annina");
	assert_true(session_ask(session, "leave", "#lobby", NULL, NULL));
	expect_request("{\"op\":\"leave\",\"room\":\"#lobby\"}");
	serve("{\"op\":\"ok\",\"id\":\"$\"}");
	assert_int_equal(session_room_count(session), 0);
	assert_true(session_ask_history(session, "#lobby", 7));
	expect_request("{\"op\":\"history\",\"room\":\"#lobby\",\"limit\":7}");
	session_line_down(session);
	expect_told("was:anna nick:ok leave:ok history:lost");
	assert_false(session_ask(session, "rooms", NULL, NULL, NULL));
}

static void notes_to_oneself_go_by_ones_name(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(0);
	session_say(session, "@anna", "milk", false);
	expect_request("{\"op\":\"send\",\"room\":\"@anna\"}");
	serve("{\"op\":\"ack\",\"id\":\"$\",\"room\":\"@anna\",\"seq\":1}");
	assert_true(session_ask(session, "nick", NULL, "name", "annina"));
	expect_request("{\"op\":\"nick\",\"name\":\"annina\"}");
	serve("{\"op\":\"ok\",\"id\":\"$\"}");
	assert_string_equal(session_room(session, 1)->name, "@annina");
}

static void a_room_has_the_name_that_the_server_gives_it(void **state)
{
	(void)state;
	begin(0);
	session_join(session, "#LOBBY");
	session_say(session, "#LOBBY", "early", false);
	line_up();
	expect_request("{\"op\":\"join\",\"room\":\"#LOBBY\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":0}");
	expect_request("{\"op\":\"send\",\"room\":\"#lobby\"}");
	assert_string_equal(session_room(session, 0)->name, "#lobby");
}

static void an_acknowledgement_names_the_conversation(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(0);
	static const char *const names[] = {"@bruno", "@bruno", "#lobby"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char item[32], answer[96];
		snprintf(item, sizeof item, "@old%zu", i);
		snprintf(answer, sizeof answer, "{\"op\":\"ack\",\"id\":\"$\",\"room\":\"%s\",\"seq\":%zu}",
			 names[i], i + 1);
		session_say(session, item, "ciao", false);
		expect_request("{\"op\":\"send\"}");
		serve(answer);
	}
	assert_string_equal(session_room(session, 1)->name, "@bruno");
	assert_string_equal(session_room(session, 2)->name, "@old2");
	assert_int_equal(session_room_count(session), 3);
}

static void silence_is_noticed(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(0);
	now_ms += 29000;
	assert_true(session_tick(session, now_ms));
	expect_silence();
	now_ms += 1000;
	assert_true(session_tick(session, now_ms));
	expect_request("{\"op\":\"ping\"}");
	now_ms += 14000;
	assert_true(session_tick(session, now_ms));
	serve("{\"op\":\"pong\",\"id\":\"$\"}");
	now_ms += 30000;
	assert_true(session_tick(session, now_ms));
	expect_request("{\"op\":\"ping\"}");
	now_ms += 15000;
	assert_false(session_tick(session, now_ms));
}

static void an_unanswered_message_makes_impatient(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(0);
	session_say(session, "#lobby", "x", false);
	expect_request("{\"op\":\"send\"}");
	now_ms += 5000;
	assert_true(session_tick(session, now_ms));
	expect_request("{\"op\":\"ping\"}");
}

static void an_unanswered_hello_ends_the_line(void **state)
{
	(void)state;
	begin(0);
	session_line_up(session, &out, now_ms);
	now_ms += 15000;
	assert_false(session_tick(session, now_ms));
}

static void what_is_no_object_is_refused(void **state)
{
	static const char *const wrong[] = {"SSH-2.0-OpenSSH", "", "[]", "{\"op\":", "{} {}", "\xff"};
	(void)state;
	begin(0);
	session_line_up(session, &out, now_ms);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(session_receive(session, wrong[i], strlen(wrong[i]), now_ms));
	assert_true(session_receive(session, "{\"op\":\"bye\"}", 12, now_ms));
	assert_true(session_said_bye(session));
}

/* Nothing that a server says may do more than be ignored or shown. */
static void strange_objects_are_survived(void **state)
{
	static const char *const strange[] = {
	    "{}",
	    "{\"op\":1}",
	    "{\"op\":\"message\"}",
	    "{\"op\":\"message\",\"room\":7,\"seq\":\"x\"}",
	    "{\"op\":\"message\",\"room\":\"#lobby\",\"seq\":-3}",
	    "{\"op\":\"message\",\"room\":\"#lobby\",\"seq\":9223372036854775807}",
	    "{\"op\":\"joined\",\"id\":\"q1\"}",
	    "{\"op\":\"ack\",\"id\":\"unknown\"}",
	    "{\"op\":\"enter\",\"room\":\"#lobby\"}",
	    "{\"op\":\"gap\",\"room\":\"#lobby\",\"to_seq\":-9}",
	    "{\"op\":\"welcome\",\"user\":[],\"limits\":{\"message_bytes\":-5}}",
	    "{\"op\":\"error\",\"code\":[]}",
	    "{\"op\":\"history\",\"messages\":{\"a\":1}}",
	};
	(void)state;
	begin(0);
	enter_lobby(5);
	for (size_t i = 0; i < sizeof strange / sizeof *strange; i++)
		assert_true(session_receive(session, strange[i], strlen(strange[i]), now_ms));
	assert_int_equal(session_room(session, 0)->place.last, 5);
}

static void quitting_says_goodbye_once(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(0);
	session_quit(session);
	session_quit(session);
	expect_request("{\"op\":\"quit\",\"forget\":true}");
	expect_silence();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(hello_brings_what_is_known),
	    TEST(history_comes_before_what_is_live),
	    TEST(an_empty_room_has_no_history),
	    TEST(a_message_is_acknowledged),
	    TEST(an_action_says_so),
	    TEST(a_taken_name_can_be_replaced),
	    TEST(a_refused_room_is_forgotten),
	    TEST(a_refused_message_is_told),
	    TEST(a_busy_server_is_asked_again_in_order),
	    TEST(so_much_is_under_way_and_no_more),
	    TEST(commands_are_answered),
	    TEST(notes_to_oneself_go_by_ones_name),
	    TEST(a_room_has_the_name_that_the_server_gives_it),
	    TEST(an_acknowledgement_names_the_conversation),
	    TEST(silence_is_noticed),
	    TEST(an_unanswered_message_makes_impatient),
	    TEST(an_unanswered_hello_ends_the_line),
	    TEST(what_is_no_object_is_refused),
	    TEST(strange_objects_are_survived),
	    TEST(quitting_says_goodbye_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
