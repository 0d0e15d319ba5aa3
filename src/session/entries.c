/* Entries of a room's log: each is shown in its turn and once, and what is missing is
 * asked for. */
#include "session/session_state.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "wire/json_out.h"

#include <assert.h>
#include <string.h>

#define GAP_MS 2000 /* how long a missing entry may still turn out to be our own */

static bool is_own_entry(const struct session *session, const json_t *object)
{
	return names_equal(session_text(json_object_get(object, "from"), "name"), session->name);
}

/* A message is meant for us: it names us or all, answers us, or we are the only ones that it can be for. */
static bool is_for_us(const struct session *session, const struct session_room *room, const json_t *object)
{
	const char *text = session_text(object, "message");
	int64_t reply_to = session_number(object, "reply_to");
	const struct roomlog_item *answered = reply_to ? roomlog_find(&room->log, reply_to) : NULL;
	return session_room_is_direct(room) || names_mentioned(text, session->name) ||
	       names_mentioned(text, "@all") || (answered && names_equal(answered->name, session->name)) ||
	       (session->interest && interest_means(session->interest, text));
}

static bool entries_is_ignored(const struct session *session, const json_t *object)
{
	return session->interest &&
	       interest_ignores(session->interest, session_text(json_object_get(object, "from"), "name"));
}

/* Keeps the entry in the room's log, and counts it where it is news. */
static void entries_remember(const struct session *session, struct session_room *room, const json_t *object,
			     bool is_history)
{
	const char *op = session_text(object, "op");
	int64_t seq = session_number(object, "seq");
	bool is_message = !*op || !strcmp(op, "message");
	struct roomlog_item *item = roomlog_take(&room->log, object, is_history);
	bool is_others = is_message && !is_own_entry(session, object) && !entries_is_ignored(session, object);
	bool is_meant = is_others && is_for_us(session, room, object);
	if (item && is_message)
		item->is_highlighted = is_meant;
	if (is_others && seq > room->read && seq > room->counted) {
		room->unread++;
		room->mentions += is_meant;
	}
	roomlog_trim(&room->log, ROOMLOG_ITEMS_MAX, room->is_held);
	if (is_others && !is_history && seq > room->caught_up && seq > room->read)
		session->hooks.noticed(session->hooks.owner, room, object, is_meant);
}

/* The item of the outbox that this entry is: by its id, or where the server gives none, by what it says. */
static struct outbox_item *item_of(struct session *session, json_t *object)
{
	const char *id = session_text(object, "id");
	if (*id)
		return outbox_find(&session->outbox, id);
	if (strcmp(session_text(object, "op"), "message") != 0 || !is_own_entry(session, object))
		return NULL;
	return outbox_find_in_doubt(&session->outbox, session_text(object, "room"),
				    session_text(object, "message"));
}

/* Shows an entry, unless we said it ourselves. A message of ours was shown when it was said. Where its ack was lost and it has no id, the next ack will
 * say whether it is this one. */
static void session_show(struct session *session, json_t *object, bool is_history)
{
	struct outbox_item *item = item_of(session, object);
	if (item && *session_text(object, "id")) {
		session_item_stored(session, item, session_number(object, "seq"),
				    session_text(object, "room"));
		return;
	}
	if (item) {
		item->seen = json_incref(object);
		item->seen_seq = session_number(object, "seq");
		return;
	}
	struct session_room *room = session_own_room(session, session_text(object, "room"));
	session->hooks.entry(session->hooks.owner, object, is_history);
	if (room && !strcmp(session_text(object, "op"), "topic")) {
		char *topic = mem_string(session_text(object, "topic"));
		free(room->topic);
		room->topic = topic;
	}
	if (room)
		entries_remember(session, room, object, is_history);
}

/* A missing entry may be our own, with its ack still to come; otherwise the server is asked for it. */
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
		session_show(session, object, false);
		json_decref(object);
	}
	look_for_gap(session, room);
}

void session_entry_came(struct session *session, json_t *object)
{
	struct session_room *room = session_own_room(session, session_text(object, "room"));
	int64_t seq = session_number(object, "seq");
	/* A direct conversation comes without being joined; a room that we have left may trail. */
	if (!room && *session_text(object, "room") == '@' && seq)
		room = session_follow_direct(session, session_text(object, "room"), seq - 1);
	if (!room) {
		if (*session_text(object, "room") != '#')
			session_show(session, object, false);
		return;
	}
	if (room->state != SESSION_ROOM_INSIDE || room->is_loading) {
		place_hold(&room->place, seq, object);
		return;
	}
	if (place_entry(&room->place, seq, object) == PLACE_SHOW)
		session_show(session, object, false);
	session_drain(session, room);
}

void session_gap_came(struct session *session, json_t *object)
{
	struct session_room *room = session_own_room(session, session_text(object, "room"));
	session->hooks.pushed(session->hooks.owner, object);
	if (room) {
		place_pass(&room->place, session_number(object, "to_seq"));
		session_drain(session, room);
	}
}

