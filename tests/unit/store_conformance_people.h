/* The part of store_conformance.h about people and rooms, which includes it behind its own. */
#ifndef BRUSIO_TESTS_UNIT_STORE_CONFORMANCE_PEOPLE_H
#define BRUSIO_TESTS_UNIT_STORE_CONFORMANCE_PEOPLE_H

#include "store_kit.h"

#include "base/clock.h"

/* --- people --- */

TEST(names_are_one_space_for_guests_and_accounts)
{
	int64_t anna = make_person("anna", PERSON_GUEST), bruno = make_person("bruno", PERSON_ACCOUNT);
	struct store_command commands[] = {
	    {.op = STORE_ADD_PERSON, .person = {.name = "Bruno", .folded = "bruno"}},
	    {.op = STORE_RENAME_PERSON,
	     .begins_group = true,
	     .person = {.id = anna, .name = "b", .folded = "bruno"}},
	    {.op = STORE_RENAME_PERSON,
	     .begins_group = true,
	     .person = {.id = 99, .name = "x", .folded = "x"}},
	    {.op = STORE_RENAME_PERSON,
	     .begins_group = true,
	     .person = {.id = anna, .name = "Anna", .folded = "anna"}},
	};
	assert_int_equal(submit(commands, 4), STORE_OK);
	assert_int_equal(commands[0].result, STORE_EXISTS);
	assert_int_equal(commands[1].result, STORE_EXISTS);
	assert_int_equal(commands[2].result, STORE_NONE);
	assert_int_equal(commands[3].result, STORE_OK);
	assert_true(bruno > anna);
	loads("person 1 0 Anna anna\nperson 2 1 bruno bruno\n");
}

TEST(a_guest_who_becomes_an_account_keeps_the_number)
{
	int64_t anna = make_person("anna", PERSON_GUEST);
	struct store_query query = {.question = STORE_FIND_PASSWORD, .person = anna};
	assert_int_equal(ask_store(&query), STORE_NONE);
	assert_int_equal(CARRY_OUT(.op = STORE_SET_PASSWORD, .person = {.id = anna, .password = "x"}),
			 STORE_NONE);
	assert_int_equal(CARRY_OUT(.op = STORE_MAKE_ACCOUNT, .person = {.id = anna, .password = "one"}),
			 STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_MAKE_ACCOUNT, .person = {.id = 99, .password = "one"}),
			 STORE_NONE);
	assert_int_equal(ask_store(&query), STORE_OK);
	assert_string_equal(query.text, "one");
	assert_int_equal(CARRY_OUT(.op = STORE_SET_PASSWORD, .person = {.id = anna, .password = "two"}),
			 STORE_OK);
	assert_int_equal(ask_store(&query), STORE_OK);
	assert_string_equal(query.text, "two");
	assert_int_equal(CARRY_OUT(.op = STORE_SET_ADMIN, .person = {.id = anna, .is_admin = true}),
			 STORE_OK);
	loads("person 1 1 anna anna admin\n");
}

TEST(numbers_of_persons_are_not_given_again)
{
	int64_t anna = make_person("anna", PERSON_GUEST);
	assert_int_equal(CARRY_OUT(.op = STORE_REMOVE_PERSON, .person.id = anna), STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_REMOVE_PERSON, .person.id = anna), STORE_NONE);
	assert_int_equal(make_person("anna", PERSON_GUEST), anna + 1);
}

