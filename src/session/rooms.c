#include "session/rooms.h"

#include "base/memory.h"
#include "session/session_state.h"
#include "wire/json_out.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define RESUME_ENTRIES_MAX 100 /* what was missed in a room; more is not poured over who comes back */

static struct session_room *session_room_new(const char *name)
{
	struct session_room *room = mem_zero(sizeof *room);
	room->name = mem_string(name);
	return room;
}

void session_room_free(struct session_room *room)
{
	assert(room);
	place_release(&room->place);
	names_release(&room->members);
	roomlog_release(&room->log);
	free(room->epoch);
	free(room->topic);
	free(room->name);
	free(room);
}

bool session_room_is_direct(const struct session_room *room)
{
	return *room->name == '@';
}

void session_room_mark_read(struct session_room *room, int64_t seq)
{
	if (seq <= room->read)
		return;
	room->read = seq;
	/* Entries that are not messages count here, so this is the most that can be unread. */
	int64_t behind = room->place.last > seq ? room->place.last - seq : 0;
	if (room->unread > behind)
		room->unread = behind;
	if (room->mentions > room->unread)
		room->mentions = room->unread;
}

void session_room_line_broke(struct session_room *room)
{
	room->state = SESSION_ROOM_OUTSIDE;
	room->is_loading = room->is_filling = false;
	room->log.is_paging = false;
	room->gap_from = 0;
	place_drop_held(&room->place);
}

size_t session_room_count(const struct session *session)
{
	return session->room_count;
}

const struct session_room *session_room(const struct session *session, size_t index)
{
	assert(index < session->room_count);
	return session->rooms[index];
}

struct session_room *session_own_room(const struct session *session, const char *name)
{
	for (size_t i = 0; i < session->room_count; i++)
		if (names_equal(session->rooms[i]->name, name))
			return session->rooms[i];
	return NULL;
}

const struct session_room *session_find_room(const struct session *session, const char *name)
{
	return session_own_room(session, name);
}

const struct names *session_known_rooms(const struct session *session)
{
	return &session->known_rooms;
}

static struct session_room *session_add_room(struct session *session, const char *name)
{
	assert(!session_own_room(session, name));
	struct session_room *room = session_room_new(name);
	session->rooms = mem_grow(session->rooms, &session->room_capacity, session->room_count + 1,
				  sizeof *session->rooms);
	session->rooms[session->room_count++] = room;
	return room;
}

void session_join(struct session *session, const char *room_name)
{
	struct session_room *room = session_own_room(session, room_name);
	if (!room) {
		room = session_add_room(session, room_name);
		room->history_wanted = session->history;
	}
	if (room->state == SESSION_ROOM_OUTSIDE && session->state == SESSION_READY)
		session_send_join(session, room);
}

void session_forget_room(struct session *session, struct session_room *room)
{
	assert(session->room_count);
	size_t at = 0;
	while (session->rooms[at] != room)
		at++;
	session->room_count--;
	memmove(session->rooms + at, session->rooms + at + 1,
		(session->room_count - at) * sizeof *session->rooms);
	session_room_free(room);
}

/* Waiting sends go with the room. */
void session_rename_room(struct session *session, struct session_room *room, const char *name)
{
	if (!*name || !strcmp(room->name, name))
		return;
	for (struct outbox_item *item = session->outbox.first; item; item = item->next) {
		if (strcmp(item->room, room->name) != 0)
			continue;
		free(item->room);
		item->room = mem_string(name);
	}
	char *old_name = room->name;
	room->name = mem_string(name);
	session->hooks.room_renamed(session->hooks.owner, old_name, name);
	free(old_name);
}

struct session_room *session_follow_direct(struct session *session, const char *name, int64_t seq)
{
	assert(*name == '@');
	struct session_room *room = session_own_room(session, name);
	if (room)
		return room;
	room = session_add_room(session, name);
	room->state = SESSION_ROOM_INSIDE;
	room->is_entered = room->has_place = room->is_quiet = true;
	room->epoch = mem_string(session->epoch ? session->epoch : "");
	room->topic = mem_string("");
	room->read = room->caught_up = seq;
	place_reset(&room->place, seq);
	return room;
}

/* The server's row of a room, as in `welcome`; it may leave out all but the first three fields. */
struct room_row {
	const char *name;
	int64_t seq, read;
	const json_t *object;
};

static bool read_row(const json_t *object, struct room_row *row)
{
	*row = (struct room_row){.name = session_text(object, "room"),
				 .seq = session_number(object, "seq"),
				 .read = session_number(object, "read"),
				 .object = object};
	return *row->name;
}

/* Tells of the messages that came while we were away. */
static void rooms_tell_missed(const struct session *session, const struct session_room *room,
			      const struct room_row *row)
{
	int64_t unread = session_number(row->object, "unread") - (room ? room->unread : 0);
	int64_t mentions = session_number(row->object, "mentions") - (room ? room->mentions : 0);
	if (unread > 0)
		session->hooks.missed(session->hooks.owner, row->name, unread, mentions > 0 ? mentions : 0);
}

static void take_row(struct session_room *room, const struct room_row *row)
{
	const json_t *unread = json_object_get(row->object, "unread");
	if (unread) {
		room->unread = json_integer_value(unread);
		room->mentions = session_number(row->object, "mentions");
		room->counted = row->seq;
	}
	room->knows_read = true;
	room->rank = session_rank(session_text(row->object, "role"));
	room->is_private = json_is_true(json_object_get(row->object, "private"));
	room->is_muted = json_is_true(json_object_get(row->object, "muted"));
	room->is_gone = json_is_true(json_object_get(row->object, "gone"));
	room->read_told = row->read;
}

