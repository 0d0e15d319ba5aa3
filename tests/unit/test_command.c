/* Typed commands: each becomes the request that the full form has for it. */
#include "base/limits.h"
#include "chat/talk/command.h"

#include "unit.h"

#include <stdio.h>

static struct request *request;
static char wrong[COMMAND_WRONG_BYTES];

static enum command_result parse(const char *line)
{
	request = NULL;
	return command_parse(line, &request, wrong);
}

static void text_is(enum request_text field, const char *expected)
{
	if (expected)
		assert_string_equal(request->text[field], expected);
	else
		assert_null(request->text[field]);
}

static void is_taken(const char *line, enum request_op op)
{
	if (parse(line) != COMMAND_OK)
		fail_msg("%s: %s", line, wrong);
	assert_int_equal(request->op, op);
	assert_true(request->is_command);
}

TEST(commands_without_arguments)
{
	static const struct {
		const char *line;
		enum request_op op;
	} cases[] = {{"/help", REQUEST_HELP},
		     {"/quit", REQUEST_QUIT},
		     {"/rooms", REQUEST_ROOMS},
		     {"/quit  ", REQUEST_QUIT}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		is_taken(cases[i].line, cases[i].op);
		request_free(request);
	}
}

TEST(rooms_get_their_sign)
{
	static const char *const lines[] = {"/join ops", "/join #ops", "/join\t#ops ", "/list ops",
					    "/leave #ops"};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		assert_int_equal(parse(lines[i]), COMMAND_OK);
		text_is(REQUEST_TEXT_ROOM, "#ops");
		request_free(request);
	}
	is_taken("/list", REQUEST_WHO);
	text_is(REQUEST_TEXT_ROOM, NULL);
	request_free(request);
	is_taken("/join @anna", REQUEST_JOIN);
	text_is(REQUEST_TEXT_ROOM, "@anna");
	request_free(request);
}

TEST(a_message_to_one_user)
{
	is_taken("/msg anna ciao  a te ", REQUEST_SEND);
	text_is(REQUEST_TEXT_ROOM, "@anna");
	text_is(REQUEST_TEXT_MESSAGE, "ciao  a te ");
	assert_false(request_has(request, REQUEST_NUMBER_ACTION));
	request_free(request);
	is_taken("/msg @anna x", REQUEST_SEND);
	text_is(REQUEST_TEXT_ROOM, "@anna");
	request_free(request);
}

TEST(actions)
{
	is_taken("/me waves to all", REQUEST_SEND);
	text_is(REQUEST_TEXT_MESSAGE, "waves to all");
	text_is(REQUEST_TEXT_ROOM, NULL);
	assert_int_equal(request->number[REQUEST_NUMBER_ACTION], 1);
	request_free(request);
	is_taken("/react 7 👍", REQUEST_REACT);
	assert_int_equal(request->number[REQUEST_NUMBER_TARGET], 7);
	assert_int_equal(request->number[REQUEST_NUMBER_ON], 1);
	text_is(REQUEST_TEXT_EMOJI, "👍");
	request_free(request);
}

