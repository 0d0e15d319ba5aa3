#include "chat/distant.h"

#include "base/clock.h"
#include "base/memory.h"
#include "chat/rooms/membership.h"
#include "chat/state.h"
#include "chat/told.h"
#include "chat/people/watch.h"

#include <assert.h>
#include <stdlib.h>

#define JOIN_MS 1000 /* those who went elsewhere at about the same time are waited for together */

struct place {
	struct place *next;
	int64_t node;    /* 0: this one itself */
	int64_t ends_ms; /* of the monotonic clock; 0: it is there */
	unsigned turn;   /* how often it has told everything */
	struct distant *people;
};

struct distant_room {
	int64_t id;
	unsigned turn;
};

/* Somebody at a place. */
struct distant {
	struct table_link by_person;
	struct distant *next, **at; /* of the place */
	struct place *place;
	int64_t person;
	unsigned turn; /* of the place, when it told of them last */
	struct distant_room *rooms;
	size_t count, capacity;
	struct distant_looks looks; /* owned */
};

/* --- places --- */

static struct place *add_place(struct chat *chat, int64_t node)
{
	struct place *place = mem_zero(sizeof *place);
	place->node = node;
	place->next = chat->distants.places;
	chat->distants.places = place;
	return place;
}

/* The node that is there; it is added where it is not known. */
static struct place *place_at_node(struct chat *chat, int64_t node)
{
	struct place *place = chat->distants.places;
	while (place && (place->node != node || place->ends_ms))
		place = place->next;
	return place ? place : add_place(chat, node);
}

static int64_t return_ms(const struct chat *chat)
{
	return clock_mono_ms() + chat->config.limits.node_return_seconds * 1000;
}

/* --- people --- */

static struct distant *next_distant(struct table_link *link, uint64_t hash, int64_t person)
{
	while (link && TABLE_OF(link, struct distant, by_person)->person != person)
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct distant, by_person) : NULL;
}

static struct distant *first_distant(const struct chat *chat, int64_t person)
{
	uint64_t hash = table_hash_id(person);
	return next_distant(table_first(&chat->distants.by_person, hash), hash, person);
}

static struct distant *further_distant(const struct distant *distant)
{
	uint64_t hash = table_hash_id(distant->person);
	return next_distant(table_next(&distant->by_person, hash), hash, distant->person);
}

static struct distant *find_at(const struct chat *chat, const struct place *place, int64_t person)
{
	struct distant *distant = first_distant(chat, person);
	while (distant && distant->place != place)
		distant = further_distant(distant);
	return distant;
}

static void release_looks(struct distant_looks *looks)
{
	free((char *)(uintptr_t)looks->ip);
	free((char *)(uintptr_t)looks->user_name);
	free((char *)(uintptr_t)looks->real_name);
	free((char *)(uintptr_t)looks->pages);
}

static char *copy_of(const char *text)
{
	return text ? mem_string(text) : NULL;
}

static void set_looks(struct distant *distant, const struct distant_looks *looks)
{
	release_looks(&distant->looks);
	distant->looks = (struct distant_looks){.ip = copy_of(looks->ip),
						.user_name = copy_of(looks->user_name),
						.real_name = copy_of(looks->real_name),
						.pages = copy_of(looks->pages),
						.is_bot = looks->is_bot};
}

static void set_distant(struct chat *chat, struct user *user, bool is_distant)
{
	if (user->is_distant == is_distant)
		return;
	user->is_distant = is_distant;
	if (user->peers)
		return;
	chat_count_online(chat, is_distant ? 1 : -1);
	watch_tell_presence(chat, user, is_distant);
}

static void free_distant(struct distant *distant)
{
	release_looks(&distant->looks);
	free(distant->rooms);
	free(distant);
}

static struct distant *add_distant(struct chat *chat, struct place *place, int64_t person,
				   const struct distant_looks *looks)
{
	struct user *user = users_find_id(&chat->users, person);
	struct distant *distant = mem_zero(sizeof *distant);
	distant->person = person;
	distant->place = place;
	distant->next = place->people;
	distant->at = &place->people;
	if (distant->next)
		distant->next->at = &distant->next;
	place->people = distant;
	set_looks(distant, looks);
	table_insert(&chat->distants.by_person, &distant->by_person, table_hash_id(person));
	if (user)
		set_distant(chat, user, true);
	return distant;
}

/* --- rooms --- */

static struct member *member_at(const struct chat *chat, int64_t person, int64_t room_id)
{
	const struct user *user = users_find_id(&chat->users, person);
	const struct room *room = user ? rooms_find_by_id(&chat->rooms, room_id) : NULL;
	return room ? room_find_member(room, user) : NULL;
}

