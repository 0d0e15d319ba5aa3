/* Every store's duties about invitation links, pins and pushes: see store_conformance.h, which includes this. */
#ifndef BRUSIO_TESTS_STORE_CONFORMANCE_LINKS_H
#define BRUSIO_TESTS_STORE_CONFORMANCE_LINKS_H

#include "store_kit.h"

static void visit_link(struct store_query *query, const struct store_command *row)
{
	const struct store_link *link = &row->link;
	size_t at = strlen(query->text);
	snprintf(query->text + at, sizeof query->text - at, "%d %s %d/%d;", link->hash[0], link->key,
		 (int)link->used, (int)link->uses);
}

static struct store_command a_link(int64_t maker, unsigned char n, const char *key)
{
	return (struct store_command){.op = STORE_PUT_LINK,
				      .link = {.hash = {n},
					       .key = key,
					       .maker = maker,
					       .uses = 2,
					       .made_ms = 100 + n,
					       .until_ms = 1000,
					       .most = 2}};
}

static int use_link(unsigned char n, int64_t person, int64_t now_ms)
{
	return CARRY_OUT(.op = STORE_USE_LINK, .link = {.hash = {n}, .person = person, .made_ms = now_ms});
}

static const char *links_of(enum store_question question, int64_t person, int64_t room_id)
{
	static struct store_query query;
	query = (struct store_query){.question = question,
				     .person = person,
				     .room_id = room_id,
				     .limit = 10,
				     .visit = visit_link,
				     .since_ms = 999};
	assert_int_equal(ask_store(&query), STORE_OK);
	return query.text;
}

TEST(links_let_so_many_people_in)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT), bruno = make_person("bruno", PERSON_GUEST);
	int64_t carla = make_person("carla", PERSON_GUEST), dario = make_person("dario", PERSON_GUEST);
	struct store_command put = a_link(anna, 1, "one");
	assert_int_equal(carry_out(&put), STORE_OK);
	assert_int_equal(use_link(1, bruno, 500), STORE_OK);
	assert_int_equal(use_link(1, bruno, 500), STORE_OK);
	assert_string_equal(links_of(STORE_LIST_LINKS, anna, 0), "1 one 1/2;");
	assert_int_equal(use_link(1, carla, 1000), STORE_NONE);
	assert_int_equal(use_link(1, carla, 999), STORE_OK);
	assert_int_equal(use_link(1, dario, 500), STORE_NONE);
	assert_int_equal(use_link(1, bruno, 500), STORE_OK);
	assert_int_equal(use_link(1, bruno, 1000), STORE_NONE);
	assert_int_equal(use_link(2, bruno, 500), STORE_NONE);
	assert_string_equal(links_of(STORE_LIST_USED_LINKS, carla, 0), "1 one 2/2;");
	assert_string_equal(links_of(STORE_LIST_USED_LINKS, dario, 0), "");
	/* A link that is over registers nobody, and a used-up one is no longer listed. */
	struct store_query over = {
	    .question = STORE_LIST_USED_LINKS, .person = carla, .since_ms = 1000, .visit = visit_link};
	assert_int_equal(ask_store(&over), STORE_OK);
	assert_string_equal(over.text, "");
	assert_string_equal(links_of(STORE_LIST_LINKS, anna, 0), "");
	/* The person who used it goes, and the link still counts the use. */
	assert_int_equal(CARRY_OUT(.op = STORE_REMOVE_PERSON, .person.id = bruno), STORE_OK);
	assert_int_equal(use_link(1, dario, 500), STORE_NONE);
	struct store_query find = {
	    .question = STORE_FIND_LINK, .hash = {1}, .person = carla, .visit = visit_link};
	assert_int_equal(ask_store(&find), STORE_OK);
	assert_int_equal(find.count, 1);
	assert_string_equal(find.text, "1 one 2/2;");
	find.person = dario;
	assert_int_equal(ask_store(&find), STORE_OK);
	assert_int_equal(find.count, 0);
	find.hash[0] = 9;
	assert_int_equal(ask_store(&find), STORE_NONE);
}

