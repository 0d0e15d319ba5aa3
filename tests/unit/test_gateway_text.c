/* Plain text lines, as netcat and telnet send them. */
#include "gateway_kit.h"

static struct remote *text_remote(const char *name)
{
	struct remote *remote = connect_remote(SOCK_STREAM);
	say(remote, name);
	say(remote, "\n");
	assert_non_null(strstr(next_line(remote), "Welcome"));
	assert_non_null(strstr(next_line(remote), "#lobby"));
	return remote;
}

TEST(a_conversation)
{
	struct remote *mario = text_remote("mario"), *anna = text_remote("Anna Maria");
	line_is(mario, "* Anna_Maria joined");
	say(anna, "ciao\n/me waves\n//tmp\n");
	line_is(mario, "Anna_Maria: ciao");
	line_is(mario, "* Anna_Maria waves");
	line_is(mario, "Anna_Maria: /tmp");
	nothing_is_said(anna);
	say(mario, "/quit\n");
	line_is(anna, "* mario left");
	line_is(mario, "* Goodbye.");
	assert_true(mario->has_ended);
}

TEST(lines_in_any_pieces)
{
	static const char script[] = "  mario\r\nuno\r\n\r\n\ndue\ntre: è 日\r\n";
	struct remote *anna = text_remote("anna");
	uint64_t dice = 5;
	for (int turn = 0; turn < 10; turn++) {
		struct remote *mario = connect_remote(SOCK_STREAM);
		size_t length = sizeof script - 1, piece;
		for (size_t at = 0; at < length; at += piece) {
			piece = turn == 0 ? length : turn == 1 ? 1 : 1 + dice_below(&dice, 9);
			piece = piece < length - at ? piece : length - at;
			say_bytes(mario, script + at, piece);
		}
		line_is(anna, "* mario joined");
		line_is(anna, "mario: uno");
		line_is(anna, "mario: due");
		line_is(anna, "mario: tre: è 日");
		close(mario->fd);
		mario->fd = -1;
		settle();
		line_is(anna, "* mario left");
	}
}

/* Before the dialect is known, white space counts for nothing; what comes behind it all counts. */
TEST(a_name_behind_much_white_space_is_whole)
{
	static const char *const names[] = {"Nicola", "Patrizia", "Giulia", "Ursula",
					    "Carla",  "Harry",    "Tommaso"};
	struct remote *anna = text_remote("anna");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct remote *remote = connect_remote(SOCK_STREAM);
		char expected[64];
		for (int k = 0; k < 14 + (int)i; k++)
			say(remote, k % 5 ? " " : "\n");
		for (const char *at = names[i]; *at; at++)
			say_bytes(remote, at, 1);
		say(remote, "\n");
		snprintf(expected, sizeof expected, "* %s joined", names[i]);
		line_is(anna, expected);
	}
}

TEST(the_last_line_needs_no_newline)
{
	struct remote *anna = text_remote("anna"), *mario = text_remote("mario");
	line_is(anna, "* mario joined");
	say(mario, "una\ndue");
	line_is(anna, "mario: una");
	nothing_is_said(anna);
	shutdown(mario->fd, SHUT_WR);
	settle();
	line_is(anna, "mario: due");
	line_is(anna, "* mario left");
}

TEST(a_whole_script_at_once)
{
	struct remote *anna = text_remote("anna"), *mario = connect_remote(SOCK_STREAM);
	struct buffer text = BUFFER_EMPTY;
	buffer_add_string(&text, "mario\n");
	for (int i = 1; i <= 1000; i++)
		buffer_printf(&text, "line %d\n", i);
	buffer_add_string(&text, "/quit");
	write_some(mario, buffer_bytes(&text), buffer_length(&text));
	shutdown(mario->fd, SHUT_WR);
	settle();
	buffer_release(&text);
	line_is(anna, "* mario joined");
	for (int i = 1; i <= 1000; i++) {
		char expected[64];
		snprintf(expected, sizeof expected, "mario: line %d", i);
		line_is(anna, expected);
	}
	line_is(anna, "* mario left");
	hear_all(mario);
	assert_true(mario->has_ended);
}

TEST(a_name_that_is_none_may_be_tried_again)
{
	struct remote *mario = connect_remote(SOCK_STREAM);
	say(mario, "12\n");
	assert_non_null(strstr(next_line(mario), "not a valid name"));
	say(mario, "mario\n");
	assert_non_null(strstr(next_line(mario), "Welcome, mario"));
}

TEST(quit_before_a_name)
{
	struct remote *mario = connect_remote(SOCK_STREAM);
	say(mario, "/quit\n");
	line_is(mario, "* Goodbye.");
	assert_true(mario->has_ended);
}

TEST(a_line_that_is_too_long_is_skipped)
{
	struct remote *anna = text_remote("anna"), *mario = text_remote("mario");
	char *line = malloc(100001);
	line_is(anna, "* mario joined");
	memset(line, 'x', 100000);
	line[100000] = '\0';
	say(mario, line);
	assert_non_null(strstr(next_line(mario), "too large"));
	assert_int_equal(buffer_length(&connection_of(mario)->in), 0);
	say(mario, "still the same line\nnext\n");
	line_is(anna, "mario: next");
	line[LIMIT_LINE_BYTES] = '\n';
	line[LIMIT_LINE_BYTES + 1] = '\0';
	say(mario, line);
	assert_int_equal(strlen(next_line(anna)), LIMIT_LINE_BYTES + strlen("mario: "));
	nothing_is_said(mario);
	free(line);
}

TEST(what_is_no_utf8_is_refused)
{
	struct remote *anna = text_remote("anna"), *mario = text_remote("mario");
	line_is(anna, "* mario joined");
	say_bytes(mario, "caff\xe8\nok\n", 9);
	assert_non_null(strstr(next_line(mario), "UTF-8"));
	say_bytes(mario, "a\0b\n", 4);
	assert_non_null(strstr(next_line(mario), "UTF-8"));
	line_is(anna, "mario: ok");
	nothing_is_said(anna);
}

/* A client cannot drive the terminals of others, or forge their lines. */
TEST(control_characters_do_not_pass)
{
	struct remote *anna = text_remote("anna"), *mario = full_remote("mario");
	line_is(anna, "* mario joined");
	say(mario, "{\"op\":\"send\",\"room\":\"#lobby\",\"message\":\"a\\u001b[2J\\nanna: "
		   "b\\r\\u0085\\u009bc\\td\\u007f\"}");
	line_is(anna, "mario: a?[2J");
	line_is(anna, "  anna: b??c\td?");
	nothing_is_said(anna);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    GATEWAY_TEST(a_conversation),
	    GATEWAY_TEST(lines_in_any_pieces),
	    GATEWAY_TEST(a_name_behind_much_white_space_is_whole),
	    GATEWAY_TEST(the_last_line_needs_no_newline),
	    GATEWAY_TEST(a_whole_script_at_once),
	    GATEWAY_TEST(a_name_that_is_none_may_be_tried_again),
	    GATEWAY_TEST(quit_before_a_name),
	    GATEWAY_TEST(a_line_that_is_too_long_is_skipped),
	    GATEWAY_TEST(what_is_no_utf8_is_refused),
	    GATEWAY_TEST(control_characters_do_not_pass),
	};
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
