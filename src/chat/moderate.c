/* Order: kicks, bans, mutes, roles. Everything done is kept in the record of moderation. */
#include "chat/hub.h"

#include "base/clock.h"
#include "base/ip.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "chat/permission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TARGET_BYTES (LIMIT_NAME_BYTES * 4)

/* One deed on its way: who, where, whom. */
struct order {
	const char *op;
	enum deed deed;
	enum entry_kind event;
	const char *key, *key_because; /* without and with a reason */
	struct room *room;
	struct user *by;
	struct user *target;          /* NULL: a name that is not here now, or addresses */
	struct member *target_member; /* NULL: not in the room */
	const char *name, *reason;
	int64_t until_ms;
};

/* Fills in the order and checks that it may be given; false: answered. */
static bool take_order(struct chat *chat, const struct request *request, struct order *order)
{
	order->room = hub_need_membership(chat, request);
	if (!order->room)
		return false;
	order->by = request->peer->user;
	order->name = request->text[REQUEST_TEXT_NAME];
	order->reason = request->text[REQUEST_TEXT_REASON] ? request->text[REQUEST_TEXT_REASON] : "";
	order->target = users_find(&chat->users, order->name);
	order->target_member = order->target ? room_find_member(order->room, order->target) : NULL;
	if (request_has(request, REQUEST_NUMBER_SECONDS))
		order->until_ms = clock_wall_ms() + request->number[REQUEST_NUMBER_SECONDS] * 1000;
	const struct member *member = room_find_member(order->room, order->by);
	if (permission_may_over(order->by, member, order->room, order->deed, order->target,
				order->target_member))
		return true;
	hub_error(chat, request, ERROR_FORBIDDEN, NULL, NULL);
	return false;
}

static bool need_member(struct chat *chat, const struct request *request, const struct order *order)
{
	struct text_args args = {.name = order->name, .room = order->room->name};
	if (!order->target_member)
		hub_error(chat, request, ERROR_BAD_NAME, "error.not_in_room", &args);
	return order->target_member;
}

static struct entry event_of(const struct order *order)
{
	const char *reason = *order->reason ? order->reason : NULL;
	return (struct entry){.kind = order->event,
			      .name = order->target ? order->target->name : order->name,
			      .key = reason && order->key_because ? order->key_because : order->key,
			      .args = {.name = order->target ? order->target->name : order->name,
				       .by = order->by->name,
				       .room = order->room->name,
				       .text = reason,
				       .time_ms = order->until_ms}};
}

static int record(struct chat *chat, const struct order *order)
{
	struct store_deed deed = {.room_id = order->room->id,
				  .op = order->op,
				  .by = order->by->name,
				  .target = order->name,
				  .reason = order->reason,
				  .until_ms = order->until_ms};
	LOG_INFO("room.moderation", "op=%s room=%s by=%s target=%s", order->op, order->room->name,
		 order->by->name, order->name);
	return chat->config.store->ops->add_deed(chat->config.store, &deed);
}

/* The target goes, and everybody there sees why. */
static void expel(struct chat *chat, const struct order *order)
{
	struct entry event = event_of(order);
	if (order->target_member)
		hub_expel(chat, order->target_member, &event);
	hub_event(chat, order->room, &event);
}

static int drop_membership(struct chat *chat, const struct order *order)
{
	struct store *store = chat->config.store;
	if (!order->target_member || !order->target->account)
		return STORE_OK;
	return store->ops->drop_member(store, order->target->account, order->room->id);
}

void do_kick(struct chat *chat, struct request *request)
{
	struct order order = {.op = "kick",
			      .deed = DEED_KICK,
			      .event = ENTRY_KICK,
			      .key = "event.kick",
			      .key_because = "event.kick_because"};
	if (!take_order(chat, request, &order) || !need_member(chat, request, &order))
		return;
	int result = hub_begin(chat, request) ? STORE_FAILED : drop_membership(chat, &order);
	if (result == STORE_OK)
		result = record(chat, &order);
	if (hub_finish(chat, request, result))
		return;
	expel(chat, &order);
	hub_ok(chat, request);
}

/* "10.1.2.3", "10.0.0.0/8", "2001:db8::/32": an address or network in its one form. */
static bool mask_of(const char *name, char *target)
{
	struct ip_network network;
	char text[IP_NETWORK_TEXT_BYTES];
	if (!ip_network_read(&network, name))
		return false;
	ip_network_write(&network, text);
	snprintf(target, TARGET_BYTES, "%s", text);
	return true;
}

/* What the sanction is upon; false: answered. */
static bool target_of(struct chat *chat, const struct request *request, const struct order *order,
		      char *target)
{
	if (order->target && order->target->account) {
		snprintf(target, TARGET_BYTES, "account:%lld", (long long)order->target->account);
		return true;
	}
	if (mask_of(order->name, target))
		return true;
	if (!utf8_is_user_name(order->name)) {
		hub_error(chat, request, ERROR_BAD_NAME, NULL, &(struct text_args){.name = order->name});
		return false;
	}
	char *folded = utf8_fold(order->name);
	snprintf(target, TARGET_BYTES, "name:%s", folded);
	free(folded);
	return true;
}

