/* The promises of store/store.h, which every store must keep, whatever is behind it: one test each.
 *
 * Includes itself nothing of a backend: a test program opens a store in its setup and runs CONFORMANCE_TESTS.
 */
#ifndef BRUSIO_TESTS_UNIT_STORE_CONFORMANCE_H
#define BRUSIO_TESTS_UNIT_STORE_CONFORMANCE_H

#include "store_kit.h"

/* --- batches and groups --- */

TEST(numbers_rise_by_one_in_each_room)
{
	int64_t lobby = make_room("#lobby"), ops = make_room("#ops");
	struct entry entries[9];
	struct store_command commands[9];
	for (int i = 0; i < 9; i++) {
		entries[i] = message(i % 3 ? ops : lobby, "x");
		commands[i] = append_command(&entries[i]);
	}
	assert_int_equal(submit(commands, 9), STORE_OK);
	uint64_t next[2] = {1, 1};
	for (int i = 0; i < 9; i++)
		assert_int_equal(entries[i].seq, next[!(i % 3)]++);
	for (int i = 1; i < 9; i++)
		assert_true(entries[i].id > entries[i - 1].id);
	assert_int_equal(say(lobby, "next"), 4);
}

TEST(a_group_stands_or_falls_together)
{
	make_room("#taken");
	struct store_command commands[] = {
	    {.op = STORE_ADD_ROOM, .begins_group = true, .room.name = "#a"},
	    {.op = STORE_PUT_MEMBER,
	     .member = {.person = make_person("anna", PERSON_GUEST), .role = ROLE_OWNER}},
	    {.op = STORE_ADD_ROOM, .room.name = "#taken"},
	    {.op = STORE_ADD_ROOM, .begins_group = true, .room.name = "#b"},
	};
	assert_int_equal(submit(commands, 4), STORE_OK);
	assert_int_equal(commands[0].result, STORE_SKIPPED);
	assert_int_equal(commands[1].result, STORE_SKIPPED);
	assert_int_equal(commands[2].result, STORE_EXISTS);
	assert_int_equal(commands[3].result, STORE_OK);
	/* The name is free, and no member was left behind. */
	make_room("#a");
	assert_null(strstr(shown_by(store->ops->load), "member"));
}

TEST(a_group_that_falls_takes_its_entries_with_it)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST);
	join(anna, lobby, ROLE_MEMBER);
	struct entry first = message(lobby, "first"), second = message(lobby, "second");
	struct store_command commands[] = {
	    append_command(&first),
	    append_command(&second),
	    {.op = STORE_SET_READ, .member = {.person = 999, .room_id = lobby}}};
	commands[1].append.moves_read = true;
	second.person = anna;
	commands[1].append.send_id = (struct store_send_id){anna, "phone", "1"};
	assert_int_equal(submit(commands, 3), STORE_OK);
	assert_int_equal(commands[0].result, STORE_OK);
	assert_int_equal(commands[1].result, STORE_SKIPPED);
	assert_int_equal(commands[2].result, STORE_NONE);
	second.text = "another";
	commands[1].begins_group = true;
	assert_int_equal(carry_out(&commands[1]), STORE_OK);
	assert_int_equal(second.seq, 2);
}

TEST(numbers_of_what_a_group_has_added_are_filled_in)
{
	struct entry entry = message(0, "ciao");
	struct store_command commands[] = {
	    {.op = STORE_ADD_PERSON, .person = {.name = "anna", .folded = "anna"}},
	    {.op = STORE_PUT_SESSION, .session = {.hash = {1}, .device = "d", .client = "c", .address = "a"}},
	    {.op = STORE_ADD_ROOM, .room.name = "#a"},
	    {.op = STORE_PUT_MEMBER, .member.role = ROLE_OWNER},
	    append_command(&entry),
	};
	commands[4].begins_group = false;
	commands[4].append.send_id = (struct store_send_id){0, "d", "1"};
	assert_int_equal(submit(commands, 5), STORE_OK);
	int64_t person = commands[0].person.id, room = commands[2].room.id;
	assert_true(person > 0 && room > 0);
	assert_int_equal(commands[1].session.person, person);
	assert_int_equal(commands[3].member.person, person);
	assert_int_equal(commands[3].member.room_id, room);
	assert_int_equal(entry.room_id, room);
	assert_int_equal(commands[4].append.send_id.person, person);
	assert_int_equal(entry.seq, 1);
}

