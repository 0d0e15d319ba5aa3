#include "session/session_state.h"

#include "base/memory.h"
#include "wire/json_out.h"

#include <stdlib.h>
#include <string.h>

#define BUSY_MS            250 /* after the first "busy"; doubled with each further one */
#define BUSY_MS_MAX        5000
#define REFUSALS_MAX       100
#define BLIND_REFUSALS_MAX 2 /* of an item whose id the server did not even read */

static void receive_set_text(char **slot, const char *text)
{
	char *copy = mem_string(text);
	free(*slot);
	*slot = copy;
}

static void tell_pushed(struct session *session, json_t *object)
{
	struct session_room *room = session_own_room(session, session_text(object, "room"));
	if (room)
		session_note_push(room, object);
	session->hooks.pushed(session->hooks.owner, object);
}

/* Our conversation with somebody is called as they are, and our own as we are. */
static void rename_direct(struct session *session, const char *old, const char *name)
{
	char *room_name = mem_alloc(strlen(old) + strlen(name) + 2);
	stpcpy(stpcpy(room_name, "@"), old);
	struct session_room *direct = session_own_room(session, room_name);
	stpcpy(stpcpy(room_name, "@"), name);
	if (direct && !session_own_room(session, room_name))
		session_rename_room(session, direct, room_name);
	free(room_name);
}

/* We, or another device of ours, took another name. */
static void own_name_came(struct session *session, const char *name)
{
	char *old = session->name;
	rename_direct(session, old, name);
	session->name = mem_string(name);
	session->hooks.renamed(session->hooks.owner, old);
	free(old);
}

/* Somebody is called otherwise, and so is our conversation with them. */
static void nick_came(struct session *session, json_t *object)
{
	const char *old = session_text(object, "name"), *name = session_text(object, "new");
	struct session_room *room = session_own_room(session, session_text(object, "room"));
	if (room) {
		names_remove(&room->members, old);
		names_add(&room->members, name);
	}
	rename_direct(session, old, name);
	tell_pushed(session, object);
	if (*name && names_equal(old, session->name) && strcmp(name, session->name) != 0)
		own_name_came(session, name);
}

/* Somebody was sent out of a room, perhaps we. */
static void expulsion_came(struct session *session, json_t *object)
{
	struct session_room *room = session_own_room(session, session_text(object, "room"));
	const char *name = session_text(object, "name");
	if (room)
		names_remove(&room->members, name);
	tell_pushed(session, object);
	if (!room || !names_equal(name, session->name))
		return;
	session->hooks.expelled(session->hooks.owner, room, object);
	session_forget_room(session, room);
}

/* The user has read this on another device. */
static void read_came(struct session *session, json_t *object)
{
	struct session_room *room = session_own_room(session, session_text(object, "room"));
	if (!room)
		return;
	session_room_mark_read(room, session_number(object, "seq"));
	room->read_told = room->read;
}

static void presence_came(struct session *session, json_t *object)
{
	struct session_room *room = session_own_room(session, session_text(object, "room"));
	const char *name = session_text(object, "name");
	if (room && *name) {
		if (!strcmp(session_text(object, "op"), "enter"))
			names_add(&room->members, name);
		else
			names_remove(&room->members, name);
	}
	tell_pushed(session, object);
}

static void invitations_came(struct session *session, const json_t *invitations)
{
	size_t i;
	json_t *one;
	json_array_foreach(invitations, i, one)
	{
		session->hooks.invited(session->hooks.owner, session_text(one, "room"),
				       session_text(one, "by"));
	}
}

static void session_ask_link(struct session *session)
{
	struct json_out out;
	session_request(session, &out, QUESTION_INVITATION, "invitation", NULL);
	json_text(&out, "link", session->link);
	session_request_end(session, &out);
}