/* A link is not used where the rest of the group is refused. */
TEST(links_are_used_with_their_group_or_not_at_all)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT), bruno = make_person("bruno", PERSON_GUEST);
	struct store_command put = a_link(anna, 1, "one");
	put.link.uses = 1;
	assert_int_equal(carry_out(&put), STORE_OK);
	struct store_command taken[] = {
	    {.op = STORE_USE_LINK, .link = {.hash = {1}, .person = bruno, .made_ms = 500}},
	    {.op = STORE_ADD_PERSON, .person = {.name = "anna", .folded = "anna"}},
	};
	assert_int_equal(submit(taken, 2), STORE_OK);
	assert_int_equal(taken[1].result, STORE_EXISTS);
	assert_string_equal(links_of(STORE_LIST_LINKS, 0, 0), "1 one 0/1;");
	struct store_command entered[] = {
	    {.op = STORE_ADD_PERSON, .person = {.name = "carla", .folded = "carla"}},
	    {.op = STORE_USE_LINK, .link = {.hash = {1}, .made_ms = 500}},
	};
	assert_int_equal(submit(entered, 2), STORE_OK);
	assert_int_equal(entered[1].result, STORE_OK);
	assert_int_equal(entered[1].link.person, entered[0].person.id);
	struct store_command late[] = {
	    {.op = STORE_ADD_PERSON, .person = {.name = "dario", .folded = "dario"}},
	    {.op = STORE_USE_LINK, .link = {.hash = {1}, .made_ms = 500}},
	};
	assert_int_equal(submit(late, 2), STORE_OK);
	assert_int_equal(late[1].result, STORE_NONE);
	assert_null(strstr(shown_by(store->ops->load), "dario"));
}

TEST(links_are_bounded_and_end)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT), bruno = make_person("bruno", PERSON_ACCOUNT);
	int64_t room = make_room("#garden");
	struct store_command one = a_link(anna, 1, "one"), two = a_link(anna, 2, "two");
	struct store_command three = a_link(anna, 3, "three"), four = a_link(bruno, 4, "four");
	struct store_command five = a_link(0, 5, "five"), guests = a_link(99, 6, "six");
	two.link.room_id = four.link.room_id = room;
	assert_int_equal(carry_out(&one), STORE_OK);
	assert_int_equal(carry_out(&two), STORE_OK);
	assert_int_equal(carry_out(&three), STORE_LIMIT);
	assert_int_equal(carry_out(&four), STORE_OK);
	assert_int_equal(carry_out(&five), STORE_OK);
	assert_int_equal(carry_out(&guests), STORE_NONE);
	guests.link.maker = anna, guests.link.most = 0, guests.link.room_id = 99;
	assert_int_equal(carry_out(&guests), STORE_NONE);
	assert_string_equal(links_of(STORE_LIST_LINKS, 0, 0), "5 five 0/2;4 four 0/2;2 two 0/2;1 one 0/2;");
	assert_string_equal(links_of(STORE_LIST_LINKS, anna, 0), "2 two 0/2;1 one 0/2;");
	assert_string_equal(links_of(STORE_LIST_LINKS, 0, room), "4 four 0/2;2 two 0/2;");
	struct store_command drop = {.op = STORE_DROP_LINK, .link = {.key = "one", .maker = bruno}};
	assert_int_equal(carry_out(&drop), STORE_NONE);
	drop.link.maker = 0, drop.link.room_id = room;
	assert_int_equal(carry_out(&drop), STORE_NONE);
	drop.link.maker = anna, drop.link.room_id = 0;
	assert_int_equal(carry_out(&drop), STORE_OK);
	assert_int_equal(use_link(1, bruno, 500), STORE_NONE);
	/* Bruno and what he made; a room and what leads there. */
	assert_int_equal(CARRY_OUT(.op = STORE_REMOVE_PERSON, .person.id = bruno), STORE_OK);
	assert_string_equal(links_of(STORE_LIST_LINKS, 0, 0), "5 five 0/2;2 two 0/2;");
	assert_int_equal(CARRY_OUT(.op = STORE_REMOVE_ROOM, .room.id = room), STORE_OK);
	assert_string_equal(links_of(STORE_LIST_LINKS, 0, 0), "5 five 0/2;");
	/* Links that are over are removed when another one is made. */
	struct store_command late = a_link(anna, 7, "seven");
	late.link.made_ms = 1000, late.link.until_ms = 2000;
	assert_int_equal(carry_out(&late), STORE_OK);
	assert_string_equal(links_of(STORE_LIST_LINKS, 0, 0), "7 seven 0/2;");
}