TEST(what_is_somebodys_goes_with_them)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT), bruno = make_person("bruno", PERSON_ACCOUNT),
		lobby = make_room("#lobby");
	struct entry entry = message(lobby, "ciao");
	join(anna, lobby, ROLE_OWNER);
	assert_int_equal(send_as(anna, "phone", "1", &entry), STORE_OK);
	struct store_command commands[] = {
	    {.op = STORE_PUT_SESSION,
	     .session = {.hash = {1}, .person = anna, .device = "", .client = "", .address = ""}},
	    {.op = STORE_PUT_TOKEN, .token = {.person = anna, .label = "bot", .hash = {2}}},
	    {.op = STORE_PUT_INVITATION, .invitation = {.room_id = lobby, .person = anna, .by = "bruno"}},
	    {.op = STORE_PUT_BLOCK, .block = {anna, bruno, true}},
	    {.op = STORE_PUT_BLOCK, .block = {bruno, anna, true}},
	    {.op = STORE_REMOVE_PERSON, .begins_group = true, .person.id = anna},
	};
	assert_int_equal(submit(commands, 6), STORE_OK);
	for (int i = 0; i < 6; i++)
		assert_int_equal(commands[i].result, STORE_OK);
	assert_int_equal(commands[5].person.kind, PERSON_ACCOUNT);
	loads("person 2 1 bruno bruno\nroom 1 #lobby '' 0 0:0 end 1 purged 0\n");
	struct store_query token = {.question = STORE_FIND_TOKEN, .hash = {2}};
	assert_int_equal(ask_store(&token), STORE_NONE);
	struct store_query sent = {
	    .question = STORE_FIND_SEND, .entry = &entry, .send_id = {anna, "phone", "1"}};
	assert_int_equal(ask_store(&sent), STORE_NONE);
}

TEST(a_conversation_outlives_one_side_and_not_both)
{
	int64_t anna = make_person("anna", PERSON_GUEST), bruno = make_person("bruno", PERSON_ACCOUNT);
	int64_t room = make_direct(anna, bruno);
	say_as(anna, room, "ciao");
	struct store_command remove = {.op = STORE_REMOVE_PERSON, .person.id = anna};
	assert_int_equal(carry_out(&remove), STORE_OK);
	assert_int_equal(remove.person.kind, PERSON_GONE);
	loads("person 1 2 anna \nperson 2 1 bruno bruno\n"
	      "room 1 direct:1:2 direct private '' 0 1:2 end 1 purged 0\nmember 2 of 1 role 1 read 0\n");
	/* The name is free for somebody else. */
	assert_int_equal(make_person("anna", PERSON_GUEST), 3);
	assert_int_equal(CARRY_OUT(.op = STORE_REMOVE_PERSON, .person.id = anna), STORE_NONE);
	remove.person = (struct store_person){.id = bruno};
	assert_int_equal(carry_out(&remove), STORE_OK);
	assert_int_equal(remove.person.kind, PERSON_ACCOUNT);
	loads("person 3 0 anna anna\n");
}

TEST(a_conversation_without_a_word_goes_with_one_side)
{
	int64_t anna = make_person("anna", PERSON_GUEST), bruno = make_person("bruno", PERSON_ACCOUNT);
	make_direct(anna, bruno);
	struct store_command remove = {.op = STORE_REMOVE_PERSON, .person.id = anna};
	assert_int_equal(carry_out(&remove), STORE_OK);
	assert_int_equal(remove.person.kind, PERSON_GUEST);
	loads("person 2 1 bruno bruno\n");
}

TEST(sessions_are_put_seen_and_dropped)
{
	int64_t anna = make_person("anna", PERSON_GUEST), bruno = make_person("bruno", PERSON_GUEST);
	struct store_session session = {.hash = {1},
					.person = anna,
					.device = "phone",
					.client = "web",
					.address = "::1",
					.token = {9},
					.has_token = true,
					.since_ms = 5};
	struct store_command put = {.op = STORE_PUT_SESSION, .session = session};
	assert_int_equal(CARRY_OUT(.op = STORE_PUT_TOKEN, .token = {anna, "bot", {9}}), STORE_OK);
	assert_int_equal(carry_out(&put), STORE_OK);
	put.session.device = "desk";
	assert_int_equal(carry_out(&put), STORE_OK);
	put.session.hash[0] = 2;
	put.session.device = "phone";
	assert_int_equal(carry_out(&put), STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_SEE_SESSION, .session = {.hash = {2}, .seen_ms = 77}),
			 STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_SEE_SESSION, .session = {.hash = {3}, .seen_ms = 77}),
			 STORE_NONE);
	loads("person 1 0 anna anna\nperson 2 0 bruno bruno\n"
	      "session 2 of 1 phone web ::1 5 77\nsession 1 of 1 desk web ::1 5 0\n");
	struct store_query query = {.question = STORE_FIND_SESSION, .hash = {1}};
	assert_int_equal(ask_store(&query), STORE_OK);
	assert_int_equal(query.person, anna);
	assert_true(query.has_token && query.token[0] == 9);
	assert_int_equal(CARRY_OUT(.op = STORE_DROP_SESSION, .session = {.hash = {1}, .person = bruno}),
			 STORE_NONE);
	assert_int_equal(CARRY_OUT(.op = STORE_DROP_SESSIONS, .session = {.hash = {2}, .person = anna}),
			 STORE_OK);
	assert_int_equal(ask_store(&query), STORE_NONE);
	assert_int_equal(CARRY_OUT(.op = STORE_DROP_SESSION, .session = {.hash = {2}, .person = anna}),
			 STORE_OK);
	loads("person 1 0 anna anna\nperson 2 0 bruno bruno\n");
}

