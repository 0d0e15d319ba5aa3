/* The settings of a room, and invitations into it. */
#include "base/clock.h"
#include "chat/answer.h"
#include "chat/people/block.h"
#include "chat/need.h"
#include "chat/rooms/permission.h"
#include "chat/state.h"

#include <assert.h>
#include <string.h>

/* Those who keep order in the room see who was asked in, where their dialect has a form for it. */
static void tell_keepers(struct chat *chat, const struct room *room, const struct user *by,
			 const struct entry *event)
{
	struct entry told = *event;
	told.kind = ENTRY_INVITED;
	for (size_t i = 0; i < room->members_count; i++) {
		const struct member *member = room->members[i];
		if (member->role < ROLE_MODERATOR || member->user == by)
			continue;
		for (const struct peer *peer = member->user->peers; peer; peer = peer->next)
			if (chat->config.passes && chat->config.passes(peer->encoding))
				tell_event(chat, peer, &told);
	}
}

static void then_invitation_stored(struct chat *chat, struct change *change)
{
	assert(batch_command(change, 0)->op == STORE_PUT_INVITATION);
	const struct request *request = change->request;
	const struct user *guest = users_find(&chat->users, request->text[REQUEST_TEXT_NAME]);
	const struct room *room =
	    rooms_find_by_id(&chat->rooms, batch_command(change, 0)->invitation.room_id);
	answer_ok(chat, request);
	if (!guest || !room)
		return;
	struct entry event = {
	    .kind = ENTRY_NOTICE,
	    .room = room->name,
	    .name = request->peer->user->name,
	    .ip = peer_shown_ip(request->peer),
	    .code = "invited",
	    .key = TEXT_event_invite,
	    .args = {.name = guest->name, .room = room->name, .by = request->peer->user->name}};
	for (const struct peer *peer = guest->peers; peer; peer = peer->next)
		tell_event(chat, peer, &event);
	tell_keepers(chat, room, request->peer->user, &event);
}

/* The room whose invitation gives way to one into `to`, since too many wait: the oldest whose sender has no account
 * now. Anybody can be many guests, so their invitations must not fill the list. NULL: there is none. */
static const struct room *find_giving_way(const struct chat *chat, const struct user *guest,
					  const struct room *to)
{
	const struct room *found = NULL;
	int64_t oldest_ms = INT64_MAX;
	size_t bucket = 0;
	for (struct table_link *link = NULL; (link = table_walk(&chat->rooms.by_name, &bucket, link));) {
		const struct room *room = TABLE_OF(link, struct room, by_name);
		const struct invitation *one =
		    room->invitations ? room_find_invitation(room, guest->id, 0) : NULL;
		if (!one || room == to || one->role == ROLE_OWNER || one->time_ms >= oldest_ms)
			continue;
		const struct user *by = one->by_person ? users_find_id(&chat->users, one->by_person)
						       : users_find(&chat->users, one->by);
		if (by && user_is_account(by))
			continue;
		oldest_ms = one->time_ms;
		found = room;
	}
	return found;
}

static void invite(struct chat *chat, struct request *request, const struct room *room, struct user *guest)
{
	/* One that replaces another needs no room. */
	bool is_full = guest->invitations >= LIMIT_INVITATIONS && !room_find_invitation(room, guest->id, 0);
	const struct room *gives_way = is_full ? find_giving_way(chat, guest, room) : NULL;
	if (is_full && !gives_way) {
		answer_limit(chat, request, TEXT_error_too_many_invitations, LIMIT_INVITATIONS);
		return;
	}
	struct change *change = batch_change(chat, request, then_invitation_stored);
	batch_add(chat, change, STORE_PUT_INVITATION)->invitation =
	    (struct store_invitation){.room_id = room->id,
				      .person = guest->id,
				      .by = request->peer->user->name,
				      .by_person = request->peer->user->id,
				      .role = ROLE_MEMBER,
				      .time_ms = clock_wall_ms()};
	if (gives_way)
		batch_add(chat, change, STORE_DROP_INVITATION)->invitation =
		    (struct store_invitation){.room_id = gives_way->id, .person = guest->id};
	guest->changing = batch_mark_now(chat);
}

/* Lets somebody into a private room, and tells them of any. Neither those who are in it already nor those who have
 * blocked the asker are told anything; the asker learns nothing of that. */
