/* The words that a search knows of a text. */
#include "base/text/words.h"

#include "unit.h"

#include <stdio.h>

struct said {
	char text[8192];
	size_t count;
};

static int say(void *context, const char *word, size_t bytes, bool is_same_place)
{
	struct said *said = context;
	size_t length = strlen(said->text);
	assert_true(bytes > 0 && bytes <= WORDS_BYTES_MAX);
	snprintf(said->text + length, sizeof said->text - length, "%s%.*s",
		 is_same_place ? "="
		 : length      ? " "
			       : "",
		 (int)bytes, word);
	said->count++;
	return 0;
}

static const char *words_of(const char *text, enum words_mode mode)
{
	static struct said said;
	said = (struct said){.count = 0};
	assert_int_equal(words_split(text, strlen(text), mode, say, &said), 0);
	return said.text;
}

static void text_gives(const char *text, const char *expected)
{
	assert_string_equal(words_of(text, WORDS_OF_TEXT), expected);
}

TEST(signs_and_spaces_part_words)
{
	text_gives("Ciao, a tutti!", "ciao a tutti");
	text_gives("don't a_b x-1", "don t a b x 1");
	text_gives("http://example.org/a?b=c", "http example org a b c");
	text_gives("", "");
	text_gives("'( ... €", "");
}

TEST(case_accents_width_and_ligatures_make_no_difference)
{
	text_gives("CAFFÈ caffe\u0300 Caffè", "caffe caffe caffe");
	text_gives("Straße STRASSE", "strasse strasse");
	text_gives("Łódź Ørsted Đà Æsir Œuvre", "lodz orsted da aesir oeuvre");
	text_gives("１２３ ＡＢＣ", "123 abc");
	text_gives("ﬁne oﬃce", "fine office");
	text_gives("ἈΘΗΝΑ Ёлка ΛΌΓΟΣ λόγος", "αθηνα елка λογοσ λογοσ");
	text_gives("co\u00adoperate", "cooperate");
	text_gives("\u0130stanbul", "istanbul");
}

TEST(a_letter_without_spaces_around_it_is_a_word)
{
	text_gives("我的文件夹", "我 的 文 件 夹");
	text_gives("東京タワー", "東 京 タ ワ ー");
	text_gives("ガ ｶﾞ", "ガ ガ");
	text_gives("서버가", "서 버 가");
	text_gives("see文件please", "see 文 件 please");
	/* Thai: two letters with their marks, and a vowel that is a letter. */
	text_gives("ที่นี่แม่", "ที่ นี่ แ ม่");
	text_gives("ភាសាខ្មែរ", "ភា សា ខ្ មែ រ");
	/* A joiner between two marks hides their order from the first look. */
	text_gives("\u0e15\u0e48\u200d\u0e39", "\u0e15\u0e39\u0e48");
}

TEST(vowel_signs_belong_to_their_word)
{
	text_gives("हिन्दी की कि", "हिन्दी की कि");
	text_gives("फ़ोन", "फोन");
	text_gives("தமிழ் বাংলা", "தமிழ் বাংলা");
}

TEST(points_of_arabic_and_hebrew_make_no_difference)
{
	text_gives("مُحَمَّد محمد", "محمد محمد");
	text_gives("محـــمد أحمد", "محمد احمد");
	text_gives("שָׁלוֹם שלום", "שלום שלום");
}

TEST(an_emoji_is_a_word_without_its_skin_tone)
{
	text_gives("ok👍🏽!", "ok 👍");
	text_gives("👍👎", "👍 👎");
	text_gives("❤\ufe0f ❤", "❤ ❤");
	text_gives("👩🏽\u200d💻", "👩 💻");
	text_gives("🇮🇹🇫🇷🇩", "🇮🇹 🇫🇷 🇩");
}

