/* The real chat on the real store on a disk that fails: random schedules of faults, kills and power cuts, and
 * after each of them promises 1 to 5 of doc/protocol.md.
 *
 * A schedule is what one seed makes: guests who send, edit, delete and react, send again what has no answer,
 * and read; a disk that refuses, comes short, fills up and forgets; and ends of all kinds in between. One
 * thing happens after the other, so a seed that fails fails again:
 *
 *   BRUSIO_FAULT_SCHEDULES=20000 build/unit/test_fault_schedules   as many, however long they take
 *   BRUSIO_FAULT_SEED=1234 build/unit/test_fault_schedules         this one alone */
#include "fault_ledger.h"

#include "chat_kit.h"
#include "directory.h"
#include "fault_deeds.h"
#include "fault_odds.h"
#include "fault_people.h"

#include <signal.h>
#include <time.h>

#define SECONDS_MAX 6 /* of random schedules, where their number is not given */

static struct directory directory;
static struct store *store;
static struct store_ops ops;
static const struct store_ops *real_ops;
static struct store_indexer *indexer;
static struct client *users[USERS];
static bool is_welcome[USERS], is_in[USERS][ROOMS], owns_side;
static struct cursor cursors[ROOMS];
static int64_t room_ids[ROOMS];
static uint64_t dice;
static char stuck[80]; /* what is said where a schedule does not come to an end */
static char problem[1024];
static unsigned long ends[3], acks, refusals, deeds;

enum end { END_CLEAN, END_KILL, END_POWER };

/* --- asking --- */

/* The name by which the user calls it. */
static const char *room_as(unsigned user, unsigned room)
{
	return room < JOINED ? room_names[room] : user == 1 ? "@luigi" : "@anna";
}

static void ask_send(size_t number)
{
	static const enum request_op request_ops[] = {
	    [SAID_MESSAGE] = REQUEST_SEND,
	    [SAID_EDIT] = REQUEST_EDIT,
	    [SAID_DELETE] = REQUEST_DELETE,
	    [SAID_REACT] = REQUEST_REACT,
	};
	struct sent *sent = &ledger.sends[number];
	char id[24];
	int64_t target = (int64_t)sent->target;
	snprintf(id, sizeof id, "s%zu", number);
	sent->asked++;
	ASK(users[sent->user], .op = request_ops[sent->kind], .id = id,
	    .room = room_as(sent->user, sent->room), .message = sent->kind == SAID_REACT ? NULL : sent->text,
	    .emoji = sent->kind == SAID_REACT ? sent->text : NULL, .target = sent->target ? &target : NULL,
	    .on = true);
}

/* A message of this user that was acknowledged, or 0. */
static uint64_t any_target(unsigned user, unsigned room)
{
	for (int tries = 0; tries < 8 && ledger.sends_count; tries++) {
		const struct sent *sent = &ledger.sends[dice_below(&dice, ledger.sends_count)];
		if (sent->kind == SAID_MESSAGE && sent->seq && sent->user == user && sent->room == room)
			return sent->seq;
	}
	return 0;
}

static void ask_something_new(unsigned user)
{
	static const enum said kinds[] = {SAID_MESSAGE, SAID_MESSAGE, SAID_MESSAGE, SAID_MESSAGE,
					  SAID_MESSAGE, SAID_EDIT,    SAID_DELETE,  SAID_REACT};
	if (ledger.sends_count == SENDS_MAX)
		return;
	struct sent *sent = &ledger.sends[ledger.sends_count];
	*sent = (struct sent){.user = user, .room = (unsigned)dice_below(&dice, user ? ROOMS : JOINED)};
	sent->kind = kinds[dice_below(&dice, sizeof kinds / sizeof *kinds)];
	if (sent->kind != SAID_MESSAGE)
		sent->target = any_target(user, sent->room);
	if (!sent->target)
		sent->kind = SAID_MESSAGE;
	size_t padding = sent->kind == SAID_REACT || dice_below(&dice, 4) ? 0 : dice_below(&dice, 4000);
	if (sent->kind != SAID_DELETE)
		snprintf(sent->text, sizeof sent->text, "w%zu%*s", ledger.sends_count, (int)padding, "");
	ask_send(ledger.sends_count++);
}