static void welcome_came(struct session *session, const json_t *object)
{
	bool again = session->was_welcome;
	const char *name = session_text(json_object_get(object, "user"), "name");
	int64_t bytes = session_number(json_object_get(object, "limits"), "message_bytes");
	session->was_welcome = true;
	session->state = SESSION_READY;
	receive_set_text(&session->name, *name ? name : session->name);
	receive_set_text(&session->secret, session_text(object, "session"));
	if (bytes > 0)
		session->message_bytes = (size_t)bytes;
	session->file_bytes = session_number(json_object_get(object, "limits"), "file_bytes");
	receive_set_text(&session->epoch, session_text(object, "epoch"));
	session->is_account = json_is_true(json_object_get(json_object_get(object, "user"), "account"));
	session_wipe_password(session);
	session->hooks.welcomed(session->hooks.owner, again);
	session_take_rooms(session, json_object_get(object, "rooms"));
	invitations_came(session, json_object_get(object, "invitations"));
	for (size_t i = 0; i < session->room_count; i++)
		if (session->rooms[i]->state == SESSION_ROOM_OUTSIDE)
			session_send_join(session, session->rooms[i]);
	if (session->wants_members) {
		struct json_out out;
		session_request(session, &out, QUESTION_ROOMS, "rooms", NULL);
		session_request_end(session, &out);
	}
	if (session->link && !again)
		session_ask_link(session);
	session_pump(session);
}

/* The invitation link leads to a room: the session joins it. */
static void link_came(struct session *session, const json_t *object)
{
	const char *room = session_text(object, "room");
	if (!strcmp(session_text(object, "op"), "error")) {
		session->hooks.led(session->hooks.owner, "", session_text(object, "message"));
		return;
	}
	if (!*room)
		return;
	receive_set_text(&session->link_room, room);
	session->hooks.led(session->hooks.owner, room, NULL);
	session_join(session, room);
}

/* The connection stays open: another name or another proof may still be accepted. */
static bool is_name_refusal(const struct session *session, const char *code)
{
	static const char *const codes[] = {"name_taken", "bad_name", "auth_required", "auth_failed",
					    "insecure"};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (!strcmp(code, codes[i]))
			return true;
	return session->is_proving && !strcmp(code, "rate_limited");
}

static void hello_refused(struct session *session, const json_t *object)
{
	const char *code = session_text(object, "code"), *message = session_text(object, "message");
	bool wants_code = session->password && !strcmp(session_text(object, "field"), "code");
	if (!wants_code)
		session_wipe_password(session);
	if (wants_code) {
		session->state = SESSION_NAMELESS;
		session->hooks.name_refused(session->hooks.owner, SESSION_WANTS_CODE, message);
	} else if (is_name_refusal(session, code)) {
		session->state = SESSION_NAMELESS;
		session->hooks.name_refused(session->hooks.owner, code, message);
	} else {
		session->hooks.hello_refused(session->hooks.owner, code, message);
	}
}

static void joined_came(struct session *session, struct session_room *room, const json_t *object)
{
	int64_t seq = session_number(object, "seq");
	enum session_join how = SESSION_JOIN_AGAIN;
	session_rename_room(session, room, session_text(object, "room"));
	room->state = SESSION_ROOM_INSIDE;
	room->count = session_number(object, "count");
	/* Somebody who came by a link had no row of the room. An older server does not say so. */
	room->is_private |= json_is_true(json_object_get(object, "private"));
	room->caught_up = seq;
	receive_set_text(&room->topic, session_text(object, "topic"));
	receive_set_text(&room->epoch, session->epoch);
	if (!room->has_place)
		how = SESSION_JOIN_FIRST;
	else if (json_is_true(json_object_get(object, "reset")) || seq < room->place.last)
		how = SESSION_JOIN_RESET;
	if (how != SESSION_JOIN_AGAIN)
		place_reset(&room->place, seq);
	if (how == SESSION_JOIN_RESET) {
		room->history_wanted = session->history;
		roomlog_clear(&room->log);
	}
	/* A user who comes for the first time has missed nothing. */
	if (!room->knows_read) {
		room->read = room->counted = seq;
		room->knows_read = true;
	}
	room->has_place = true;
	room->log.is_complete |= !room->place.last;
	session->hooks.joined(session->hooks.owner, room, how);
	if (session->wants_members && !session_room_is_direct(room))
		session_ask_members(session, room);
	bool is_since = session->since_ms || session->since_seq;
	if (how == SESSION_JOIN_FIRST && is_since && room->place.last) {
		room->since_low = session->since_seq ? session->since_seq - 1 : 0;
		room->since_high = session->since_seq ? room->since_low : room->place.last;
		room->sought_ms = session->since_ms;
		session_ask_since(session, room);
	} else if (room->history_wanted && room->place.last)
		session_ask_before(session, room);
	else
		room->history_wanted = 0;
	session_drain(session, room);
	session_pump(session);
}