/* One place more where the member reads the room. */
static void count_place(struct chat *chat, struct member *member, const struct distant_looks *looks,
			bool is_new)
{
	bool was_there = member_is_there(member);
	member_add_distant(member);
	if (!was_there)
		membership_came(chat, member, looks, is_new);
}

static struct distant_room *find_room(const struct distant *distant, int64_t room_id)
{
	for (size_t i = 0; i < distant->count; i++)
		if (distant->rooms[i].id == room_id)
			return &distant->rooms[i];
	return NULL;
}

static void add_room(struct chat *chat, struct distant *distant, int64_t room_id, bool is_new)
{
	struct member *member = member_at(chat, distant->person, room_id);
	distant->rooms =
	    mem_grow(distant->rooms, &distant->capacity, distant->count + 1, sizeof *distant->rooms);
	distant->rooms[distant->count++] = (struct distant_room){.id = room_id, .turn = distant->place->turn};
	if (member)
		count_place(chat, member, &distant->looks, is_new);
}

static void drop_room(struct chat *chat, struct distant *distant, struct distant_room *room,
		      const char *reason)
{
	struct member *member = member_at(chat, distant->person, room->id);
	int64_t room_id = room->id;
	*room = distant->rooms[--distant->count];
	if (member) {
		member_drop_distant(member);
		if (!member_is_there(member))
			membership_went(chat, member, &distant->looks, reason);
	}
	/* The others were told that they are still here. */
	if (!distant->place->node && !(member && member->connections) &&
	    !distant_is_kept(chat, distant->person, room_id))
		told_left(chat, distant->person, room_id, NULL);
}

/* They are not at this place any more. */
static void drop_distant(struct chat *chat, struct distant *distant)
{
	struct user *user = users_find_id(&chat->users, distant->person);
	int64_t person = distant->person;
	bool is_own = !distant->place->node;
	chat_begin_wide(chat);
	while (distant->count)
		drop_room(chat, distant, &distant->rooms[distant->count - 1], NULL);
	chat_end_wide(chat);
	*distant->at = distant->next;
	if (distant->next)
		distant->next->at = distant->at;
	table_remove(&chat->distants.by_person, &distant->by_person);
	free_distant(distant);
	if (user && !first_distant(chat, person))
		set_distant(chat, user, false);
	if (is_own)
		told_went(chat, person);
}

/* --- what another node has told --- */

void distant_begin_all(struct chat *chat, int64_t node)
{
	place_at_node(chat, node)->turn++;
}

static void drop_stale_rooms(struct chat *chat, struct distant *distant)
{
	chat_begin_wide(chat);
	for (size_t i = distant->count; i-- > 0;)
		if (distant->rooms[i].turn != distant->place->turn)
			drop_room(chat, distant, &distant->rooms[i], NULL);
	chat_end_wide(chat);
}

void distant_end_all(struct chat *chat, int64_t node)
{
	const struct place *place = place_at_node(chat, node);
	for (struct distant *distant = place->people, *next; distant; distant = next) {
		next = distant->next;
		if (distant->turn != place->turn)
			drop_distant(chat, distant);
		else
			drop_stale_rooms(chat, distant);
	}
}

void distant_lose(struct chat *chat, int64_t node)
{
	place_at_node(chat, node)->ends_ms = return_ms(chat);
}

void distant_put(struct chat *chat, int64_t node, int64_t person, const struct distant_looks *looks)
{
	struct place *place = place_at_node(chat, node);
	struct distant *distant = find_at(chat, place, person);
	if (distant)
		set_looks(distant, looks);
	else
		distant = add_distant(chat, place, person, looks);
	distant->turn = place->turn;
}

void distant_drop(struct chat *chat, int64_t node, int64_t person)
{
	struct distant *distant = find_at(chat, place_at_node(chat, node), person);
	if (distant)
		drop_distant(chat, distant);
}

void distant_put_room(struct chat *chat, int64_t node, int64_t person, int64_t room_id, bool is_new,
		      uint64_t wide)
{
	struct distant *distant = find_at(chat, place_at_node(chat, node), person);
	struct distant_room *room = distant ? find_room(distant, room_id) : NULL;
	chat->wide = wide;
	if (room)
		room->turn = distant->place->turn;
	else if (distant)
		add_room(chat, distant, room_id, is_new);
	chat->wide = 0;
	if (distant)
		distant_return(chat, person, room_id);
}

void distant_drop_room(struct chat *chat, int64_t node, int64_t person, int64_t room_id, const char *reason,
		       uint64_t wide)
{
	struct distant *distant = find_at(chat, place_at_node(chat, node), person);
	struct distant_room *room = distant ? find_room(distant, room_id) : NULL;
	chat->wide = wide;
	if (room)
		drop_room(chat, distant, room, reason);
	chat->wide = 0;
}

