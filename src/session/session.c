#include "session/session.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "session/random.h"
#include "session/session_state.h"
#include "wire/json_out.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNDER_WAY_MAX   256   /* sends that wait for their ack */
#define OUT_BYTES_MAX   65536 /* beyond this the outbox waits until the line has taken some */
#define IDLE_MS         30000 /* silence after which we ask for a sign of life */
#define IDLE_WAITING_MS 5000  /* the same while an answer is owed to us */
#define PAGE_MESSAGES   100   /* of a room's log at a time */
#define SILENCE_MS      15000 /* how long the other end may then take */

struct session *session_new(const struct session_settings *settings)
{
	struct session *session = mem_zero(sizeof *session);
	session->hooks = settings->hooks;
	session->name = mem_string(settings->name);
	session->client = mem_string(settings->client);
	session->lang = mem_string(settings->lang);
	session->link = settings->link ? mem_string(settings->link) : NULL;
	session->history = settings->history;
	session->since_ms = settings->since_ms;
	session->since_seq = settings->since_seq;
	session->wants_members = settings->wants_members;
	session->wants_rooms = settings->wants_rooms;
	session->interest = settings->interest;
	session->message_bytes = LIMIT_MESSAGE_BYTES;
	outbox_init(&session->outbox);
	/* Otherwise another run of ours is another device: the two never take each other's line. */
	char word[13];
	random_word(word, sizeof word);
	if (settings->device)
		snprintf(session->device, sizeof session->device, "%s", settings->device);
	else
		snprintf(session->device, sizeof session->device, "terminal-%s", word);
	return session;
}

void session_free_question(struct session_question *question)
{
	free(question->room);
	free(question->argument);
	free(question);
}

void session_free(struct session *session)
{
	while (session->questions) {
		struct session_question *question = session->questions;
		session->questions = question->next;
		session_free_question(question);
	}
	for (size_t i = 0; i < session->room_count; i++)
		session_room_free(session->rooms[i]);
	free(session->rooms);
	outbox_release(&session->outbox);
	free(session->name);
	free(session->client);
	free(session->lang);
	free(session->secret);
	session_wipe_password(session);
	session_set_token(session, NULL);
	mem_free_secret(session->link);
	free(session->link_room);
	names_release(&session->known_rooms);
	free(session->epoch);
	free(session);
}

struct session_question *session_request(struct session *session, struct json_out *out, int purpose,
					 const char *op, const char *room)
{
	assert(session->out);
	struct session_question *question = mem_zero(sizeof *question), **end = &session->questions;
	snprintf(question->id, sizeof question->id, "q%llu", (unsigned long long)++session->question_number);
	question->purpose = purpose;
	question->op = op;
	question->line = purpose == QUESTION_USER ? session->input_line : 0;
	question->room = room ? mem_string(room) : NULL;
	while (*end)
		end = &(*end)->next;
	*end = question;
	json_open(out, session->out);
	json_text(out, "op", op);
	json_text(out, "id", question->id);
	json_text(out, "room", room);
	return question;
}

void session_request_end(struct session *session, struct json_out *out)
{
	assert(session->out);
	json_close(out);
	buffer_add_char(session->out, '\n');
}

static void session_say_hello(struct session *session)
{
	struct json_out out;
	session->state = SESSION_GREETING;
	session_request(session, &out, QUESTION_HELLO, "hello", NULL);
	json_text(&out, "name", session->name);
	json_text(&out, "session", session->secret);
	json_text(&out, "password", session->password);
	json_text(&out, "code", session->proof_code);
	if (!session->password)
		json_text(&out, "token", session->token);
	session->is_proving = session->password || session->token;
	json_text(&out, "link", session->link);
	json_text(&out, "device", session->device);
	json_text(&out, "client", session->client);
	json_text(&out, "lang", session->lang);
	session_request_end(session, &out);
}

void session_send_join(struct session *session, struct session_room *room)
{
	struct json_out out;
	room->state = SESSION_ROOM_JOINING;
	session_request(session, &out, QUESTION_JOIN, "join", room->name);
	if (session->link_room && names_equal(session->link_room, room->name))
		json_text(&out, "link", session->link);
	if (room->has_place) {
		json_number(&out, "after", room->place.last);
		json_text(&out, "epoch", room->epoch);
	}
	session_request_end(session, &out);
}

