/* Many clients at random on a store that fails at random: whatever happens, promises 1 to 5 hold.
 *
 * Each client keeps what it was promised (acknowledgements) and what it was shown (its logs); at every step
 * these are held against what the store has committed. */
#include "chat_kit.h"

/* The store's failures. */
static const int faults[] = {FAKE_COMMIT,       FAKE_COMMIT,      FAKE_ASK,
			     STORE_APPEND,      STORE_ADD_ROOM,   STORE_PUT_MEMBER,
			     STORE_DROP_MEMBER, STORE_ADD_PERSON, STORE_PUT_SESSION};
#define FAULTS (sizeof faults / sizeof *faults)

enum { PEOPLE = 6, ROOMS = 3, SENDS_MAX = 4000, TURNS = 1500 };

static uint64_t dice;

/* One send of one person, as they know it. */
struct sent {
	int person, room;
	char id[16], text[32];
	uint64_t seq;    /* acknowledged; 0: not yet */
	bool is_refused; /* the last answer was an error */
	bool is_unknown; /* a connection broke before its answer */
};

struct person {
	struct client *client;
	char name[16], session[64];
	bool is_in[ROOMS];
	struct cursor cursors[ROOMS];
	uint64_t shown[ROOMS]; /* the last seq that this connection was shown */
	/* Its requests without an answer, in order. */
	struct {
		enum request_op op;
		int room, sent;
	} asked[256];
	size_t asked_count;
};

static struct person people[PEOPLE];
static struct sent sends[SENDS_MAX];
static int sends_count;
static const char *const room_names[ROOMS] = {"#lobby", "#a", "#b"};

/* The database, asked without the store. */
static sqlite3 *db;
static sqlite3_stmt *find_entry;

