/* The full form, from bytes to bytes: framings, limits, order of answers. */
#include "gateway_kit.h"

TEST(a_conversation)
{
	struct remote *mario = full_remote("mario"), *anna = full_remote("anna");
	json_t *object = next_object(mario, "enter");
	assert_string_equal(text_of(object, "message"), "anna joined");
	json_decref(object);
	say(mario, "{\"op\":\"send\",\"id\":\"1\",\"room\":\"#lobby\",\"message\":\"ciao \\\"tutti\\\"\"}\n");
	object = next_object(mario, "ack");
	assert_string_equal(text_of(object, "id"), "1");
	assert_int_equal(number_of(object, "seq"), 1);
	assert_string_equal(text_of(object, "time"), "2026-11-22T10:00:00.000Z");
	json_decref(object);
	object = next_object(anna, "message");
	assert_string_equal(text_of(object, "message"), "ciao \"tutti\"");
	assert_string_equal(text_of(json_object_get(object, "from"), "name"), "mario");
	assert_string_equal(text_of(json_object_get(object, "from"), "ip"), "192.168.1.20");
	assert_int_equal(number_of(object, "seq"), 1);
	json_decref(object);
	/* Not to the one who said it. */
	nothing_is_said(mario);
	nothing_is_said(anna);
}

TEST(what_is_pushed_is_a_simple_object_too)
{
	struct remote *mario = full_remote("mario"), *anna = full_remote("anna");
	say(anna, "{\"op\":\"send\",\"room\":\"#lobby\",\"message\":\"x\"}{\"op\":\"nick\",\"name\":\"anne\"}"
		  "{\"op\":\"leave\",\"room\":\"#lobby\"}");
	static const char *const pushed[] = {"enter", "message", "nick", "exit"};
	for (size_t i = 0; i < 4; i++) {
		json_t *object = next_object(mario, pushed[i]);
		const json_t *from = json_object_get(object, "from");
		text_of(from, "name");
		text_of(from, "ip");
		text_of(object, "message");
		json_decref(object);
	}
}

static const char script[] =
    "{\"op\":\"hello\",\"id\":\"a\",\"name\":\"mario\"}\n"
    "{\n \"op\": \"join\",\r\n \"id\": \"b\",\n \"room\": \"#lobby\"\n}"
    "{\"op\":\"send\",\"id\":\"c\",\"room\":\"#lobby\",\"message\":\"}{ \\\\\\\" \"}"
    "   {\"op\":\"ping\",\"id\":\"d\"}\r\n"
    "{\"op\":\"rooms\",\"id\":\"e\"}{\"op\":\"who\",\"id\":\"f\",\"room\":\"#lobby\"}\n";

static void script_is_answered(struct remote *remote)
{
	static const char *const answers[] = {"welcome", "joined", "ack", "pong", "rooms", "who"};
	for (int i = 0; i < 6; i++) {
		json_t *object = next_object(remote, answers[i]);
		const char id[] = {(char)('a' + i), '\0'};
		assert_string_equal(text_of(object, "id"), id);
		json_decref(object);
	}
	nothing_is_said(remote);
	say(remote, "{\"op\":\"quit\",\"id\":\"q\",\"forget\":true}");
	hears(remote, "bye");
	assert_true(remote->has_ended);
}

TEST(every_framing_says_the_same)
{
	uint64_t dice = 3;
	for (int turn = 0; turn < 20; turn++) {
		struct remote *remote = connect_remote(SOCK_STREAM);
		size_t length = sizeof script - 1, piece;
		for (size_t at = 0; at < length; at += piece) {
			piece = turn == 0 ? length : turn == 1 ? 1 : 1 + dice_below(&dice, 40);
			if (piece > length - at)
				piece = length - at;
			say_bytes(remote, script + at, piece);
		}
		script_is_answered(remote);
	}
}

TEST(answers_come_in_the_order_of_asking)
{
	enum { PINGS = 3000 };
	struct remote *mario = full_remote("mario");
	struct buffer pings = BUFFER_EMPTY;
	for (int i = 0; i < PINGS; i++)
		buffer_printf(&pings, "{\"op\":\"ping\",\"id\":\"%d\"}", i);
	say_bytes(mario, buffer_bytes(&pings), buffer_length(&pings));
	for (int i = 0; i < PINGS; i++) {
		json_t *object = next_object(mario, "pong");
		assert_int_equal(atoi(text_of(object, "id")), i);
		json_decref(object);
	}
	buffer_release(&pings);
}

