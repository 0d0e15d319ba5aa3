#include "chat/rooms/membership.h"

#include "base/clock.h"
#include "base/text/name.h"
#include "base/text/utf8.h"
#include "chat/answer.h"
#include "chat/apply.h"
#include "chat/batch.h"
#include "chat/rooms/direct.h"
#include "chat/people/link.h"
#include "chat/rooms/list.h"
#include "chat/talk/marks.h"
#include "chat/need.h"
#include "chat/node.h"
#include "chat/pace.h"
#include "chat/state.h"

#include <stdlib.h>
#include <string.h>

/* In a crowd, telling who comes and goes costs members squared, and is not read. */
static bool is_presence_told(const struct chat *chat, const struct room *room)
{
	return !room->is_direct && room->present <= chat->config.limits.presence_members_max;
}

static void tell_enter(struct chat *chat, struct room *room, const struct peer *peer, uint32_t flags)
{
	struct entry event = {
	    .kind = ENTRY_ENTER,
	    .flags = flags,
	    .author = peer->author,
	    .text = peer_real_name(peer),
	    .key = TEXT_event_enter,
	    .args = {.by = room_hears(room, peer->user, peer->address) ? peer->user->away : NULL}};
	if (is_presence_told(chat, room))
		tell_room_of(chat, room, peer->user, &event);
}

void membership_came(struct chat *chat, const struct member *member, const struct distant_looks *looks,
		     bool is_new)
{
	struct room *room = member->room;
	const struct user *user = member->user;
	struct entry event = {.kind = ENTRY_ENTER,
			      .flags = is_new ? ENTRY_MEMBERSHIP : 0,
			      .ip = looks->ip,
			      .text = looks->real_name ? looks->real_name : user->name,
			      .key = TEXT_event_enter,
			      .args = {.by = room_hears(room, user, NULL) ? user->away : NULL}};
	if (is_presence_told(chat, room))
		tell_room_of(chat, room, user, &event);
}

/* The reason of those whose words may not reach the room is not told. */
static void tell_exit(struct chat *chat, struct room *room, const struct user *user, struct entry exit,
		      const char *reason)
{
	const char *address = user->peers ? user->peers->address : NULL;
	bool has_reason = reason && *reason && room_hears(room, user, address);
	exit.kind = ENTRY_EXIT;
	exit.key = has_reason ? TEXT_event_exit_because : TEXT_event_exit;
	exit.args.text = has_reason ? reason : NULL;
	tell_room_of(chat, room, user, &exit);
}

void membership_went(struct chat *chat, const struct member *member, const struct distant_looks *looks,
		     const char *reason)
{
	if (is_presence_told(chat, member->room))
		tell_exit(chat, member->room, member->user, (struct entry){.ip = looks->ip}, reason);
}

/* --- connections that read --- */

static struct following *follow(struct chat *chat, struct peer *peer, struct member *member)
{
	struct following *following = peer_find_following(peer, member->room);
	if (following)
		return following;
	following = peer_add_following(peer, member);
	bool is_first = member->connections == 1;
	if (is_first && !member->distant) {
		tell_enter(chat, member->room, peer, member->is_new ? ENTRY_MEMBERSHIP : 0);
		if (is_presence_told(chat, member->room))
			property_tell_entered(chat, member->room, peer);
	}
	if (is_first)
		told_reads(chat, member);
	if (is_first && member->distant)
		distant_return(chat, member->user->id, member->room->id);
	member->is_new = false;
	return following;
}

static void fill_joined(struct reply *reply, const struct room *room, const struct peer *peer,
			const struct view *view)
{
	char shown[ROOM_SHOWN_BYTES];
	reply->room = reply_string(reply, room_name_for(room, peer->user, shown));
	reply->joined.topic = reply_string(reply, room->topic);
	reply->joined.room_id = room->id;
	reply->joined.view = view->id;
	reply->joined.is_private = room->is_private;
	/* The readers of a direct conversation see it under different names. */
	reply->joined.reader = reply_string(reply, peer->user->name);
}

