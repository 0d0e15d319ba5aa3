/* The part of store_conformance.h about messages that come again, which includes it. */
#ifndef STORE_CONFORMANCE_SENDS_H
#define STORE_CONFORMANCE_SENDS_H

#include "store_kit.h"

static inline int send_as(int64_t person, const char *device, const char *id, struct entry *entry)
{
	struct store_command command = append_command(entry);
	entry->person = person;
	command.append.send_id = (struct store_send_id){person, device, id};
	return carry_out(&command);
}

TEST(a_send_that_comes_again_is_the_same_send)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST);
	struct entry first = message(lobby, "ciao");
	assert_int_equal(send_as(anna, "phone", "1", &first), STORE_OK);
	for (int turn = 0; turn < 3; turn++) {
		struct entry again = message(lobby, "ciao");
		again.time_ms = 2000;
		assert_int_equal(send_as(anna, "phone", "1", &again), STORE_REPEAT);
		assert_int_equal(again.seq, first.seq);
		assert_int_equal(again.time_ms, 1000);
	}
	assert_int_equal(say(lobby, "next"), first.seq + 1);
}

TEST(a_send_that_comes_twice_in_a_batch_is_stored_once)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST);
	struct entry entries[2] = {message(lobby, "ciao"), message(lobby, "ciao")};
	struct store_command commands[2];
	for (int i = 0; i < 2; i++) {
		commands[i] = append_command(&entries[i]);
		commands[i].append.send_id = (struct store_send_id){anna, "phone", "1"};
	}
	assert_int_equal(submit(commands, 2), STORE_OK);
	assert_int_equal(commands[0].result, STORE_OK);
	assert_int_equal(commands[1].result, STORE_REPEAT);
	assert_int_equal(entries[1].seq, entries[0].seq);
}

/* Messages of two rooms by turns, all with ids. */
static inline void many_sends(struct store_command *commands, struct entry *entries, const int64_t rooms[2],
			      int64_t person)
{
	static const char *const ids[] = {"1", "2", "3", "4", "5", "6", "7", "8"};
	for (int i = 0; i < 8; i++) {
		entries[i] = message(rooms[i % 2], ids[i]);
		entries[i].person = person;
		commands[i] = append_command(&entries[i]);
		commands[i].append.send_id = (struct store_send_id){person, "phone", ids[i]};
		commands[i].append.moves_read = i < 5;
	}
}

TEST(many_messages_of_several_rooms_come_in_their_order)
{
	const int64_t rooms[] = {make_room("#lobby"), make_room("#ops")};
	int64_t anna = make_person("anna", PERSON_GUEST), last = 0;
	struct entry entries[8];
	struct store_command commands[8];
	join(anna, rooms[0], ROLE_MEMBER);
	say(rooms[1], "first");
	many_sends(commands, entries, rooms, anna);
	assert_int_equal(submit(commands, 8), STORE_OK);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(commands[i].result, STORE_OK);
		assert_int_equal(entries[i].seq, i / 2 + 1 + i % 2);
		assert_true(entries[i].id > last);
		last = entries[i].id;
	}
	assert_non_null(strstr(shown_by(store->ops->load), "member 1 of 1 role 1 read 3\n"));
	struct store_reader *reader = open_reader();
	struct seen seen = read_page(reader, (struct store_range){.room_id = rooms[1], .limit = 10});
	reader->ops->close(reader);
	assert_int_equal(seen.count, 5);
	assert_string_equal(seen.last_text, "8");
	many_sends(commands, entries, rooms, anna);
	assert_int_equal(submit(commands, 8), STORE_OK);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(commands[i].result, STORE_REPEAT);
		assert_int_equal(entries[i].seq, i / 2 + 1 + i % 2);
	}
}

TEST(one_of_many_messages_that_is_refused_leaves_no_hole)
{
	const int64_t rooms[] = {make_room("#lobby"), make_room("#ops")};
	int64_t anna = make_person("anna", PERSON_GUEST);
	struct entry entries[8], fifth = message(rooms[0], "5");
	struct store_command commands[8];
	assert_int_equal(send_as(anna, "phone", "5", &fifth), STORE_OK);
	many_sends(commands, entries, rooms, anna);
	commands[3].append.send_id.id = "2"; /* a repeat in the batch, with another text */
	assert_int_equal(submit(commands, 8), STORE_OK);
	static const uint64_t seqs[] = {2, 1, 3, 1, 1, 2, 4, 3};
	for (int i = 0; i < 8; i++) {
		int wanted = i == 3 ? STORE_ID_REUSED : i == 4 ? STORE_REPEAT : STORE_OK;
		assert_int_equal(commands[i].result, wanted);
		assert_int_equal(entries[i].seq, seqs[i]);
	}
	assert_int_equal(say(rooms[0], "next"), 5);
	assert_int_equal(say(rooms[1], "next"), 4);
}

