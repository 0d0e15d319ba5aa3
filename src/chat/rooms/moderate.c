/* Moderation: kicks, bans, mutes, roles. Each act is kept in the record of moderation. */
#include "base/clock.h"
#include "base/logging.h"
#include "base/text/utf8.h"
#include "chat/answer.h"
#include "chat/rooms/membership.h"
#include "chat/need.h"
#include "chat/rooms/permission.h"
#include "chat/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One measure on its way: who, where, whom. Lies in the arena of its batch. */
struct measure {
	enum permission permission;
	enum entry_kind event;
	enum sanction_kind kind;    /* 0: no sanction */
	enum text key, key_because; /* without and with a reason */
	int64_t room_id;
	struct room *room;
	struct user *by;
	struct user *target;          /* NULL: addresses */
	struct member *target_member; /* NULL: not in the room */
	const char *name, *reason;
	int64_t until_ms;
	struct entry farewell;
};

static const struct measure measure_kick = {.permission = PERMISSION_KICK,
					    .event = ENTRY_KICK,
					    .key = TEXT_event_kick,
					    .key_because = TEXT_event_kick_because};
static const struct measure measure_ban = {.permission = PERMISSION_BAN,
					   .event = ENTRY_BAN,
					   .kind = SANCTION_BAN,
					   .key = TEXT_event_ban,
					   .key_because = TEXT_event_ban_because};
static const struct measure measure_mute = {.permission = PERMISSION_MUTE,
					    .event = ENTRY_MUTE,
					    .kind = SANCTION_MUTE,
					    .key = TEXT_event_mute,
					    .key_because = TEXT_event_mute_because};
static const struct measure measure_unban = {
    .permission = PERMISSION_BAN, .event = ENTRY_UNBAN, .kind = SANCTION_BAN, .key = TEXT_event_unban};
static const struct measure measure_unmute = {
    .permission = PERMISSION_MUTE, .event = ENTRY_UNMUTE, .kind = SANCTION_MUTE, .key = TEXT_event_unmute};
static const struct measure measure_role = {
    .permission = PERMISSION_ROLE, .event = ENTRY_ROLE, .key = TEXT_event_role};

/* Fills in the measure; false: answered or held back. */
static bool begin_measure(struct chat *chat, struct request *request, struct measure *measure)
{
	char network[SANCTION_TARGET_BYTES];
	struct room *room = measure->room = need_membership(chat, request);
	if (!room)
		return false;
	measure->room_id = room->id;
	measure->by = request->peer->user;
	measure->name = request->text[REQUEST_TEXT_NAME];
	measure->reason = request->text[REQUEST_TEXT_REASON] ? request->text[REQUEST_TEXT_REASON] : "";
	measure->target = users_find(&chat->users, measure->name);
	if (need_wait_for_user(chat, request, measure->target))
		return false;
	measure->target_member = measure->target ? room_find_member(room, measure->target) : NULL;
	if (!measure->target && sanction_shown_network(measure->name, network))
		measure->name = arena_string(batch_arena(chat), network);
	if (request_has(request, REQUEST_NUMBER_SECONDS))
		measure->until_ms = clock_wall_ms() + request->number[REQUEST_NUMBER_SECONDS] * 1000;
	return true;
}

/* Equals cannot moderate each other; false: answered. */
static bool check_over(struct chat *chat, const struct request *request, const struct measure *measure)
{
	const struct member *member = room_find_member(measure->room, measure->by);
	if (permission_may_over(measure->by, member, measure->room, measure->permission, measure->target,
				measure->target_member))
		return true;
	answer_error(chat, request, ERROR_FORBIDDEN, TEXT_NONE, NULL);
	return false;
}

static bool need_target_member(struct chat *chat, const struct request *request,
			       const struct measure *measure)
{
	struct text_args args = {.name = measure->name, .room = measure->room->name};
	if (!measure->target_member)
		answer_error(chat, request, ERROR_BAD_NAME, TEXT_error_not_in_room, &args);
	return measure->target_member;
}