TEST(a_device_has_one_stored_session)
{
	int64_t anna = make_person("anna", PERSON_GUEST), bruno = make_person("bruno", PERSON_GUEST);
	struct store_session session = {.device = "phone", .client = "", .address = ""};
	for (unsigned char i = 1; i <= 4; i++) {
		session.hash[0] = i;
		session.person = i == 1 ? bruno : anna;
		assert_int_equal(CARRY_OUT(.op = STORE_PUT_SESSION, .session = session), STORE_OK);
	}
	loads("person 1 0 anna anna\nperson 2 0 bruno bruno\n"
	      "session 1 of 2 phone   0 0\nsession 4 of 1 phone   0 0\n");
}

static inline void count_rows(struct store_query *query, const struct store_command *row)
{
	query->seq++;
	if (row->op == STORE_PUT_TOKEN)
		snprintf(query->text, sizeof query->text, "%s", row->token.label);
	if (row->op == STORE_ADD_DEED)
		snprintf(query->text, sizeof query->text, "%s", row->deed.op);
	if (row->op == STORE_PUT_SESSION)
		snprintf(query->text, sizeof query->text, "%s", row->session.device);
}

TEST(tokens_have_labels_and_a_bound)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT);
	struct store_command put = {.op = STORE_PUT_TOKEN,
				    .token = {.person = anna, .label = "a", .hash = {1}, .most = 2}};
	assert_int_equal(carry_out(&put), STORE_OK);
	put.token.label = "b", put.token.hash[0] = 2;
	assert_int_equal(carry_out(&put), STORE_OK);
	put.token.label = "c", put.token.hash[0] = 3;
	assert_int_equal(carry_out(&put), STORE_LIMIT);
	put.token.label = "b";
	assert_int_equal(carry_out(&put), STORE_OK);
	struct store_query old = {.question = STORE_FIND_TOKEN, .hash = {2}},
			   new = {.question = STORE_FIND_TOKEN, .hash = {3}};
	assert_int_equal(ask_store(&old), STORE_NONE);
	assert_int_equal(ask_store(&new), STORE_OK);
	assert_int_equal(new.person, anna);
	struct store_query list = {.question = STORE_LIST_TOKENS, .person = anna, .visit = count_rows};
	assert_int_equal(ask_store(&list), STORE_OK);
	assert_int_equal(list.seq, 2);
	assert_string_equal(list.text, "b");
	struct store_command drop = {.op = STORE_DROP_TOKEN, .token = {.person = anna, .label = "b"}};
	assert_int_equal(carry_out(&drop), STORE_OK);
	assert_int_equal(drop.token.hash[0], 3);
	assert_int_equal(carry_out(&drop), STORE_NONE);
	assert_int_equal(CARRY_OUT(.op = STORE_DROP_TOKENS, .token.person = anna), STORE_OK);
	list.seq = 0;
	assert_int_equal(ask_store(&list), STORE_OK);
	assert_int_equal(list.seq, 0);
}

