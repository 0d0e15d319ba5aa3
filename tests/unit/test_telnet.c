/* Lines as telnet sends them: commands, ends, and what is taken back. */
#include "wire/telnet.h"

#include "unit.h"

#include <stdlib.h>

/* Takes the bytes in pieces of this size; returns the lines, each with a '|' behind it. */
static char *take(const char *bytes, size_t length, size_t piece, struct buffer *answer)
{
	static char taken[1000];
	size_t begin = 0, written = 0, scanned = 0;
	for (size_t come = 0; come < length;) {
		come = come + piece < length ? come + piece : length;
		/* A copy of exactly these bytes, so that reading past them is seen. */
		char *copy = malloc(come - begin);
		memcpy(copy, bytes + begin, come - begin);
		size_t at = 0, end;
		while (at < come - begin &&
		       (end = telnet_find_end(copy + at, come - begin - at, &scanned, answer))) {
			written += telnet_line(copy + at, end, taken + written);
			taken[written++] = '|';
			at += end;
			scanned = 0;
		}
		begin += at;
		free(copy);
	}
	taken[written] = '\0';
	return taken;
}

static void is(const char *bytes, size_t length, const char *lines, const char *answered)
{
	for (size_t piece = 1; piece <= length; piece++) {
		struct buffer answer = BUFFER_EMPTY;
		assert_string_equal(take(bytes, length, piece, &answer), lines);
		assert_string_equal(buffer_string(&answer), answered);
		buffer_release(&answer);
	}
}

#define IS(bytes, lines, answered) is(bytes, sizeof(bytes) - 1, lines, answered)

TEST(lines_end_in_three_ways)
{
	IS("mario\nciao\r\na\r\0b\n", "mario|ciao|a|b|", "");
	IS("\n\r\n\r\0", "|||", "");
	IS("a\rb\n", "a\rb|", "");
	IS("no end", "", "");
}

TEST(options_are_refused)
{
	IS("\xff\xfb\x01\xff\xfd\x03mario\n", "mario|", "\xff\xfe\x01\xff\xfc\x03");
	/* A refusal is not answered. */
	IS("\xff\xfc\x01\xff\xfe\x03mario\n", "mario|", "");
	/* An option whose number is that of a newline. */
	IS("\xff\xfd\nmario\n", "mario|", "\xff\xfc\n");
}

TEST(commands_are_not_text)
{
	IS("\xff\xfa\x18\0xterm\n\xff\xf0"
	   "mario\n",
	   "mario|", "");
	IS("\xff\xfa\x1f\xff\xff\xff\xf0x\n", "x|", "");
	IS("ci\xff\xf1"
	   "ao\n",
	   "ciao|", "");
	IS("a\xff\xff"
	   "b\n",
	   "a\xff"
	   "b|",
	   "");
	IS("ab\xff\xf7"
	   "c\n",
	   "ac|", "");
	IS("abc\xff\xf8"
	   "d\n",
	   "d|", "");
}

TEST(characters_are_taken_back)
{
	IS("cix\x08"
	   "ao\n",
	   "ciao|", "");
	IS("ciax\x7fo\n", "ciao|", "");
	IS("\x08\x08"
	   "ciao\n",
	   "ciao|", "");
	IS("c\xc3\xb2\x08i\n", "ci|", "");
	IS("\xf0\x9f\x91\x8d\x7f\n", "|", "");
}

/* A negotiation that never ends must not be kept for ever. */
TEST(a_subnegotiation_has_a_bound)
{
	char bytes[TELNET_SUBNEGOTIATION_MAX + 10];
	memset(bytes, 'x', sizeof bytes);
	memcpy(bytes, "\xff\xfa", 2);
	bytes[sizeof bytes - 1] = '\n';
	is(bytes, sizeof bytes, "xxxxxxxxx|", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_end_in_three_ways),      cmocka_unit_test(options_are_refused),
	    cmocka_unit_test(commands_are_not_text),        cmocka_unit_test(characters_are_taken_back),
	    cmocka_unit_test(a_subnegotiation_has_a_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
