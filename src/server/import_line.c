#include "server/import_line.h"

#include "base/clock.h"
#include "base/text/emoji.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "chat/rooms/permission.h"
#include "wire/json_fields.h"

#include <stdlib.h>
#include <string.h>

#define SEQ_MAX  (INT64_C(1) << 53) /* what every reader of JSON can count */
#define IP_BYTES 45

/* --- fields --- */

/* False where it is there and not a number from `low` to `high`. *number stays as it was where it is absent.
 */
static bool import_number(const struct json_fields *object, const char *key, int64_t low, int64_t high,
			  int64_t *number)
{
	const struct json_field *field = json_fields_find(object, key);
	if (!field)
		return true;
	*number = field->value.integer;
	return field->value.kind == JSON_IN_INTEGER && *number >= low && *number <= high;
}

static bool flag_of(const struct json_fields *object, const char *key, bool *flag)
{
	const struct json_field *field = json_fields_find(object, key);
	bool is_flag = field && field->value.kind == JSON_IN_BOOL;
	*flag = is_flag && field->value.integer;
	return !field || is_flag;
}

/* Names that were valid once are, so only what no version ever took is refused. */
static bool import_is_plain(const char *text, size_t bytes_max)
{
	if (!*text || strlen(text) > bytes_max)
		return false;
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

/* --- entries --- */

struct kind {
	const char *op, *text; /* the field that has its text, or NULL */
	enum entry_kind kind;
	size_t bytes_max;
};

static const struct kind kinds[] = {
    {"message", "message", ENTRY_MESSAGE, LIMIT_MESSAGE_BYTES},
    {"edit", "message", ENTRY_EDIT, LIMIT_MESSAGE_BYTES},
    {"delete", "reason", ENTRY_DELETE, LIMIT_REASON_BYTES},
    {"react", "emoji", ENTRY_REACT, LIMIT_EMOJI_BYTES},
    {"topic", "topic", ENTRY_TOPIC, LIMIT_TOPIC_BYTES},
};

static const char *check_text(const struct kind *kind, const struct entry *entry, bool has_files)
{
	bool is_said = kind->kind == ENTRY_MESSAGE || kind->kind == ENTRY_EDIT;
	if (strlen(entry->text) > kind->bytes_max)
		return "its text is too long";
	if (entry->flags & ENTRY_DELETED && (!is_said || *entry->text))
		return "\"deleted\" goes with a message or an edit whose text is empty";
	if (is_said && !(entry->flags & ENTRY_DELETED) && !*entry->text && !has_files)
		return "its text is empty";
	if (kind->kind == ENTRY_REACT && !emoji_is_one(entry->text))
		return "\"emoji\" is not one emoji";
	return NULL;
}

static const char *read_flags(const struct json_fields *object, struct entry *entry)
{
	static const struct {
		const char *key;
		uint32_t flag;
		bool of_message; /* of others it means nothing */
	} flags[] = {{"action", ENTRY_ACTION, true},    {"on", ENTRY_ON, false},
		     {"deleted", ENTRY_DELETED, false}, {"guest", ENTRY_GUEST, false},
		     {"notice", ENTRY_QUIET, true},     {"bot", ENTRY_BOT, true},
		     {"kept", ENTRY_KEEPS, false}};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		bool is_set;
		if (!flag_of(object, flags[i].key, &is_set))
			return "one of action, on, deleted, guest, notice, bot, kept is neither true nor "
			       "false";
		if (is_set && (!flags[i].of_message || entry->kind == ENTRY_MESSAGE))
			entry->flags |= flags[i].flag;
	}
	if (entry->kind != ENTRY_REACT)
		entry->flags &= ~ENTRY_ON;
	if (entry->kind != ENTRY_EDIT)
		entry->flags &= ~ENTRY_KEEPS;
	return NULL;
}

static const char *import_numbers(const struct json_fields *object, struct entry *entry)
{
	bool is_answer = entry->kind == ENTRY_MESSAGE;
	bool is_about =
	    entry->kind == ENTRY_EDIT || entry->kind == ENTRY_DELETE || entry->kind == ENTRY_REACT;
	int64_t seq = 0, ref = 0;
	if (!import_number(object, "seq", 1, SEQ_MAX, &seq) || !seq)
		return "\"seq\" is not a number from 1 on";
	if ((is_answer || is_about) &&
	    !import_number(object, is_answer ? "reply_to" : "target", 1, SEQ_MAX, &ref))
		return "\"target\" or \"reply_to\" is not a number from 1 on";
	if (is_about && !ref)
		return "\"target\" is missing";
	entry->seq = (uint64_t)seq;
	entry->ref = (uint64_t)ref;
	return NULL;
}