/* Entries that never came: the page has those that still read as messages, the others are passed over. */
void session_fill_came(struct session *session, struct session_room *room, const json_t *object, int64_t to)
{
	size_t i;
	json_t *message;
	int64_t reached = 0;
	json_array_foreach(json_object_get(object, "messages"), i, message)
	{
		int64_t seq = session_number(message, "seq");
		if (seq > to)
			break;
		place_pass(&room->place, seq - 1);
		if (place_entry(&room->place, seq, message) == PLACE_SHOW)
			session_show(session, message, false);
		reached = seq;
	}
	if (!reached || !json_is_true(json_object_get(object, "more")))
		place_pass(&room->place, to);
	room->is_filling = false;
	session_drain(session, room);
}

void session_saw_page(struct session_room *room, int64_t before, const json_t *object)
{
	const json_t *messages = json_object_get(object, "messages");
	int64_t first = session_number(json_array_get(messages, 0), "seq");
	bool has_more = json_is_true(json_object_get(object, "more"));
	if (json_array_size(messages) && first <= room->unseen && (!before || before > room->unseen))
		room->unseen = has_more ? first - 1 : 0;
	if (!json_array_size(messages) || room->unseen <= room->read)
		room->unseen = 0;
}

void session_history_came(struct session *session, struct session_room *room, const json_t *object)
{
	const json_t *messages = json_object_get(object, "messages");
	size_t i;
	json_t *message;
	bool is_error = !strcmp(session_text(object, "op"), "error");
	json_array_foreach(messages, i, message)
	{
		session_show(session, message, true);
	}
	if (!is_error) {
		room->log.is_complete = !json_is_true(json_object_get(object, "more"));
		/* All up to the place could be unread; those that the page shows are not unseen. */
		room->unseen = room->place.last;
		session_saw_page(room, 0, object);
	}
	roomlog_settle(&room->log);
	room->is_loading = false;
	room->history_wanted = 0;
	session_drain(session, room);
}

/* Halves the room until `since_low` is the last message that is too old, then reads on from there. A server
 * cannot be asked for a time; its messages are in the order of theirs. */
void session_ask_since(struct session *session, struct session_room *room)
{
	struct json_out out;
	bool is_seeking = room->since_low < room->since_high;
	int64_t middle = room->since_low + (room->since_high - room->since_low) / 2;
	room->is_loading = true;
	session_request(session, &out, QUESTION_SINCE, "history", room->name);
	json_number(&out, "after", is_seeking ? middle : room->since_low);
	json_number(&out, "limit", is_seeking ? 1 : LIMIT_PAGE_ENTRIES);
	session_request_end(session, &out);
}

static void seek(struct session_room *room, const json_t *message)
{
	int64_t middle = room->since_low + (room->since_high - room->since_low) / 2, time_ms;
	bool is_old =
	    message && clock_parse(session_text(message, "time"), &time_ms) && time_ms < room->sought_ms;
	if (is_old)
		room->since_low = session_number(message, "seq");
	else
		room->since_high = middle;
}

static void since_came(struct session *session, struct session_room *room, const json_t *object)
{
	const json_t *messages = json_object_get(object, "messages");
	size_t i;
	json_t *message;
	bool goes_on = !strcmp(session_text(object, "op"), "history");
	if (goes_on && room->since_low < room->since_high) {
		seek(room, json_array_get(messages, 0));
	} else if (goes_on) {
		json_array_foreach(messages, i, message)
		{
			int64_t seq = session_number(message, "seq");
			if (seq > room->place.last)
				break;
			session_show(session, message, true);
			room->since_low = room->since_high = seq;
		}
		goes_on = json_is_true(json_object_get(object, "more")) && json_array_size(messages) &&
			  room->since_low < room->place.last;
	}
	if (goes_on) {
		session_ask_since(session, room);
		return;
	}
	room->is_loading = false;
	room->history_wanted = 0;
	session_drain(session, room);
}

/* A page of the room's log begins with looking for its time; then it is one around a message. */
static void ask_seek(struct session *session, struct session_room *room)
{
	struct json_out out;
	if (room->since_low >= room->since_high) {
		room->log.is_paging = false;
		session_page(session, room->name, SESSION_PAGE_AROUND, room->since_low + 1);
		return;
	}
	room->log.is_paging = true;
	session_request(session, &out, QUESTION_SEEK, "history", room->name);
	json_number(&out, "after", room->since_low + (room->since_high - room->since_low) / 2);
	json_number(&out, "limit", 1);
	session_request_end(session, &out);
}

bool session_page_at(struct session *session, const char *room_name, int64_t wall_ms)
{
	struct session_room *room = session_own_room(session, room_name);
	if (session->state != SESSION_READY || !room || room->state != SESSION_ROOM_INSIDE ||
	    room->is_loading || room->log.is_paging)
		return false;
	room->sought_ms = wall_ms;
	room->since_low = 0;
	room->since_high = room->place.last;
	ask_seek(session, room);
	return true;
}

