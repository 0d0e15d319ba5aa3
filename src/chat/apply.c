#include "chat/apply.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "chat/people/account.h"
#include "chat/answer.h"
#include "chat/people/block.h"
#include "chat/rooms/direct.h"
#include "chat/people/enter.h"
#include "chat/people/guess.h"
#include "chat/rooms/membership.h"
#include "chat/talk/mentions.h"
#include "chat/node.h"
#include "chat/pace.h"
#include "chat/publish.h"
#include "chat/people/push.h"
#include "chat/state.h"

#include <assert.h>
#include <stdlib.h>

/* --- people --- */

static void add_person(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_ADD_PERSON);
	(void)change;
	const struct store_person *stored = &done->person;
	struct user *user = users_find_id(&chat->users, stored->id);
	/* Another process shows a person as they are now: maybe one who is known. */
	if (!user) {
		user = users_add(&chat->users, stored);
		user->is_elsewhere = stored->is_elsewhere;
		distant_meet_user(chat, user);
		return;
	}
	if (stored->kind == PERSON_ACCOUNT)
		users_make_account(&chat->users, user, stored->made_ms);
	users_set_rights(&chat->users, user, stored->is_admin, stored->has_factor);
	account_set_disabled(chat, user, stored->is_disabled);
}

static void rename_person(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_RENAME_PERSON);
	(void)change;
	struct user *user = users_find_id(&chat->users, done->person.id);
	if (!user)
		return;
	users_rename(&chat->users, user, done->person.name);
	for (struct member *member = user->memberships; member; member = member->next)
		mentions_note_name(member->room, user);
	direct_renamed(chat, user);
}

static void make_account(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_MAKE_ACCOUNT);
	(void)change;
	struct user *user = users_find_id(&chat->users, done->person.id);
	if (!user)
		return;
	users_make_account(&chat->users, user, clock_wall_ms());
	users_set_rights(&chat->users, user, done->person.is_admin, false);
	for (struct member *member = user->memberships; member; member = member->next)
		pace_forget_room(chat, member->room);
}

static void apply_admin(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_SET_ADMIN);
	(void)change;
	struct user *user = users_find_id(&chat->users, done->person.id);
	if (user)
		users_set_rights(&chat->users, user, done->person.is_admin, user->has_factor);
}

static void apply_disabled(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_SET_DISABLED);
	(void)change;
	struct user *user = users_find_id(&chat->users, done->person.id);
	if (user)
		account_set_disabled(chat, user, done->person.is_disabled);
}

static void put_factor(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_PUT_FACTOR || done->op == STORE_DROP_FACTOR);
	(void)change;
	struct user *user = users_find_id(&chat->users, done->factor.person);
	if (user)
		users_set_rights(&chat->users, user, user->is_named_admin, done->op == STORE_PUT_FACTOR);
}

static void drop_invitations(struct chat *chat, struct user *user)
{
	size_t bucket = 0;
	if (!user->invitations)
		return;
	for (struct table_link *link = NULL; (link = table_walk(&chat->rooms.by_name, &bucket, link));)
		room_drop_invitation(TABLE_OF(link, struct room, by_name), user->id);
	user->invitations = 0;
}

static void remove_person(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_REMOVE_PERSON);
	(void)change;
	struct user *user = users_find_id(&chat->users, done->person.id);
	if (!user)
		return;
	enter_expel_user(chat, user,
			 user_is_account(user) ? TEXT_notice_account_deleted : TEXT_notice_name_of_account);
	while (user->memberships)
		membership_end(chat, user->memberships, NULL, NULL);
	distant_forget_user(chat, user);
	direct_forget(chat, user);
	drop_invitations(chat, user);
	property_forget_user(chat, user);
	if (done->person.kind != PERSON_GONE) {
		users_remove(&chat->users, user);
		return;
	}
	users_make_gone(&chat->users, user);
	direct_renamed(chat, user);
}

/* --- sessions and tokens --- */

static void put_session(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_PUT_SESSION);
	const struct store_session *stored = &done->session;
	struct user *user = users_find_id(&chat->users, stored->person);
	if (!user)
		return;
	struct session *session = users_put_session(&chat->users, user, stored);
	session->is_elsewhere = done->session.is_elsewhere;
	if (change || session->is_elsewhere)
		return;
	if (user_is_account(user))
		guesses_know(chat->guesses, user_folded(user), stored->address, clock_mono_ms());
	/* Found at the start: nobody has come back yet. The clock may have been set since. */
	int64_t most_ms = chat->config.limits.session_seconds * 1000;
	int64_t gone_ms = stored->seen_ms ? clock_wall_ms() - stored->seen_ms : 0;
	int64_t left_ms = gone_ms < 0 ? most_ms : gone_ms > most_ms ? 0 : most_ms - gone_ms;
	users_expire_at(&chat->users, user, session, clock_mono_ms() + left_ms, stored->address);
}

