#include "gateway/native_write.h"

#include "base/operation.h"
#include "chat/chat.h"
#include "chat/talk/listing.h"
#include "gateway/connection.h"
#include "gateway/dialect.h"
#include "gateway/web/file_link.h"
#include "gateway/native_account.h"
#include "gateway/native_listing.h"
#include "gateway/wording.h"
#include "version.h"
#include "wire/json_out.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* --- out: pieces that many objects share --- */

static void write_from(struct json_out *out, const char *name, const char *ip)
{
	json_object_begin(out, "from");
	json_text(out, "name", name);
	json_text(out, "ip", ip);
	json_object_end(out);
}

static void write_from_server(struct json_out *out)
{
	write_from(out, CHAT_SERVER_NAME, dialect_server_ip());
}

static void open_object(struct json_out *out, struct buffer *to, const char *op, const char *id)
{
	json_open(out, to);
	json_text(out, "op", op);
	json_text(out, "id", id);
}

static void close_object(struct json_out *out)
{
	json_close(out);
	buffer_add_char(out->to, '\n');
}

/* --- out: entries and events, shared by all who read them --- */

static const char *entry_op(enum entry_kind kind)
{
	static const char *const ops[] = {
	    [ENTRY_MESSAGE] = "message", [ENTRY_EDIT] = "edit",     [ENTRY_DELETE] = "delete",
	    [ENTRY_REACT] = "react",     [ENTRY_TOPIC] = "topic",   [ENTRY_ENTER] = "enter",
	    [ENTRY_EXIT] = "exit",       [ENTRY_NICK] = "nick",     [ENTRY_TYPING] = "typing",
	    [ENTRY_AWAY] = "away",       [ENTRY_KICK] = "kick",     [ENTRY_BAN] = "ban",
	    [ENTRY_UNBAN] = "unban",     [ENTRY_MUTE] = "mute",     [ENTRY_UNMUTE] = "unmute",
	    [ENTRY_ROLE] = "role",       [ENTRY_SET] = "set",       [ENTRY_READ] = "read",
	    [ENTRY_GAP] = "gap",         [ENTRY_NOTICE] = "notice",
	};
	return ops[kind];
}

static void write_stored(struct json_out *out, const struct entry *entry)
{
	assert(entry_is_stored(entry->kind) && entry->seq);
	json_number(out, "seq", (int64_t)entry->seq);
	json_time(out, "time", entry->time_ms);
	if (entry->kind == ENTRY_EDIT || entry->kind == ENTRY_DELETE || entry->kind == ENTRY_REACT)
		json_number(out, "target", (int64_t)entry->ref);
	if (entry->kind == ENTRY_REACT) {
		json_text(out, "emoji", entry->text);
		json_bool(out, "on", entry->flags & ENTRY_ON);
	}
	if (entry->kind == ENTRY_TOPIC)
		json_text(out, "topic", entry->text);
	if (entry->kind == ENTRY_DELETE && *entry->text)
		json_text(out, "reason", entry->text);
	write_from(out, entry->name, entry->ip);
	if (entry->flags & ENTRY_GUEST)
		json_bool(out, "guest", true);
}

/* The settings of a room as they are now. */
static void write_rules(struct json_out *out, const struct entry *entry)
{
	assert(entry->kind == ENTRY_SET);
	json_text(out, "by", entry->args.by);
	json_bool(out, "private", entry->room_rules & ROOM_RULE_PRIVATE);
	json_bool(out, "read_only", entry->room_rules & ROOM_RULE_READ_ONLY);
	json_bool(out, "topic_locked", entry->room_rules & ROOM_RULE_TOPIC_LOCKED);
	json_bool(out, "keep_edits", entry->room_rules & ROOM_RULE_KEEP_EDITS);
	json_number(out, "retention_days", entry->args.number);
}

/* Writes who has come or gone: as a member, or only as somebody who is there. */
static void write_coming(struct json_out *out, const struct entry *entry)
{
	assert(entry->kind == ENTRY_ENTER || entry->kind == ENTRY_EXIT);
	if (entry->flags & ENTRY_MEMBERSHIP)
		json_bool(out, "membership", true);
	if (entry->flags & ENTRY_GUEST)
		json_bool(out, "guest", true);
	if (entry->kind == ENTRY_EXIT)
		json_text(out, "reason", entry->args.text);
}

