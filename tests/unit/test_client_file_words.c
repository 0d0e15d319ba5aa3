/* The names of files in a command's line: what is typed, and how a name has to be typed. */
#include "client/file_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* All words of the line, each with "|" behind it. */
static void check(const char *line, const char *expected)
{
	struct buffer words = BUFFER_EMPTY, word = BUFFER_EMPTY;
	while (file_words_next(&line, &word)) {
		buffer_add_string(&words, buffer_string(&word));
		buffer_add_char(&words, '|');
	}
	assert_string_equal(buffer_string(&words), expected);
	buffer_release(&words);
	buffer_release(&word);
}

static void words_are_parted_as_in_a_shell(void **state)
{
	(void)state;
	check("", "");
	check("  ", "");
	check("a b  c ", "a|b|c|");
	check("a\\ b c", "a b|c|");
	check("'a b' \"c d\"", "a b|c d|");
	check("'a\\' \"b\\\"c\"", "a\\|b\"c|");
	check("a'b c'd", "ab cd|");
	check("'' x", "|x|");
	check("'open", "open|");
	check("end\\", "end\\|");
	check("$HOME *", "$HOME|*|");
}

static void the_last_word_is_the_one_that_is_typed(void **state)
{
	static const struct {
		const char *line, *last;
	} cases[] = {{"", ""},           {"a", "a"},      {"a ", ""}, {"a b\\ c", "b\\ c"},
		     {"a 'b c", "'b c"}, {" a  bc", "bc"}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(file_words_last(cases[i].line), cases[i].last);
}

static void a_name_comes_back_as_it_was(void **state)
{
	static const char *const names[] = {"plain", "two words", "a\\b", "it's", "\"q\"", "tab\there", "é"};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct buffer typed = BUFFER_EMPTY, word = BUFFER_EMPTY;
		file_words_add(&typed, names[i]);
		const char *line = buffer_string(&typed);
		assert_true(file_words_next(&line, &word));
		assert_string_equal(buffer_string(&word), names[i]);
		assert_false(file_words_next(&line, &word));
		buffer_release(&typed);
		buffer_release(&word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_are_parted_as_in_a_shell),
	    cmocka_unit_test(the_last_word_is_the_one_that_is_typed),
	    cmocka_unit_test(a_name_comes_back_as_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
