/* Rows of a width, and drafts. */
#include "front/drafts.h"
#include "front/wrap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void wraps(const char *text, size_t width, size_t indent, const char *expected)
{
	struct buffer to = BUFFER_EMPTY;
	wrap_text(&to, text, width, indent);
	assert_string_equal(buffer_string(&to), expected);
	buffer_release(&to);
}

static void rows_are_cut_at_blanks(void **state)
{
	(void)state;
	wraps("one two three", 8, 0, "one two\nthree");
	wraps("one two three", 7, 2, "one two\n  three");
	wraps("short", 80, 6, "short");
	wraps("abcdefghij", 4, 0, "abcd\nefgh\nij");
	wraps("你好世界", 5, 0, "你好\n世界");
	wraps("one\ntwo", 80, 2, "one\ntwo");
	wraps("\033[31mone two\033[m", 4, 0, "\033[31mone\ntwo\033[m");
}

/* A text that is padded up to the edge cannot begin a row that looks like another message. */
static void padding_forges_no_line(void **state)
{
	char text[160], expected[160];
	(void)state;
	memset(text, ' ', sizeof text);
	memcpy(text, "15:37 anna: ok", 14);
	strcpy(text + 80, "15:38 mario: I resign");
	strcpy(expected, "15:37 anna: ok\n      15:38 mario: I resign");
	wraps(text, 80, 6, expected);
	wraps("                    x", 8, 2, "\n  x");
}

static void a_draft_stays_where_it_was_written(void **state)
{
	struct drafts drafts = {0};
	char *text;
	(void)state;
	drafts_keep(&drafts, "#priv", "secret");
	drafts_keep(&drafts, NULL, "nowhere");
	assert_null(drafts_take(&drafts, "#lobby"));
	drafts_rename(&drafts, "#priv", "@luca!7");
	assert_null(drafts_find(&drafts, "#priv"));
	text = drafts_take(&drafts, "@LUCA!7");
	assert_string_equal(text, "secret");
	free(text);
	assert_null(drafts_find(&drafts, "@luca!7"));
	drafts_keep(&drafts, NULL, "");
	assert_int_equal(drafts.count, 0);
	drafts_release(&drafts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_are_cut_at_blanks),
	    cmocka_unit_test(padding_forges_no_line),
	    cmocka_unit_test(a_draft_stays_where_it_was_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
