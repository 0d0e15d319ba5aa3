/* Shared by the tests of the store: a store in a directory of its own, commands in short, and pages
 * to look at. */
#ifndef BRUSIO_TESTS_UNIT_STORE_KIT_H
#define BRUSIO_TESTS_UNIT_STORE_KIT_H

#include "store/store.h"

#include "directory.h"
#include "unit.h"

static struct directory directory;
static struct store *store;
static char problem[1024];
/* Lets a store that completes later do so; NULL: done() comes before submit() returns. */
static void (*store_turn)(void);

static inline void pass_command(void *context, const struct store_command *command)
{
	(void)context;
	(void)command;
}

/* Like the chat, it loads everything before it writes anything. */
static inline void open_store(void)
{
	if (store_open(directory.path, NULL, &store, problem, sizeof problem) != STORE_OK)
		fail_msg("%s", problem);
	assert_int_equal(store->ops->load(store, pass_command, NULL), STORE_OK);
}

static inline void close_store(void)
{
	if (store)
		store->ops->close(store);
	store = NULL;
}

static inline int setup_store(void **state)
{
	(void)state;
	store_turn = NULL;
	directory_make(&directory);
	open_store();
	return 0;
}

static inline int teardown_store(void **state)
{
	(void)state;
	close_store();
	directory_remove(&directory);
	return 0;
}

/* --- commands --- */

struct kit_batch {
	struct store_batch batch; /* first */
	int calls, result;
};

static inline void kit_done(struct store_batch *batch, int result)
{
	struct kit_batch *mine = (struct kit_batch *)batch;
	mine->calls++;
	mine->result = result;
}

/* Submits and waits until it is done. */
static inline int submit(struct store_command *commands, size_t count)
{
	struct kit_batch mine = {.batch = {commands, count, kit_done}};
	store->ops->submit(store, &mine.batch);
	for (int turns = 0; !mine.calls && store_turn && turns < 1000; turns++)
		store_turn();
	assert_int_equal(mine.calls, 1);
	return mine.result;
}

/* One command in a batch of its own, which must be stored; returns the command's result. */
static inline int carry_out(struct store_command *command)
{
	assert_int_equal(submit(command, 1), STORE_OK);
	return command->result;
}

#define CARRY_OUT(...) carry_out(&(struct store_command){__VA_ARGS__})

static inline int64_t make_person(const char *name, enum person_kind kind)
{
	struct store_command command = {.op = STORE_ADD_PERSON,
					.person = {.kind = kind,
						   .name = name,
						   .folded = name,
						   .password = kind == PERSON_ACCOUNT ? "hash" : NULL}};
	assert_int_equal(carry_out(&command), STORE_OK);
	return command.person.id;
}

static inline int64_t make_room(const char *name)
{
	struct store_command command = {.op = STORE_ADD_ROOM, .room = {.name = name}};
	assert_int_equal(carry_out(&command), STORE_OK);
	return command.room.id;
}

static inline int64_t make_direct(int64_t low, int64_t high)
{
	char name[64];
	snprintf(name, sizeof name, "direct:%lld:%lld", (long long)low, (long long)high);
	struct store_command commands[] = {
	    {.op = STORE_ADD_ROOM,
	     .room = {.name = name, .is_direct = true, .is_private = true, .sides = {low, high}}},
	    {.op = STORE_PUT_MEMBER, .member = {.person = low, .role = ROLE_MEMBER}},
	    {.op = STORE_PUT_MEMBER, .member = {.person = high, .role = ROLE_MEMBER}},
	};
	assert_int_equal(submit(commands, 3), STORE_OK);
	assert_int_equal(commands[0].result, STORE_OK);
	return commands[0].room.id;
}

static inline void join(int64_t person, int64_t room_id, enum role role)
{
	assert_int_equal(
	    CARRY_OUT(.op = STORE_PUT_MEMBER, .member = {.person = person, .room_id = room_id, .role = role}),
	    STORE_OK);
}

static inline struct store_command append_command(struct entry *entry)
{
	return (struct store_command){.op = STORE_APPEND, .begins_group = true, .append.entry = entry};
}

static inline struct entry message(int64_t room_id, const char *text)
{
	return (struct entry){.kind = ENTRY_MESSAGE,
			      .room_id = room_id,
			      .time_ms = 1000,
			      .name = "mario",
			      .ip = "",
			      .text = text};
}

/* Appends an entry as it is, which must be taken; returns its seq. */
static inline uint64_t append(struct entry entry)
{
	struct store_command command = append_command(&entry);
	assert_int_equal(carry_out(&command), STORE_OK);
	return entry.seq;
}

/* A message without a send id, in a batch of its own; returns its seq. */
static inline uint64_t say(int64_t room_id, const char *text)
{
	return append(message(room_id, text));
}

/* A batch of messages; its result. */
static inline int try_many(int64_t room_id, int count, const char *text)
{
	struct store_command *commands = calloc((size_t)count, sizeof *commands);
	struct entry *entries = calloc((size_t)count, sizeof *entries);
	for (int i = 0; i < count; i++) {
		entries[i] = message(room_id, text);
		commands[i] = append_command(&entries[i]);
	}
	int result = submit(commands, (size_t)count);
	free(commands);
	free(entries);
	return result;
}

static inline void say_many(int64_t room_id, int count)
{
	assert_int_equal(try_many(room_id, count, "message"), STORE_OK);
}

/* --- questions --- */

static inline void kit_answered(struct store_query *query)
{
	(void)query;
}

