/* The simple form: what the original clients count on. Sequenced packets show what one write() of the server
 * held, and so what one recv() of such a client gets. */
#include "gateway_kit.h"

/* Enters with one object that no newline ends, as the original clients do. */
static struct remote *original(const char *name)
{
	struct remote *remote = connect_remote(SOCK_SEQPACKET);
	char text[200];
	snprintf(text, sizeof text, "{\"from\": {\"name\": \"%s\", \"ip\": \"1.2.3.4\"}, \"message\": \"\"}",
		 name);
	say(remote, text);
	return remote;
}

static void says(struct remote *remote, const char *message)
{
	char text[10000];
	snprintf(text, sizeof text, "{\"from\": {\"name\": \"x\", \"ip\": \"\"}, \"message\": \"%s\"}",
		 message);
	say(remote, text);
}

/* The next packet must be one whole object; time passes until it comes. Returns its message; valid until the
 * next call. "" where nothing comes. */
static const char *hears_one(struct remote *remote)
{
	static char packet[65536];
	static json_t *object;
	json_decref(object);
	object = NULL;
	for (int waited = 0; waited < 5; waited++) {
		ssize_t count = recv(remote->fd, packet, sizeof packet, 0);
		if (count <= 0) {
			small_server_wait(server, LIMIT_PACE_MS);
			continue;
		}
		json_error_t problem;
		object = json_loadb(packet, (size_t)count, 0, &problem);
		if (!object)
			fail_msg("%s: %.*s", problem.text, (int)count, packet);
		assert_int_equal(packet[count - 1], '\n');
		text_of(json_object_get(object, "from"), "ip");
		return text_of(object, "message");
	}
	return "";
}

TEST(one_object_at_a_time)
{
	struct remote *mario = original("mario"), *anna = original("anna");
	assert_string_equal(hears_one(mario), "anna joined");
	says(anna, "ciao");
	assert_string_equal(hears_one(mario), "ciao");
	says(mario, "ciao a te");
	assert_string_equal(hears_one(anna), "ciao a te");
	assert_string_equal(hears_one(anna), "");
	assert_string_equal(hears_one(mario), "");
}

/* Many short messages, so that they go over the ends of many small chunks. */
TEST(a_burst_comes_one_object_at_a_time)
{
	struct remote *mario = original("mario"), *anna = full_remote("anna");
	assert_string_equal(hears_one(mario), "anna joined");
	int next = 0, said = 0;
	for (int burst = 0; burst < 12; burst++) {
		struct buffer text = BUFFER_EMPTY;
		for (int i = 0; i < 30; i++)
			buffer_printf(&text, "{\"op\":\"send\",\"room\":\"#lobby\",\"message\":\"%d\"}",
				      said++);
		say_bytes(anna, buffer_bytes(&text), buffer_length(&text));
		hear_all(anna);
		buffer_release(&text);
		while (next < said) {
			char expected[16];
			snprintf(expected, sizeof expected, "%d", next++);
			assert_string_equal(hears_one(mario), expected);
		}
	}
	assert_string_equal(hears_one(mario), "");
}

TEST(the_answer_to_a_command_comes_one_object_at_a_time_too)
{
	struct remote *mario = original("mario");
	says(mario, "/list");
	says(mario, "/rooms");
	says(mario, "/nonsense");
	/* A wrong command is answered at once. */
	assert_non_null(strstr(hears_one(mario), "#lobby"));
	assert_string_not_equal(hears_one(mario), "");
	assert_string_not_equal(hears_one(mario), "");
	assert_string_equal(hears_one(mario), "");
}

/* A client that reads lines need not wait. */
TEST(who_ends_objects_with_newlines_gets_them_in_bulk)
{
	struct remote *mario = connect_remote(SOCK_STREAM), *anna = full_remote("anna");
	say(mario, "{\"from\":{\"name\":\"mario\"}}\n");
	struct buffer text = BUFFER_EMPTY;
	for (int i = 0; i < 20; i++)
		buffer_add_string(&text, "{\"op\":\"send\",\"room\":\"#lobby\",\"message\":\"x\"}");
	say_bytes(anna, buffer_bytes(&text), buffer_length(&text));
	buffer_release(&text);
	for (int i = 1; i <= 20; i++)
		assert_int_equal(hears_message(mario, "x"), i);
}

TEST(the_first_message_may_come_with_the_name)
{
	struct remote *anna = full_remote("anna"), *mario = connect_remote(SOCK_STREAM);
	say(mario, "{\"from\":{\"name\":\"Mario "
		   "Rossi\"},\"message\":\"ciao\"}{\"message\":\"//tmp\"}{\"message\":\"/me waves\"}");
	hears(anna, "enter");
	hears_message(anna, "ciao");
	hears_message(anna, "/tmp");
	json_t *object = next_object(anna, "message");
	assert_string_equal(text_of(object, "message"), "waves");
	assert_true(json_is_true(json_object_get(object, "action")));
	assert_string_equal(text_of(json_object_get(object, "from"), "name"), "Mario_Rossi");
	json_decref(object);
}

TEST(a_name_that_is_taken_is_told)
{
	full_remote("mario");
	struct remote *second = original("mario");
	assert_non_null(strstr(hears_one(second), "mario-2"));
}

TEST(a_message_of_a_name_that_was_refused_is_dropped)
{
	struct remote *anna = full_remote("anna"), *mario = connect_remote(SOCK_STREAM);
	say(mario, "{\"from\":{\"name\":\"12\"},\"message\":\"ciao\"}");
	json_t *object = next_object(mario, "error");
	assert_string_equal(text_of(object, "code"), "bad_name");
	json_decref(object);
	nothing_is_said(mario);
	nothing_is_said(anna);
	say(mario, "{\"from\":{\"name\":\"mario\"},\"message\":\"ciao\"}");
	hears(anna, "enter");
	hears_message(anna, "ciao");
}

TEST(quit_says_goodbye_and_tells_the_others)
{
	struct remote *anna = full_remote("anna"), *mario = original("mario");
	hears(anna, "enter");
	says(mario, "/quit");
	assert_string_not_equal(hears_one(mario), "");
	hears(anna, "exit");
	close(mario->fd);
	mario->fd = -1;
	settle();
	nothing_is_said(anna);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    GATEWAY_TEST(one_object_at_a_time),
	    GATEWAY_TEST(a_burst_comes_one_object_at_a_time),
	    GATEWAY_TEST(the_answer_to_a_command_comes_one_object_at_a_time_too),
	    GATEWAY_TEST(who_ends_objects_with_newlines_gets_them_in_bulk),
	    GATEWAY_TEST(the_first_message_may_come_with_the_name),
	    GATEWAY_TEST(a_name_that_is_taken_is_told),
	    GATEWAY_TEST(a_message_of_a_name_that_was_refused_is_dropped),
	    GATEWAY_TEST(quit_says_goodbye_and_tells_the_others),
	};
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