static void write_event(struct json_out *out, const struct entry *entry)
{
	assert(!entry_is_stored(entry->kind));
	if (entry->kind == ENTRY_GAP) {
		json_number(out, "from_seq", (int64_t)entry->seq);
		json_number(out, "to_seq", (int64_t)entry->ref);
	}
	json_text(out, "name", entry->name);
	if (entry->kind == ENTRY_ENTER || entry->kind == ENTRY_EXIT)
		write_coming(out, entry);
	if (entry->kind == ENTRY_NICK)
		json_text(out, "new", entry->args.name);
	if (entry->kind == ENTRY_TYPING)
		json_bool(out, "on", entry->flags & ENTRY_ON);
	if (entry->kind == ENTRY_ROLE)
		json_text(out, "role", entry->args.text);
	if (entry->kind == ENTRY_READ)
		json_number(out, "seq", (int64_t)entry->ref);
	if (entry->kind == ENTRY_AWAY)
		json_text(out, "away", entry->args.text);
	if (entry->kind == ENTRY_NOTICE) {
		json_text(out, "code", entry->code);
		json_text(out, "by", entry->args.by);
	}
	if (entry->kind == ENTRY_SET)
		write_rules(out, entry);
	if (entry->kind >= ENTRY_KICK && entry->kind <= ENTRY_UNMUTE) {
		json_text(out, "by", entry->args.by);
		json_text(out, "reason", entry->args.text);
		if (entry->args.time_ms)
			json_time(out, "until", entry->args.time_ms);
	}
	write_from_server(out);
}

static void write_message_tail(struct json_out *out, const struct entry *entry)
{
	if (entry->flags & ENTRY_DELETED)
		json_bool(out, "deleted", true);
	if (entry->flags & ENTRY_KEEPS)
		json_bool(out, "kept", true);
	if (entry->kind != ENTRY_MESSAGE)
		return;
	if (entry->ref)
		json_number(out, "reply_to", (int64_t)entry->ref);
	if (entry->flags & ENTRY_ACTION)
		json_bool(out, "action", true);
	if (entry->flags & ENTRY_QUIET)
		json_bool(out, "notice", true);
	if (entry->flags & ENTRY_BOT)
		json_bool(out, "bot", true);
}

/* For those who know no files, the text names them; `text` is what was said alone. */
static void write_files(struct json_out *out, const struct entry *entry)
{
	assert(entry->kind == ENTRY_MESSAGE && entry->files_count <= LIMIT_FILES);
	struct buffer words = BUFFER_EMPTY;
	file_link_message(&words, entry);
	json_text(out, "message", buffer_string(&words));
	json_text(out, "text", entry->text);
	json_array_begin(out, "files");
	for (size_t i = 0; i < entry->files_count; i++) {
		const struct entry_file *file = &entry->files[i];
		json_element_begin(out);
		json_text(out, "file", file->id);
		json_text(out, "name", file->name);
		json_number(out, "bytes", file->bytes);
		json_text(out, "type", file->type);
		if (file->width) {
			json_number(out, "width", file->width);
			json_number(out, "height", file->height);
		}
		buffer_clear(&words);
		file_link_path(&words, file->id, file->key, file->name);
		json_text(out, "url", buffer_string(&words));
		if (file->preview_bytes) {
			buffer_clear(&words);
			file_link_preview(&words, file->id, file->key);
			json_text(out, "preview", buffer_string(&words));
		}
		json_element_end(out);
	}
	json_array_end(out);
	buffer_release(&words);
}

static void write_entry(struct json_out *out, const struct entry *entry, enum lang lang)
{
	json_text(out, "room", entry->room);
	if (entry_is_stored(entry->kind))
		write_stored(out, entry);
	else
		write_event(out, entry);
	bool is_text = entry->kind == ENTRY_MESSAGE || entry->kind == ENTRY_EDIT;
	if (entry->files_count) {
		write_files(out, entry);
	} else if (is_text) {
		json_text(out, "message", entry->text);
	} else {
		struct buffer words = BUFFER_EMPTY;
		wording_entry(&words, lang, entry);
		json_text(out, "message", buffer_string(&words));
		buffer_release(&words);
	}
	write_message_tail(out, entry);
}

void native_add_own(const char *bytes, size_t length, const char *id, struct buffer *to)
{
	struct json_out out;
	json_open(&out, to);
	json_text(&out, "id", id);
	buffer_add_char(to, ',');
	/* The rest of the object behind its brace. */
	buffer_add(to, bytes + 1, length - 1);
}

void native_encode(const struct entry *entry, enum lang lang, struct buffer *to)
{
	struct json_out out;
	open_object(&out, to, entry_op(entry->kind), NULL);
	write_entry(&out, entry, lang);
	close_object(&out);
}

