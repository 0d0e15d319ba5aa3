/* Entries and events as bytes, in every dialect and language. */
#include "gateway/dialect.h"
#include "gateway/wording.h"

#include "unit.h"

#include <jansson.h>
#include <stdio.h>

static int setup(void **state)
{
	(void)state;
	dialect_set_server_ip("192.168.1.1");
	return 0;
}

static const struct entry said = {.kind = ENTRY_MESSAGE,
				  .room = "#lobby",
				  .seq = 7,
				  .time_ms = INT64_C(1795341600123),
				  .name = "mario",
				  .ip = "10.0.0.7",
				  .text = "ciao",
				  .ref = 3};

static const enum entry_kind kinds[] = {
    ENTRY_MESSAGE, ENTRY_EDIT, ENTRY_DELETE, ENTRY_REACT,  ENTRY_TOPIC,  ENTRY_ENTER, ENTRY_EXIT,
    ENTRY_NICK,    ENTRY_AWAY, ENTRY_KICK,   ENTRY_BAN,    ENTRY_UNBAN,  ENTRY_MUTE,  ENTRY_UNMUTE,
    ENTRY_ROLE,    ENTRY_SET,  ENTRY_GAP,    ENTRY_NOTICE, ENTRY_TYPING,
};

/* An entry or event of this kind, with something in every field. */
static struct entry make(enum entry_kind kind)
{
	struct entry entry = said;
	static const enum text keys[] = {
	    TEXT_event_enter, TEXT_event_exit,        TEXT_event_nick,  TEXT_event_typing, TEXT_event_away,
	    TEXT_event_kick,  TEXT_event_ban,         TEXT_event_unban, TEXT_event_mute,   TEXT_event_unmute,
	    TEXT_event_role,  TEXT_event_set_private, TEXT_event_read,  TEXT_event_gap,    TEXT_event_invite};
	entry.kind = kind;
	if (!entry_is_stored(kind)) {
		entry.key = keys[kind - ENTRY_ENTER];
		entry.args = (struct text_args){.name = "mario",
						.by = "anna",
						.room = "#lobby",
						.text = "why",
						.number = 4,
						.time_ms = said.time_ms};
	}
	return entry;
}

static char *encode(enum dialect_id dialect, enum lang lang, const struct entry *entry)
{
	struct buffer to = BUFFER_EMPTY;
	dialect_encode(ENCODING(dialect, lang), entry, &to);
	char *text = strdup(buffer_string(&to));
	buffer_release(&to);
	return text;
}

static void encodes(enum dialect_id dialect, enum lang lang, struct entry entry, const char *expected)
{
	char *text = encode(dialect, lang, &entry);
	assert_string_equal(text, expected);
	free(text);
}

TEST(a_message_in_the_native_dialect)
{
	encodes(DIALECT_NATIVE, LANG_EN, said,
		"{\"op\":\"message\",\"room\":\"#lobby\",\"seq\":7,\"time\":\"2026-11-22T10:00:00.123Z\","
		"\"from\":{\"name\":\"mario\",\"ip\":\"10.0.0.7\"},\"message\":\"ciao\",\"reply_to\":3}\n");
	struct entry action = said;
	action.flags = ENTRY_ACTION;
	action.ref = 0;
	action.text = "\"waves\"\n";
	encodes(DIALECT_NATIVE, LANG_IT, action,
		"{\"op\":\"message\",\"room\":\"#lobby\",\"seq\":7,\"time\":\"2026-11-22T10:00:00.123Z\","
		"\"from\":{\"name\":\"mario\",\"ip\":\"10.0.0.7\"},\"message\":\"\\\"waves\\\"\\n\","
		"\"action\":true}\n");
}

/* A client of the simple form needs this of everything that is pushed. */
TEST(every_native_push_is_one_line_with_name_address_and_message)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		for (int lang = 0; lang < LANG_COUNT; lang++) {
			struct entry entry = make(kinds[i]);
			char *text = encode(DIALECT_NATIVE, (enum lang)lang, &entry);
			assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
			json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
			assert_non_null(object);
			const json_t *from = json_object_get(object, "from");
			bool is_stored = entry_is_stored(entry.kind);
			assert_string_equal(json_string_value(json_object_get(from, "name")),
					    is_stored ? "mario" : "brusio");
			assert_string_equal(json_string_value(json_object_get(from, "ip")),
					    is_stored ? "10.0.0.7" : "192.168.1.1");
			assert_non_null(json_string_value(json_object_get(object, "message")));
			assert_int_equal(json_is_integer(json_object_get(object, "seq")), is_stored);
			assert_string_equal(json_string_value(json_object_get(object, "room")), "#lobby");
			json_decref(object);
			free(text);
		}
}