/* The author's name and address; both stay NULL if no author is named. */
static void read_author(const struct json_fields *object, struct arena *arena, struct entry *entry)
{
	const struct json_field *field = json_fields_find(object, "from");
	struct json_fields from;
	if (!field || field->value.kind != JSON_IN_OBJECT ||
	    !json_fields_read(&from, arena, field->value.bytes, field->value.length))
		return;
	entry->name = json_fields_text(&from, "name");
	entry->ip = json_fields_text(&from, "ip");
}

static const char *read_entry(const struct json_fields *object, struct arena *arena, const struct kind *kind,
			      struct entry *entry)
{
	const char *time = json_fields_text(object, "time");
	*entry = (struct entry){.kind = kind->kind,
				.text = kind->text ? json_fields_text(object, kind->text) : ""};
	if (kind->kind == ENTRY_DELETE && !entry->text)
		entry->text = "";
	bool has_files = kind->kind == ENTRY_MESSAGE && json_fields_find(object, "files");
	/* Long names may make it longer than a text can be: then it is what was said alone. */
	if (has_files && entry->text && strlen(entry->text) > kind->bytes_max)
		entry->text = json_fields_text(object, "text");
	read_author(object, arena, entry);
	if (!entry->text || !entry->name)
		return "its text or \"from\" with a \"name\" is missing";
	if (!import_is_plain(entry->name, LIMIT_NAME_BYTES))
		return "\"name\" is not a name";
	if (!entry->ip)
		entry->ip = "";
	if (*entry->ip && !import_is_plain(entry->ip, IP_BYTES))
		return "\"ip\" is not an address";
	if (!time || !clock_parse(time, &entry->time_ms))
		return "\"time\" is not a time such as 2026-11-22T10:00:00Z";
	const char *wrong = import_numbers(object, entry);
	if (!wrong)
		wrong = read_flags(object, entry);
	return wrong ? wrong : check_text(kind, entry, has_files);
}

/* --- files --- */

static const char *import_read_file(const struct json_fields *one, struct import_file *file)
{
	const char *id = json_fields_text(one, "file");
	file->name = json_fields_text(one, "name");
	if (!id || !file_is_id(id) || !file->name)
		return "one of \"files\" has no \"file\" or no \"name\"";
	memcpy(file->id, id, sizeof file->id);
	return NULL;
}

static const char *import_read_files(const struct json_fields *object, struct arena *arena,
				     struct import_line *line)
{
	const struct json_field *files = json_fields_find(object, "files");
	struct json_in in;
	struct json_in_value value;
	if (!files || line->entry.kind != ENTRY_MESSAGE || line->entry.flags & ENTRY_DELETED)
		return NULL;
	if (files->value.kind != JSON_IN_ARRAY)
		return "\"files\" is not a list";
	json_in_open_array(&in, files->value.bytes, files->value.length);
	while (json_in_next_element(&in, &value)) {
		struct json_fields one;
		if (line->files_count == LIMIT_FILES)
			return "\"files\" has too many";
		if (value.kind != JSON_IN_OBJECT || !json_fields_read(&one, arena, value.bytes, value.length))
			return "one of \"files\" is not an object";
		const char *wrong = import_read_file(&one, &line->files[line->files_count++]);
		if (wrong)
			return wrong;
	}
	line->said = json_fields_text(object, "text");
	if (line->said && strlen(line->said) > LIMIT_MESSAGE_BYTES)
		return "its text is too long";
	return in.is_wrong ? "\"files\" is not a list" : NULL;
}

/* --- rooms --- */

static const char *read_member(const struct json_fields *one, struct import_member *member)
{
	const char *role = json_fields_text(one, "role");
	*member = (struct import_member){.name = json_fields_text(one, "name"),
					 .role = role ? role_from_name(role) : ROLE_NONE};
	int64_t read_seq = 0;
	if (!import_number(one, "read", 0, SEQ_MAX, &read_seq))
		return "a member's \"read\" is not a number";
	member->read_seq = (uint64_t)read_seq;
	if (!member->name || !import_is_plain(member->name, LIMIT_NAME_BYTES))
		return "a member has no name";
	return member->role == ROLE_NONE ? "a member's role is none of owner, moderator, speaker, member"
					 : NULL;
}

