/* Decisions while a batch is with the store: they never rest on entries that are not stored yet, and never ignore them.
 */
#include "chat_kit.h"

#include <sched.h>

static struct client *mario, *anna;

static int setup(void **state)
{
	setup_two(state, &mario, &anna);
	return 0;
}

/* The chat's turn ends, and another one passes. */
static void pass_turns(void)
{
	struct chat_counters counters;
	chat_count(chat, &counters);
	uint64_t turns = counters.turns;
	for (; counters.turns < turns + 2; chat_count(chat, &counters)) {
		fake.wake(fake.wake_context);
		sched_yield();
	}
}

/* Posts, and returns when the chat has looked at it: it waits, or is under way. */
static void post_and_look(uint64_t requests)
{
	struct chat_counters counters;
	chat_count(chat, &counters);
	uint64_t before = counters.requests;
	post();
	while (chat_count(chat, &counters), counters.requests < before + requests)
		sched_yield();
	/* What the turn that took it has decided is with the store when the turn has ended. */
	pass_turns();
}

static void answer_is(struct client *client, enum reply_kind kind, enum error_code code)
{
	const struct reply *reply = answer(client);
	if (reply->kind != kind || error_of(reply) != code)
		fail_msg("reply %d (%s) instead of %d (%s)", reply->kind, error_wire_name(error_of(reply)),
			 kind, error_wire_name(code));
}

static int64_t count(const char *sql)
{
	return fake_number(&fake, sql);
}

#define OWNERS_OF(room)                                                                                     \
	count("SELECT count(*) FROM members m JOIN rooms r ON r.id = m.room WHERE m.role = 4 AND r.name = " \
	      "'" room "'")
#define MEMBERS_OF(room) \
	count("SELECT count(*) FROM members m JOIN rooms r ON r.id = m.room WHERE r.name = '" room "'")

/* --- the same room --- */

static void both_are_in(void)
{
	answer_is(mario, REPLY_JOINED, ERROR_NONE);
	answer_is(anna, REPLY_JOINED, ERROR_NONE);
	assert_int_equal(stored_rooms(), 2);
	assert_int_equal(OWNERS_OF("#ops"), 1);
	assert_int_equal(MEMBERS_OF("#ops"), 2);
}

TEST(two_make_the_same_room_in_one_batch)
{
	ASK(mario, .op = REQUEST_JOIN, .room = "#ops");
	ASK(anna, .op = REQUEST_JOIN, .room = "#OPS");
	post();
	both_are_in();
}

TEST(somebody_joins_a_room_that_is_being_made)
{
	fake_store_pause(&fake);
	ASK(mario, .op = REQUEST_JOIN, .room = "#ops");
	post_and_look(1);
	ASK(anna, .op = REQUEST_JOIN, .room = "#ops");
	post_and_look(1);
	assert_true(is_silent(0) && is_silent(1));
	fake_store_resume(&fake);
	both_are_in();
}

TEST(a_room_that_could_not_be_made_is_free_for_the_next)
{
	fake.fails_after[STORE_ADD_ROOM] = 1;
	fake_store_pause(&fake);
	ASK(mario, .op = REQUEST_JOIN, .room = "#ops");
	post_and_look(1);
	ASK(anna, .op = REQUEST_JOIN, .room = "#ops");
	post_and_look(1);
	fake_store_resume(&fake);
	answer_is(mario, REPLY_ERROR, ERROR_STORE_FAILED);
	answer_is(anna, REPLY_JOINED, ERROR_NONE);
	assert_int_equal(OWNERS_OF("#ops"), 1);
	ASK(mario, .op = REQUEST_JOIN, .room = "#ops");
	post();
	answer_is(mario, REPLY_JOINED, ERROR_NONE);
	assert_int_equal(OWNERS_OF("#ops"), 1);
	assert_int_equal(MEMBERS_OF("#ops"), 2);
}

