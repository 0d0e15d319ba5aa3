/* The session against a server that is played by the test: what goes out, what is shown, in which order. */
#include "client/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct session *session;
static struct buffer out;  /* what the client writes */
static struct buffer told; /* what its hooks were told: "m5 h3 acked ..." */
static int64_t now_ms;

/* --- hooks ------------------------------------------------------------------ */

static void tell(const char *format, ...)
{
	char text[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	buffer_add_string(&told, buffer_length(&told) ? " " : "");
	buffer_add_string(&told, text);
}

static void on_welcomed(void *owner, bool again)
{
	(void)owner;
	tell(again ? "back" : "welcome");
}

static void on_refused(void *owner, const char *code, const char *message)
{
	(void)owner;
	(void)message;
	tell("refused:%s", code);
}

static void on_joined(void *owner, const struct room *room, enum session_join how)
{
	static const char *const words[] = {"joined", "rejoined", "reset"};
	(void)owner;
	tell("%s:%s", words[how], room->name);
}

static void on_entered(void *owner, const struct room *room)
{
	(void)owner;
	tell("entered:%s", room->name);
}

static void on_join_refused(void *owner, const char *room, const char *message)
{
	(void)owner;
	tell("outside:%s:%s", room, message);
}

static void on_entry(void *owner, const json_t *object, bool is_history)
{
	(void)owner;
	tell("%c%d", is_history ? 'h' : 'm', (int)json_integer_value(json_object_get(object, "seq")));
}

static void on_pushed(void *owner, const json_t *object)
{
	(void)owner;
	tell("pushed:%s", json_string_value(json_object_get(object, "op")));
}

static void on_answered(void *owner, const struct session_question *question, const json_t *object)
{
	(void)owner;
	tell("%s:%s", question->op, object ? json_string_value(json_object_get(object, "op")) : "lost");
}

static void on_settled(void *owner, const struct outbox_item *item, const json_t *error)
{
	(void)owner;
	tell("%s:%s", error ? "unsent" : "acked", item->text);
}

static const struct session_hooks hooks = {.welcomed = on_welcomed,
					   .name_refused = on_refused,
					   .hello_refused = on_refused,
					   .joined = on_joined,
					   .entered = on_entered,
					   .join_refused = on_join_refused,
					   .entry = on_entry,
					   .pushed = on_pushed,
					   .answered = on_answered,
					   .settled = on_settled};

/* --- the played server ------------------------------------------------------ */

static void begin(unsigned history)
{
	struct session_settings settings = {
	    .name = "anna", .client = "test", .lang = "en", .history = history, .hooks = hooks};
	session = session_new(&settings);
	now_ms = 1000;
}

static int end(void **state)
{
	(void)state;
	session_free(session);
	session = NULL;
	buffer_release(&out);
	buffer_release(&told);
	return 0;
}

/* The hooks were told exactly this since the last time. */
static void expect_told(const char *expected)
{
	assert_string_equal(buffer_string(&told), expected);
	buffer_clear(&told);
}

/* The next request that the client wrote; NULL where there is none. The caller frees it. */
static json_t *next_request(void)
{
	size_t length = buffer_length(&out);
	char *newline = length ? memchr(buffer_bytes(&out), '\n', length) : NULL;
	if (!newline)
		return NULL;
	size_t line = (size_t)(newline - buffer_bytes(&out));
	json_t *request = json_loadb(buffer_bytes(&out), line, 0, NULL);
	assert_non_null(request);
	buffer_take(&out, line + 1);
	return request;
}

static char last_id[80];

/* The next request is this one: every field of `json` is in it as it stands there. */
static void expect_request(const char *json)
{
	json_t *request = next_request(), *wanted = json_loads(json, 0, NULL);
	assert_non_null(request);
	assert_non_null(wanted);
	const char *key;
	json_t *value;
	json_object_foreach(wanted, key, value)
	{
		if (!json_equal(json_object_get(request, key), value)) {
			char *text = json_dumps(request, 0);
			fail_msg("%s is not in %s as in %s", key, text, json);
		}
	}
	const char *id = json_string_value(json_object_get(request, "id"));
	snprintf(last_id, sizeof last_id, "%s", id ? id : "");
	json_decref(request);
	json_decref(wanted);
}

static void expect_silence(void)
{
	assert_null(next_request());
}

/* The server says this; a '$' stands for the id of the last request seen. */
static void serve(const char *format, ...)
{
	char text[4096], line[4200];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	const char *dollar = strchr(text, '$');
	if (dollar)
		snprintf(line, sizeof line, "%.*s%s%s", (int)(dollar - text), text, last_id, dollar + 1);
	else
		snprintf(line, sizeof line, "%s", text);
	assert_true(session_receive(session, line, strlen(line), now_ms));
}

static void serve_message(int seq, const char *name, const char *text)
{
	serve("{\"op\":\"message\",\"room\":\"#lobby\",\"seq\":%d,\"from\":{\"name\":\"%s\",\"ip\":\"::1\"},"
	      "\"message\":\"%s\"}",
	      seq, name, text);
}

static void line_up(void)
{
	buffer_clear(&out);
	session_line_up(session, &out, now_ms);
	expect_request("{\"op\":\"hello\",\"name\":\"anna\"}");
	serve("{\"op\":\"welcome\",\"id\":\"$\",\"user\":{\"name\":\"anna\"},\"session\":\"secret\","
	      "\"epoch\":\"e1\"}");
}

/* Inside #lobby, whose last entry is `seq`. */
static void enter_lobby(int seq)
{
	session_join(session, "#lobby");
	line_up();
	expect_request("{\"op\":\"join\",\"room\":\"#lobby\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":%d,\"topic\":\"\",\"count\":1}",
	      seq);
	expect_told("welcome joined:#lobby entered:#lobby");
}

/* --- tests -------------------------------------------------------------------- */

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
	expect_told("nick:ok leave:ok history:lost");
	assert_false(session_ask(session, "rooms", NULL, NULL, NULL));
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
	assert_int_equal(session_room(session, 0)->cursor.last, 5);
}

static void quitting_says_goodbye_once(void **state)
{
	(void)state;
	begin(0);
	enter_lobby(0);
	session_quit(session);
	session_quit(session);
	expect_request("{\"op\":\"quit\"}");
	expect_silence();
}

#define TEST(FUNCTION) cmocka_unit_test_teardown(FUNCTION, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(hello_brings_what_is_known),
	    TEST(history_comes_before_what_is_live),
	    TEST(an_empty_room_has_no_history),
	    TEST(a_message_is_acknowledged),
	    TEST(an_action_says_so),
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
	    TEST(a_taken_name_can_be_replaced),
	    TEST(a_refused_room_is_forgotten),
	    TEST(a_refused_message_is_told),
	    TEST(a_busy_server_is_asked_again_in_order),
	    TEST(so_much_is_under_way_and_no_more),
	    TEST(commands_are_answered),
	    TEST(a_room_has_the_name_that_the_server_gives_it),
	    TEST(silence_is_noticed),
	    TEST(an_unanswered_message_makes_impatient),
	    TEST(an_unanswered_hello_ends_the_line),
	    TEST(what_is_no_object_is_refused),
	    TEST(strange_objects_are_survived),
	    TEST(quitting_says_goodbye_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