static void open_database(void)
{
	assert_int_equal(sqlite3_open(directory_file(&fake.directory, "brusio.db"), &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 2000);
	assert_int_equal(sqlite3_prepare_v2(db,
					    "SELECT e.text = ?3 FROM rooms r JOIN entries e ON e.room = r.id"
					    " WHERE r.name = ?1 AND e.seq = ?2",
					    -1, &find_entry, NULL),
			 SQLITE_OK);
}

static void close_database(void)
{
	sqlite3_finalize(find_entry);
	sqlite3_close(db);
	find_entry = NULL;
	db = NULL;
}

static bool is_stored(int room, uint64_t seq, const char *text)
{
	sqlite3_bind_text(find_entry, 1, room_names[room], -1, SQLITE_STATIC);
	sqlite3_bind_int64(find_entry, 2, (int64_t)seq);
	sqlite3_bind_text(find_entry, 3, text, -1, SQLITE_STATIC);
	bool is_there = sqlite3_step(find_entry) == SQLITE_ROW && sqlite3_column_int(find_entry, 0);
	sqlite3_reset(find_entry);
	return is_there;
}

/* How many entries have this text. */
static int64_t times_stored(const char *text)
{
	sqlite3_stmt *row;
	sqlite3_prepare_v2(db, "SELECT count(*) FROM entries WHERE text = ?1", -1, &row, NULL);
	sqlite3_bind_text(row, 1, text, -1, SQLITE_STATIC);
	int64_t times = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : -1;
	sqlite3_finalize(row);
	return times;
}

static void remember(struct person *person, enum request_op op, int room, int sent)
{
	assert_true(person->asked_count < 256);
	person->asked[person->asked_count].op = op;
	person->asked[person->asked_count].room = room;
	person->asked[person->asked_count++].sent = sent;
}

static void acknowledged(const struct reply *reply, struct sent *sent)
{
	if (sent->seq)
		assert_int_equal(reply->ack.seq, sent->seq);
	sent->seq = reply->ack.seq;
	sent->is_refused = false;
	assert_string_equal(reply->id, sent->id);
	/* Stored before acknowledged. */
	assert_true(is_stored(sent->room, sent->seq, sent->text));
}

static void joined(struct person *person, const struct reply *reply, int room)
{
	struct cursor *cursor = &person->cursors[room];
	cursor_detach(cursor);
	*cursor = (struct cursor){.seq = reply->joined.seq, .live_seq = reply->joined.seq};
	/* Left again within the batch: the answer to that comes next. */
	person->is_in[room] = reply->joined.chunk != NULL;
	if (!reply->joined.chunk)
		return;
	cursor_attach_live(cursor, reply->joined.chunk, reply->joined.item);
	person->shown[room] = reply->joined.seq;
}

static void take_answer(struct person *person, const struct reply *reply)
{
	assert_true(person->asked_count > 0);
	enum request_op op = person->asked[0].op;
	int room = person->asked[0].room;
	struct sent *sent = &sends[person->asked[0].sent];
	memmove(person->asked, person->asked + 1, --person->asked_count * sizeof *person->asked);
	assert_int_equal(reply->op, op);
	if (reply->kind == REPLY_ERROR && op == REQUEST_SEND)
		assert_true(reply->note.error == ERROR_STORE_FAILED ||
			    reply->note.error == ERROR_NOT_MEMBER || reply->note.error == ERROR_NO_ROOM);
	if (op == REQUEST_SEND && reply->kind == REPLY_ACK)
		acknowledged(reply, sent);
	else if (op == REQUEST_SEND)
		sent->is_refused = true;
	else if (reply->kind == REPLY_JOINED)
		joined(person, reply, room);
	else if (reply->kind == REPLY_LEFT) {
		person->is_in[room] = false;
		cursor_detach(&person->cursors[room]);
	}
}

/* All lines of a log that are entries count up by one, and are committed. */
static void check_log(struct person *person, int room)
{
	char *text = strdup(read_log(&person->cursors[room])), *rest = text;
	for (char *line; (line = strsep(&rest, "\n")) && *line;) {
		if (*line == '>')
			line++;
		if (*line < '0' || *line > '9')
			continue;
		char *said = strstr(line, ": ");
		assert_non_null(said);
		uint64_t seq = strtoull(line, NULL, 10);
		assert_int_equal(seq, ++person->shown[room]);
		assert_true(is_stored(room, seq, said + 2));
	}
	free(text);
}

static void collect(unsigned worker)
{
	while (!is_silent(worker)) {
		struct reply *reply = next_reply(worker);
		for (int i = 0; i < PEOPLE; i++)
			if (people[i].client && people[i].client->connection == reply->connection &&
			    reply->is_answer)
				take_answer(&people[i], reply);
		reply_free(reply);
	}
	for (int i = 0; i < PEOPLE; i++)
		for (int room = 0; room < ROOMS; room++)
			if (people[i].client && people[i].is_in[room] && people[i].client->worker == worker)
				check_log(&people[i], room);
}

static void say_hello(struct person *person)
{
	ASK(person->client, .op = REQUEST_HELLO, .name = person->name,
	    .session = *person->session ? person->session : NULL);
	post();
}

static void connect_again(struct person *person)
{
	for (int room = 0; room < ROOMS; room++) {
		cursor_detach(&person->cursors[room]);
		person->is_in[room] = false;
	}
	if (person->client)
		ASK(person->client, .op = REQUEST_CLOSED);
	for (size_t i = 0; i < person->asked_count; i++)
		if (person->asked[i].op == REQUEST_SEND)
			sends[person->asked[i].sent].is_unknown = true;
	person->asked_count = 0;
	person->client = new_client((unsigned)dice_below(&dice, WORKERS));
	person->client->encoding = (uint8_t)dice_below(&dice, ENCODINGS);
	say_hello(person);
	/* Replies to others come in between. */
	for (;;) {
		struct reply *reply = next_reply(person->client->worker);
		bool is_mine = reply->connection == person->client->connection && reply->kind != REPLY_OWN;
		bool has_failed = is_mine && reply->kind == REPLY_ERROR;
		if (has_failed) {
			/* The store refused; nothing was changed, so it can be asked again. */
			assert_int_equal(reply->note.error, ERROR_STORE_FAILED);
			is_mine = false;
			say_hello(person);
		} else if (is_mine) {
			assert_int_equal(reply->kind, REPLY_WELCOME);
			snprintf(person->session, sizeof person->session, "%s", reply->welcome.session);
		} else {
			for (int i = 0; i < PEOPLE; i++)
				if (&people[i] != person && people[i].client &&
				    people[i].client->connection == reply->connection && reply->is_answer)
					take_answer(&people[i], reply);
		}
		reply_free(reply);
		if (is_mine)
			return;
	}
}

static void send_again_or_new(struct person *person, int number)
{
	int which = sends_count;
	/* Now and then something that they sent before, acknowledged or not. */
	if (sends_count && dice_below(&dice, 4) == 0) {
		which = (int)dice_below(&dice, (size_t)sends_count);
		if (sends[which].person != number)
			which = sends_count;
	}
	if (which == sends_count) {
		struct sent *made = &sends[sends_count++];
		*made = (struct sent){.person = number, .room = (int)dice_below(&dice, ROOMS)};
		snprintf(made->id, sizeof made->id, "%d", which);
		snprintf(made->text, sizeof made->text, "text %d", which);
	}
	ASK(person->client, .op = REQUEST_SEND, .id = sends[which].id, .room = room_names[sends[which].room],
	    .message = sends[which].text);
	remember(person, REQUEST_SEND, sends[which].room, which);
}

static void act(int number)
{
	struct person *person = &people[number];
	int room = (int)dice_below(&dice, ROOMS);
	size_t choice = dice_below(&dice, 100);
	if (person->asked_count > 200)
		return;
	if (choice < 60) {
		send_again_or_new(person, number);
	} else if (choice < 85) {
		ASK(person->client, .op = REQUEST_JOIN, .room = room_names[room]);
		remember(person, REQUEST_JOIN, room, 0);
	} else if (choice < 90) {
		ASK(person->client, .op = REQUEST_LEAVE, .room = room_names[room]);
		remember(person, REQUEST_LEAVE, room, 0);
	} else {
		ASK(person->client, .op = REQUEST_PING);
		remember(person, REQUEST_PING, 0, 0);
	}
}

/* Everything that was acknowledged is there once, and nothing that was only refused. */
static void check_store(void)
{
	for (int i = 0; i < sends_count; i++) {
		int64_t times = times_stored(sends[i].text);
		assert_true(times <= 1);
		if (sends[i].seq)
			assert_int_equal(times, 1);
		else if (sends[i].is_refused && !sends[i].is_unknown)
			assert_int_equal(times, 0);
	}
	/* No number is left out or there twice. */
	assert_int_equal(fake_number(&fake, "SELECT count(*) FROM (SELECT 1 FROM entries GROUP BY room"
					    " HAVING min(seq) <> 1 OR max(seq) <> count(*))"),
			 0);
}

static void storm(uint64_t seed)
{
	dice = seed;
	fake.delay = (unsigned)(seed % 4);
	open_database();
	sends_count = 0;
	memset(people, 0, sizeof people);
	for (int i = 0; i < PEOPLE; i++) {
		snprintf(people[i].name, sizeof people[i].name, "person%c", 'a' + i);
		connect_again(&people[i]);
	}
	for (int turn = 0; turn < TURNS && sends_count < SENDS_MAX - 1; turn++) {
		if (dice_below(&dice, 25) == 0)
			fake.fails_after[faults[dice_below(&dice, FAULTS)]] = 1 + (int)dice_below(&dice, 4);
		act((int)dice_below(&dice, PEOPLE));
		if (dice_below(&dice, 3) == 0)
			post();
		if (dice_below(&dice, 5) == 0)
			collect((unsigned)dice_below(&dice, WORKERS));
		if (dice_below(&dice, 60) == 0 && clients_count < CLIENTS_MAX - 1)
			connect_again(&people[dice_below(&dice, PEOPLE)]);
	}
	post();
	for (int i = 0; i < PEOPLE; i++)
		while (people[i].asked_count) {
			collect(people[i].client->worker);
			if (people[i].asked_count)
				mailbox_wait(&boxes[people[i].client->worker], -1);
		}
	for (unsigned worker = 0; worker < WORKERS; worker++)
		collect(worker);
	check_store();
	close_database();
	for (int i = 0; i < PEOPLE; i++)
		for (int room = 0; room < ROOMS; room++)
			cursor_detach(&people[i].cursors[room]);
}

static uint64_t playing; /* the seed; 0 after the last */

TEST(promises_hold_in_a_storm)
{
	const char *given = getenv("BRUSIO_SEED");
	uint64_t first = given ? strtoull(given, NULL, 10) : 1, last = given ? first : 40;
	for (playing = first; playing <= last; playing++) {
		if (playing > first) {
			teardown_chat(NULL);
			setup_chat(NULL);
		}
		storm(playing);
	}
	playing = 0;
}

static int teardown(void **state)
{
	if (playing)
		print_message("# BRUSIO_SEED=%llu raises this storm alone\n", (unsigned long long)playing);
	close_database();
	return teardown_chat(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(promises_hold_in_a_storm, setup_chat, teardown),
	};
	alarm(280);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
