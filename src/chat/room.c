#include "chat/room.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <assert.h>
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

static void room_free(struct room *room, unsigned encodings)
{
	for (unsigned i = 0; i < encodings; i++)
		if (room->views[i])
			view_free(room->views[i]);
	assert(!room->members_count);
	free(room->members);
	free(room->views);
	free(room->name);
	free(room->folded);
	free(room->topic);
	free(room);
}

void rooms_release(struct rooms *rooms)
{
	size_t bucket = 0;
	struct table_link *link;
	while ((link = table_walk(&rooms->by_name, &bucket, NULL))) {
		table_remove(&rooms->by_name, link);
		room_free(TABLE_OF(link, struct room, by_name), rooms->encodings);
	}
	table_release(&rooms->by_name);
}

struct room *rooms_add(struct rooms *rooms, const struct store_room *stored)
{
	struct room *room = mem_zero(sizeof *room);
	room->id = stored->id;
	room->name = mem_string(stored->name);
	room->folded = utf8_fold(stored->name);
	room->topic = mem_string(stored->topic ? stored->topic : "");
	room->is_direct = stored->is_direct;
	room->is_private = stored->is_private;
	room->retention_days = stored->retention_days;
	room->end_seq = stored->end_seq;
	room->purged_seq = stored->purged_seq;
	room->views = mem_zero(rooms->encodings * sizeof(struct view *));
	table_insert(&rooms->by_name, &room->by_name, table_hash_string(room->folded));
	return room;
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

struct member *room_add_member(struct room *room, struct user *user)
{
	struct member *member = mem_zero(sizeof *member);
	member->room = room;
	member->user = user;
	member->next = user->memberships;
	user->memberships = member;
	user->rooms++;
	room->members = mem_grow(room->members, &room->members_capacity, room->members_count + 1,
				 sizeof(struct member *));
	member->index = room->members_count;
	room->members[room->members_count++] = member;
	return member;
}

void room_remove_member(struct member *member)
{
	struct room *room = member->room;
	struct member **at = &member->user->memberships;
	while (*at != member)
		at = &(*at)->next;
	*at = member->next;
	member->user->rooms--;
	room->members[member->index] = room->members[--room->members_count];
	room->members[member->index]->index = member->index;
	free(member);
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
	struct following *following = mem_zero(sizeof *following);
	following->member = member;
	following->next = peer->followings;
	peer->followings = following;
	member->connections++;
	return following;
}

void peer_remove_following(struct peer *peer, struct following *following)
{
	following_detach(peer, following);
	struct following **at = &peer->followings;
	while (*at != following)
		at = &(*at)->next;
	*at = following->next;
	following->member->connections--;
	free(following);
}

struct view *following_attach(struct rooms *rooms, struct peer *peer, struct following *following)
{
	if (following->view)
		return following->view;
	struct room *room = following->member->room;
	struct view **view = &room->views[peer->encoding];
	if (!*view) {
		*view = mem_zero(sizeof **view + rooms->workers * sizeof *(*view)->workers);
		(*view)->id = ++rooms->views_made;
		(*view)->room = room;
		(*view)->encoding = peer->encoding;
		log_init(&(*view)->log, room->end_seq);
	}
	(*view)->followers++;
	(*view)->workers[peer->worker].followers++;
	following->view = *view;
	return *view;
}

void following_detach(struct peer *peer, struct following *following)
{
	struct view *view = following->view;
	if (!view)
		return;
	following->view = NULL;
	view->workers[peer->worker].followers--;
	if (!--view->followers) {
		view->room->views[view->encoding] = NULL;
		view_free(view);
	}
}