/* Somebody says how far they have read: never further than what was shown. */
static void ask_read(unsigned user)
{
	unsigned room = (unsigned)dice_below(&dice, ROOMS);
	char id[32];
	if (!is_in[user][room] || !ledger.shown_count[room])
		return;
	int64_t seq = 1 + (int64_t)dice_below(&dice, ledger.shown_count[room]);
	snprintf(id, sizeof id, "r%u%lld", room, (long long)seq);
	ASK(users[user], .op = REQUEST_READ, .id = id, .room = room_names[room], .seq = &seq);
}

/* The dice choose the target and the deed; a role where it is one. */
static void ask_any_deed(void)
{
	unsigned user = 1 + (unsigned)dice_below(&dice, USERS - 1);
	const struct deed *deed = &deeds_known[dice_below(&dice, sizeof deeds_known / sizeof *deeds_known)];
	unsigned role = deed->op == REQUEST_ROLE ? ROLE_MEMBER + (unsigned)dice_below(&dice, 3) : 0;
	if (is_in[0][1] && is_in[user][1] && owns_side)
		ask_deed(users, deed->letter, user, role);
}

static bool is_open(const struct sent *sent)
{
	return !sent->seq && !sent->is_refused;
}

/* Sends of before, with and without an answer: promise 4. */
static void ask_again(unsigned percent_open, unsigned percent_done)
{
	for (size_t i = 0; i < ledger.sends_count; i++) {
		const struct sent *sent = &ledger.sends[i];
		bool is_chosen = dice_below(&dice, 100) < (is_open(sent) ? percent_open : percent_done);
		if (is_chosen && !sent->is_refused && is_in[sent->user][sent->room])
			ask_send(i);
	}
}

/* --- answers --- */

static void take_line(unsigned room, char *line)
{
	char *name = strchr(line, ' '), *text = name ? strchr(name, ':') : NULL;
	if (*line < '0' || *line > '9' || !text)
		return;
	*text = '\0';
	ledger_shown(room, strtoull(line, NULL, 10), name + 1, text + 2);
}

static void read_logs(void)
{
	for (unsigned room = 0; room < ROOMS; room++) {
		if (!cursors[room].chunk)
			continue;
		char *line = (char *)(uintptr_t)read_log(&cursors[room]);
		for (char *end; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			take_line(room, line);
		}
	}
}

static void take_answer(const struct reply *reply)
{
	size_t number = strtoul(reply->id + 1, NULL, 10);
	struct sent *sent = &ledger.sends[number];
	sent->asked--;
	if (reply->kind == REPLY_ACK) {
		acks++;
		ledger_acknowledged(number, reply->ack.seq);
		return;
	}
	refusals++;
	if (reply->kind != REPLY_ERROR)
		wrong("s%zu was answered with %d", number, reply->kind);
	else if (reply->note.error == ERROR_STORE_FAILED)
		sent->is_lost = true;
	else if (reply->note.error == ERROR_ID_REUSED)
		wrong("s%zu was answered with id_reused", number);
	else if (!sent->is_lost && !sent->seq &&
		 !sent->asked) /* one behind it may come when a mute has ended */
		sent->is_refused = true;
}

static void take_joined(const struct reply *reply, unsigned user)
{
	unsigned room = room_number(reply->room);
	is_in[user][room] = true;
	room_ids[room] = reply->joined.room_id;
	if (user != 0 || cursors[room].chunk)
		return;
	if (reply->joined.is_reset)
		wrong("%s: %llu was shown, and the room is only at %llu", reply->room,
		      (unsigned long long)ledger.shown_count[room], (unsigned long long)reply->joined.seq);
	cursors[room].seq = cursors[room].live_seq = reply->joined.seq;
	cursor_attach_live(&cursors[room], reply->joined.chunk, reply->joined.item);
}

/* "r", the room and the seq. */
static void take_read(const struct reply *reply)
{
	uint64_t *read = &ledger.read[reply->connection - 1][reply->id[1] - '0'];
	uint64_t seq = strtoull(reply->id + 2, NULL, 10);
	if (seq > *read)
		*read = seq;
}