TEST(a_group_may_add_several_rooms_and_name_each)
{
	struct entry entries[3] = {message(-2, "b1"), message(-1, "a1"), message(-2, "b2")};
	struct store_command commands[] = {
	    {.op = STORE_ADD_ROOM, .room.name = "#a"},
	    {.op = STORE_ADD_ROOM, .room.name = "#b"},
	    {.op = STORE_SKIP_TO, .room = {.id = -1, .end_seq = 6}},
	    {.op = STORE_PUT_MEMBER, .member = {.person = 7, .room_id = -1, .role = ROLE_OWNER}},
	    append_command(&entries[0]),
	    append_command(&entries[1]),
	    append_command(&entries[2]),
	    {.op = STORE_UPDATE_ROOM, .room = {.id = -2, .topic = "t", .fields = STORE_ROOM_TOPIC}},
	};
	for (int i = 4; i < 7; i++)
		commands[i].begins_group = false;
	assert_int_equal(submit(commands, 8), STORE_OK);
	int64_t a = commands[0].room.id, b = commands[1].room.id;
	assert_int_equal(commands[3].member.room_id, a);
	assert_int_equal(entries[0].room_id, b);
	assert_int_equal(entries[1].room_id, a);
	assert_int_equal(entries[1].seq, 7);
	assert_int_equal(entries[2].seq, 2);
	assert_true(entries[0].id < entries[1].id && entries[1].id < entries[2].id);
	assert_int_equal(commands[7].room.id, b);
	/* The next group has its own. */
	struct store_command next[] = {{.op = STORE_ADD_ROOM, .room.name = "#c"},
				       {.op = STORE_PUT_MEMBER, .member = {.person = 7, .room_id = -1}}};
	assert_int_equal(submit(next, 2), STORE_OK);
	assert_int_equal(next[1].member.room_id, next[0].room.id);
}

#include "store_conformance_sends.h"

/* --- targets --- */

static inline int change_as(int64_t person, int64_t room_id, enum entry_kind kind, uint64_t ref,
			    const char *text)
{
	struct entry entry = {.kind = kind,
			      .flags = kind == ENTRY_REACT ? ENTRY_ON : 0,
			      .room_id = room_id,
			      .ref = ref,
			      .person = person,
			      .name = "somebody",
			      .text = text};
	struct store_command command = append_command(&entry);
	return carry_out(&command);
}

static inline uint64_t say_as(int64_t person, int64_t room_id, const char *text)
{
	struct entry entry = message(room_id, text);
	entry.person = person;
	return append(entry);
}

TEST(a_change_needs_a_message_that_is_there)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST);
	static const enum entry_kind kinds[] = {ENTRY_EDIT, ENTRY_REACT, ENTRY_DELETE};
	uint64_t first = say_as(anna, lobby, "first"), deleted = say_as(anna, lobby, "deleted");
	assert_int_equal(change_as(anna, lobby, ENTRY_EDIT, first, "better"), STORE_OK);
	assert_int_equal(change_as(anna, lobby, ENTRY_DELETE, deleted, ""), STORE_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(change_as(anna, lobby, kinds[i], 77, "x"), STORE_NONE);
		/* An edit, and what was deleted. */
		assert_int_equal(change_as(anna, lobby, kinds[i], 3, "x"), STORE_NONE);
		assert_int_equal(change_as(anna, lobby, kinds[i], deleted, "x"), STORE_NONE);
		assert_int_equal(
		    change_as(anna, make_room(i ? i > 1 ? "#a" : "#b" : "#c"), kinds[i], first, "x"),
		    STORE_NONE);
	}
	/* An answer may be to what was deleted. */
	assert_int_equal(change_as(anna, lobby, ENTRY_MESSAGE, deleted, "why?"), STORE_OK);
	assert_int_equal(change_as(anna, lobby, ENTRY_MESSAGE, 77, "why?"), STORE_NONE);
}

TEST(others_messages_are_not_changed)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST),
		bruno = make_person("bruno", PERSON_GUEST);
	uint64_t seq = say_as(anna, lobby, "mine"), nobodys = say(lobby, "the server's");
	assert_int_equal(change_as(bruno, lobby, ENTRY_EDIT, seq, "his"), STORE_FORBIDDEN);
	assert_int_equal(change_as(bruno, lobby, ENTRY_DELETE, seq, ""), STORE_FORBIDDEN);
	assert_int_equal(change_as(0, lobby, ENTRY_DELETE, nobodys, ""), STORE_FORBIDDEN);
	assert_int_equal(change_as(bruno, lobby, ENTRY_REACT, seq, "+"), STORE_OK);
	assert_int_equal(change_as(anna, lobby, ENTRY_EDIT, seq, "better"), STORE_OK);
	struct entry entry = {
	    .kind = ENTRY_DELETE, .room_id = lobby, .ref = seq, .person = bruno, .text = ""};
	struct store_command command = append_command(&entry);
	command.append.may_change_others = true;
	assert_int_equal(carry_out(&command), STORE_OK);
	assert_int_equal(command.append.target_author, anna);
}

