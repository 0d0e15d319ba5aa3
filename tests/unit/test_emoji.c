/* One emoji, and the same emoji. */
#include "base/text/code_point.h"
#include "base/text/emoji.h"

#include "unit.h"

#include <stdio.h>

TEST(one_emoji_is_one)
{
	static const char *const emoji[] = {
	    "👍",
	    "👍🏽",
	    "🏽",
	    "❤",
	    "❤\ufe0f",
	    "🇮🇹",
	    "1\ufe0f\u20e3",
	    "#\u20e3",
	    "👩‍👩‍👧‍👦",
	    "🏳\ufe0f‍🌈",
	    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
	    "☺\ufe0e",
	    "©",
	    "🧑🏻‍❤\ufe0f‍💋‍🧑🏼",
	};
	for (size_t i = 0; i < sizeof emoji / sizeof *emoji; i++)
		if (!emoji_is_one(emoji[i]))
			fail_msg("%s is refused", emoji[i]);
}

TEST(anything_else_is_none)
{
	static const char *const others[] = {
	    "",
	    "a",
	    "1",
	    "12",
	    "#",
	    "ok",
	    "👍👍",
	    "👍 ",
	    " 👍",
	    "👍a",
	    "é",
	    "文",
	    "🇮🇹🇮",
	    "👍\u0301",
	    "\u200d",
	    "👍\u200d",
	    "👍\u200da",
	    "\ufe0f",
	    "👍\ufe0f\ufe0f",
	    "\xff",
	    "👍\xff",
	    "🏴\U000e0067\U000e0062",
	    "€",
	    "👍🏽🏽",
	    "🏽🏽",
	    "🏽\u200d👩",
	    "1\u20e3\u20e3",
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (emoji_is_one(others[i]))
			fail_msg("\"%s\" is taken for an emoji", others[i]);
}

static void fold_gives(const char *text, const char *expected)
{
	char folded[64];
	strcpy(folded, text);
	emoji_fold(folded);
	assert_string_equal(folded, expected);
}

TEST(selectors_make_no_difference)
{
	fold_gives("❤\ufe0f", "❤");
	fold_gives("❤\ufe0e", "❤");
	fold_gives("1\ufe0f\u20e3", "1\u20e3");
	fold_gives("🏳\ufe0f‍🌈", "🏳‍🌈");
	fold_gives("👍🏽", "👍🏽");
	fold_gives("", "");
}

/* Every sequence of Unicode's own list, whose lines begin "1F600 ; fully-qualified #". Components alone, such
 * as a skin tone, are symbols too. */
TEST(all_of_unicodes_list_are_one)
{
	FILE *list = fopen("/usr/share/unicode/emoji/emoji-test.txt", "r");
	char line[512];
	size_t count = 0;
	if (!list)
		skip();
	while (fgets(line, sizeof line, list)) {
		char text[64] = "", *at = line;
		size_t length = 0;
		if (*line == '#' || !strchr(line, ';'))
			continue;
		for (char *end;; at = end) {
			unsigned long point = strtoul(at, &end, 16);
			if (end == at)
				break;
			length += code_point_write(text + length, (uint32_t)point);
		}
		text[length] = '\0';
		if (!emoji_is_one(text))
			fail_msg("%s is refused: %s", text, line);
		count++;
	}
	fclose(list);
	assert_true(count > 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_emoji_is_one),
	    cmocka_unit_test(anything_else_is_none),
	    cmocka_unit_test(selectors_make_no_difference),
	    cmocka_unit_test(all_of_unicodes_list_are_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