void do_invite(struct chat *chat, struct request *request)
{
	struct room *room = need_membership(chat, request);
	if (!room)
		return;
	struct user *user = request->peer->user;
	struct user *guest = users_find(&chat->users, request->text[REQUEST_TEXT_NAME]);
	struct text_args args = {.name = request->text[REQUEST_TEXT_NAME]};
	const struct sanction *mute =
	    room_meets(room, SANCTION_MUTE, user, request->peer->address, clock_wall_ms());
	if (!permission_may(user, room_find_member(room, user), room, PERMISSION_INVITE))
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_NONE, NULL);
	else if (!guest)
		answer_error(chat, request, ERROR_BAD_NAME, TEXT_error_no_user, &args);
	else if (need_wait_for_user(chat, request, guest))
		return;
	else if (mute)
		answer_error(chat, request, ERROR_MUTED,
			     mute->until_ms ? TEXT_NONE : TEXT_error_muted_for_good,
			     &(struct text_args){.room = room->name, .time_ms = mute->until_ms});
	else if (room_find_member(room, guest))
		answer_ok(chat, request);
	else if (user_has_blocked(guest, user))
		answer_ok(chat, request);
	else
		invite(chat, request, room, guest);
}

/* --- settings --- */

/* The text for people tells of the first field that changes. */
static enum text settings_text_key(const struct store_room *stored)
{
	if (stored->fields & STORE_ROOM_PRIVATE)
		return stored->is_private ? TEXT_event_set_private : TEXT_event_set_public;
	if (stored->fields & STORE_ROOM_READ_ONLY)
		return stored->is_read_only ? TEXT_event_set_read_only : TEXT_event_set_writable;
	if (stored->fields & STORE_ROOM_TOPIC_LOCKED)
		return stored->is_topic_locked ? TEXT_event_set_topic_locked : TEXT_event_set_topic_free;
	if (stored->fields & STORE_ROOM_KEEP_EDITS)
		return stored->keeps_edits ? TEXT_event_set_keep_edits : TEXT_event_set_drop_edits;
	return TEXT_event_set_retention;
}

static void then_set(struct chat *chat, struct change *change)
{
	assert(batch_command(change, 0)->op == STORE_UPDATE_ROOM);
	const struct request *request = change->request;
	const struct store_room *stored = &batch_command(change, 0)->room;
	struct room *room = rooms_find_by_id(&chat->rooms, stored->id);
	answer_ok(chat, request);
	if (!room)
		return;
	struct entry event = {
	    .kind = ENTRY_SET,
	    .name = request->peer->user->name,
	    .ip = peer_shown_ip(request->peer),
	    .rules_told =
		stored->fields & (STORE_ROOM_PRIVATE | STORE_ROOM_READ_ONLY | STORE_ROOM_TOPIC_LOCKED),
	    .key = settings_text_key(stored),
	    .args = {.by = request->peer->user->name, .room = room->name, .number = room->retention_days},
	    .room_rules = (room->is_private ? STORE_ROOM_PRIVATE : 0) |
			  (room->is_read_only ? STORE_ROOM_READ_ONLY : 0) |
			  (room->is_topic_locked ? STORE_ROOM_TOPIC_LOCKED : 0) |
			  (room->keeps_edits ? STORE_ROOM_KEEP_EDITS : 0)};
	tell_everybody(chat, room, &event);
}

/* Which of the room's rules the request changes, and to what. */
static struct store_room settings_rules(const struct request *request)
{
	static const struct {
		enum request_number number;
		unsigned field;
	} fields[] = {{REQUEST_NUMBER_PRIVATE, STORE_ROOM_PRIVATE},
		      {REQUEST_NUMBER_READ_ONLY, STORE_ROOM_READ_ONLY},
		      {REQUEST_NUMBER_TOPIC_LOCKED, STORE_ROOM_TOPIC_LOCKED},
		      {REQUEST_NUMBER_KEEP_EDITS, STORE_ROOM_KEEP_EDITS},
		      {REQUEST_NUMBER_RETENTION_DAYS, STORE_ROOM_RETENTION}};
	struct store_room rules = {.is_private = request->number[REQUEST_NUMBER_PRIVATE],
				   .is_read_only = request->number[REQUEST_NUMBER_READ_ONLY],
				   .is_topic_locked = request->number[REQUEST_NUMBER_TOPIC_LOCKED],
				   .keeps_edits = request->number[REQUEST_NUMBER_KEEP_EDITS],
				   .retention_days = request->number[REQUEST_NUMBER_RETENTION_DAYS]};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (request_has(request, fields[i].number))
			rules.fields |= fields[i].field;
	return rules;
}

void do_set(struct chat *chat, struct request *request)
{
	struct room *room = need_membership(chat, request);
	if (!room)
		return;
	struct user *user = request->peer->user;
	struct store_room rules = settings_rules(request);
	bool is_lobby = !strcmp(room->name, CHAT_LOBBY);
	if (!permission_may(user, room_find_member(room, user), room, PERMISSION_SET) ||
	    (is_lobby && rules.is_private)) {
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_NONE, NULL);
		return;
	}
	if (!rules.fields) {
		answer_bad_field(chat, request,
				 "private, read_only, topic_locked, keep_edits, retention_days");
		return;
	}
	rules.id = room->id;
	struct change *change = batch_change(chat, request, then_set);
	batch_add(chat, change, STORE_UPDATE_ROOM)->room = rules;
	room->changing = batch_mark_now(chat);
}
