#include "client/session_state.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define GAP_MS       2000 /* how long a missing entry may still turn out to be our own */
#define BUSY_MS      250  /* after the first "busy"; doubled with each further one */
#define BUSY_MS_MAX  5000
#define REFUSALS_MAX 100

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static int64_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void set_text(char **slot, const char *text)
{
	char *copy = mem_string(text);
	free(*slot);
	*slot = copy;
}

/* Shows an entry, unless it is a message of ours that was shown when it was said: then its ack was lost,
 * and the next ack will say whether it is this one. */
static void show(struct session *session, json_t *object, bool is_history)
{
	const char *from = text_of(json_object_get(object, "from"), "name");
	if (!strcmp(text_of(object, "op"), "message") && names_equal(from, session->name)) {
		struct outbox_item *item = outbox_find_in_doubt(&session->outbox, text_of(object, "room"),
								text_of(object, "message"));
		if (item) {
			item->seen = json_incref(object);
			item->seen_seq = number_of(object, "seq");
			return;
		}
	}
	session->hooks.entry(session->hooks.owner, object, is_history);
}

/* What is missing may be our own and its ack still to come; otherwise the server is asked for it. */
static void look_for_gap(struct session *session, struct room *room)
{
	int64_t from, to;
	if (!cursor_gap(&room->cursor, &from, &to)) {
		room->gap_from = 0;
		return;
	}
	if (room->is_filling)
		return;
	if (room->gap_from != from) {
		room->gap_from = from;
		room->gap_deadline_ms = session->now_ms + GAP_MS;
	}
	if (!outbox_any_under_way(&session->outbox, room->name) || session->now_ms >= room->gap_deadline_ms) {
		room->gap_from = 0;
		session_ask_missing(session, room, from, to);
	}
}

void session_drain(struct session *session, struct room *room)
{
	if (room->state != ROOM_INSIDE || room->is_loading)
		return;
	if (!room->is_entered)
		session->hooks.entered(session->hooks.owner, room);
	room->is_entered = true;
	json_t *object;
	while ((object = cursor_take(&room->cursor))) {
		show(session, object, false);
		json_decref(object);
	}
	look_for_gap(session, room);
}

static void entry_came(struct session *session, json_t *object)
{
	struct room *room = session_own_room(session, text_of(object, "room"));
	int64_t seq = number_of(object, "seq");
	if (!room) {
		/* A direct conversation comes without being joined; a room that we have left may trail. */
		if (*text_of(object, "room") != '#')
			show(session, object, false);
		return;
	}
	if (room->state != ROOM_INSIDE || room->is_loading) {
		cursor_hold(&room->cursor, seq, object);
		return;
	}
	if (cursor_entry(&room->cursor, seq, object) == CURSOR_SHOW)
		show(session, object, false);
	session_drain(session, room);
}

static void gap_came(struct session *session, json_t *object)
{
	struct room *room = session_own_room(session, text_of(object, "room"));
	session->hooks.pushed(session->hooks.owner, object);
	if (room) {
		cursor_pass(&room->cursor, number_of(object, "to_seq"));
		session_drain(session, room);
	}
}

static void presence_came(struct session *session, json_t *object)
{
	struct room *room = session_own_room(session, text_of(object, "room"));
	const char *name = text_of(object, "name");
	if (room && *name) {
		bool is_enter = !strcmp(text_of(object, "op"), "enter");
		if (!is_enter)
			names_remove(&room->members, name);
		if (is_enter || *text_of(object, "new"))
			names_add(&room->members, is_enter ? name : text_of(object, "new"));
	}
	session->hooks.pushed(session->hooks.owner, object);
}

static void welcome_came(struct session *session, const json_t *object)
{
	bool again = session->was_welcome;
	const char *name = text_of(json_object_get(object, "user"), "name");
	int64_t bytes = number_of(json_object_get(object, "limits"), "message_bytes");
	session->was_welcome = true;
	session->state = SESSION_READY;
	set_text(&session->name, *name ? name : session->name);
	set_text(&session->secret, text_of(object, "session"));
	if (bytes > 0)
		session->message_bytes = (size_t)bytes;
	set_text(&session->epoch, text_of(object, "epoch"));
	session->hooks.welcomed(session->hooks.owner, again);
	for (size_t i = 0; i < session->room_count; i++)
		if (session->rooms[i]->state == ROOM_OUTSIDE)
			session_send_join(session, session->rooms[i]);
	session_pump(session);
}

