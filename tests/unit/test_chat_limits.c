/* Bounds on one person and one address: rooms, conversations, and what others are told of them. */
#include "chat/hold.h"
#include "chat/people/user.h"
#include "chat_kit.h"

#include <sched.h>

static int setup(void **state)
{
	setup_chat(state);
	chat_settings.limits = limits_lifted();
	start_anew();
	return 0;
}

static void pass_ms(int64_t ms)
{
	clock_fake(clock_mono_ms() + ms, clock_wall_ms() + ms);
}

/* The same with other limits. */
static void start_with(int64_t rooms_max, int64_t per_guest, int64_t per_hour)
{
	chat_settings.limits.rooms_max = rooms_max;
	chat_settings.limits.rooms_per_guest = per_guest;
	chat_settings.limits.rooms_made_per_hour = per_hour;
	start_anew();
}

static struct client *come(const char *name)
{
	struct client *client = new_client(0);
	hello(client, name);
	return client;
}

/* How many rooms "#NAME0", "#NAME1", ... they can make one after the other; at most 40. */
static int make_rooms(struct client *client, const char *name)
{
	for (int made = 0;; made++) {
		char room[32];
		snprintf(room, sizeof room, "#%s%d", name, made);
		ASK(client, .op = REQUEST_JOIN, .room = room);
		if (answer(client)->kind != REPLY_JOINED || made == 40)
			return made;
	}
}

/* --- rooms --- */

TEST(a_guest_is_in_twenty_rooms)
{
	start_with(10000, 20, 0);
	struct client *guest = come("guest");
	assert_int_equal(make_rooms(guest, "r"), 20);
	assert_int_equal(last_reply->note.key, TEXT_error_too_many_joined);
	assert_int_equal(last_reply->note.error, ERROR_LIMIT);
	assert_int_equal(last_reply->note.args.number, 20);
	become_account(guest);
	assert_int_equal(make_rooms(guest, "s"), 40);
}

TEST(an_address_makes_twenty_rooms_in_an_hour)
{
	start_with(10000, 100, 20);
	assert_int_equal(make_rooms(come("one"), "r"), 20);
	assert_int_equal(last_reply->note.key, TEXT_error_too_many_made);
	struct client *two = come("two");
	assert_int_equal(make_rooms(two, "s"), 0);
	assert_int_equal(make_rooms(come_from("three", "192.168.1.21"), "t"), 20);
	/* An existing room is not a new one. */
	ASK(two, .op = REQUEST_JOIN, .room = "#r0");
	assert_int_equal(answer(two)->kind, REPLY_JOINED);
	pass_ms(3600000);
	assert_int_equal(make_rooms(two, "u"), 20);
}

TEST(an_address_has_a_twentieth_of_the_rooms)
{
	start_with(100, 100, 1000);
	struct client *one = come("one"), *two = come("two");
	assert_int_equal(make_rooms(one, "r"), 5);
	assert_int_equal(last_reply->note.key, TEXT_error_too_many_of_address);
	assert_int_equal(make_rooms(two, "s"), 0);
	assert_int_equal(make_rooms(come_from("v6", "2001:db8::1"), "t"), 5);
	assert_int_equal(make_rooms(come_from("v6too", "2001:db8::2"), "u"), 0);
	/* A room in which there is an account does not count any more. */
	become_account(two);
	ASK(two, .op = REQUEST_JOIN, .room = "#r0");
	assert_int_equal(answer(two)->kind, REPLY_JOINED);
	assert_int_equal(make_rooms(one, "v"), 1);
	/* Nor do those of somebody who has become one. */
	become_account(one);
	assert_int_equal(make_rooms(come("four"), "w"), 5);
}

/* Another server with what this one has stored: everybody is gone from it, and their sessions wait. */
static void restart(void)
{
	stop_chat();
	start_chat();
}

