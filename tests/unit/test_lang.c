/* The catalogues: every text in both languages, with what belongs into it. */
#include "wire/lang.h"

#include "unit.h"

#include <jansson.h>

static void writes(enum lang lang, enum text key, const struct text_args *args, const char *expected)
{
	struct buffer to = BUFFER_EMPTY;
	lang_write(&to, lang, key, args);
	assert_string_equal(buffer_string(&to), expected);
	buffer_release(&to);
}

static void fills(enum lang lang, const char *text, const struct text_args *args, const char *expected)
{
	struct buffer to = BUFFER_EMPTY;
	lang_fill(&to, lang, text, args);
	assert_string_equal(buffer_string(&to), expected);
	buffer_release(&to);
}

TEST(tags_name_languages)
{
	static const char *const italian[] = {"it", "IT", "it-CH", "it_IT.UTF-8", "it.UTF-8", "it@euro"};
	for (size_t i = 0; i < sizeof italian / sizeof *italian; i++)
		assert_int_equal(lang_from_tag(italian[i], LANG_EN), LANG_IT);
	assert_int_equal(lang_from_tag("en-GB", LANG_IT), LANG_EN);
	static const char *const unknown[] = {"", "fr", "i", "ita", "italian", "C", "-it"};
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		assert_int_equal(lang_from_tag(unknown[i], LANG_EN), LANG_EN);
		assert_int_equal(lang_from_tag(unknown[i], LANG_IT), LANG_IT);
	}
	assert_int_equal(lang_from_tag(NULL, LANG_IT), LANG_IT);
}

TEST(placeholders_are_filled_in)
{
	struct text_args args = {.name = "mario", .by = "anna", .room = "#ops", .text = "hm", .number = -3};
	writes(LANG_EN, TEXT_event_enter, &args, "mario joined");
	writes(LANG_EN, TEXT_event_nick, &args, "anna is now called mario");
	writes(LANG_EN, TEXT_error_not_member, &args, "You are not in #ops. Join it first.");
	fills(LANG_EN, "{name}/{by}/{room}/{text}/{number}", &args, "mario/anna/#ops/hm/-3");
}

TEST(a_time_is_written_for_people)
{
	struct text_args args = {.time_ms = INT64_C(1795341600123)};
	fills(LANG_EN, "until {time}", &args, "until 2026-11-22 10:00 UTC");
	fills(LANG_IT, "fino al {time}", &args, "fino al 22/11/2026 alle 10:00 UTC");
}

TEST(what_is_not_given_is_empty)
{
	struct text_args args = {0};
	fills(LANG_EN, "<{name}{by}{room}{text}>{number}", &args, "<>0");
}

TEST(other_braces_are_text)
{
	struct text_args args = {.name = "x"};
	fills(LANG_EN, "{", &args, "{");
	fills(LANG_EN, "}{", &args, "}{");
	fills(LANG_EN, "{}{nam}{named}{ name}", &args, "{}{nam}{named}{ name}");
	fills(LANG_EN, "{\"op\":\"ping\"}{name}", &args, "{\"op\":\"ping\"}x");
}

TEST(what_is_filled_in_is_not_read_again)
{
	struct text_args args = {.name = "{text}", .text = "secret"};
	fills(LANG_EN, "<{name}>", &args, "<{text}>");
}

TEST(the_binary_holds_the_catalogues)
{
	static const char *const files[LANG_COUNT] = {"lang/en.json", "lang/it.json"};
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		json_t *catalogue = json_load_file(files[lang], JSON_REJECT_DUPLICATES, NULL), *text;
		const char *key;
		int own = TEXT_NONE + 1;
		assert_non_null(catalogue);
		json_object_foreach(catalogue, key, text)
		{
			if (strncmp(key, "web.", 4) != 0)
				assert_string_equal(lang_text((enum lang)lang, (enum text)own++),
						    json_string_value(text));
		}
		assert_int_equal(own, TEXT_COUNT);
		json_decref(catalogue);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tags_name_languages),
	    cmocka_unit_test(placeholders_are_filled_in),
	    cmocka_unit_test(a_time_is_written_for_people),
	    cmocka_unit_test(what_is_not_given_is_empty),
	    cmocka_unit_test(other_braces_are_text),
	    cmocka_unit_test(what_is_filled_in_is_not_read_again),
	    cmocka_unit_test(the_binary_holds_the_catalogues),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