static void visit_pin(struct store_query *query, const struct store_command *row)
{
	const struct store_pin *pin = &row->pin;
	size_t at = strlen(query->text);
	snprintf(query->text + at, sizeof query->text - at, "%d %s: %s by %s;", (int)pin->seq, pin->name,
		 pin->text, pin->by);
}

static const char *pins_of(int64_t room_id)
{
	static struct store_query query;
	query = (struct store_query){.question = STORE_LIST_PINS, .room_id = room_id, .visit = visit_pin};
	assert_int_equal(ask_store(&query), STORE_OK);
	return query.text;
}

static int pin(int64_t room_id, uint64_t seq, int64_t time_ms)
{
	return CARRY_OUT(.op = STORE_PUT_PIN,
			 .pin = {
			     .room_id = room_id, .seq = seq, .by = "anna", .time_ms = time_ms, .most = 2});
}

static uint64_t change(int64_t room_id, enum entry_kind kind, uint64_t target, const char *text)
{
	struct entry entry = message(room_id, text);
	struct store_command command = append_command(&entry);
	entry.kind = kind, entry.ref = target;
	command.append.may_change_others = true;
	assert_int_equal(carry_out(&command), STORE_OK);
	return entry.seq;
}

TEST(pins_are_bounded_and_go_with_their_messages)
{
	int64_t room = make_room("#garden");
	uint64_t one = say(room, "one"), two = say(room, "two"), three = say(room, "three");
	assert_int_equal(pin(room, one, 5), STORE_OK);
	assert_int_equal(pin(room, two, 6), STORE_OK);
	assert_int_equal(pin(room, three, 7), STORE_LIMIT);
	assert_int_equal(pin(room, 99, 7), STORE_NONE);
	uint64_t edited = change(room, ENTRY_EDIT, two, "two!");
	assert_int_equal(pin(room, edited, 7), STORE_NONE);
	assert_string_equal(pins_of(room), "2 mario: two! by anna;1 mario: one by anna;");
	change(room, ENTRY_DELETE, one, "");
	assert_string_equal(pins_of(room), "2 mario: two! by anna;");
	assert_int_equal(pin(room, one, 8), STORE_NONE);
	assert_int_equal(pin(room, three, 9), STORE_OK);
	assert_string_equal(pins_of(room), "3 mario: three by anna;2 mario: two! by anna;");
	assert_int_equal(CARRY_OUT(.op = STORE_DROP_PIN, .pin = {.room_id = room, .seq = two}), STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_DROP_PIN, .pin = {.room_id = room, .seq = two}), STORE_NONE);
	assert_string_equal(pins_of(room), "3 mario: three by anna;");
	assert_int_equal(CARRY_OUT(.op = STORE_REMOVE_ROOM, .room.id = room), STORE_OK);
	assert_string_equal(pins_of(room), "");
}

static void visit_push(struct store_query *query, const struct store_command *row)
{
	const struct store_push *push = &row->push;
	size_t at = strlen(query->text);
	snprintf(query->text + at, sizeof query->text - at, "%d %s %s %s %s %s%s;", push->hash[0],
		 push->label, push->endpoint, push->point, push->auth, push->lang,
		 push->shows_text ? " texts" : "");
}