/* True where `after` cannot be continued from: another history, or a place that this one has not reached. */
static bool is_reset(const struct chat *chat, const struct request *request, const struct room *room)
{
	const char *epoch = request->text[REQUEST_TEXT_EPOCH];
	if (!request_has(request, REQUEST_NUMBER_AFTER))
		return false;
	if (epoch && strcmp(epoch, chat_epoch(chat)))
		return true;
	return (uint64_t)request->number[REQUEST_NUMBER_AFTER] > room->end_seq;
}

void membership_answer(struct chat *chat, const struct request *request, struct member *member)
{
	struct peer *peer = request->peer;
	struct room *room = member->room;
	struct view *view = following_attach(&chat->rooms, peer, follow(chat, peer, member));
	struct reply *reply = answer_new(request, REPLY_JOINED);
	struct reply_joined *joined = &reply->joined;
	fill_joined(reply, room, peer, view);
	joined->is_reset = is_reset(chat, request, room);
	if (request->wants_members)
		joined->look = list_look_at(chat, reply, room, peer->user);
	if (request_has(request, REQUEST_NUMBER_AFTER) && !joined->is_reset) {
		joined->is_resumed = true;
		joined->after = (uint64_t)request->number[REQUEST_NUMBER_AFTER];
	}
	if (peer->is_simple)
		peer->room = room;
	batch_joined(chat, peer, reply, room);
}

void membership_follow(struct chat *chat, struct peer *peer, struct room *room)
{
	struct member *member = room_find_member(room, peer->user);
	struct following *following = member ? follow(chat, peer, member) : NULL;
	if (!following || following->view)
		return;
	struct view *view = following_attach(&chat->rooms, peer, following);
	struct reply *joined = reply_new(REPLY_JOINED, peer->connection);
	joined->is_unasked = true;
	fill_joined(joined, room, peer, view);
	batch_follows(chat, peer, joined, room);
}

/* Takes the following away, and the plain messages of the connection elsewhere. */
static void detach(struct chat *chat, struct peer *peer, struct following *following, const char *reason)
{
	const struct member *member = following->member;
	const struct room *room = member->room;
	peer_remove_following(&chat->rooms, peer, following);
	if (!member->connections && !distant_is_kept(chat, member->user->id, room->id))
		told_left(chat, member->user->id, room->id, reason);
	if (peer->room == room)
		peer->room = rooms_find(&chat->rooms, CHAT_LOBBY);
}

void membership_unfollow(struct chat *chat, struct peer *peer, struct following *following,
			 const char *reason)
{
	struct member *member = following->member;
	bool is_told = is_presence_told(chat, member->room);
	detach(chat, peer, following, reason);
	if (!member_is_there(member) && is_told)
		tell_exit(chat, member->room, member->user, (struct entry){.author = peer->author}, reason);
}

/* --- memberships that begin and end --- */

static void tell_membership(struct chat *chat, const struct peer *peer, const struct room *room,
			    const struct member *member)
{
	char shown[ROOM_SHOWN_BYTES];
	struct reply *reply = tell_peer(chat, peer, REPLY_MEMBERSHIP);
	reply->membership.is_begin = member != NULL;
	reply->membership.room.name = reply_string(reply, room_name_for(room, peer->user, shown));
	if (member)
		list_fill_row(reply, &reply->membership.room, member);
}

/* True for the connection that asked: it learns of it by its answer. */
static bool has_asked(const struct change *change, const struct peer *peer)
{
	return change && change->request && change->request->peer == peer;
}

/* A conversation that makes room for another on the list is not what it asked for. */
static bool has_asked_for_end(const struct change *change, const struct peer *peer, const struct room *room)
{
	return has_asked(change, peer) && (!room->is_direct || change->request->op == REQUEST_LEAVE);
}

void membership_begin(struct chat *chat, struct member *member, const struct change *change)
{
	for (struct peer *peer = member->user->peers; peer; peer = peer->next)
		if (!peer->is_simple && !has_asked(change, peer))
			tell_membership(chat, peer, member->room, member);
}

