#include "chat/rooms/room.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "chat/people/block.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rooms_init(struct rooms *rooms, unsigned encodings, unsigned workers)
{
	*rooms = (struct rooms){.encodings = encodings, .workers = workers};
}

static void view_free(struct view *view)
{
	log_release(&view->log);
	free(view);
}

static void invitation_free(struct invitation **at)
{
	struct invitation *invitation = *at;
	*at = invitation->next;
	free(invitation->by);
	free(invitation);
}

static void room_free(struct room *room, unsigned encodings)
{
	for (unsigned i = 0; i < encodings * ROOM_SIDES; i++)
		if (room->views[i])
			view_free(room->views[i]);
	/* From the end: each that goes is the last one. */
	for (size_t left = room->members_count; left > 0; left--)
		room_remove_member(room->members[left - 1]);
	sanctions_release(&room->sanctions);
	name_filter_release(&room->names);
	while (room->invitations)
		invitation_free(&room->invitations);
	free(room->members);
	free(room->views);
	free(room->name);
	free(room->folded);
	free(room->topic);
	free(room->topic_by);
	free(room->maker);
	free(room);
}

void rooms_release(struct rooms *rooms)
{
	size_t bucket = 0;
	struct table_link *link;
	rooms_free_removed(rooms);
	while ((link = table_walk(&rooms->by_name, &bucket, NULL))) {
		table_remove(&rooms->by_name, link);
		room_free(TABLE_OF(link, struct room, by_name), rooms->encodings);
	}
	table_release(&rooms->by_name);
	table_release(&rooms->by_id);
}

struct room *rooms_add(struct rooms *rooms, const struct store_room *stored)
{
	assert(stored->id > 0 && stored->name && stored->end_seq >= stored->purged_seq);
	struct room *room = mem_zero(sizeof *room);
	room->id = stored->id;
	room->name = mem_string(stored->name);
	room->folded = utf8_fold(stored->name);
	room->topic = mem_string(stored->topic ? stored->topic : "");
	room->created_ms = stored->created_ms;
	room->maker = stored->maker && *stored->maker ? mem_string(stored->maker) : NULL;
	room->is_direct = stored->is_direct;
	room->is_private = stored->is_private;
	room->is_read_only = stored->is_read_only;
	room->is_topic_locked = stored->is_topic_locked;
	room->keeps_edits = stored->keeps_edits;
	rooms->directs += stored->is_direct;
	room->retention_days = stored->retention_days;
	room->end_seq = stored->end_seq;
	room->purged_seq = stored->purged_seq;
	room->rules = stored->rules;
	room->views = mem_zero(rooms->encodings * ROOM_SIDES * sizeof(struct view *));
	table_insert(&rooms->by_name, &room->by_name, table_hash_string(room->folded));
	table_insert(&rooms->by_id, &room->by_id, table_hash_id(room->id));
	return room;
}

void room_note_topic(struct room *room, const char *by, int64_t time_ms)
{
	free(room->topic_by);
	room->topic_by = mem_string(by);
	room->topic_ms = time_ms;
}

void rooms_remove(struct rooms *rooms, struct room *room)
{
	assert(!room->members_count);
	table_remove(&rooms->by_name, &room->by_name);
	table_remove(&rooms->by_id, &room->by_id);
	rooms->directs -= room->is_direct;
	room->next_removed = rooms->removed;
	rooms->removed = room;
}

void rooms_free_removed(struct rooms *rooms)
{
	for (struct room *room = rooms->removed, *next; room; room = next) {
		next = room->next_removed;
		room_free(room, rooms->encodings);
	}
	rooms->removed = NULL;
}

struct room *rooms_find_by_id(const struct rooms *rooms, int64_t id)
{
	uint64_t hash = table_hash_id(id);
	struct table_link *link = table_first(&rooms->by_id, hash);
	while (link && TABLE_OF(link, struct room, by_id)->id != id)
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct room, by_id) : NULL;
}

