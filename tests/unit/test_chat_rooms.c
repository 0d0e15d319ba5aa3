/* Rooms: made by the first join, entered, left, looked at. */
#include "chat/people/user.h"
#include "chat_kit.h"

static struct client *mario, *anna;
static struct cursor lobby; /* anna's */

static int setup(void **state)
{
	setup_two(state, &mario, &anna);
	lobby = join(anna, "#lobby");
	return 0;
}

static int teardown(void **state)
{
	cursor_detach(&lobby);
	return teardown_chat(state);
}

/* Joins and throws the cursor away. */
static const struct reply *enter(struct client *client, const char *room)
{
	ASK(client, .op = REQUEST_JOIN, .room = room);
	post();
	return expect(client, REPLY_JOINED);
}

static void closes(struct client *client)
{
	ASK(client, .op = REQUEST_CLOSED);
	post();
}

TEST(the_first_join_makes_the_room)
{
	ASK(mario, .op = REQUEST_JOIN, .id = "j", .room = "#Ops");
	post();
	const struct reply *joined = expect(mario, REPLY_JOINED);
	assert_string_equal(joined->id, "j");
	assert_string_equal(joined->room, "#Ops");
	assert_string_equal(joined->joined.topic, "");
	assert_int_equal(joined->joined.seq, 0);
	assert_int_equal(joined->joined.count, 1);
	assert_string_equal(fake_text(&fake, "SELECT name FROM rooms WHERE id = 2"), "#Ops");
	/* The second one finds it, however they spell it. */
	joined = enter(anna, "#OPS");
	assert_string_equal(joined->room, "#Ops");
	assert_int_equal(joined->joined.count, 2);
	assert_int_equal(stored_rooms(), 2);
}

TEST(joining_twice_is_no_error)
{
	enter(mario, "#ops");
	assert_int_equal(enter(mario, "#ops")->joined.count, 1);
}

TEST(what_is_no_room_is_not_made)
{
	static const char *const wrong[] = {"#", "##a", "#a b", "ops", "", "@nobody", "#a/b"};
	static const enum error_code codes[] = {ERROR_BAD_NAME, ERROR_BAD_NAME, ERROR_BAD_NAME, ERROR_NO_ROOM,
						ERROR_NO_ROOM,  ERROR_NO_USER,  ERROR_BAD_NAME};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		ASK(mario, .op = REQUEST_JOIN, .room = wrong[i]);
		post();
		expect_error(mario, codes[i]);
	}
	assert_int_equal(stored_rooms(), 1);
}

TEST(a_join_needs_a_hello)
{
	struct client *nobody = new_client(0);
	ASK(nobody, .op = REQUEST_JOIN, .room = "#lobby");
	ASK(nobody, .op = REQUEST_LEAVE, .room = "#lobby");
	ASK(nobody, .op = REQUEST_WHO, .room = "#lobby");
	ASK(nobody, .op = REQUEST_ROOMS);
	post();
	for (int i = 0; i < 4; i++)
		expect_error(nobody, ERROR_NEED_HELLO);
}

TEST(there_is_a_limit_to_rooms)
{
	cursor_detach(&lobby);
	chat_settings.limits.rooms_max = 3;
	start_anew();
	mario = new_client(0);
	hello(mario, "mario");
	enter(mario, "#a");
	enter(mario, "#b");
	ASK(mario, .op = REQUEST_JOIN, .room = "#c");
	post();
	expect_error(mario, ERROR_LIMIT);
	assert_int_equal(last_reply->note.key, TEXT_error_too_many_rooms);
	enter(mario, "#lobby");
}

TEST(there_is_a_limit_to_ones_rooms)
{
	cursor_detach(&lobby);
	chat_settings.limits.rooms_per_user = 2;
	start_anew();
	mario = new_client(0);
	hello(mario, "mario");
	enter(mario, "#a");
	enter(mario, "#b");
	ASK(mario, .op = REQUEST_JOIN, .room = "#c");
	ASK(mario, .op = REQUEST_JOIN, .room = "#lobby");
	post();
	expect_error(mario, ERROR_LIMIT);
	expect_error(mario, ERROR_LIMIT);
	assert_int_equal(stored_rooms(), 3);
	enter(mario, "#a");
	ASK(mario, .op = REQUEST_LEAVE, .room = "#a");
	post();
	expect_left(mario);
	enter(mario, "#lobby");
}

