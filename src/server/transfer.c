#include "server/transfer.h"

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
	int64_t id;
	uint64_t end_seq;
};

struct importing {
	struct store *store;
	struct known_room *rooms;
	size_t rooms_count, rooms_capacity;
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

static void know_room(void *context, const struct store_room *room)
{
	add_room(context, room->name, room->id, room->end_seq);
}

/* Finds or makes the room; NULL: told. */
static struct known_room *room_of(struct importing *importing, const char *name, uint64_t seq)
{
	struct store_room made = {.name = name};
	for (size_t i = 0; i < importing->rooms_count; i++)
		if (!strcmp(importing->rooms[i].name, name))
			return &importing->rooms[i];
	if (!utf8_is_room_name(name)) {
		wrong(importing, "\"room\" is no name of a room");
		return NULL;
	}
	if (importing->store->ops->create_room(importing->store, &made, &made.id) != STORE_OK ||
	    (seq > 1 && importing->store->ops->skip_to(importing->store, made.id, seq - 1) != STORE_OK)) {
		wrong(importing, "the database refused; the log says why");
		return NULL;
	}
	return add_room(importing, name, made.id, seq - 1);
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
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
	entry->flags = (json_is_true(json_object_get(object, "action")) ? ENTRY_ACTION : 0) |
		       (json_is_true(json_object_get(object, "on")) ? ENTRY_ON : 0) |
		       (json_is_true(json_object_get(object, "deleted")) ? ENTRY_DELETED : 0);
	if (!entry->ip)
		entry->ip = "";
	if (!entry->kind)
		return wrong(importing, "\"op\" is none of message, edit, delete, react, topic");
	if (!entry->name || !entry->text || !text_of(object, "room") || !entry->seq)
		return wrong(importing, "one of room, seq, from.name and the text is missing");
	return time && clock_parse(time, &entry->time_ms) ? 0 : wrong(importing, "\"time\" is no time");
}

static int import_object(struct importing *importing, const json_t *object)
{
	struct entry entry;
	bool is_repeat;
	if (fill_entry(importing, object, &entry))
		return -1;
	struct known_room *room = room_of(importing, text_of(object, "room"), entry.seq);
	if (!room)
		return -1;
	/* A room that was made but in which nothing was said yet, such as the lobby. */
	if (!room->end_seq && entry.seq > 1) {
		if (importing->store->ops->skip_to(importing->store, room->id, entry.seq - 1) != STORE_OK)
			return wrong(importing, "the database refused; the log says why");
		room->end_seq = entry.seq - 1;
	}
	if (entry.seq != room->end_seq + 1)
		return wrong(importing, "its seq does not follow the room's last one");
	entry.room_id = room->id;
	if (importing->store->ops->append(importing->store, &entry, NULL, &is_repeat) != STORE_OK)
		return wrong(importing, "the database refused; the log says why");
	room->end_seq = entry.seq;
	struct store_room stored = {.id = room->id, .topic = entry.text};
	if (entry.kind == ENTRY_TOPIC &&
	    importing->store->ops->update_room(importing->store, &stored) != STORE_OK)
		return wrong(importing, "the database refused; the log says why");
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
						: wrong(importing, "this is no JSON object");
		json_decref(object);
	}
	free(line);
	return result;
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
	    sqlite_store_open(directory, &importing.store, problem, ADMIN_PROBLEM_BYTES) == STORE_OK ? 0 : -1;
	const struct store_ops *ops = result ? NULL : importing.store->ops;
	if (ops && ops->load_rooms(importing.store, know_room, &importing) != STORE_OK) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "the rooms cannot be read; the log says why");
		result = -1;
	}
	/* One transaction: half an import would be worse than none. */
	if (ops && !result)
		result = ops->begin(importing.store) == STORE_OK ? import_lines(&importing, from)
								 : wrong(&importing, "the database refused");
	if (ops && !result)
		result = ops->commit(importing.store) == STORE_OK ? 0 : wrong(&importing, "the disk refused");
	else if (ops)
		ops->rollback(importing.store);
	if (ops)
		ops->close(importing.store);
	for (size_t i = 0; i < importing.rooms_count; i++)
		free(importing.rooms[i].name);
	free(importing.rooms);
	if (from != stdin)
		fclose(from);
	return result;
}
