#include "client/client.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "client/answers.h"
#include "client/choices.h"
#include "client/clean.h"
#include "session/random.h"
#include "client/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_TRIES_MAX 60 /* names with a suffix that the filter tries */
#define NAME_NUMBERS   9  /* the first of them count: bot-2 to bot-9; then they are drawn */

static void write_line(struct client *client, enum client_stream stream, struct buffer *line)
{
	client->front.write(client->front.owner, stream, buffer_string(line));
	buffer_release(line);
}

/* A script is told which of its lines was refused, and by its exit status that one was. */
static void name_line(struct client *client, struct buffer *text)
{
	struct buffer named = BUFFER_EMPTY;
	lang_write(&named, client->lang, TEXT_client_at_line,
		   &(struct text_args){.number = client->input_line, .text = buffer_string(text)});
	buffer_release(text);
	*text = named;
	client->status = CLIENT_FAILED;
}

static void hooks_tell(struct client *client, enum client_stream stream, bool is_problem, enum text key,
		       const struct text_args *args)
{
	struct buffer text = BUFFER_EMPTY, line = BUFFER_EMPTY;
	lang_write(&text, client->lang, key, args ? args : &(struct text_args){0});
	if (is_problem && client->input_line)
		name_line(client, &text);
	if (stream == CLIENT_STATUS && !client->front.is_interactive)
		clean_text(&line, buffer_string(&text), "    ");
	else
		(is_problem ? show_problem : show_note)(&client->show, &line, buffer_string(&text));
	buffer_release(&text);
	write_line(client, stream, &line);
}

void client_note(struct client *client, enum text key, const struct text_args *args)
{
	hooks_tell(client, CLIENT_TALK, false, key, args);
}

void client_status(struct client *client, enum text key, const struct text_args *args)
{
	hooks_tell(client, CLIENT_STATUS, false, key, args);
}

void client_problem(struct client *client, enum text key, const struct text_args *args)
{
	hooks_tell(client, CLIENT_STATUS, true, key, args);
}

void client_aim_show(struct client *client, const char *room)
{
	const struct session_room *about = room ? session_find_room(client->session, room) : NULL;
	client->show.own_name = session_name(client->session);
	client->show.room = client->room;
	client->show.log = about ? &about->log : NULL;
}

void client_show(struct client *client, const json_t *object)
{
	if (client->front.wants_objects) {
		char *text = json_dumps(object, JSON_COMPACT);
		if (text)
			client->front.write(client->front.owner, CLIENT_TALK, text);
		free(text);
		return;
	}
	struct buffer line = BUFFER_EMPTY;
	bool is_one_room = client->front.is_interactive || client->options->room_count == 1;
	const char *op = json_string_value(json_object_get(object, "op"));
	if (op && !strcmp(op, "error") && !client->front.is_interactive) {
		const char *message = json_string_value(json_object_get(object, "message"));
		client_problem(client, TEXT_client_error, &(struct text_args){.text = message});
		return;
	}
	client_aim_show(client, json_string_value(json_object_get(object, "room")));
	client->show.room = is_one_room ? client->room : NULL;
	if (show_object(&client->show, &line, object))
		write_line(client, CLIENT_TALK, &line);
	else
		buffer_release(&line);
}

static void on_welcome(void *owner, bool again)
{
	struct client *client = owner;
	int64_t waiting = (int64_t)session_outbox(client->session)->count;
	client->welcomed_ms = clock_mono_ms();
	client->progress_ms = clock_mono_ms();
	if (again && waiting)
		client_status(client, TEXT_client_line_back_sending, &(struct text_args){.number = waiting});
	else if (again)
		client_status(client, TEXT_client_line_back, NULL);
	if (client->base_name && !names_equal(client->base_name, session_name(client->session))) {
		struct text_args args = {.text = client->base_name, .name = session_name(client->session)};
		client_status(client, TEXT_client_name_instead, &args);
		free(client->base_name);
		client->base_name = NULL;
	}
	account_welcomed(client);
	client->front.changed(client->front.owner);
}

static void refuse_client(struct client *client, const char *message, bool may_retry)
{
	free(client->problem);
	client->problem = mem_string(message);
	client->is_refused = true;
	client->may_retry = may_retry;
}

