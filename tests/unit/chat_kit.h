/* The whole chat thread on a fake store (or on the one that chat_settings names), with mailboxes where the
 * workers would be: a test asks as a gateway does and looks at what comes back, and at the logs that grow.
 *
 * All requests that ask() has put since the last post() are one piece of mail, and so one batch. */
#ifndef BRUSIO_TESTS_UNIT_CHAT_KIT_H
#define BRUSIO_TESTS_UNIT_CHAT_KIT_H

#include "base/clock.h"
#include "base/logging.h"
#include "chat/chat.h"
#include "chat/chunk.h"
#include "chat/reply.h"

#include "fake_store.h"
#include "lifted.h"
#include "unit.h"

#include <unistd.h>

#define WORKERS     2
#define ENCODINGS   2
#define CLIENTS_MAX 80

struct client {
	struct peer *peer;
	uint64_t connection;
	unsigned worker;
	uint8_t encoding;
	uint32_t in_flight; /* requests without their answer */
	bool is_gone;
};

/* A request in short: what is left out is absent. */
struct asked {
	enum request_op op;
	const char *id, *name, *room, *message, *session, *device, *epoch, *topic, *emoji, *password, *role,
	    *label;
	const int64_t *after, *before, *around, *limit, *target, *reply_to, *seq, *seconds, *retention_days;
	bool is_command, on, private, forget;
};

#define NUMBER(value) (&(const int64_t){value})

static struct fake_store fake;
static struct chat *chat;
static struct mailbox boxes[WORKERS];
static struct chat_config chat_settings;
static struct mail *waiting[WORKERS]; /* taken out of the boxes, not looked at yet */
static struct mail_chain asked_chain;
static struct client clients[CLIENTS_MAX];
static size_t clients_count;
static struct reply *last_reply; /* what expect() returned; freed by the next one */
static _Atomic int encoded;      /* calls of the encoder */

static inline const char *event_name(enum text key)
{
	return key == TEXT_event_enter  ? "event.enter"
	       : key == TEXT_event_exit ? "event.exit"
	       : key == TEXT_event_nick ? "event.nick"
					: "event";
}

/* "3 mario: ciao" for entries, "event.enter mario" for events; the second encoding puts a '>' before. */
static inline void encode_plainly(unsigned encoding, const struct entry *entry, struct buffer *to)
{
	encoded++;
	buffer_add_string(to, encoding ? ">" : "");
	if (entry_is_stored(entry->kind))
		buffer_printf(to, "%llu %s: %s\n", (unsigned long long)entry->seq, entry->name, entry->text);
	else
		buffer_printf(to, "%s %s\n", event_name(entry->key),
			      entry->args.name ? entry->args.name : "");
}

/* Returns what chat_start() says. */
static inline int try_chat(char *problem, size_t problem_bytes)
{
	static struct mailbox *workers[WORKERS];
	for (int i = 0; i < WORKERS; i++) {
		assert_int_equal(mailbox_init(&boxes[i]), 0);
		workers[i] = &boxes[i];
		waiting[i] = NULL;
	}
	if (!chat_settings.store)
		chat_settings.store = &fake.store;
	chat_settings.encode = encode_plainly;
	chat_settings.encodings = ENCODINGS;
	chat_settings.workers = workers;
	chat_settings.workers_count = WORKERS;
	clients_count = 0;
	encoded = 0;
	int result = chat_start(&chat_settings, &chat, problem, problem_bytes);
	for (int i = 0; i < WORKERS && result; i++)
		mailbox_release(&boxes[i]);
	return result;
}

static inline void start_chat(void)
{
	char problem[256];
	if (try_chat(problem, sizeof problem))
		fail_msg("%s", problem);
}

static unsigned store_delay; /* of the stores of all tests that follow: see fake_store.h */

static inline void init_store(void)
{
	fake_store_init(&fake);
	fake.delay = store_delay;
}

static inline int setup_chat(void **state)
{
	(void)state;
	logging_set_level(LOGGING_ERROR);
	clock_fake(1000000, INT64_C(1795341600000));
	init_store();
	chat_settings =
	    (struct chat_config){.limits = limits_lifted(), .allow_guests = true, .allow_registration = true};
	start_chat();
	return 0;
}

static inline struct client *new_client(unsigned worker)
{
	assert_true(clients_count < CLIENTS_MAX);
	struct client *client = &clients[clients_count];
	*client = (struct client){.connection = ++clients_count, .worker = worker};
	client->peer = peer_new(&(struct peer_info){.connection = client->connection,
						    .worker = worker,
						    .address = "192.168.1.20",
						    .is_secure = true});
	return client;
}

static inline void set_text(struct request *request, enum request_text field, const char *text)
{
	if (text)
		request_set_text(request, field, text, strlen(text));
}

static inline void set_number(struct request *request, enum request_number field, const int64_t *number)
{
	if (number)
		request_set_number(request, field, *number);
}

