/* Telling dialects apart by their first bytes, as few as it takes. */
#include "gateway/sniff.h"

#include "unit.h"

/* The same answer for the whole, and for every beginning either the same or "more". */
static void is(const char *text, enum sniff_result expected, const struct dialect *expected_dialect)
{
	size_t length = strlen(text);
	bool is_known = false;
	for (size_t some = 0; some <= length; some++) {
		/* A copy of its own, so that reading beyond it is seen. */
		char *copy = malloc(some + 1);
		memcpy(copy, text, some);
		const struct dialect *dialect = NULL;
		enum sniff_result result = sniff(copy, some, &dialect);
		if (result == SNIFF_REFUSED)
			assert_non_null(sniff_refusal(copy, some));
		free(copy);
		if (result == SNIFF_MORE) {
			assert_false(is_known);
			continue;
		}
		is_known = true;
		assert_int_equal(result, expected);
		assert_ptr_equal(dialect, expected_dialect);
	}
	assert_int_equal(is_known, expected != SNIFF_MORE);
}

TEST(a_brace_is_native)
{
	is("{", SNIFF_FOUND, &dialect_native);
	is("{\"op\":\"ping\"}", SNIFF_FOUND, &dialect_native);
	is(" \t\r\n {}", SNIFF_FOUND, &dialect_native);
}

TEST(a_method_is_the_web)
{
	static const char *const requests[] = {"GET / HTTP/1.1\r\n", "HEAD / HTTP/1.1\r\n",
					       "POST /x HTTP/1.0\r\n", "OPTIONS * HTTP/1.1\r\n",
					       "\r\nGET / HTTP/1.1\r\n"};
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
		is(requests[i], SNIFF_FOUND, &dialect_web);
}

