/* Lines of IRC: taken apart, and made of entries. */
#include "wire/irc.h"

#include "gateway/irc/irc_encode.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char kept[512];

static bool parse(const char *text, struct irc_line *line)
{
	snprintf(kept, sizeof kept, "%s", text);
	return irc_parse(kept, line);
}

TEST(a_line_is_taken_apart)
{
	struct irc_line line;
	assert_true(parse("@a=1;+b :me!u@h  PRIVMSG  #room  :two words", &line));
	assert_string_equal(line.tags, "a=1;+b");
	assert_string_equal(line.source, "me!u@h");
	assert_string_equal(line.command, "PRIVMSG");
	assert_int_equal(line.count, 2);
	assert_string_equal(line.params[0], "#room");
	assert_string_equal(line.params[1], "two words");
	assert_true(parse("NICK :bot", &line));
	assert_string_equal(line.params[0], "bot");
	assert_false(parse("   ", &line));
	assert_false(parse("@a=1", &line));
}

TEST(the_fifteenth_parameter_is_the_rest)
{
	struct irc_line line;
	assert_true(parse("X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", &line));
	assert_int_equal(line.count, 15);
	assert_string_equal(line.params[14], "15 16");
}

TEST(tags_are_unescaped)
{
	struct irc_line line = {.tags = (char *)(uintptr_t) "x=1;x=a\\:b\\sc\\\\d\\n\\q\\;y;z="};
	struct buffer value = BUFFER_EMPTY;
	assert_true(irc_tag(&line, "x", &value));
	assert_string_equal(buffer_string(&value), "a;b c\\d\nq");
	assert_true(irc_tag(&line, "y", &value));
	assert_int_equal(buffer_length(&value), 0);
	assert_true(irc_tag(&line, "z", &value));
	assert_false(irc_tag(&line, "w", &value));
	buffer_release(&value);
}

TEST(a_text_is_cut_at_line_ends_and_never_inside_a_code_point)
{
	size_t skip;
	bool is_broken;
	assert_int_equal(irc_piece("ab\r\ncd", 6, 10, &skip, &is_broken), 2);
	assert_int_equal(skip, 2);
	assert_false(is_broken);
	assert_int_equal(irc_piece("aaa\xc3\xa8", 5, 4, &skip, &is_broken), 3);
	assert_true(is_broken);
	assert_int_equal(irc_piece("one two three", 13, 9, &skip, &is_broken), 8);
}

TEST(an_id_of_a_message_comes_back)
{
	struct buffer id = BUFFER_EMPTY;
	int64_t room;
	uint64_t seq;
	irc_set_server(NULL, "7f3a9c");
	irc_add_msgid(&id, 12345, 67890123);
	assert_true(irc_read_msgid(buffer_string(&id), &room, &seq));
	assert_int_equal(room, 12345);
	assert_int_equal(seq, 67890123);
	/* An id of another history, or no id at all. */
	irc_set_server(NULL, "0000ff");
	assert_false(irc_read_msgid(buffer_string(&id), &room, &seq));
	assert_false(irc_read_msgid("", &room, &seq));
	assert_false(irc_read_msgid("0000-1", &room, &seq));
	buffer_release(&id);
}

static const char *lines_of(enum dialect_id id, const struct entry *entry)
{
	static struct buffer lines;
	buffer_release(&lines);
	irc_encode(id, entry, LANG_EN, &lines);
	return buffer_string(&lines);
}

static struct entry message = {.kind = ENTRY_MESSAGE,
			       .id = 9,
			       .room_id = 2,
			       .room = "#room",
			       .seq = 5,
			       .time_ms = 1700000000123,
			       .name = "anna",
			       .ip = "::1",
			       .text = "one\ntwo"};

TEST(a_message_is_written_as_its_readers_can_read_it)
{
	irc_set_server(NULL, "abcd");
	assert_string_equal(lines_of(DIALECT_IRC, &message), ":anna!~uq6ij@0::1 PRIVMSG #room :one\r\n"
							     ":anna!~uq6ij@0::1 PRIVMSG #room :two\r\n");
	assert_string_equal(
	    lines_of(DIALECT_IRC_TAGS, &message),
	    "@time=2023-11-14T22:13:20.123Z;msgid=abcd-2-5;account=anna :anna!~uq6ij@0::1 PRIVMSG "
	    "#room :one\r\n"
	    "@time=2023-11-14T22:13:20.123Z;account=anna :anna!~uq6ij@0::1 PRIVMSG #room :two\r\n");
	const char *batch = lines_of(DIALECT_IRC_MULTI, &message);
	assert_non_null(strstr(batch, "BATCH +m9 draft/multiline #room\r\n"));
	assert_non_null(strstr(batch, "BATCH -m9\r\n"));
}

/* Put together again, the pieces are the text. */
TEST(no_byte_of_a_long_text_is_lost)
{
	char text[8193], joined[8193] = "";
	for (size_t i = 0; i < sizeof text - 1; i++)
		text[i] = "abcdefg hij\xc3\xa8"[i % 13];
	text[sizeof text - 1] = '\0';
	/* The last code point may be cut by the loop above, never by the encoder. */
	text[sizeof text - 2] = 'x';
	struct entry entry = message;
	entry.text = text;
	for (char *line = (char *)(uintptr_t)lines_of(DIALECT_IRC, &entry), *end; *line; line = end + 2) {
		end = strstr(line, "\r\n");
		assert_true(end - line <= IRC_LINE_MAX);
		strncat(joined, strstr(line, " :") + 2, (size_t)(end - strstr(line, " :") - 2));
	}
	assert_string_equal(joined, text);
}

TEST(a_side_of_a_conversation_is_the_target_of_what_the_other_says)
{
	struct entry entry = message;
	entry.text = "hi";
	entry.room = "@anna";
	entry.reader = "bob";
	assert_non_null(strstr(lines_of(DIALECT_IRC, &entry), "PRIVMSG bob :hi"));
	entry.room = "@bob";
	entry.reader = "anna";
	assert_non_null(strstr(lines_of(DIALECT_IRC, &entry), "PRIVMSG bob :hi"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_is_taken_apart),
	    cmocka_unit_test(the_fifteenth_parameter_is_the_rest),
	    cmocka_unit_test(tags_are_unescaped),
	    cmocka_unit_test(a_text_is_cut_at_line_ends_and_never_inside_a_code_point),
	    cmocka_unit_test(an_id_of_a_message_comes_back),
	    cmocka_unit_test(a_message_is_written_as_its_readers_can_read_it),
	    cmocka_unit_test(no_byte_of_a_long_text_is_lost),
	    cmocka_unit_test(a_side_of_a_conversation_is_the_target_of_what_the_other_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
