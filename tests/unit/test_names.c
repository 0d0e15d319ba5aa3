/* Valid names of users and rooms, by doc/protocol.md "Names". */
#include "base/limits.h"
#include "base/text/utf8.h"

#include "unit.h"

static void are_names(const char *const *names, size_t count, bool expected)
{
	for (size_t i = 0; i < count; i++)
		if (utf8_is_user_name(names[i]) != expected)
			fail_msg("\"%s\" was %s", names[i], expected ? "refused" : "taken");
}

TEST(letters_digits_and_signs_make_a_name)
{
	static const char *const names[] = {
	    "a",     "Mario", "mario2", "_x",   "mario-rossi", "m.r",  "[bot]",     "{x}",
	    "|pipe", "^up",   "è",      "日本", "Ñandú",       "नमस्ते", "e\xcc\x80", "Мария",
	};
	are_names(names, sizeof names / sizeof *names, true);
}

TEST(other_signs_do_not)
{
	static const char *const names[] = {
	    "",      "a b",  "a\tb",  "a,b", "a:b", "a@b", "a#b", "a/b", "a!b",       "a\"b",
	    "a\\b",  "a\nb", "a\x01", "😀",   "a😀",  "a€",  "½",   "a½",  "a\xc2\xa0", "a\xe2\x80\xaez",
	    "a\xff", "\xc3",
	};
	are_names(names, sizeof names / sizeof *names, false);
}

TEST(a_name_begins_with_no_digit_dash_or_sigil)
{
	static const char *const names[] = {"2pac",
					    "-x",
					    "#room",
					    "@mario",
					    "/quit",
					    "٣x",
					    "\xcc\x80"
					    "a"};
	are_names(names, sizeof names / sizeof *names, false);
}

/* Hangul fillers and the like are letters to Unicode, and nothing to the eye: a name of them would be
 * invisible, and all such names would be the same. */
TEST(letters_that_nobody_sees_make_no_name)
{
	static const char *const names[] = {
	    "\xe3\x85\xa4", "\xe1\x85\x9f", "\xe1\x85\xa0", "\xef\xbe\xa0", "mario\xe3\x85\xa4", "a\xcd\x8f",
	};
	are_names(names, sizeof names / sizeof *names, false);
}

static char *repeat(const char *first, const char *text, size_t count)
{
	char *made = malloc(strlen(first) + count * strlen(text) + 1);
	strcpy(made, first);
	for (size_t i = 0; i < count; i++)
		strcat(made, text);
	return made;
}

TEST(a_name_has_32_code_points_at_most)
{
	static const char *const letters[] = {"a", "è", "日", "𐐨"};
	for (size_t i = 0; i < 4; i++) {
		char *longest = repeat("", letters[i], LIMIT_NAME_CODE_POINTS);
		char *longer = repeat("", letters[i], LIMIT_NAME_CODE_POINTS + 1);
		assert_true(utf8_is_user_name(longest));
		assert_false(utf8_is_user_name(longer));
		free(longest);
		free(longer);
	}
}

TEST(a_room_has_a_hash_and_48_code_points_at_most)
{
	assert_true(utf8_is_room_name("#lobby"));
	assert_true(utf8_is_room_name("#2026"));
	assert_true(utf8_is_room_name("#-"));
	assert_false(utf8_is_room_name(""));
	assert_false(utf8_is_room_name("#"));
	assert_false(utf8_is_room_name("lobby"));
	assert_false(utf8_is_room_name("##a"));
	assert_false(utf8_is_room_name("@mario"));
	assert_false(utf8_is_room_name("#a b"));
	assert_false(utf8_is_room_name("#\xcc\x80"));
	char *longest = repeat("#", "𐐨", LIMIT_ROOM_CODE_POINTS),
	     *longer = repeat("#", "a", LIMIT_ROOM_CODE_POINTS + 1);
	assert_true(utf8_is_room_name(longest));
	assert_true(strlen(longest) <= LIMIT_NAME_BYTES);
	assert_false(utf8_is_room_name(longer));
	free(longest);
	free(longer);
}

/* rooms_add() and users_add() count on it. */
TEST(every_name_folds_to_something)
{
	for (uint32_t point = 0x80; point < 0x10000; point++) {
		char name[4] = {(char)(0xe0 | point >> 12), (char)(0x80 | (point >> 6 & 0x3f)),
				(char)(0x80 | (point & 0x3f)), '\0'};
		if (point < 0x800) {
			name[0] = (char)(0xc0 | point >> 6);
			name[1] = (char)(0x80 | (point & 0x3f));
			name[2] = '\0';
		}
		if (!utf8_is_user_name(name))
			continue;
		char *folded = utf8_fold(name);
		if (!folded || !*folded)
			fail_msg("U+%04X is a name and folds to nothing", point);
		free(folded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(letters_digits_and_signs_make_a_name),
	    cmocka_unit_test(other_signs_do_not),
	    cmocka_unit_test(a_name_begins_with_no_digit_dash_or_sigil),
	    cmocka_unit_test(letters_that_nobody_sees_make_no_name),
	    cmocka_unit_test(a_name_has_32_code_points_at_most),
	    cmocka_unit_test(a_room_has_a_hash_and_48_code_points_at_most),
	    cmocka_unit_test(every_name_folds_to_something),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