TEST(the_same_id_for_something_else_is_refused)
{
	int64_t lobby = make_room("#lobby"), ops = make_room("#ops"),
		anna = make_person("anna", PERSON_GUEST);
	struct entry first = message(lobby, "ciao");
	assert_int_equal(send_as(anna, "phone", "1", &first), STORE_OK);
	struct entry others[5];
	for (int i = 0; i < 5; i++)
		others[i] = message(lobby, "ciao");
	others[0].text = "ciao!";
	others[1].room_id = ops;
	others[2].flags = ENTRY_ACTION;
	others[3].ref = 1;
	others[4].kind = ENTRY_TOPIC;
	for (int i = 0; i < 5; i++)
		assert_int_equal(send_as(anna, "phone", "1", &others[i]), STORE_ID_REUSED);
	assert_int_equal(say(lobby, "next"), first.seq + 1);
}

TEST(an_id_is_looked_at_before_anything_else)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST);
	struct entry one = message(lobby, "one"), two = message(lobby, "two");
	assert_int_equal(send_as(anna, "phone", "1", &one), STORE_OK);
	assert_int_equal(send_as(anna, "phone", "2", &two), STORE_OK);
	struct entry delete = {.kind = ENTRY_DELETE, .room_id = lobby, .ref = 1, .text = ""};
	assert_int_equal(send_as(anna, "phone", "3", &delete), STORE_OK);
	struct entry again = {.kind = ENTRY_DELETE, .room_id = lobby, .ref = 1, .text = ""};
	assert_int_equal(send_as(anna, "phone", "3", &again), STORE_REPEAT);
	struct entry other = {.kind = ENTRY_DELETE, .room_id = lobby, .ref = 77, .text = ""};
	assert_int_equal(send_as(anna, "phone", "3", &other), STORE_ID_REUSED);
	/* A message deleted since is the same send, whatever its text was. */
	one = message(lobby, "one");
	assert_int_equal(send_as(anna, "phone", "1", &one), STORE_REPEAT);
}

TEST(an_id_belongs_to_its_person_and_device)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST),
		bruno = make_person("bruno", PERSON_ACCOUNT);
	const struct store_send_id ids[] = {
	    {anna, "phone", "1"}, {bruno, "phone", "1"}, {anna, "desk", "1"}, {anna, "phone", "2"}};
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct entry entry = message(lobby, "ciao");
		assert_int_equal(send_as(ids[i].person, ids[i].device, ids[i].id, &entry), STORE_OK);
		assert_int_equal(entry.seq, i + 1);
	}
}

TEST(sends_are_found_without_writing)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST);
	struct entry first = message(lobby, "ciao"), same = message(lobby, "ciao"),
		     other = message(lobby, "x");
	assert_int_equal(send_as(anna, "phone", "1", &first), STORE_OK);
	struct store_query query = {
	    .question = STORE_FIND_SEND, .entry = &same, .send_id = {anna, "phone", "1"}};
	assert_int_equal(ask_store(&query), STORE_OK);
	assert_int_equal(same.seq, first.seq);
	query.entry = &other;
	assert_int_equal(ask_store(&query), STORE_ID_REUSED);
	query.send_id.id = "2";
	assert_int_equal(ask_store(&query), STORE_NONE);
}

TEST(old_send_ids_are_forgotten_step_by_step)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_GUEST);
	for (int i = 0; i < 25; i++) {
		char id[16];
		struct entry entry = message(lobby, "x");
		snprintf(id, sizeof id, "%02d", i);
		entry.time_ms = i % 2 ? 5000 : 1000;
		assert_int_equal(send_as(anna, "phone", id, &entry), STORE_OK);
	}
	struct store_command sweep = {.op = STORE_FORGET_SENDS, .sweep = {.before_ms = 3000, .limit = 10}};
	int rounds = 0;
	do
		assert_int_equal(carry_out(&sweep), STORE_OK);
	while (!sweep.sweep.is_done && ++rounds < 10);
	assert_int_equal(rounds, 2);
	for (int i = 0; i < 2; i++) {
		char id[16];
		struct entry entry = message(lobby, "x");
		snprintf(id, sizeof id, "%02d", 10 + i);
		struct store_query query = {
		    .question = STORE_FIND_SEND, .entry = &entry, .send_id = {anna, "phone", id}};
		assert_int_equal(ask_store(&query), i ? STORE_OK : STORE_NONE);
	}
}

#endif