TEST(rooms_that_are_being_made_count)
{
	chat_settings.limits.rooms_max = 2;
	start_anew();
	mario = new_client(0);
	anna = new_client(1);
	hello(mario, "mario");
	hello(anna, "anna");
	ASK(mario, .op = REQUEST_JOIN, .room = "#a");
	ASK(anna, .op = REQUEST_JOIN, .room = "#b");
	post();
	answer_is(mario, REPLY_JOINED, ERROR_NONE);
	answer_is(anna, REPLY_ERROR, ERROR_LIMIT);
	assert_int_equal(stored_rooms(), 2);
}

/* One that is there and was not told of: whoever asks is not kept waiting for ever. */
TEST(a_room_that_another_process_made_is_no_endless_round)
{
	fake_text(&fake, "INSERT INTO rooms(name, created_ms) VALUES('#ops', 0)");
	ASK(mario, .op = REQUEST_JOIN, .room = "#ops");
	post();
	answer_is(mario, REPLY_ERROR, ERROR_STORE_FAILED);
}

/* --- the same name --- */

TEST(two_take_the_same_name_in_one_batch)
{
	struct client *one = new_client(0), *other = new_client(1);
	ASK(one, .op = REQUEST_HELLO, .name = "luca");
	ASK(other, .op = REQUEST_HELLO, .name = "LUCA");
	post();
	answer_is(one, REPLY_WELCOME, ERROR_NONE);
	answer_is(other, REPLY_ERROR, ERROR_NAME_TAKEN);
	assert_int_equal(count("SELECT count(*) FROM people WHERE folded = 'luca'"), 1);
}

TEST(somebody_takes_a_name_that_is_being_taken)
{
	struct client *one = new_client(0), *other = new_client(1);
	fake_store_pause(&fake);
	ASK(one, .op = REQUEST_HELLO, .name = "luca");
	post_and_look(1);
	ASK(other, .op = REQUEST_HELLO, .name = "luca");
	ASK(anna, .op = REQUEST_NICK, .name = "Luca");
	post_and_look(2);
	assert_true(is_silent(0) && is_silent(1));
	fake_store_resume(&fake);
	answer_is(one, REPLY_WELCOME, ERROR_NONE);
	answer_is(other, REPLY_ERROR, ERROR_NAME_TAKEN);
	answer_is(anna, REPLY_ERROR, ERROR_NAME_TAKEN);
	assert_int_equal(count("SELECT count(*) FROM people"), 3);
}

TEST(a_name_that_could_not_be_stored_is_free_for_the_next)
{
	struct client *one = new_client(0), *other = new_client(1);
	fake.fails_after[STORE_ADD_PERSON] = 1;
	fake_store_pause(&fake);
	ASK(one, .op = REQUEST_HELLO, .name = "luca");
	post_and_look(1);
	fake_store_resume(&fake);
	answer_is(one, REPLY_ERROR, ERROR_STORE_FAILED);
	ASK(other, .op = REQUEST_HELLO, .name = "luca");
	ASK(one, .op = REQUEST_HELLO, .name = "luigi");
	post();
	answer_is(other, REPLY_WELCOME, ERROR_NONE);
	answer_is(one, REPLY_WELCOME, ERROR_NONE);
}

TEST(two_are_renamed_to_the_same_name)
{
	ASK(mario, .op = REQUEST_NICK, .name = "luca");
	ASK(anna, .op = REQUEST_NICK, .name = "luca");
	post();
	answer_is(mario, REPLY_OK, ERROR_NONE);
	answer_is(anna, REPLY_ERROR, ERROR_NAME_TAKEN);
	assert_string_equal(fake_text(&fake, "SELECT group_concat(name) FROM people"), "luca,anna");
}

