/* The text that is typed: what each key makes of it. "^" marks the cursor. */
#include "front/editor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct editor editor;
static struct keys keys;

static int begin(void **state)
{
	(void)state;
	editor_init(&editor, 1000);
	return 0;
}

static int end(void **state)
{
	(void)state;
	editor_release(&editor);
	keys_release(&keys);
	return 0;
}

static void press(const char *bytes)
{
	struct key key;
	keys_add(&keys, bytes, strlen(bytes), 0);
	while (keys_next(&keys, &key, 10000))
		editor_key(&editor, &key);
}

static void reads(const char *expected)
{
	char shown[256];
	const char *text = editor_text(&editor);
	snprintf(shown, sizeof shown, "%.*s^%s", (int)editor.cursor, text, text + editor.cursor);
	assert_string_equal(shown, expected);
}

static void send(const char *text)
{
	press(text);
	free(editor_take(&editor));
}

static void a_cluster_is_one_character(void **state)
{
	(void)state;
	press("a\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7");
	press("\177");
	reads("a^");
	press("e\xcc\x81x\033[D\033[D");
	reads("a^e\xcc\x81x");
	press("\033[3~");
	reads("a^x");
}

static void words_and_lines(void **state)
{
	(void)state;
	press("one two-three four\001");
	reads("^one two-three four");
	press("\033f\033f");
	reads("one two^-three four");
	press("\005\027");
	reads("one two-three ^");
	press("\033\177");
	reads("one two-^");
	press("\001\013");
	reads("^");
	press("\031");
	reads("one two-^");
}

static void what_was_cut_in_a_row_is_one(void **state)
{
	(void)state;
	press("one two three\027\027\031");
	reads("one two three^");
	press("\025");
	press("x\025\031\033y");
	reads("one two three^");
}

static void undo_and_redo(void **state)
{
	(void)state;
	press("hello \027");
	reads("^");
	press("\037");
	reads("hello ^");
	press("\037");
	reads("^");
	press("\033_\033_");
	reads("^");
}

static void several_lines(void **state)
{
	(void)state;
	press("first\033\rse\033\rthird\033[A");
	reads("first\nse^\nthird");
	press("\033[A");
	reads("first^\nse\nthird");
	press("\001\033[B\033[B");
	reads("first\nse\n^third");
}

static void up_and_down_go_through_what_was_sent(void **state)
{
	(void)state;
	send("one");
	send("two");
	press("dra\033[A\033[A");
	reads("one^");
	press("\033[B\033[B");
	reads("dra^");
	send("one");
	press("\033[A\033[A");
	reads("two^");
}

static void searching_what_was_sent(void **state)
{
	(void)state;
	send("first one");
	send("second one");
	press("\022one");
	reads("second one^");
	press("\022");
	reads("first one^");
	press("\033[D");
	reads("first on^e");
	assert_null(editor_search(&editor));
	press("\022zzz\003");
	reads("^");
}

static void controls_never_get_in(void **state)
{
	(void)state;
	editor_insert(&editor, "a\033[31mb\177\200c\td", 12);
	reads("a[31mb\xef\xbf\xbd"
	      "c\td^");
	for (int i = 0; i < 2000; i++)
		press("x");
	assert_int_equal(strlen(editor_text(&editor)), 1000);
}

/* Invariants 1 and 2, whatever is pressed. */
static void any_keys_leave_a_text(void **state)
{
	static const char *const pieces[] = {"a",
					     "e\xcc\x81",
					     "\xf0\x9f\x87\xae\xf0\x9f\x87\xb9",
					     " ",
					     "\033\r",
					     "\177",
					     "\033[3~",
					     "\033[D",
					     "\033[C",
					     "\033[A",
					     "\033[B",
					     "\001",
					     "\005",
					     "\013",
					     "\025",
					     "\027",
					     "\031",
					     "\033y",
					     "\037",
					     "\033_",
					     "\024",
					     "\022",
					     "\033d",
					     "\xe2\x80\x8d",
					     "\xef\xb8\x8f",
					     "\033[200~x\ty\033[201~"};
	(void)state;
	srand(3);
	for (int i = 0; i < 20000; i++) {
		press(pieces[(size_t)rand() % (sizeof pieces / sizeof *pieces)]);
		assert_true(editor.cursor <= strlen(editor_text(&editor)));
		assert_true(strlen(editor_text(&editor)) <= 1000);
		if (i % 50 == 49)
			free(editor_take(&editor));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_cluster_is_one_character, begin, end),
	    cmocka_unit_test_setup_teardown(words_and_lines, begin, end),
	    cmocka_unit_test_setup_teardown(what_was_cut_in_a_row_is_one, begin, end),
	    cmocka_unit_test_setup_teardown(undo_and_redo, begin, end),
	    cmocka_unit_test_setup_teardown(several_lines, begin, end),
	    cmocka_unit_test_setup_teardown(up_and_down_go_through_what_was_sent, begin, end),
	    cmocka_unit_test_setup_teardown(searching_what_was_sent, begin, end),
	    cmocka_unit_test_setup_teardown(controls_never_get_in, begin, end),
	    cmocka_unit_test_setup_teardown(any_keys_leave_a_text, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
