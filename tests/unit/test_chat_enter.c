/* Coming and going: names, sessions, take-overs, renaming. */
#include "chat_kit.h"

static void closes(struct client *client)
{
	ASK(client, .op = REQUEST_CLOSED);
	post();
}

static void is_refused(const char *name, enum error_code code)
{
	struct client *client = new_client(0);
	ASK(client, .op = REQUEST_HELLO, .id = "h", .name = name);
	post();
	expect_error(client, code);
	/* The connection may try again. */
	ASK(client, .op = REQUEST_HELLO, .name = "someone_else");
	ASK(client, .op = REQUEST_QUIT, .forget = true);
	post();
	expect(client, REPLY_WELCOME);
	expect(client, REPLY_BYE);
	closes(client);
}

TEST(hello_welcomes)
{
	struct client *mario = new_client(0);
	struct reply *welcome = hello(mario, "Mario");
	assert_string_equal(welcome->welcome.name, "Mario");
	assert_string_equal(welcome->welcome.epoch, fake.store.epoch);
	assert_int_equal(strlen(welcome->welcome.session), 32);
	assert_false(welcome->welcome.is_account);
	assert_false(welcome->welcome.is_admin);
	assert_int_not_equal(welcome->welcome.author, 0);
	assert_int_equal(welcome->welcome.rooms.rows_count, 0);
}

TEST(a_second_hello_is_refused)
{
	struct client *mario = new_client(0);
	hello(mario, "mario");
	ASK(mario, .op = REQUEST_HELLO, .name = "luigi");
	post();
	expect_error(mario, ERROR_FORBIDDEN);
	/* It did not take the other name. */
	hello(new_client(0), "luigi");
}

TEST(nobody_takes_the_name_of_another)
{
	hello(new_client(0), "Mario");
	is_refused("Mario", ERROR_NAME_TAKEN);
	is_refused("mARIO", ERROR_NAME_TAKEN);
	is_refused("Ｍario", ERROR_NAME_TAKEN);
}

TEST(nobody_is_called_like_the_server)
{
	is_refused("brusio", ERROR_NAME_TAKEN);
	is_refused("BRUSIO", ERROR_NAME_TAKEN);
	is_refused("ｂrusio", ERROR_NAME_TAKEN);
}

TEST(what_is_no_name_is_refused)
{
	is_refused("", ERROR_BAD_NAME);
	is_refused("2pac", ERROR_BAD_NAME);
	is_refused("a b", ERROR_BAD_NAME);
	is_refused("#lobby", ERROR_BAD_NAME);
}

/* A name outlives the connection, for who brings the session. */
TEST(a_session_keeps_the_name)
{
	char session[64];
	struct client *first = new_client(0), *second = new_client(1);
	snprintf(session, sizeof session, "%s", hello(first, "mario")->welcome.session);
	closes(first);
	is_refused("mario", ERROR_NAME_TAKEN);
	ASK(second, .op = REQUEST_HELLO, .name = "mario", .session = "00000000000000000000000000000000");
	ASK(second, .op = REQUEST_HELLO, .name = "mario", .session = "none");
	ASK(second, .op = REQUEST_HELLO, .name = "MARIO", .session = session);
	post();
	expect_error(second, ERROR_NAME_TAKEN);
	expect_error(second, ERROR_NAME_TAKEN);
	struct reply *welcome = expect(second, REPLY_WELCOME);
	assert_string_equal(welcome->welcome.session, session);
	assert_string_equal(welcome->welcome.name, "mario");
}

TEST(an_unknown_session_is_ignored)
{
	struct client *mario = new_client(0);
	ASK(mario, .op = REQUEST_HELLO, .name = "mario", .session = "00000000000000000000000000000000");
	post();
	expect(mario, REPLY_WELCOME);
}

TEST(a_name_is_free_when_its_session_is_over)
{
	struct client *first = new_client(0), *other = new_client(0);
	hello(first, "mario");
	hello(other, "luigi");
	closes(first);
	settle_chat(other);
	int64_t session_ms = chat_settings.limits.session_seconds * 1000;
	clock_fake(1000000 + session_ms - 1, 0);
	settle_chat(other);
	is_refused("mario", ERROR_NAME_TAKEN);
	clock_fake(1000000 + session_ms, 0);
	/* The chat looks at the clock behind each batch. */
	settle_chat(other);
	settle_chat(other);
	hello(new_client(0), "mario");
}