/* A list that came replaces the one that was known. */
static void members_came(struct session_room *room, const json_t *object)
{
	size_t i;
	json_t *member;
	names_release(&room->members);
	json_array_foreach(json_object_get(object, "members"), i, member)
	{
		struct name *name = names_add(&room->members, session_text(member, "name"));
		if (!name)
			continue;
		name->rank = session_rank(session_text(member, "role"));
		name->is_absent =
		    json_is_false(json_object_get(member, "online")) || json_object_get(member, "away");
	}
}

static void rooms_came(struct session *session, const json_t *object)
{
	size_t i;
	json_t *room;
	names_release(&session->known_rooms);
	json_array_foreach(json_object_get(object, "rooms"), i, room)
	{
		names_add(&session->known_rooms, session_text(room, "room"));
	}
}

/* A conversation in which nothing was said yet is not the server's: leaving it is ours alone. */
static bool leaves_unbegun(const struct session_question *question, const struct session_room *room,
			   const json_t *object)
{
	return !strcmp(question->op, "leave") && room && session_room_is_direct(room) &&
	       !strcmp(session_text(object, "code"), "no_room");
}

static void user_answered(struct session *session, struct session_question *question, const json_t *object)
{
	struct session_room *room = question->room ? session_own_room(session, question->room) : NULL;
	json_t *left = leaves_unbegun(question, room, object) ? json_pack("{ss}", "op", "ok") : NULL;
	if (left)
		object = left;
	bool is_granted = strcmp(session_text(object, "op"), "error") != 0;
	if (is_granted && !strcmp(question->op, "nick"))
		own_name_came(session, question->argument);
	if (is_granted && !strcmp(question->op, "register"))
		session->is_account = true;
	if (is_granted && !strcmp(question->op, "rooms"))
		rooms_came(session, object);
	if (is_granted && !strcmp(question->op, "topic") && room)
		receive_set_text(&room->topic, question->argument ? question->argument : "");
	if (is_granted && !strcmp(question->op, "history") && room)
		session_saw_page(room, question->before, object);
	/* A topic is an entry, which our own line is not shown. */
	if (is_granted && !strcmp(question->op, "topic") && room) {
		place_own(&room->place, session_number(object, "seq"));
		session_drain(session, room);
	}
	if (is_granted && !strcmp(question->op, "who") && room)
		members_came(room, object);
	if (is_granted && !strcmp(question->op, "leave") && room)
		session_forget_room(session, room);
	session->hooks.answered(session->hooks.owner, question, object);
	json_decref(left);
}

static void join_refused(struct session *session, const struct session_question *question,
			 struct session_room *room, const json_t *object)
{
	session->hooks.join_refused(session->hooks.owner, question->room, session_text(object, "message"));
	if (room)
		session_forget_room(session, room);
	session_pump(session);
}

static void question_answered(struct session *session, struct session_question *question, json_t *object)
{
	bool is_error = !strcmp(session_text(object, "op"), "error");
	struct session_room *room = question->room ? session_own_room(session, question->room) : NULL;
	switch (question->purpose) {
	case QUESTION_HELLO:
		if (is_error)
			hello_refused(session, object);
		else
			welcome_came(session, object);
		break;
	case QUESTION_JOIN:
		if (is_error)
			join_refused(session, question, room, object);
		else if (room)
			joined_came(session, room, object);
		break;
	case QUESTION_HISTORY:
		if (room)
			session_history_came(session, room, object);
		break;
	case QUESTION_SINCE:
	case QUESTION_SEEK:
		if (room)
			session_sought_came(session, room, question, object);
		break;
	case QUESTION_PAGE:
		if (room)
			session_page_came(session, room, question, object);
		break;
	case QUESTION_FILL:
		if (room)
			session_fill_came(session, room, object, question->fill_to);
		break;
	case QUESTION_MEMBERS:
		if (room && !is_error)
			members_came(room, object);
		break;
	case QUESTION_ROOMS:
		if (!is_error)
			rooms_came(session, object);
		break;
	case QUESTION_INVITATION:
		link_came(session, object);
		break;
	case QUESTION_QUIET:
		break;
	case QUESTION_USER:
		user_answered(session, question, object);
		break;
	}
}