/* --- out: answers --- */

/* The code by which programs understand a notice; NULL: it is for people alone. */
static const char *notice_code(enum text key)
{
	static const struct {
		enum text key;
		const char *code;
	} codes[] = {{TEXT_notice_taken_over, "replaced"},     {TEXT_notice_stopping, "stopping"},
		     {TEXT_notice_session_ended, "revoked"},   {TEXT_notice_token_revoked, "revoked"},
		     {TEXT_notice_account_deleted, "revoked"}, {TEXT_notice_name_of_account, "revoked"},
		     {TEXT_notice_greet_timeout, "expired"},   {TEXT_notice_account_disabled, "revoked"}};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (key == codes[i].key)
			return codes[i].code;
	return NULL;
}

static void write_notice_text(struct connection *connection, const char *code, const char *text)
{
	struct json_out out;
	open_object(&out, &connection->out, "notice", NULL);
	json_text(&out, "code", code);
	write_from_server(&out);
	json_text(&out, "message", text);
	close_object(&out);
}

void native_write_notice(struct connection *connection, enum text key, const struct text_args *args)
{
	struct buffer text = BUFFER_EMPTY;
	lang_write(&text, (enum lang)connection->lang, key, args);
	write_notice_text(connection, notice_code(key), buffer_string(&text));
	buffer_release(&text);
}

void native_write_fault(struct connection *connection, enum error_code code, const char *id, enum text key,
			const struct text_args *args)
{
	struct json_out out;
	struct buffer text = BUFFER_EMPTY;
	wording_error(&text, (enum lang)connection->lang, code, key, args);
	open_object(&out, &connection->out, "error", id);
	json_text(&out, "code", error_wire_name(code));
	if (args && args->field)
		json_text(&out, "field", args->field);
	write_from_server(&out);
	json_text(&out, "message", buffer_string(&text));
	close_object(&out);
	buffer_release(&text);
}

static void write_person(struct json_out *out, const struct reply_row *row)
{
	json_text(out, "name", row->name);
	json_text(out, "role", row->role);
	json_bool(out, "online", row->is_online);
	if (row->is_guest)
		json_bool(out, "guest", true);
	json_text(out, "away", row->away);
	json_text(out, "display", row->display);
	native_write_picture(out, "picture", row->picture, row->picture_key);
	if (row->has_read)
		json_number(out, "read", (int64_t)row->read);
}

/* A room that one is in. */
static void write_own_room(struct json_out *out, const struct reply_row *row)
{
	json_text(out, "room", row->name);
	json_number(out, "seq", (int64_t)row->seq);
	json_number(out, "read", (int64_t)row->read);
	if (row->unread != UINT32_MAX) {
		json_number(out, "unread", row->unread);
		json_number(out, "mentions", row->mentions);
	}
	json_text(out, "role", row->role);
	json_bool(out, "private", row->is_private);
	json_text(out, "topic", row->topic);
	json_number(out, "retention_days", row->retention_days);
	if (row->is_read_only)
		json_bool(out, "read_only", true);
	if (row->is_topic_locked)
		json_bool(out, "topic_locked", true);
	if (row->keeps_edits)
		json_bool(out, "keep_edits", true);
	if (row->is_muted)
		json_bool(out, "muted", true);
	if (row->is_gone)
		json_bool(out, "gone", true);
}

static void write_rows(struct json_out *out, const char *key, const struct reply_list *list,
		       enum reply_kind kind)
{
	json_array_begin(out, key);
	for (size_t i = 0; i < list->rows_count; i++) {
		const struct reply_row *row = &list->rows[i];
		json_element_begin(out);
		switch (kind) {
		case REPLY_WHO:
			write_person(out, row);
			break;
		case REPLY_ROOMS:
			json_text(out, "room", row->name);
			json_text(out, "topic", row->topic);
			json_number(out, "count", row->count);
			json_number(out, "seq", (int64_t)row->seq);
			break;
		default:
			write_own_room(out, row);
		}
		json_element_end(out);
	}
	json_array_end(out);
}

static void write_invitations(struct json_out *out, const struct reply_welcome *welcome)
{
	json_array_begin(out, "invitations");
	for (size_t i = 0; i < welcome->invitations_count; i++) {
		json_element_begin(out);
		json_text(out, "room", welcome->invitations[i].room);
		json_text(out, "by", welcome->invitations[i].by);
		json_time(out, "time", welcome->invitations[i].time_ms);
		json_element_end(out);
	}
	json_array_end(out);
}

