/* UTF-8: what is valid, where it may be cut, how wide it is, how it folds. */
#include "base/text/utf8.h"

#include "unit.h"

#include <utf8proc.h>

static bool valid(const char *text)
{
	return utf8_valid(text, strlen(text));
}

TEST(well_formed_text_is_valid)
{
	assert_true(utf8_valid("", 0));
	assert_true(utf8_valid("a\0b", 3));
	assert_true(valid("ciao è così — 日本語 👍"));
	assert_true(valid("\xc2\x80"));
	assert_true(valid("\xdf\xbf"));
	assert_true(valid("\xe0\xa0\x80"));
	assert_true(valid("\xed\x9f\xbf"));
	assert_true(valid("\xee\x80\x80"));
	assert_true(valid("\xef\xbf\xbf"));
	assert_true(valid("\xf0\x90\x80\x80"));
	assert_true(valid("\xf4\x8f\xbf\xbf"));
}

TEST(everything_else_is_not)
{
	static const char *const wrong[] = {
	    "\x80",
	    "\xbf",
	    "a\x80",
	    "\xc3",
	    "\xc3(",
	    "\xc0\x80",
	    "\xc1\xbf",
	    "\xe0\x9f\xbf",
	    "\xe2\x82",
	    "\xed\xa0\x80",
	    "\xed\xbf\xbf",
	    "\xf0\x8f\xbf\xbf",
	    "\xf0\x9f\x91",
	    "\xf4\x90\x80\x80",
	    "\xf5\x80\x80\x80",
	    "\xf8\x88\x80\x80",
	    "\xfe",
	    "\xff",
	    "ok\xf0\x9f",
	    "\xe2(\xa1",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (valid(wrong[i]))
			fail_msg("case %zu was taken", i);
}

/* Every code point, by its encoding written out by hand. */
TEST(every_code_point_is_valid_but_the_surrogates)
{
	for (uint32_t point = 0; point < 0x120000; point += point < 0x3000 ? 1 : 7) {
		char text[4];
		size_t bytes = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
		static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
		for (size_t i = bytes; i-- > 1;)
			text[i] = (char)(0x80 | (point >> 6 * (bytes - 1 - i) & 0x3f));
		text[0] = (char)(first[bytes] | point >> 6 * (bytes - 1));
		bool is_point = point < 0x110000 && (point < 0xd800 || point > 0xdfff);
		assert_int_equal(utf8_valid(text, bytes), is_point);
		if (bytes > 1)
			assert_false(utf8_valid(text, bytes - 1));
	}
}

TEST(a_prefix_cuts_no_code_point)
{
	static const char text[] = "aè日👍";
	static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
	for (size_t most = 0; most < sizeof expected / sizeof *expected; most++) {
		assert_int_equal(utf8_prefix(text, 10, most), expected[most]);
		assert_true(utf8_valid(text, utf8_prefix(text, 10, most)));
	}
	assert_int_equal(utf8_prefix(text, 10, 1000), 10);
	/* Text that is not UTF-8 has a prefix all the same. */
	assert_int_equal(utf8_prefix("\x80\x80\x80", 3, 2), 0);
}

TEST(width_is_in_columns)
{
	static const struct {
		const char *text;
		size_t columns;
	} cases[] = {{"", 0},  {"ciao", 4},       {"è", 1},  {"e\xcc\x80", 1}, {"日本", 4},
		     {"👍", 2}, {"a\x01\tb\n", 2}, {"＃", 2}, {"a\xff\x80", 3}, {"\xe2\x80\x8b", 0}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(utf8_width(cases[i].text, strlen(cases[i].text)), cases[i].columns);
}

TEST(what_fits_cuts_no_code_point_and_keeps_the_marks)
{
	static const struct {
		const char *text;
		size_t columns, bytes;
	} cases[] = {{"", 3, 0},          {"ciao", 0, 0},        {"ciao", 3, 3}, {"ciao", 4, 4},
		     {"ciao", 9, 4},      {"日本", 3, 3},        {"日本", 1, 0}, {"e\xcc\x80u", 1, 3},
		     {"a\xff\x80", 2, 2}, {"\xe2\x80\x8b", 0, 3}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(utf8_fit(cases[i].text, strlen(cases[i].text), cases[i].columns),
				 cases[i].bytes);
}

static void folds_alike(const char *one, const char *other, bool alike)
{
	char *a = utf8_fold(one), *b = utf8_fold(other);
	assert_non_null(a);
	assert_non_null(b);
	if (!strcmp(a, b) != alike)
		fail_msg("%s and %s fold to %s and %s", one, other, a, b);
	free(a);
	free(b);
}

TEST(names_that_look_alike_fold_alike)
{
	folds_alike("Mario", "mARIO", true);
	folds_alike("È", "e\xcc\x80", true);
	folds_alike("STRASSE", "straße", true);
	folds_alike("Ｍario", "mario", true);
	folds_alike("ﬁne", "FINE", true);
	folds_alike("Σίσυφος", "ΣΊΣΥΦΟΣ", true);
	folds_alike("a\xe2\x80\x8b"
		    "b",
		    "ab", true);
	folds_alike("mario", "maria", false);
	folds_alike("perche", "perchè", false);
	folds_alike("", "a", false);
}

TEST(what_is_not_utf8_does_not_fold)
{
	assert_null(utf8_fold("\xff"));
	assert_null(utf8_fold("abc\xc3"));
	assert_null(utf8_fold("\xed\xa0\x80"));
}

/* Folding a folded name changes nothing: names are compared, and stored, in this form. */
TEST(folding_twice_changes_nothing)
{
	uint64_t dice = 9;
	for (int turn = 0; turn < 20000; turn++) {
		char text[40];
		size_t length = 0;
		while (length < 12) {
			uint32_t point = (uint32_t)dice_below(&dice, dice_below(&dice, 3) ? 0x3000 : 0xd800);
			if (point < 0x80) {
				text[length++] = point ? (char)point : 'x';
			} else {
				if (point >= 0x800)
					text[length++] = (char)(0xe0 | point >> 12);
				text[length++] =
				    (char)(point >= 0x800 ? 0x80 | (point >> 6 & 0x3f) : 0xc0 | point >> 6);
				text[length++] = (char)(0x80 | (point & 0x3f));
			}
		}
		text[length] = '\0';
		char *once = utf8_fold(text), *twice = utf8_fold(once);
		assert_string_equal(once, twice);
		free(once);
		free(twice);
	}
}

/* ASCII has a way of its own; every sign of it folds as utf8proc folds it. */
TEST(ascii_folds_as_all_text_does)
{
	for (char sign = 1; sign > 0 && sign < 0x7f; sign++) {
		char text[] = {'x', sign, 'Y', 0};
		char *folded = utf8_fold(text);
		utf8proc_uint8_t *expected = utf8proc_NFKC_Casefold((const utf8proc_uint8_t *)text);
		assert_string_equal(folded, (const char *)expected);
		free(folded);
		free(expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ascii_folds_as_all_text_does),
	    cmocka_unit_test(well_formed_text_is_valid),
	    cmocka_unit_test(everything_else_is_not),
	    cmocka_unit_test(every_code_point_is_valid_but_the_surrogates),
	    cmocka_unit_test(a_prefix_cuts_no_code_point),
	    cmocka_unit_test(width_is_in_columns),
	    cmocka_unit_test(what_fits_cuts_no_code_point_and_keeps_the_marks),
	    cmocka_unit_test(names_that_look_alike_fold_alike),
	    cmocka_unit_test(what_is_not_utf8_does_not_fold),
	    cmocka_unit_test(folding_twice_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