static struct entry event_of(const struct measure *measure)
{
	const char *reason = *measure->reason ? measure->reason : NULL;
	return (struct entry){.kind = measure->event,
			      .ip = measure->by->peers ? peer_shown_ip(measure->by->peers) : NULL,
			      .role_before =
				  measure->target_member ? measure->target_member->role : ROLE_NONE,
			      .name = measure->target ? measure->target->name : measure->name,
			      .key = reason && measure->key_because ? measure->key_because : measure->key,
			      .args = {.name = measure->target ? measure->target->name : measure->name,
				       .by = measure->by->name,
				       .room = measure->room->name,
				       .text = reason,
				       .time_ms = measure->until_ms}};
}

/* --- into the batch --- */

/* Everybody in the room sees it. */
static void then_told(struct chat *chat, struct change *change)
{
	const struct measure *measure = change->context;
	struct room *room = rooms_find_by_id(&chat->rooms, measure->room_id);
	if (change->result != STORE_OK) {
		answer_error(chat, change->request, ERROR_NO_USER, TEXT_error_no_sanction,
			     &(struct text_args){.name = measure->name});
		return;
	}
	if (room)
		tell_everybody(chat, room, &measure->farewell);
	answer_ok(chat, change->request);
}

static struct change *begin_change(struct chat *chat, struct request *request, const struct measure *measure)
{
	struct change *change = batch_change(chat, request, then_told);
	struct measure *kept = arena_zero(batch_arena(chat), sizeof *kept);
	*kept = *measure;
	kept->farewell = event_of(kept);
	change->context = kept;
	kept->room->changing = batch_mark_now(chat);
	if (kept->target)
		kept->target->changing = batch_mark_now(chat);
	return change;
}

static void add_deed(struct chat *chat, struct change *change, const char *reason)
{
	const struct measure *measure = change->context;
	const char *op = operation_of(change->request->op)->name;
	batch_add(chat, change, STORE_ADD_DEED)->deed = (struct store_deed){.room_id = measure->room_id,
									    .op = op,
									    .by = measure->by->name,
									    .target = measure->name,
									    .reason = reason,
									    .time_ms = clock_wall_ms(),
									    .until_ms = measure->until_ms};
	LOG_INFO("room.moderation", "op=%s room=%s by=%s target=%s", op, measure->room->name,
		 measure->by->name, measure->name);
}

/* The target goes, and sees why. */
static void add_expulsion(struct chat *chat, struct change *change, const struct member *member)
{
	const struct measure *measure = change->context;
	batch_add(chat, change, STORE_DROP_MEMBER)->member =
	    (struct store_member){.person = member->user->id, .room_id = measure->room_id};
	membership_add_end(chat, change, member);
	member->user->changing = batch_mark_now(chat);
	change->farewell = &measure->farewell;
}

void do_kick(struct chat *chat, struct request *request)
{
	struct measure measure = measure_kick;
	if (!begin_measure(chat, request, &measure) || !check_over(chat, request, &measure) ||
	    !need_target_member(chat, request, &measure))
		return;
	struct change *change = begin_change(chat, request, &measure);
	add_expulsion(chat, change, measure.target_member);
	add_deed(chat, change, measure.reason);
}

/* --- sanctions --- */

static void add_sanction(struct chat *chat, struct change *change, const char *target, const char *folded)
{
	const struct measure *measure = change->context;
	struct arena *arena = batch_arena(chat);
	batch_add(chat, change, STORE_PUT_SANCTION)->sanction = (struct store_sanction){
	    .room_id = measure->room_id,
	    .kind = measure->kind,
	    .target = arena_string(arena, target),
	    .folded = arena_string(arena, folded),
	    .name = measure->target ? measure->target->name : measure->name,
	    .by = measure->by->name,
	    .reason = measure->reason,
	    .by_role = permission_rank(measure->by, room_find_member(measure->room, measure->by)),
	    .time_ms = clock_wall_ms(),
	    .until_ms = measure->until_ms};
}