TEST(a_web_socket_frame_holds_the_native_object)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct entry entry = make(kinds[i]);
		struct buffer frame = BUFFER_EMPTY;
		char *object = encode(DIALECT_NATIVE, LANG_EN, &entry);
		dialect_encode(ENCODING(DIALECT_WEBSOCKET, LANG_EN), &entry, &frame);
		const unsigned char *bytes = (const unsigned char *)buffer_bytes(&frame);
		/* A whole text message, unmasked. */
		assert_int_equal(bytes[0], 0x81);
		size_t length = bytes[1] < 126 ? bytes[1] : (size_t)bytes[2] << 8 | bytes[3];
		size_t head = bytes[1] < 126 ? 2 : 4;
		assert_int_equal(buffer_length(&frame), head + length);
		assert_memory_equal(bytes + head, object, length);
		assert_in_range(strlen(object) - length, 0, 1);
		buffer_release(&frame);
		free(object);
	}
}

TEST(entries_as_text_lines)
{
	struct entry entry = said;
	encodes(DIALECT_TEXT, LANG_EN, entry, "mario: ciao\n");
	entry.room = "#ops";
	encodes(DIALECT_TEXT, LANG_EN, entry, "[#ops] mario: ciao\n");
	entry.flags = ENTRY_ACTION;
	encodes(DIALECT_TEXT, LANG_EN, entry, "[#ops] * mario ciao\n");
	entry = said;
	entry.flags = ENTRY_DELETED;
	encodes(DIALECT_TEXT, LANG_EN, entry, "mario: (deleted)\n");
	encodes(DIALECT_TEXT, LANG_EN, make(ENTRY_EDIT), "* mario changed message 3: ciao\n");
	encodes(DIALECT_TEXT, LANG_EN, make(ENTRY_TOPIC), "* mario set the topic: ciao\n");
	encodes(DIALECT_TEXT, LANG_EN, make(ENTRY_ENTER), "* mario joined\n");
	encodes(DIALECT_TEXT, LANG_EN, make(ENTRY_NICK), "* anna is now called mario\n");
	encodes(DIALECT_TEXT, LANG_EN, make(ENTRY_GAP), "* 4 messages are no longer kept\n");
}

TEST(nobody_reads_on_a_line_that_somebody_types)
{
	encodes(DIALECT_TEXT, LANG_EN, make(ENTRY_TYPING), "");
	encodes(DIALECT_TEXT, LANG_IT, make(ENTRY_READ), "");
	struct entry role = make(ENTRY_ROLE);
	role.args.text = "moderator";
	encodes(DIALECT_TEXT, LANG_EN, role, "* mario is now moderator of #lobby\n");
	encodes(DIALECT_TEXT, LANG_IT, role, "* mario ora è moderatore di #lobby\n");
}

TEST(lines_are_one_line_but_for_what_was_said_in_several)
{
	struct entry entry = said;
	entry.text = "a\nb\r\n\tc\x1b\x7f";
	encodes(DIALECT_TEXT, LANG_EN, entry, "mario: a\n  b\n  \tc??\n");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct entry event = make(kinds[i]);
		char *text = encode(DIALECT_TEXT, LANG_IT, &event);
		if (*text)
			assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		free(text);
	}
}

TEST(what_people_said_is_the_same_in_every_language_and_what_the_server_says_is_not)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct entry entry = make(kinds[i]);
		struct buffer words[LANG_COUNT] = {BUFFER_EMPTY, BUFFER_EMPTY};
		for (int lang = 0; lang < LANG_COUNT; lang++)
			wording_entry(&words[lang], (enum lang)lang, &entry);
		const char *english = buffer_string(&words[LANG_EN]),
			   *italian = buffer_string(&words[LANG_IT]);
		assert_int_equal(!strcmp(english, italian), entry.kind == ENTRY_MESSAGE);
		/* Nothing was left unfilled. */
		assert_null(strchr(english, '{'));
		assert_null(strchr(italian, '{'));
		for (int lang = 0; lang < LANG_COUNT; lang++)
			buffer_release(&words[lang]);
	}
}