static void hello_refused(struct session *session, const json_t *object)
{
	const char *code = text_of(object, "code"), *message = text_of(object, "message");
	if (!strcmp(code, "name_taken") || !strcmp(code, "bad_name")) {
		session->state = SESSION_NAMELESS;
		session->hooks.name_refused(session->hooks.owner, code, message);
	} else {
		session->hooks.hello_refused(session->hooks.owner, code, message);
	}
}

/* The server writes a room's name its own way. */
static void rename_room(struct session *session, struct room *room, const char *name)
{
	if (!*name || !strcmp(room->name, name))
		return;
	for (struct outbox_item *item = session->outbox.first; item; item = item->next)
		if (!strcmp(item->room, room->name))
			set_text(&item->room, name);
	set_text(&room->name, name);
}

static void joined_came(struct session *session, struct room *room, const json_t *object)
{
	int64_t seq = number_of(object, "seq");
	enum session_join how = SESSION_JOIN_AGAIN;
	rename_room(session, room, text_of(object, "room"));
	room->state = ROOM_INSIDE;
	room->count = number_of(object, "count");
	set_text(&room->topic, text_of(object, "topic"));
	set_text(&room->epoch, session->epoch);
	if (!room->has_cursor)
		how = SESSION_JOIN_FIRST;
	else if (json_is_true(json_object_get(object, "reset")) || seq < room->cursor.last)
		how = SESSION_JOIN_RESET;
	if (how != SESSION_JOIN_AGAIN)
		cursor_reset(&room->cursor, seq);
	if (how == SESSION_JOIN_RESET)
		room->history_wanted = session->history;
	room->has_cursor = true;
	session->hooks.joined(session->hooks.owner, room, how);
	if (session->wants_members)
		session_ask_members(session, room);
	if (room->history_wanted && room->cursor.last)
		session_ask_before(session, room);
	else
		room->history_wanted = 0;
	session_drain(session, room);
	session_pump(session);
}

static void show_page(struct session *session, const json_t *object)
{
	size_t i;
	json_t *message;
	json_array_foreach(json_object_get(object, "messages"), i, message) show(session, message, true);
}

/* Entries that never came: the page has those that still read as messages, the others are passed over. */
static void fill_came(struct session *session, struct room *room, const json_t *object, int64_t to)
{
	size_t i;
	json_t *message;
	int64_t reached = 0;
	json_array_foreach(json_object_get(object, "messages"), i, message)
	{
		int64_t seq = number_of(message, "seq");
		if (seq > to)
			break;
		cursor_pass(&room->cursor, seq - 1);
		if (cursor_entry(&room->cursor, seq, message) == CURSOR_SHOW)
			show(session, message, false);
		reached = seq;
	}
	if (!reached || !json_is_true(json_object_get(object, "more")))
		cursor_pass(&room->cursor, to);
	room->is_filling = false;
	session_drain(session, room);
}

static void members_came(struct room *room, const json_t *object)
{
	size_t i;
	json_t *member;
	names_release(&room->members);
	json_array_foreach(json_object_get(object, "members"), i, member)
	    names_add(&room->members, text_of(member, "name"));
}

static void user_answered(struct session *session, struct session_question *question, const json_t *object)
{
	bool is_granted = strcmp(text_of(object, "op"), "error") != 0;
	struct room *room = question->room ? session_own_room(session, question->room) : NULL;
	if (is_granted && !strcmp(question->op, "nick"))
		set_text(&session->name, question->argument);
	if (is_granted && !strcmp(question->op, "who") && room)
		members_came(room, object);
	if (is_granted && !strcmp(question->op, "leave") && room)
		session_forget_room(session, room);
	session->hooks.answered(session->hooks.owner, question, object);
}