static inline void ask(struct client *client, struct asked asked)
{
	struct request *request = request_new(asked.op, 20000);
	request->peer = client->peer;
	request->encoding = client->encoding;
	request->is_command = asked.is_command;
	set_text(request, REQUEST_TEXT_ID, asked.id);
	set_text(request, REQUEST_TEXT_NAME, asked.name);
	set_text(request, REQUEST_TEXT_ROOM, asked.room);
	set_text(request, REQUEST_TEXT_MESSAGE, asked.message);
	set_text(request, REQUEST_TEXT_SESSION, asked.session);
	set_text(request, REQUEST_TEXT_DEVICE, asked.device);
	set_text(request, REQUEST_TEXT_EPOCH, asked.epoch);
	set_text(request, REQUEST_TEXT_TOPIC, asked.topic);
	set_text(request, REQUEST_TEXT_EMOJI, asked.emoji);
	set_text(request, REQUEST_TEXT_PASSWORD, asked.password);
	set_text(request, REQUEST_TEXT_ROLE, asked.role);
	set_text(request, REQUEST_TEXT_LABEL, asked.label);
	set_number(request, REQUEST_NUMBER_AFTER, asked.after);
	set_number(request, REQUEST_NUMBER_BEFORE, asked.before);
	set_number(request, REQUEST_NUMBER_AROUND, asked.around);
	set_number(request, REQUEST_NUMBER_LIMIT, asked.limit);
	set_number(request, REQUEST_NUMBER_TARGET, asked.target);
	set_number(request, REQUEST_NUMBER_REPLY_TO, asked.reply_to);
	set_number(request, REQUEST_NUMBER_SEQ, asked.seq);
	set_number(request, REQUEST_NUMBER_SECONDS, asked.seconds);
	set_number(request, REQUEST_NUMBER_RETENTION_DAYS, asked.retention_days);
	if (asked.on)
		request_set_number(request, REQUEST_NUMBER_ON, 1);
	if (asked.private)
		request_set_number(request, REQUEST_NUMBER_PRIVATE, 1);
	if (asked.forget)
		request_set_number(request, REQUEST_NUMBER_FORGET, 1);
	if (asked.op == REQUEST_CLOSED)
		client->is_gone = true;
	else
		client->in_flight++;
	mail_chain_add(&asked_chain, &request->mail);
}

#define ASK(client, ...) ask(client, (struct asked){__VA_ARGS__})

static inline void post(void)
{
	chat_post(chat, &asked_chain);
}

/* The next reply for this worker; the caller frees it. */
static inline struct reply *next_reply(unsigned worker)
{
	while (!waiting[worker]) {
		waiting[worker] = mailbox_take(&boxes[worker]);
		if (!waiting[worker])
			mailbox_wait(&boxes[worker], -1);
	}
	struct reply *reply = (struct reply *)waiting[worker];
	waiting[worker] = reply->mail.next;
	if (reply->is_answer) {
		struct client *client = &clients[reply->connection - 1];
		assert_int_equal(client->worker, worker);
		/* Every request has one answer and no more. */
		assert_true(client->in_flight > 0);
		client->in_flight--;
	}
	return reply;
}

/* The next reply for this client must be of this kind; wake-ups are passed over. Valid until the next call.
 */
static inline enum error_code error_of(const struct reply *reply)
{
	return reply->kind == REPLY_ERROR ? reply->note.error : ERROR_NONE;
}

static inline struct reply *expect(struct client *client, enum reply_kind kind)
{
	if (last_reply)
		reply_free(last_reply);
	do
		last_reply = next_reply(client->worker);
	while ((last_reply->kind == REPLY_WAKE || last_reply->kind == REPLY_OWN) &&
	       (reply_free(last_reply), true));
	assert_int_equal(last_reply->connection, client->connection);
	if (last_reply->kind != kind)
		fail_msg("reply %d (%s) instead of %d", last_reply->kind,
			 error_wire_name(error_of(last_reply)), kind);
	return last_reply;
}

/* The client is out of the room: its cursor ends, and then its request is answered. */
static inline struct reply *expect_left(struct client *client)
{
	if (!expect(client, REPLY_LEFT)->is_unasked)
		fail_msg("the answer comes before the end of the cursor");
	return expect(client, REPLY_LEFT);
}

static inline void expect_error(struct client *client, enum error_code code)
{
	struct reply *reply = expect(client, REPLY_ERROR);
	if (reply->note.error != code)
		fail_msg("%s instead of %s", error_wire_name(reply->note.error), error_wire_name(code));
}

/* Posts, and returns the next answer that the client gets; what others get is passed over. */
static inline struct reply *answer(struct client *client)
{
	post();
	for (;;) {
		struct reply *reply = next_reply(client->worker);
		bool is_it = reply->is_answer && reply->connection == client->connection;
		if (last_reply)
			reply_free(last_reply);
		last_reply = reply;
		if (is_it)
			return reply;
	}
}

/* True where nothing is there for this worker now. */
static inline bool is_silent(unsigned worker)
{
	return !waiting[worker] && mailbox_length(&boxes[worker]) == 0;
}

/* Everything posted before was handled when this returns. */
static inline void settle_chat(struct client *client)
{
	ASK(client, .op = REQUEST_PING);
	post();
	expect(client, REPLY_OK);
}