static void end_following(struct chat *chat, struct peer *peer, struct following *following,
			  const struct entry *farewell)
{
	const struct room *room = following->member->room;
	struct reply *left = reply_new(REPLY_LEFT, peer->connection);
	left->is_unasked = true;
	left->room = reply_string(left, room->name);
	left->left.view = following->view ? following->view->id : 0;
	if (farewell && peer->is_simple)
		tell_event(chat, peer, farewell);
	batch_reply(chat, peer, left);
	detach(chat, peer, following, NULL);
}

/* The reason that somebody gave who left by themselves. */
static const char *reason_of(const struct change *change)
{
	bool has_left = change && change->request && change->request->op == REQUEST_LEAVE;
	return has_left ? change->request->text[REQUEST_TEXT_REASON] : NULL;
}

void membership_end(struct chat *chat, struct member *member, const struct change *change,
		    const struct entry *farewell)
{
	struct room *room = member->room;
	struct user *user = member->user;
	struct entry shown = farewell ? *farewell : (struct entry){0};
	bool is_told = member_is_there(member) && !farewell && is_presence_told(chat, room);
	uint64_t author = change && change->request ? change->request->peer->author : 0;
	shown.room = room->name;
	if (farewell)
		tell_user(chat, user, NULL, &shown);
	for (struct peer *peer = user->peers; peer; peer = peer->next) {
		struct following *following = peer_find_following(peer, room);
		if (following)
			end_following(chat, peer, following, farewell ? &shown : NULL);
		if (!peer->is_simple && !has_asked_for_end(change, peer, room))
			tell_membership(chat, peer, room, NULL);
	}
	if (is_told)
		tell_exit(chat, room, user, (struct entry){.author = author, .flags = ENTRY_MEMBERSHIP},
			  reason_of(change));
	room_remove_member(member);
	chat->has_deserted |= !room->members_count && !room->end_seq;
}

/* --- owners --- */

bool membership_is_last_owner(const struct member *member)
{
	const struct room *room = member->room;
	if (member->role != ROLE_OWNER || room->is_direct)
		return false;
	for (size_t i = 0; i < room->members_count; i++)
		if (room->members[i] != member && room->members[i]->role == ROLE_OWNER)
			return false;
	return true;
}

void membership_add_end(struct chat *chat, struct change *change, const struct member *member)
{
	if (!membership_is_last_owner(member))
		return;
	batch_add(chat, change, STORE_PASS_OWNERSHIP)->member.room_id = member->room->id;
	member->room->changing = batch_mark_now(chat);
}

void membership_tell_heir(struct chat *chat, struct member *member)
{
	tell_room(chat, member->room, ENTRY_ROLE, member->user, 0, TEXT_event_inherited,
		  &(struct text_args){.text = "owner", .by = CHAT_SERVER_NAME});
}

static bool is_deserted(const struct chat *chat, const struct room *room)
{
	return !room->is_direct && !room->members_count && !room->end_seq && strcmp(room->name, CHAT_LOBBY) &&
	       !batch_is_under_way(chat, room->changing);
}

void membership_sweep(struct chat *chat)
{
	size_t bucket = 0;
	/* Other nodes write, too: this one may not know yet what was said a moment ago. */
	if (!chat->has_deserted || chat->config.store->node)
		return;
	chat->has_deserted = false;
	for (struct table_link *link = NULL; (link = table_walk(&chat->rooms.by_name, &bucket, link));) {
		struct room *room = TABLE_OF(link, struct room, by_name);
		if (!is_deserted(chat, room))
			continue;
		struct change *change = batch_change(chat, NULL, NULL);
		batch_add(chat, change, STORE_REMOVE_ROOM)->room.id = room->id;
		room->changing = batch_mark_now(chat);
	}
}

/* --- joining --- */

