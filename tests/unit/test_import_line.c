/* Lines that an import takes, and those that it refuses because `brusiod check` would. */
#include "server/import_line.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct arena arena;
static struct import_line line;

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* Reads the line; NULL where it is fine. */
static const char *read_line(const char *text)
{
	arena_clear(&arena);
	return import_line_read(text, strlen(text), &arena, &line);
}

static void is_refused(const char *text, const char *why)
{
	const char *wrong = read_line(text);
	if (!wrong || !strstr(wrong, why))
		fail_msg("%s: \"%s\" expected, not \"%s\"", text, why, wrong ? wrong : "(taken)");
}

#define WHO "\"time\":\"2026-11-22T10:00:00.123Z\",\"from\":{\"name\":\"mario\",\"ip\":\"192.168.1.20\"}"

TEST(a_message)
{
	assert_null(read_line("{\"op\":\"message\",\"room\":\"#a\",\"seq\":7," WHO
			      ",\"message\":\"ciao\",\"reply_to\":3,"
			      "\"action\":true,\"on\":true}"));
	assert_false(line.is_room);
	assert_string_equal(line.room, "#a");
	assert_string_equal(line.entry.name, "mario");
	assert_string_equal(line.entry.text, "ciao");
	assert_int_equal(line.entry.seq, 7);
	assert_int_equal(line.entry.ref, 3);
	assert_int_equal(line.entry.flags, ENTRY_ACTION);
}

TEST(what_is_not_an_object)
{
	char many[2000] = "{\"op\":\"message\"";
	is_refused("", "JSON");
	is_refused("[]", "JSON");
	is_refused("{\"op\":\"message\",\"room\":\"#a\"", "JSON");
	is_refused("{\"op\":\"message\",\"room\":\"#a\",\"room\":\"#b\"}", "JSON");
	is_refused("{\"op\":\"message\",\"room\":\"#a\\u0000\"}", "JSON");
	is_refused("{\"op\":\"message\",\"room\":\"#a\\ud800\"}", "JSON");
	for (int i = 0; i < 64; i++)
		snprintf(many + strlen(many), sizeof many - strlen(many), ",\"%d\":%d", i, i);
	strcat(many, "}");
	is_refused(many, "JSON");
}

TEST(entries_that_are_refused)
{
	is_refused("{}", "\"room\"");
	is_refused("{\"op\":\"message\",\"room\":\"a\"}", "\"room\"");
	is_refused("{\"op\":\"enter\",\"room\":\"#a\"}", "\"op\"");
	is_refused("{\"op\":\"message\",\"room\":\"#a\",\"seq\":1," WHO "}", "text");
	is_refused("{\"op\":\"message\",\"room\":\"#a\",\"seq\":1," WHO ",\"message\":\"\"}", "empty");
	is_refused("{\"op\":\"message\",\"room\":\"#a\",\"seq\":0," WHO ",\"message\":\"x\"}", "\"seq\"");
	is_refused("{\"op\":\"message\",\"room\":\"#a\",\"seq\":-1," WHO ",\"message\":\"x\"}", "\"seq\"");
	is_refused("{\"op\":\"message\",\"room\":\"#a\",\"seq\":\"1\"," WHO ",\"message\":\"x\"}", "\"seq\"");
	is_refused("{\"op\":\"message\",\"room\":\"#a\",\"seq\":1.5," WHO ",\"message\":\"x\"}", "\"seq\"");
	is_refused("{\"op\":\"message\",\"room\":\"#a\",\"seq\":1," WHO
		   ",\"message\":\"x\",\"deleted\":true}",
		   "deleted");
	is_refused("{\"op\":\"message\",\"room\":\"#a\",\"seq\":1," WHO ",\"message\":\"x\",\"deleted\":1}",
		   "true");
	is_refused("{\"op\":\"edit\",\"room\":\"#a\",\"seq\":2," WHO ",\"message\":\"x\"}", "\"target\"");
	is_refused("{\"op\":\"delete\",\"room\":\"#a\",\"seq\":2," WHO ",\"target\":0}", "\"target\"");
	is_refused("{\"op\":\"react\",\"room\":\"#a\",\"seq\":2," WHO ",\"target\":1,\"emoji\":\"abc\"}",
		   "emoji");
	is_refused("{\"op\":\"message\",\"room\":\"#a\",\"seq\":1,\"message\":\"x\",\"time\":\"yesterday\","
		   "\"from\":{\"name\":\"m\"}}",
		   "\"time\"");
	is_refused(
	    "{\"op\":\"message\",\"room\":\"#a\",\"seq\":1,\"message\":\"x\",\"from\":{\"name\":\"m n\"}}",
	    "\"name\"");
}