TEST(coming_and_going_is_told_to_the_others)
{
	enter(mario, "#lobby");
	settle_chat(anna);
	log_is(&lobby, "event.enter mario\n");
	ASK(mario, .op = REQUEST_LEAVE, .id = "l", .room = "#lobby");
	post();
	assert_string_equal(expect_left(mario)->id, "l");
	settle_chat(anna);
	log_is(&lobby, "event.exit mario\n");
}

TEST(a_lost_connection_is_told_too)
{
	enter(mario, "#lobby");
	closes(mario);
	settle_chat(anna);
	log_is(&lobby, "event.enter mario\nevent.exit mario\n");
}

/* Users come with their first connection and go with their last. */
TEST(a_user_of_two_devices_comes_and_goes_once)
{
	char session[64];
	struct client *luca = new_client(0), *phone = new_client(1);
	snprintf(session, sizeof session, "%s", hello(luca, "luca")->welcome.session);
	enter(luca, "#lobby");
	ASK(phone, .op = REQUEST_HELLO, .name = "luca", .session = session, .device = "phone");
	post();
	expect(phone, REPLY_WELCOME);
	assert_int_equal(enter(phone, "#lobby")->joined.count, 2);
	settle_chat(anna);
	log_is(&lobby, "event.enter luca\n");
	closes(luca);
	settle_chat(anna);
	log_is(&lobby, "");
	closes(phone);
	settle_chat(anna);
	log_is(&lobby, "event.exit luca\n");
}

TEST(large_rooms_tell_nobody_who_comes)
{
	cursor_detach(&lobby);
	chat_settings.limits.presence_members_max = 2;
	start_anew();
	anna = new_client(1);
	hello(anna, "anna");
	lobby = join(anna, "#lobby");
	struct client *guests[3];
	for (int i = 0; i < 3; i++) {
		char name[] = "guest0";
		name[5] = (char)('0' + i);
		guests[i] = new_client(0);
		hello(guests[i], name);
		enter(guests[i], "#lobby");
	}
	settle_chat(anna);
	log_is(&lobby, "event.enter guest0\n");
	for (int i = 1; i < 3; i++) {
		ASK(guests[i], .op = REQUEST_QUIT, .forget = true);
		post();
		expect(guests[i], REPLY_BYE);
	}
	closes(guests[0]);
	settle_chat(anna);
	/* Told again when the room is small enough. */
	log_is(&lobby, "event.exit guest0\n");
}

TEST(who_left_reads_and_writes_no_more)
{
	struct cursor cursor = join(mario, "#lobby");
	ASK(mario, .op = REQUEST_LEAVE, .room = "#lobby");
	ASK(mario, .op = REQUEST_SEND, .room = "#lobby", .message = "x");
	ASK(mario, .op = REQUEST_LEAVE, .room = "#lobby");
	ASK(mario, .op = REQUEST_WHO, .room = "#lobby");
	ASK(mario, .op = REQUEST_HISTORY, .room = "#lobby");
	post();
	const struct reply *left = expect(mario, REPLY_LEFT);
	assert_true(left->is_unasked);
	assert_int_not_equal(left->left.view, 0);
	expect(mario, REPLY_LEFT);
	for (int i = 0; i < 4; i++)
		expect_error(mario, ERROR_NOT_MEMBER);
	cursor_detach(&cursor);
}

TEST(who_is_there)
{
	enter(mario, "#lobby");
	ASK(mario, .op = REQUEST_WHO, .id = "w", .room = "#LOBBY");
	post();
	const struct reply *who = expect(mario, REPLY_WHO);
	assert_string_equal(who->id, "w");
	assert_string_equal(who->room, "#lobby");
	assert_int_equal(who->list.count, 2);
	assert_int_equal(who->list.rows_count, 2);
	assert_string_equal(who->list.rows[0].name, "anna");
	assert_string_equal(who->list.rows[1].name, "mario");
	assert_true(who->list.rows[0].is_online && who->list.rows[1].is_online);
}

TEST(which_rooms_there_are)
{
	enter(mario, "#zoo");
	enter(mario, "#bar");
	ASK(mario, .op = REQUEST_SEND, .room = "#zoo", .message = "x");
	ASK(mario, .op = REQUEST_ROOMS, .id = "r");
	post();
	expect(mario, REPLY_ACK);
	const struct reply *rooms = expect(mario, REPLY_ROOMS);
	assert_int_equal(rooms->list.rows_count, 3);
	assert_string_equal(rooms->list.rows[0].name, "#bar");
	assert_string_equal(rooms->list.rows[1].name, "#lobby");
	assert_string_equal(rooms->list.rows[2].name, "#zoo");
	assert_int_equal(rooms->list.rows[2].count, 1);
}