/* Answers and returns false where the user may not come in. */
static bool check_entry(struct chat *chat, const struct request *request, const struct room *room)
{
	const struct user *user = request->peer->user;
	const struct sanction *ban =
	    room_meets(room, SANCTION_BAN, user, request->peer->address, clock_wall_ms());
	struct text_args args = {.room = room->name, .number = chat->config.limits.rooms_per_user};
	if (ban && !user->is_admin) {
		args.time_ms = ban->until_ms;
		answer_error(chat, request, ERROR_BANNED,
			     ban->until_ms ? TEXT_NONE : TEXT_error_banned_for_good, &args);
		return false;
	}
	if (!room_find_member(room, user) && user->rooms_joined >= pace_rooms_most(chat, user)) {
		args.number = pace_rooms_most(chat, user);
		answer_error(chat, request, ERROR_LIMIT, TEXT_error_too_many_joined, &args);
		return false;
	}
	return true;
}

/* Rooms, and those that are being made. */
static bool is_full(const struct chat *chat)
{
	size_t rooms = chat->rooms.by_name.count - chat->rooms.directs + names_reserved_rooms(chat);
	return rooms >= (size_t)chat->config.limits.rooms_max;
}

/* True where the room that could not be made is not known here: another process has it. */
static bool is_foreign(struct chat *chat, const struct change *change)
{
	if (change->result != STORE_EXISTS)
		return false;
	apply_watch(chat);
	return !rooms_find(&chat->rooms, change->request->text[REQUEST_TEXT_ROOM]);
}

static void then_membership_stored(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	const struct store_command *put = batch_command(change, 0);
	if (put->op == STORE_ADD_ROOM)
		put = batch_command(change, 1);
	struct room *room =
	    change->result == STORE_OK ? rooms_find_by_id(&chat->rooms, put->member.room_id) : NULL;
	struct member *member = room ? room_find_member(room, request->peer->user) : NULL;
	if (member)
		membership_answer(chat, request, member);
	else if (is_foreign(chat, change))
		answer_error(chat, request, ERROR_STORE_FAILED, TEXT_NONE, NULL);
	else
		hold_retry(chat, change);
}

void membership_join(struct chat *chat, struct request *request, struct room *room,
		     const struct store_link *link)
{
	struct user *user = request->peer->user;
	if (!check_entry(chat, request, room) ||
	    (is_reset(chat, request, room) && node_asks_first(chat, request)))
		return;
	struct member *member = room_find_member(room, user);
	if (member) {
		membership_answer(chat, request, member);
		return;
	}
	const struct invitation *invitation = room_find_invitation(room, user->id, clock_wall_ms());
	struct change *change = batch_change(chat, request, then_membership_stored);
	batch_add(chat, change, STORE_PUT_MEMBER)->member =
	    (struct store_member){.person = user->id,
				  .room_id = room->id,
				  .role = invitation && !room->is_direct ? invitation->role : ROLE_MEMBER};
	if (invitation)
		batch_add(chat, change, STORE_DROP_INVITATION)->invitation =
		    (struct store_invitation){.room_id = room->id, .person = user->id};
	if (link)
		link_add_use(chat, change, link, user->id, user->name);
	user->changing = batch_mark_now(chat);
	if (invitation && invitation->role == ROLE_OWNER)
		room->changing = batch_mark_now(chat);
}

void membership_join_lobby(struct chat *chat, struct request *request)
{
	membership_join(chat, request, rooms_find(&chat->rooms, CHAT_LOBBY), NULL);
}

/* A guest's network; NULL: the asker has an account. */
static const char *room_maker(struct chat *chat, const struct request *request)
{
	char network[INET6_ADDRSTRLEN];
	if (user_is_account(request->peer->user))
		return NULL;
	mark_network(request->peer->address, network);
	return arena_string(batch_arena(chat), network);
}