TEST(a_rename_that_fails_leaves_both_names_as_they_were)
{
	struct client *luca = new_client(0);
	fake.fails_after[STORE_RENAME_PERSON] = 1;
	ASK(mario, .op = REQUEST_NICK, .name = "luca");
	post();
	answer_is(mario, REPLY_ERROR, ERROR_STORE_FAILED);
	ASK(luca, .op = REQUEST_HELLO, .name = "mario");
	ASK(luca, .op = REQUEST_HELLO, .name = "luca");
	post();
	answer_is(luca, REPLY_ERROR, ERROR_NAME_TAKEN);
	answer_is(luca, REPLY_WELCOME, ERROR_NONE);
}

TEST(simple_names_of_one_batch_differ)
{
	struct client *carlas[3];
	for (int i = 0; i < 3; i++) {
		carlas[i] = new_client(0);
		ASK(carlas[i], .op = REQUEST_SIMPLE, .name = "Carla");
	}
	post();
	for (int i = 0; i < 3; i++)
		answer_is(carlas[i], REPLY_JOINED, ERROR_NONE);
	assert_string_equal(fake_text(&fake, "SELECT group_concat(name) FROM people WHERE id > 2"),
			    "Carla,Carla-2,Carla-3");
}

/* --- the same conversation --- */

static void there_is_one_conversation(void)
{
	assert_int_equal(count("SELECT count(*) FROM rooms WHERE direct"), 1);
	assert_int_equal(count("SELECT count(*) FROM members m JOIN rooms r ON r.id = m.room WHERE r.direct"),
			 2);
	assert_string_equal(fake_text(&fake, "SELECT group_concat(seq || name) FROM (SELECT * FROM entries"
					     " ORDER BY seq)"),
			    "1mario,2anna");
}

TEST(both_begin_a_conversation_in_one_batch)
{
	ASK(mario, .op = REQUEST_SEND, .id = "m", .room = "@anna", .message = "hi");
	ASK(anna, .op = REQUEST_SEND, .id = "a", .room = "@mario", .message = "hello");
	post();
	answer_is(mario, REPLY_ACK, ERROR_NONE);
	assert_int_equal(last_reply->ack.seq, 1);
	answer_is(anna, REPLY_ACK, ERROR_NONE);
	assert_int_equal(last_reply->ack.seq, 2);
	there_is_one_conversation();
}

TEST(the_other_answers_while_the_conversation_is_being_made)
{
	fake_store_pause(&fake);
	ASK(mario, .op = REQUEST_SEND, .id = "m", .room = "@anna", .message = "hi");
	post_and_look(1);
	ASK(anna, .op = REQUEST_SEND, .id = "a", .room = "@mario", .message = "hello");
	post_and_look(1);
	fake_store_resume(&fake);
	answer_is(mario, REPLY_ACK, ERROR_NONE);
	answer_is(anna, REPLY_ACK, ERROR_NONE);
	there_is_one_conversation();
}

TEST(a_conversation_that_could_not_be_stored_was_never_begun)
{
	fake.fails_after[STORE_APPEND] = 1;
	ASK(mario, .op = REQUEST_SEND, .id = "m", .room = "@anna", .message = "hi");
	post();
	answer_is(mario, REPLY_ERROR, ERROR_STORE_FAILED);
	assert_int_equal(count("SELECT count(*) FROM rooms WHERE direct"), 0);
	ASK(mario, .op = REQUEST_HISTORY, .room = "@anna");
	ASK(mario, .op = REQUEST_SEND, .id = "m", .room = "@anna", .message = "hi");
	ASK(anna, .op = REQUEST_SEND, .id = "a", .room = "@mario", .message = "hello");
	post();
	answer_is(mario, REPLY_ERROR, ERROR_NO_ROOM);
	answer_is(mario, REPLY_ACK, ERROR_NONE);
	answer_is(anna, REPLY_ACK, ERROR_NONE);
	there_is_one_conversation();
}

/* --- people who come and go meanwhile --- */

