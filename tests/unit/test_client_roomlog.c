/* The messages of a room as they read now. */
#include "session/roomlog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct roomlog roomlog;

static int end(void **state)
{
	(void)state;
	roomlog_release(&roomlog);
	return 0;
}

static struct roomlog_item *take(const char *text, bool is_page)
{
	json_t *object = json_loads(text, 0, NULL);
	assert_non_null(object);
	struct roomlog_item *item = roomlog_take(&roomlog, object, is_page);
	json_decref(object);
	return item;
}

static struct roomlog_item *said(int64_t seq, const char *name, const char *text)
{
	char line[256];
	snprintf(line, sizeof line,
		 "{\"op\":\"message\",\"seq\":%lld,\"from\":{\"name\":\"%s\"},\"message\":\"%s\"}",
		 (long long)seq, name, text);
	return take(line, false);
}

static void an_edit_leaves_the_lines_of_files(void **state)
{
	(void)state;
	struct roomlog_item *item = take("{\"op\":\"message\",\"seq\":1,\"from\":{\"name\":\"anna\"},"
					 "\"message\":\"frist\\na.txt (1 B) http://x\",\"text\":\"frist\","
					 "\"files\":[{\"file\":\"f\",\"name\":\"a.txt\"}]}",
					 false);
	assert_string_equal(roomlog_said(item), "frist");
	take("{\"op\":\"edit\",\"seq\":2,\"target\":1,\"message\":\"first\"}", false);
	assert_string_equal(roomlog_said(item), "first");
	assert_string_equal(item->text, "first\na.txt (1 B) http://x");
	item = take("{\"op\":\"message\",\"seq\":3,\"from\":{\"name\":\"anna\"},\"message\":\"b.txt (1 B)\","
		    "\"text\":\"\",\"files\":[{\"file\":\"f\",\"name\":\"b.txt\"}]}",
		    false);
	assert_string_equal(roomlog_said(item), "");
	roomlog_edit(&roomlog, 3, "now with words");
	assert_string_equal(item->text, "now with words\nb.txt (1 B)");
	assert_string_equal(roomlog_said(said(4, "anna", "plain")), "plain");
}

static void what_changes_a_message_changes_it_in_its_place(void **state)
{
	(void)state;
	said(1, "anna", "frist");
	said(2, "ugo", "second");
	take("{\"op\":\"edit\",\"seq\":3,\"target\":1,\"message\":\"first\"}", false);
	take("{\"op\":\"react\",\"seq\":4,\"target\":1,\"emoji\":\"+\",\"on\":true,\"from\":{\"name\":"
	     "\"ugo\"}}",
	     false);
	take("{\"op\":\"react\",\"seq\":5,\"target\":1,\"emoji\":\"+\",\"on\":true,\"from\":{\"name\":"
	     "\"Ugo\"}}",
	     false);
	struct roomlog_item *item = roomlog_find(&roomlog, 1);
	assert_string_equal(item->text, "first");
	assert_true(item->is_edited);
	assert_int_equal(item->reaction_count, 1);
	assert_int_equal(item->reactions[0].count, 1);
	assert_true(roomlog_has_reacted(item, "+", "ugo"));
	take("{\"op\":\"react\",\"seq\":6,\"target\":1,\"emoji\":\"+\",\"on\":false,\"from\":{\"name\":"
	     "\"ugo\"}}",
	     false);
	assert_int_equal(item->reaction_count, 0);
	take("{\"op\":\"delete\",\"seq\":7,\"target\":2,\"message\":\"x\"}", false);
	assert_true(roomlog_find(&roomlog, 2)->is_deleted);
	assert_string_equal(roomlog_find(&roomlog, 2)->text, "");
	assert_int_equal(roomlog.count, 2);
}

static void a_message_is_there_once(void **state)
{
	(void)state;
	said(5, "anna", "ciao");
	take("{\"seq\":5,\"from\":{\"name\":\"anna\"},\"message\":\"ciao\",\"reactions\":[{\"emoji\":\"+\","
	     "\"count\":3}]}",
	     true);
	assert_int_equal(roomlog.count, 1);
	assert_int_equal(roomlog.items[0]->reactions[0].count, 3);
	assert_null(roomlog_find(&roomlog, 6));
}

static void the_last_one_is_by_number_and_not_by_coming(void **state)
{
	(void)state;
	assert_null(roomlog_last(&roomlog, "anna", true));
	said(7, "Anna", "seven");
	said(9, "ugo", "nine");
	said(3, "anna", "three");
	assert_int_equal(roomlog_last(&roomlog, "ANNA", true)->seq, 7);
	assert_int_equal(roomlog_last(&roomlog, "anna", false)->seq, 9);
	assert_null(roomlog_last(&roomlog, "mario", true));
	assert_int_equal(roomlog_first_seq(&roomlog), 3);
	assert_int_equal(roomlog_last_seq(&roomlog), 9);
}

static void what_has_no_place_stands_behind_what_was_last(void **state)
{
	(void)state;
	said(1, "anna", "one");
	roomlog_add(&roomlog, ROOMLOG_PRESENCE, "ugo", "ugo joined", 0);
	said(2, "anna", "two");
	take("{\"op\":\"topic\",\"seq\":3,\"topic\":\"t\",\"message\":\"anna set the topic\"}", false);
	assert_int_equal(roomlog.items[1]->kind, ROOMLOG_PRESENCE);
	assert_int_equal(roomlog.items[2]->seq, 2);
	assert_int_equal(roomlog.items[3]->kind, ROOMLOG_TOPIC);
	assert_int_equal(roomlog_last_seq(&roomlog), 2);
}

static void it_is_bounded_at_either_end(void **state)
{
	(void)state;
	for (int64_t seq = 1; seq <= 120; seq++)
		said(seq, "anna", "x");
	roomlog_trim(&roomlog, 100, false);
	assert_true(roomlog.count <= 100);
	assert_int_equal(roomlog_last_seq(&roomlog), 120);
	for (int64_t seq = 121; seq <= 160; seq++)
		said(seq, "anna", "x");
	roomlog_trim(&roomlog, 100, true);
	assert_true(roomlog.is_behind);
	assert_true(roomlog_last_seq(&roomlog) < 160);
	/* There would be a hole before it. */
	assert_null(said(161, "anna", "x"));
	assert_true(roomlog.has_missed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(an_edit_leaves_the_lines_of_files, end),
	    cmocka_unit_test_teardown(what_changes_a_message_changes_it_in_its_place, end),
	    cmocka_unit_test_teardown(a_message_is_there_once, end),
	    cmocka_unit_test_teardown(the_last_one_is_by_number_and_not_by_coming, end),
	    cmocka_unit_test_teardown(what_has_no_place_stands_behind_what_was_last, end),
	    cmocka_unit_test_teardown(it_is_bounded_at_either_end, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