static void question_answered(struct session *session, struct session_question *question, json_t *object)
{
	bool is_error = !strcmp(text_of(object, "op"), "error");
	struct room *room = question->room ? session_own_room(session, question->room) : NULL;
	switch (question->purpose) {
	case QUESTION_HELLO:
		if (is_error)
			hello_refused(session, object);
		else
			welcome_came(session, object);
		break;
	case QUESTION_JOIN:
		if (is_error) {
			session->hooks.join_refused(session->hooks.owner, question->room,
						    text_of(object, "message"));
			if (room)
				session_forget_room(session, room);
			session_pump(session);
		} else if (room) {
			joined_came(session, room, object);
		}
		break;
	case QUESTION_HISTORY:
		if (room) {
			show_page(session, object);
			room->is_loading = false;
			room->history_wanted = 0;
			session_drain(session, room);
		}
		break;
	case QUESTION_FILL:
		if (room)
			fill_came(session, room, object, question->fill_to);
		break;
	case QUESTION_MEMBERS:
		if (room && !is_error)
			members_came(room, object);
		break;
	case QUESTION_PING:
		break;
	case QUESTION_USER:
		user_answered(session, question, object);
		break;
	}
}

static void item_acknowledged(struct session *session, struct outbox_item *item, const json_t *object)
{
	struct room *room = session_own_room(session, item->room);
	int64_t seq = number_of(object, "seq");
	/* What was taken for this item was said elsewhere: late is better than never. */
	if (item->seen && item->seen_seq != seq)
		session->hooks.entry(session->hooks.owner, item->seen, false);
	if (room)
		cursor_own(&room->cursor, seq);
	session->hooks.settled(session->hooks.owner, item, NULL);
	outbox_remove(&session->outbox, item);
	if (room)
		session_drain(session, room);
	session_pump(session);
}

static void item_refused(struct session *session, struct outbox_item *item, const json_t *object)
{
	const char *code = text_of(object, "code");
	bool may_retry = !strcmp(code, "busy") || !strcmp(code, "rate_limited");
	if (may_retry && item->refusals < REFUSALS_MAX) {
		int64_t wait_ms = item->refusals > 5 ? BUSY_MS_MAX : BUSY_MS << item->refusals;
		outbox_put_off(&session->outbox, item,
			       session->now_ms + (wait_ms < BUSY_MS_MAX ? wait_ms : BUSY_MS_MAX));
		return;
	}
	session->hooks.settled(session->hooks.owner, item, object);
	outbox_remove(&session->outbox, item);
	session_pump(session);
}

/* An answer to something that we said or asked; false where nobody waits for it. */
static bool answer_came(struct session *session, json_t *object)
{
	const char *id = text_of(object, "id");
	struct outbox_item *item = outbox_find(&session->outbox, id);
	if (item) {
		if (!strcmp(text_of(object, "op"), "ack"))
			item_acknowledged(session, item, object);
		else
			item_refused(session, item, object);
		return true;
	}
	struct session_question **at = &session->questions;
	while (*at && strcmp((*at)->id, id) != 0)
		at = &(*at)->next;
	if (!*at)
		return false;
	struct session_question *question = *at;
	*at = question->next;
	question_answered(session, question, object);
	session_free_question(question);
	return true;
}

static void bye_came(struct session *session, json_t *object)
{
	(void)object;
	session->said_bye = true;
}

static void pushed_came(struct session *session, json_t *object)
{
	session->hooks.pushed(session->hooks.owner, object);
}

static const struct {
	const char *op;
	void (*came)(struct session *session, json_t *object);
} pushes[] = {
    {"message", entry_came}, {"edit", entry_came},     {"delete", entry_came},  {"react", entry_came},
    {"topic", entry_came},   {"enter", presence_came}, {"exit", presence_came}, {"nick", presence_came},
    {"gap", gap_came},       {"bye", bye_came},
};

bool session_receive(struct session *session, const char *line, size_t length, int64_t now_ms)
{
	session->now_ms = session->heard_ms = now_ms;
	session->pinged_ms = 0;
	json_t *object = json_loadb(line, length, JSON_ALLOW_NUL, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		return false;
	}
	const char *op = text_of(object, "op");
	if (!*text_of(object, "id") || !answer_came(session, object)) {
		/* What we do not know is an entry all the same if it has a place in the log. */
		void (*came)(struct session *, json_t *) =
		    number_of(object, "seq") ? entry_came : pushed_came;
		for (size_t i = 0; i < sizeof pushes / sizeof *pushes; i++)
			if (!strcmp(pushes[i].op, op))
				came = pushes[i].came;
		came(session, object);
	}
	json_decref(object);
	return true;
}