void session_ask_members(struct session *session, struct session_room *room)
{
	struct json_out out;
	session_request(session, &out, QUESTION_MEMBERS, "who", room->name);
	session_request_end(session, &out);
}

/* The messages up to the place. */
void session_ask_before(struct session *session, struct session_room *room)
{
	struct json_out out;
	room->is_loading = true;
	session_request(session, &out, QUESTION_HISTORY, "history", room->name);
	json_number(&out, "before", room->place.last + 1);
	json_number(&out, "limit", room->history_wanted);
	session_request_end(session, &out);
}

void session_ask_missing(struct session *session, struct session_room *room, int64_t from, int64_t to)
{
	struct json_out out;
	int64_t limit = to - from + 1;
	room->is_filling = true;
	session_request(session, &out, QUESTION_FILL, "history", room->name)->fill_to = to;
	json_number(&out, "after", from - 1);
	json_number(&out, "limit", limit < LIMIT_PAGE_ENTRIES ? limit : LIMIT_PAGE_ENTRIES);
	session_request_end(session, &out);
}

bool session_ask_fields(struct session *session, const char *op, const char *room,
			const struct session_field *fields, size_t count)
{
	struct json_out out;
	if (session->state != SESSION_READY)
		return false;
	struct session_question *question = session_request(session, &out, QUESTION_USER, op, room);
	for (size_t i = 0; i < count; i++) {
		const struct session_field *field = &fields[i];
		if (field->is_bool)
			json_bool(&out, field->key, field->number);
		else if (field->text)
			json_text(&out, field->key, field->text);
		else
			json_number(&out, field->key, field->number);
		if (!strcmp(field->key, "before"))
			question->before = field->number;
		if (field->text && !field->is_secret && !question->argument)
			question->argument = mem_string(field->text);
	}
	session_request_end(session, &out);
	return true;
}

bool session_ask(struct session *session, const char *op, const char *room, const char *key,
		 const char *value)
{
	return session_ask_fields(session, op, room, &(struct session_field){.key = key, .text = value},
				  key != NULL);
}

const char *session_asked(const struct session *session, const char *op, const char *room)
{
	const char *text = NULL;
	for (const struct session_question *at = session->questions; at; at = at->next)
		if (!strcmp(at->op, op) && at->room && names_equal(at->room, room))
			text = at->argument;
	return text;
}

bool session_ask_history(struct session *session, const char *room, unsigned limit)
{
	return session_ask_fields(session, "history", room,
				  &(struct session_field){.key = "limit", .number = limit}, 1);
}

bool session_page(struct session *session, const char *room_name, enum session_page page, int64_t seq)
{
	struct session_room *room = session_own_room(session, room_name);
	struct json_out out;
	if (session->state != SESSION_READY || !room || room->state != SESSION_ROOM_INSIDE ||
	    room->log.is_paging)
		return false;
	struct roomlog *log = &room->log;
	if (page == SESSION_PAGE_AROUND || page == SESSION_PAGE_LAST)
		roomlog_clear(log);
	struct session_question *question =
	    session_request(session, &out, QUESTION_PAGE, "history", room->name);
	log->is_paging = true;
	room->sought = page == SESSION_PAGE_AROUND ? seq : 0;
	log->is_behind = page == SESSION_PAGE_AROUND || log->is_behind;
	log->has_missed = false;
	question->is_upward = page == SESSION_PAGE_BEFORE || page == SESSION_PAGE_LAST;
	if (page == SESSION_PAGE_BEFORE && log->count)
		question->before = roomlog_first_seq(log);
	if (question->before)
		json_number(&out, "before", question->before);
	else if (page == SESSION_PAGE_AFTER)
		json_number(&out, "after", roomlog_last_seq(log));
	else if (page == SESSION_PAGE_AROUND)
		json_number(&out, "around", seq);
	json_number(&out, "limit", PAGE_MESSAGES);
	session_request_end(session, &out);
	return true;
}

void session_line_up(struct session *session, struct buffer *out, int64_t now_ms)
{
	assert(!session->out && out);
	session->out = out;
	session->now_ms = session->heard_ms = now_ms;
	session->pinged_ms = 0;
	session->said_bye = false;
	session_say_hello(session);
}