static void take_reply(const struct reply *reply)
{
	if (!reply->is_answer)
		return;
	if (reply->kind == REPLY_WELCOME) {
		is_welcome[reply->connection - 1] = true;
		ledger_epoch(reply->welcome.epoch);
		/* Conversations are not joined. */
		is_in[reply->connection - 1][JOINED] = true;
	} else if (reply->id && *reply->id == 'd')
		deeds += take_deed(reply);
	else if (reply->id && *reply->id == 'o')
		owns_side |= reply->kind == REPLY_JOINED;
	else if (reply->kind == REPLY_JOINED)
		take_joined(reply, (unsigned)reply->connection - 1);
	else if (reply->id && *reply->id == 's')
		take_answer(reply);
	else if (reply->id && *reply->id == 'r' && reply->kind == REPLY_OK)
		take_read(reply);
}

/* Posts what was asked, and takes what comes back until everything is answered. */
static void exchange(void)
{
	post();
	for (size_t i = 0; i < clients_count; i++)
		while (clients[i].in_flight) {
			struct reply *reply = next_reply(0);
			take_reply(reply);
			reply_free(reply);
		}
}

/* --- a life of the server --- */

static struct reply *next_page(unsigned room, uint64_t after)
{
	chat_read_page(chat, &(struct page_request){.worker = 0,
						    .room_id = room_ids[room],
						    .room = room_names[room],
						    .base_seq = after,
						    .end_seq = cursors[room].seq});
	struct reply *reply;
	while ((reply = next_reply(0))->kind != REPLY_PAGE)
		reply_free(reply);
	return reply;
}

/* Promise 5: everything between what was shown in an earlier life and where the log goes on. */
static void resume(unsigned room)
{
	uint64_t after = ledger.shown_count[room];
	while (after < cursors[room].seq) {
		struct reply *page = next_page(room, after);
		const struct chunk *chunk = page->page.chunk;
		uint32_t start = 0, count = chunk ? chunk->count : 0;
		for (uint32_t i = 0; i < count; i++) {
			char line[5000];
			snprintf(line, sizeof line, "%.*s", (int)(chunk->items[i].end - start - 1),
				 chunk->bytes + start);
			start = chunk->items[i].end;
			take_line(room, line);
		}
		if (chunk && ledger.shown_count[room] == after)
			wrong("%s: nothing behind %llu, and the log goes on at %llu", room_names[room],
			      (unsigned long long)after, (unsigned long long)cursors[room].seq);
		bool is_read = chunk && !*ledger.wrong;
		reply_free(page);
		if (!is_read) {
			/* It could not be read, and the reader is told so; they come again later. */
			cursor_detach(&cursors[room]);
			return;
		}
		after = ledger.shown_count[room];
	}
}

static void come_in(void)
{
	for (unsigned user = 0; user < USERS; user++) {
		if (!users[user])
			users[user] = new_client(0);
		if (!is_welcome[user])
			ASK(users[user], .op = REQUEST_HELLO, .id = "hello", .name = user_names[user],
			    .session = sessions[user]);
		for (unsigned room = 0; room < JOINED; room++) {
			bool follows = user != 0 || cursors[room].chunk;
			int64_t after = (int64_t)ledger.shown_count[room];
			if (!is_in[user][room] || !follows)
				ASK(users[user], .op = REQUEST_JOIN, .id = "join", .room = room_names[room],
				    .after = user ? NULL : &after);
		}
	}
	if (!owns_side)
		ask_side(users[0]);
	bool followed[ROOMS];
	for (unsigned room = 0; room < ROOMS; room++)
		followed[room] = cursors[room].chunk;
	exchange();
	for (unsigned room = 0; room < ROOMS; room++)
		if (!followed[room] && cursors[room].chunk && !*ledger.wrong)
			resume(room);
}

/* The last that starting does on a disk that fails: from here on it is well, since there is a second thread
 * soon, and no two threads may throw the dice. */
static int load_and_calm(struct store *of, store_visit *visit, void *context)
{
	int result = real_ops->load(of, visit, context);
	disk_calm();
	return result;
}

/* Opens the store and starts the chat on it; false where that failed. */
static bool open_once(void)
{
	if (store_open(directory.path, NULL, &store, problem, sizeof problem) != STORE_OK)
		return false;
	ops = *store->ops;
	ops.indexer_open = open_idle;
	ops.load = load_and_calm;
	real_ops = store->ops;
	store->ops = &ops;
	chat_settings = (struct chat_config){
	    .limits = limits_lifted(), .allow_guests = true, .allow_registration = true, .store = store};
	chat_settings.limits.jobs = 1;
	chat_settings.limits.account_rate = 0;
	if (try_chat(problem, sizeof problem) == 0)
		return true;
	store->ops->close(store);
	return false;
}