static void visit_passkey(struct store_query *query, const struct store_command *row)
{
	query->person = row->passkey.person;
	query->count++;
	snprintf(query->text, sizeof query->text, "%s %s %s %d %d", row->passkey.label, row->passkey.host,
		 row->passkey.key, (int)row->passkey.counter, (int)row->passkey.used_ms);
}

static struct store_command first_passkey(int64_t person)
{
	return (struct store_command){.op = STORE_PUT_PASSKEY,
				      .passkey = {.person = person,
						  .hash = {1},
						  .label = "laptop",
						  .host = "chat.example",
						  .key = "MFkw",
						  .challenge_ms = 100,
						  .made_ms = 100,
						  .most = 2}};
}

TEST(passkeys_are_kept_and_bounded)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT);
	struct store_command put = first_passkey(anna);
	assert_int_equal(carry_out(&put), STORE_OK);
	assert_int_equal(carry_out(&put), STORE_EXISTS);
	put.passkey.hash[0] = 2;
	assert_int_equal(carry_out(&put), STORE_EXISTS);
	put.passkey.label = "phone", put.passkey.made_ms = 101;
	assert_int_equal(carry_out(&put), STORE_OK);
	put.passkey.label = "tablet", put.passkey.hash[0] = 3;
	assert_int_equal(carry_out(&put), STORE_LIMIT);
	struct store_query list = {.question = STORE_LIST_PASSKEYS, .person = anna, .visit = visit_passkey};
	assert_int_equal(ask_store(&list), STORE_OK);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.text, "phone chat.example MFkw 0 0");

	struct store_command drop = {.op = STORE_DROP_PASSKEY,
				     .passkey = {.person = anna, .label = "laptop"}};
	assert_int_equal(carry_out(&drop), STORE_OK);
	assert_int_equal(carry_out(&drop), STORE_NONE);
	drop.passkey.label = NULL;
	assert_int_equal(carry_out(&drop), STORE_OK);
	assert_int_equal(carry_out(&drop), STORE_OK);
	list.count = 0;
	assert_int_equal(ask_store(&list), STORE_OK);
	assert_int_equal(list.count, 0);
}

/* A challenge is newer each time, and so is a counter that is not 0. */
TEST(passkeys_are_shown_once_each)
{
	static const struct {
		int64_t challenge_ms, counter;
		int result;
	} steps[] = {{100, 0, STORE_NONE}, {101, 0, STORE_OK},   {101, 0, STORE_NONE}, {102, 7, STORE_OK},
		     {103, 7, STORE_NONE}, {103, 0, STORE_NONE}, {102, 8, STORE_NONE}, {103, 8, STORE_OK}};
	int64_t anna = make_person("anna", PERSON_ACCOUNT);
	struct store_command put = first_passkey(anna);
	struct store_command use = {.op = STORE_USE_PASSKEY, .passkey = {.hash = {1}, .used_ms = 9}};
	assert_int_equal(carry_out(&put), STORE_OK);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		use.passkey.challenge_ms = steps[i].challenge_ms;
		use.passkey.counter = steps[i].counter;
		assert_int_equal(carry_out(&use), steps[i].result);
	}
	struct store_query find = {.question = STORE_FIND_PASSKEY, .hash = {1}, .visit = visit_passkey};
	assert_int_equal(ask_store(&find), STORE_OK);
	assert_int_equal(find.person, anna);
	assert_string_equal(find.text, "laptop chat.example MFkw 8 9");
	find.hash[0] = use.passkey.hash[0] = 9;
	assert_int_equal(ask_store(&find), STORE_NONE);
	use.passkey.challenge_ms = 200;
	assert_int_equal(carry_out(&use), STORE_NONE);
}