TEST(who_is_kicked_while_they_come_in_is_out)
{
	ASK(mario, .op = REQUEST_JOIN, .room = "#ops");
	post();
	answer_is(mario, REPLY_JOINED, ERROR_NONE);
	fake_store_pause(&fake);
	ASK(anna, .op = REQUEST_JOIN, .room = "#ops");
	post_and_look(1);
	ASK(mario, .op = REQUEST_KICK, .room = "#ops", .name = "anna");
	post_and_look(1);
	fake_store_resume(&fake);
	answer_is(anna, REPLY_JOINED, ERROR_NONE);
	answer_is(mario, REPLY_OK, ERROR_NONE);
	assert_int_equal(MEMBERS_OF("#ops"), 1);
	ASK(anna, .op = REQUEST_SEND, .room = "#ops", .message = "x");
	post();
	answer_is(anna, REPLY_ERROR, ERROR_NOT_MEMBER);
}

/* The request is carried out all the same, and the one who comes back has it. */
TEST(a_connection_ends_with_changes_under_way)
{
	char session[64];
	struct client *luca = new_client(0), *again = new_client(1);
	snprintf(session, sizeof session, "%s", hello(luca, "luca")->welcome.session);
	fake_store_pause(&fake);
	ASK(luca, .op = REQUEST_JOIN, .room = "#ops");
	ASK(luca, .op = REQUEST_SEND, .id = "1", .room = "#ops", .message = "x");
	post_and_look(2);
	ASK(luca, .op = REQUEST_CLOSED);
	post_and_look(1);
	ASK(again, .op = REQUEST_HELLO, .name = "luca", .session = session);
	ASK(again, .op = REQUEST_SEND, .id = "1", .room = "#ops", .message = "x");
	post_and_look(2);
	fake_store_resume(&fake);
	answer_is(again, REPLY_WELCOME, ERROR_NONE);
	assert_int_equal(last_reply->welcome.rooms.rows_count, 1);
	assert_string_equal(last_reply->welcome.rooms.rows[0].role, "owner");
	answer_is(again, REPLY_ACK, ERROR_NONE);
	assert_int_equal(last_reply->ack.seq, 1);
	assert_int_equal(stored_entries(), 1);
}

TEST(a_connection_ends_while_its_hello_is_under_way)
{
	struct client *luca = new_client(0);
	fake_store_pause(&fake);
	ASK(luca, .op = REQUEST_HELLO, .name = "luca");
	post_and_look(1);
	ASK(luca, .op = REQUEST_CLOSED);
	post_and_look(1);
	fake_store_resume(&fake);
	settle_chat(anna);
	settle_chat(anna);
	/* They were there for a moment, and their session waits as others do. */
	assert_int_equal(
	    count("SELECT count(*) FROM sessions s JOIN people p ON p.id = s.person WHERE p.name ="
		  " 'luca' AND s.seen_ms > 0"),
	    1);
}

TEST(who_is_disabled_while_they_come_in_stays_out)
{
	static struct store_command disabled;
	char session[64];
	struct client *first = new_client(0), *late = new_client(0);
	snprintf(session, sizeof session, "%s", hello(first, "luca")->welcome.session);
	ASK(first, .op = REQUEST_REGISTER, .password = "correct horse battery");
	answer_is(first, REPLY_OK, ERROR_NONE);
	disabled = (struct store_command){
	    .op = STORE_SET_DISABLED,
	    .person = {.id = count("SELECT id FROM people WHERE name = 'luca'"), .is_disabled = true}};
	fake_store_pause(&fake);
	ASK(late, .op = REQUEST_HELLO, .name = "luca", .session = session);
	post_and_look(1);
	fake.news = &disabled;
	ASK(anna, .op = REQUEST_OPER, .name = "nobody", .password = "correct horse battery");
	post_and_look(1);
	fake_store_resume(&fake);
	answer_is(late, REPLY_ERROR, ERROR_FORBIDDEN);
	/* The session's end is in a batch of its own. */
	while (
	    count("SELECT count(*) FROM sessions s JOIN people p ON p.id = s.person WHERE p.name = 'luca'")) {
		ASK(mario, .op = REQUEST_PING);
		answer_is(mario, REPLY_OK, ERROR_NONE);
	}
}