/* Several scripts may use one name at the same time: the others get a suffix, as in the simple form. */
static void try_another_name(struct client *client, const char *message)
{
	char suffix[16];
	unsigned number = ++client->name_tries + 1;
	if (client->name_tries > NAME_TRIES_MAX) {
		refuse_client(client, message, false);
		return;
	}
	if (!client->base_name)
		client->base_name = mem_string(session_name(client->session));
	if (number > NAME_NUMBERS)
		number = 1000 + random_below(9000);
	snprintf(suffix, sizeof suffix, "-%u", number);
	struct buffer name = BUFFER_EMPTY;
	buffer_add_string(&name, client->base_name);
	buffer_add_string(&name, suffix);
	session_set_name(client->session, buffer_string(&name));
	buffer_release(&name);
}

static void on_name_refused(void *owner, const char *code, const char *message)
{
	struct client *client = owner;
	bool is_taken = !strcmp(code, "name_taken"), is_slowed = !strcmp(code, "rate_limited");
	if (account_refused(client, code, message)) {
		client->front.changed(client->front.owner);
	} else if (is_slowed) {
		refuse_client(client, message, true);
	} else if (client->front.is_interactive) {
		struct buffer line = BUFFER_EMPTY;
		show_problem(&client->show, &line, message);
		write_line(client, CLIENT_STATUS, &line);
		client->is_naming = true;
		client->front.changed(client->front.owner);
	} else if (is_taken && !outbox_any_in_doubt(session_outbox(client->session))) {
		try_another_name(client, message);
	} else {
		/* Under another name the server could not tell what it has already: wait for ours. */
		refuse_client(client, message, is_taken);
	}
}

static void on_hello_refused(void *owner, const char *code, const char *message)
{
	refuse_client(owner, message, !strcmp(code, "busy") || !strcmp(code, "rate_limited"));
}

/* "While you were away: #ops 12 (2 for you), #lobby 3" */
static void hooks_tell_missed(struct client *client)
{
	if (buffer_length(&client->missed))
		client_note(client, TEXT_client_missed,
			    &(struct text_args){.text = buffer_string(&client->missed)});
	buffer_clear(&client->missed);
}

static void on_joined(void *owner, const struct session_room *room, enum session_join how)
{
	struct client *client = owner;
	client->progress_ms = clock_mono_ms();
	choices_load_room(client, room->name);
	/* We were inside before the line broke: what was said meanwhile comes now. */
	if (how == SESSION_JOIN_AGAIN && client->room && names_equal(client->room, room->name))
		hooks_tell_missed(client);
	if (client->going_to && names_equal(client->going_to, room->name)) {
		client_go_to_room(client, room->name);
		free(client->going_to);
		client->going_to = NULL;
	} else if (!client->room || names_equal(client->room, room->name)) {
		client_go_to_room(client, room->name);
	}
	if (how == SESSION_JOIN_RESET)
		client_status(client, TEXT_client_reset, &(struct text_args){.room = room->name});
}

void client_tell_unseen(struct client *client, const struct session_room *room)
{
	if (!room->unseen || !client->front.is_interactive || client->front.log_changed)
		return;
	size_t shown = room->log.count - roomlog_index(&room->log, room->unseen + 1);
	/* The server's count where there is one; entries that are not messages count otherwise. */
	int64_t behind = room->unseen - room->read, counted = room->unread - (int64_t)shown;
	struct text_args args = {.room = room->name,
				 .number = counted > 0 && counted < behind ? counted : behind};
	struct buffer next = BUFFER_EMPTY;
	buffer_printf(&next, "/history %d #%lld", LIMIT_PAGE_ENTRIES, (long long)room->unseen + 1);
	args.text = buffer_string(&next);
	client_note(client, TEXT_client_unseen, &args);
	buffer_release(&next);
}

static void on_missed(void *owner, const char *room, int64_t unread, int64_t mentions)
{
	struct client *client = owner;
	struct text_args args = {.room = room, .number = unread};
	choices_load_room(client, room);
	if (!client->front.is_interactive || client_level(client, room) == INTEREST_NOTHING)
		return;
	if (buffer_length(&client->missed))
		buffer_add_string(&client->missed, ", ");
	lang_write(&client->missed, client->lang, TEXT_client_missed_room, &args);
	args.number = mentions;
	if (mentions && *room != '@')
		lang_write(&client->missed, client->lang, TEXT_client_missed_meant, &args);
}