TEST(a_restart_does_not_forget_whose_rooms_stand)
{
	start_with(100, 100, 1000);
	struct client *one = come("one");
	assert_int_equal(make_rooms(one, "r"), 5);
	restart();
	struct client *two = come("two");
	assert_int_equal(make_rooms(two, "s"), 0);
	assert_int_equal(last_reply->note.key, TEXT_error_too_many_of_address);
	/* The maker of a room that an account has come into is forgotten for good. */
	become_account(two);
	ASK(two, .op = REQUEST_JOIN, .room = "#r0");
	assert_int_equal(answer(two)->kind, REPLY_JOINED);
	restart();
	assert_int_equal(make_rooms(come("three"), "t"), 1);
}

/* --- conversations --- */

TEST(what_others_begin_uses_up_nothing)
{
	chat_settings.limits.rooms_per_guest = 2;
	start_anew();
	struct client *victim = come("victim");
	for (int i = 0; i < 5; i++) {
		char name[24];
		snprintf(name, sizeof name, "guest%d", i);
		struct client *guest = come(name);
		ASK(guest, .op = REQUEST_SEND, .room = "@victim", .message = "hi");
		assert_int_equal(answer(guest)->kind, REPLY_ACK);
	}
	assert_int_equal(make_rooms(victim, "r"), 2);
	ASK(victim, .op = REQUEST_JOIN, .room = "@guest4");
	assert_int_equal(answer(victim)->kind, REPLY_JOINED);
}

TEST(conversations_are_begun_at_a_rate)
{
	chat_settings.limits.directs_per_hour = 2;
	start_anew();
	struct client *one = come("one"), *two = come("two"), *far = come_from("far", "192.168.1.21");
	static const char *const names[] = {"@two", "@far"};
	for (int i = 0; i < 2; i++) {
		ASK(one, .op = REQUEST_SEND, .room = names[i], .message = "hi");
		assert_int_equal(answer(one)->kind, REPLY_ACK);
	}
	ASK(two, .op = REQUEST_SEND, .room = "@far", .message = "hi");
	is_error(two, ERROR_LIMIT, TEXT_error_too_many_directs);
	/* Going on with one is free, and so is another address. */
	ASK(two, .op = REQUEST_SEND, .room = "@one", .message = "hi yourself");
	assert_int_equal(answer(two)->kind, REPLY_ACK);
	ASK(far, .op = REQUEST_SEND, .room = "@two", .message = "hi");
	assert_int_equal(answer(far)->kind, REPLY_ACK);
	pass_ms(1800000);
	ASK(two, .op = REQUEST_SEND, .room = "@victim", .message = "hi");
	is_error(two, ERROR_NO_USER, TEXT_error_no_user);
}

/* --- devices, and guests who are away --- */

/* Comes in by the session on another device. */
static struct client *come_on(const char *name, const char *session, const char *device)
{
	struct client *client = new_client(0);
	ASK(client, .op = REQUEST_HELLO, .name = name, .session = session, .device = device);
	answer(client);
	return client;
}

static void leave(struct client *client)
{
	ASK(client, .op = REQUEST_CLOSED);
	post();
}

static int64_t sessions_on(const char *device)
{
	char sql[128];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM sessions WHERE device='%s'", device);
	return fake_number(&fake, sql);
}

TEST(a_user_has_so_many_devices)
{
	chat_settings.limits.sessions_per_user = 3;
	start_anew();
	char session[64];
	struct client *first = new_client(0);
	snprintf(session, sizeof session, "%s", hello(first, "mario")->welcome.session);
	struct client *b = come_on("mario", session, "b");
	assert_int_equal(last_reply->kind, REPLY_WELCOME);
	come_on("mario", session, "c");
	assert_int_equal(last_reply->kind, REPLY_WELCOME);
	struct client *d = come_on("mario", session, "d");
	assert_int_equal(last_reply->kind, REPLY_ERROR);
	assert_int_equal(last_reply->note.error, ERROR_LIMIT);
	assert_int_equal(last_reply->note.key, TEXT_error_too_many_sessions);
	/* The same device again is no other one. */
	come_on("mario", session, "c");
	assert_int_equal(last_reply->kind, REPLY_WELCOME);
	/* One that is away gives way. */
	leave(b);
	ASK(d, .op = REQUEST_HELLO, .name = "mario", .session = session, .device = "d");
	assert_int_equal(answer(d)->kind, REPLY_WELCOME);
	assert_int_equal(sessions_on("b"), 0);
	assert_int_equal(fake_number(&fake, "SELECT count(*) FROM sessions"), 3);
}