/* True where a network meets somebody in the room who stands below. */
static bool is_met(const struct measure *measure, const struct sanctions *network,
		   const struct member *member)
{
	const struct member *by = room_find_member(measure->room, measure->by);
	bool is_exempt = member->role >= ROLE_MODERATOR;
	const struct sanction *met = NULL;
	for (const struct peer *peer = member->user->peers; peer && !met; peer = peer->next)
		met = sanctions_meet(network, 0, member->user, peer->address, is_exempt, clock_wall_ms());
	return met &&
	       permission_may_over(measure->by, by, measure->room, measure->permission, member->user, member);
}

static void add_masked(struct chat *chat, struct change *change, const char *target)
{
	const struct measure *measure = change->context;
	struct sanctions network = {0};
	sanctions_put(&network, &(struct store_sanction){.kind = measure->kind, .target = target});
	for (size_t i = 0; i < measure->room->members_count; i++) {
		const struct member *member = measure->room->members[i];
		if (member != measure->target_member && is_met(measure, &network, member))
			add_expulsion(chat, change, member);
	}
	sanctions_release(&network);
}

/* The sanctions that the request asks for: on a person, on their address, or on a network. */
struct targets {
	char person[SANCTION_TARGET_BYTES];
	char network[SANCTION_TARGET_BYTES];
	char folded[SANCTION_TARGET_BYTES]; /* the name for which that on the person holds, too */
};

/* A mask may name somebody who is not here yet. */
static bool find_masked(const struct request *request, const struct measure *measure, struct targets *targets)
{
	char *folded = request->mask && utf8_is_user_name(measure->name) ? utf8_fold(measure->name) : NULL;
	bool is_found =
	    folded && sanction_target_of_name(folded, request->mask == MASK_ACCOUNT, targets->person);
	if (is_found)
		snprintf(targets->folded, sizeof targets->folded, "%s", folded);
	free(folded);
	return is_found;
}

/* False: answered. */
static bool find_targets(struct chat *chat, const struct request *request, const struct measure *measure,
			 struct targets *targets)
{
	const struct user *target = measure->target;
	*targets = (struct targets){0};
	if (target) {
		sanction_target_of_person(target->id, targets->person);
		snprintf(targets->folded, sizeof targets->folded, "%s",
			 user_is_account(target) ? "" : user_folded(target));
	} else if (!find_masked(request, measure, targets) &&
		   !sanction_target_of_network(measure->name, targets->network)) {
		bool is_name = utf8_is_user_name(measure->name);
		answer_error(chat, request, is_name ? ERROR_NO_USER : ERROR_BAD_NAME,
			     is_name ? TEXT_error_no_user : TEXT_NONE,
			     &(struct text_args){.name = measure->name});
		return false;
	}
	if (target && request->number[REQUEST_NUMBER_ADDRESS] && target->peers)
		sanction_target_of_address(target->peers->address, targets->network);
	/* One in place of another needs no room. */
	const struct sanctions *there = &measure->room->sanctions;
	bool is_new = (*targets->person && !sanctions_have(there, measure->kind, targets->person)) ||
		      (*targets->network && !sanctions_have(there, measure->kind, targets->network));
	if (there->count < LIMIT_SANCTIONS || !is_new)
		return true;
	answer_limit(chat, request, TEXT_error_too_many_sanctions, LIMIT_SANCTIONS);
	return false;
}

static void impose(struct chat *chat, struct request *request, const struct measure *kind)
{
	struct measure measure = *kind;
	struct targets targets;
	if (!begin_measure(chat, request, &measure))
		return;
	/* A guest who has the name of an account that is to be is not that account. */
	if (request->mask == MASK_ACCOUNT && measure.target && !user_is_account(measure.target)) {
		measure.target = NULL;
		measure.target_member = NULL;
	}
	if (!check_over(chat, request, &measure) || !find_targets(chat, request, &measure, &targets))
		return;
	struct change *change = begin_change(chat, request, &measure);
	if (*targets.person)
		add_sanction(chat, change, targets.person, targets.folded);
	if (*targets.network)
		add_sanction(chat, change, targets.network, "");
	if (measure.kind == SANCTION_BAN && measure.target_member)
		add_expulsion(chat, change, measure.target_member);
	if (measure.kind == SANCTION_BAN && *targets.network)
		add_masked(chat, change, targets.network);
	add_deed(chat, change, measure.reason);
}