TEST(an_object_that_is_too_large_is_skipped)
{
	struct remote *mario = full_remote("mario");
	char *large = malloc(300000);
	for (size_t bytes = LIMIT_OBJECT_BYTES; bytes <= 300000 - 100; bytes += 58000) {
		/* {"a":"xxx…"} of this many bytes. */
		memset(large, 'x', bytes);
		memcpy(large, "{\"a\":\"", 6);
		memcpy(large + bytes - 2, "\"}", 2);
		memcpy(large + bytes, "{\"op\":\"ping\"}", 14);
		say(mario, large);
		if (bytes > LIMIT_OBJECT_BYTES) {
			json_t *object = next_object(mario, "error");
			assert_string_equal(text_of(object, "code"), "too_large");
			json_decref(object);
		}
		hears(mario, "pong");
		assert_int_equal(buffer_length(&connection_of(mario)->in), 0);
	}
	free(large);
	nothing_is_said(mario);
}

TEST(an_object_that_never_ends_takes_no_memory)
{
	struct remote *mario = full_remote("mario");
	char *bytes = malloc(100000);
	memset(bytes, '{', 100000);
	for (int i = 0; i < 10; i++) {
		say_bytes(mario, bytes, 100000);
		assert_true(connection_of(mario)->in.capacity <= 2 * LIMIT_OBJECT_BYTES + GATEWAY_READ_BYTES);
	}
	free(bytes);
	hears(mario, "error");
	nothing_is_said(mario);
	assert_int_equal(buffer_length(&connection_of(mario)->in), 0);
}

TEST(what_is_no_object_ends_the_connection)
{
	static const char *const wrong[] = {"{}x", "{} []", "{\"op\":\"ping\"}\xff"};
	for (size_t i = 0; i < 3; i++) {
		struct remote *remote = full_remote("mario");
		say(remote, wrong[i]);
		hear_all(remote);
		assert_non_null(strstr(buffer_string(&remote->in), "\"code\":\"bad_json\""));
		assert_true(remote->has_ended);
		close(remote->fd);
		remote->fd = -1;
		settle();
		/* The name belongs to the session; the next one needs another. */
		small_server_wait(server, server->limits.session_seconds * 1000 + 1);
		small_server_wait(server, 1);
	}
}

TEST(an_object_whose_end_is_known_never_ends_the_connection)
{
	static const char *const wrong[] = {"{\"id\":\"7\",\"op\":}", "{\"id\":\"7\",}", "{abc,\"id\":\"7\"}",
					    "{\"id\":\"7\",\"x\":\"\xff\"}"};
	struct remote *mario = full_remote("mario");
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		say(mario, wrong[i]);
		assert_non_null(
		    strstr(next_line(mario), "{\"op\":\"error\",\"id\":\"7\",\"code\":\"bad_json\""));
		say(mario, "{\"op\":\"ping\",\"id\":\"8\"}");
		assert_string_equal(next_line(mario), "{\"op\":\"pong\",\"id\":\"8\"}");
	}
}

TEST(a_byte_order_mark_before_the_first_object_is_skipped)
{
	struct remote *remote = connect_remote(SOCK_STREAM);
	say(remote, "\xef");
	say(remote, "\xbb\xbf{\"op\":\"ping\",\"id\":\"1\"}");
	assert_string_equal(next_line(remote), "{\"op\":\"pong\",\"id\":\"1\"}");
}

TEST(an_object_that_is_too_large_keeps_its_id)
{
	struct remote *mario = full_remote("mario");
	char *bytes = malloc(LIMIT_OBJECT_BYTES + 100);
	memset(bytes, ' ', LIMIT_OBJECT_BYTES + 100);
	memcpy(bytes, "{\"id\":\"7\"", 9);
	bytes[LIMIT_OBJECT_BYTES + 99] = '}';
	say_bytes(mario, bytes, LIMIT_OBJECT_BYTES + 100);
	free(bytes);
	assert_non_null(strstr(next_line(mario), "\"id\":\"7\",\"code\":\"too_large\""));
}