static int64_t knows(struct client *client, const char *name)
{
	char sql[128];
	settle_chat(client);
	snprintf(sql, sizeof sql, "SELECT count(*) FROM people WHERE name='%s'", name);
	return fake_number(&fake, sql);
}

/* The one who left an address first goes first; whoever has an address alone pushes out who left first of all. */
TEST(guests_who_are_away_are_bounded_by_number_and_address)
{
	chat_settings.limits.guests_waiting_max = 4;
	chat_settings.limits.guests_waiting_per_address = 3;
	start_anew();
	struct client *watcher = come("watcher");
	static const char *const names[] = {"a0", "a1", "a2", "a3", "b0", "b1", "c0"};
	for (int i = 0; i < 4; i++)
		leave(come_from(names[i], "10.0.0.1"));
	assert_int_equal(knows(watcher, "a0"), 0);
	assert_int_equal(knows(watcher, "a1"), 1);
	leave(come_from("b0", "10.0.0.2"));
	assert_int_equal(knows(watcher, "a1"), 1);
	/* All are five now: their own address loses its first. */
	leave(come_from("b1", "10.0.0.2"));
	assert_int_equal(knows(watcher, "b0"), 0);
	assert_int_equal(knows(watcher, "a1"), 1);
	leave(come_from("c0", "2001:db8::1"));
	assert_int_equal(knows(watcher, "a1"), 0);
	for (int i = 2; i < 7; i++)
		assert_int_equal(knows(watcher, names[i]), i != 4);
	/* Their names are free. */
	come_from("a0", "10.0.0.1");
}

TEST(guests_come_from_an_address_at_a_rate)
{
	chat_settings.limits.guests_made_per_hour = 3;
	start_anew();
	for (int i = 0; i < 3; i++) {
		char name[24];
		snprintf(name, sizeof name, "guest%d", i);
		come(name);
	}
	struct client *late = new_client(0), *simple = new_client(0);
	ASK(late, .op = REQUEST_HELLO, .name = "late");
	is_error(late, ERROR_LIMIT, TEXT_error_too_many_guests);
	assert_int_equal(last_reply->note.args.number, 1200);
	ASK(simple, .op = REQUEST_SIMPLE, .name = "simple");
	is_error(simple, ERROR_LIMIT, TEXT_error_too_many_guests);
	come_from("far", "10.0.0.1");
	pass_ms(1200000);
	ASK(late, .op = REQUEST_HELLO, .name = "late");
	assert_int_equal(answer(late)->kind, REPLY_WELCOME);
}

static void be_in_lobby(struct client *client)
{
	struct cursor cursor = join(client, "#lobby");
	cursor_detach(&cursor);
}

/* How many entries of `guests` new guests are stored, one guest after the other, each of whom says `each`. */
static int come_and_say(const char *address, int guests, int each)
{
	static int number;
	int heard = 0;
	for (int i = 0; i < guests; i++) {
		char name[24];
		snprintf(name, sizeof name, "guest%d", ++number);
		struct client *guest = come_from(name, address);
		be_in_lobby(guest);
		for (int n = 0; n < each; n++) {
			ASK(guest, .op = REQUEST_SEND, .room = "#lobby", .message = "hi");
			if (answer(guest)->kind == REPLY_ACK)
				heard++;
			else
				assert_int_equal(last_reply->note.error, ERROR_RATE_LIMITED);
		}
		leave(guest);
	}
	return heard;
}

/* Who comes again and again as another guest says no more than some people do. */
TEST(guests_of_an_address_say_what_some_people_say)
{
	chat_settings.limits.account_rate = 1;
	chat_settings.limits.guests_count_as = 2;
	start_anew();
	assert_int_equal(come_and_say("10.0.0.1", 3, 90), 200);
	assert_int_equal(last_reply->note.key, TEXT_error_pace_of_guests);
	assert_int_equal(last_reply->note.args.number, 1);
	/* Others say what they like; so does the machine itself. */
	assert_int_equal(come_and_say("10.0.0.2", 1, 90), 90);
	assert_int_equal(come_and_say("127.0.0.1", 3, 90), 270);
	pass_ms(5000);
	assert_int_equal(come_and_say("10.0.0.1", 1, 90), 10);
}