/* The work that the chat thread does by itself at its start is over. */
static void settle_down(void)
{
	struct client *first = new_client(0);
	for (int i = 0; i < 2; i++) {
		ASK(first, .op = REQUEST_PING);
		exchange();
	}
	ASK(first, .op = REQUEST_CLOSED);
	post();
	clients_count = 0;
}

static void arm(unsigned cut_within)
{
	struct disk_odds odds = any_odds(&dice);
	unsigned cut_after = dice_below(&dice, 2) ? 1 + (unsigned)dice_below(&dice, cut_within) : 0;
	unsigned full_for = dice_below(&dice, 4) ? 0 : (unsigned)dice_below(&dice, 60);
	disk_arm(&odds, cut_after, full_for);
}

/* If starting keeps failing, the disk is mended: then it must work. */
static bool start_life(void)
{
	if (dice_below(&dice, 3) == 0)
		arm(60);
	for (int tries = 0; !open_once(); tries++) {
		if (disk_is_cut()) {
			disk_restart(true);
			ends[END_POWER]++;
		} else if (tries == 3) {
			disk_calm();
		} else if (tries > 3) {
			wrong("the database cannot be opened: %s", problem);
			return false;
		}
	}
	settle_down();
	memset(users, 0, sizeof users);
	memset(is_in, 0, sizeof is_in);
	memset(is_welcome, 0, sizeof is_welcome);
	owns_side = false;
	return true;
}

static void step_indexer(void)
{
	size_t did;
	if (!indexer && real_ops->indexer_open(store, &indexer) != STORE_OK)
		indexer = NULL;
	if (indexer && indexer->ops->step(indexer, 1 + dice_below(&dice, 50), &did) != STORE_OK) {
		indexer->ops->close(indexer);
		indexer = NULL;
	}
}

static void live(unsigned rounds)
{
	for (unsigned i = 0; i < rounds && !disk_is_cut() && !*ledger.wrong; i++) {
		come_in();
		for (size_t count = 1 + dice_below(&dice, 12); count; count--) {
			unsigned user = (unsigned)dice_below(&dice, USERS);
			size_t what = dice_below(&dice, 11);
			if (what == 0)
				ask_again(20, 2);
			else if (what == 1)
				ask_read(user);
			else if (what == 2)
				ask_any_deed();
			else
				ask_something_new(user);
		}
		exchange();
		read_logs();
		if (dice_below(&dice, 3) == 0)
			step_indexer();
	}
}

static void end_life(enum end end)
{
	if (end != END_CLEAN)
		disk_cut();
	else
		disk_calm();
	for (unsigned room = 0; room < ROOMS; room++) {
		cursor_detach(&cursors[room]);
		cursors[room] = (struct cursor){0};
	}
	stop_chat();
	if (indexer)
		indexer->ops->close(indexer);
	indexer = NULL;
	store->ops->close(store);
	/* Requests without an answer by now get none. */
	for (size_t i = 0; i < ledger.sends_count; i++) {
		if (is_open(&ledger.sends[i]))
			ledger.sends[i].is_lost = true;
		ledger.sends[i].asked = 0;
	}
	disk_restart(end == END_POWER);
	ends[end]++;
}

/* --- schedules --- */

/* The last life of a schedule has a good disk: whatever has no answer gets it now, and all of it is there. */
static void finish_schedule(void)
{
	if (!start_life())
		return;
	disk_calm();
	if (!*ledger.wrong && !disk_is_cut()) {
		come_in();
		for (unsigned user = 1; user < USERS; user++)
			ask_deed(users, 'u', user, 0);
		exchange();
		ask_again(100, 10);
		exchange();
		read_logs();
		for (int i = 0; i < 10; i++)
			step_indexer();
		for (size_t i = 0; i < ledger.sends_count; i++)
			if (is_open(&ledger.sends[i]) && ledger.sends[i].kind == SAID_MESSAGE)
				wrong("s%zu is not taken by a disk that is well", i);
	}
	end_life(END_CLEAN);
	ledger_check(directory.path, false);
}

