/* Text from strangers is made harmless, and lines are made of it. */
#include "base/clock.h"
#include "client/clean.h"
#include "client/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static void becomes(const char *text, const char *expected)
{
	struct buffer cleaned = BUFFER_EMPTY;
	clean_text(&cleaned, text, ">");
	assert_string_equal(buffer_string(&cleaned), expected);
	buffer_release(&cleaned);
}

static void writing_stays(void **state)
{
	(void)state;
	becomes("", "");
	becomes("ciao, perché no? 你好 שלום مرحبا ไทย", "ciao, perché no? 你好 שלום مرحبا ไทย");
	becomes("e\xcc\x81", "e\xcc\x81");
	becomes("👩‍👩‍👧 ❤️ 👍🏽", "👩‍👩‍👧 ❤️ 👍🏽");
}

static void terminals_are_not_driven(void **state)
{
	(void)state;
	becomes("\033[31mred\033[m", "^[[31mred^[[m");
	becomes("\033]0;title\a", "^[]0;title^G");
	becomes("a\bb\x7f", "a^Hb^?");
	becomes("\xc2\x9b"
		"2J",
		"<9B>2J");
	becomes("over\rwritten", "over^Mwritten");
	becomes("a\tb", "a    b");
}

static void text_is_not_turned_around(void **state)
{
	(void)state;
	becomes("a\u202e"
		"b\u202c\u2066"
		"c\u2069\u200f\u061c\u200b\ufeff\u00ad"
		"d",
		"abcd");
	becomes("one\u2028two", "onetwo");
	becomes("\U000e0041tag", "tag");
}

static void lines_are_indented(void **state)
{
	(void)state;
	becomes("one\ntwo\r\nthree", "one\n>two\n>three");
}

static void towers_are_cut(void **state)
{
	char tower[64] = "o", expected[64] = "o";
	(void)state;
	for (int i = 0; i < 20; i++)
		strcat(tower, "\xcc\x81");
	for (int i = 0; i < 6; i++)
		strcat(expected, "\xcc\x81");
	strcat(tower, "k");
	strcat(expected, "k");
	becomes(tower, expected);
}

static void invalid_bytes(void **state)
{
	struct buffer cleaned = BUFFER_EMPTY;
	(void)state;
	clean_utf8(&cleaned, "a\xff\0b\xc3", 5);
	assert_string_equal(buffer_string(&cleaned), "a\ufffd\ufffd"
						     "b\ufffd");
	buffer_release(&cleaned);
}

static void any_bytes_are_harmless(void **state)
{
	(void)state;
	srand(11);
	for (int round = 0; round < 20000; round++) {
		char bytes[33];
		size_t length = (size_t)rand() % 32;
		for (size_t i = 0; i < length; i++)
			bytes[i] = (char)(rand() % 255 + 1);
		bytes[length] = '\0';
		struct buffer cleaned = BUFFER_EMPTY;
		clean_word(&cleaned, bytes);
		for (const char *at = buffer_string(&cleaned); *at; at++)
			assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
		buffer_release(&cleaned);
	}
}

static void shows(const struct show *show, const char *json, const char *expected)
{
	json_t *object = json_loads(json, 0, NULL);
	struct buffer line = BUFFER_EMPTY;
	assert_non_null(object);
	bool is_shown = show_object(show, &line, object);
	assert_int_equal(is_shown, expected != NULL);
	if (expected)
		assert_string_equal(buffer_string(&line), expected);
	buffer_release(&line);
	json_decref(object);
}

#define FROM(NAME) "\"from\":{\"name\":\"" NAME "\",\"ip\":\"::1\"}"

static void plain_lines(void **state)
{
	struct show show = {.own_name = "anna", .room = "#lobby"};
	(void)state;
	shows(&show, "{\"op\":\"message\",\"room\":\"#lobby\"," FROM("mario") ",\"message\":\"ciao\"}",
	      "mario: ciao");
	shows(&show, "{\"op\":\"message\",\"room\":\"#ops\"," FROM("mario") ",\"message\":\"ciao\"}",
	      "#ops mario: ciao");
	shows(&show, "{" FROM("mario") ",\"message\":\"simple\"}", "mario: simple");
	shows(&show, "{\"op\":\"message\",\"action\":true," FROM("mario") ",\"message\":\"waves\"}",
	      "* mario waves");
	shows(&show, "{\"op\":\"message\"," FROM("mario") ",\"message\":\"a\\nevil: b\"}",
	      "mario: a\n    evil: b");
	shows(&show, "{\"op\":\"edit\",\"target\":7," FROM("mario") ",\"message\":\"ciao!\"}",
	      "mario: ciao! (was #7)");
	shows(&show, "{\"op\":\"enter\",\"name\":\"ugo\"," FROM("brusio") ",\"message\":\"ugo joined\"}",
	      "-- ugo joined");
	shows(&show, "{\"op\":\"error\",\"code\":\"busy\"," FROM("brusio") ",\"message\":\"Later.\"}",
	      "!! Later.");
	shows(&show, "{\"op\":\"typing\"," FROM("mario") ",\"message\":\"mario is typing\"}", NULL);
	shows(&show, "{\"op\":\"message\"," FROM("mario") "}", NULL);
	shows(&show, "{\"op\":\"later\"," FROM("x\\u001b[1m") ",\"message\":\"what \\u001b[2J\"}",
	      "-- what ^[[2J");
}