/* Makes the room that a first join names, and its owner. */
static void create_room(struct chat *chat, struct request *request, const char *name)
{
	struct user *user = request->peer->user;
	struct text_args args = {.room = name, .number = chat->config.limits.rooms_max};
	if (!utf8_is_room_name(name) || !name_has_few_marks(name)) {
		answer_error(chat, request, *name == '#' ? ERROR_BAD_NAME : ERROR_NO_ROOM,
			     *name == '#' ? TEXT_error_bad_room_name : TEXT_NONE, &args);
		return;
	}
	/* Somebody else is making it, or one that is spelt otherwise. */
	if (names_is_reserved(chat, name)) {
		hold_request(chat, request);
		return;
	}
	if (is_full(chat)) {
		answer_error(chat, request, ERROR_LIMIT, TEXT_error_too_many_rooms, &args);
		return;
	}
	args.number = pace_rooms_most(chat, user);
	if (user->rooms_joined >= pace_rooms_most(chat, user)) {
		answer_error(chat, request, ERROR_LIMIT, TEXT_error_too_many_joined, &args);
		return;
	}
	if (!pace_may_make_room(chat, request))
		return;
	char *folded = utf8_fold(name);
	names_reserve(chat, folded);
	free(folded);
	struct change *change = batch_change(chat, request, then_membership_stored);
	batch_add(chat, change, STORE_ADD_ROOM)->room = (struct store_room){
	    .name = name, .topic = "", .created_ms = clock_wall_ms(), .maker = room_maker(chat, request)};
	batch_add(chat, change, STORE_PUT_MEMBER)->member =
	    (struct store_member){.person = user->id, .role = ROLE_OWNER};
	user->changing = batch_mark_now(chat);
}

void do_join(struct chat *chat, struct request *request)
{
	struct user *user = need_user(chat, request), *other;
	if (!user)
		return;
	const char *name = request->text[REQUEST_TEXT_ROOM];
	if (*name == '@') {
		struct room *direct = need_direct(chat, user, name, &other);
		if (direct && !need_wait_for_user(chat, request, other))
			membership_join(chat, request, direct, NULL);
		else if (!direct)
			direct_join(chat, request);
		return;
	}
	struct room *room = rooms_find(&chat->rooms, name);
	if (need_wait_for_room(chat, request, room))
		return;
	bool may_see = room && !room->is_direct && need_may_see(user, room);
	if (may_see)
		membership_join(chat, request, room, NULL);
	else if (request->text[REQUEST_TEXT_LINK])
		link_join(chat, request);
	else if (!room)
		create_room(chat, request, name);
	else
		answer_error(chat, request, ERROR_NO_ROOM, TEXT_NONE, &(struct text_args){.room = name});
}

/* --- leaving --- */

static void then_left(struct chat *chat, struct change *change)
{
	struct reply *left = answer_new(change->request, REPLY_LEFT);
	left->room = reply_string(left, change->context);
	batch_reply(chat, change->request->peer, left);
}

/* An owner who comes back soon is an owner again. */
static void add_way_back(struct chat *chat, struct change *change, const struct member *member)
{
	int64_t now_ms = clock_wall_ms();
	if (member->role != ROLE_OWNER)
		return;
	batch_add(chat, change, STORE_PUT_INVITATION)->invitation =
	    (struct store_invitation){.room_id = member->room->id,
				      .person = member->user->id,
				      .by = member->user->name,
				      .by_person = member->user->id,
				      .role = ROLE_OWNER,
				      .time_ms = now_ms,
				      .until_ms = now_ms + chat->config.limits.session_seconds * 1000};
}

/* The user leaves with all their connections. A direct conversation only goes off their list. */
void do_leave(struct chat *chat, struct request *request)
{
	struct room *room = need_membership(chat, request);
	if (!room)
		return;
	struct user *user = request->peer->user;
	struct member *member = room_find_member(room, user);
	if (!member) {
		answer_ok(chat, request);
		return;
	}
	struct change *change = batch_change(chat, request, then_left);
	batch_add(chat, change, STORE_DROP_MEMBER)->member =
	    (struct store_member){.person = user->id, .room_id = room->id};
	membership_add_end(chat, change, member);
	char shown[ROOM_SHOWN_BYTES];
	change->context =
	    (void *)(uintptr_t)arena_string(batch_arena(chat), room_name_for(room, user, shown));
	if (!room->is_direct)
		add_way_back(chat, change, member);
	user->changing = batch_mark_now(chat);
}