/* A room that we are in and this run has not seen yet: what was missed comes as a replay, or where that would
 * be a flood, is only counted. */
static void take_new_room(struct session *session, const struct room_row *row)
{
	struct session_room *room = session_add_room(session, row->name);
	room->is_quiet = true;
	room->read = row->read;
	if (row->seq - row->read > RESUME_ENTRIES_MAX) {
		room->unread = row->seq - row->read;
		room->unseen = row->seq;
	} else {
		room->has_place = true;
		room->epoch = mem_string(session->epoch);
		place_reset(&room->place, row->read);
	}
	take_row(room, row);
	/* A replay is counted as it comes. */
	if (room->has_place)
		room->unread = room->mentions = room->counted = 0;
}

static void take_known_room(struct session *session, struct session_room *room, const struct room_row *row)
{
	if (room->has_place) {
		session_room_mark_read(room, row->read);
	} else {
		/* Shown as a page, which then holds what is unread, too. */
		int64_t missed = row->seq - row->read;
		missed = missed < LIMIT_PAGE_ENTRIES ? missed : LIMIT_PAGE_ENTRIES;
		if (session->history && missed > session->history)
			room->history_wanted = (unsigned)missed;
		room->read = row->read;
	}
	int64_t unread = room->unread, mentions = room->mentions;
	take_row(room, row);
	/* The replay counts what came since; what we had before is counted. */
	if (room->has_place) {
		room->unread = unread;
		room->mentions = mentions;
		room->counted = 0;
	}
}

/* The partner of a conversation may be gone for good, and somebody else have the name: then the log that we
 * know is the one of "@luca!7", and so is everything that was written for it. */
static void take_gone_partner(struct session *session, const json_t *rooms, const struct room_row *gone)
{
	size_t i, length = strcspn(gone->name, "!");
	json_t *item;
	if (!json_is_true(json_object_get(gone->object, "gone")) || session_own_room(session, gone->name))
		return;
	char *name = mem_string_n(gone->name, length);
	struct session_room *room = session_own_room(session, name);
	bool goes_on = false;
	json_array_foreach(rooms, i, item)
	{
		struct room_row row;
		if (room && read_row(item, &row) && names_equal(row.name, name))
			goes_on = row.seq >= room->place.last;
	}
	if (room && !goes_on && gone->seq >= room->place.last)
		session_rename_room(session, room, gone->name);
	free(name);
}

void session_take_rooms(struct session *session, const json_t *rooms)
{
	size_t i;
	json_t *item;
	struct room_row row;
	json_array_foreach(rooms, i, item)
	{
		if (read_row(item, &row) && *row.name == '@')
			take_gone_partner(session, rooms, &row);
	}
	json_array_foreach(rooms, i, item)
	{
		if (!read_row(item, &row))
			continue;
		struct session_room *room = session_own_room(session, row.name);
		if (room || session->wants_rooms)
			rooms_tell_missed(session, room, &row);
		if (room)
			take_known_room(session, room, &row);
		else if (session->wants_rooms)
			take_new_room(session, &row);
	}
}

void session_membership_came(struct session *session, json_t *object)
{
	struct room_row row;
	if (!read_row(object, &row))
		return;
	struct session_room *room = session_own_room(session, row.name);
	if (!json_is_true(json_object_get(object, "joined"))) {
		if (room) {
			session->hooks.expelled(session->hooks.owner, room, object);
			session_forget_room(session, room);
		}
	} else if (!room && session->wants_rooms) {
		take_new_room(session, &row);
		session_send_join(session, session_own_room(session, row.name));
	}
}

bool session_has_news(const struct session *session, const char *room_name)
{
	const struct session_room *room = session_own_room(session, room_name);
	if (!room || room->state != SESSION_ROOM_INSIDE || room->is_loading ||
	    session->state != SESSION_READY)
		return false;
	if (room->unseen > room->read)
		return false;
	return room->place.last > room->read || (session->is_account && room->read > room->read_told);
}

void session_skip_unseen(struct session *session, const char *room_name)
{
	struct session_room *room = session_own_room(session, room_name);
	if (room)
		room->unseen = 0;
}

void session_mark_read(struct session *session, const char *room_name)
{
	struct session_room *room = session_own_room(session, room_name);
	struct json_out out;
	if (!session_has_news(session, room_name))
		return;
	session_room_mark_read(room, room->place.last);
	room->unread = room->mentions = 0;
	/* A guest has no other device that could want to know. */
	if (!session->is_account)
		return;
	room->read_told = room->read;
	session_request(session, &out, QUESTION_QUIET, "read", room->name);
	json_number(&out, "seq", room->read);
	session_request_end(session, &out);
}

void session_change_user(struct session *session, const char *name)
{
	free(session->secret);
	session->secret = NULL;
	session->is_account = false;
	session_set_token(session, NULL);
	for (size_t i = session->room_count; i-- > 0;) {
		if (session_room_is_direct(session->rooms[i]))
			session_forget_room(session, session->rooms[i]);
		else
			session->rooms[i]->read_told = 0;
	}
	session_set_name(session, name);
}