static void hear_of(const struct store_command *news)
{
	fake.news = news;
	ASK(anna, .op = REQUEST_OPER, .name = "nobody", .password = "correct horse battery");
	answer_is(anna, REPLY_ERROR, ERROR_AUTH_FAILED);
}

/* Until there is no row any more. */
static void wait_for_none(const char *sql)
{
	while (count(sql)) {
		ASK(mario, .op = REQUEST_PING);
		answer_is(mario, REPLY_OK, ERROR_NONE);
	}
}

TEST(tokens_end_again_where_another_process_has_ended_them)
{
	struct client *luca = new_client(0);
	hello(luca, "luca");
	ASK(luca, .op = REQUEST_REGISTER, .password = "correct horse battery");
	answer_is(luca, REPLY_OK, ERROR_NONE);
	ASK(luca, .op = REQUEST_TOKEN, .label = "bot");
	assert_int_not_equal(answer(luca)->kind, REPLY_ERROR);
	int64_t person = count("SELECT id FROM people WHERE name = 'luca'");
	struct store_command sessions = {.op = STORE_DROP_SESSIONS, .session.person = person},
			     tokens = {.op = STORE_DROP_TOKENS, .token.person = person};
	hear_of(&sessions);
	wait_for_none("SELECT count(*) FROM sessions s JOIN people p ON p.id = s.person"
		      " WHERE p.name = 'luca'");
	assert_int_equal(count("SELECT count(*) FROM tokens"), 1);
	hear_of(&tokens);
	wait_for_none("SELECT count(*) FROM tokens");
}

/* --- order --- */

TEST(each_connection_is_answered_in_its_order)
{
	static const enum reply_kind kinds[] = {REPLY_JOINED, REPLY_ACK, REPLY_OK,   REPLY_WHO, REPLY_ACK,
						REPLY_ACK,    REPLY_OK,  REPLY_LEFT, REPLY_OK,  REPLY_ERROR};
	struct client *both[] = {mario, anna};
	for (int i = 0; i < 2; i++) {
		ASK(both[i], .op = REQUEST_JOIN, .room = "#ops");
		ASK(both[i], .op = REQUEST_SEND, .room = "#ops", .message = "x");
		ASK(both[i], .op = REQUEST_PING);
		ASK(both[i], .op = REQUEST_WHO, .room = "#ops");
		ASK(both[i], .op = REQUEST_SEND, .room = "#ops", .message = "y");
		ASK(both[i], .op = REQUEST_SEND, .room = "#ops", .message = "z");
		ASK(both[i], .op = REQUEST_NICK, .name = i ? "anne" : "maria");
		ASK(both[i], .op = REQUEST_LEAVE, .room = "#ops");
		ASK(both[i], .op = REQUEST_PING);
		ASK(both[i], .op = REQUEST_SEND, .room = "#ops", .message = "w");
	}
	post();
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			answer_is(both[i], kinds[k], kinds[k] == REPLY_ERROR ? ERROR_NOT_MEMBER : ERROR_NONE);
	assert_int_equal(stored_entries(), 6);
}

/* --- roles --- */

/* Two owners take each other's role away: one is left. */
TEST(a_room_keeps_an_owner_when_both_leave_at_once)
{
	ASK(mario, .op = REQUEST_JOIN, .room = "#ops");
	post();
	answer_is(mario, REPLY_JOINED, ERROR_NONE);
	ASK(anna, .op = REQUEST_JOIN, .room = "#ops");
	post();
	answer_is(anna, REPLY_JOINED, ERROR_NONE);
	ASK(mario, .op = REQUEST_ROLE, .room = "#ops", .name = "anna", .role = "owner");
	post();
	answer_is(mario, REPLY_OK, ERROR_NONE);
	assert_int_equal(OWNERS_OF("#ops"), 2);
	ASK(mario, .op = REQUEST_ROLE, .room = "#ops", .name = "mario", .role = "member");
	ASK(anna, .op = REQUEST_ROLE, .room = "#ops", .name = "anna", .role = "member");
	post();
	answer(mario);
	answer(anna);
	assert_int_equal(OWNERS_OF("#ops"), 1);
}