TEST(sessions_and_the_record_are_listed)
{
	int64_t anna = make_person("anna", PERSON_GUEST), lobby = make_room("#lobby");
	struct store_command put = {
	    .op = STORE_PUT_SESSION,
	    .session = {.hash = {1}, .person = anna, .device = "phone", .client = "", .address = ""}};
	assert_int_equal(carry_out(&put), STORE_OK);
	struct store_query query = {.question = STORE_LIST_SESSIONS, .person = anna, .visit = count_rows};
	assert_int_equal(ask_store(&query), STORE_OK);
	assert_int_equal(query.seq, 1);
	assert_string_equal(query.text, "phone");
	static const char *const ops[] = {"ban", "mute", "kick"};
	int64_t last = 0;
	for (int i = 0; i < 3; i++) {
		struct store_command deed = {
		    .op = STORE_ADD_DEED,
		    .deed = {.room_id = lobby, .op = ops[i], .by = "a", .target = "b", .reason = ""}};
		assert_int_equal(carry_out(&deed), STORE_OK);
		assert_true(deed.deed.id > last);
		last = deed.deed.id;
	}
	query = (struct store_query){
	    .question = STORE_LIST_RECORD, .room_id = lobby, .limit = 2, .visit = count_rows};
	assert_int_equal(ask_store(&query), STORE_OK);
	assert_int_equal(query.seq, 2);
	assert_string_equal(query.text, "mute");
	query.before = (uint64_t)last - 1;
	query.seq = 0;
	assert_int_equal(ask_store(&query), STORE_OK);
	assert_int_equal(query.seq, 1);
	assert_string_equal(query.text, "ban");
}

/* --- rooms --- */

TEST(a_room_changes_where_the_fields_say)
{
	struct store_command room = {
	    .op = STORE_ADD_ROOM,
	    .room = {.name = "#a", .topic = "old", .is_private = true, .retention_days = 3}};
	assert_int_equal(carry_out(&room), STORE_OK);
	room = (struct store_command){.op = STORE_UPDATE_ROOM,
				      .room = {.id = room.room.id,
					       .fields = STORE_ROOM_TOPIC | STORE_ROOM_READ_ONLY,
					       .topic = "new",
					       .is_read_only = true}};
	assert_int_equal(carry_out(&room), STORE_OK);
	loads("room 1 #a private read_only 'new' 3 0:0 end 0 purged 0\n");
	room.room.fields = STORE_ROOM_PRIVATE | STORE_ROOM_RETENTION | STORE_ROOM_TOPIC_LOCKED;
	room.room.is_topic_locked = true;
	room.room.topic = NULL;
	assert_int_equal(carry_out(&room), STORE_OK);
	loads("room 1 #a read_only topic_locked 'new' 0 0:0 end 0 purged 0\n");
	room.room.fields = STORE_ROOM_KEEP_EDITS;
	room.room.keeps_edits = true;
	assert_int_equal(carry_out(&room), STORE_OK);
	loads("room 1 #a read_only topic_locked keep_edits 'new' 0 0:0 end 0 purged 0\n");
	room.room.id = 99;
	assert_int_equal(carry_out(&room), STORE_NONE);
	assert_int_equal(CARRY_OUT(.op = STORE_ADD_ROOM, .room.name = "#a"), STORE_EXISTS);
}

struct makers {
	char text[256];
};

static void note_maker(void *context, const struct store_command *row)
{
	struct makers *makers = context;
	size_t used = strlen(makers->text);
	if (row->op == STORE_ADD_ROOM)
		snprintf(makers->text + used, sizeof makers->text - used, "%s:%s ", row->room.name,
			 row->room.maker);
}

static void makers_are(const char *expected)
{
	struct makers makers = {""};
	assert_int_equal(store->ops->load(store, note_maker, &makers), STORE_OK);
	assert_string_equal(makers.text, expected);
}

