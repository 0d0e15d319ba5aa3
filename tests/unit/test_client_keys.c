/* Bytes of a terminal become keys: each sequence whole, byte by byte, and what is none does nothing. */
#include "front/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct keys keys;
static struct buffer told;

static int end(void **state)
{
	(void)state;
	keys_release(&keys);
	buffer_release(&told);
	return 0;
}

static void tell_key(const struct key *key)
{
	static const char *const names[] = {
	    "char",    "enter", "tab",     "backspace", "escape", "up",     "down",   "left",   "right",
	    "home",    "end",   "pgup",    "pgdn",      "insert", "delete", "f",      "paste",  "press",
	    "release", "drag",  "wheelup", "wheeldown", "in",     "out",    "answer", "unknown"};
	buffer_add_string(&told, buffer_length(&told) ? " " : "");
	buffer_printf(&told, "%s%s%s", key->modifiers & KEY_CTRL ? "C-" : "",
		      key->modifiers & KEY_ALT ? "A-" : "", key->modifiers & KEY_SHIFT ? "S-" : "");
	if (key->code == KEY_CHAR && key->c < 128)
		buffer_printf(&told, "%c", (char)key->c);
	else
		buffer_add_string(&told, names[key->code]);
	if ((key->code == KEY_CHAR && key->c >= 128) || key->code == KEY_FUNCTION)
		buffer_printf(&told, "%x", (unsigned)key->c);
	if (key->code == KEY_PASTE)
		buffer_printf(&told, "(%.*s)", (int)key->length, key->text);
	if (key->code == KEY_ANSWER)
		buffer_printf(&told, "%u:%zu,%zu", (unsigned)key->c, key->column, key->row);
	if (key->code >= KEY_PRESS && key->code <= KEY_WHEEL_DOWN)
		buffer_printf(&told, "%u@%zu,%zu", (unsigned)key->c, key->column, key->row);
}

static void take(int64_t now_ms)
{
	struct key key;
	while (keys_next(&keys, &key, now_ms))
		tell_key(&key);
}

/* Whole, then byte by byte. */
static void becomes(const char *bytes, const char *expected)
{
	keys_add(&keys, bytes, strlen(bytes), 0);
	take(0);
	take(10000);
	assert_string_equal(buffer_string(&told), expected);
	buffer_clear(&told);
	for (const char *at = bytes; *at; at++) {
		keys_add(&keys, at, 1, 0);
		take(0);
	}
	take(10000);
	assert_string_equal(buffer_string(&told), expected);
	buffer_clear(&told);
}

static void letters_and_controls(void **state)
{
	(void)state;
	becomes("aé世", "a chare9 char4e16");
	becomes("\r\n\t\177\b", "enter enter tab backspace backspace");
	becomes("\001\032\037", "C-a C-z C-_");
	becomes("\033b\033\r\033\177", "A-b A-enter A-backspace");
}

static void legacy_sequences(void **state)
{
	(void)state;
	becomes("\033[A\033OB\033[C\033[D", "up down right left");
	becomes("\033[1;5C\033[1;3D\033[1;2A", "C-right A-left S-up");
	becomes("\033[3~\033[5~\033[6;3~\033[1~\033[4~", "delete pgup A-pgdn home end");
	becomes("\033OP\033[15~\033[24~\033[[A", "f1 f5 fc unknown");
	becomes("\033[Z", "S-tab");
}

static void newer_protocols(void **state)
{
	(void)state;
	becomes("\033[27;2;13~\033[27;5;107~", "S-enter C-k");
	becomes("\033[13;2u\033[107;5u\033[27u\033[97;3u", "S-enter C-k escape A-a");
	becomes("\033[97:65;2:1u\033[57441;2u", "A S-unknown");
}

static void mouse_and_focus(void **state)
{
	(void)state;
	becomes("\033[<0;5;7M\033[<0;5;7m", "press0@4,6 release0@4,6");
	becomes("\033[<64;1;1M\033[<65;1;2M\033[<32;3;3M", "wheelup0@0,0 wheeldown1@0,1 drag0@2,2");
	becomes("\033[I\033[O", "in out");
}

static void what_is_pasted_is_text(void **state)
{
	(void)state;
	becomes("\033[200~one\r\ntwo\rthree\tx\033[31m\007\033[201~y", "paste(one\ntwo\nthree\tx[31m) y");
	becomes("\033[200~/quit\r\033[201~", "paste(/quit\n)");
}

static void an_escape_alone_waits_for_a_moment(void **state)
{
	struct key key;
	(void)state;
	keys_add(&keys, "\033", 1, 100);
	assert_false(keys_next(&keys, &key, 110));
	assert_true(keys_deadline(&keys) > 110);
	assert_true(keys_next(&keys, &key, keys_deadline(&keys)));
	assert_int_equal(key.code, KEY_ESCAPE);
	assert_true(keys_deadline(&keys) == INT64_MAX);
}

static void answers_about_pictures_are_understood(void **state)
{
	(void)state;
	becomes("\033[?62;4;22c\033[?62;22c\033[?64;1;2;6;9;15;16;17;18;21;22;28;4c",
		"answer0:0,1 answer0:0,0 answer0:0,1");
	becomes("\033[6;20;10t\033[?1;0;256S\033[?1;3;0S", "answer1:10,20 answer2:0,256 unknown");
	becomes("\033_Gi=31;OK\033\\\033_Gi=31;EINVAL:no\033\\\033_Gi=32;OK\033\\x",
		"answer3:0,1 unknown unknown x");
}

static void other_answers_do_nothing(void **state)
{
	(void)state;
	becomes("\033[?1ux", "unknown x");
	becomes("\033]11;rgb:0000/0000/0000\033\\x\033]11;?\007y", "unknown x unknown y");
}

static void any_bytes_come_to_an_end(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 2000; round++) {
		char bytes[64];
		size_t count = (size_t)rand() % sizeof bytes;
		for (size_t i = 0; i < count; i++)
			bytes[i] = rand() % 3 ? "\033[O<;0123456789~uMmA\r]P"[rand() % 23] : (char)rand();
		keys_add(&keys, bytes, count, 0);
		take(0);
		buffer_clear(&told);
	}
	take(100000);
	take(200000);
	assert_int_equal(buffer_length(&keys.bytes), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(letters_and_controls, end),
	    cmocka_unit_test_teardown(legacy_sequences, end),
	    cmocka_unit_test_teardown(newer_protocols, end),
	    cmocka_unit_test_teardown(mouse_and_focus, end),
	    cmocka_unit_test_teardown(what_is_pasted_is_text, end),
	    cmocka_unit_test_teardown(an_escape_alone_waits_for_a_moment, end),
	    cmocka_unit_test_teardown(answers_about_pictures_are_understood, end),
	    cmocka_unit_test_teardown(other_answers_do_nothing, end),
	    cmocka_unit_test_teardown(any_bytes_come_to_an_end, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
