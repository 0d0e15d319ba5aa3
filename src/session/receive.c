#include "session/session_state.h"

#include "base/memory.h"
#include "wire/json_out.h"

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

/* What later replies and reactions may be about. */
static void remember(const struct session *session, struct session_room *room, const json_t *object)
{
	const char *op = text_of(object, "op"), *from = text_of(json_object_get(object, "from"), "name");
	int64_t seq = number_of(object, "seq"), target = number_of(object, "target");
	bool is_message = !strcmp(op, "message");
	if (is_message && !json_is_true(json_object_get(object, "deleted")))
		recent_add(&room->recent, seq, from, text_of(object, "message"));
	else if (!strcmp(op, "edit"))
		recent_change(&room->recent, target, text_of(object, "message"));
	else if (!strcmp(op, "delete"))
		recent_forget(&room->recent, target);
	if (is_message && seq > room->read && !names_equal(from, session->name))
		room->unread++;
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
	struct session_room *room = session_own_room(session, text_of(object, "room"));
	session->hooks.entry(session->hooks.owner, object, is_history);
	if (room)
		remember(session, room, object);
}

/* What is missing may be our own and its ack still to come; otherwise the server is asked for it. */
static void look_for_gap(struct session *session, struct session_room *room)
{
	int64_t from, to;
	if (!place_gap(&room->place, &from, &to)) {
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

void session_drain(struct session *session, struct session_room *room)
{
	if (room->state != SESSION_ROOM_INSIDE || room->is_loading)
		return;
	if (!room->is_entered)
		session->hooks.entered(session->hooks.owner, room);
	room->is_entered = true;
	json_t *object;
	while ((object = place_take(&room->place))) {
		show(session, object, false);
		json_decref(object);
	}
	look_for_gap(session, room);
}

static void entry_came(struct session *session, json_t *object)
{
	struct session_room *room = session_own_room(session, text_of(object, "room"));
	int64_t seq = number_of(object, "seq");
	/* A direct conversation comes without being joined; a room that we have left may trail. */
	if (!room && *text_of(object, "room") == '@' && seq)
		room = session_follow_direct(session, text_of(object, "room"), seq - 1);
	if (!room) {
		if (*text_of(object, "room") != '#')
			show(session, object, false);
		return;
	}
	if (room->state != SESSION_ROOM_INSIDE || room->is_loading) {
		place_hold(&room->place, seq, object);
		return;
	}
	if (place_entry(&room->place, seq, object) == PLACE_SHOW)
		show(session, object, false);
	session_drain(session, room);
}

static void gap_came(struct session *session, json_t *object)
{
	struct session_room *room = session_own_room(session, text_of(object, "room"));
	session->hooks.pushed(session->hooks.owner, object);
	if (room) {
		place_pass(&room->place, number_of(object, "to_seq"));
		session_drain(session, room);
	}
}

/* Another device of ours took another name. */
static void own_name_came(struct session *session, const char *name)
{
	char *old = session->name;
	session->name = mem_string(name);
	session->hooks.renamed(session->hooks.owner, old);
	free(old);
}

/* Somebody is called otherwise, and so is our conversation with him. */
static void nick_came(struct session *session, json_t *object)
{
	const char *old = text_of(object, "name"), *name = text_of(object, "new");
	char *room_name = mem_alloc(strlen(old) + strlen(name) + 2);
	struct session_room *room = session_own_room(session, text_of(object, "room"));
	if (room) {
		names_remove(&room->members, old);
		names_add(&room->members, name);
	}
	stpcpy(stpcpy(room_name, "@"), old);
	struct session_room *direct = session_own_room(session, room_name);
	stpcpy(stpcpy(room_name, "@"), name);
	if (direct && !session_own_room(session, room_name))
		session_rename_room(session, direct, room_name);
	free(room_name);
	session->hooks.pushed(session->hooks.owner, object);
	if (*name && names_equal(old, session->name) && strcmp(name, session->name) != 0)
		own_name_came(session, name);
}

/* Somebody was sent out of a room, perhaps we. */
static void expulsion_came(struct session *session, json_t *object)
{
	struct session_room *room = session_own_room(session, text_of(object, "room"));
	const char *name = text_of(object, "name");
	if (room)
		names_remove(&room->members, name);
	session->hooks.pushed(session->hooks.owner, object);
	if (!room || !names_equal(name, session->name))
		return;
	session->hooks.expelled(session->hooks.owner, room);
	session_forget_room(session, room);
}

/* The user has read this on another device. */
static void read_came(struct session *session, json_t *object)
{
	struct session_room *room = session_own_room(session, text_of(object, "room"));
	if (!room)
		return;
	session_room_mark_read(room, number_of(object, "seq"));
	room->read_told = room->read;
}

static void presence_came(struct session *session, json_t *object)
{
	struct session_room *room = session_own_room(session, text_of(object, "room"));
	const char *name = text_of(object, "name");
	if (room && *name) {
		if (!strcmp(text_of(object, "op"), "enter"))
			names_add(&room->members, name);
		else
			names_remove(&room->members, name);
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
	session->is_account = json_is_true(json_object_get(json_object_get(object, "user"), "account"));
	session_wipe_password(session);
	session->hooks.welcomed(session->hooks.owner, again);
	session_take_rooms(session, json_object_get(object, "rooms"));
	for (size_t i = 0; i < session->room_count; i++)
		if (session->rooms[i]->state == SESSION_ROOM_OUTSIDE)
			session_send_join(session, session->rooms[i]);
	if (session->wants_members) {
		struct json_out out;
		session_request(session, &out, QUESTION_ROOMS, "rooms", NULL);
		session_request_end(session, &out);
	}
	session_pump(session);
}

/* With another name or another proof the same line may still do. */
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
	const char *code = text_of(object, "code"), *message = text_of(object, "message");
	session_wipe_password(session);
	if (is_name_refusal(session, code)) {
		session->state = SESSION_NAMELESS;
		session->hooks.name_refused(session->hooks.owner, code, message);
	} else {
		session->hooks.hello_refused(session->hooks.owner, code, message);
	}
}

static void joined_came(struct session *session, struct session_room *room, const json_t *object)
{
	int64_t seq = number_of(object, "seq");
	enum session_join how = SESSION_JOIN_AGAIN;
	session_rename_room(session, room, text_of(object, "room"));
	room->state = SESSION_ROOM_INSIDE;
	room->count = number_of(object, "count");
	set_text(&room->topic, text_of(object, "topic"));
	set_text(&room->epoch, session->epoch);
	if (!room->has_place)
		how = SESSION_JOIN_FIRST;
	else if (json_is_true(json_object_get(object, "reset")) || seq < room->place.last)
		how = SESSION_JOIN_RESET;
	if (how != SESSION_JOIN_AGAIN)
		place_reset(&room->place, seq);
	if (how == SESSION_JOIN_RESET)
		room->history_wanted = session->history;
	room->has_place = true;
	session->hooks.joined(session->hooks.owner, room, how);
	if (session->wants_members && !session_room_is_direct(room))
		session_ask_members(session, room);
	if (room->history_wanted && room->place.last)
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
static void fill_came(struct session *session, struct session_room *room, const json_t *object, int64_t to)
{
	size_t i;
	json_t *message;
	int64_t reached = 0;
	json_array_foreach(json_object_get(object, "messages"), i, message)
	{
		int64_t seq = number_of(message, "seq");
		if (seq > to)
			break;
		place_pass(&room->place, seq - 1);
		if (place_entry(&room->place, seq, message) == PLACE_SHOW)
			show(session, message, false);
		reached = seq;
	}
	if (!reached || !json_is_true(json_object_get(object, "more")))
		place_pass(&room->place, to);
	room->is_filling = false;
	session_drain(session, room);
}

/* A list that came replaces the one that was known; `field` of its elements is their name. */
static void take_names(struct names *names, const json_t *list, const char *field)
{
	size_t i;
	json_t *element;
	names_release(names);
	json_array_foreach(list, i, element) names_add(names, text_of(element, field));
}

static void members_came(struct session_room *room, const json_t *object)
{
	take_names(&room->members, json_object_get(object, "members"), "name");
}

static void rooms_came(struct session *session, const json_t *object)
{
	take_names(&session->known_rooms, json_object_get(object, "rooms"), "room");
}

static void user_answered(struct session *session, struct session_question *question, const json_t *object)
{
	bool is_granted = strcmp(text_of(object, "op"), "error") != 0;
	struct session_room *room = question->room ? session_own_room(session, question->room) : NULL;
	if (is_granted && !strcmp(question->op, "nick"))
		own_name_came(session, question->argument);
	if (is_granted && !strcmp(question->op, "register"))
		session->is_account = true;
	if (is_granted && !strcmp(question->op, "rooms"))
		rooms_came(session, object);
	/* A topic is an entry, which our own line is not shown. */
	if (!strcmp(text_of(object, "op"), "ack") && room) {
		place_own(&room->place, number_of(object, "seq"));
		session_drain(session, room);
	}
	if (is_granted && !strcmp(question->op, "who") && room)
		members_came(room, object);
	if (is_granted && !strcmp(question->op, "leave") && room)
		session_forget_room(session, room);
	session->hooks.answered(session->hooks.owner, question, object);
}

static void question_answered(struct session *session, struct session_question *question, json_t *object)
{
	bool is_error = !strcmp(text_of(object, "op"), "error");
	struct session_room *room = question->room ? session_own_room(session, question->room) : NULL;
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
	case QUESTION_ROOMS:
		if (!is_error)
			rooms_came(session, object);
		break;
	case QUESTION_QUIET:
		break;
	case QUESTION_USER:
		user_answered(session, question, object);
		break;
	}
}

/* What we changed reads so from now on, also to us. */
static void remember_own(const struct session *session, struct session_room *room,
			 const struct outbox_item *item, int64_t seq)
{
	if (item->kind == OUTBOX_SEND)
		recent_add(&room->recent, seq, session->name, item->text);
	else if (item->kind == OUTBOX_EDIT)
		recent_change(&room->recent, item->target, item->text);
	else if (item->kind == OUTBOX_DELETE)
		recent_forget(&room->recent, item->target);
}

static void item_acknowledged(struct session *session, struct outbox_item *item, const json_t *object)
{
	struct session_room *room = session_own_room(session, item->room);
	int64_t seq = number_of(object, "seq");
	/* Whom we write to, we are in a conversation with. */
	if (!room && *item->room == '@')
		room = session_follow_direct(
		    session, *text_of(object, "room") ? text_of(object, "room") : item->room, seq - 1);
	/* What was taken for this item was said elsewhere: late is better than never. */
	if (item->seen && item->seen_seq != seq)
		session->hooks.entry(session->hooks.owner, item->seen, false);
	if (room) {
		place_own(&room->place, seq);
		remember_own(session, room, item, seq);
	}
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
    {"message", entry_came},  {"edit", entry_came},     {"delete", entry_came},  {"react", entry_came},
    {"topic", entry_came},    {"enter", presence_came}, {"exit", presence_came}, {"nick", nick_came},
    {"kick", expulsion_came}, {"ban", expulsion_came},  {"read", read_came},     {"gap", gap_came},
    {"bye", bye_came},
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