static const char *pushes_of(int64_t person)
{
	static struct store_query query;
	query = (struct store_query){.question = STORE_LIST_PUSHES, .person = person, .visit = visit_push};
	assert_int_equal(ask_store(&query), STORE_OK);
	return query.text;
}

static int put_push(int64_t person, unsigned char hash, const char *label)
{
	return CARRY_OUT(.op = STORE_PUT_PUSH, .push = {.person = person,
							.hash = {hash},
							.label = label,
							.endpoint = "e",
							.point = "p",
							.auth = "a",
							.lang = "it",
							.shows_text = hash == 1,
							.made_ms = hash,
							.most = 2});
}

static void put_token(int64_t person, unsigned char hash, const char *label)
{
	assert_int_equal(
	    CARRY_OUT(.op = STORE_PUT_TOKEN, .token = {.person = person, .label = label, .hash = {hash}}),
	    STORE_OK);
}

TEST(pushes_are_bounded_and_go_with_their_tokens)
{
	int64_t anna = make_person("anna", PERSON_ACCOUNT), bruno = make_person("bruno", PERSON_ACCOUNT);
	put_token(anna, 1, "one");
	put_token(anna, 2, "two");
	put_token(anna, 3, "three");
	put_token(bruno, 4, "one");
	assert_int_equal(put_push(anna, 1, "none"), STORE_NONE);
	assert_int_equal(put_push(anna, 1, "one"), STORE_OK);
	assert_int_equal(put_push(anna, 2, "two"), STORE_OK);
	assert_int_equal(put_push(anna, 3, "three"), STORE_LIMIT);
	assert_string_equal(pushes_of(anna), "1 one e p a it texts;2 two e p a it;");
	/* One of a label, and one of an endpoint, no matter who had it. */
	assert_int_equal(put_push(anna, 4, "two"), STORE_OK);
	assert_int_equal(put_push(bruno, 1, "one"), STORE_OK);
	assert_string_equal(pushes_of(anna), "4 two e p a it;");
	assert_string_equal(pushes_of(bruno), "1 one e p a it texts;");
	assert_int_equal(CARRY_OUT(.op = STORE_DROP_PUSH, .push = {.person = anna, .hash = {1}}), STORE_NONE);
	assert_int_equal(CARRY_OUT(.op = STORE_DROP_TOKEN, .token = {.person = anna, .label = "two"}),
			 STORE_OK);
	assert_string_equal(pushes_of(anna), "");
	assert_int_equal(put_push(anna, 3, "three"), STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_DROP_PUSH, .push = {.person = anna, .hash = {3}}), STORE_OK);
	assert_int_equal(put_push(anna, 3, "three"), STORE_OK);
	put_token(anna, 5, "three");
	assert_string_equal(pushes_of(anna), "");
	assert_int_equal(put_push(anna, 3, "three"), STORE_OK);
	assert_int_equal(CARRY_OUT(.op = STORE_DROP_TOKENS, .token.person = anna), STORE_OK);
	assert_string_equal(pushes_of(anna), "");
	assert_int_equal(CARRY_OUT(.op = STORE_REMOVE_PERSON, .person.id = bruno), STORE_OK);
	assert_string_equal(pushes_of(bruno), "");
}

#define CONFORMANCE_LINK_TESTS                                               \
	CONFORMANCE_TEST(pushes_are_bounded_and_go_with_their_tokens),       \
	    CONFORMANCE_TEST(pins_are_bounded_and_go_with_their_messages),   \
	    CONFORMANCE_TEST(links_let_so_many_people_in),                   \
	    CONFORMANCE_TEST(links_are_used_with_their_group_or_not_at_all), \
	    CONFORMANCE_TEST(links_are_bounded_and_end)

#endif