TEST(errors_name_what_was_wrong)
{
	struct remote *mario = full_remote("mario");
	static const struct {
		const char *request, *code, *text;
	} cases[] = {
	    {"{\"op\":\"send\",\"id\":\"1\",\"room\":\"#lobby\"}", "bad_field", "message"},
	    {"{\"op\":\"send\",\"id\":\"1\",\"room\":\"#x\",\"message\":\"y\"}", "no_room", "#x"},
	    {"{\"op\":\"nick\",\"id\":\"1\",\"name\":\"1\"}", "bad_name", "1"},
	    {"{\"op\":\"hello\",\"id\":\"1\",\"name\":\"x\"}", "forbidden", ""},
	    {"{\"op\":\"history\",\"id\":\"1\",\"room\":\"#lobby\",\"limit\":1000}", "bad_field", "limit"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		say(mario, cases[i].request);
		json_t *object = next_object(mario, "error");
		assert_string_equal(text_of(object, "id"), "1");
		assert_string_equal(text_of(object, "code"), cases[i].code);
		assert_non_null(strstr(text_of(object, "message"), cases[i].text));
		text_of(json_object_get(object, "from"), "name");
		json_decref(object);
	}
}

/* It answers nothing, and must not unbalance the count of what is under way. */
TEST(typing_has_no_answer)
{
	struct remote *mario = full_remote("mario"), *stranger = connect_remote(SOCK_STREAM);
	say(mario, "{\"op\":\"typing\",\"room\":\"#lobby\",\"on\":true}{\"op\":\"typing\",\"room\":\"#no\","
		   "\"on\":false}");
	say(stranger, "{\"op\":\"typing\",\"room\":\"#lobby\",\"on\":true}{\"op\":\"ping\"}");
	hears(stranger, "pong");
	say(mario, "{\"op\":\"ping\"}");
	hears(mario, "pong");
	assert_int_equal(connection_of(mario)->in_flight, 0);
}

TEST(quit_waits_for_what_was_asked_before)
{
	struct remote *mario = full_remote("mario");
	say(mario, "{\"op\":\"history\",\"id\":\"h\",\"room\":\"#lobby\"}{\"op\":\"send\",\"id\":\"s\","
		   "\"room\":\"#lobby\","
		   "\"message\":\"x\"}{\"op\":\"quit\",\"id\":\"q\"}{\"op\":\"ping\",\"id\":\"p\"}");
	json_t *first = json_loads(next_line(mario), 0, NULL),
	       *second = json_loads(next_line(mario), 0, NULL);
	/* The history comes from the jobs, the acknowledgement from the chat. */
	assert_int_equal(strlen(text_of(first, "id")) + strlen(text_of(second, "id")), 2);
	assert_string_not_equal(text_of(first, "id"), text_of(second, "id"));
	json_decref(first);
	json_decref(second);
	hears(mario, "bye");
	assert_true(mario->has_ended);
}

TEST(who_says_nothing_is_let_go)
{
	struct remote *silent = connect_remote(SOCK_STREAM), *half = connect_remote(SOCK_STREAM);
	struct remote *mario = full_remote("mario");
	say(half, "{\"op\":\"he");
	small_server_wait(server, server->limits.greet_seconds * 1000 - 1);
	nothing_is_said(silent);
	nothing_is_said(half);
	assert_false(silent->has_ended || half->has_ended);
	small_server_wait(server, 10);
	hear_all(silent);
	hear_all(half);
	assert_true(silent->has_ended && half->has_ended);
	/* A connection that has said hello may be silent for ever. */
	small_server_wait(server, INT64_C(1000000000));
	nothing_is_said(mario);
	assert_false(mario->has_ended);
}

TEST(when_the_server_stops_everybody_is_told)
{
	struct remote *mario = full_remote("mario"), *anna = full_remote("anna");
	hears(mario, "enter");
	gateway_stop(&server->gateway);
	settle();
	hears(mario, "notice");
	hears(anna, "notice");
	assert_true(mario->has_ended && anna->has_ended);
	assert_false(gateway_is_empty(&server->gateway));
	close(mario->fd);
	mario->fd = -1;
	small_server_wait(server, LIMIT_LINGER_MS + 10);
	assert_true(gateway_is_empty(&server->gateway));
}

TEST(an_ended_client_gets_what_it_asked_for)
{
	struct remote *mario = full_remote("mario");
	static const char last[] =
	    "{\"op\":\"send\",\"id\":\"1\",\"room\":\"#lobby\",\"message\":\"last words\"}";
	write_some(mario, last, sizeof last - 1);
	shutdown(mario->fd, SHUT_WR);
	settle();
	hears(mario, "ack");
	assert_true(mario->has_ended);
	settle();
	assert_null(connection_of(mario));
	assert_string_equal(fake_text(&server->fake, "SELECT text FROM entries"), "last words");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    GATEWAY_TEST(a_conversation),
	    GATEWAY_TEST(what_is_pushed_is_a_simple_object_too),
	    GATEWAY_TEST(every_framing_says_the_same),
	    GATEWAY_TEST(answers_come_in_the_order_of_asking),
	    GATEWAY_TEST(an_object_that_is_too_large_is_skipped),
	    GATEWAY_TEST(an_object_that_never_ends_takes_no_memory),
	    GATEWAY_TEST(what_is_no_object_ends_the_connection),
	    GATEWAY_TEST(an_object_whose_end_is_known_never_ends_the_connection),
	    GATEWAY_TEST(a_byte_order_mark_before_the_first_object_is_skipped),
	    GATEWAY_TEST(an_object_that_is_too_large_keeps_its_id),
	    GATEWAY_TEST(errors_name_what_was_wrong),
	    GATEWAY_TEST(typing_has_no_answer),
	    GATEWAY_TEST(quit_waits_for_what_was_asked_before),
	    GATEWAY_TEST(who_says_nothing_is_let_go),
	    GATEWAY_TEST(when_the_server_stops_everybody_is_told),
	    GATEWAY_TEST(an_ended_client_gets_what_it_asked_for),
	};
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