/* Until somebody with an account is in the room. */
TEST(a_room_remembers_the_network_of_its_maker)
{
	int64_t guest = make_person("guest", PERSON_GUEST), anna = make_person("anna", PERSON_ACCOUNT);
	static const char *const names[] = {"#a", "#b", "#c"};
	for (int i = 0; i < 3; i++) {
		struct store_command made[] = {
		    {.op = STORE_ADD_ROOM, .room = {.name = names[i], .maker = "10.0.0.1"}},
		    {.op = STORE_PUT_MEMBER, .member = {.person = guest, .role = ROLE_OWNER}},
		};
		assert_int_equal(submit(made, 2), STORE_OK);
	}
	make_room("#nobodys");
	makers_are("#a:10.0.0.1 #b:10.0.0.1 #c:10.0.0.1 #nobodys: ");
	join(anna, 2, ROLE_MEMBER);
	makers_are("#a:10.0.0.1 #b: #c:10.0.0.1 #nobodys: ");
	assert_int_equal(
	    CARRY_OUT(.op = STORE_MAKE_ACCOUNT, .person = {.id = guest, .password = "$argon2id$"}), STORE_OK);
	makers_are("#a: #b: #c: #nobodys: ");
}

TEST(a_room_goes_with_all_that_is_in_it)
{
	int64_t anna = make_person("anna", PERSON_GUEST), big = make_room("#big");
	join(anna, big, ROLE_OWNER);
	for (int i = 0; i < 5; i++)
		assert_int_equal(try_many(big, 900, "word"), STORE_OK);
	mention_as(99, big, 0, anna);
	struct store_command commands[] = {
	    {.op = STORE_PUT_INVITATION, .invitation = {.room_id = big, .person = anna, .by = "x"}},
	    {.op = STORE_PUT_SANCTION,
	     .sanction = {.room_id = big,
			  .kind = SANCTION_BAN,
			  .target = "person:1",
			  .name = "",
			  .by = "",
			  .reason = ""}},
	    {.op = STORE_REMOVE_ROOM, .room.id = big},
	};
	assert_int_equal(submit(commands, 3), STORE_OK);
	assert_int_equal(commands[2].result, STORE_OK);
	assert_true(store->ops->has_leftovers(store));
	loads("person 1 0 anna anna\n");
	assert_int_equal(CARRY_OUT(.op = STORE_REMOVE_ROOM, .room.id = big), STORE_NONE);
	/* Its name is free, its number is not. */
	int64_t other = make_room("#big");
	assert_true(other > big);
	assert_int_equal(say(other, "first"), 1);
	struct store_command sweep = {.op = STORE_FORGET_SENDS, .sweep.limit = 1000};
	for (int i = 0; i < 100 && store->ops->has_leftovers(store); i++)
		assert_int_equal(carry_out(&sweep), STORE_OK);
	assert_false(store->ops->has_leftovers(store));
	assert_string_equal(page_text(big, false), "");
	assert_string_equal(page_text(other, false), "1 1 'first'\n");
	unread_is(anna, big, 0, 0, 0);
}

TEST(an_empty_room_can_begin_further_on)
{
	int64_t lobby = make_room("#lobby");
	assert_int_equal(CARRY_OUT(.op = STORE_SKIP_TO, .room = {.id = lobby, .end_seq = 41}), STORE_OK);
	assert_int_equal(say(lobby, "answer"), 42);
	loads("room 1 #lobby '' 0 0:0 end 42 purged 41\n");
}

TEST(retention_takes_the_oldest_without_a_hole)
{
	int64_t lobby = make_room("#lobby");
	static const int64_t times[] = {1000, 1000, 5000, 1000};
	for (int i = 0; i < 4; i++) {
		struct entry entry = message(lobby, "x");
		entry.time_ms = times[i];
		append(entry);
	}
	struct store_command purge = {.op = STORE_PURGE,
				      .purge = {.room_id = lobby, .before_ms = 3000, .limit = 1}};
	for (uint64_t expected = 1; expected <= 2; expected++) {
		assert_int_equal(carry_out(&purge), STORE_OK);
		assert_int_equal(purge.purge.purged_seq, expected);
	}
	assert_int_equal(carry_out(&purge), STORE_OK);
	assert_int_equal(purge.purge.purged_seq, 0);
	assert_int_equal(say(lobby, "next"), 5);
	loads("room 1 #lobby '' 0 0:0 end 5 purged 2\n");
}