static void on_noticed(void *owner, const struct session_room *room, const json_t *object, bool is_meant)
{
	attention_message(owner, room, object, is_meant);
}

static void on_entered(void *owner, const struct session_room *room)
{
	struct client *client = owner;
	struct text_args args = {.room = room->name, .number = room->count, .text = room->topic};
	if (!client->front.is_interactive)
		return;
	bool is_current = client->room && names_equal(client->room, room->name);
	if (is_current)
		hooks_tell_missed(client);
	if (room->is_quiet && !is_current)
		return;
	client_tell_unseen(client, room);
	client_note(client, session_room_is_direct(room) ? TEXT_client_now_in : TEXT_client_joined, &args);
	if (*room->topic)
		client_note(client, TEXT_client_topic, &args);
}

/* One is in no room then: where what is typed goes is for the user to say. */
static void leave_current(struct client *client, const char *left)
{
	if (client->room && names_equal(client->room, left))
		client_go_to_room(client, NULL);
}

static void on_join_refused(void *owner, const char *room, const char *message)
{
	struct client *client = owner;
	/* A notice of a room that is lost is lost with it. */
	leave_current(client, room);
	client_problem(client, TEXT_client_join_refused, &(struct text_args){.room = room, .text = message});
	if (client->going_to && names_equal(client->going_to, room)) {
		free(client->going_to);
		client->going_to = NULL;
	}
	if (!client->front.is_interactive && names_equal(client->options->rooms[0], room))
		client_end(client, CLIENT_FAILED);
}

static void on_led(void *owner, const char *room, const char *problem)
{
	struct client *client = owner;
	if (problem) {
		client_problem(client, TEXT_client_link_refused, &(struct text_args){.text = problem});
		return;
	}
	free(client->going_to);
	client->going_to = mem_string(room);
}

static void on_entry(void *owner, const json_t *object, bool is_history)
{
	struct client *client = owner;
	if (!is_history)
		chatlog_entry(&client->chatlog, object);
	if (client_ignores(client, object))
		return;
	if (!client->front.log_changed) {
		client_show(client, object);
		return;
	}
	client->front.log_changed(client->front.owner, NULL);
	const char *op = json_string_value(json_object_get(object, "op"));
	if (!is_history && op && !strcmp(op, "message"))
		client->front.pushed(client->front.owner, object);
}

static void on_push(void *owner, const json_t *object)
{
	struct client *client = owner;
	const char *code = json_string_value(json_object_get(object, "code"));
	const char *message = json_string_value(json_object_get(object, "message"));
	/* Two runs that took the session from each other in turns would never come to rest. */
	if (code && !strcmp(code, "replaced"))
		refuse_client(client, message ? message : code, false);
	if (client->front.log_changed)
		client->front.pushed(client->front.owner, object);
	else
		client_show(client, object);
}

static void on_answer(void *owner, const struct session_question *question, const json_t *object)
{
	struct client *client = owner;
	const char *op = object ? json_string_value(json_object_get(object, "op")) : NULL;
	if (!strcmp(question->op, "leave") && op && strcmp(op, "error") != 0)
		leave_current(client, question->room);
	client->input_line = question->line;
	if (question->line && op && !strcmp(op, "error"))
		client->status = CLIENT_FAILED;
	if (!account_answered(client, question, object))
		answers_show(client, question, object);
	client->input_line = 0;
	client->front.changed(client->front.owner);
}

/* A front that shows the room's log loses what was told there with it: it is told again where the user is then. */
static void on_expelled(void *owner, const struct session_room *room, const json_t *object)
{
	struct client *client = owner;
	leave_current(client, room->name);
	if (!json_object_get(object, "message") && client->front.is_interactive)
		client_note(client, TEXT_client_left, &(struct text_args){.room = room->name});
	else if (client->front.log_changed)
		client_show(client, object);
}

static void on_room_renamed(void *owner, const char *old_name, const char *name)
{
	struct client *client = owner;
	client->front.room_renamed(client->front.owner, old_name, name);
	if (!client->room || !names_equal(client->room, old_name))
		return;
	free(client->room);
	client->room = mem_string(name);
	client->front.changed(client->front.owner);
}