TEST(who_comes_back_in_time_keeps_the_name_for_good)
{
	char session[64];
	struct client *first = new_client(0), *second = new_client(0);
	snprintf(session, sizeof session, "%s", hello(first, "mario")->welcome.session);
	closes(first);
	ASK(second, .op = REQUEST_HELLO, .name = "mario", .session = session);
	post();
	expect(second, REPLY_WELCOME);
	clock_fake(INT64_C(1000000000), 0);
	settle_chat(second);
	settle_chat(second);
	is_refused("mario", ERROR_NAME_TAKEN);
}

/* A session outlives its goodbye as it does a broken line. */
TEST(who_says_goodbye_may_come_back)
{
	char session[64];
	struct client *first = new_client(0), *second = new_client(0);
	snprintf(session, sizeof session, "%s", hello(first, "mario")->welcome.session);
	ASK(first, .op = REQUEST_QUIT);
	post();
	expect(first, REPLY_BYE);
	is_refused("mario", ERROR_NAME_TAKEN);
	ASK(second, .op = REQUEST_HELLO, .name = "mario", .session = session);
	post();
	expect(second, REPLY_WELCOME);
}

TEST(who_is_done_with_the_session_frees_the_name_at_once)
{
	struct client *mario = new_client(0);
	hello(mario, "mario");
	ASK(mario, .op = REQUEST_QUIT, .forget = true);
	post();
	expect(mario, REPLY_BYE);
	/* Before the connection itself is gone. */
	hello(new_client(1), "mario");
	ASK(mario, .op = REQUEST_PING);
	ASK(mario, .op = REQUEST_ROOMS);
	post();
	expect(mario, REPLY_OK);
	expect_error(mario, ERROR_NEED_HELLO);
}

/* The older connection of the same device may be half-open: it goes, and nobody sees a coming and going. */
TEST(a_session_takes_the_place_of_the_same_device)
{
	char session[64];
	struct client *old = new_client(0), *new = new_client(1), *anna = new_client(0);
	hello(anna, "anna");
	struct cursor annas = join(anna, "#lobby");
	snprintf(session, sizeof session, "%s", hello(old, "mario")->welcome.session);
	struct cursor olds = join(old, "#lobby");
	settle_chat(anna);
	read_log(&annas);
	ASK(new, .op = REQUEST_HELLO, .name = "mario", .session = session);
	ASK(new, .op = REQUEST_JOIN, .room = "#lobby");
	post();
	assert_int_equal(expect(old, REPLY_CLOSE)->note.key, TEXT_notice_taken_over);
	expect(new, REPLY_WELCOME);
	assert_int_equal(expect(new, REPLY_JOINED)->joined.count, 2);
	closes(old);
	settle_chat(anna);
	log_is(&annas, "");
	cursor_detach(&annas);
	cursor_detach(&olds);
}

TEST(another_device_comes_beside_it)
{
	char session[64];
	struct client *desk = new_client(0), *phone = new_client(1);
	snprintf(session, sizeof session, "%s", hello(desk, "mario")->welcome.session);
	uint64_t author = last_reply->welcome.author;
	ASK(phone, .op = REQUEST_HELLO, .name = "mario", .session = session, .device = "phone");
	post();
	assert_int_not_equal(expect(phone, REPLY_WELCOME)->welcome.author, author);
	settle_chat(desk);
	closes(phone);
	settle_chat(desk);
	is_refused("mario", ERROR_NAME_TAKEN);
}

/* Entries that a connection leaves out as its own must still be its own after a reconnection. */
TEST(the_author_is_the_same_on_every_connection_of_a_device)
{
	char session[64];
	struct client *first = new_client(0), *second = new_client(1);
	snprintf(session, sizeof session, "%s", hello(first, "mario")->welcome.session);
	uint64_t author = last_reply->welcome.author;
	closes(first);
	ASK(second, .op = REQUEST_HELLO, .name = "Mario", .session = session);
	post();
	assert_int_equal(expect(second, REPLY_WELCOME)->welcome.author, author);
}

static struct reply *enters(struct client *client, const char *name)
{
	ASK(client, .op = REQUEST_SIMPLE, .name = name);
	post();
	return expect(client, REPLY_ENTERED);
}

TEST(the_simple_form_enters_the_lobby)
{
	struct client *mario = new_client(0);
	struct reply *entered = enters(mario, "Mario");
	assert_string_equal(entered->entered.name, "Mario");
	assert_string_equal(entered->entered.asked, "Mario");
	assert_false(entered->is_answer);
	assert_string_equal(expect(mario, REPLY_JOINED)->room, "#lobby");
	ASK(mario, .op = REQUEST_SIMPLE, .message = "ciao");
	post();
	assert_int_equal(expect(mario, REPLY_ACK)->ack.seq, 1);
	assert_string_equal(fake_text(&fake, "SELECT text FROM entries"), "ciao");
}

