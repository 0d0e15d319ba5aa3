/* The catalogues: every text in both languages, with what belongs into it. */
#include "wire/lang.h"

#include "unit.h"

#include <jansson.h>

extern const char lang_en_json[], lang_it_json[];

static int setup(void **state)
{
	(void)state;
	lang_init();
	return 0;
}

static void writes(enum lang lang, const char *key, const struct text_args *args, const char *expected)
{
	struct buffer to = BUFFER_EMPTY;
	lang_write(&to, lang, key, args);
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
	writes(LANG_EN, "event.enter", &args, "mario joined");
	writes(LANG_EN, "event.nick", &args, "anna is now called mario");
	writes(LANG_EN, "error.not_member", &args, "You are not in #ops. Join it first.");
	writes(LANG_EN, "{name}/{by}/{room}/{text}/{number}", &args, "mario/anna/#ops/hm/-3");
}

TEST(a_time_is_written_for_people)
{
	struct text_args args = {.time_ms = INT64_C(1795341600123)};
	writes(LANG_EN, "until {time}", &args, "until 2026-11-22 10:00 UTC");
	writes(LANG_IT, "fino al {time}", &args, "fino al 22/11/2026 alle 10:00 UTC");
}

TEST(what_is_not_given_is_empty)
{
	struct text_args args = {0};
	writes(LANG_EN, "<{name}{by}{room}{text}>{number}", &args, "<>0");
}

TEST(other_braces_are_text)
{
	struct text_args args = {.name = "x"};
	writes(LANG_EN, "{", &args, "{");
	writes(LANG_EN, "}{", &args, "}{");
	writes(LANG_EN, "{}{nam}{named}{ name}", &args, "{}{nam}{named}{ name}");
	writes(LANG_EN, "{\"op\":\"ping\"}{name}", &args, "{\"op\":\"ping\"}x");
}

TEST(what_is_filled_in_is_not_read_again)
{
	struct text_args args = {.name = "{text}", .text = "secret"};
	writes(LANG_EN, "<{name}>", &args, "<{text}>");
}

TEST(a_missing_text_is_its_key)
{
	assert_string_equal(lang_text(LANG_IT, "no.such.key"), "no.such.key");
}

TEST(both_catalogues_hold_every_key)
{
	json_t *english = json_loads(lang_en_json, JSON_REJECT_DUPLICATES, NULL);
	json_t *italian = json_loads(lang_it_json, JSON_REJECT_DUPLICATES, NULL);
	const char *key;
	json_t *text;
	assert_non_null(english);
	assert_non_null(italian);
	assert_int_equal(json_object_size(english), json_object_size(italian));
	json_object_foreach(english, key, text)
	{
		if (!json_is_string(json_object_get(italian, key)))
			fail_msg("%s is not in Italian", key);
		assert_string_equal(lang_text(LANG_EN, key), json_string_value(text));
		assert_string_equal(lang_text(LANG_IT, key),
				    json_string_value(json_object_get(italian, key)));
	}
	json_decref(english);
	json_decref(italian);
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
	    cmocka_unit_test(a_missing_text_is_its_key),
	    cmocka_unit_test(both_catalogues_hold_every_key),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
