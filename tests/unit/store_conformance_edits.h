/* Every store's duty to what edits replace: see store_conformance.h, which includes this. */
#ifndef BRUSIO_TESTS_STORE_CONFORMANCE_EDITS_H
#define BRUSIO_TESTS_STORE_CONFORMANCE_EDITS_H

#include "store_kit.h"

/* "3 three; 2 two; 1 one" */
static void see_edit(struct store_query *query, const struct store_command *row)
{
	size_t length = strlen(query->text);
	snprintf(query->text + length, sizeof query->text - length, "%s%llu %s", length ? "; " : "",
		 (unsigned long long)row->append.entry->seq, row->append.entry->text);
}

static const char *edits_of(int64_t room_id, uint64_t seq)
{
	static struct store_query query;
	query = (struct store_query){
	    .question = STORE_LIST_EDITS, .room_id = room_id, .seq = seq, .limit = 10, .visit = see_edit};
	ask_store(&query);
	return query.result == STORE_OK ? query.text : query.result == STORE_NONE ? "none" : "failed";
}

static uint64_t edit_kept(int64_t person, int64_t room_id, uint64_t seq, const char *text)
{
	struct entry edit = message(room_id, text);
	edit.kind = ENTRY_EDIT;
	edit.flags = ENTRY_KEEPS;
	edit.person = person;
	edit.ref = seq;
	struct store_command command = append_command(&edit);
	assert_int_equal(carry_out(&command), STORE_OK);
	return edit.seq;
}

TEST(an_edit_takes_out_what_it_replaces)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST);
	uint64_t seq = say_as(anna, lobby, "one");
	assert_string_equal(edits_of(lobby, seq), "1 one");
	change_as(anna, lobby, ENTRY_EDIT, seq, "two");
	change_as(anna, lobby, ENTRY_EDIT, seq, "three");
	assert_string_equal(page_text(lobby, false), "1 1 'three'\n2 2 'three'\n3 2 'three'\n");
	assert_string_equal(page_text(lobby, true), "1 1 'three'\n");
	assert_string_equal(edits_of(lobby, seq), "3 three");
	assert_string_equal(edits_of(lobby, 2), "none");
	assert_string_equal(edits_of(lobby, 9), "none");
}

TEST(what_an_edit_replaces_is_kept_where_it_says_so)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST);
	uint64_t seq = say_as(anna, lobby, "one");
	change_as(anna, lobby, ENTRY_EDIT, seq, "two");
	edit_kept(anna, lobby, seq, "three");
	edit_kept(anna, lobby, seq, "four");
	assert_string_equal(edits_of(lobby, seq), "4 four; 3 three; 2 two");
	assert_string_equal(page_text(lobby, false), "1 1 'four'\n2 2 'two'\n3 2 'three'\n4 2 'four'\n");
	change_as(anna, lobby, ENTRY_DELETE, seq, "");
	assert_string_equal(edits_of(lobby, seq), "none");
	assert_string_equal(page_text(lobby, true), "1 1 '' deleted\n");
	assert_null(strstr(page_text(lobby, false), "two"));
}

TEST(a_room_that_keeps_no_edits_any_more_loses_those_it_kept)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST);
	uint64_t seq = say_as(anna, lobby, "one");
	edit_kept(anna, lobby, seq, "two");
	say_many(lobby, 1000);
	uint64_t last = edit_kept(anna, lobby, seq, "three");
	struct store_command room = {.op = STORE_UPDATE_ROOM,
				     .room = {.id = lobby, .fields = STORE_ROOM_KEEP_EDITS}};
	assert_int_equal(carry_out(&room), STORE_OK);
	assert_true(store->ops->has_leftovers(store));
	struct store_command sweep = {.op = STORE_FORGET_SENDS, .sweep.limit = 1000};
	for (int i = 0; i < 100 && store->ops->has_leftovers(store); i++)
		assert_int_equal(carry_out(&sweep), STORE_OK);
	assert_false(store->ops->has_leftovers(store));
	assert_int_equal(last, 1003);
	assert_string_equal(edits_of(lobby, seq), "1003 three");
	struct store_reader *reader = open_reader();
	assert_null(strstr(page_text(lobby, false), "'two'"));
	reader->ops->close(reader);
}

#define CONFORMANCE_EDIT_TESTS                                                \
	CONFORMANCE_TEST(an_edit_takes_out_what_it_replaces),                 \
	    CONFORMANCE_TEST(what_an_edit_replaces_is_kept_where_it_says_so), \
	    CONFORMANCE_TEST(a_room_that_keeps_no_edits_any_more_loses_those_it_kept)

#endif