/* True where it was said. */
static bool says_hi(struct client *client)
{
	ASK(client, .op = REQUEST_SEND, .room = "#lobby", .message = "hi");
	bool is_said = answer(client)->kind == REPLY_ACK;
	if (!is_said)
		assert_int_equal(last_reply->note.key, TEXT_error_pace_of_guests);
	return is_said;
}

/* So does who makes accounts. One that is older, that of an administrator, and one elsewhere are people of their own. */
TEST(new_accounts_of_an_address_say_what_some_people_say)
{
	chat_settings.limits.account_rate = 1;
	chat_settings.limits.guests_count_as = 1;
	chat_settings.limits.account_young_hours = 24;
	start_anew();
	struct client *accounts[4];
	char name[24];
	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "account%d", i);
		accounts[i] = come_from(name, i == 3 ? "10.0.0.2" : "10.0.0.1");
		become_account(accounts[i]);
		be_in_lobby(accounts[i]);
	}
	assert_int_equal(come_and_say("10.0.0.1", 1, 60), 60);
	for (int i = 0; i < 40; i++)
		assert_true(says_hi(accounts[i % 2]));
	assert_false(says_hi(accounts[0]));
	assert_false(says_hi(accounts[1]));
	assert_true(says_hi(accounts[3]));
	accounts[0]->peer->user->account->made_ms -= INT64_C(24) * 3600000;
	assert_true(says_hi(accounts[0]));
	accounts[1]->peer->user->is_admin = true;
	assert_true(says_hi(accounts[1]));
	assert_false(says_hi(accounts[2]));
}

TEST(guests_of_an_address_have_told_what_some_people_have)
{
	chat_settings.limits.told_per_second = 1;
	chat_settings.limits.told_burst = 4;
	chat_settings.limits.guests_count_as = 2;
	start_anew();
	struct client *guests[5];
	char name[24];
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof name, "guest%d", i);
		guests[i] = come_from(name, i % 2 ? "2001:db8::1" : "2001:db8::2");
		/* The first room is free, so that a crowd may come. */
		be_in_lobby(guests[i]);
	}
	for (int i = 0; i < 4; i++) {
		ASK(guests[i], .op = REQUEST_AWAY, .message = "gone");
		assert_int_equal(answer(guests[i])->kind, REPLY_OK);
	}
	ASK(guests[4], .op = REQUEST_AWAY, .message = "gone");
	is_error(guests[4], ERROR_RATE_LIMITED, TEXT_error_pace_of_guests);
	assert_int_equal(last_reply->note.args.number, 2);
	pass_ms(1000);
	ASK(guests[4], .op = REQUEST_AWAY, .message = "gone");
	assert_int_equal(answer(guests[4])->kind, REPLY_OK);
}

/* True where it was heard. */
static bool says_visible(struct client *client, bool is_visible)
{
	ASK(client, .op = REQUEST_VISIBLE, .on = is_visible);
	client->in_flight--; /* it has no answer */
	settle_chat(client);
	return client->peer->is_hidden == !is_visible;
}

TEST(pages_say_at_a_rate_whether_somebody_looks)
{
	chat_settings.limits.told_per_second = 1;
	chat_settings.limits.told_burst = 4;
	start_anew();
	struct client *page = new_client(0), *other = come("other");
	peer_set_page(page->peer, true);
	hello(page, "page");
	/* What is known takes no turn. */
	for (int i = 0; i < 10; i++)
		assert_true(says_visible(page, true));
	for (int i = 0; i < 4; i++)
		assert_true(says_visible(page, i % 2));
	assert_false(says_visible(page, false));
	pass_ms(1000);
	assert_true(says_visible(page, false));
	assert_false(says_visible(page, true));
	/* Others than pages are not looked at. */
	assert_false(says_visible(other, false));
}