/* --- while the store is away --- */

static void both_join(void)
{
	ASK(mario, .op = REQUEST_JOIN, .room = "#lobby");
	ASK(anna, .op = REQUEST_JOIN, .room = "#lobby");
	post();
	answer_is(mario, REPLY_JOINED, ERROR_NONE);
	answer_is(anna, REPLY_JOINED, ERROR_NONE);
}

TEST(what_needs_no_store_is_answered_while_it_is_away)
{
	both_join();
	fake_store_pause(&fake);
	ASK(mario, .op = REQUEST_SEND, .room = "#lobby", .message = "ciao");
	post_and_look(1);
	ASK(anna, .op = REQUEST_PING);
	ASK(anna, .op = REQUEST_WHO, .room = "#lobby");
	ASK(mario, .op = REQUEST_PING);
	post_and_look(3);
	assert_int_equal(answer(anna)->op, REQUEST_PING);
	answer_is(anna, REPLY_WHO, ERROR_NONE);
	/* Not before what the same connection has asked for before. */
	assert_true(is_silent(0));
	fake_store_resume(&fake);
	answer_is(mario, REPLY_ACK, ERROR_NONE);
	assert_int_equal(answer(mario)->op, REQUEST_PING);
}

static void be_silent(void)
{
	clock_fake(1000000 + chat_settings.limits.store_wait_seconds * 1000, INT64_C(1795341600000));
}

TEST(what_a_silent_store_was_not_given_is_refused_and_changes_nothing)
{
	both_join();
	fake_store_pause(&fake);
	ASK(mario, .op = REQUEST_SEND, .room = "#lobby", .message = "first", .id = "1");
	post_and_look(1);
	/* One in the next batch, one that waits for the first. */
	ASK(anna, .op = REQUEST_SEND, .room = "#lobby", .message = "second", .id = "1");
	ASK(mario, .op = REQUEST_HISTORY, .room = "#lobby");
	post_and_look(2);
	assert_true(is_silent(0) && is_silent(1));
	be_silent();
	pass_turns();
	answer_is(mario, REPLY_ERROR, ERROR_BUSY);
	answer_is(anna, REPLY_ERROR, ERROR_BUSY);
	ASK(anna, .op = REQUEST_PING);
	post_and_look(1);
	assert_int_equal(answer(anna)->op, REQUEST_PING);
	ASK(anna, .op = REQUEST_SEND, .room = "#lobby", .message = "third", .id = "2");
	post_and_look(1);
	answer_is(anna, REPLY_ERROR, ERROR_BUSY);
	fake_store_resume(&fake);
	answer_is(mario, REPLY_ACK, ERROR_NONE);
	ASK(anna, .op = REQUEST_SEND, .room = "#lobby", .message = "second", .id = "1");
	post();
	answer_is(anna, REPLY_ACK, ERROR_NONE);
	assert_int_equal(count("SELECT count(*) FROM entries WHERE kind = 1"), 2);
}

TEST(people_are_refused_where_the_store_takes_nothing)
{
	both_join();
	fake.takes_none = true;
	ASK(mario, .op = REQUEST_SEND, .room = "#lobby", .message = "x");
	ASK(anna, .op = REQUEST_WHO, .room = "#lobby");
	post();
	answer_is(mario, REPLY_ERROR, ERROR_BUSY);
	answer_is(anna, REPLY_WHO, ERROR_NONE);
	fake.takes_none = false;
	ASK(mario, .op = REQUEST_SEND, .room = "#lobby", .message = "x");
	post();
	answer_is(mario, REPLY_ACK, ERROR_NONE);
}