/* True where this sanction is on whom the measure names. */
static bool is_meant(const struct measure *measure, const struct sanction *sanction, const char *folded)
{
	char target[SANCTION_TARGET_BYTES];
	if (sanction->kind != measure->kind)
		return false;
	if (measure->target) {
		sanction_target_of_person(measure->target->id, target);
		if (!strcmp(target, sanction->target))
			return true;
	}
	if (sanction_target_of_network(measure->name, target) && !strcmp(target, sanction->target))
		return true;
	char *name = utf8_fold(sanction->name);
	bool is_named = name && folded && (!strcmp(name, folded) || !strcmp(sanction->folded, folded));
	free(name);
	return is_named;
}

static void add_lifted(struct chat *chat, struct change *change, const struct sanction *sanction)
{
	const struct measure *measure = change->context;
	batch_add(chat, change, STORE_DROP_SANCTION)->sanction =
	    (struct store_sanction){.room_id = measure->room_id,
				    .kind = sanction->kind,
				    .target = arena_string(batch_arena(chat), sanction->target)};
}

/* A sanction is lifted by the role that set it or a higher one. The rank of the target does not count. */
static bool check_lift(struct chat *chat, const struct request *request, const struct measure *measure,
		       const char *folded)
{
	const struct member *member = room_find_member(measure->room, measure->by);
	enum role highest = ROLE_NONE;
	bool is_there = false;
	for (const struct sanction *one = measure->room->sanctions.first; one; one = one->next) {
		bool is_it = is_meant(measure, one, folded);
		is_there |= is_it;
		if (is_it && one->by_role > highest)
			highest = one->by_role;
	}
	if (!permission_may(measure->by, member, measure->room, measure->permission) ||
	    permission_rank(measure->by, member) < highest)
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_NONE, NULL);
	else if (!is_there)
		answer_error(chat, request, ERROR_NO_USER, TEXT_error_no_sanction,
			     &(struct text_args){.name = measure->name});
	else
		return true;
	return false;
}

static void lift(struct chat *chat, struct request *request, const struct measure *kind)
{
	struct measure measure = *kind;
	if (!begin_measure(chat, request, &measure))
		return;
	char *folded = utf8_fold(measure.name);
	if (check_lift(chat, request, &measure, folded)) {
		struct change *change = begin_change(chat, request, &measure);
		for (const struct sanction *one = measure.room->sanctions.first; one; one = one->next)
			if (is_meant(&measure, one, folded))
				add_lifted(chat, change, one);
		add_deed(chat, change, measure.reason);
	}
	free(folded);
}

void do_ban(struct chat *chat, struct request *request)
{
	impose(chat, request, &measure_ban);
}

void do_mute(struct chat *chat, struct request *request)
{
	impose(chat, request, &measure_mute);
}

void do_unban(struct chat *chat, struct request *request)
{
	lift(chat, request, &measure_unban);
}

void do_unmute(struct chat *chat, struct request *request)
{
	lift(chat, request, &measure_unmute);
}

/* --- roles --- */

void do_role(struct chat *chat, struct request *request)
{
	struct measure measure = measure_role;
	const char *name = request->text[REQUEST_TEXT_ROLE];
	enum role role = role_from_name(name);
	if (!role) {
		answer_bad_field(chat, request, "role");
		return;
	}
	/* One's own role may be taken down, as long as somebody else owns the room. */
	if (!begin_measure(chat, request, &measure) || !need_target_member(chat, request, &measure))
		return;
	struct member *member = measure.target_member;
	bool is_own_step_down = member->user == measure.by && role < member->role &&
				permission_may(measure.by, member, measure.room, PERMISSION_ROLE);
	if (!is_own_step_down && !check_over(chat, request, &measure))
		return;
	if (role != ROLE_OWNER && membership_is_last_owner(member)) {
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_error_last_owner, NULL);
		return;
	}
	measure.reason = name;
	struct change *change = begin_change(chat, request, &measure);
	batch_add(chat, change, STORE_PUT_MEMBER)->member =
	    (struct store_member){.person = member->user->id,
				  .room_id = measure.room_id,
				  .role = role,
				  .read_seq = member->read_seq};
	add_deed(chat, change, name);
}