void session_line_down(struct session *session)
{
	session->state = SESSION_OFFLINE;
	session->out = NULL;
	outbox_line_broke(&session->outbox);
	for (size_t i = 0; i < session->room_count; i++)
		session_room_line_broke(session->rooms[i]);
	struct session_question *questions = session->questions;
	session->questions = NULL;
	while (questions) {
		struct session_question *question = questions;
		questions = question->next;
		if (question->purpose == QUESTION_USER)
			session->hooks.answered(session->hooks.owner, question, NULL);
		session_free_question(question);
	}
}

void session_wipe_password(struct session *session)
{
	mem_free_secret(session->password);
	mem_free_secret(session->proof_code);
	session->password = session->proof_code = NULL;
}

void session_set_password(struct session *session, const char *password)
{
	session_wipe_password(session);
	session->password = password ? mem_string(password) : NULL;
}

void session_set_code(struct session *session, const char *code)
{
	mem_free_secret(session->proof_code);
	session->proof_code = mem_string(code);
}

bool session_has_password(const struct session *session)
{
	return session->password;
}

void session_set_token(struct session *session, const char *token)
{
	char *copy = token ? mem_string(token) : NULL;
	mem_free_secret(session->token);
	session->token = copy;
}

void session_set_name(struct session *session, const char *name)
{
	char *copy = mem_string(name);
	free(session->name);
	session->name = copy;
	session_greet(session);
}

void session_greet(struct session *session)
{
	if (session->state == SESSION_NAMELESS)
		session_say_hello(session);
}

static void session_write_files(struct json_out *out, const json_t *files)
{
	size_t i;
	json_t *file;
	json_array_begin(out, "files");
	json_array_foreach(files, i, file)
	{
		json_text(out, NULL, session_text(file, "file"));
	}
	json_array_end(out);
}

static void write_item(struct session *session, struct outbox_item *item)
{
	static const char *const ops[] = {[OUTBOX_SEND] = "send",
					  [OUTBOX_EDIT] = "edit",
					  [OUTBOX_DELETE] = "delete",
					  [OUTBOX_REACT] = "react"};
	struct json_out out;
	json_open(&out, session->out);
	json_text(&out, "op", ops[item->kind]);
	json_text(&out, "id", item->id);
	json_text(&out, "room", item->room);
	if (item->target)
		json_number(&out, item->kind == OUTBOX_SEND ? "reply_to" : "target", item->target);
	if (item->kind != OUTBOX_DELETE)
		json_text(&out, item->kind == OUTBOX_REACT ? "emoji" : "message", item->text);
	if (item->kind == OUTBOX_REACT)
		json_bool(&out, "on", item->is_on);
	if (item->is_action)
		json_bool(&out, "action", true);
	if (item->files)
		session_write_files(&out, item->files);
	session_request_end(session, &out);
	outbox_mark_sent(&session->outbox, item);
}

/* An item that may not go yet holds back those after it in the same room, so that their order stays. */
void session_pump(struct session *session)
{
	const char *held_room = NULL;
	if (session->state != SESSION_READY)
		return;
	for (struct outbox_item *item = session->outbox.first; item; item = item->next) {
		if (item->is_under_way)
			continue;
		if (session->outbox.under_way >= UNDER_WAY_MAX ||
		    buffer_length(session->out) >= OUT_BYTES_MAX)
			return;
		const struct session_room *room = session_own_room(session, item->room);
		bool waits =
		    (room && room->state != SESSION_ROOM_INSIDE) || item->not_before_ms > session->now_ms;
		if (waits && !held_room)
			held_room = item->room;
		if (!waits && !(held_room && !strcmp(held_room, item->room)))
			write_item(session, item);
	}
}

static struct outbox_item *add_item(struct session *session, enum outbox_kind kind, const char *room,
				    const char *text)
{
	struct outbox_item *item = outbox_add(&session->outbox, kind, room, text);
	item->line = session->input_line;
	return item;
}

void session_set_line(struct session *session, unsigned line)
{
	session->input_line = line;
}

const struct outbox_item *session_say(struct session *session, const char *room, const char *text,
				      bool is_action)
{
	struct outbox_item *item = add_item(session, OUTBOX_SEND, room, text);
	item->is_action = is_action;
	session_pump(session);
	return item;
}