TEST(a_message_has_so_many_kinds_of_reactions)
{
	static const char *const emoji[] = {"a", "b", "a", "c", "b"};
	static const int results[] = {STORE_OK, STORE_OK, STORE_OK, STORE_LIMIT, STORE_OK};
	int64_t lobby = make_room("#lobby");
	uint64_t seq = say(lobby, "ciao");
	for (int i = 0; i < 5; i++) {
		struct entry entry = {.kind = ENTRY_REACT,
				      .flags = ENTRY_ON,
				      .room_id = lobby,
				      .ref = seq,
				      .person = i + 1,
				      .name = "x",
				      .text = emoji[i]};
		struct store_command command = append_command(&entry);
		command.append.reactions_most = 2;
		assert_int_equal(carry_out(&command), results[i]);
	}
}

TEST(what_is_imported_is_not_checked)
{
	int64_t lobby = make_room("#lobby");
	struct entry entry = {.kind = ENTRY_EDIT, .room_id = lobby, .ref = 77, .name = "x", .text = "x"};
	struct store_command command = append_command(&entry);
	command.append.is_unchecked = true;
	assert_int_equal(carry_out(&command), STORE_OK);
	uint64_t seq = say(lobby, "ciao");
	entry =
	    (struct entry){.kind = ENTRY_EDIT, .room_id = lobby, .ref = seq, .name = "x", .text = "better"};
	assert_int_equal(carry_out(&command), STORE_OK);
	struct store_reader *reader = open_reader();
	struct seen seen =
	    read_page(reader, (struct store_range){.room_id = lobby, .current = true, .limit = 9});
	assert_string_equal(seen.last_text, "better");
	reader->ops->close(reader);
}

static inline bool see_texts(void *context, const struct entry *entry)
{
	fprintf(context, "%llu %d '%s'%s\n", (unsigned long long)entry->seq, entry->kind, entry->text,
		entry->flags & ENTRY_DELETED ? " deleted" : "");
	return true;
}

static inline const char *page_text(int64_t room_id, bool current)
{
	static char *text;
	size_t bytes;
	free(text);
	FILE *to = open_memstream(&text, &bytes);
	struct store_reader *reader = open_reader();
	struct store_range range = {.room_id = room_id, .limit = 100, .current = current};
	assert_int_equal(reader->ops->page(reader, &range, see_texts, to), STORE_OK);
	reader->ops->close(reader);
	fclose(to);
	return text;
}

TEST(a_deletion_takes_the_text_out_of_every_edit)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST);
	uint64_t seq = say_as(anna, lobby, "one");
	change_as(anna, lobby, ENTRY_EDIT, seq, "two");
	change_as(anna, lobby, ENTRY_EDIT, seq, "three");
	assert_string_equal(page_text(lobby, true), "1 1 'three'\n");
	change_as(anna, lobby, ENTRY_DELETE, seq, "");
	assert_string_equal(page_text(lobby, false),
			    "1 1 '' deleted\n2 2 '' deleted\n3 2 '' deleted\n4 3 ''\n");
	assert_string_equal(page_text(lobby, true), "1 1 '' deleted\n");
}

TEST(a_deletion_of_many_edits_is_whole_at_once_for_readers)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST);
	uint64_t seq = say_as(anna, lobby, "first");
	for (int i = 0; i < 25; i++) {
		struct entry edits[100];
		struct store_command commands[100];
		for (int k = 0; k < 100; k++) {
			edits[k] = message(lobby, "edited");
			edits[k].kind = ENTRY_EDIT;
			edits[k].ref = seq;
			edits[k].person = anna;
			commands[k] = append_command(&edits[k]);
		}
		assert_int_equal(submit(commands, 100), STORE_OK);
	}
	change_as(anna, lobby, ENTRY_DELETE, seq, "");
	assert_true(store->ops->has_leftovers(store));
	assert_null(strstr(page_text(lobby, false), "edited"));
	struct store_command sweep = {.op = STORE_FORGET_SENDS, .sweep.limit = 1000};
	for (int i = 0; i < 100 && store->ops->has_leftovers(store); i++)
		assert_int_equal(carry_out(&sweep), STORE_OK);
	assert_false(store->ops->has_leftovers(store));
	assert_null(strstr(page_text(lobby, false), "edited"));
}