/* The numbers behind a name are the next ones, however many there are. */
TEST(a_crowd_of_one_name_is_numbered)
{
	for (int i = 1; i <= 40; i++) {
		char expected[32];
		struct client *client = new_client(0);
		snprintf(expected, sizeof expected, i == 1 ? "Mario" : "Mario-%d", i);
		ASK(client, .op = REQUEST_SIMPLE, .name = "Mario");
		post();
		struct reply *reply;
		do
			reply = next_reply(0);
		while (reply->kind != REPLY_ENTERED && (reply_free(reply), true));
		assert_string_equal(reply->entered.name, expected);
		reply_free(reply);
	}
}

/* --- presence --- */

/* Guests who have gone are members until their sessions end; what counts is who is there. */
TEST(presence_counts_those_who_are_there)
{
	chat_settings.limits.presence_members_max = 2;
	start_anew();
	struct client *reader = new_client(1);
	hello(reader, "reader");
	struct cursor cursor = join(reader, "#lobby");
	for (int i = 0; i < 3; i++) {
		char name[24];
		snprintf(name, sizeof name, "guest%d", i);
		struct client *guest = come(name);
		ASK(guest, .op = REQUEST_JOIN, .room = "#lobby");
		assert_int_equal(answer(guest)->kind, REPLY_JOINED);
		ASK(guest, .op = REQUEST_CLOSED);
		post();
	}
	settle_chat(reader);
	log_is(&cursor, "event.enter guest0\nevent.exit guest0\nevent.enter guest1\nevent.exit guest1\n"
			"event.enter guest2\nevent.exit guest2\n");
	cursor_detach(&cursor);
}

/* --- sanctions that are over --- */

static int64_t sanctions_after(struct client *client, int64_t mono_ms, int64_t wall_ms)
{
	clock_fake(clock_mono_ms() + mono_ms, clock_wall_ms() + wall_ms);
	/* Chores come behind what was asked, and what they store behind them. */
	for (int i = 0; i < 3; i++)
		settle_chat(client);
	return fake_number(&fake, "SELECT count(*) FROM sanctions");
}

/* They are kept for a day, and a year that never was does not end those that hold. */
TEST(sanctions_that_are_over_are_not_kept)
{
	static const int64_t hour_ms = 3600000, day_ms = 24 * 3600000;
	struct client *mario = come("mario"), *villain = come("villain");
	ASK(mario, .op = REQUEST_JOIN, .room = "#ops");
	assert_int_equal(answer(mario)->kind, REPLY_JOINED);
	ASK(mario, .op = REQUEST_BAN, .room = "#ops", .name = "villain", .seconds = NUMBER(60));
	assert_int_equal(answer(mario)->kind, REPLY_OK);
	ASK(mario, .op = REQUEST_MUTE, .room = "#ops", .name = "villain");
	assert_int_equal(answer(mario)->kind, REPLY_OK);
	assert_int_equal(sanctions_after(mario, hour_ms, hour_ms), 2);
	assert_int_equal(sanctions_after(mario, hour_ms, 365 * day_ms), 2);
	assert_int_equal(sanctions_after(mario, hour_ms, -364 * day_ms), 2);
	assert_int_equal(sanctions_after(mario, 2 * day_ms, 2 * day_ms), 1);
	ASK(mario, .op = REQUEST_UNBAN, .room = "#ops", .name = "villain");
	is_error(mario, ERROR_NO_USER, TEXT_error_no_sanction);
	ASK(villain, .op = REQUEST_JOIN, .room = "#ops");
	assert_int_equal(answer(villain)->kind, REPLY_JOINED);
}

/* --- fairness --- */

#define PIPELINING 20
#define DEPTH      256

/* Topics are changes of the world that the asker's next request has to meet, so each waits for the one before; the
 * others' first requests do not. The number of the message tells how many topics went before it. */
/* They come into the lobby, on a store that pauses. */
static void bring_a_crowd(struct client *crowd[PIPELINING])
{
	store_delay = 1;
	start_anew();
	store_delay = 0;
	for (int i = 0; i < PIPELINING; i++) {
		char name[24];
		snprintf(name, sizeof name, "guest%d", i);
		crowd[i] = come(name);
		ASK(crowd[i], .op = REQUEST_JOIN, .room = "#lobby");
		assert_int_equal(answer(crowd[i])->kind, REPLY_JOINED);
	}
}