static void lines_about_other_messages(void **state)
{
	struct roomlog log = {0};
	struct show show = {.own_name = "anna", .room = "#lobby", .has_numbers = true, .log = &log};
	(void)state;
	roomlog_take_own(&log, 7, "ugo", "one\n\033[2J of the longest messages ever", 0, false, 0);
	shows(&show, "{\"op\":\"message\",\"seq\":9,\"reply_to\":7," FROM("mario") ",\"message\":\"no\"}",
	      "#9 mario: (re #7 ugo: one ^[[2J of the longest messa…) no");
	shows(&show, "{\"op\":\"message\",\"seq\":9,\"reply_to\":6," FROM("mario") ",\"message\":\"no\"}",
	      "#9 mario: (re #6) no");
	shows(&show,
	      "{\"op\":\"message\",\"seq\":9,\"edited\":12," FROM(
		  "mario") ",\"message\":\"a\",\"reactions\":"
			   "[{\"emoji\":\"+1\",\"count\":2},{\"emoji\":\"x\\u001b\",\"count\":1}]}",
	      "#9 mario: a (edited) [+1 2, x^[]");
	shows(&show, "{\"op\":\"message\",\"seq\":9,\"deleted\":true," FROM("mario") ",\"message\":\"\"}",
	      "#9 mario: (deleted)");
	shows(&show, "{\"op\":\"edit\",\"seq\":9,\"deleted\":true," FROM("mario") ",\"message\":\"\"}", NULL);
	shows(&show, "{\"op\":\"react\",\"seq\":9,\"target\":6," FROM("mario") ",\"message\":\"mario +1 6\"}",
	      "-- mario +1 6");
	shows(&show, "{\"op\":\"read\",\"seq\":9," FROM("brusio") ",\"message\":\"Read up to 9\"}", NULL);
	roomlog_release(&log);
}

static void coloured_lines(void **state)
{
	struct show show = {.own_name = "Anna", .room = "#lobby", .has_colour = true};
	(void)state;
	/* A mention stands out, whatever its case, but only as a whole word. */
	shows(&show, "{\"op\":\"message\"," FROM("Anna") ",\"message\":\"anna\"}", "\033[1mAnna\033[m: anna");
	shows(&show, "{\"op\":\"message\"," FROM("u") ",\"message\":\"ANNA!\"}",
	      "\033[36mu\033[m: \033[1;33mANNA!\033[m");
	shows(&show, "{\"op\":\"message\"," FROM("u") ",\"message\":\"joanna\"}", "\033[36mu\033[m: joanna");
}

static void stamped_lines(void **state)
{
	struct show show = {.own_name = "anna", .room = "#lobby", .has_stamps = true};
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	int64_t now_ms;
	assert_true(clock_parse("2026-11-22T20:00:00Z", &now_ms));
	clock_fake(0, now_ms);
	shows(
	    &show,
	    "{\"op\":\"message\",\"time\":\"2026-11-22T10:05:00.123Z\"," FROM("u") ",\"message\":\"a\\nb\"}",
	    "10:05 u: a\n      b");
	shows(&show,
	      "{\"op\":\"message\",\"time\":\"2026-11-21T10:05:00.123Z\"," FROM("u") ",\"message\":\"a\"}",
	      "2026-11-21 10:05 u: a");
	shows(&show, "{\"op\":\"notice\"," FROM("brusio") ",\"message\":\"b\"}", "20:00 -- b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writing_stays),
	    cmocka_unit_test(terminals_are_not_driven),
	    cmocka_unit_test(text_is_not_turned_around),
	    cmocka_unit_test(lines_are_indented),
	    cmocka_unit_test(towers_are_cut),
	    cmocka_unit_test(invalid_bytes),
	    cmocka_unit_test(any_bytes_are_harmless),
	    cmocka_unit_test(plain_lines),
	    cmocka_unit_test(lines_about_other_messages),
	    cmocka_unit_test(coloured_lines),
	    cmocka_unit_test(stamped_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
