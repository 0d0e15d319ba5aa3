#include "server/transfer.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "gateway/dialect.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* --- export --- */

struct exporting {
	FILE *to;
	struct buffer line;
};

static bool write_line(void *context, const struct entry *entry)
{
	struct exporting *exporting = context;
	buffer_clear(&exporting->line);
	dialect_encode(ENCODING(DIALECT_NATIVE, LANG_EN), entry, &exporting->line);
	return fwrite(buffer_bytes(&exporting->line), 1, buffer_length(&exporting->line), exporting->to) ==
	       buffer_length(&exporting->line);
}

int transfer_export(struct sqlite_admin *admin, const char *room, const char *since, FILE *to, char *problem)
{
	struct exporting exporting = {.to = to};
	int64_t since_ms = 0;
	if (since && !clock_parse(since, &since_ms)) {
		snprintf(problem, ADMIN_PROBLEM_BYTES,
			 "\"%s\" is no time: write 2026-11-22 or 2026-11-22T10:00:00Z", since);
		return -1;
	}
	int result = sqlite_admin_export(admin, room, since_ms, write_line, &exporting, problem);
	if (!result && (ferror(to) || fflush(to))) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "cannot write: %s", strerror(errno));
		result = -1;
	}
	buffer_release(&exporting.line);
	return result;
}

/* --- import --- */

struct known_room {
	char *name;
	int64_t id; /* 0: it is made first */
	uint64_t end_seq;
	uint64_t skip_to; /* where its first entry begins, less one */
};

/* All lines are read and checked before anything is written. */
struct importing {
	struct store *store;
	struct known_room *rooms;
	size_t rooms_count, rooms_capacity;
	struct store_command *commands;
	size_t count, capacity;
	size_t *room_of; /* by command: which of the rooms it is about */
	size_t room_of_capacity;
	struct arena arena;
	char *problem;
	long line;
};

static int wrong(struct importing *importing, const char *what)
{
	snprintf(importing->problem, ADMIN_PROBLEM_BYTES, "line %ld: %s; nothing was imported",
		 importing->line, what);
	return -1;
}

static struct known_room *add_room(struct importing *importing, const char *name, int64_t id,
				   uint64_t end_seq)
{
	importing->rooms = mem_grow(importing->rooms, &importing->rooms_capacity, importing->rooms_count + 1,
				    sizeof *importing->rooms);
	struct known_room *room = &importing->rooms[importing->rooms_count++];
	*room = (struct known_room){.name = mem_string(name), .id = id, .end_seq = end_seq};
	return room;
}

static void know_room(void *context, const struct store_command *done)
{
	if (done->op == STORE_ADD_ROOM)
		add_room(context, done->room.name, done->room.id, done->room.end_seq);
}

/* Finds the room, or notes that it is to be made; NULL: told. */
static struct known_room *room_of(struct importing *importing, const char *name)
{
	for (size_t i = 0; i < importing->rooms_count; i++)
		if (!strcmp(importing->rooms[i].name, name))
			return &importing->rooms[i];
	if (utf8_is_room_name(name))
		return add_room(importing, name, 0, 0);
	wrong(importing, "\"room\" is not a valid name of a room");
	return NULL;
}