TEST(every_error_has_a_text_in_every_language)
{
	struct text_args args = {.name = "N", .room = "R", .text = "T", .number = 5, .time_ms = said.time_ms};
	for (int code = ERROR_BAD_JSON; code <= ERROR_BUSY; code++)
		for (int lang = 0; lang < LANG_COUNT; lang++) {
			struct buffer to = BUFFER_EMPTY;
			wording_error(&to, (enum lang)lang, (enum error_code)code, TEXT_NONE, &args);
			buffer_release(&to);
		}
}

static void keep_text(void *context, const char *text)
{
	struct buffer *to = context;
	buffer_add_string(to, text);
	buffer_add_char(to, '|');
}

static void words(const struct reply *reply, const char *expected)
{
	struct buffer to = BUFFER_EMPTY;
	wording_reply(LANG_EN, reply, keep_text, &to);
	assert_string_equal(buffer_string(&to), expected);
	buffer_release(&to);
}

TEST(answers_to_commands)
{
	struct reply_row members[] = {{.name = "anna", .is_online = true},
				      {.name = "luca", .is_online = true, .away = "lunch"},
				      {.name = "mario"}};
	words(&(struct reply){.kind = REPLY_WHO,
			      .room = "#lobby",
			      .list = {.rows = members, .rows_count = 3, .count = 5}},
	      "In #lobby (5): anna, luca (away), mario (offline), …|");
	struct reply_row rooms[] = {{.name = "#lobby", .count = 2, .topic = ""},
				    {.name = "#ops", .topic = "work"}};
	words(&(struct reply){.kind = REPLY_ROOMS, .list = {.rows = rooms, .rows_count = 2}},
	      "Rooms (2):\n#lobby (2)\n#ops (0): work|");
	words(&(struct reply){.kind = REPLY_JOINED, .room = "#ops", .joined = {.count = 2, .topic = "work"}},
	      "You are in #ops. Members: 2. Topic: work|");
	words(&(struct reply){.kind = REPLY_LEFT, .room = "#ops"}, "You left #ops.|");
	words(&(struct reply){.kind = REPLY_OK}, "Done.|");
	words(&(struct reply){.kind = REPLY_ACK}, "");
	words(&(struct reply){.kind = REPLY_HISTORY}, "Nothing has been said here yet.|");
	words(&(struct reply){.kind = REPLY_RESULTS}, "Nothing found.|");
}

TEST(history_as_lines)
{
	struct reply_entry entries[] = {{.entry = said}, {.entry = said}};
	entries[1].entry.flags = ENTRY_ACTION;
	words(&(struct reply){.kind = REPLY_HISTORY,
			      .room = "#lobby",
			      .messages = {.entries = entries, .entries_count = 2}},
	      "[2026-11-22 10:00] mario: ciao|[2026-11-22 10:00] * mario ciao|");
}

TEST(help_lists_every_command)
{
	struct buffer to = BUFFER_EMPTY;
	wording_reply(LANG_IT, &(struct reply){.kind = REPLY_HELP}, keep_text, &to);
	const char *text = buffer_string(&to);
	assert_non_null(strstr(text, "\n/quit: "));
	assert_non_null(strstr(text, "\n/nick NAME: "));
	assert_null(strstr(text, "command.help"));
	buffer_release(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_message_in_the_native_dialect),
	    cmocka_unit_test(every_native_push_is_one_line_with_name_address_and_message),
	    cmocka_unit_test(a_web_socket_frame_holds_the_native_object),
	    cmocka_unit_test(entries_as_text_lines),
	    cmocka_unit_test(nobody_reads_on_a_line_that_somebody_types),
	    cmocka_unit_test(lines_are_one_line_but_for_what_was_said_in_several),
	    cmocka_unit_test(what_people_said_is_the_same_in_every_language_and_what_the_server_says_is_not),
	    cmocka_unit_test(every_error_has_a_text_in_every_language),
	    cmocka_unit_test(answers_to_commands),
	    cmocka_unit_test(history_as_lines),
	    cmocka_unit_test(help_lists_every_command),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