static void on_invited(void *owner, const char *room, const char *by)
{
	client_note(owner, TEXT_client_invited, &(struct text_args){.room = room, .name = by});
}

static void on_paged(void *owner, const struct session_room *room)
{
	struct client *client = owner;
	if (client->front.log_changed)
		client->front.log_changed(client->front.owner, room);
}

static void on_renamed(void *owner, const char *old_name)
{
	struct client *client = owner;
	account_renamed(client, old_name);
	client->front.changed(client->front.owner);
}

/* A send is shown already; a change is told when it is stored. */
static void show_done(struct client *client, const struct outbox_item *item)
{
	struct text_args args = {.number = item->target, .text = item->text, .room = item->room};
	/* A front that shows the log needs no note: the message itself has changed. */
	if (client->front.log_changed)
		return;
	switch (item->kind) {
	case OUTBOX_SEND:
		break;
	case OUTBOX_EDIT:
		client_note(client, TEXT_client_done_edit, &args);
		break;
	case OUTBOX_DELETE:
		client_note(client, TEXT_client_done_delete, &args);
		break;
	case OUTBOX_REACT:
		client_note(client, item->is_on ? TEXT_client_done_react : TEXT_client_done_unreact, &args);
		break;
	}
}

static void on_settled(void *owner, const struct outbox_item *item, const json_t *error)
{
	struct client *client = owner;
	client->progress_ms = clock_mono_ms();
	if (client->front.log_changed)
		client->front.log_changed(client->front.owner, NULL);
	if (!error && item->kind == OUTBOX_SEND)
		chatlog_write(&client->chatlog, item->room, session_name(client->session), outbox_shown(item),
			      item->is_action, clock_wall_ms());
	if (!error) {
		show_done(client, item);
		return;
	}
	const char *message = json_string_value(json_object_get(error, "message"));
	struct text_args args = {.text = message, .room = item->room, .name = item->text};
	client->input_line = item->line;
	if (item->kind == OUTBOX_SEND)
		client_problem(client, TEXT_client_not_sent, &args);
	else
		client_show(client, error);
	client->input_line = 0;
	if (!client->front.is_interactive)
		client->status = CLIENT_FAILED;
}

bool client_trusts(void *owner, const char *fingerprint, bool is_certified)
{
	static const enum text keys[] = {
	    [TRUST_FIRST] = TEXT_client_tls_first,
	    [TRUST_FORGETFUL] = TEXT_client_tls_forgetful,
	    [TRUST_CHANGED] = TEXT_client_tls_changed,
	    [TRUST_NOT_CERTIFIED] = TEXT_client_tls_not_certified,
	    [TRUST_NOT_ASKED_FOR] = TEXT_client_tls_not_asked_for,
	};
	struct client *client = owner;
	const struct options *options = client->options;
	struct text_args args = {.name = options->host,
				 .room = options->port,
				 .text = fingerprint,
				 .by = client->trust_file ? client->trust_file : ""};
	enum trust_verdict verdict = trust_judge(client->trust_file, options->host, options->port,
						 fingerprint, is_certified, options->fingerprint);
	if (trust_is_refusal(verdict))
		client_problem(client, keys[verdict], &args);
	/* A script has nobody who could compare. */
	else if (verdict != TRUST_KNOWN && client->front.is_interactive)
		client_status(client, keys[verdict], &args);
	return !trust_is_refusal(verdict);
}

bool client_may_tell_secret(struct client *client)
{
	if (line_is_private(client->line) || client->options->tells_insecurely)
		return true;
	client_problem(client, TEXT_client_tls_secret, NULL);
	return false;
}

const struct session_hooks client_hooks = {
    .welcomed = on_welcome,
    .name_refused = on_name_refused,
    .hello_refused = on_hello_refused,
    .joined = on_joined,
    .entered = on_entered,
    .join_refused = on_join_refused,
    .led = on_led,
    .entry = on_entry,
    .pushed = on_push,
    .answered = on_answer,
    .expelled = on_expelled,
    .room_renamed = on_room_renamed,
    .invited = on_invited,
    .noticed = on_noticed,
    .missed = on_missed,
    .paged = on_paged,
    .renamed = on_renamed,
    .settled = on_settled,
};