TEST(an_entry_is_found_with_its_author)
{
	int64_t lobby = make_room("#lobby");
	uint64_t seq = say_as(7, lobby, "ciao");
	struct store_query query = {.question = STORE_FIND_ENTRY, .room_id = lobby, .seq = seq};
	assert_int_equal(ask_store(&query), STORE_OK);
	assert_int_equal(query.found.person, 7);
	assert_int_equal(query.found.kind, ENTRY_MESSAGE);
	query.seq = 77;
	assert_int_equal(ask_store(&query), STORE_NONE);
}

/* --- what is unread --- */

static inline void unread_is(int64_t person, int64_t room_id, uint64_t read_seq, uint32_t unread,
			     uint32_t mentions)
{
	struct store_reader *reader = open_reader();
	struct store_unread of = {.person = person, .room_id = room_id, .read_seq = read_seq};
	assert_int_equal(reader->ops->count_unread(reader, &of, 1), STORE_OK);
	assert_int_equal(of.unread, unread);
	assert_int_equal(of.mentions, mentions);
	of.is_direct = true;
	assert_int_equal(reader->ops->count_unread(reader, &of, 1), STORE_OK);
	assert_int_equal(of.mentions, unread);
	reader->ops->close(reader);
}

static inline uint64_t mention_as(int64_t person, int64_t room_id, uint64_t ref, int64_t mentioned)
{
	struct entry entry = message(room_id, "hey");
	entry.person = person;
	entry.ref = ref;
	struct store_command command = append_command(&entry);
	command.append.mentioned = &mentioned;
	command.append.mentioned_count = mentioned >= 0;
	assert_int_equal(carry_out(&command), STORE_OK);
	return entry.seq;
}

TEST(unread_messages_and_mentions_are_counted)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST),
		bruno = make_person("bruno", PERSON_ACCOUNT);
	unread_is(anna, lobby, 0, 0, 0);
	uint64_t own = say_as(anna, lobby, "mine"), others = say_as(bruno, lobby, "his");
	unread_is(anna, lobby, 0, 1, 0);
	unread_is(bruno, lobby, 0, 1, 0);
	uint64_t named = mention_as(bruno, lobby, 0, anna);
	unread_is(anna, lobby, 0, 2, 1);
	/* Answering one's own message, or naming oneself, mentions nobody. */
	mention_as(anna, lobby, own, anna);
	unread_is(anna, lobby, 0, 2, 1);
	mention_as(bruno, lobby, own, -1);
	unread_is(anna, lobby, 0, 3, 2);
	/* All of the room, but not whoever says so; and nobody twice. */
	uint64_t all = mention_as(bruno, lobby, own, 0);
	unread_is(anna, lobby, 0, 4, 3);
	unread_is(bruno, lobby, 0, 2, 0);
	unread_is(anna, lobby, named, 2, 2);
	unread_is(anna, lobby, all, 0, 0);
	change_as(bruno, lobby, ENTRY_DELETE, others, "");
	change_as(bruno, lobby, ENTRY_DELETE, named, "");
	unread_is(anna, lobby, 0, 2, 2);
}

TEST(an_edit_changes_whom_a_message_names)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST),
		bruno = make_person("bruno", PERSON_GUEST), carla = make_person("carla", PERSON_GUEST);
	uint64_t first = say_as(carla, lobby, "ciao"), seq = mention_as(bruno, lobby, first, anna);
	unread_is(anna, lobby, first, 1, 1);
	unread_is(carla, lobby, first, 1, 1);
	change_as(bruno, lobby, ENTRY_EDIT, seq, "nobody");
	unread_is(anna, lobby, first, 1, 0);
	unread_is(carla, lobby, first, 1, 1);
}

TEST(what_is_unread_is_counted_up_to_a_bound)
{
	int64_t lobby = make_room("#lobby");
	say_many(lobby, STORE_UNREAD_MOST + 5);
	unread_is(1, lobby, 0, STORE_UNREAD_MOST, 0);
	unread_is(1, lobby, 6, STORE_UNREAD_MOST - 1, 0);
}

