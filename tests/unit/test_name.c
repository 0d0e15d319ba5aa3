/* Names that may be taken, and names that cannot be told apart. */
#include "base/text/name.h"

#include "unit.h"

static void verdicts_are(enum name_verdict expected, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum name_verdict verdict = name_check(names[i]);
		if (verdict != expected)
			fail_msg("\"%s\" gives %d, not %d", names[i], verdict, expected);
	}
}

#define VERDICTS_ARE(expected, ...)                                          \
	do {                                                                 \
		static const char *const names[] = {__VA_ARGS__};            \
		verdicts_are(expected, names, sizeof names / sizeof *names); \
	} while (0)

TEST(letters_of_one_script_make_a_name)
{
	VERDICTS_ARE(NAME_OK, "mario", "Ñandú", "Мария", "Дмитро-7", "Ελένη", "नमस्ते", "สมชาย", "محمد", "דוד",
		     "성민", "小明", "さくら", "アリス", "佐々木_エリ", "ㄅㄆ", "Łukasz", "gruß", "a1.[x]",
		     "མཁྱེན", "মিতা", "தமிழ்", "ქეთი", "Արամ", "የሰው");
}

/* TS 39, "highly restrictive": these combinations are how people write. */
TEST(latin_goes_with_japanese_korean_and_chinese)
{
	VERDICTS_ARE(NAME_OK, "Tanaka田中", "ケンKen", "민수Kim", "王Wang", "ㄅPo王");
	VERDICTS_ARE(NAME_MIXED, "ケン민수", "ㄅさくら");
	/* Small capitals, which are letters of phoneticians alone. */
	VERDICTS_ARE(NAME_MIXED, "\u1d0dario", "Anna\u1d00", "\u0299runo", "Bi\u029fl", "\u0262iulia",
		     "\ua731ara");
	VERDICTS_ARE(NAME_OK, "\u018elif\u0259", "\u0253ala", "N\u0254n\u0254", "\u025bkua");
}

TEST(letters_of_several_scripts_make_none)
{
	/* The first has a Cyrillic a, the second a Greek o. */
	VERDICTS_ARE(NAME_MIXED, "M\u0430rio", "mari\u03bf", "Иvan", "αλφaβητ", "अbc", "משהabc",
		     "日本\u0434");
}

TEST(a_letter_carries_three_marks_at_most)
{
	VERDICTS_ARE(NAME_OK, "a\u0301\u0302\u0303", "\u1ec7", "\u1ec7\u0301", "ca\u0301fe\u0301");
	VERDICTS_ARE(NAME_MARKS, "a\u0301\u0302\u0303\u0304", "\u1ec7\u0301\u0302",
		     "a\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301");
	/* Four in all, two above and below and two beside: a word for a snake. */
	VERDICTS_ARE(NAME_OK, "\u1019\u103c\u103d\u103e\u1031");
}

TEST(the_servers_own_name_and_services_are_reserved)
{
	VERDICTS_ARE(NAME_RESERVED, "brusio", "Brusio", "BRUSIO", "brus\u0131o", "BRUSlO", "brus1o", "brusi0",
		     "ｂｒｕｓｉｏ", "NickServ", "nickserv", "NlckServ", "ChanServ", "MemoServ", "HostServ",
		     "OperServ", "SaslServ", "services", "GLOBAL", "G1oba1");
	VERDICTS_ARE(NAME_OK, "brusio_fan", "bruno", "Nick", "service", "Globo");
}

TEST(what_is_no_name_is_bad)
{
	VERDICTS_ARE(NAME_BAD, "", "a b", "\xff", "1a", "a\u200bb", "😀");
}

static bool is_like(const char *one, const char *other)
{
	return name_look_is_like(name_look(one), name_look(other));
}