const struct outbox_item *session_send_files(struct session *session, const char *room, const char *text,
					     json_t *files)
{
	struct outbox_item *item = add_item(session, OUTBOX_SEND, room, text);
	outbox_set_files(item, files);
	session_pump(session);
	return item;
}

const struct outbox_item *session_reply(struct session *session, const char *room, int64_t target,
					const char *text)
{
	struct outbox_item *item = add_item(session, OUTBOX_SEND, room, text);
	item->target = target;
	session_pump(session);
	return item;
}

const struct outbox_item *session_change(struct session *session, enum outbox_kind kind, const char *room,
					 int64_t target, const char *text, bool is_on)
{
	assert(target > 0);
	struct outbox_item *item = add_item(session, kind, room, text);
	item->target = target;
	item->is_on = is_on;
	session_pump(session);
	return item;
}

void session_tell_typing(struct session *session, const char *room_name, bool is_on)
{
	struct json_out out;
	if (session->state != SESSION_READY)
		return;
	json_open(&out, session->out);
	json_text(&out, "op", "typing");
	json_text(&out, "room", room_name);
	json_bool(&out, "on", is_on);
	session_request_end(session, &out);
}

void session_quit(struct session *session)
{
	if (session->out && session->state != SESSION_LEAVING) {
		/* A guest who leaves gives up their name at once. An account stays a member. */
		buffer_add_string(session->out, session->is_account ? "{\"op\":\"quit\"}\n"
								    : "{\"op\":\"quit\",\"forget\":true}\n");
		session->state = SESSION_LEAVING;
	}
}

static int64_t silence_deadline(const struct session *session)
{
	if (!session->out)
		return INT64_MAX;
	if (session->state == SESSION_GREETING || session->pinged_ms)
		return (session->pinged_ms ? session->pinged_ms : session->heard_ms) + SILENCE_MS;
	bool is_owed = session->questions || session->outbox.under_way;
	return session->heard_ms + (is_owed ? IDLE_WAITING_MS : IDLE_MS);
}

int64_t session_deadline(const struct session *session)
{
	int64_t deadline = silence_deadline(session);
	for (size_t i = 0; session->out && i < session->room_count; i++)
		if (session->rooms[i]->gap_from)
			deadline = clock_earlier(deadline, session->rooms[i]->gap_deadline_ms);
	for (const struct outbox_item *item = session->outbox.first; session->out && item; item = item->next)
		if (!item->is_under_way && item->not_before_ms > session->now_ms)
			deadline = clock_earlier(deadline, item->not_before_ms);
	return deadline;
}

bool session_tick(struct session *session, int64_t now_ms)
{
	session->now_ms = now_ms;
	if (!session->out)
		return true;
	for (size_t i = 0; i < session->room_count; i++)
		if (session->rooms[i]->gap_from)
			session_drain(session, session->rooms[i]);
	session_pump(session);
	if (now_ms < silence_deadline(session))
		return true;
	if (session->state == SESSION_GREETING || session->pinged_ms)
		return false;
	struct json_out out;
	session_request(session, &out, QUESTION_QUIET, "ping", NULL);
	session_request_end(session, &out);
	session->pinged_ms = now_ms;
	return true;
}

enum session_state session_state(const struct session *session)
{
	return session->state;
}

const char *session_name(const struct session *session)
{
	return session->name;
}

bool session_is_account(const struct session *session)
{
	return session->is_account;
}

bool session_was_welcome(const struct session *session)
{
	return session->was_welcome;
}

bool session_said_bye(const struct session *session)
{
	return session->said_bye;
}

const char *session_secret(const struct session *session)
{
	return session->secret;
}

int64_t session_file_bytes(const struct session *session)
{
	return session->file_bytes;
}

size_t session_message_bytes(const struct session *session)
{
	return session->message_bytes;
}

const struct outbox *session_outbox(const struct session *session)
{
	return &session->outbox;
}

bool session_is_settled(const struct session *session)
{
	if (session->state != SESSION_READY || session->questions)
		return false;
	for (size_t i = 0; i < session->room_count; i++)
		if (session->rooms[i]->state != SESSION_ROOM_INSIDE || session->rooms[i]->is_loading)
			return false;
	return true;
}