TEST(a_simple_name_that_is_taken_gets_a_suffix)
{
	static const char *const expected[] = {"Mario", "mario-2", "Mario-3"};
	static const char *const asked[] = {"Mario", "mario", "Mario"};
	for (int i = 0; i < 3; i++) {
		struct client *client = new_client(0);
		assert_string_equal(enters(client, asked[i])->entered.name, expected[i]);
		assert_string_equal(last_reply->entered.asked, asked[i]);
		expect(client, REPLY_JOINED);
	}
}

TEST(a_suffix_fits_into_the_longest_name)
{
	static const char longest[] = "èèèèèèèèèèèèèèèèèèèèèèèèèèèèèèèè";
	for (int i = 0; i < 12; i++) {
		char expected[sizeof longest + 8];
		struct client *client = new_client(0);
		int kept = i == 0 ? 32 : i < 9 ? 30 : 29;
		snprintf(expected, sizeof expected, i ? "%.*s-%d" : "%.*s", kept * 2, longest, i + 1);
		assert_string_equal(enters(client, longest)->entered.name, expected);
		expect(client, REPLY_JOINED);
	}
}

TEST(white_space_in_a_simple_name)
{
	static const char *const pairs[][2] = {
	    {"Mario Rossi", "Mario_Rossi"}, {"  anna\t", "anna"}, {"a\tb  c", "a_b__c"}};
	for (int i = 0; i < 3; i++) {
		struct client *client = new_client(0);
		assert_string_equal(enters(client, pairs[i][0])->entered.name, pairs[i][1]);
		expect(client, REPLY_JOINED);
	}
}

TEST(a_simple_form_without_a_good_name_is_told_so_and_may_try_again)
{
	struct client *mario = new_client(0);
	static const char *const wrong[] = {"", "   ", "12", "brusio"};
	static const enum error_code codes[] = {ERROR_BAD_NAME, ERROR_BAD_NAME, ERROR_BAD_NAME,
						ERROR_NAME_TAKEN};
	for (int i = 0; i < 4; i++) {
		ASK(mario, .op = REQUEST_SIMPLE, .name = wrong[i]);
		post();
		expect_error(mario, codes[i]);
	}
	ASK(mario, .op = REQUEST_SIMPLE, .message = "ciao");
	post();
	expect_error(mario, ERROR_BAD_FIELD);
	enters(mario, "mario");
	expect(mario, REPLY_JOINED);
}

TEST(a_simple_name_is_free_when_its_connection_is_gone)
{
	struct client *mario = new_client(0);
	enters(mario, "mario");
	expect(mario, REPLY_JOINED);
	closes(mario);
	assert_string_equal(enters(new_client(0), "mario")->entered.name, "mario");
}

TEST(a_later_from_is_ignored)
{
	struct client *mario = new_client(0);
	enters(mario, "mario");
	expect(mario, REPLY_JOINED);
	ASK(mario, .op = REQUEST_SIMPLE, .name = "luigi", .message = "ciao");
	ASK(mario, .op = REQUEST_SIMPLE, .message = "");
	post();
	expect(mario, REPLY_OK);
	expect(mario, REPLY_OK);
	hello(new_client(0), "luigi");
}

TEST(a_new_name_is_told_to_the_rooms)
{
	struct client *mario = new_client(0), *anna = new_client(1), *luca = new_client(0);
	hello(mario, "mario");
	hello(anna, "anna");
	hello(luca, "luca");
	struct cursor lobby = join(anna, "#lobby"), ops = join(luca, "#ops");
	struct cursor marios = join(mario, "#lobby");
	settle_chat(anna);
	read_log(&lobby);
	ASK(mario, .op = REQUEST_NICK, .id = "n", .name = "Super_Mario");
	post();
	assert_string_equal(expect(mario, REPLY_OK)->id, "n");
	settle_chat(anna);
	log_is(&lobby, "event.nick Super_Mario\n");
	log_is(&ops, "");
	is_refused("super_mario", ERROR_NAME_TAKEN);
	hello(new_client(0), "mario");
	cursor_detach(&lobby);
	cursor_detach(&ops);
	cursor_detach(&marios);
}