/* Everybody in the room whom a mask meets and who stands below. */
static void expel_masked(struct chat *chat, const struct order *order)
{
	struct room *room = order->room;
	const struct member *by = room_find_member(room, order->by);
	for (size_t i = room->members_count; i-- > 0;) {
		struct member *member = room->members[i];
		bool is_met = false;
		for (struct peer *peer = member->user->peers; peer && !is_met; peer = peer->next)
			is_met = room_find_sanction(room, SANCTION_BAN, member->user, peer->address,
						    clock_wall_ms());
		struct entry event = event_of(order);
		if (is_met && permission_may_over(order->by, by, room, DEED_BAN, member->user, member))
			hub_expel(chat, member, &event);
	}
}

static void sanction(struct chat *chat, const struct request *request, struct order *order,
		     enum sanction_kind kind)
{
	char target[TARGET_BYTES];
	struct store *store = chat->config.store;
	if (!take_order(chat, request, order) || !target_of(chat, request, order, target))
		return;
	struct store_sanction stored = {.room_id = order->room->id,
					.kind = kind,
					.target = target,
					.name = order->name,
					.by = order->by->name,
					.reason = order->reason,
					.until_ms = order->until_ms};
	int result = hub_begin(chat, request) ? STORE_FAILED : store->ops->put_sanction(store, &stored);
	if (result == STORE_OK && kind == SANCTION_BAN)
		result = drop_membership(chat, order);
	if (result == STORE_OK)
		result = record(chat, order);
	if (hub_finish(chat, request, result))
		return;
	room_put_sanction(order->room, &stored);
	if (kind == SANCTION_BAN) {
		expel(chat, order);
		if (strchr(target, '/'))
			expel_masked(chat, order);
	} else {
		struct entry event = event_of(order);
		hub_event(chat, order->room, &event);
	}
	hub_ok(chat, request);
}

static void lift(struct chat *chat, const struct request *request, struct order *order,
		 enum sanction_kind kind)
{
	char target[TARGET_BYTES], other[TARGET_BYTES] = "";
	struct store *store = chat->config.store;
	/* Lifting is not done over somebody: the rank of the target does not count. */
	order->room = hub_need_membership(chat, request);
	if (!order->room)
		return;
	order->by = request->peer->user;
	order->name = request->text[REQUEST_TEXT_NAME];
	order->reason = request->text[REQUEST_TEXT_REASON] ? request->text[REQUEST_TEXT_REASON] : "";
	order->target = users_find(&chat->users, order->name);
	if (!permission_may(order->by, room_find_member(order->room, order->by), order->room, order->deed)) {
		hub_error(chat, request, ERROR_FORBIDDEN, NULL, NULL);
		return;
	}
	if (!target_of(chat, request, order, target))
		return;
	/* A guest may have been banned by his name before he registered it. */
	if (order->target && order->target->account)
		snprintf(other, sizeof other, "name:%s", user_folded(order->target));
	struct store_sanction stored = {.room_id = order->room->id, .kind = kind, .target = target};
	int result = hub_begin(chat, request) ? STORE_FAILED : store->ops->drop_sanction(store, &stored);
	if (result == STORE_OK && *other) {
		stored.target = other;
		result = store->ops->drop_sanction(store, &stored);
	}
	if (result == STORE_OK)
		result = record(chat, order);
	if (hub_finish(chat, request, result))
		return;
	room_drop_sanction(order->room, kind, target);
	if (*other)
		room_drop_sanction(order->room, kind, other);
	struct entry event = event_of(order);
	hub_event(chat, order->room, &event);
	hub_ok(chat, request);
}

void do_ban(struct chat *chat, struct request *request)
{
	struct order order = {.op = "ban",
			      .deed = DEED_BAN,
			      .event = ENTRY_BAN,
			      .key = "event.ban",
			      .key_because = "event.ban_because"};
	sanction(chat, request, &order, SANCTION_BAN);
}

void do_mute(struct chat *chat, struct request *request)
{
	struct order order = {.op = "mute",
			      .deed = DEED_MUTE,
			      .event = ENTRY_MUTE,
			      .key = "event.mute",
			      .key_because = "event.mute_because"};
	sanction(chat, request, &order, SANCTION_MUTE);
}

void do_unban(struct chat *chat, struct request *request)
{
	struct order order = {.op = "unban", .deed = DEED_BAN, .event = ENTRY_UNBAN, .key = "event.unban"};
	lift(chat, request, &order, SANCTION_BAN);
}

void do_unmute(struct chat *chat, struct request *request)
{
	struct order order = {
	    .op = "unmute", .deed = DEED_MUTE, .event = ENTRY_UNMUTE, .key = "event.unmute"};
	lift(chat, request, &order, SANCTION_MUTE);
}

void do_role(struct chat *chat, struct request *request)
{
	struct order order = {.op = "role", .deed = DEED_ROLE, .event = ENTRY_ROLE, .key = "event.role"};
	const char *name = request->text[REQUEST_TEXT_ROLE];
	enum role role = role_from_name(name);
	struct store *store = chat->config.store;
	if (!role) {
		hub_bad_field(chat, request, "role");
		return;
	}
	if (!take_order(chat, request, &order) || !need_member(chat, request, &order))
		return;
	order.reason = name;
	struct store_member stored = {.account = order.target->account,
				      .room_id = order.room->id,
				      .role = role,
				      .read_seq = order.target_member->read_seq};
	int result = hub_begin(chat, request) ? STORE_FAILED : STORE_OK;
	if (result == STORE_OK && stored.account)
		result = store->ops->put_member(store, &stored);
	if (result == STORE_OK)
		result = record(chat, &order);
	if (hub_finish(chat, request, result))
		return;
	order.target_member->role = role;
	struct entry event = event_of(&order);
	hub_event(chat, order.room, &event);
	hub_ok(chat, request);
}