/* --- what this node finds --- */

/* The place in which people who go elsewhere just now are kept. */
static struct place *place_of_moved(struct chat *chat)
{
	int64_t ends_ms = return_ms(chat);
	struct place *place = chat->distants.places;
	while (place && (place->node || place->ends_ms + JOIN_MS < ends_ms))
		place = place->next;
	if (!place)
		place = add_place(chat, 0);
	if (!place->ends_ms)
		place->ends_ms = ends_ms;
	return place;
}

/* However often they go elsewhere, they are kept in one place, the last. */
static void keep_earlier(struct chat *chat, struct distant *kept)
{
	for (struct distant *one = first_distant(chat, kept->person), *next; one; one = next) {
		next = further_distant(one);
		if (one == kept || one->place->node)
			continue;
		for (size_t i = 0; i < one->count; i++)
			if (!find_room(kept, one->rooms[i].id))
				add_room(chat, kept, one->rooms[i].id, false);
		drop_distant(chat, one);
	}
}

void distant_keep(struct chat *chat, const struct peer *peer)
{
	struct place *place = place_of_moved(chat);
	struct distant *distant = find_at(chat, place, peer->user->id);
	if (!distant)
		distant = add_distant(chat, place, peer->user->id,
				      &(struct distant_looks){.ip = peer_shown_ip(peer),
							      .user_name = peer_user_name(peer),
							      .real_name = peer_real_name(peer),
							      .is_bot = peer->is_bot});
	for (const struct following *one = peer->followings; one; one = one->next)
		if (!find_room(distant, one->member->room->id))
			add_room(chat, distant, one->member->room->id, false);
	keep_earlier(chat, distant);
}

void distant_return(struct chat *chat, int64_t person, int64_t room_id)
{
	struct distant *distant = chat->distants.places ? first_distant(chat, person) : NULL;
	for (struct distant *next; distant; distant = next) {
		struct distant_room *room = distant->place->ends_ms ? find_room(distant, room_id) : NULL;
		next = further_distant(distant);
		if (room)
			drop_room(chat, distant, room, NULL);
		if (room && !distant->count)
			drop_distant(chat, distant);
	}
}

void distant_expire(struct chat *chat)
{
	for (struct place **at = &chat->distants.places; *at;) {
		struct place *place = *at;
		if (!place->ends_ms || place->ends_ms > clock_mono_ms()) {
			at = &place->next;
			continue;
		}
		while (place->people)
			drop_distant(chat, place->people);
		*at = place->next;
		free(place);
	}
}

bool distant_is_kept(const struct chat *chat, int64_t person, int64_t room_id)
{
	struct distant *distant = chat->distants.places ? first_distant(chat, person) : NULL;
	while (distant && (distant->place->node || (room_id && !find_room(distant, room_id))))
		distant = further_distant(distant);
	return distant;
}

void distant_meet_user(struct chat *chat, struct user *user)
{
	if (chat->distants.places && first_distant(chat, user->id))
		set_distant(chat, user, true);
}

void distant_forget_user(struct chat *chat, struct user *user)
{
	assert(!user->peers);
	set_distant(chat, user, false);
}

void distant_meet_member(struct chat *chat, struct member *member)
{
	struct distant *distant = member->user->is_distant ? first_distant(chat, member->user->id) : NULL;
	for (; distant; distant = further_distant(distant))
		if (find_room(distant, member->room->id))
			count_place(chat, member, &distant->looks, true);
}

/* --- how they look --- */

const struct distant_looks *distant_find_looks(const struct chat *chat, const struct user *user)
{
	const struct distant *distant = user->is_distant ? first_distant(chat, user->id) : NULL;
	return distant ? &distant->looks : NULL;
}

static bool has_token(const char *pages, uint32_t token)
{
	for (char *end; pages && *pages; pages = *end ? end + 1 : end)
		if (strtoul(pages, &end, 16) == token)
			return true;
	return false;
}

bool distant_sees(const struct chat *chat, const struct user *user, uint32_t token)
{
	struct distant *distant = user->is_distant ? first_distant(chat, user->id) : NULL;
	while (distant && (distant->place->ends_ms || !has_token(distant->looks.pages, token)))
		distant = further_distant(distant);
	return distant;
}

void distants_release(struct distants *distants)
{
	for (struct place *place = distants->places, *next; place; place = next) {
		next = place->next;
		for (struct distant *distant = place->people, *further; distant; distant = further) {
			further = distant->next;
			free_distant(distant);
		}
		free(place);
	}
	table_release(&distants->by_person);
}