TEST(a_new_name_that_cannot_be_changes_nothing)
{
	static const char *const wrong[] = {"anna", "ANNA", "brusio", "1x", ""};
	static const enum error_code codes[] = {ERROR_NAME_TAKEN, ERROR_NAME_TAKEN, ERROR_NAME_TAKEN,
						ERROR_BAD_NAME, ERROR_BAD_NAME};
	struct client *mario = new_client(0), *nobody = new_client(0);
	hello(mario, "mario");
	hello(new_client(1), "anna");
	for (int i = 0; i < 5; i++) {
		ASK(mario, .op = REQUEST_NICK, .name = wrong[i]);
		post();
		expect_error(mario, codes[i]);
	}
	is_refused("mario", ERROR_NAME_TAKEN);
	ASK(nobody, .op = REQUEST_NICK, .name = "luca");
	post();
	expect_error(nobody, ERROR_NEED_HELLO);
}

TEST(ones_own_name_may_be_spelt_otherwise)
{
	struct client *mario = new_client(0);
	hello(mario, "mario");
	ASK(mario, .op = REQUEST_NICK, .name = "MARIO");
	post();
	expect(mario, REPLY_OK);
	is_refused("mario", ERROR_NAME_TAKEN);
}

TEST(guests_may_be_turned_away)
{
	stop_chat();
	chat_settings.allow_guests = false;
	start_chat();
	struct client *simple = new_client(0);
	ASK(simple, .op = REQUEST_HELLO, .name = "mario");
	ASK(simple, .op = REQUEST_SIMPLE, .name = "mario");
	post();
	expect_error(simple, ERROR_AUTH_REQUIRED);
	expect_error(simple, ERROR_AUTH_REQUIRED);
}

/* Whoever has changed the password of an account ends its sessions in the store, which this server hears of later. */
TEST(who_was_ended_elsewhere_makes_no_token_any_more)
{
	struct client *luca = new_client(0);
	ASK(luca, .op = REQUEST_HELLO, .name = "luca");
	char session[64];
	snprintf(session, sizeof session, "%s", answer(luca)->welcome.session);
	ASK(luca, .op = REQUEST_REGISTER, .password = "correct horse battery");
	assert_int_equal(answer(luca)->kind, REPLY_OK);
	assert_int_not_equal(
	    fake_number(&fake,
			"DELETE FROM sessions WHERE person = (SELECT id FROM people WHERE name = 'luca')"
			" RETURNING person"),
	    0);
	ASK(luca, .op = REQUEST_TOKEN, .label = "bot");
	post();
	expect_error(luca, ERROR_NEED_HELLO);
	assert_int_equal(fake_number(&fake, "SELECT count(*) FROM tokens"), 0);
	/* Nor another session: the chat may still know theirs. */
	for (int i = 0; i < 2; i++) {
		struct client *late = new_client(1);
		ASK(late, .op = REQUEST_HELLO, .name = "luca", .session = session,
		    .device = i ? "desk" : "default");
		post();
		expect_error(late, ERROR_AUTH_FAILED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CHAT_TEST(hello_welcomes),
	    CHAT_TEST(a_second_hello_is_refused),
	    CHAT_TEST(nobody_takes_the_name_of_another),
	    CHAT_TEST(nobody_is_called_like_the_server),
	    CHAT_TEST(what_is_no_name_is_refused),
	    CHAT_TEST(a_session_keeps_the_name),
	    CHAT_TEST(an_unknown_session_is_ignored),
	    CHAT_TEST(a_name_is_free_when_its_session_is_over),
	    CHAT_TEST(who_comes_back_in_time_keeps_the_name_for_good),
	    CHAT_TEST(who_says_goodbye_may_come_back),
	    CHAT_TEST(who_is_done_with_the_session_frees_the_name_at_once),
	    CHAT_TEST(a_session_takes_the_place_of_the_same_device),
	    CHAT_TEST(another_device_comes_beside_it),
	    CHAT_TEST(the_author_is_the_same_on_every_connection_of_a_device),
	    CHAT_TEST(the_simple_form_enters_the_lobby),
	    CHAT_TEST(a_simple_name_that_is_taken_gets_a_suffix),
	    CHAT_TEST(a_suffix_fits_into_the_longest_name),
	    CHAT_TEST(white_space_in_a_simple_name),
	    CHAT_TEST(a_simple_form_without_a_good_name_is_told_so_and_may_try_again),
	    CHAT_TEST(a_simple_name_is_free_when_its_connection_is_gone),
	    CHAT_TEST(a_later_from_is_ignored),
	    CHAT_TEST(a_new_name_is_told_to_the_rooms),
	    CHAT_TEST(a_new_name_that_cannot_be_changes_nothing),
	    CHAT_TEST(ones_own_name_may_be_spelt_otherwise),
	    CHAT_TEST(guests_may_be_turned_away),
	    CHAT_TEST(who_was_ended_elsewhere_makes_no_token_any_more),
	};
	alarm(120);
	return RUN_AT_ONCE_AND_LATER(tests);
}