/* The search index and pages of results go by it. */
TEST(the_order_over_all_rooms_goes_on_where_the_newest_are_gone)
{
	int64_t first = make_room("#first"), last = make_room("#last");
	say(first, "x");
	say_many(last, 5);
	struct entry entry = message(last, "newest"), next = message(first, "next");
	append(entry);
	struct store_command command = append_command(&entry);
	assert_int_equal(carry_out(&command), STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_REMOVE_ROOM, .room.id = last), STORE_OK);
	command.append.entry = &next;
	for (int64_t id = entry.id; next.id < entry.id + 3; id = next.id) {
		assert_int_equal(carry_out(&command), STORE_OK);
		assert_true(next.id > id);
	}
}

TEST(ownership_passes_to_who_stands_longest)
{
	int64_t lobby = make_room("#lobby"), guest = make_person("guest", PERSON_GUEST), people[4];
	static const enum role roles[] = {ROLE_MEMBER, ROLE_SPEAKER, ROLE_MODERATOR, ROLE_MODERATOR};
	static const char *const names[] = {"a", "b", "c", "d"};
	struct store_command pass = {.op = STORE_PASS_OWNERSHIP, .member.room_id = lobby};
	assert_int_equal(carry_out(&pass), STORE_OK);
	join(guest, lobby, ROLE_MEMBER);
	assert_int_equal(carry_out(&pass), STORE_OK);
	assert_int_equal(pass.member.person, 0);
	for (int i = 3; i >= 0; i--) {
		people[i] = make_person(names[i], PERSON_ACCOUNT);
		clock_fake(1000, 100000 - i * 1000);
		join(people[i], lobby, roles[i]);
	}
	/* The moderator who came first, then the other, then whoever came first: leaving in between. */
	static const int order[] = {3, 2, 1, 0};
	for (int i = 0; i < 4; i++) {
		assert_int_equal(carry_out(&pass), STORE_OK);
		assert_int_equal(pass.member.person, people[order[i]]);
		assert_int_equal(pass.member.role, ROLE_OWNER);
		assert_int_equal(carry_out(&pass), STORE_OK);
		assert_int_equal(pass.member.person, 0);
		assert_int_equal(CARRY_OUT(.op = STORE_DROP_MEMBER,
					   .member = {.person = people[order[i]], .room_id = lobby}),
				 STORE_OK);
	}
	assert_int_equal(carry_out(&pass), STORE_OK);
	assert_int_equal(pass.member.person, 0);
}

TEST(invitations_sanctions_and_blocks_are_kept)
{
	int64_t anna = make_person("anna", PERSON_GUEST), bruno = make_person("bruno", PERSON_GUEST),
		lobby = make_room("#lobby");
	struct store_sanction ban = {.room_id = lobby,
				     .kind = SANCTION_BAN,
				     .target = "person:1",
				     .folded = "anna",
				     .name = "anna",
				     .by = "bruno",
				     .reason = "noise",
				     .by_role = ROLE_OWNER};
	struct store_command commands[] = {
	    {.op = STORE_PUT_INVITATION, .invitation = {lobby, anna, "bruno", bruno, ROLE_MEMBER, 5, 9}},
	    {.op = STORE_PUT_SANCTION, .sanction = ban},
	    {.op = STORE_PUT_BLOCK, .block = {anna, bruno, true}},
	};
	assert_int_equal(submit(commands, 3), STORE_OK);
	commands[0].invitation.role = ROLE_OWNER;
	commands[1].sanction.reason = "more noise";
	assert_int_equal(submit(commands, 3), STORE_OK);
	loads("person 1 0 anna anna\nperson 2 0 bruno bruno\nroom 1 #lobby '' 0 0:0 end 0 purged 0\n"
	      "invitation 1 to 1 by bruno 2 role 4 5 9\n"
	      "sanction 1 in 1 of person:1 (anna) anna by bruno 4: more noise\nblock 1 2\n");
	commands[0].op = STORE_DROP_INVITATION;
	commands[1].op = STORE_DROP_SANCTION;
	commands[2].block.on = false;
	assert_int_equal(submit(commands, 3), STORE_OK);
	assert_int_equal(commands[1].result, STORE_OK);
	loads("person 1 0 anna anna\nperson 2 0 bruno bruno\nroom 1 #lobby '' 0 0:0 end 0 purged 0\n");
	assert_int_equal(carry_out(&commands[1]), STORE_NONE);
}