TEST(the_first_lines_of_clients_of_irc_are_irc)
{
	static const char *const lines[] = {
	    "NICK mario\r\n", "NICK :bot\r\n",          "CAP LS 302\r\n",  "CAP\r\n",
	    "CAP\n",          "USER m 0 * :m\r\n",      "PASS secret\r\n", "JOIN :\r\n",
	    "PING x\r\n",     "AUTHENTICATE PLAIN\r\n", "QUIT\r\n",        "@label=1 CAP LS\r\n"};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		is(lines[i], SNIFF_FOUND, &dialects_irc[0]);
	/* People may be called so. */
	static const char *const names[] = {"nick\n",    "Nick\n",  "CAPTAIN\n",
					    "join me\n", "QUITO\n", "PASSERBY\n"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		is(names[i], SNIFF_FOUND, &dialect_text);
}

TEST(other_greetings_are_refused_in_one_line)
{
	static const char *const greetings[] = {"EHLO example.org\r\n",
						"HELO x\r\n",
						"EHLO\r\n",
						"SSH-2.0-x\r\n",
						"WEBIRC secret\r\n",
						"PROTOCTL NAMESX\r\n",
						"STARTTLS\r\n",
						"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
						"<?xml version='1.0'?>"};
	for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++) {
		is(greetings[i], SNIFF_REFUSED, NULL);
		const char *refusal = sniff_refusal(greetings[i], strlen(greetings[i]));
		assert_non_null(strstr(refusal, "brusio"));
		assert_ptr_equal(strstr(refusal, "\r\n") + 2, refusal + strlen(refusal));
	}
	static const char proxy[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11";
	const struct dialect *dialect = NULL;
	assert_int_equal(sniff(proxy, sizeof proxy - 1, &dialect), SNIFF_REFUSED);
	assert_non_null(strstr(sniff_refusal(proxy, sizeof proxy - 1), "proxy_from"));
}

TEST(a_method_that_nobody_knows_is_told_by_its_line)
{
	static const char *const lines[] = {"PROPFIND / HTTP/1.1", "BREW /pot HTTP/2.0", "get / HTTP/1.0"};
	static const char *const texts[] = {"mario",     "I like HTTP/1.1", "HTTP/1.1",
					    " HTTP/1.1", "PINGO x",         "EHLOE"};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_memory_equal(sniff_refusal(lines[i], strlen(lines[i])), "HTTP/1.1 501 ", 13);
	for (size_t i = 1; i < sizeof texts / sizeof *texts; i++)
		if (i != 1)
			assert_null(sniff_refusal(texts[i], strlen(texts[i])));
}

static const char *const told_by_line[] = {"RFB 003.008",
					   "STLS",
					   "CAPA",
					   "AUTH PLAIN",
					   "APOP mrose c4c9334bac560ecc",
					   "a LOGIN x y",
					   "a001 CAPABILITY",
					   "a001 capability ",
					   ". CAPABILITY",
					   "A1 login x y",
					   "1 STARTTLS",
					   "a1 ID (\"name\" \"x\")",
					   "a AUTHENTICATE PLAIN",
					   "z9 LOGOUT\r",
					   "EHLO",
					   "HELP",
					   "*1",
					   "*12",
					   "PING",
					   "STOMP",
					   "gkrellm 2.3.10",
					   "DIST00000001ARGC00000005ARGV",
					   "AUTHENTICATE",
					   "PROTOCOLINFO 1",
					   "JDWP-Handshake",
					   "NXSH-5.6.7",
					   "CONNECT01 v09",
					   "LO_SERVER_CLIENT_PAIR",
					   "fox a 1 -1 fox hello",
					   "IHAVEOPT",
					   "MODE READER",
					   "@RSYNCD: 31.0",
					   "MGLNDD_192.0.2.1_5000",
					   "DESCRIBE rtsp://x/ RTSP/1.0",
					   "REGISTER sip:x SIP/2.0"};
/* People are called so, or begin so. */
static const char *const not_told[] = {"RFB",
				       "Rfb 003.008",
				       "RFB 003.0088",
				       "Stls",
				       "capa",
				       "I login now please",
				       "how to login here",
				       "anna capability",
				       "A LOGIN",
				       "LOGIN",
				       "AUTH me please",
				       "help",
				       "Helper",
				       "ping",
				       "* 1",
				       "*",
				       "a001",
				       "STAT",
				       "INFO",
				       "stats",
				       "Anna 2",
				       "Mario Rossi",
				       "gkrellm",
				       "fox a",
				       "Authenticate",
				       "NXSH",
				       "CONNECT v09",
				       "noop",
				       "",
				       " "};

TEST(some_greetings_are_told_by_their_line)
{
	for (size_t i = 0; i < sizeof told_by_line / sizeof *told_by_line; i++) {
		const char *refusal = sniff_refusal(told_by_line[i], strlen(told_by_line[i]));
		if (!refusal || !strstr(refusal, "brusio"))
			fail_msg("%s is taken for a name", told_by_line[i]);
	}
	for (size_t i = 0; i < sizeof not_told / sizeof *not_told; i++)
		if (sniff_refusal(not_told[i], strlen(not_told[i])))
			fail_msg("%s is not taken for a name", not_told[i]);
}

TEST(a_byte_order_mark_tells_nothing)
{
	is("\xef\xbb\xbf{", SNIFF_FOUND, &dialect_native);
	is("\xef\xbb\xbf\r\nmario", SNIFF_FOUND, &dialect_text);
	is("\xef\xbb\xbf", SNIFF_MORE, NULL);
	is("\xef\xbb", SNIFF_MORE, NULL);
	is("\xef\xbc\xad", SNIFF_FOUND, &dialect_text);
}

TEST(everything_else_is_text)
{
	static const char *const texts[] = {"mario", "Giulia", "GETTA la pasta", "NICKY", "PASSO",
					    "get /", "[1]",    "\"hello\"",      "}",     "\xff\xfe",
					    "\x01",  "Q\n",    "GE T / ",        "EHLOE", "SSHH"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		is(texts[i], SNIFF_FOUND, &dialect_text);
	const struct dialect *dialect = NULL;
	assert_int_equal(sniff("\0x", 2, &dialect), SNIFF_FOUND);
	assert_ptr_equal(dialect, &dialect_text);
}

TEST(white_space_and_beginnings_tell_nothing_yet)
{
	static const char *const texts[] = {"", " ", "\r\n\t \n", "G", "GE", "GET", "  NIC", "CAP"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		is(texts[i], SNIFF_MORE, NULL);
}

TEST(white_space_is_counted)
{
	assert_int_equal(sniff_space("", 0), 0);
	assert_int_equal(sniff_space(" \t\r\nx ", 6), 4);
	assert_int_equal(sniff_space("    ", 4), 4);
	assert_int_equal(sniff_space(" \0 ", 3), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_brace_is_native),
	    cmocka_unit_test(a_method_is_the_web),
	    cmocka_unit_test(the_first_lines_of_clients_of_irc_are_irc),
	    cmocka_unit_test(other_greetings_are_refused_in_one_line),
	    cmocka_unit_test(a_method_that_nobody_knows_is_told_by_its_line),
	    cmocka_unit_test(some_greetings_are_told_by_their_line),
	    cmocka_unit_test(a_byte_order_mark_tells_nothing),
	    cmocka_unit_test(everything_else_is_text),
	    cmocka_unit_test(white_space_and_beginnings_tell_nothing_yet),
	    cmocka_unit_test(white_space_is_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
