#include "chat/people/property.h"

#include "base/clock.h"
#include "base/memory.h"
#include "chat/answer.h"
#include "chat/people/address.h"
#include "chat/talk/listing.h"
#include "chat/need.h"
#include "chat/rooms/permission.h"
#include "chat/state.h"
#include "chat/people/watch.h"

#include <stdlib.h>
#include <string.h>

struct property {
	struct property *next; /* of the same owner */
	char *value;
	char key[];
};

/* Somebody or something that has properties. */
struct owner {
	struct table_link link;
	int64_t id; /* of the person; of a room less than 0 */
	struct property *first;
	size_t count;
	char *network; /* whence the first came; NULL: from the machine's own address */
};

/* --- whose they are --- */

static int64_t id_of_room(const struct room *room)
{
	return -room->id;
}

static struct owner *find_owner(const struct properties *properties, int64_t id)
{
	uint64_t hash = table_hash_id(id);
	struct table_link *link = table_first(&properties->by_owner, hash);
	while (link && TABLE_OF(link, struct owner, link)->id != id)
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct owner, link) : NULL;
}

static void drop_property(struct owner *owner, struct property **at)
{
	struct property *property = *at;
	*at = property->next;
	owner->count--;
	free(property->value);
	free(property);
}

static void drop_owner(struct properties *properties, struct owner *owner)
{
	struct mark *share = owner->network ? marks_find(&properties->by_network, owner->network) : NULL;
	if (share && --share->count == 0)
		marks_drop(&properties->by_network, share);
	free(owner->network);
	while (owner->first)
		drop_property(owner, &owner->first);
	table_remove(&properties->by_owner, &owner->link);
	free(owner);
}

static void property_forget(struct properties *properties, int64_t id)
{
	struct owner *owner = find_owner(properties, id);
	if (owner)
		drop_owner(properties, owner);
}

void property_forget_user(struct chat *chat, const struct user *user)
{
	property_forget(&chat->properties, user->id);
}

void property_forget_room(struct chat *chat, const struct room *room)
{
	property_forget(&chat->properties, id_of_room(room));
}

void properties_release(struct properties *properties)
{
	size_t bucket = 0;
	struct table_link *link;
	while ((link = table_walk(&properties->by_owner, &bucket, NULL))) {
		drop_owner(properties, TABLE_OF(link, struct owner, link));
		bucket = 0;
	}
	table_release(&properties->by_owner);
	marks_release(&properties->by_network);
}

void properties_init(struct properties *properties)
{
	/* Each has an owner, and there are no more of those: none is dropped while it counts. */
	properties->by_network.most = SIZE_MAX;
}

/* NULL: there are too many, of all or of the network. */
static struct owner *add_owner(struct properties *properties, int64_t id, const char *network)
{
	const struct mark *share = network ? marks_find(&properties->by_network, network) : NULL;
	if (properties->by_owner.count >= LIMIT_PROPERTY_OWNERS ||
	    (share && share->count >= LIMIT_PROPERTY_OWNERS_PER_ADDRESS))
		return NULL;
	struct owner *owner = mem_zero(sizeof *owner);
	owner->id = id;
	table_insert(&properties->by_owner, &owner->link, table_hash_id(id));
	if (network) {
		owner->network = mem_string(network);
		marks_touch(&properties->by_network, network, clock_mono_ms())->count++;
	}
	return owner;
}

static struct property **place_of(struct owner *owner, const char *key)
{
	struct property **at = &owner->first;
	while (*at && strcmp((*at)->key, key) != 0)
		at = &(*at)->next;
	return at;
}

/* False: there are too many. `value` NULL takes it away. */
static bool put(struct properties *properties, int64_t id, const char *network, const char *key,
		const char *value)
{
	struct owner *owner = find_owner(properties, id);
	if (!owner && value)
		owner = add_owner(properties, id, network);
	if (!owner)
		return !value;
	struct property **at = place_of(owner, key);
	if (value && !*at && owner->count >= LIMIT_PROPERTIES)
		return false;
	if (*at)
		drop_property(owner, at);
	if (value) {
		struct property *property = mem_alloc(sizeof *property + strlen(key) + 1);
		*property = (struct property){.next = owner->first, .value = mem_string(value)};
		strcpy(property->key, key);
		owner->first = property;
		owner->count++;
	} else if (!owner->count) {
		drop_owner(properties, owner);
	}
	return true;
}

/* --- telling others --- */

static struct entry property_event(const struct user *user, uint64_t author, const char *key,
				   const char *value)
{
	return (struct entry){.kind = ENTRY_PROPERTY,
			      .name = user->name,
			      .author = author,
			      .text = key,
			      .args = {.text = value}};
}

/* Those who share a room with the person, once, and those who watch them. */
static void tell_of_user(struct chat *chat, const struct peer *peer, const char *key, const char *value)
{
	struct entry event = property_event(peer->user, peer->author, key, value);
	chat_begin_wide(chat);
	for (struct member *member = peer->user->memberships; member; member = member->next)
		tell_room_of(chat, member->room, peer->user, &event);
	event.args.room = NULL;
	watch_tell(chat, peer->user, &event);
	chat_end_wide(chat);
}

static void tell_of_room(struct chat *chat, struct room *room, const struct peer *peer, const char *key,
			 const char *value)
{
	struct entry event = property_event(peer->user, peer->author, key, value);
	event.code = "room";
	tell_room_of(chat, room, peer->user, &event);
}