TEST(numbers)
{
	is_taken("/history", REQUEST_HISTORY);
	assert_false(request_has(request, REQUEST_NUMBER_LIMIT));
	request_free(request);
	is_taken("/history 200", REQUEST_HISTORY);
	assert_int_equal(request->number[REQUEST_NUMBER_LIMIT], 200);
	request_free(request);
	static const char *const bad[] = {"/history 0",
					  "/history 201",
					  "/history -1",
					  "/history x",
					  "/history 1x",
					  "/history 1 2",
					  "/history 99999999999999999999999999",
					  "/history 1.5",
					  "/edit x text",
					  "/delete 0"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(parse(bad[i]), COMMAND_USAGE);
}

TEST(an_optional_number_may_be_left_out)
{
	is_taken("/mute mario", REQUEST_MUTE);
	text_is(REQUEST_TEXT_REASON, NULL);
	request_free(request);
	is_taken("/mute mario 60 he shouts", REQUEST_MUTE);
	assert_int_equal(request->number[REQUEST_NUMBER_SECONDS], 60);
	text_is(REQUEST_TEXT_REASON, "he shouts");
	request_free(request);
	is_taken("/mute mario he shouts", REQUEST_MUTE);
	assert_false(request_has(request, REQUEST_NUMBER_SECONDS));
	text_is(REQUEST_TEXT_NAME, "mario");
	text_is(REQUEST_TEXT_REASON, "he shouts");
	request_free(request);
	is_taken("/ban mario 60", REQUEST_BAN);
	text_is(REQUEST_TEXT_REASON, NULL);
	request_free(request);
}

TEST(what_is_missing_or_too_much_shows_the_usage)
{
	static const struct {
		const char *line, *usage;
	} cases[] = {{"/nick", "/nick NAME"},  {"/nick ", "/nick NAME"},    {"/nick a b", "/nick NAME"},
		     {"/help x", "/help"},     {"/me", "/me TEXT"},         {"/msg anna", "/msg NAME TEXT"},
		     {"/join", "/join #ROOM"}, {"/join a b", "/join #ROOM"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(parse(cases[i].line), COMMAND_USAGE);
		assert_string_equal(wrong, cases[i].usage);
	}
}

TEST(what_nobody_knows_is_named)
{
	static const struct {
		const char *line, *name;
	} cases[] = {{"/dance", "/dance"},
		     {"/", "/"},
		     {"/ help", "/"},
		     {"/HELP", "/HELP"},
		     {"/helpme now", "/helpme"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(parse(cases[i].line), COMMAND_UNKNOWN);
		assert_string_equal(wrong, cases[i].name);
	}
	char line[1000];
	memset(line, 'x', sizeof line - 1);
	line[0] = '/';
	line[sizeof line - 1] = '\0';
	assert_int_equal(parse(line), COMMAND_UNKNOWN);
	assert_int_equal(strlen(wrong), sizeof wrong - 1);
}

/* An argument is never longer than its field may be. */
TEST(arguments_that_are_too_long)
{
	for (size_t i = 0; i < operation_commands_count; i++) {
		char line[3 * LIMIT_MESSAGE_BYTES];
		memset(line, 'x', sizeof line - 1);
		line[sizeof line - 1] = '\0';
		int length = snprintf(line, 32, "/%s ", operation_commands[i].name);
		line[length] = 'x';
		assert_int_equal(parse(line), COMMAND_USAGE);
	}
}

/* The sign that is added counts too. */
TEST(a_signed_name_fits_into_its_field)
{
	char line[LIMIT_NAME_BYTES + 20] = "/msg ";
	memset(line + 5, 'x', LIMIT_NAME_BYTES - 1);
	strcpy(line + 5 + LIMIT_NAME_BYTES - 1, " y");
	is_taken(line, REQUEST_SEND);
	assert_int_equal(strlen(request->text[REQUEST_TEXT_ROOM]), LIMIT_NAME_BYTES);
	request_free(request);
	strcpy(line + 5 + LIMIT_NAME_BYTES - 1, "x y");
	assert_int_equal(parse(line), COMMAND_USAGE);
}

TEST(a_switch_is_understood_or_refused)
{
	static const char *const on[] = {"/private on", "/private yes", "/private YES", "/private true",
					 "/private 1",  "/private sì",  "/private si"};
	static const char *const off[] = {"/private off", "/private no", "/private false", "/private 0",
					  "/private Off "};
	static const char *const neither[] = {"/private",   "/private maybe",  "/private onn",
					      "/private o", "/private on off", "/private 2",
					      "/private -"};
	for (size_t i = 0; i < sizeof on / sizeof *on; i++) {
		is_taken(on[i], REQUEST_SET);
		assert_true(request_has(request, REQUEST_NUMBER_PRIVATE));
		assert_int_equal(request->number[REQUEST_NUMBER_PRIVATE], 1);
		request_free(request);
	}
	for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
		is_taken(off[i], REQUEST_SET);
		assert_true(request_has(request, REQUEST_NUMBER_PRIVATE));
		assert_int_equal(request->number[REQUEST_NUMBER_PRIVATE], 0);
		request_free(request);
	}
	for (size_t i = 0; i < sizeof neither / sizeof *neither; i++) {
		assert_int_equal(parse(neither[i]), COMMAND_USAGE);
		assert_string_equal(wrong, "/private on|off");
	}
}

TEST(days_may_be_none)
{
	is_taken("/keep 0", REQUEST_SET);
	assert_true(request_has(request, REQUEST_NUMBER_RETENTION_DAYS));
	request_free(request);
	assert_int_equal(parse("/keep 36526"), COMMAND_USAGE);
}

TEST(what_the_name_of_a_command_says)
{
	is_taken("/unreact 7 👍", REQUEST_REACT);
	assert_true(request_has(request, REQUEST_NUMBER_ON));
	assert_int_equal(request->number[REQUEST_NUMBER_ON], 0);
	request_free(request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(commands_without_arguments),
	    cmocka_unit_test(rooms_get_their_sign),
	    cmocka_unit_test(a_message_to_one_user),
	    cmocka_unit_test(actions),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(an_optional_number_may_be_left_out),
	    cmocka_unit_test(what_is_missing_or_too_much_shows_the_usage),
	    cmocka_unit_test(what_nobody_knows_is_named),
	    cmocka_unit_test(arguments_that_are_too_long),
	    cmocka_unit_test(a_signed_name_fits_into_its_field),
	    cmocka_unit_test(a_switch_is_understood_or_refused),
	    cmocka_unit_test(days_may_be_none),
	    cmocka_unit_test(what_the_name_of_a_command_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
