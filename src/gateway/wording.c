#include "gateway/wording.h"

#include "base/clock.h"
#include "base/operation.h"
#include "chat/listing.h"

#include <stdio.h>
#include <string.h>

/* The sentences about stored entries; messages are their own text. */
static const char *entry_key(const struct entry *entry)
{
	switch (entry->kind) {
	case ENTRY_EDIT:
		return "entry.edit";
	case ENTRY_DELETE:
		return entry->flags & ENTRY_UNNAMED ? "entry.delete_unnamed" : "entry.delete";
	case ENTRY_REACT:
		return entry->flags & ENTRY_ON ? "entry.react" : "entry.unreact";
	case ENTRY_TOPIC:
		return "entry.topic";
	default:
		return entry->key;
	}
}

void wording_entry(struct buffer *to, enum lang lang, const struct entry *entry)
{
	if (entry->kind == ENTRY_MESSAGE && entry->flags & ENTRY_DELETED) {
		lang_write(to, lang, "entry.deleted", &entry->args);
		return;
	}
	if (entry->kind == ENTRY_MESSAGE) {
		buffer_add_string(to, entry->text);
		return;
	}
	struct text_args args = entry->args;
	char role[64];
	if (entry->kind == ENTRY_ROLE) {
		snprintf(role, sizeof role, "role.%s", args.text);
		args.text = lang_text(lang, role);
	}
	if (entry_is_stored(entry->kind))
		args = (struct text_args){.name = entry->name,
					  .room = entry->room,
					  .text = entry->text,
					  .number = (int64_t)entry->ref};
	lang_write(to, lang, entry_key(entry), &args);
}

void wording_error(struct buffer *to, enum lang lang, enum error_code code, const char *key,
		   const struct text_args *args)
{
	char made[64];
	if (!key) {
		snprintf(made, sizeof made, "error.%s", error_wire_name(code));
		key = made;
	}
	lang_write(to, lang, key, args);
}

static void word_key(struct buffer *to, enum lang lang, const char *key, const struct text_args *args)
{
	static const struct text_args none;
	lang_write(to, lang, key, args ? args : &none);
}

static void word_who(struct buffer *to, enum lang lang, const struct reply *reply)
{
	struct text_args args = {.room = reply->room, .number = reply->count};
	word_key(to, lang, "answer.who", &args);
	for (size_t i = 0; i < reply->rows_count; i++) {
		buffer_add_string(to, i ? ", " : " ");
		buffer_add_string(to, reply->rows[i].name);
		if (reply->rows[i].away || !reply->rows[i].is_online) {
			buffer_add_string(to, " (");
			word_key(to, lang, reply->rows[i].is_online ? "answer.away" : "answer.offline", NULL);
			buffer_add_char(to, ')');
		}
	}
	if ((int64_t)reply->rows_count < reply->count)
		buffer_add_string(to, ", …");
}

static void word_rooms(struct buffer *to, enum lang lang, const struct reply *reply)
{
	struct text_args args = {.number = (int64_t)reply->rows_count};
	word_key(to, lang, "answer.rooms", &args);
	for (size_t i = 0; i < reply->rows_count; i++) {
		const struct reply_row *row = &reply->rows[i];
		buffer_printf(to, "\n%s (%lld)%s%s", row->name, (long long)row->count,
			      row->topic && *row->topic ? ": " : "", row->topic ? row->topic : "");
	}
}

static void write_help(struct buffer *to, enum lang lang)
{
	word_key(to, lang, "answer.help", NULL);
	for (size_t i = 0; i < operation_commands_count; i++) {
		char key[64], usage[OPERATION_USAGE_BYTES];
		snprintf(key, sizeof key, "command.help.%s", operation_commands[i].name);
		operation_usage(&operation_commands[i], usage);
		buffer_printf(to, "\n%s: %s", usage, lang_text(lang, key));
	}
}

static void word_listing(struct buffer *to, enum lang lang, const struct reply *reply)
{
	struct text_args args = {.room = reply->room, .number = reply->listing->count};
	word_key(to, lang, reply->listing->text_key, &args);
	for (const struct listing_row *row = reply->listing->rows; row; row = row->next) {
		buffer_add_char(to, '\n');
		word_key(to, lang, row->text_key, &row->args);
	}
}

static void write_past(struct buffer *to, enum lang lang, const struct entry *entry, bool with_room)
{
	char stamp[CLOCK_TEXT_BYTES];
	clock_format(entry->time_ms, stamp);
	buffer_printf(to, "[%.10s %.5s] ", stamp, stamp + 11);
	if (with_room)
		buffer_printf(to, "%s ", entry->room);
	buffer_printf(to, entry->flags & ENTRY_ACTION ? "* %s " : "%s: ", entry->name);
	wording_entry(to, lang, entry);
}

static void word_joined(struct buffer *to, enum lang lang, const struct reply *reply)
{
	struct text_args args = {.room = reply->room, .text = reply->topic, .number = reply->count};
	word_key(to, lang, "answer.joined", &args);
	if (reply->topic && *reply->topic) {
		buffer_add_char(to, ' ');
		word_key(to, lang, "answer.topic", &args);
	}
}

static void emit_pasts(enum lang lang, const struct reply *reply, wording_emit *emit, void *context)
{
	struct buffer text = BUFFER_EMPTY;
	bool is_search = reply->kind == REPLY_RESULTS;
	if (!reply->entries_count)
		emit(context, lang_text(lang, is_search ? "answer.no_results" : "answer.no_history"));
	for (size_t i = 0; i < reply->entries_count; i++) {
		buffer_clear(&text);
		write_past(&text, lang, &reply->entries[i].entry, is_search);
		emit(context, buffer_string(&text));
	}
	buffer_release(&text);
}

void wording_reply(enum lang lang, const struct reply *reply, wording_emit *emit, void *context)
{
	struct buffer text = BUFFER_EMPTY;
	struct text_args room = {.room = reply->room};
	switch (reply->kind) {
	case REPLY_HISTORY:
	case REPLY_RESULTS:
		emit_pasts(lang, reply, emit, context);
		return;
	case REPLY_ERROR:
		wording_error(&text, lang, reply->error, reply->key, &reply->args);
		break;
	case REPLY_WHO:
		word_who(&text, lang, reply);
		break;
	case REPLY_ROOMS:
		word_rooms(&text, lang, reply);
		break;
	case REPLY_LISTING:
		word_listing(&text, lang, reply);
		break;
	case REPLY_HELP:
		write_help(&text, lang);
		break;
	case REPLY_JOINED:
		word_joined(&text, lang, reply);
		break;
	case REPLY_LEFT:
		word_key(&text, lang, "answer.left", &room);
		break;
	case REPLY_BYE:
		word_key(&text, lang, "answer.bye", NULL);
		break;
	case REPLY_OK:
	case REPLY_NOTICE:
		word_key(&text, lang, reply->key ? reply->key : "answer.ok", &reply->args);
		break;
	default:
		/* An acknowledgement is silent: what one says oneself is not repeated. */
		break;
	}
	if (buffer_length(&text))
		emit(context, buffer_string(&text));
	buffer_release(&text);
}