/* Passes over whatever else comes to that worker. */
static void wait_for(const struct client *client, enum reply_kind kind)
{
	bool is_it;
	do {
		struct reply *reply = next_reply(client->worker);
		is_it = reply->connection == client->connection && reply->kind == kind;
		reply_free(reply);
	} while (!is_it);
}

/* A connection that another one takes over may have asked for something in the same batch. */
TEST(who_is_put_out_before_their_change_is_done_harms_nothing)
{
	char session[64];
	struct client *old = new_client(0);
	snprintf(session, sizeof session, "%s", hello(old, "luca")->welcome.session);
	ASK(old, .op = REQUEST_JOIN, .room = "#ops");
	post();
	expect(old, REPLY_JOINED);
	for (int i = 0; i < 4; i++) {
		struct client *next = new_client(1);
		ASK(next, .op = REQUEST_HELLO, .name = "luca", .session = session);
		if (i == 0)
			ASK(old, .op = REQUEST_TOPIC, .room = "#ops", .topic = "one");
		else if (i == 1)
			ASK(old, .op = REQUEST_SEND, .id = "1", .room = "#ops", .message = "two");
		else if (i == 2)
			ASK(old, .op = REQUEST_READ, .room = "#ops", .seq = NUMBER(1));
		else
			ASK(old, .op = REQUEST_SET, .room = "#ops", .private = true);
		post();
		wait_for(next, REPLY_WELCOME);
		ASK(next, .op = REQUEST_JOIN, .room = "#ops");
		post();
		wait_for(next, REPLY_JOINED);
		old = next;
	}
}

int main(void)
{
#define UNDER_WAY(name) cmocka_unit_test_setup_teardown(name, setup, teardown_chat)
	const struct CMUnitTest tests[] = {
	    UNDER_WAY(two_make_the_same_room_in_one_batch),
	    UNDER_WAY(somebody_joins_a_room_that_is_being_made),
	    UNDER_WAY(a_room_that_could_not_be_made_is_free_for_the_next),
	    UNDER_WAY(rooms_that_are_being_made_count),
	    UNDER_WAY(a_room_that_another_process_made_is_no_endless_round),
	    UNDER_WAY(two_take_the_same_name_in_one_batch),
	    UNDER_WAY(somebody_takes_a_name_that_is_being_taken),
	    UNDER_WAY(a_name_that_could_not_be_stored_is_free_for_the_next),
	    UNDER_WAY(two_are_renamed_to_the_same_name),
	    UNDER_WAY(a_rename_that_fails_leaves_both_names_as_they_were),
	    UNDER_WAY(simple_names_of_one_batch_differ),
	    UNDER_WAY(both_begin_a_conversation_in_one_batch),
	    UNDER_WAY(the_other_answers_while_the_conversation_is_being_made),
	    UNDER_WAY(a_conversation_that_could_not_be_stored_was_never_begun),
	    UNDER_WAY(who_is_kicked_while_they_come_in_is_out),
	    UNDER_WAY(a_connection_ends_with_changes_under_way),
	    UNDER_WAY(a_connection_ends_while_its_hello_is_under_way),
	    UNDER_WAY(who_is_disabled_while_they_come_in_stays_out),
	    UNDER_WAY(tokens_end_again_where_another_process_has_ended_them),
	    UNDER_WAY(who_is_put_out_before_their_change_is_done_harms_nothing),
	    UNDER_WAY(each_connection_is_answered_in_its_order),
	    UNDER_WAY(a_room_keeps_an_owner_when_both_leave_at_once),
	    UNDER_WAY(what_needs_no_store_is_answered_while_it_is_away),
	    UNDER_WAY(what_a_silent_store_was_not_given_is_refused_and_changes_nothing),
	    UNDER_WAY(people_are_refused_where_the_store_takes_nothing),
	};
	alarm(60);
	return RUN_LATER(tests);
}
