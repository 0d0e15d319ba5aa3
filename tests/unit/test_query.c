/* The language in which people search. */
#include "chat/talk/query.h"

#include "base/clock.h"

#include "unit.h"

static struct query query;

static void reads(const char *text)
{
	query_release(&query);
	if (!query_read(&query, text))
		fail_msg("\"%s\" is refused: %s", text, query.problem);
}

static void is_refused(const char *text, enum text problem, const char *piece)
{
	query_release(&query);
	if (query_read(&query, text))
		fail_msg("\"%s\" is taken", text);
	assert_int_equal(query.problem, problem);
	if (piece)
		assert_string_equal(query.piece, piece);
	else
		assert_null(query.piece);
}

static void term_is(size_t number, const char *text, bool is_prefix, bool is_excluded)
{
	assert_true(number < query.terms_count);
	assert_string_equal(query.terms[number].text, text);
	assert_int_equal(query.terms[number].is_prefix, is_prefix);
	assert_int_equal(query.terms[number].is_excluded, is_excluded);
}

TEST(words_phrases_and_prefixes)
{
	reads("ciao \"a tutti\" mon* \"the e\"* -not -\"this one\"");
	assert_int_equal(query.terms_count, 6);
	term_is(0, "ciao", false, false);
	term_is(1, "a tutti", false, false);
	term_is(2, "mon", true, false);
	term_is(3, "the e", true, false);
	term_is(4, "not", false, true);
	term_is(5, "this one", false, true);
}

TEST(signs_alone_are_passed_over)
{
	reads("foo (bar) - & \"...\" C++");
	assert_int_equal(query.terms_count, 3);
	term_is(1, "(bar)", false, false);
	term_is(2, "C++", false, false);
}

TEST(scripts_with_marks_look_for_what_goes_on)
{
	reads("แม 文件");
	term_is(0, "แม", true, false);
	term_is(1, "文件", false, false);
}

TEST(who_and_where)
{
	reads("x from:mario in:#ops");
	assert_string_equal(query.from, "mario");
	assert_string_equal(query.room, "#ops");
	reads("From:@Mario IN:lobby");
	assert_string_equal(query.from, "Mario");
	assert_string_equal(query.room, "#lobby");
	reads("in:@luigi");
	assert_string_equal(query.room, "@luigi");
	reads("in:@luca!7");
	assert_string_equal(query.room, "@luca!7");
}

TEST(what_a_message_has)
{
	reads("has:link has:reaction");
	assert_true(query.has_link && query.has_reaction && !query.has_file);
	reads("has:file");
	assert_true(query.has_file);
}

static int64_t ms_of(const char *text)
{
	int64_t ms;
	assert_true(clock_parse(text, &ms));
	return ms;
}

static void spans(const char *text, const char *since, const char *until)
{
	reads(text);
	assert_int_equal(query.since_ms, since ? ms_of(since) : 0);
	assert_int_equal(query.until_ms, until ? ms_of(until) : 0);
}

TEST(days_are_utc)
{
	spans("on:2026-11-01", "2026-11-01", "2026-11-02");
	spans("before:2026-11-01", NULL, "2026-11-01");
	spans("after:2026-11-01", "2026-11-02", NULL);
	spans("after:2026-11-01 before:2026-11-05", "2026-11-02", "2026-11-05");
	spans("before:2026-11-05 before:2026-11-03", NULL, "2026-11-03");
	spans("before:2026-11-01T10:00:00+02:00", NULL, "2026-11-01T08:00:00Z");
	spans("after:2026-11-01T10:00:00.500Z", "2026-11-01T10:00:00.501Z", NULL);
	spans("on:2026-11-01T23:30:00-02:00", "2026-11-02", "2026-11-03");
	reads("before:1960-01-01");
	assert_true(query.until_ms > 0);
}

TEST(what_is_not_understood_is_said)
{
	is_refused("\"no end", TEXT_error_query_quote, "\"no end");
	is_refused("x from:", TEXT_error_query_value, "from:");
	is_refused("x from: mario", TEXT_error_query_value, "from:");
	is_refused("from:a,b", TEXT_error_query_from, "a,b");
	is_refused("from:a from:b", TEXT_error_query_twice, "from:");
	is_refused("in:#a in:#b", TEXT_error_query_twice, "in:");
	is_refused("in:##", TEXT_error_query_in, "##");
	is_refused("in:@", TEXT_error_query_in, "@");
	is_refused("has:everything", TEXT_error_query_has, "everything");
	is_refused("on:yesterday", TEXT_error_query_day, "yesterday");
	is_refused("before:2026-02-30", TEXT_error_query_day, "2026-02-30");
	is_refused("x -from:mario", TEXT_error_query_excluded, "from:");
}

TEST(nothing_is_wanted_where_only_something_is_not)
{
	static const char *const nothing[] = {"", "'", "( * -", "-word", "\"\""};
	static const char *const something[] = {"a -word",  "from:a",        "in:a",
						"has:link", "on:2026-11-01", "before:1960-01-01"};
	for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
		reads(nothing[i]);
		assert_false(query_wants_something(&query));
	}
	for (size_t i = 0; i < sizeof something / sizeof *something; i++) {
		reads(something[i]);
		assert_true(query_wants_something(&query));
	}
}

TEST(so_many_words_are_too_many)
{
	char text[LIMIT_QUERY_TERMS * 2 + 3] = "";
	for (int i = 0; i < LIMIT_QUERY_TERMS; i++)
		strcat(text, "a ");
	reads(text);
	strcat(text, "a");
	is_refused(text, TEXT_error_query_long, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_phrases_and_prefixes),
	    cmocka_unit_test(signs_alone_are_passed_over),
	    cmocka_unit_test(scripts_with_marks_look_for_what_goes_on),
	    cmocka_unit_test(who_and_where),
	    cmocka_unit_test(what_a_message_has),
	    cmocka_unit_test(days_are_utc),
	    cmocka_unit_test(what_is_not_understood_is_said),
	    cmocka_unit_test(nothing_is_wanted_where_only_something_is_not),
	    cmocka_unit_test(so_many_words_are_too_many),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	query_release(&query);
	return failed;
}