void property_tell_entered(struct chat *chat, struct room *room, const struct peer *peer)
{
	const struct owner *owner = find_owner(&chat->properties, peer->user->id);
	for (const struct property *one = owner ? owner->first : NULL; one; one = one->next) {
		struct entry event = property_event(peer->user, peer->author, one->key, one->value);
		tell_room_of(chat, room, peer->user, &event);
	}
}

/* --- who is meant --- */

/* "*" and one's own name: the asker; a room, or somebody else. False: answered. */
struct target {
	struct room *room; /* NULL: a person */
	struct user *user;
};

static bool property_find_target(struct chat *chat, struct request *request, struct target *target)
{
	const char *name = request->text[REQUEST_TEXT_NAME];
	struct user *asker = need_user(chat, request);
	*target = (struct target){.user = asker};
	if (!asker || !strcmp(name, "*"))
		return asker;
	if (*name == '#') {
		target->room = rooms_find(&chat->rooms, name);
		bool is_hidden = !target->room || !need_may_see(asker, target->room) ||
				 (target->room->is_private && !room_find_member(target->room, asker));
		if (is_hidden)
			answer_error(chat, request, ERROR_NO_ROOM, TEXT_NONE,
				     &(struct text_args){.room = name});
		return !is_hidden;
	}
	target->user = users_find(&chat->users, name);
	if (!target->user)
		answer_error(chat, request, ERROR_NO_USER, TEXT_error_no_user,
			     &(struct text_args){.name = name});
	return target->user;
}

static int64_t id_of(const struct target *target)
{
	return target->room ? id_of_room(target->room) : target->user->id;
}

static const char *property_name_of(const struct target *target)
{
	return target->room ? target->room->name : target->user->name;
}

/* --- asking --- */

static void add_row(struct reply *reply, const char *target, const char *key, const char *value)
{
	struct listing_row *row = listing_add(reply, TEXT_NONE, &(struct text_args){0});
	listing_add_text(reply, row, "target", target);
	listing_add_text(reply, row, "key", key);
	listing_add_text(reply, row, "value", value);
}

/* Returns how many bytes of values it added. */
static size_t property_add_all(const struct chat *chat, struct reply *reply, const struct target *target)
{
	const struct owner *owner = find_owner(&chat->properties, id_of(target));
	size_t bytes = 0;
	for (const struct property *one = owner ? owner->first : NULL; one; one = one->next) {
		add_row(reply, property_name_of(target), one->key, one->value);
		bytes += strlen(one->value);
	}
	return bytes;
}

/* For a room, its members' properties are listed too where that is asked for. */
void do_properties(struct chat *chat, struct request *request)
{
	struct target target;
	if (!property_find_target(chat, request, &target))
		return;
	struct reply *reply = listing_new(request, "properties", TEXT_NONE);
	reply->room = reply_string(reply, property_name_of(&target));
	size_t bytes = property_add_all(chat, reply, &target);
	const struct room *room = target.room;
	bool is_wide =
	    request->number[REQUEST_NUMBER_ON] && room && room_find_member(room, request->peer->user);
	for (size_t i = 0; is_wide && i < room->members_count && bytes < LIMIT_PROPERTIES_SHOWN; i++)
		bytes += property_add_all(chat, reply, &(struct target){.user = room->members[i]->user});
	batch_reply(chat, request->peer, reply);
}

/* --- changing --- */

static bool may_change(const struct user *user, const struct target *target)
{
	const struct member *member = target->room ? room_find_member(target->room, user) : NULL;
	return target->room ? permission_rank(user, member) >= ROLE_MODERATOR : target->user == user;
}

static void property_change(struct chat *chat, const struct request *request, const struct target *target,
			    struct reply *reply, const char *key, const char *value)
{
	add_row(reply, property_name_of(target), key, value);
	if (target->room)
		tell_of_room(chat, target->room, request->peer, key, value);
	else
		tell_of_user(chat, request->peer, key, value);
}

static void property_clear(struct chat *chat, const struct request *request, const struct target *target,
			   struct reply *reply)
{
	struct owner *owner = find_owner(&chat->properties, id_of(target));
	for (const struct property *one = owner ? owner->first : NULL; one; one = one->next)
		property_change(chat, request, target, reply, one->key, NULL);
	property_forget(&chat->properties, id_of(target));
}

/* Without a key all of them go, without a value the one that is named. */
void do_property(struct chat *chat, struct request *request)
{
	const char *key = request->text[REQUEST_TEXT_LABEL], *value = request->text[REQUEST_TEXT_MESSAGE];
	char network[INET6_ADDRSTRLEN];
	struct target target;
	if (!property_find_target(chat, request, &target))
		return;
	if (!may_change(request->peer->user, &target)) {
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_NONE, NULL);
		return;
	}
	if ((key && !*key) || (value && strlen(value) > LIMIT_PROPERTY_BYTES)) {
		answer_bad_field(chat, request, key && !*key ? "label" : "message");
		return;
	}
	mark_network(request->peer->address, network);
	if (key && !put(&chat->properties, id_of(&target),
			address_is_machines_own(request->peer->address) ? NULL : network, key, value)) {
		bool is_own = find_owner(&chat->properties, id_of(&target));
		answer_limit(chat, request,
			     is_own ? TEXT_error_too_many_properties : TEXT_error_too_many_with_properties,
			     LIMIT_PROPERTIES);
		return;
	}
	struct reply *reply = listing_new(request, "properties", TEXT_NONE);
	reply->room = reply_string(reply, property_name_of(&target));
	if (key)
		property_change(chat, request, &target, reply, key, value);
	else
		property_clear(chat, request, &target, reply);
	batch_reply(chat, request->peer, reply);
}