TEST(names_that_look_alike_have_a_look_in_common)
{
	static const char *const pairs[][2] = {
	    {"Mario", "Mar\u0131o"}, /* a dotless i */
	    {"mario", "Mar\u0131o"},
	    {"MARIO", "mar\u0131o"},
	    {"Ian", "lan"},
	    {"paul1", "paull"},
	    {"mia", "rnia"},
	    {"BOB", "B0B"},
	    {"scope", "\u0455\u0441\u043e\u0440\u0435"}, /* all of it Cyrillic */
	    {"OCTAP", "\u041e\u0421\u0422\u0410\u0420"},
	    {"Jos\u00e9", "Jose\u0301"},
	    {"Jos\u00e9", "Jose\u0301\u0301"}, /* the second accent lies on the first */
	    {"ｍａｒｉｏ", "mario"},
	    {"shaRe", "sh\u0251Re"},
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (!is_like(pairs[i][0], pairs[i][1]))
			fail_msg("%s and %s look different", pairs[i][0], pairs[i][1]);
}

TEST(names_that_do_not_stay_apart)
{
	static const char *const pairs[][2] = {
	    {"mario", "maria"},   {"ian", "lan"},       {"kai", "kal"},   {"bob", "b0b"},
	    {"u10", "u11"},       {"José", "Jose"},     {"дима", "дина"}, {"小明", "小红"},
	    {"Mario", "Mario-2"}, {"user_a", "user-a"}, {"a.b", "a_b"},
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (is_like(pairs[i][0], pairs[i][1]))
			fail_msg("%s and %s look the same", pairs[i][0], pairs[i][1]);
}

TEST(a_skeleton_is_cut_where_it_would_be_too_long)
{
	char name[4096] = "", skeleton[NAME_SKELETON_BYTES];
	for (size_t i = 0; i < 1000; i++)
		strcat(name, "m");
	size_t length = name_skeleton(name, skeleton);
	assert_true(length > NAME_SKELETON_BYTES / 2 && length < NAME_SKELETON_BYTES);
	assert_int_equal(skeleton[length], '\0');
	assert_int_equal(name_skeleton("\xff", skeleton), 0);
	assert_int_equal(name_skeleton("", skeleton), 0);
}

TEST(display_names_have_a_shape)
{
	static const char *const good[] = {"Anna",           "Anna Bianchi", "Anna D'Angelo", "王 小明",
					   "Dr. Anna (3rd)", "Ольга",        "2 & 3"};
	static const char *const bad[] = {"",
					  " ",
					  " a",
					  "a ",
					  "a  b",
					  "...",
					  "a\tb",
					  "An\u202ena",
					  "\u115f",
					  "\u1160",
					  "\u3164",
					  "\uffa0",
					  "Anna\u3164",
					  "An\u200bna",
					  "Anna \u2713",
					  "\xff",
					  "0123456789012345678901234567890123456789012345678"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (name_check_display(good[i]) != NAME_OK)
			fail_msg("%s is refused", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (name_check_display(bad[i]) != NAME_BAD)
			fail_msg("%s is taken", bad[i]);
	assert_int_equal(name_check_display("\u0410nna"), NAME_MIXED);
	assert_int_equal(name_check_display("A\u0301\u0301\u0301\u0301nna"), NAME_MARKS);
	assert_int_equal(name_check_display("B.R.U.S.I.O"), NAME_RESERVED);
	assert_int_equal(name_check_display("nick serv"), NAME_RESERVED);
}

TEST(what_is_compared_of_a_display_name_are_letters_and_digits)
{
	char plain[NAME_PLAIN_BYTES], text[1000] = "";
	name_plain("Dr. Anna D'Angelo (3)", plain);
	assert_string_equal(plain, "DrAnnaDAngelo3");
	for (int i = 0; i < 300; i++)
		strcat(text, "\u738b");
	name_plain(text, plain);
	assert_true(strlen(plain) < NAME_PLAIN_BYTES && strlen(plain) % 3 == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(letters_of_one_script_make_a_name),
	    cmocka_unit_test(latin_goes_with_japanese_korean_and_chinese),
	    cmocka_unit_test(letters_of_several_scripts_make_none),
	    cmocka_unit_test(a_letter_carries_three_marks_at_most),
	    cmocka_unit_test(the_servers_own_name_and_services_are_reserved),
	    cmocka_unit_test(what_is_no_name_is_bad),
	    cmocka_unit_test(names_that_look_alike_have_a_look_in_common),
	    cmocka_unit_test(names_that_do_not_stay_apart),
	    cmocka_unit_test(a_skeleton_is_cut_where_it_would_be_too_long),
	    cmocka_unit_test(display_names_have_a_shape),
	    cmocka_unit_test(what_is_compared_of_a_display_name_are_letters_and_digits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