TEST(nothing_is_watched_of_ones_own)
{
	assert_string_equal(shown_by(store->ops->watch), "");
	make_person("anna", PERSON_GUEST);
	assert_string_equal(shown_by(store->ops->watch), "");
}

TEST(nobody_reacts_to_a_message_of_who_has_blocked_them)
{
	int64_t lobby = make_room("#lobby"), anna = make_person("anna", PERSON_ACCOUNT);
	int64_t bruno = make_person("bruno", PERSON_GUEST);
	uint64_t hers = say_as(anna, lobby, "hers"), his = say_as(bruno, lobby, "his");
	struct store_command block = {.op = STORE_PUT_BLOCK, .block = {anna, bruno, true}};
	assert_int_equal(carry_out(&block), STORE_OK);
	struct entry reaction = message(lobby, "+");
	reaction.kind = ENTRY_REACT;
	reaction.flags = ENTRY_ON;
	reaction.person = bruno;
	reaction.ref = hers;
	struct store_command react = append_command(&reaction);
	assert_int_equal(carry_out(&react), STORE_FORBIDDEN);
	/* What they gave before they may take back. */
	reaction.flags = 0;
	assert_int_equal(carry_out(&react), STORE_OK);
	reaction.flags = ENTRY_ON;
	reaction.ref = his;
	assert_int_equal(carry_out(&react), STORE_OK);
	block.block.on = false;
	reaction.ref = hers;
	assert_int_equal(carry_out(&block), STORE_OK);
	assert_int_equal(carry_out(&react), STORE_OK);
}

#define CONFORMANCE_PEOPLE_TESTS                                                                             \
	CONFORMANCE_TEST(names_are_one_space_for_guests_and_accounts),                                       \
	    CONFORMANCE_TEST(a_guest_who_becomes_an_account_keeps_the_number),                               \
	    CONFORMANCE_TEST(numbers_of_persons_are_not_given_again),                                        \
	    CONFORMANCE_TEST(what_is_somebodys_goes_with_them),                                              \
	    CONFORMANCE_TEST(a_conversation_outlives_one_side_and_not_both),                                 \
	    CONFORMANCE_TEST(a_conversation_without_a_word_goes_with_one_side),                              \
	    CONFORMANCE_TEST(sessions_are_put_seen_and_dropped),                                             \
	    CONFORMANCE_TEST(tokens_have_labels_and_a_bound),                                                \
	    CONFORMANCE_TEST(a_device_has_one_stored_session),                                               \
	    CONFORMANCE_TEST(passkeys_are_kept_and_bounded), CONFORMANCE_TEST(passkeys_are_shown_once_each), \
	    CONFORMANCE_TEST(sessions_and_the_record_are_listed),                                            \
	    CONFORMANCE_TEST(a_room_changes_where_the_fields_say),                                           \
	    CONFORMANCE_TEST(a_room_remembers_the_network_of_its_maker),                                     \
	    CONFORMANCE_TEST(a_room_goes_with_all_that_is_in_it),                                            \
	    CONFORMANCE_TEST(an_empty_room_can_begin_further_on),                                            \
	    CONFORMANCE_TEST(retention_takes_the_oldest_without_a_hole),                                     \
	    CONFORMANCE_TEST(the_order_over_all_rooms_goes_on_where_the_newest_are_gone),                    \
	    CONFORMANCE_TEST(ownership_passes_to_who_stands_longest),                                        \
	    CONFORMANCE_TEST(nobody_reacts_to_a_message_of_who_has_blocked_them),                            \
	    CONFORMANCE_TEST(invitations_sanctions_and_blocks_are_kept),                                     \
	    CONFORMANCE_TEST(nothing_is_watched_of_ones_own)

#endif