TEST(rooms_are_there_again_after_a_restart)
{
	char session[64];
	struct client *luca = new_client(0);
	snprintf(session, sizeof session, "%s", hello(luca, "luca")->welcome.session);
	enter(luca, "#ops");
	ASK(luca, .op = REQUEST_SEND, .room = "#ops", .message = "x");
	post();
	expect(luca, REPLY_ACK);
	cursor_detach(&lobby);
	stop_chat();
	fake_store_restart(&fake);
	start_chat();
	mario = new_client(0);
	/* So is who is in them. */
	ASK(mario, .op = REQUEST_HELLO, .name = "luca", .session = session);
	post();
	const struct reply *welcome = expect(mario, REPLY_WELCOME);
	assert_int_equal(welcome->welcome.rooms.rows_count, 1);
	assert_string_equal(welcome->welcome.rooms.rows[0].name, "#ops");
	assert_string_equal(welcome->welcome.rooms.rows[0].role, "owner");
	const struct reply *joined = enter(mario, "#ops");
	assert_int_equal(joined->joined.seq, 1);
	assert_int_equal(joined->joined.count, 1);
	assert_int_equal(stored_rooms(), 2);
}

/* The view goes with its last follower: the next one's log begins anew. */
TEST(a_room_that_nobody_reads_keeps_no_log)
{
	cursor_detach(&lobby);
	closes(anna);
	settle_chat(mario);
	assert_int_equal(chunk_bytes_total(), 0);
	uint64_t view = enter(mario, "#lobby")->joined.view;
	settle_chat(mario);
	assert_true(chunk_bytes_total() > 0);
	ASK(mario, .op = REQUEST_LEAVE, .room = "#lobby");
	post();
	expect_left(mario);
	assert_int_not_equal(enter(mario, "#lobby")->joined.view, view);
}

/* --- what others have uses up nothing of one's own --- */

static bool may_set(struct client *client, const char *target)
{
	ASK(client, .op = REQUEST_PROPERTY, .name = target, .label = "color", .message = "red");
	return answer(client)->kind != REPLY_ERROR;
}

/* Who has many rooms uses up what their address may have, and nothing of others'. */
TEST(an_address_has_a_share_of_those_who_have_properties)
{
	chat_settings.limits.rooms_per_guest = chat_settings.limits.rooms_per_user = 2000;
	start_anew();
	struct client *greedy = come_from("greedy", "2001:db8::1");
	char room[24];
	for (int i = 0; i <= LIMIT_PROPERTY_OWNERS_PER_ADDRESS; i++) {
		snprintf(room, sizeof room, "#r%d", i);
		ASK(greedy, .op = REQUEST_JOIN, .room = room);
		assert_int_equal(answer(greedy)->kind, REPLY_JOINED);
		assert_int_equal(may_set(greedy, room), i < LIMIT_PROPERTY_OWNERS_PER_ADDRESS);
	}
	assert_int_equal(last_reply->note.key, TEXT_error_too_many_with_properties);
	assert_false(may_set(come_from("beside", "2001:db8::2"), "*"));
	assert_true(may_set(come_from("other", "2001:db8:0:1::1"), "*"));
	assert_true(may_set(come_from("proxied", "127.0.0.1"), "*"));
	assert_true(may_set(greedy, "#r0"));
	/* One that has none any more makes room. */
	ASK(greedy, .op = REQUEST_PROPERTY, .name = "#r0");
	assert_int_not_equal(answer(greedy)->kind, REPLY_ERROR);
	assert_true(may_set(greedy, room));
}

static int64_t invitations_into(const char *rooms)
{
	char sql[160];
	snprintf(sql, sizeof sql,
		 "SELECT count(*) FROM invitations JOIN rooms ON id=room WHERE name LIKE '%s'", rooms);
	return fake_number(&fake, sql);
}

/* Invites somebody into new rooms "#NAME0", "#NAME1", ...; returns into how many. */
static int invite_into(struct client *client, const char *name, const char *whom, int count)
{
	int invited = 0;
	for (int i = 0; i < count; i++) {
		char room[32];
		snprintf(room, sizeof room, "#%s%d", name, i);
		ASK(client, .op = REQUEST_JOIN, .room = room);
		assert_int_equal(answer(client)->kind, REPLY_JOINED);
		ASK(client, .op = REQUEST_INVITE, .room = room, .name = whom);
		invited += answer(client)->kind == REPLY_OK;
	}
	return invited;
}