static inline struct reply *hello(struct client *client, const char *name)
{
	ASK(client, .op = REQUEST_HELLO, .name = name);
	post();
	return expect(client, REPLY_WELCOME);
}

/* The chat with two people, at different workers. */
static inline void setup_two(void **state, struct client **mario, struct client **anna)
{
	setup_chat(state);
	*mario = new_client(0);
	*anna = new_client(1);
	hello(*mario, "mario");
	hello(*anna, "anna");
}

/* Joins, and hands over a cursor that stands where the reply says, as a worker would keep it. */
static inline struct cursor join(struct client *client, const char *room)
{
	struct cursor cursor = {0};
	ASK(client, .op = REQUEST_JOIN, .room = room);
	post();
	const struct reply *joined = expect(client, REPLY_JOINED);
	cursor.seq = cursor.live_seq = joined->joined.seq;
	cursor_attach_live(&cursor, joined->joined.chunk, joined->joined.item);
	return cursor;
}

/* All that the cursor has not read yet, as text; valid until the next call. */
static inline const char *read_log(struct cursor *cursor)
{
	static char text[1 << 20];
	size_t length = 0;
	struct iovec iov[8];
	int count;
	while ((count = cursor_gather(cursor, 0, iov, 8, sizeof text / 4, UINT32_MAX))) {
		size_t taken = 0;
		for (int i = 0; i < count; i++) {
			memcpy(text + length + taken, iov[i].iov_base, iov[i].iov_len);
			taken += iov[i].iov_len;
		}
		cursor_advance(cursor, 0, taken);
		length += taken;
	}
	text[length] = '\0';
	return text;
}

static inline void log_is(struct cursor *cursor, const char *expected)
{
	assert_string_equal(read_log(cursor), expected);
}

static inline struct client *connect_from(const char *address)
{
	struct client *client = new_client(0);
	peer_free(client->peer);
	client->peer = peer_new(
	    &(struct peer_info){.connection = client->connection, .address = address, .is_secure = true});
	return client;
}

static inline struct client *come_from(const char *name, const char *address)
{
	struct client *client = connect_from(address);
	hello(client, name);
	return client;
}

static inline void is_error(struct client *client, enum error_code code, enum text key)
{
	const struct reply *reply = answer(client);
	assert_int_equal(reply->kind, REPLY_ERROR);
	assert_string_equal(error_wire_name(reply->note.error), error_wire_name(code));
	assert_int_equal(reply->note.key, key);
}

static inline void become_account(struct client *client)
{
	ASK(client, .op = REQUEST_REGISTER, .password = "correct horse battery");
	assert_int_equal(answer(client)->kind, REPLY_OK);
}

/* Ends the chat; what it said to nobody is thrown away. */
static inline void stop_chat(void)
{
	for (size_t i = 0; i < clients_count; i++)
		if (!clients[i].is_gone)
			ASK(&clients[i], .op = REQUEST_CLOSED);
	post();
	chat_stop(chat);
	for (int i = 0; i < WORKERS; i++) {
		struct mail *rest[] = {waiting[i], mailbox_take(&boxes[i])};
		for (int k = 0; k < 2; k++)
			for (struct mail *mail = rest[k], *next; mail; mail = next) {
				next = mail->next;
				reply_free((struct reply *)mail);
			}
		mailbox_release(&boxes[i]);
	}
	chat_free(chat);
	if (last_reply)
		reply_free(last_reply);
	last_reply = NULL;
}

/* Another server, with nobody in it, as chat_settings say now. */
static inline void start_anew(void)
{
	stop_chat();
	fake_store_release(&fake);
	init_store();
	start_chat();
}

/* How many entries are stored. */
static inline int64_t stored_entries(void)
{
	return fake_number(&fake, "SELECT count(*) FROM entries");
}

static inline int64_t stored_rooms(void)
{
	return fake_number(&fake, "SELECT count(*) FROM rooms");
}

static inline int teardown_chat(void **state)
{
	(void)state;
	fake.is_held = false;
	sem_post(&fake.go);
	/* A test that failed half-way leaves it so. */
	if (fake.is_paused)
		fake_store_resume(&fake);
	stop_chat();
	fake_store_release(&fake);
	assert_int_equal(chunk_bytes_total(), 0);
	return 0;
}

/* The same must come out whether the store is done at once or turns later. */
#define RUN_AT_ONCE_AND_LATER(tests) run_with_delays(tests, sizeof(tests) / sizeof *(tests), 0)
#define RUN_LATER(tests)             run_with_delays(tests, sizeof(tests) / sizeof *(tests), 1)

static inline int run_with_delays(const struct CMUnitTest *tests, size_t count, unsigned first)
{
	static const char *const names[] = {"store_delay=0", "store_delay=1", "", "store_delay=3"};
	int failed = 0;
	for (store_delay = first; store_delay <= 3; store_delay += store_delay ? 2 : 1)
		failed += _cmocka_run_group_tests(names[store_delay], tests, count, NULL, NULL);
	store_delay = 0;
	return failed;
}

#define CHAT_TEST(name) cmocka_unit_test_setup_teardown(name, setup_chat, teardown_chat)

#endif