static const char *read_members(const struct json_in_value *array, struct arena *arena,
				struct import_line *line)
{
	struct json_in in;
	struct json_in_value value;
	struct import_member **end = &line->members;
	json_in_open_array(&in, array->bytes, array->length);
	while (json_in_next_element(&in, &value)) {
		struct json_fields one;
		struct import_member *member = arena_zero(arena, sizeof *member);
		if (value.kind != JSON_IN_OBJECT || !json_fields_read(&one, arena, value.bytes, value.length))
			return "a member is not an object";
		const char *wrong = read_member(&one, member);
		if (wrong)
			return wrong;
		*end = member;
		end = &member->next;
	}
	return in.is_wrong ? "\"members\" is not a list" : NULL;
}

static const char *read_room(const struct json_fields *object, struct arena *arena, struct import_line *line)
{
	struct store_room *settings = &line->settings;
	*settings = (struct store_room){.name = line->room, .topic = json_fields_text(object, "topic")};
	const struct json_field *members = json_fields_find(object, "members");
	if (!settings->topic)
		settings->topic = "";
	if (strlen(settings->topic) > LIMIT_TOPIC_BYTES)
		return "\"topic\" is too long";
	if (!flag_of(object, "private", &settings->is_private) ||
	    !flag_of(object, "read_only", &settings->is_read_only) ||
	    !flag_of(object, "topic_locked", &settings->is_topic_locked) ||
	    !flag_of(object, "keep_edits", &settings->keeps_edits))
		return "one of private, read_only, topic_locked, keep_edits is neither true nor false";
	if (!import_number(object, "retention_days", 0, LIMIT_RETENTION_DAYS, &settings->retention_days))
		return "\"retention_days\" is not a number of days";
	return members ? read_members(&members->value, arena, line) : NULL;
}

static const char *read_said(const struct json_fields *object, struct arena *arena, const struct kind *kind,
			     struct import_line *line)
{
	const char *wrong = read_entry(object, arena, kind, &line->entry);
	return wrong ? wrong : import_read_files(object, arena, line);
}

const char *import_line_read(const char *bytes, size_t length, struct arena *arena, struct import_line *line)
{
	struct json_fields object;
	*line = (struct import_line){.room = NULL};
	if (!json_fields_read(&object, arena, bytes, length))
		return "this is not a JSON object";
	const char *op = json_fields_text(&object, "op");
	line->room = json_fields_text(&object, "room");
	if (!line->room || !utf8_is_room_name(line->room))
		return "\"room\" is not a valid name of a room";
	line->is_room = op && !strcmp(op, "room");
	if (line->is_room)
		return read_room(&object, arena, line);
	for (size_t i = 0; op && i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(op, kinds[i].op))
			return read_said(&object, arena, &kinds[i], line);
	return "\"op\" is none of room, message, edit, delete, react, topic";
}

/* --- logs --- */

void import_log_release(struct import_log *log)
{
	free(log->kinds);
	*log = (struct import_log){0};
}

bool import_log_refers(const struct import_log *log, const struct entry *entry)
{
	return entry->ref > log->purged_seq && entry->ref < entry->seq;
}

bool import_log_find(const struct import_log *log, uint64_t seq, enum import_target *target)
{
	bool is_known = log->count && seq >= log->first_seq && seq - log->first_seq < log->count;
	*target = is_known ? (enum import_target)log->kinds[seq - log->first_seq] : IMPORT_TARGET_NONE;
	return is_known;
}

const char *import_log_check(const struct import_log *log, const struct entry *entry,
			     enum import_target target)
{
	if (entry->seq != log->end_seq + 1)
		return "its seq does not follow the room's last one";
	if (entry->ref >= entry->seq)
		return "it speaks of an entry that comes later";
	if (!import_log_refers(log, entry))
		return NULL; /* of nothing, or of what retention has taken */
	if (target == IMPORT_TARGET_NONE)
		return "it speaks of an entry that is not a message";
	if (target == IMPORT_TARGET_DELETED && entry->kind == ENTRY_EDIT && !(entry->flags & ENTRY_DELETED))
		return "it edits a message that is deleted";
	return NULL;
}

void import_log_add(struct import_log *log, const struct entry *entry)
{
	if (!log->count)
		log->first_seq = entry->seq;
	log->kinds = mem_grow(log->kinds, &log->capacity, log->count + 1, sizeof *log->kinds);
	log->kinds[log->count++] = entry->kind != ENTRY_MESSAGE   ? IMPORT_TARGET_NONE
				   : entry->flags & ENTRY_DELETED ? IMPORT_TARGET_DELETED
								  : IMPORT_TARGET_MESSAGE;
	log->end_seq = entry->seq;
	enum import_target target;
	if (entry->kind == ENTRY_DELETE && import_log_find(log, entry->ref, &target))
		log->kinds[entry->ref - log->first_seq] = IMPORT_TARGET_DELETED;
}