const char *room_name_for(const struct room *room, const struct user *user, char shown[ROOM_SHOWN_BYTES])
{
	if (!room->is_direct)
		return room->name;
	const struct user *other = room_other(room, user);
	if (other->is_gone)
		snprintf(shown, ROOM_SHOWN_BYTES, "@%s!%lld", other->name, (long long)other->id);
	else
		snprintf(shown, ROOM_SHOWN_BYTES, "@%s", other->name);
	return shown;
}

const struct sanction *room_meets(const struct room *room, enum sanction_kind kind, const struct user *user,
				  const char *address, int64_t wall_ms)
{
	if (!room->sanctions.count)
		return NULL;
	const struct member *member = room_find_member(room, user);
	bool is_exempt = member && member->role >= ROLE_MODERATOR;
	return sanctions_meet(&room->sanctions, kind, user, address, is_exempt, wall_ms);
}

bool room_hears(const struct room *room, const struct user *user, const char *address)
{
	const struct user *other = room->is_direct ? room_other(room, user) : NULL;
	if (other && (user_has_blocked(other, user) || user_has_blocked(user, other)))
		return false;
	return user->is_admin || !room_meets(room, 0, user, address, clock_wall_ms());
}

/* --- invitations --- */

const struct invitation *room_find_invitation(const struct room *room, int64_t person, int64_t wall_ms)
{
	const struct invitation *one = room->invitations;
	while (one && (one->person != person || (one->until_ms && one->until_ms <= wall_ms)))
		one = one->next;
	return one;
}

unsigned room_drop_invitation(struct room *room, int64_t person)
{
	for (struct invitation **at = &room->invitations; *at; at = &(*at)->next)
		if ((*at)->person == person) {
			invitation_free(at);
			return 1;
		}
	return 0;
}

void room_put_invitation(struct room *room, const struct store_invitation *stored)
{
	struct invitation *made = mem_zero(sizeof *made);
	*made = (struct invitation){.next = room->invitations,
				    .person = stored->person,
				    .role = stored->role,
				    .time_ms = stored->time_ms,
				    .until_ms = stored->until_ms,
				    .by_person = stored->by_person,
				    .by = mem_string(stored->by ? stored->by : "")};
	room->invitations = made;
}

void room_direct_name(int64_t one, int64_t other, char name[ROOM_DIRECT_NAME_BYTES])
{
	snprintf(name, ROOM_DIRECT_NAME_BYTES, "direct:%lld:%lld", (long long)(one < other ? one : other),
		 (long long)(one < other ? other : one));
}

struct room *rooms_find_direct(const struct rooms *rooms, int64_t one, int64_t other)
{
	char name[ROOM_DIRECT_NAME_BYTES];
	room_direct_name(one, other, name);
	return rooms_find(rooms, name);
}

struct room *rooms_find(const struct rooms *rooms, const char *name)
{
	char *folded = utf8_fold(name);
	if (!folded)
		return NULL;
	uint64_t hash = table_hash_string(folded);
	struct room *found = NULL;
	for (struct table_link *link = table_first(&rooms->by_name, hash); link && !found;
	     link = table_next(link, hash)) {
		struct room *room = TABLE_OF(link, struct room, by_name);
		if (!strcmp(room->folded, folded))
			found = room;
	}
	free(folded);
	return found;
}

struct member *room_find_member(const struct room *room, const struct user *user)
{
	/* Users are in few rooms; rooms may have many members. */
	struct member *member = user->memberships;
	while (member && member->room != room)
		member = member->next;
	return member;
}

size_t user_count_rooms(const struct user *user)
{
	size_t count = 0;
	for (const struct member *member = user->memberships; member; member = member->next)
		count++;
	return count;
}