static void write_welcome(struct json_out *out, const struct reply *reply, enum lang lang)
{
	assert(reply->kind == REPLY_WELCOME);
	const struct reply_welcome *welcome = &reply->welcome;
	(void)lang;
	json_object_begin(out, "user");
	json_text(out, "name", welcome->name);
	json_bool(out, "account", welcome->is_account);
	json_bool(out, "admin", welcome->is_admin);
	json_object_end(out);
	json_text(out, "session", welcome->session);
	json_object_begin(out, "server");
	json_text(out, "name", CHAT_SERVER_NAME);
	json_text(out, "version", BRUSIO_VERSION);
	json_object_end(out);
	json_text(out, "epoch", welcome->epoch);
	json_object_begin(out, "limits");
	json_number(out, "object_bytes", LIMIT_OBJECT_BYTES);
	json_number(out, "message_bytes", LIMIT_MESSAGE_BYTES);
	json_number(out, "id_days", welcome->send_ids_days);
	json_number(out, "file_bytes", welcome->file_bytes);
	json_object_end(out);
	write_rows(out, "rooms", &welcome->rooms, reply->kind);
	write_invitations(out, welcome);
}

static void write_joined(struct json_out *out, const struct reply *reply, enum lang lang)
{
	assert(reply->kind == REPLY_JOINED);
	(void)lang;
	json_text(out, "room", reply->room);
	json_number(out, "seq", (int64_t)reply->joined.seq);
	json_text(out, "topic", reply->joined.topic);
	json_number(out, "count", reply->joined.count);
	if (reply->joined.is_private)
		json_bool(out, "private", true);
	if (reply->joined.is_reset)
		json_bool(out, "reset", true);
}

static void write_ack(struct json_out *out, const struct reply *reply, enum lang lang)
{
	assert(reply->kind == REPLY_ACK);
	(void)lang;
	json_text(out, "room", reply->room);
	json_number(out, "seq", (int64_t)reply->ack.seq);
	json_time(out, "time", reply->ack.time_ms);
}

static void write_reactions(struct json_out *out, const struct reply_entry *one)
{
	if (!one->reactions_count)
		return;
	json_array_begin(out, "reactions");
	for (size_t i = 0; i < one->reactions_count; i++) {
		json_element_begin(out);
		json_text(out, "emoji", one->reactions[i].emoji);
		json_number(out, "count", (int64_t)one->reactions[i].count);
		json_array_begin(out, "names");
		for (size_t k = 0; k < one->reactions[i].names_count; k++)
			json_text(out, NULL, one->reactions[i].names[k]);
		json_array_end(out);
		json_element_end(out);
	}
	json_array_end(out);
}

static void write_messages(struct json_out *out, const struct reply *reply, enum lang lang)
{
	assert(reply->kind == REPLY_HISTORY || reply->kind == REPLY_RESULTS);
	const struct reply_messages *messages = &reply->messages;
	if (reply->room)
		json_text(out, "room", reply->room);
	json_array_begin(out, "messages");
	for (size_t i = 0; i < messages->entries_count; i++) {
		const struct reply_entry *one = &messages->entries[i];
		json_element_begin(out);
		json_text(out, "op", entry_op(one->entry.kind));
		json_text(out, "id", one->entry.send_id);
		write_entry(out, &one->entry, lang);
		if (one->edited_seq)
			json_number(out, "edited", (int64_t)one->edited_seq);
		write_reactions(out, one);
		json_element_end(out);
	}
	json_array_end(out);
	json_bool(out, "more", messages->has_more);
	if (reply->kind != REPLY_RESULTS)
		return;
	/* The value of `before` for the next page. */
	if (messages->has_more)
		json_number(out, "next", messages->next);
	if (messages->lag > 0)
		json_number(out, "lag", messages->lag);
}

static void write_none(struct json_out *out, const struct reply *reply, enum lang lang)
{
	(void)out;
	(void)reply;
	(void)lang;
}

static void write_user_list(struct json_out *out, const struct reply *reply, enum lang lang)
{
	assert(reply->kind == REPLY_WHO);
	(void)lang;
	json_text(out, "room", reply->room);
	write_rows(out, "members", &reply->list, reply->kind);
	json_number(out, "count", reply->list.count);
}

static void write_room_list(struct json_out *out, const struct reply *reply, enum lang lang)
{
	assert(reply->kind == REPLY_ROOMS);
	(void)lang;
	write_rows(out, "rooms", &reply->list, reply->kind);
}