static void drop_session(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_DROP_SESSION);
	struct user *user = users_find_id(&chat->users, done->session.person);
	struct session *session = user ? user_find_session(user, done->session.hash) : NULL;
	if (session)
		account_end_session(chat, user, session, change);
}

static void apply_dropped_sessions(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_DROP_SESSIONS);
	struct user *user = users_find_id(&chat->users, done->session.person);
	struct session *kept = user ? user_find_session(user, done->session.hash) : NULL;
	if (user && user_is_account(user))
		user->account->endings++;
	/* Those who act for them have proved that with the old password. */
	if (user && user->is_admin)
		users_end_opers(&chat->users, user);
	for (struct session *one = user ? user->sessions : NULL, *next; one; one = next) {
		next = one->next;
		if (one != kept)
			account_end_session(chat, user, one, change);
	}
}

static void drop_token(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_DROP_TOKEN);
	struct user *user = users_find_id(&chat->users, done->token.person);
	uint32_t bits = user_token_bits(done->token.hash);
	for (struct session *one = user ? user->sessions : NULL, *next; one; one = next) {
		next = one->next;
		if (one->token == bits)
			account_end_session(chat, user, one, change);
	}
}

static void put_block(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_PUT_BLOCK);
	(void)change;
	struct user *user = users_find_id(&chat->users, done->block.person);
	if (user && user_is_account(user))
		users_set_blocked(&chat->users, user, done->block.blocked, done->block.on);
}

static void put_profile(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_PUT_PROFILE);
	(void)change;
	struct user *user = users_find_id(&chat->users, done->profile.person);
	if (user && user_is_account(user))
		users_put_profile(&chat->users, user, &done->profile);
}

static void put_push(struct chat *chat, struct change *change, const struct store_command *done)
{
	(void)change;
	struct user *user = users_find_id(&chat->users, done->push.person);
	if (!user || !user_is_account(user))
		return;
	user->account->pushes_put++;
	user->account->has_no_push = false;
}

/* --- rooms --- */

static void apply_room(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_ADD_ROOM);
	(void)change;
	struct room *room = rooms_add(&chat->rooms, &done->room);
	pace_note_room(chat, room);
	for (int i = 0; room->is_direct && i < ROOM_SIDES; i++) {
		room->sides[i] = users_find_id(&chat->users, done->room.sides[i]);
		assert(room->sides[i]);
		room->sides[i]->has_directs = true;
	}
}

static void update_room(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_UPDATE_ROOM);
	(void)change;
	const struct store_room *stored = &done->room;
	struct room *room = rooms_find_by_id(&chat->rooms, stored->id);
	if (!room)
		return;
	if (stored->fields & STORE_ROOM_PRIVATE)
		room->is_private = stored->is_private;
	if (stored->fields & STORE_ROOM_READ_ONLY)
		room->is_read_only = stored->is_read_only;
	if (stored->fields & STORE_ROOM_TOPIC_LOCKED)
		room->is_topic_locked = stored->is_topic_locked;
	if (stored->fields & STORE_ROOM_KEEP_EDITS)
		room->keeps_edits = stored->keeps_edits;
	if (stored->fields & STORE_ROOM_RETENTION) {
		room->retention_days = stored->retention_days;
		chat->chores_ms = 0; /* retention may have work now */
	}
	if (stored->fields & STORE_ROOM_TOPIC) {
		free(room->topic);
		room->topic = mem_string(stored->topic);
	}
}

static void remove_room(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_REMOVE_ROOM);
	struct room *room = rooms_find_by_id(&chat->rooms, done->room.id);
	if (!room)
		return;
	while (room->members_count)
		membership_end(chat, room->members[room->members_count - 1], change,
			       change ? change->farewell : NULL);
	for (const struct invitation *one = room->invitations; one; one = one->next) {
		struct user *user = users_find_id(&chat->users, one->person);
		if (user)
			user->invitations--;
	}
	pace_forget_room(chat, room);
	property_forget_room(chat, room);
	rooms_remove(&chat->rooms, room);
}

static void purge(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_PURGE);
	(void)change;
	struct room *room = rooms_find_by_id(&chat->rooms, done->purge.room_id);
	if (!room || !done->purge.purged_seq)
		return;
	room->purged_seq = done->purge.purged_seq;
	/* Another node's entries can be purged before this node has heard of them. */
	if (room->end_seq < room->purged_seq)
		room->end_seq = room->purged_seq;
	publish_seal(chat, room);
	LOG_INFO("room.purge", "room=%s up_to=%llu", room->name, (unsigned long long)room->purged_seq);
}