static void seek_came(struct session *session, struct session_room *room, const json_t *object)
{
	if (!strcmp(session_text(object, "op"), "error")) {
		room->log.is_paging = false;
		return;
	}
	seek(room, json_array_get(json_object_get(object, "messages"), 0));
	ask_seek(session, room);
}

void session_sought_came(struct session *session, struct session_room *room,
			 const struct session_question *question, const json_t *object)
{
	if (question->purpose == QUESTION_SEEK)
		seek_came(session, room, object);
	else
		since_came(session, room, object);
}

/* Pages of the log are looked at, not shown: the window has them. */
void session_page_came(struct session *session, struct session_room *room,
		       const struct session_question *question, const json_t *object)
{
	struct roomlog *log = &room->log;
	const json_t *messages = json_object_get(object, "messages");
	bool is_error = !strcmp(session_text(object, "op"), "error");
	bool has_more = json_is_true(json_object_get(object, "more"));
	size_t i;
	json_t *message;
	log->is_paging = false;
	json_array_foreach(messages, i, message)
	{
		struct roomlog_item *item = roomlog_take(log, message, true);
		if (item && !is_own_entry(session, message))
			item->is_highlighted = is_for_us(session, room, message);
	}
	if (!is_error && question->is_upward) {
		log->is_complete = !has_more;
		session_saw_page(room, question->before, object);
		roomlog_trim(log, ROOMLOG_ITEMS_MAX, true);
	} else if (!is_error && !has_more) {
		/* Entries that came live while the page was on its way are in the next one. */
		log->is_behind = log->has_missed;
		roomlog_trim(log, ROOMLOG_ITEMS_MAX, false);
	} else if (!is_error) {
		roomlog_trim(log, ROOMLOG_ITEMS_MAX, false);
	}
	if (log->count)
		roomlog_settle(log);
	log->generation++;
	session->hooks.paged(session->hooks.owner, room);
}

/* Our own changes apply to our copy, too. */
static void remember_own(const struct session *session, struct session_room *room,
			 const struct outbox_item *item, int64_t seq)
{
	switch (item->kind) {
	case OUTBOX_SEND:
		roomlog_take_own(&room->log, seq, session->name, outbox_shown(item), item->target,
				 item->is_action, clock_wall_ms());
		roomlog_set_files(&room->log, seq, item->files, item->text);
		break;
	case OUTBOX_EDIT:
		roomlog_edit(&room->log, item->target, item->text);
		break;
	case OUTBOX_DELETE:
		roomlog_delete(&room->log, item->target);
		break;
	case OUTBOX_REACT:
		roomlog_react(&room->log, item->target, item->text, session->name, item->is_on);
		break;
	}
}

void session_item_stored(struct session *session, struct outbox_item *item, int64_t seq,
			 const char *room_name)
{
	struct session_room *room = session_own_room(session, item->room);
	assert(outbox_find(&session->outbox, item->id) == item); /* session.h 1 */
	/* Writing to somebody puts us in a conversation with them. */
	if (!room && *item->room == '@')
		room = session_follow_direct(session, *room_name == '@' ? room_name : item->room, seq - 1);
	/* The entry that was taken for this item was said elsewhere: it is shown late rather than never. */
	if (item->seen && item->seen_seq != seq)
		session->hooks.entry(session->hooks.owner, item->seen, false);
	if (room) {
		place_own(&room->place, seq);
		remember_own(session, room, item, seq);
		/* A user who sends has read what was said; the server assumes the same. */
		if (item->kind == OUTBOX_SEND) {
			room->unseen = 0;
			session_room_mark_read(room, seq);
		}
	}
	session->hooks.settled(session->hooks.owner, item, NULL);
	outbox_remove(&session->outbox, item);
	if (room)
		session_drain(session, room);
	session_pump(session);
}

void session_add_note(struct session *session, const char *room_name, enum roomlog_kind kind,
		      const char *text)
{
	struct session_room *room = session_own_room(session, room_name);
	if (!room)
		return;
	roomlog_add(&room->log, kind, "", text, clock_wall_ms());
	roomlog_trim(&room->log, ROOMLOG_ITEMS_MAX, room->is_held);
}

void session_hold(struct session *session, const char *room_name, bool is_held)
{
	struct session_room *room = session_own_room(session, room_name);
	if (room)
		room->is_held = is_held;
}

/* An event that is not stored stands behind the last message. */
void session_note_push(struct session_room *room, const json_t *object)
{
	const char *op = session_text(object, "op"), *text = session_text(object, "message");
	bool is_presence = !strcmp(op, "enter") || !strcmp(op, "exit");
	bool is_silent = !strcmp(op, "typing") || !strcmp(op, "read") || !strcmp(op, "error");
	int64_t time_ms;
	if (is_silent || !*text)
		return;
	if (!clock_parse(session_text(object, "time"), &time_ms))
		time_ms = clock_wall_ms();
	roomlog_add(&room->log, is_presence ? ROOMLOG_PRESENCE : ROOMLOG_NOTICE, session_text(object, "name"),
		    text, time_ms);
	roomlog_trim(&room->log, ROOMLOG_ITEMS_MAX, room->is_held);
}
