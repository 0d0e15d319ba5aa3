#include "gateway/wording.h"

#include "base/clock.h"
#include "base/operation.h"
#include "chat/talk/listing.h"
#include "chat/rooms/permission.h"
#include "gateway/web/file_link.h"

#include <stdio.h>
#include <string.h>

/* The sentences about stored entries; messages are their own text. */
static enum text entry_key(const struct entry *entry)
{
	switch (entry->kind) {
	case ENTRY_EDIT:
		return TEXT_entry_edit;
	case ENTRY_DELETE:
		return entry->flags & ENTRY_UNNAMED ? TEXT_entry_delete_unnamed : TEXT_entry_delete;
	case ENTRY_REACT:
		return entry->flags & ENTRY_ON ? TEXT_entry_react : TEXT_entry_unreact;
	case ENTRY_TOPIC:
		return TEXT_entry_topic;
	default:
		return entry->key;
	}
}

static const enum text role_texts[] = {[ROLE_MEMBER] = TEXT_role_member,
				       [ROLE_SPEAKER] = TEXT_role_speaker,
				       [ROLE_MODERATOR] = TEXT_role_moderator,
				       [ROLE_OWNER] = TEXT_role_owner};

void wording_entry(struct buffer *to, enum lang lang, const struct entry *entry)
{
	if (entry->kind == ENTRY_MESSAGE && entry->flags & ENTRY_DELETED) {
		lang_write(to, lang, TEXT_entry_deleted, &entry->args);
		return;
	}
	if (entry->kind == ENTRY_MESSAGE) {
		file_link_message(to, entry);
		return;
	}
	struct text_args args = entry->args;
	enum role role = entry->kind == ENTRY_ROLE && args.text ? role_from_name(args.text) : ROLE_NONE;
	if (role != ROLE_NONE)
		args.text = lang_text(lang, role_texts[role]);
	if (entry_is_stored(entry->kind))
		args = (struct text_args){.name = entry->name,
					  .room = entry->room,
					  .text = entry->text,
					  .number = (int64_t)entry->ref};
	lang_write(to, lang, entry_key(entry), &args);
}

void wording_error(struct buffer *to, enum lang lang, enum error_code code, enum text key,
		   const struct text_args *args)
{
	static const enum text texts[] = {
#define X(upper, lower) [ERROR_##upper] = TEXT_error_##lower,
	    ERRORS(X)
#undef X
	};
	lang_write(to, lang, key ? key : texts[code], args);
}

static void word_key(struct buffer *to, enum lang lang, enum text key, const struct text_args *args)
{
	static const struct text_args none;
	lang_write(to, lang, key, args ? args : &none);
}

static void word_who(struct buffer *to, enum lang lang, const struct reply *reply)
{
	const struct reply_list *list = &reply->list;
	struct text_args args = {.room = reply->room, .number = list->count};
	word_key(to, lang, TEXT_answer_who, &args);
	for (size_t i = 0; i < list->rows_count; i++) {
		buffer_add_string(to, i ? ", " : " ");
		buffer_add_string(to, list->rows[i].name);
		if (list->rows[i].away || !list->rows[i].is_online) {
			buffer_add_string(to, " (");
			word_key(to, lang, list->rows[i].is_online ? TEXT_answer_away : TEXT_answer_offline,
				 NULL);
			buffer_add_char(to, ')');
		}
	}
	if ((int64_t)list->rows_count < list->count)
		buffer_add_string(to, ", …");
}

static void word_rooms(struct buffer *to, enum lang lang, const struct reply *reply)
{
	const struct reply_list *list = &reply->list;
	struct text_args args = {.number = (int64_t)list->rows_count};
	word_key(to, lang, TEXT_answer_rooms, &args);
	for (size_t i = 0; i < list->rows_count; i++) {
		const struct reply_row *row = &list->rows[i];
		buffer_printf(to, "\n%s (%lld)%s%s", row->name, (long long)row->count,
			      row->topic && *row->topic ? ": " : "", row->topic ? row->topic : "");
	}
}

static void write_help(struct buffer *to, enum lang lang)
{
	word_key(to, lang, TEXT_answer_help, NULL);
	for (size_t i = 0; i < operation_commands_count; i++) {
		char usage[OPERATION_USAGE_BYTES];
		operation_usage(&operation_commands[i], usage);
		buffer_printf(to, "\n%s: %s", usage, lang_text(lang, operation_commands[i].help));
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
	struct text_args args = {
	    .room = reply->room, .text = reply->joined.topic, .number = reply->joined.count};
	word_key(to, lang, TEXT_answer_joined, &args);
	if (reply->joined.topic && *reply->joined.topic) {
		buffer_add_char(to, ' ');
		word_key(to, lang, TEXT_answer_topic, &args);
	}
}

static void emit_pasts(enum lang lang, const struct reply *reply, wording_emit *emit, void *context)
{
	struct buffer text = BUFFER_EMPTY;
	bool is_search = reply->kind == REPLY_RESULTS;
	if (!reply->messages.entries_count)
		emit(context, lang_text(lang, is_search ? TEXT_answer_no_results : TEXT_answer_no_history));
	for (size_t i = 0; i < reply->messages.entries_count; i++) {
		buffer_clear(&text);
		write_past(&text, lang, &reply->messages.entries[i].entry, is_search);
		emit(context, buffer_string(&text));
	}
	buffer_release(&text);
}

static void word_link(struct buffer *to, enum lang lang, const struct reply *reply)
{
	const struct reply_link *link = &reply->link;
	struct buffer url = BUFFER_EMPTY;
	struct text_args args = {.name = link->key, .number = link->uses, .time_ms = link->until_ms};
	if (link->secret) {
		file_link_invitation(&url, link->secret);
		args.text = buffer_string(&url);
	}
	word_key(to, lang, link->secret ? TEXT_answer_link : TEXT_answer_ok, &args);
	buffer_release(&url);
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
		wording_error(&text, lang, reply->note.error, reply->note.key, &reply->note.args);
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
	case REPLY_LINK:
		word_link(&text, lang, reply);
		break;
	case REPLY_HELP:
		write_help(&text, lang);
		break;
	case REPLY_JOINED:
		word_joined(&text, lang, reply);
		break;
	case REPLY_LEFT:
		word_key(&text, lang, TEXT_answer_left, &room);
		break;
	case REPLY_BYE:
		word_key(&text, lang, TEXT_answer_bye, NULL);
		break;
	case REPLY_OK:
	case REPLY_NOTICE:
		word_key(&text, lang, reply->note.key ? reply->note.key : TEXT_answer_ok, &reply->note.args);
		break;
	default:
		/* An acknowledgement is silent: what one says oneself is not repeated. */
		break;
	}
	if (buffer_length(&text))
		emit(context, buffer_string(&text));
	buffer_release(&text);
}