TEST(ones_own_message_moves_ones_marker)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST);
	join(anna, lobby, ROLE_MEMBER);
	struct entry entries[3] = {message(lobby, "a"), message(lobby, "b"), message(lobby, "c")};
	struct store_command commands[3];
	for (int i = 0; i < 3; i++) {
		commands[i] = append_command(&entries[i]);
		entries[i].person = i < 2 ? anna : 0;
		commands[i].append.moves_read = i < 2;
	}
	assert_int_equal(submit(commands, 3), STORE_OK);
	assert_non_null(strstr(shown_by(store->ops->load), "member 1 of 1 role 1 read 2\n"));
}

TEST(a_marker_goes_back_only_where_that_is_asked_for)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST);
	struct store_command read = {.op = STORE_SET_READ, .member = {anna, lobby, ROLE_NONE, 5}};
	assert_int_equal(carry_out(&read), STORE_NONE);
	join(anna, lobby, ROLE_MEMBER);
	assert_int_equal(carry_out(&read), STORE_OK);
	read.member.read_seq = 3;
	assert_int_equal(carry_out(&read), STORE_OK);
	join(anna, lobby, ROLE_OWNER);
	assert_non_null(strstr(shown_by(store->ops->load), "member 1 of 1 role 4 read 5\n"));
	read.member.goes_back = true;
	assert_int_equal(carry_out(&read), STORE_OK);
	assert_non_null(strstr(shown_by(store->ops->load), "member 1 of 1 role 4 read 3\n"));
}

#include "store_conformance_account.h"
#include "store_conformance_people.h"
#include "store_conformance_search.h"
#include "store_conformance_edits.h"
#include "store_conformance_links.h"

#define CONFORMANCE_TEST(name) cmocka_unit_test_setup_teardown(name, CONFORMANCE_SETUP, CONFORMANCE_TEARDOWN)

#define CONFORMANCE_TESTS                                                                                \
	CONFORMANCE_TEST(numbers_rise_by_one_in_each_room),                                              \
	    CONFORMANCE_TEST(a_group_stands_or_falls_together),                                          \
	    CONFORMANCE_TEST(a_group_that_falls_takes_its_entries_with_it),                              \
	    CONFORMANCE_TEST(numbers_of_what_a_group_has_added_are_filled_in),                           \
	    CONFORMANCE_TEST(a_group_may_add_several_rooms_and_name_each),                               \
	    CONFORMANCE_TEST(a_send_that_comes_again_is_the_same_send),                                  \
	    CONFORMANCE_TEST(a_send_that_comes_twice_in_a_batch_is_stored_once),                         \
	    CONFORMANCE_TEST(many_messages_of_several_rooms_come_in_their_order),                        \
	    CONFORMANCE_TEST(one_of_many_messages_that_is_refused_leaves_no_hole),                       \
	    CONFORMANCE_TEST(the_same_id_for_something_else_is_refused),                                 \
	    CONFORMANCE_TEST(an_id_is_looked_at_before_anything_else),                                   \
	    CONFORMANCE_TEST(an_id_belongs_to_its_person_and_device),                                    \
	    CONFORMANCE_TEST(sends_are_found_without_writing),                                           \
	    CONFORMANCE_TEST(old_send_ids_are_forgotten_step_by_step),                                   \
	    CONFORMANCE_TEST(a_change_needs_a_message_that_is_there),                                    \
	    CONFORMANCE_TEST(others_messages_are_not_changed),                                           \
	    CONFORMANCE_TEST(a_message_has_so_many_kinds_of_reactions),                                  \
	    CONFORMANCE_TEST(what_is_imported_is_not_checked),                                           \
	    CONFORMANCE_TEST(a_deletion_takes_the_text_out_of_every_edit),                               \
	    CONFORMANCE_TEST(a_deletion_of_many_edits_is_whole_at_once_for_readers),                     \
	    CONFORMANCE_TEST(an_entry_is_found_with_its_author),                                         \
	    CONFORMANCE_TEST(unread_messages_and_mentions_are_counted),                                  \
	    CONFORMANCE_TEST(an_edit_changes_whom_a_message_names),                                      \
	    CONFORMANCE_TEST(what_is_unread_is_counted_up_to_a_bound),                                   \
	    CONFORMANCE_TEST(ones_own_message_moves_ones_marker),                                        \
	    CONFORMANCE_TEST(a_marker_goes_back_only_where_that_is_asked_for), CONFORMANCE_PEOPLE_TESTS, \
	    CONFORMANCE_ACCOUNT_TESTS, CONFORMANCE_EDIT_TESTS, CONFORMANCE_LINK_TESTS,                   \
	    CONFORMANCE_SEARCH_TESTS

#endif