/* True where every promise was kept. */
static bool run_schedule(uint64_t number, bool lies, bool is_unsynced)
{
	snprintf(stuck, sizeof stuck, "BRUSIO_FAULT_SEED=%llu does not come to an end\n",
		 (unsigned long long)number);
	dice = number * UINT64_C(0xd1342543de82ef95) | 1;
	disk_format(number);
	ledger_clear();
	found_people(directory.path);
	disk.lies = lies;
	disk.ignores_sync = is_unsynced;
	for (size_t lives = 2 + dice_below(&dice, 3); lives && !*ledger.wrong; lives--) {
		if (!start_life())
			break;
		if (!disk_is_cut() && dice_below(&dice, 4))
			arm(500);
		live(2 + (unsigned)dice_below(&dice, 8));
		enum end end = disk_is_cut() ? END_POWER : (enum end)dice_below(&dice, 3);
		end_life(end);
		if (!*ledger.wrong)
			ledger_check(directory.path, true);
	}
	if (!*ledger.wrong)
		finish_schedule();
	return !*ledger.wrong;
}

static void must_hold(uint64_t number)
{
	if (!run_schedule(number, false, false))
		fail_msg("BRUSIO_FAULT_SEED=%llu: %s", (unsigned long long)number, ledger.wrong);
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

TEST(promises_hold_over_random_faults)
{
	const char *one = getenv("BRUSIO_FAULT_SEED"), *many = getenv("BRUSIO_FAULT_SCHEDULES");
	uint64_t wanted = many ? strtoull(many, NULL, 10) : UINT64_MAX, number = 0;
	double began = now();
	if (one) {
		must_hold(strtoull(one, NULL, 10));
		return;
	}
	/* The short run is the same every time; every long one begins somewhere else, so that many see much.
	 */
	uint64_t first = many ? (uint64_t)time(NULL) % 1000000 * 1000000 : 1;
	while (number < wanted && (many || now() - began < SECONDS_MAX))
		must_hold(first + number++);
	print_message("# %llu schedules from seed %llu in %.1f s: %lu acks, %lu refusals; ended %lu times"
		      " clean, %lu killed, %lu by a power cut\n",
		      (unsigned long long)number, (unsigned long long)first, now() - began, acks, refusals,
		      ends[0], ends[1], ends[2]);
	assert_true(number > 0 && acks > 0 && deeds > 0 && ends[END_POWER] > 0);
}

/* These would pass if the checks above could not fail. */

TEST(a_disk_that_lies_about_syncing_is_found_out)
{
	unsigned found = 0;
	for (uint64_t number = 1; number <= 25; number++)
		found += !run_schedule(number, true, false);
	assert_true(found > 3);
}

TEST(a_store_that_does_not_sync_is_found_out)
{
	unsigned found = 0;
	for (uint64_t number = 1; number <= 25; number++)
		found += !run_schedule(number, false, true);
	assert_true(found > 3);
}

/* Turns syncing off in every connection; the disk passes over what the store says about it later. */
static int turn_off_syncing(sqlite3 *db, char **error, const struct sqlite3_api_routines *routines)
{
	(void)error;
	(void)routines;
	return disk.ignores_sync ? sqlite3_exec(db, "PRAGMA synchronous=OFF", NULL, NULL, NULL) : SQLITE_OK;
}

static void say_which_seed(int number)
{
	(void)number;
	if (write(STDERR_FILENO, stuck, strlen(stuck)))
		_exit(1);
	_exit(2);
}

static int make_disk(void **state)
{
	(void)state;
	/* Errors are expected here. */
	logging_set_level((enum logging_level) - 1);
	clock_fake(1000000, INT64_C(1795341600000));
	directory_make(&directory);
	return 0;
}

static int remove_disk(void **state)
{
	(void)state;
	disk_format(1);
	ledger_release();
	directory_remove(&directory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(promises_hold_over_random_faults),
	    cmocka_unit_test(a_disk_that_lies_about_syncing_is_found_out),
	    cmocka_unit_test(a_store_that_does_not_sync_is_found_out),
	};
	disk_install();
	sqlite3_auto_extension((void (*)(void))turn_off_syncing);
	signal(SIGALRM, say_which_seed);
	if (!getenv("BRUSIO_FAULT_SCHEDULES"))
		alarm(240);
	return cmocka_run_group_tests(tests, make_disk, remove_disk);
}