TEST(signs_may_belong_to_a_name)
{
	text_gives("C++ and c#", "c=c++ and c=c#");
	text_gives("c++17, g++.", "c=c++ 17 g=g++");
	text_gives("a+b 1+1 x#y a+++ #tag + ++", "a b 1 1 x y a tag");
	text_gives("A+ Ｃ＋＋", "a=a+ c=c++");
	assert_string_equal(words_of("C++ code", WORDS_OF_QUERY), "c++ code");
	assert_string_equal(words_of("C code", WORDS_OF_QUERY), "c code");
	assert_string_equal(words_of("the C# way", WORDS_OF_QUERY), "the c# way");
}

TEST(a_long_word_is_cut)
{
	char text[1000], expected[WORDS_BYTES_MAX + 1];
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = '\0';
	memset(expected, 'a', WORDS_BYTES_MAX);
	expected[WORDS_BYTES_MAX] = '\0';
	assert_string_equal(strncmp(words_of(text, WORDS_OF_TEXT), expected, WORDS_BYTES_MAX) ? "" : expected,
			    expected);
}

TEST(a_long_run_without_spaces_loses_nothing)
{
	char text[6001] = "";
	struct said said = {.count = 0};
	for (size_t i = 0; i < 2000; i++)
		strcat(text, "文");
	words_split(text, strlen(text), WORDS_OF_TEXT, say, &said);
	assert_int_equal(said.count, 2000);
}

TEST(bytes_that_are_no_text_part_words)
{
	text_gives("a \xff b", "a b");
	text_gives("\xe6\x96", "");
}

static int stop_at_second(void *context, const char *word, size_t bytes, bool is_same_place)
{
	(void)word;
	(void)bytes;
	(void)is_same_place;
	return ++*(int *)context == 2 ? 7 : 0;
}

TEST(a_visit_may_end_it)
{
	int seen = 0;
	assert_int_equal(words_split("a b c d", 7, WORDS_OF_TEXT, stop_at_second, &seen), 7);
	assert_int_equal(seen, 2);
}

TEST(only_scripts_with_marks_go_on)
{
	assert_true(words_may_go_on("แม", strlen("แม")));
	assert_false(words_may_go_on("文件", strlen("文件")));
	assert_false(words_may_go_on("word", 4));
	assert_false(words_may_go_on("", 0));
}

/* A piece of text that is ASCII takes a shorter way than one with a sign of Unicode at its end. */
TEST(the_short_way_finds_the_same_words)
{
	char text[160], with_other[200], expected[400];
	uint32_t random = 20240117;
	for (int round = 0; round < 5000; round++) {
		size_t length = 1 + (size_t)(round % 120);
		for (size_t i = 0; i < length; i++) {
			random = random * 1664525u + 1013904223u;
			uint32_t byte = 33 + (random >> 24) % 94;
			text[i] = byte == '+' || byte == '#' ? ',' : (char)byte;
		}
		text[length] = '\0';
		snprintf(with_other, sizeof with_other, "%s,\u20ac", text);
		snprintf(expected, sizeof expected, "%s", words_of(with_other, WORDS_OF_TEXT));
		text_gives(text, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(signs_and_spaces_part_words),
	    cmocka_unit_test(case_accents_width_and_ligatures_make_no_difference),
	    cmocka_unit_test(a_letter_without_spaces_around_it_is_a_word),
	    cmocka_unit_test(vowel_signs_belong_to_their_word),
	    cmocka_unit_test(points_of_arabic_and_hebrew_make_no_difference),
	    cmocka_unit_test(an_emoji_is_a_word_without_its_skin_tone),
	    cmocka_unit_test(signs_may_belong_to_a_name),
	    cmocka_unit_test(a_long_word_is_cut),
	    cmocka_unit_test(a_long_run_without_spaces_loses_nothing),
	    cmocka_unit_test(bytes_that_are_no_text_part_words),
	    cmocka_unit_test(a_visit_may_end_it),
	    cmocka_unit_test(only_scripts_with_marks_go_on),
	    cmocka_unit_test(the_short_way_finds_the_same_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