static void item_refused(struct session *session, struct outbox_item *item, const json_t *object)
{
	const char *code = session_text(object, "code");
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
	const char *id = session_text(object, "id");
	struct outbox_item *item = outbox_find(&session->outbox, id);
	if (item) {
		if (!strcmp(session_text(object, "op"), "ack"))
			session_item_stored(session, item, session_number(object, "seq"),
					    session_text(object, "room"));
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
	tell_pushed(session, object);
}

/* An error that names no request: what the server could not even read, it refused all the same. The first
 * thing that is under way is the one that it means. */
static void error_came(struct session *session, json_t *object)
{
	static const char *const unread[] = {"bad_json", "bad_field", "too_large"};
	const char *code = session_text(object, "code");
	struct outbox_item *item = session->outbox.first;
	while (item && !item->is_under_way)
		item = item->next;
	bool is_refusal = false;
	for (size_t i = 0; i < sizeof unread / sizeof *unread; i++)
		is_refusal |= !strcmp(unread[i], code);
	if (!item || !is_refusal || *session_text(object, "id")) {
		pushed_came(session, object);
		return;
	}
	/* Once may be an accident; an item that is refused twice must not stop all others for ever. */
	if (++item->blind_refusals < BLIND_REFUSALS_MAX)
		return;
	session->hooks.settled(session->hooks.owner, item, object);
	outbox_remove(&session->outbox, item);
}

static void role_came(struct session *session, json_t *object)
{
	struct session_room *room = session_own_room(session, session_text(object, "room"));
	const char *name = session_text(object, "name");
	char rank = session_rank(session_text(object, "role"));
	struct name *member = room ? names_find(&room->members, name) : NULL;
	if (member)
		member->rank = rank;
	if (room && names_equal(name, session->name))
		room->rank = rank;
	pushed_came(session, object);
}

static void set_came(struct session *session, json_t *object)
{
	struct session_room *room = session_own_room(session, session_text(object, "room"));
	const json_t *is_private = json_object_get(object, "private");
	if (room && is_private)
		room->is_private = json_is_true(is_private);
	pushed_came(session, object);
}

/* Entries have a place in a log, and with an `id` they are our own: none is ever taken for an answer. */
static const struct {
	const char *op;
	void (*came)(struct session *session, json_t *object);
} pushes[] = {
    {"message", session_entry_came},
    {"edit", session_entry_came},
    {"delete", session_entry_came},
    {"react", session_entry_came},
    {"topic", session_entry_came},
    {"enter", presence_came},
    {"exit", presence_came},
    {"nick", nick_came},
    {"kick", expulsion_came},
    {"ban", expulsion_came},
    {"read", read_came},
    {"gap", session_gap_came},
    {"membership", session_membership_came},
    {"role", role_came},
    {"set", set_came},
    {"bye", bye_came},
    {"error", error_came},
};

static void (*came_of(const char *op))(struct session *, json_t *)
{
	for (size_t i = 0; i < sizeof pushes / sizeof *pushes; i++)
		if (!strcmp(pushes[i].op, op))
			return pushes[i].came;
	return NULL;
}

bool session_receive(struct session *session, const char *line, size_t length, int64_t now_ms)
{
	session->now_ms = session->heard_ms = now_ms;
	session->pinged_ms = 0;
	json_t *object = json_loadb(line, length, JSON_ALLOW_NUL, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		return false;
	}
	void (*came)(struct session *, json_t *) = came_of(session_text(object, "op"));
	bool may_answer = *session_text(object, "id") && came != session_entry_came;
	if (!may_answer || !answer_came(session, object)) {
		/* An unknown op is an entry all the same if it has a place in the log. */
		if (!came)
			came = session_number(object, "seq") > 0 ? session_entry_came : pushed_came;
		came(session, object);
	}
	json_decref(object);
	return true;
}