/* The fields of an answer of the full form, by its kind; base/operations.h names the answer. */
typedef void write_fields(struct json_out *out, const struct reply *reply, enum lang lang);

static write_fields *const answer_fields[] = {
    [REPLY_OK] = write_none,
    [REPLY_WELCOME] = write_welcome,
    [REPLY_JOINED] = write_joined,
    [REPLY_LEFT] = write_none,
    [REPLY_ACK] = write_ack,
    [REPLY_ROOMS] = write_room_list,
    [REPLY_WHO] = write_user_list,
    [REPLY_BYE] = write_none,
    [REPLY_TOKEN] = native_write_token,
    [REPLY_HISTORY] = write_messages,
    [REPLY_RESULTS] = write_messages,
    [REPLY_LISTING] = native_write_listing,
    [REPLY_TOTP] = native_write_totp,
    [REPLY_PASSKEYS] = native_write_passkeys,
    [REPLY_LINK] = native_write_link,
};

static void write_full(struct connection *connection, const struct reply *reply)
{
	struct json_out out;
	if ((size_t)reply->kind >= sizeof answer_fields / sizeof *answer_fields ||
	    !answer_fields[reply->kind])
		return;
	assert(reply->is_answer);
	open_object(&out, &connection->out, operation_of(reply->op)->answer, reply->id);
	answer_fields[reply->kind](&out, reply, (enum lang)connection->lang);
	close_object(&out);
}

/* The user has come into a room by another connection, or has left it. */
static void write_membership(struct connection *connection, const struct reply *reply)
{
	assert(reply->kind == REPLY_MEMBERSHIP);
	struct json_out out;
	struct buffer text = BUFFER_EMPTY;
	const struct reply_row *room = &reply->membership.room;
	bool is_begin = reply->membership.is_begin;
	struct text_args args = {.room = room->name};
	open_object(&out, &connection->out, "membership", NULL);
	json_bool(&out, "joined", is_begin);
	if (is_begin)
		write_own_room(&out, room);
	else
		json_text(&out, "room", room->name);
	write_from_server(&out);
	lang_write(&text, (enum lang)connection->lang,
		   is_begin ? TEXT_event_membership : TEXT_event_membership_ended, &args);
	json_text(&out, "message", buffer_string(&text));
	buffer_release(&text);
	close_object(&out);
}

/* One that nobody asked for: its array's name says what it is. */
static void write_told_listing(struct connection *connection, const struct reply *reply)
{
	assert(reply->kind == REPLY_LISTING && !reply->is_answer);
	struct json_out out;
	struct buffer text = BUFFER_EMPTY;
	open_object(&out, &connection->out, reply->listing->key, NULL);
	native_write_listing(&out, reply, (enum lang)connection->lang);
	write_from_server(&out);
	lang_write(&text, (enum lang)connection->lang, reply->listing->text_key, NULL);
	json_text(&out, "message", buffer_string(&text));
	buffer_release(&text);
	close_object(&out);
}

static void emit_native_notice(void *context, const char *text)
{
	write_notice_text(context, NULL, text);
}

/* A simple form's own coming in is silent, but for a name that had to be changed. */
static void write_entered(struct connection *connection, const struct reply *reply)
{
	assert(reply->kind == REPLY_ENTERED);
	struct text_args args = {.name = reply->entered.name, .text = reply->entered.asked};
	if (strcmp(reply->entered.name, reply->entered.asked))
		native_write_notice(connection, TEXT_notice_name_suffixed, &args);
}

void native_write_reply(struct connection *connection, const struct reply *reply)
{
	bool is_simple = reply->op == REQUEST_SIMPLE;
	switch (reply->kind) {
	case REPLY_ENTERED:
		write_entered(connection, reply);
		return;
	case REPLY_ERROR:
		native_write_fault(connection, reply->note.error, reply->id, reply->note.key,
				   &reply->note.args);
		return;
	case REPLY_EVENT:
		native_encode(&reply->event, (enum lang)connection->lang, &connection->out);
		return;
	case REPLY_MEMBERSHIP:
		write_membership(connection, reply);
		return;
	case REPLY_NOTICE:
		wording_reply((enum lang)connection->lang, reply, emit_native_notice, connection);
		return;
	default:
		break;
	}
	if (reply->kind == REPLY_LISTING && !reply->is_answer)
		write_told_listing(connection, reply);
	else if (reply->is_command)
		wording_reply((enum lang)connection->lang, reply, emit_native_notice, connection);
	else if (!is_simple)
		write_full(connection, reply);
}
