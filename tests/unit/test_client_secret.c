#include "client/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct secret secret;

/* Types `keys` whole and byte by byte; both must come to the same. */
static enum secret_result type(const char *keys, size_t *used)
{
	enum secret_result result = SECRET_MORE, bytewise = SECRET_MORE;
	struct secret other = {0};
	size_t count = 0;
	secret_clear(&secret);
	*used = secret_take(&secret, keys, strlen(keys), &result);
	while (count < strlen(keys) && bytewise == SECRET_MORE)
		count += secret_take(&other, keys + count, 1, &bytewise);
	assert_int_equal(result, bytewise);
	assert_int_equal(*used, count);
	assert_string_equal(secret.text, other.text);
	return result;
}

static void expect(const char *keys, enum secret_result result, const char *text, size_t left)
{
	size_t used;
	assert_int_equal(type(keys, &used), result);
	assert_string_equal(secret.text, text);
	assert_int_equal(strlen(keys) - used, left);
}

static void a_line_ends_it(void **state)
{
	(void)state;
	expect("open sesame\r", SECRET_DONE, "open sesame", 0);
	expect("open\nnext", SECRET_DONE, "open", 4);
	expect("open", SECRET_MORE, "open", 0);
	expect("\r", SECRET_DONE, "", 0);
}

static void it_can_be_edited(void **state)
{
	(void)state;
	expect("opem\x7fn\r", SECRET_DONE, "open", 0);
	expect("perch\xc3\xa9\x7f\x08\r", SECRET_DONE, "perc", 0);
	expect("wrong\x15right\r", SECRET_DONE, "right", 0);
	expect("\x7f\x7fx\r", SECRET_DONE, "x", 0);
}

static void it_can_be_cancelled(void **state)
{
	(void)state;
	expect("op\x03rest", SECRET_CANCELLED, "op", 4);
	expect("\x04", SECRET_CANCELLED, "", 0);
	expect("op\x04\r", SECRET_DONE, "op", 0);
}

static void keys_that_are_no_text_are_left_out(void **state)
{
	(void)state;
	expect("\033[200~past\033[201~ed\r", SECRET_DONE, "pasted", 0);
	expect("a\033[D\033OPb\033[1;5Cc\t\x1a\r", SECRET_DONE, "abc", 0);
	expect("a\033\033[Db\r", SECRET_DONE, "ab", 0);
}

static void too_long_is_said(void **state)
{
	char keys[LIMIT_PASSWORD_BYTES + 3];
	size_t used;
	(void)state;
	memset(keys, 'x', sizeof keys);
	keys[LIMIT_PASSWORD_BYTES] = '\0';
	assert_int_equal(type(keys, &used), SECRET_MORE);
	assert_false(secret.is_too_long);
	keys[LIMIT_PASSWORD_BYTES] = 'x';
	keys[LIMIT_PASSWORD_BYTES + 1] = '\0';
	assert_int_equal(type(keys, &used), SECRET_MORE);
	assert_true(secret.is_too_long);
	assert_int_equal(secret.length, LIMIT_PASSWORD_BYTES);
}

static void what_it_held_is_wiped(void **state)
{
	static const struct secret empty;
	size_t used;
	(void)state;
	type("open sesame", &used);
	secret_clear(&secret);
	assert_memory_equal(&secret, &empty, sizeof secret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_ends_it),      cmocka_unit_test(it_can_be_edited),
	    cmocka_unit_test(it_can_be_cancelled), cmocka_unit_test(keys_that_are_no_text_are_left_out),
	    cmocka_unit_test(too_long_is_said),    cmocka_unit_test(what_it_held_is_wiped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