/* --- people in rooms --- */

/* The member that a command names; NULL where somebody or something is not there. */
static struct member *member_of(struct chat *chat, const struct store_member *stored)
{
	struct user *user = users_find_id(&chat->users, stored->person);
	struct room *room = rooms_find_by_id(&chat->rooms, stored->room_id);
	return user && room ? room_find_member(room, user) : NULL;
}

static void put_member(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_PUT_MEMBER);
	const struct store_member *stored = &done->member;
	struct user *user = users_find_id(&chat->users, stored->person);
	struct room *room = rooms_find_by_id(&chat->rooms, stored->room_id);
	if (!user || !room || user->is_gone)
		return;
	struct member *member = room_find_member(room, user);
	bool is_new = !member;
	if (is_new)
		member = room_add_member(room, user);
	member->is_new |= is_new && change;
	if (user_is_account(user))
		pace_forget_room(chat, room);
	if (is_new)
		mentions_note_name(room, user);
	member->role = stored->role;
	if (is_new)
		distant_meet_member(chat, member);
	if (stored->read_seq > member->read_seq)
		member->read_seq = stored->read_seq;
	if (is_new && change)
		membership_begin(chat, member, change);
}

static void drop_member(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_DROP_MEMBER);
	struct member *member = member_of(chat, &done->member);
	if (member)
		membership_end(chat, member, change, change ? change->farewell : NULL);
}

static void set_read(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_SET_READ);
	(void)change;
	struct member *member = member_of(chat, &done->member);
	if (member && (done->member.goes_back || done->member.read_seq > member->read_seq))
		member->read_seq = done->member.read_seq;
}

static void pass_ownership(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_PASS_OWNERSHIP);
	struct member *member = done->member.person ? member_of(chat, &done->member) : NULL;
	if (!member)
		return;
	member->role = ROLE_OWNER;
	if (change)
		membership_tell_heir(chat, member);
}

static void put_invitation(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_PUT_INVITATION);
	(void)change;
	struct room *room = rooms_find_by_id(&chat->rooms, done->invitation.room_id);
	struct user *user = users_find_id(&chat->users, done->invitation.person);
	if (!room || !user)
		return;
	user->invitations = (uint16_t)(user->invitations + !room_drop_invitation(room, user->id));
	room_put_invitation(room, &done->invitation);
}

static void drop_invitation(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_DROP_INVITATION);
	(void)change;
	struct room *room = rooms_find_by_id(&chat->rooms, done->invitation.room_id);
	struct user *user = users_find_id(&chat->users, done->invitation.person);
	if (room && user)
		user->invitations = (uint16_t)(user->invitations - room_drop_invitation(room, user->id));
}

static void put_sanction(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_PUT_SANCTION);
	(void)change;
	struct room *room = rooms_find_by_id(&chat->rooms, done->sanction.room_id);
	if (room)
		sanctions_put(&room->sanctions, &done->sanction);
}

static void drop_sanction(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_DROP_SANCTION);
	(void)change;
	struct room *room = rooms_find_by_id(&chat->rooms, done->sanction.room_id);
	if (room)
		sanctions_drop(&room->sanctions, done->sanction.kind, done->sanction.target);
}

/* --- entries --- */

static void publish_appended(struct chat *chat, struct room *room, struct entry *entry)
{
	if (entry->kind == ENTRY_TOPIC)
		room_note_topic(room, entry->name, entry->time_ms);
	publish_entry(chat, room, entry);
	if (entry->kind == ENTRY_DELETE || (entry->kind == ENTRY_EDIT && !(entry->flags & ENTRY_KEEPS)))
		publish_seal(chat, room);
}

static void append(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->op == STORE_APPEND);
	struct entry *entry = done->append.entry;
	struct room *room = rooms_find_by_id(&chat->rooms, entry->room_id);
	struct user *user = users_find_id(&chat->users, entry->person);
	/* Another process has removed it while the entry was on its way back. */
	if (!room)
		return;
	struct member *member = user ? room_find_member(room, user) : NULL;
	if (room->is_direct)
		direct_follow_all(chat, room);
	if (node_may_publish(chat, room, entry->seq, change))
		publish_appended(chat, room, entry);
	if (member && entry->kind == ENTRY_MESSAGE && entry->seq > member->read_seq)
		member->read_seq = entry->seq;
	if (change)
		push_consider(chat, room, &done->append);
}

static void nothing(struct chat *chat, struct change *change, const struct store_command *done)
{
	(void)chat;
	(void)change;
	(void)done;
}