TEST(long_texts_are_refused)
{
	static char text[20000];
	int length = snprintf(text, sizeof text,
			      "{\"op\":\"message\",\"room\":\"#a\",\"seq\":1," WHO ",\"message\":\"");
	memset(text + length, 'x', 8193);
	strcpy(text + length + 8193, "\"}");
	is_refused(text, "too long");
}

TEST(a_room)
{
	assert_null(
	    read_line("{\"op\":\"room\",\"room\":\"#a\",\"private\":true,\"retention_days\":30,"
		      "\"topic\":\"About\",\"members\":[{\"name\":\"anna\",\"role\":\"owner\",\"read\":4},"
		      "{\"name\":\"bruno\",\"role\":\"speaker\"}]}"));
	assert_true(line.is_room && line.settings.is_private && !line.settings.is_read_only);
	assert_int_equal(line.settings.retention_days, 30);
	assert_string_equal(line.settings.topic, "About");
	const struct import_member *anna = line.members;
	assert_string_equal(anna->name, "anna");
	assert_int_equal(anna->role, ROLE_OWNER);
	assert_int_equal(anna->read_seq, 4);
	assert_int_equal(anna->next->role, ROLE_SPEAKER);
	assert_null(anna->next->next);
	assert_null(read_line("{\"op\":\"room\",\"room\":\"#a\",\"members\":null,\"topic\":null}"));
	assert_null(line.members);
	is_refused("{\"op\":\"room\",\"room\":\"#a\",\"private\":\"yes\"}", "private");
	is_refused("{\"op\":\"room\",\"room\":\"#a\",\"retention_days\":-1}", "retention_days");
	is_refused("{\"op\":\"room\",\"room\":\"#a\",\"members\":[{\"name\":\"anna\",\"role\":\"king\"}]}",
		   "role");
	is_refused("{\"op\":\"room\",\"room\":\"#a\",\"members\":[{\"role\":\"owner\"}]}", "name");
	is_refused("{\"op\":\"room\",\"room\":\"#a\",\"members\":{}}", "members");
	is_refused("{\"op\":\"room\",\"room\":\"#a\",\"members\":[7]}", "member");
}

/* --- in their order --- */

static struct import_log entries;

/* Whether the entry may come next; it comes then. */
static const char *next(enum entry_kind kind, uint64_t seq, uint64_t ref, uint32_t flags)
{
	struct entry entry = {.kind = kind, .seq = seq, .ref = ref, .flags = flags};
	enum import_target target;
	import_log_find(&entries, ref, &target);
	const char *why = import_log_check(&entries, &entry, target);
	if (!why)
		import_log_add(&entries, &entry);
	return why;
}

TEST(entries_follow_one_another)
{
	entries = (struct import_log){.purged_seq = 10, .end_seq = 10};
	assert_null(next(ENTRY_MESSAGE, 11, 0, 0));
	assert_non_null(next(ENTRY_MESSAGE, 11, 0, 0));
	assert_non_null(next(ENTRY_MESSAGE, 13, 0, 0));
	assert_null(next(ENTRY_EDIT, 12, 11, 0));
	assert_null(next(ENTRY_EDIT, 13, 5, 0)); /* of a message that retention has taken */
	assert_non_null(next(ENTRY_EDIT, 14, 12, 0));
	assert_non_null(next(ENTRY_EDIT, 14, 14, 0));
	assert_non_null(next(ENTRY_MESSAGE, 14, 99, 0));
	assert_null(next(ENTRY_MESSAGE, 14, 11, 0));
	assert_null(next(ENTRY_DELETE, 15, 11, 0));
	assert_non_null(next(ENTRY_EDIT, 16, 11, 0));
	assert_null(next(ENTRY_EDIT, 16, 11, ENTRY_DELETED));
	import_log_release(&entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(a_message, teardown),
	    cmocka_unit_test_teardown(what_is_not_an_object, teardown),
	    cmocka_unit_test_teardown(entries_that_are_refused, teardown),
	    cmocka_unit_test_teardown(long_texts_are_refused, teardown),
	    cmocka_unit_test_teardown(a_room, teardown),
	    cmocka_unit_test(entries_follow_one_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
