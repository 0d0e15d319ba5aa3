#include "chat/room.h"

#include "base/ip.h"
#include "base/memory.h"
#include "base/utf8.h"

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

static void sanction_free(struct sanction **at)
{
	struct sanction *sanction = *at;
	*at = sanction->next;
	free(sanction->target);
	free(sanction);
}

static void invitation_free(struct invitation **at)
{
	struct invitation *invitation = *at;
	*at = invitation->next;
	free(invitation->folded);
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
	for (struct sanction *one = room->sanctions, *next; one; one = next) {
		next = one->next;
		free(one->target);
		free(one);
	}
	for (struct invitation *one = room->invitations, *next; one; one = next) {
		next = one->next;
		free(one->folded);
		free(one);
	}
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
	table_release(&rooms->by_id);
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
	room->views = mem_zero(rooms->encodings * ROOM_SIDES * sizeof(struct view *));
	table_insert(&rooms->by_name, &room->by_name, table_hash_string(room->folded));
	table_insert(&rooms->by_id, &room->by_id, table_hash(&room->id, sizeof room->id));
	return room;
}

void rooms_rename(struct rooms *rooms, struct room *room, const char *name)
{
	table_remove(&rooms->by_name, &room->by_name);
	free(room->name);
	free(room->folded);
	room->name = mem_string(name);
	room->folded = utf8_fold(name);
	table_insert(&rooms->by_name, &room->by_name, table_hash_string(room->folded));
}

struct room *rooms_find_by_id(const struct rooms *rooms, int64_t id)
{
	uint64_t hash = table_hash(&id, sizeof id);
	struct table_link *link = table_first(&rooms->by_id, hash);
	while (link && TABLE_OF(link, struct room, by_id)->id != id)
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct room, by_id) : NULL;
}

const char *room_name_for(const struct room *room, const struct user *user, char shown[ROOM_SHOWN_BYTES])
{
	if (!room->is_direct)
		return room->name;
	const struct user *other = room->sides[room->sides[0] == user];
	snprintf(shown, ROOM_SHOWN_BYTES, "@%s", other ? other->name : "?");
	return shown;
}

/* --- sanctions --- */

/* "10.0.0.0/8" against 10.1.2.3. */
static bool is_in_network(const char *mask, const char *address)
{
	struct ip ip;
	struct ip_network network;
	return strchr(mask, '/') && ip_network_read(&network, mask) && ip_read(&ip, address) &&
	       ip_is_in(&ip, &network);
}

/* Whoever comes in again beside himself gets a suffix, and stays who he is. */
static bool is_name_of(const char *name, const struct user *user)
{
	const char *folded = user_folded(user);
	const char *suffix = user->has_suffix ? strrchr(folded, '-') : NULL;
	size_t wanted = suffix ? (size_t)(suffix - folded) : 0;
	return !strcmp(name, folded) || (suffix && !strncmp(name, folded, wanted) && !name[wanted]);
}

static bool is_meant(const struct room *room, const struct sanction *sanction, const struct user *user,
		     const char *address)
{
	if (!strncmp(sanction->target, "account:", 8))
		return user->account && strtoll(sanction->target + 8, NULL, 10) == user->account;
	if (!strncmp(sanction->target, "name:", 5))
		return is_name_of(sanction->target + 5, user);
	if (!address || !is_in_network(sanction->target, address))
		return false;
	/* Who keeps order here is banned and muted by name, by those above him, and not along with a network.
	 */
	const struct member *member = room_find_member(room, user);
	return !member || member->role < ROLE_MODERATOR;
}

#define OVER_KEPT_MS INT64_C(86400000)

const struct sanction *room_find_sanction(struct room *room, enum sanction_kind kind, const struct user *user,
					  const char *address, int64_t wall_ms)
{
	for (struct sanction **at = &room->sanctions; *at;) {
		struct sanction *sanction = *at;
		bool is_over = sanction->until_ms && sanction->until_ms <= wall_ms;
		/* The clock may have been set wrong, and be put right again. */
		if (is_over && wall_ms - sanction->until_ms > OVER_KEPT_MS) {
			sanction_free(at);
			continue;
		}
		if (!is_over && (!kind || sanction->kind == kind) && is_meant(room, sanction, user, address))
			return sanction;
		at = &sanction->next;
	}
	return NULL;
}

bool room_drop_sanction(struct room *room, enum sanction_kind kind, const char *target)
{
	for (struct sanction **at = &room->sanctions; *at; at = &(*at)->next)
		if ((*at)->kind == kind && !strcmp((*at)->target, target)) {
			sanction_free(at);
			return true;
		}
	return false;
}

void room_put_sanction(struct room *room, const struct store_sanction *stored)
{
	room_drop_sanction(room, stored->kind, stored->target);
	struct sanction *sanction = mem_zero(sizeof *sanction);
	sanction->kind = stored->kind;
	sanction->target = mem_string(stored->target);
	sanction->until_ms = stored->until_ms;
	sanction->next = room->sanctions;
	room->sanctions = sanction;
}

/* --- invitations --- */

static struct invitation **find_invitation(const struct room *room, const struct user *user)
{
	struct invitation **at = (struct invitation **)(uintptr_t)&room->invitations;
	while (*at && strcmp((*at)->folded, user_folded(user)))
		at = &(*at)->next;
	return at;
}

bool room_is_invited(const struct room *room, const struct user *user)
{
	return *find_invitation(room, user) != NULL;
}

void room_invite(struct room *room, const struct user *user)
{
	if (room_is_invited(room, user))
		return;
	struct invitation *made = mem_zero(sizeof *made);
	made->folded = mem_string(user_folded(user));
	made->next = room->invitations;
	room->invitations = made;
}

void room_use_invitation(struct room *room, const struct user *user)
{
	struct invitation **at = find_invitation(room, user);
	if (*at)
		invitation_free(at);
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
	member->role = ROLE_MEMBER;
	member->next = user->memberships;
	user->memberships = member;
	user->rooms++;
	room->members = mem_grow(room->members, &room->members_capacity, room->members_count + 1,
				 sizeof(struct member *));
	member->index = (uint32_t)room->members_count;
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
		*view->at = NULL;
		view_free(view);
	}
}