/* All of them ask at once for so many topics each. */
static void flood(struct client *const crowd[PIPELINING], int depth)
{
	for (int i = 0; i < PIPELINING; i++)
		for (int k = 0; k < depth; k++)
			ASK(crowd[i], .op = REQUEST_TOPIC, .room = "#lobby", .topic = "x");
	post();
}

static void await_requests(uint64_t handled)
{
	struct chat_counters counters;
	while (chat_count(chat, &counters), counters.requests < handled)
		sched_yield();
}

TEST(what_one_has_queued_puts_others_behind_one_batch)
{
	struct client *crowd[PIPELINING], *anna;
	struct chat_counters counters;
	bring_a_crowd(crowd);
	anna = come("anna");
	ASK(anna, .op = REQUEST_JOIN, .room = "#lobby");
	assert_int_equal(answer(anna)->kind, REPLY_JOINED);
	fake_store_pause(&fake);
	chat_count(chat, &counters);
	uint64_t before = counters.requests;
	flood(crowd, DEPTH);
	await_requests(before + (uint64_t)PIPELINING * DEPTH);
	ASK(anna, .op = REQUEST_SEND, .room = "#lobby", .message = "hello?");
	post();
	await_requests(before + (uint64_t)PIPELINING * DEPTH + 1);
	fake_store_resume(&fake);
	const struct reply *ack = answer(anna);
	assert_int_equal(ack->kind, REPLY_ACK);
	/* One of each with the store, and one of each in the next batch at most. */
	assert_in_range(ack->ack.seq, 1, 2 * PIPELINING + 1);
}

/* The batches that it takes until all have their answers. */
static uint64_t batches_of_flood(struct client *const crowd[PIPELINING], int depth)
{
	struct chat_counters before, behind;
	chat_count(chat, &before);
	flood(crowd, depth);
	for (int i = 0; i < PIPELINING; i++)
		while (crowd[i]->in_flight)
			reply_free(next_reply(crowd[i]->worker));
	chat_count(chat, &behind);
	return behind.commits - before.commits;
}

TEST(those_whose_queue_does_not_end_share_few_turns)
{
	struct client *crowd[PIPELINING];
	bring_a_crowd(crowd);
	/* The first request of each meets nothing that it has to wait for, and so many are taken as soon as they can be. */
	int late = HOLD_TURNS_FREE - 1;
	assert_true(batches_of_flood(crowd, 2 * HOLD_TURNS_FREE) >=
		    HOLD_TURNS_FREE + PIPELINING * (uint64_t)late / HOLD_TURNS_LATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define LIMIT_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown_chat)
	    LIMIT_TEST(a_guest_is_in_twenty_rooms),
	    LIMIT_TEST(an_address_makes_twenty_rooms_in_an_hour),
	    LIMIT_TEST(an_address_has_a_twentieth_of_the_rooms),
	    LIMIT_TEST(a_restart_does_not_forget_whose_rooms_stand),
	    LIMIT_TEST(what_others_begin_uses_up_nothing),
	    LIMIT_TEST(conversations_are_begun_at_a_rate),
	    LIMIT_TEST(sanctions_that_are_over_are_not_kept),
	    LIMIT_TEST(what_one_has_queued_puts_others_behind_one_batch),
	    LIMIT_TEST(those_whose_queue_does_not_end_share_few_turns),
	    LIMIT_TEST(presence_counts_those_who_are_there),
	    LIMIT_TEST(a_user_has_so_many_devices),
	    LIMIT_TEST(guests_who_are_away_are_bounded_by_number_and_address),
	    LIMIT_TEST(guests_come_from_an_address_at_a_rate),
	    LIMIT_TEST(guests_of_an_address_say_what_some_people_say),
	    LIMIT_TEST(new_accounts_of_an_address_say_what_some_people_say),
	    LIMIT_TEST(guests_of_an_address_have_told_what_some_people_have),
	    LIMIT_TEST(pages_say_at_a_rate_whether_somebody_looks),
	    LIMIT_TEST(a_crowd_of_one_name_is_numbered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