/* Those of guests use up nothing of what others may send. */
TEST(invitations_of_guests_give_way)
{
	chat_settings.limits.rooms_per_guest = chat_settings.limits.rooms_per_user = 2000;
	start_anew();
	struct client *victim = come_from("victim", "10.0.0.1"), *junk = come_from("junk", "10.0.0.1"),
		      *other = come_from("other", "10.0.0.1");
	struct client *friend = come_from("friend", "10.0.0.1");
	become_account(victim);
	become_account(friend);
	assert_int_equal(invite_into(junk, "j", "victim", LIMIT_INVITATIONS), LIMIT_INVITATIONS);
	/* One into the same room needs no room of its own. */
	ASK(junk, .op = REQUEST_INVITE, .room = "#j0", .name = "victim");
	assert_int_equal(answer(junk)->kind, REPLY_OK);
	assert_int_equal(invitations_into("#j0"), 1);
	assert_int_equal(invitations_into("#%"), LIMIT_INVITATIONS);
	assert_int_equal(invite_into(friend, "party", "victim", 1), 1);
	assert_int_equal(invite_into(other, "o", "victim", LIMIT_INVITATIONS), LIMIT_INVITATIONS);
	assert_int_equal(invitations_into("#party%"), 1);
	assert_int_equal(invitations_into("#%"), LIMIT_INVITATIONS);
	assert_int_equal(invite_into(friend, "f", "victim", LIMIT_INVITATIONS), LIMIT_INVITATIONS - 1);
	assert_int_equal(invitations_into("#o%"), 0);
	ASK(other, .op = REQUEST_INVITE, .room = "#o0", .name = "victim");
	is_error(other, ERROR_LIMIT, TEXT_error_too_many_invitations);
	ASK(friend, .op = REQUEST_INVITE, .room = "#f0", .name = "victim");
	assert_int_equal(answer(friend)->kind, REPLY_OK);
}

/* False where it is one too many. */
static bool begins(struct client *client, const char *with)
{
	ASK(client, .op = REQUEST_SEND, .room = with, .message = "hi");
	bool is_begun = answer(client)->kind == REPLY_ACK;
	if (!is_begun)
		assert_int_equal(last_reply->note.key, TEXT_error_too_many_directs);
	return is_begun;
}

/* Neither the account's own turn nor its address's. */
TEST(a_conversation_that_is_refused_takes_no_turn)
{
	chat_settings.limits.directs_per_hour = 1;
	chat_settings.limits.guests_count_as = 2;
	chat_settings.limits.account_young_hours = 24;
	start_anew();
	struct client *accounts[3];
	static const char *const names[] = {"one", "two", "three"};
	for (int i = 0; i < 3; i++) {
		accounts[i] = come_from(names[i], "10.0.0.1");
		become_account(accounts[i]);
	}
	come_from("far", "10.0.0.2");
	assert_true(begins(accounts[0], "@far"));
	assert_false(begins(accounts[0], "@two"));
	assert_true(begins(accounts[1], "@far"));
	assert_false(begins(accounts[2], "@far"));
	accounts[2]->peer->user->account->made_ms -= CLOCK_DAY_MS;
	assert_true(begins(accounts[2], "@far"));
	assert_false(begins(accounts[2], "@one"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_first_join_makes_the_room, setup, teardown),
	    cmocka_unit_test_setup_teardown(joining_twice_is_no_error, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_is_no_room_is_not_made, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_join_needs_a_hello, setup, teardown),
	    cmocka_unit_test_setup_teardown(there_is_a_limit_to_rooms, setup, teardown),
	    cmocka_unit_test_setup_teardown(there_is_a_limit_to_ones_rooms, setup, teardown),
	    cmocka_unit_test_setup_teardown(coming_and_going_is_told_to_the_others, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_lost_connection_is_told_too, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_user_of_two_devices_comes_and_goes_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(large_rooms_tell_nobody_who_comes, setup, teardown),
	    cmocka_unit_test_setup_teardown(who_left_reads_and_writes_no_more, setup, teardown),
	    cmocka_unit_test_setup_teardown(who_is_there, setup, teardown),
	    cmocka_unit_test_setup_teardown(which_rooms_there_are, setup, teardown),
	    cmocka_unit_test_setup_teardown(rooms_are_there_again_after_a_restart, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_room_that_nobody_reads_keeps_no_log, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_address_has_a_share_of_those_who_have_properties, setup_chat,
					    teardown_chat),
	    cmocka_unit_test_setup_teardown(invitations_of_guests_give_way, setup_chat, teardown_chat),
	    cmocka_unit_test_setup_teardown(a_conversation_that_is_refused_takes_no_turn, setup_chat,
					    teardown_chat),
	};
	alarm(120);
	return RUN_AT_ONCE_AND_LATER(tests);
}