static inline int ask_store(struct store_query *query)
{
	query->done = kit_answered;
	query->result = 1000;
	store->ops->ask(store, query);
	for (int turns = 0; query->result == 1000 && store_turn && turns < 1000; turns++)
		store_turn();
	assert_int_not_equal(query->result, 1000);
	return query->result;
}

/* --- pages --- */

/* The seqs of a page, and how many rows may still come. */
struct seen {
	size_t count, wanted;
	uint64_t seqs[1000];
	char last_text[64];
};

static inline bool see(void *context, const struct entry *entry)
{
	struct seen *seen = context;
	assert_true(seen->count < 1000);
	seen->seqs[seen->count++] = entry->seq;
	snprintf(seen->last_text, sizeof seen->last_text, "%s", entry->text);
	return seen->count < seen->wanted;
}

static inline struct seen read_page(struct store_reader *reader, struct store_range range)
{
	struct seen seen = {.wanted = SIZE_MAX};
	assert_int_equal(reader->ops->page(reader, &range, see, &seen), STORE_OK);
	return seen;
}

static inline struct store_reader *open_reader(void)
{
	struct store_reader *reader;
	assert_int_equal(store->ops->reader_open(store, &reader), STORE_OK);
	return reader;
}

static inline void write_loaded_room(FILE *to, const struct store_command *command)
{
	fprintf(to, "room %lld %s%s%s%s%s%s '%s' %lld %lld:%lld end %llu purged %llu\n",
		(long long)command->room.id, command->room.name, command->room.is_direct ? " direct" : "",
		command->room.is_private ? " private" : "", command->room.is_read_only ? " read_only" : "",
		command->room.is_topic_locked ? " topic_locked" : "",
		command->room.keeps_edits ? " keep_edits" : "", command->room.topic,
		(long long)command->room.retention_days, (long long)command->room.sides[0],
		(long long)command->room.sides[1], (unsigned long long)command->room.end_seq,
		(unsigned long long)command->room.purged_seq);
}

/* The loaded state as text, a line a command; valid until the next call. */
static inline void write_sanction(FILE *to, const struct store_sanction *one)
{
	fprintf(to, "sanction %d in %lld of %s (%s) %s by %s %d: %s\n", one->kind, (long long)one->room_id,
		one->target, one->folded, one->name, one->by, one->by_role, one->reason);
}

static inline void write_person(FILE *to, const struct store_person *person)
{
	assert_true(person->made_ms > 0);
	fprintf(to, "person %lld %d %s %s%s\n", (long long)person->id, person->kind, person->name,
		person->folded, person->is_admin ? " admin" : "");
}

static inline void write_profile(FILE *to, const struct store_profile *profile)
{
	fprintf(to, "profile %lld '%s' '%s' %.4s %.4s %s\n", (long long)profile->person, profile->display,
		profile->about, profile->picture, profile->picture_key,
		profile->hides_reading ? "hides" : "shows");
}

static inline void write_other(FILE *to, const struct store_command *command)
{
	if (command->op == STORE_DROP_TOKENS)
		fprintf(to, "no tokens of %lld\n", (long long)command->token.person);
	else
		fprintf(to, "something else: %d\n", command->op);
}

static inline void write_loaded(void *context, const struct store_command *command)
{
	FILE *to = context;
	switch (command->op) {
	case STORE_ADD_PERSON:
		write_person(to, &command->person);
		break;
	case STORE_REMOVE_PERSON:
		fprintf(to, "no person %lld\n", (long long)command->person.id);
		break;
	case STORE_PUT_SESSION:
		fprintf(to, "session %d of %lld %s %s %s %lld %lld\n", command->session.hash[0],
			(long long)command->session.person, command->session.device, command->session.client,
			command->session.address, (long long)command->session.since_ms,
			(long long)command->session.seen_ms);
		break;
	case STORE_DROP_SESSIONS:
		fprintf(to, "no sessions of %lld\n", (long long)command->session.person);
		break;
	case STORE_ADD_ROOM:
		write_loaded_room(to, command);
		break;
	case STORE_REMOVE_ROOM:
		fprintf(to, "no room %lld\n", (long long)command->room.id);
		break;
	case STORE_PUT_MEMBER:
		fprintf(to, "member %lld of %lld role %d read %llu\n", (long long)command->member.person,
			(long long)command->member.room_id, command->member.role,
			(unsigned long long)command->member.read_seq);
		break;
	case STORE_PUT_INVITATION:
		fprintf(to, "invitation %lld to %lld by %s %lld role %d %lld %lld\n",
			(long long)command->invitation.person, (long long)command->invitation.room_id,
			command->invitation.by, (long long)command->invitation.by_person,
			command->invitation.role, (long long)command->invitation.time_ms,
			(long long)command->invitation.until_ms);
		break;
	case STORE_PUT_SANCTION:
		write_sanction(to, &command->sanction);
		break;
	case STORE_PUT_PROFILE:
		write_profile(to, &command->profile);
		break;
	case STORE_PUT_BLOCK:
		fprintf(to, "block %lld %lld\n", (long long)command->block.person,
			(long long)command->block.blocked);
		break;
	default:
		write_other(to, command);
	}
}

static inline const char *shown_by(int (*show)(struct store *, store_visit *, void *))
{
	static char *text;
	size_t bytes;
	free(text);
	FILE *to = open_memstream(&text, &bytes);
	assert_int_equal(show(store, write_loaded, to), STORE_OK);
	fclose(to);
	return text;
}

static inline void loads(const char *expected)
{
	assert_string_equal(shown_by(store->ops->load), expected);
}

#endif
