/* The command line: addresses in every shape, rooms, numbers, and what is wrong. */
#include "client/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct options options;
static const char *culprit;

static enum options_problem read_words(const char *const *words)
{
	int count = 0;
	while (words[count])
		count++;
	return options_read(&options, count, (char **)words, &culprit);
}

#define READ(...) read_words((const char *const[]){"brusio", __VA_ARGS__, NULL})

static int release(void **state)
{
	(void)state;
	options_release(&options);
	return 0;
}

static void files_to_send(void **state)
{
	const char *many[24] = {"brusio"};
	(void)state;
	assert_int_equal(READ("--send", "a", "--send", "-", "--to", "ops", "--name", "x", "host"),
			 OPTIONS_RIGHT);
	assert_int_equal(options.send_count, 2);
	assert_string_equal(options.sends[1], "-");
	assert_string_equal(options.send_to, "#ops");
	assert_string_equal(options.rooms[0], "#ops");
	assert_string_equal(options.send_name, "x");
	options_release(&options);
	assert_int_equal(READ("--send", "a", "--to", "@anna"), OPTIONS_RIGHT);
	assert_string_equal(options.send_to, "@anna");
	assert_string_equal(options.rooms[0], "#lobby");
	options_release(&options);
	assert_int_equal(READ("--send", "a", "--to", "@an na"), OPTIONS_BAD_TO);
	options_release(&options);
	for (size_t i = 0; i < 11; i++) {
		many[1 + 2 * i] = "--send";
		many[2 + 2 * i] = "a";
	}
	assert_int_equal(read_words(many), OPTIONS_TOO_MANY_FILES);
}

static void nothing_given(void **state)
{
	(void)state;
	assert_int_equal(read_words((const char *const[]){"brusio", NULL}), OPTIONS_RIGHT);
	assert_null(options.name);
	assert_null(options.host);
	assert_string_equal(options.port, "5000");
	assert_int_equal(options.room_count, 1);
	assert_string_equal(options.rooms[0], "#lobby");
	assert_int_equal(options.history, -1);
	assert_int_equal(options.timeout_s, 60);
}

static void invitation_links(void **state)
{
	(void)state;
	assert_int_equal(READ("http://192.168.1.20:5001/#+abcDEF-_12"), OPTIONS_RIGHT);
	assert_string_equal(options.host, "192.168.1.20");
	assert_string_equal(options.port, "5001");
	assert_string_equal(options.link, "abcDEF-_12");
	assert_null(options.name);
	options_release(&options);
	assert_int_equal(READ("https://anna@[::1]/#+x"), OPTIONS_RIGHT);
	assert_string_equal(options.host, "::1");
	assert_string_equal(options.port, "443");
	assert_string_equal(options.name, "anna");
	options_release(&options);
	static const char *const wrong[] = {"https://host/#+", "ftp://host/#+x", "host/#+x",
					    "https://ho st/#+x"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(READ(wrong[i]), OPTIONS_BAD_ADDRESS);
		options_release(&options);
	}
}