static struct store_command *add_command(struct importing *importing, enum store_op op,
					 const struct known_room *room)
{
	importing->commands = mem_grow(importing->commands, &importing->capacity, importing->count + 1,
				       sizeof *importing->commands);
	importing->room_of = mem_grow(importing->room_of, &importing->room_of_capacity, importing->count + 1,
				      sizeof *importing->room_of);
	importing->room_of[importing->count] = (size_t)(room - importing->rooms);
	struct store_command *command = &importing->commands[importing->count++];
	*command = (struct store_command){.op = op, .begins_group = true};
	return command;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static uint32_t flags_of(const json_t *object)
{
	static const struct {
		const char *key;
		uint32_t flag;
	} flags[] = {{"action", ENTRY_ACTION}, {"on", ENTRY_ON},   {"deleted", ENTRY_DELETED},
		     {"notice", ENTRY_QUIET},  {"bot", ENTRY_BOT}, {"guest", ENTRY_GUEST}};
	uint32_t all = 0;
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (json_is_true(json_object_get(object, flags[i].key)))
			all |= flags[i].flag;
	return all;
}

static int fill_entry(struct importing *importing, const json_t *object, struct entry *entry)
{
	static const struct {
		const char *op, *text;
		enum entry_kind kind;
	} kinds[] = {{"message", "message", ENTRY_MESSAGE},
		     {"edit", "message", ENTRY_EDIT},
		     {"delete", NULL, ENTRY_DELETE},
		     {"react", "emoji", ENTRY_REACT},
		     {"topic", "topic", ENTRY_TOPIC}};
	const char *op = text_of(object, "op"), *time = text_of(object, "time");
	const json_t *from = json_object_get(object, "from");
	*entry = (struct entry){.text = "", .name = text_of(from, "name"), .ip = text_of(from, "ip")};
	for (size_t i = 0; op && i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(op, kinds[i].op)) {
			entry->kind = kinds[i].kind;
			entry->text = kinds[i].text ? text_of(object, kinds[i].text) : "";
		}
	entry->seq = (uint64_t)json_integer_value(json_object_get(object, "seq"));
	entry->ref = (uint64_t)json_integer_value(
	    json_object_get(object, entry->kind == ENTRY_MESSAGE ? "reply_to" : "target"));
	entry->flags = flags_of(object);
	if (!entry->ip)
		entry->ip = "";
	if (!entry->kind)
		return wrong(importing, "\"op\" is none of message, edit, delete, react, topic");
	if (!entry->name || !entry->text || !text_of(object, "room") || !entry->seq)
		return wrong(importing, "one of room, seq, from.name and the text is missing");
	return time && clock_parse(time, &entry->time_ms) ? 0 : wrong(importing, "\"time\" is no time");
}

static void keep_entry(struct importing *importing, struct entry *to, const struct entry *from)
{
	*to = *from;
	to->name = arena_string(&importing->arena, from->name);
	to->ip = arena_string(&importing->arena, from->ip);
	to->text = arena_string(&importing->arena, from->text);
}

static int import_object(struct importing *importing, const json_t *object)
{
	struct entry entry;
	if (fill_entry(importing, object, &entry))
		return -1;
	struct known_room *room = room_of(importing, text_of(object, "room"));
	if (!room)
		return -1;
	/* A room that is made, or in which nothing was said yet, such as the lobby. */
	if (!room->end_seq)
		room->end_seq = room->skip_to = entry.seq - 1;
	if (entry.seq != room->end_seq + 1)
		return wrong(importing, "its seq does not follow the room's last one");
	room->end_seq = entry.seq;
	struct entry *kept = arena_zero(&importing->arena, sizeof *kept);
	keep_entry(importing, kept, &entry);
	add_command(importing, STORE_APPEND, room)->append =
	    (struct store_append){.entry = kept, .is_unchecked = true};
	if (entry.kind == ENTRY_TOPIC)
		add_command(importing, STORE_UPDATE_ROOM, room)->room =
		    (struct store_room){.topic = kept->text, .fields = STORE_ROOM_TOPIC};
	return 0;
}

static int import_lines(struct importing *importing, FILE *from)
{
	char *line = NULL;
	size_t capacity = 0;
	int result = 0;
	for (ssize_t length; !result && (length = getline(&line, &capacity, from)) > 0;) {
		json_error_t error;
		importing->line++;
		if (strspn(line, " \t\r\n") == (size_t)length)
			continue;
		json_t *object = json_loadb(line, (size_t)length, 0, &error);
		result = json_is_object(object) ? import_object(importing, object)
						: wrong(importing, "this is not a JSON object");
		json_decref(object);
	}
	free(line);
	return result;
}

struct import_batch {
	struct store_batch batch; /* first */
	int result;
};

static void note_result(struct store_batch *batch, int result)
{
	((struct import_batch *)batch)->result = result;
}

static int submit(struct importing *importing, struct store_command *commands, size_t count)
{
	struct import_batch batch = {.batch = {.commands = commands, .count = count, .done = note_result}};
	if (!count)
		return 0;
	importing->store->ops->submit(importing->store, &batch.batch);
	for (size_t i = 0; i < count && batch.result == STORE_OK; i++)
		batch.result = commands[i].result;
	return batch.result == STORE_OK ? 0 : wrong(importing, "the database refused; the log says why");
}

/* Makes the rooms that are not there, and says where the empty ones begin. */
static int make_rooms(struct importing *importing)
{
	for (size_t i = 0; i < importing->rooms_count; i++) {
		struct known_room *room = &importing->rooms[i];
		struct store_command commands[2] = {
		    {.op = STORE_ADD_ROOM, .begins_group = true, .room = {.name = room->name, .topic = ""}},
		    {.op = STORE_SKIP_TO, .room = {.id = room->id, .end_seq = room->skip_to}}};
		size_t first = room->id ? 1 : 0, count = (room->skip_to ? 2 : 1) - first;
		if (submit(importing, commands + first, count))
			return -1;
		if (!room->id)
			room->id = commands[0].room.id;
	}
	return 0;
}

static int write_all(struct importing *importing)
{
	if (make_rooms(importing))
		return -1;
	for (size_t i = 0; i < importing->count; i++) {
		struct store_command *command = &importing->commands[i];
		int64_t id = importing->rooms[importing->room_of[i]].id;
		if (command->op == STORE_APPEND)
			command->append.entry->room_id = id;
		else
			command->room.id = id;
	}
	return submit(importing, importing->commands, importing->count);
}

static void importing_release(struct importing *importing)
{
	if (importing->store)
		importing->store->ops->close(importing->store);
	for (size_t i = 0; i < importing->rooms_count; i++)
		free(importing->rooms[i].name);
	free(importing->rooms);
	free(importing->commands);
	free(importing->room_of);
	arena_release(&importing->arena);
}

int transfer_import(const char *directory, const char *file, char *problem)
{
	struct importing importing = {.problem = problem};
	FILE *from = strcmp(file, "-") ? fopen(file, "r") : stdin;
	if (!from) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "cannot read %.700s: %s", file, strerror(errno));
		return -1;
	}
	int result =
	    store_open(directory, &importing.store, problem, ADMIN_PROBLEM_BYTES) == STORE_OK ? 0 : -1;
	if (!result && importing.store->ops->load(importing.store, know_room, &importing) != STORE_OK) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "the rooms cannot be read; the log says why");
		result = -1;
	}
	if (!result)
		result = import_lines(&importing, from);
	if (!result)
		result = write_all(&importing);
	importing_release(&importing);
	if (from != stdin)
		fclose(from);
	return result;
}