static void (*const appliers[STORE_OPS])(struct chat *, struct change *, const struct store_command *) = {
    [STORE_ADD_PERSON] = add_person,
    [STORE_RENAME_PERSON] = rename_person,
    [STORE_MAKE_ACCOUNT] = make_account,
    [STORE_SET_PASSWORD] = nothing,
    [STORE_SET_ADMIN] = apply_admin,
    [STORE_SET_DISABLED] = apply_disabled,
    [STORE_REMOVE_PERSON] = remove_person,
    [STORE_PUT_SESSION] = put_session,
    [STORE_SEE_SESSION] = nothing,
    [STORE_NEED_SESSION] = nothing,
    [STORE_NEED_PASSWORD] = nothing,
    [STORE_DROP_SESSION] = drop_session,
    [STORE_DROP_SESSIONS] = apply_dropped_sessions,
    [STORE_PUT_TOKEN] = nothing,
    [STORE_DROP_TOKEN] = drop_token,
    [STORE_DROP_TOKENS] = nothing,
    [STORE_ADD_ROOM] = apply_room,
    [STORE_UPDATE_ROOM] = update_room,
    [STORE_REMOVE_ROOM] = remove_room,
    [STORE_SKIP_TO] = nothing,
    [STORE_PUT_MEMBER] = put_member,
    [STORE_DROP_MEMBER] = drop_member,
    [STORE_SET_READ] = set_read,
    [STORE_PASS_OWNERSHIP] = pass_ownership,
    [STORE_PUT_INVITATION] = put_invitation,
    [STORE_DROP_INVITATION] = drop_invitation,
    [STORE_PUT_SANCTION] = put_sanction,
    [STORE_DROP_SANCTION] = drop_sanction,
    [STORE_PUT_BLOCK] = put_block,
    [STORE_ADD_DEED] = nothing,
    [STORE_APPEND] = append,
    [STORE_PURGE] = purge,
    [STORE_FORGET_SENDS] = nothing,
    [STORE_PUT_FACTOR] = put_factor,
    [STORE_DROP_FACTOR] = put_factor,
    [STORE_USE_FACTOR] = nothing,
    [STORE_USE_RECOVERY] = nothing,
    [STORE_PUT_PASSKEY] = nothing,
    [STORE_USE_PASSKEY] = nothing,
    [STORE_DROP_PASSKEY] = nothing,
    [STORE_ADD_FILE] = nothing,
    [STORE_SWEEP_FILES] = nothing,
    [STORE_PUT_SETTING] = nothing,
    [STORE_PUT_LINK] = nothing,
    [STORE_USE_LINK] = nothing,
    [STORE_DROP_LINK] = nothing,
    [STORE_PUT_PROFILE] = put_profile,
    [STORE_PUT_PIN] = nothing,
    [STORE_DROP_PIN] = nothing,
    [STORE_PUT_PUSH] = put_push,
    [STORE_DROP_PUSH] = nothing,
};

void chat_apply(struct chat *chat, struct change *change, const struct store_command *done)
{
	assert(done->result == STORE_OK && appliers[done->op]); /* batch.h 1 */
	appliers[done->op](chat, change, done);
}

static void apply_loaded(void *context, const struct store_command *done)
{
	chat_apply(context, NULL, done);
}

int apply_load(struct chat *chat)
{
	return chat->config.store->ops->load(chat->config.store, apply_loaded, chat);
}

/* Until now its connections could go on, and make tokens and sessions. Among several nodes, one cannot tell those
 * from what was made later. */
static void end_again(struct chat *chat, const struct store_command *done)
{
	bool is_tokens = done->op == STORE_DROP_TOKENS;
	struct user *user =
	    users_find_id(&chat->users, is_tokens ? done->token.person : done->session.person);
	if (user && user_is_account(user))
		account_end_again(chat, user, done->op);
}

/* Another process that has removed an owner has made another one; the room is told. */
static void apply_foreign(void *context, const struct store_command *done)
{
	struct chat *chat = context;
	bool makes_owner = done->op == STORE_PUT_MEMBER && done->member.role == ROLE_OWNER;
	struct member *heir = makes_owner ? member_of(chat, &done->member) : NULL;
	bool is_news = heir && heir->role != ROLE_OWNER;
	/* Other nodes find it, too. */
	chat->told.is_hearing = true;
	chat_apply(chat, NULL, done);
	if (is_news)
		membership_tell_heir(chat, heir);
	chat->told.is_hearing = false;
	bool is_end = done->op == STORE_DROP_SESSIONS || done->op == STORE_DROP_TOKENS;
	if (is_end && !chat->config.store->node)
		end_again(chat, done);
}

int apply_watch(struct chat *chat)
{
	int result = chat->config.store->ops->watch(chat->config.store, apply_foreign, chat);
	if (result != STORE_OK)
		LOG_ERROR("store.watch", "error=\"what another process changed cannot be read\"");
	return result;
}