struct member *room_add_member(struct room *room, struct user *user)
{
	assert(!room_find_member(room, user));
	struct member *member = mem_zero(sizeof *member);
	member->room = room;
	member->user = user;
	member->role = ROLE_MEMBER;
	member->next = user->memberships;
	user->memberships = member;
	user->rooms_joined = (uint16_t)(user->rooms_joined + !room->is_direct);
	room->members = mem_grow(room->members, &room->members_capacity, room->members_count + 1,
				 sizeof(struct member *));
	member->index = (uint32_t)room->members_count;
	room->members[room->members_count++] = member;
	return member;
}

void room_remove_member(struct member *member)
{
	assert(member->index < member->room->members_count && member->room->members[member->index] == member);
	struct room *room = member->room;
	/* Invariant 1. */
	assert(!member->connections);
	room->present -= member->distant > 0;
	struct member **at = &member->user->memberships;
	while (*at != member)
		at = &(*at)->next;
	*at = member->next;
	member->user->rooms_joined = (uint16_t)(member->user->rooms_joined - !room->is_direct);
	room->members[member->index] = room->members[--room->members_count];
	room->members[member->index]->index = member->index;
	free(member);
}

void member_add_distant(struct member *member)
{
	assert(member->distant < UINT8_MAX);
	member->room->present += !member_is_there(member);
	member->distant++;
}

void member_drop_distant(struct member *member)
{
	assert(member->distant && member->room->present); /* 2 */
	member->distant--;
	member->room->present -= !member_is_there(member);
}

struct following *peer_find_following(const struct peer *peer, const struct room *room)
{
	struct following *following = peer->followings;
	while (following && following->member->room != room)
		following = following->next;
	return following;
}

struct following *peer_add_following(struct peer *peer, struct member *member)
{
	assert(member->user == peer->user && !peer_find_following(peer, member->room));
	struct following *following = mem_zero(sizeof *following);
	following->member = member;
	following->next = peer->followings;
	peer->followings = following;
	member->room->present += !member_is_there(member);
	member->connections++;
	return following;
}

void peer_remove_following(struct rooms *rooms, struct peer *peer, struct following *following)
{
	following_detach(rooms, peer, following);
	struct following **at = &peer->followings;
	while (*at != following)
		at = &(*at)->next;
	*at = following->next;
	assert(following->member->connections); /* 1 */
	following->member->connections--;
	if (!member_is_there(following->member)) {
		assert(following->member->room->present); /* 2 */
		following->member->room->present--;
	}
	free(following);
}

struct view *following_attach(struct rooms *rooms, struct peer *peer, struct following *following)
{
	assert(peer->worker < rooms->workers && peer->encoding < rooms->encodings);
	if (following->view)
		return following->view;
	struct room *room = following->member->room;
	unsigned side = room->is_direct && room->sides[1] == peer->user;
	struct view **view = &room->views[side * rooms->encodings + peer->encoding];
	if (!*view) {
		*view = mem_zero(sizeof **view + rooms->workers * sizeof *(*view)->workers);
		(*view)->id = ++rooms->views_made;
		(*view)->room = room;
		(*view)->encoding = peer->encoding;
		(*view)->side = side;
		(*view)->at = view;
		log_init(&(*view)->log, room->end_seq);
		if (rooms->followed)
			rooms->followed(rooms->followed_context, room, true);
	}
	(*view)->followers++;
	(*view)->workers[peer->worker].followers++;
	following->view = *view;
	return *view;
}

static bool has_views(const struct rooms *rooms, const struct room *room)
{
	unsigned at = 0;
	while (at < rooms->encodings * ROOM_SIDES && !room->views[at])
		at++;
	return at < rooms->encodings * ROOM_SIDES;
}

void following_detach(struct rooms *rooms, struct peer *peer, struct following *following)
{
	struct view *view = following->view;
	if (!view)
		return;
	following->view = NULL;
	assert(view->followers && view->workers[peer->worker].followers); /* 3 */
	view->workers[peer->worker].followers--;
	if (!--view->followers) {
		const struct room *room = view->room;
		*view->at = NULL;
		view_free(view);
		if (rooms->followed && !has_views(rooms, room))
			rooms->followed(rooms->followed_context, room, false);
	}
}