static void addresses(void **state)
{
	static const struct {
		const char *address, *name, *host, *port;
	} right[] = {
	    {"chat.example", NULL, "chat.example", "5000"},
	    {"chat.example:81", NULL, "chat.example", "81"},
	    {"anna@chat.example:81", "anna", "chat.example", "81"},
	    {"anna@", "anna", "localhost", "5000"},
	    {"", NULL, "localhost", "5000"},
	    {":5001", NULL, "localhost", "5001"},
	    {"127.0.0.1", NULL, "127.0.0.1", "5000"},
	    {"::1", NULL, "::1", "5000"},
	    {"[::1]", NULL, "::1", "5000"},
	    {"[::1]:7", NULL, "::1", "7"},
	    {"élan@[fe80::1%eth0]:7", "élan", "fe80::1%eth0", "7"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
		assert_int_equal(READ(right[i].address), OPTIONS_RIGHT);
		if (right[i].name)
			assert_string_equal(options.name, right[i].name);
		else
			assert_null(options.name);
		assert_string_equal(options.host, right[i].host);
		assert_string_equal(options.port, right[i].port);
		options_release(&options);
	}
}

static void wrong_addresses(void **state)
{
	static const struct {
		const char *address;
		enum options_problem problem;
	} wrong[] = {{"1anna@host", OPTIONS_BAD_NAME},    {"@host", OPTIONS_BAD_NAME},
		     {"an na@host", OPTIONS_BAD_NAME},    {"host:", OPTIONS_BAD_ADDRESS},
		     {"host:0", OPTIONS_BAD_ADDRESS},     {"host:65536", OPTIONS_BAD_ADDRESS},
		     {"host:-1", OPTIONS_BAD_ADDRESS},    {"host:5000x", OPTIONS_BAD_ADDRESS},
		     {"[::1", OPTIONS_BAD_ADDRESS},       {"[]:5000", OPTIONS_BAD_ADDRESS},
		     {"[::1]5000", OPTIONS_BAD_ADDRESS},  {"ho st", OPTIONS_BAD_ADDRESS},
		     {"http://host", OPTIONS_BAD_ADDRESS}};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(READ(wrong[i].address), wrong[i].problem);
		assert_string_equal(culprit, wrong[i].address);
		options_release(&options);
	}
}

static void rooms(void **state)
{
	(void)state;
	assert_int_equal(READ("--room", "#ops", "-r", "città", "host"), OPTIONS_RIGHT);
	assert_int_equal(options.room_count, 2);
	assert_string_equal(options.rooms[0], "#ops");
	assert_string_equal(options.rooms[1], "#città");
}

static void wrong_room(void **state)
{
	(void)state;
	assert_int_equal(READ("--room", "not a room", "host"), OPTIONS_BAD_ROOM);
	assert_string_equal(culprit, "not a room");
}

static void numbers(void **state)
{
	(void)state;
	assert_int_equal(READ("--history", "200", "--timeout", "0", "host"), OPTIONS_RIGHT);
	assert_int_equal(options.history, 200);
	assert_int_equal(options.timeout_s, 0);
	options_release(&options);
	assert_int_equal(READ("host", "--no-history", "--json", "--literal", "--plain"), OPTIONS_RIGHT);
	assert_int_equal(options.history, 0);
	assert_true(options.json && options.literal);
	assert_string_equal(options.host, "host");
}

static void wrong_numbers(void **state)
{
	static const char *const wrong[] = {"201", "-1", "", "x", "1x", "99999999999999999999"};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(READ("--history", wrong[i]), OPTIONS_BAD_NUMBER);
		assert_string_equal(culprit, wrong[i]);
		options_release(&options);
	}
}

static void unknown(void **state)
{
	(void)state;
	assert_int_equal(READ("--colour", "host"), OPTIONS_UNKNOWN);
	assert_string_equal(culprit, "--colour");
	options_release(&options);
	assert_int_equal(READ("host", "--room"), OPTIONS_UNKNOWN);
	assert_string_equal(culprit, "--room");
	options_release(&options);
	assert_int_equal(READ("host", "other"), OPTIONS_TOO_MANY);
	assert_string_equal(culprit, "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(files_to_send, release),
	    cmocka_unit_test_teardown(nothing_given, release),
	    cmocka_unit_test_teardown(invitation_links, release),
	    cmocka_unit_test_teardown(invitation_links, release),
	    cmocka_unit_test_teardown(addresses, release),
	    cmocka_unit_test_teardown(wrong_addresses, release),
	    cmocka_unit_test_teardown(rooms, release),
	    cmocka_unit_test_teardown(wrong_room, release),
	    cmocka_unit_test_teardown(numbers, release),
	    cmocka_unit_test_teardown(wrong_numbers, release),
	    cmocka_unit_test_teardown(unknown, release),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
