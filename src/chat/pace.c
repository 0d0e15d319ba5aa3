#include "chat/pace.h"

#include "base/clock.h"
#include "base/memory.h"
#include "chat/people/address.h"
#include "chat/answer.h"
#include "chat/talk/marks.h"
#include "chat/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS     INT64_C(3600000)
#define ROOMS_SHARE 20 /* one address makes no more than one in so many of all rooms */
#define MAKERS_MAX  50000
#define TOPIC_TURNS \
	4 /* what a room is called, and who is asked to come, changes seldom; links and rooms end seldom */

struct pace {
	struct marks makers; /* by network: when rooms and guests were made; and conversations begun */
	struct marks owners; /* by network: how many rooms of its guests stand */
};

struct pace *pace_new(void)
{
	struct pace *pace = mem_zero(sizeof *pace);
	pace->makers.most = MAKERS_MAX;
	/* Each has a room, and there are no more of those: none is dropped while it counts. */
	pace->owners.most = SIZE_MAX;
	return pace;
}

void pace_free(struct pace *pace)
{
	marks_release(&pace->makers);
	marks_release(&pace->owners);
	free(pace);
}

/* --- told --- */

static int64_t turns_of_join(const struct chat *chat, const struct request *request)
{
	const struct room *room = rooms_find(&chat->rooms, request->text[REQUEST_TEXT_ROOM]);
	/* One who is in it already comes back, and nobody is told. */
	return room && room_find_member(room, request->peer->user) ? 0 : 1;
}

/* Changes of what is one's own: nobody else may be told, but each is stored, and some stand in a record for good. */
static int64_t turns_of_change(const struct request *request)
{
	switch (request->op) {
	case REQUEST_SETTINGS:
		return request->text[REQUEST_TEXT_SET] != NULL;
	case REQUEST_CONFIG:
		return request->text[REQUEST_TEXT_VALUE] != NULL;
	case REQUEST_SESSIONS:
		return request->text[REQUEST_TEXT_END] != NULL;
	case REQUEST_PASSKEY:
		return request->text[REQUEST_TEXT_LABEL] != NULL;
	case REQUEST_PUSH:
		return request->text[REQUEST_TEXT_ENDPOINT] || request->number[REQUEST_NUMBER_REVOKE] == 1;
	case REQUEST_BLOCK:
	case REQUEST_UNBLOCK:
	case REQUEST_TOKEN:
	case REQUEST_TOTP:
	case REQUEST_PASSWD:
	case REQUEST_REGISTER:
	case REQUEST_ACCOUNT:
	case REQUEST_OPER:
	case REQUEST_KILL:
	case REQUEST_WALLOPS:
		return 1;
	case REQUEST_LINK:
	case REQUEST_CLOSE:
		return TOPIC_TURNS;
	default:
		return 0;
	}
}

static int64_t turns_of(const struct chat *chat, const struct request *request)
{
	switch (request->op) {
	case REQUEST_NICK:
	case REQUEST_AWAY:
		return 1 + request->peer->user->rooms_joined;
	case REQUEST_PROFILE:
		return request->text[REQUEST_TEXT_SET] ? 1 + request->peer->user->rooms_joined : 0;
	case REQUEST_PROPERTY:
		return 1 + request->peer->user->rooms_joined;
	case REQUEST_REALNAME: /* with a name it is said as one comes, and nobody is told */
		return request->text[REQUEST_TEXT_MESSAGE] && !request->text[REQUEST_TEXT_NAME]
			   ? 1 + request->peer->user->rooms_joined
			   : 0;
	case REQUEST_VISIBLE: /* told to the other nodes */
		return peer_says_anew(request->peer, request->number[REQUEST_NUMBER_ON]);
	case REQUEST_READ: /* forwards only as far as there is something new */
		return request->number[REQUEST_NUMBER_BACK] == 1;
	case REQUEST_JOIN:
		return turns_of_join(chat, request);
	case REQUEST_LEAVE:
	case REQUEST_TYPING:
	case REQUEST_TAGGED:
	case REQUEST_KICK:
	case REQUEST_BAN:
	case REQUEST_UNBAN:
	case REQUEST_MUTE:
	case REQUEST_UNMUTE:
	case REQUEST_ROLE:
		return 1;
	case REQUEST_TOPIC:
	case REQUEST_SET:
	case REQUEST_INVITE:
	case REQUEST_PIN:
		return TOPIC_TURNS;
	default:
		return turns_of_change(request);
	}
}

bool pace_may_tell(struct chat *chat, struct request *request)
{
	int64_t rate = chat->config.limits.told_per_second, burst = chat->config.limits.told_burst;
	int64_t turns = request->is_paced || !rate ? 0 : turns_of(chat, request);
	request->is_paced = true;
	if (!turns)
		return true;
	struct token_bucket *told = &request->peer->user->told;
	token_bucket_refill_to(told, rate, burst, clock_mono_ms());
	if (turns > burst)
		turns = burst;
	if (told->left >= (float)turns) {
		told->left -= (float)turns;
		return true;
	}
	struct text_args args = {.number = 1 + (int64_t)(((float)turns - told->left) / (float)rate)};
	if (!operation_is(request->op, OPERATION_UNANSWERED))
		answer_error(chat, request, ERROR_RATE_LIMITED, TEXT_error_pace, &args);
	return false;
}

/* --- rooms --- */

int64_t pace_rooms_most(const struct chat *chat, const struct user *user)
{
	const struct limits *limits = &chat->config.limits;
	return user_is_account(user) || limits->rooms_per_guest > limits->rooms_per_user
		   ? limits->rooms_per_user
		   : limits->rooms_per_guest;
}

static bool has_share(const struct chat *chat, const char *network)
{
	const struct mark *standing = marks_find(&chat->pace->owners, network);
	int64_t share = chat->config.limits.rooms_max / ROOMS_SHARE;
	return !standing || standing->count < (share ? share : 1);
}

/* Takes one of the turns that the key has in an hour. Returns the seconds to wait where none is left; else 0. */
static int64_t take_hourly(struct chat *chat, const char *key, int64_t per_hour)
{
	struct marks *makers = &chat->pace->makers;
	int64_t now = clock_mono_ms(), step_ms = HOUR_MS / per_hour;
	marks_drop_old(makers, now - HOUR_MS);
	int64_t wait_s = mark_wait_s(marks_find(makers, key), step_ms, per_hour, now);
	if (!wait_s)
		mark_take_turn(marks_touch(makers, key, now), step_ms, now);
	return wait_s;
}

bool pace_may_make_room(struct chat *chat, const struct request *request)
{
	char network[INET6_ADDRSTRLEN];
	int64_t per_hour = chat->config.limits.rooms_made_per_hour;
	struct text_args args = {.room = request->text[REQUEST_TEXT_ROOM]};
	mark_network(request->peer->address, network);
	if (!per_hour)
		return true;
	if (!user_is_account(request->peer->user) && !has_share(chat, network)) {
		answer_error(chat, request, ERROR_LIMIT, TEXT_error_too_many_of_address, &args);
		return false;
	}
	if (address_is_machines_own(request->peer->address))
		return true;
	args.number = take_hourly(chat, network, per_hour);
	if (args.number)
		answer_error(chat, request, ERROR_LIMIT, TEXT_error_too_many_made, &args);
	return !args.number;
}

void pace_note_room(struct chat *chat, const struct room *room)
{
	if (room->maker)
		marks_touch(&chat->pace->owners, room->maker, clock_mono_ms())->count++;
}

void pace_forget_room(struct chat *chat, struct room *room)
{
	struct mark *standing = room->maker ? marks_find(&chat->pace->owners, room->maker) : NULL;
	if (standing && --standing->count == 0)
		marks_drop(&chat->pace->owners, standing);
	free(room->maker);
	room->maker = NULL;
}

/* --- guests and conversations --- */

#define KEY_BYTES (INET6_ADDRSTRLEN + 32)

bool pace_may_come(struct chat *chat, const struct request *request)
{
	char network[INET6_ADDRSTRLEN], key[KEY_BYTES];
	int64_t per_hour = chat->config.limits.guests_made_per_hour;
	if (!per_hour || address_is_machines_own(request->peer->address))
		return true;
	mark_network(request->peer->address, network);
	snprintf(key, sizeof key, "guest %s", network);
	int64_t wait_s = take_hourly(chat, key, per_hour);
	if (wait_s)
		answer_limit(chat, request, TEXT_error_too_many_guests, wait_s);
	return !wait_s;
}

/* Guests of one address count together, since anybody can be as many guests as they like. */
bool pace_may_begin_direct(struct chat *chat, const struct request *request)
{
	char network[INET6_ADDRSTRLEN], key[KEY_BYTES];
	const struct user *user = request->peer->user;
	int64_t per_hour = chat->config.limits.directs_per_hour;
	if (!per_hour || (!user_is_account(user) && address_is_machines_own(request->peer->address)))
		return true;
	mark_network(request->peer->address, network);
	if (user_is_account(user))
		snprintf(key, sizeof key, "direct %lld", (long long)user->id);
	else
		snprintf(key, sizeof key, "direct %s", network);
	bool may_begin = !take_hourly(chat, key, per_hour);
	if (!may_begin)
		answer_limit(chat, request, TEXT_error_too_many_directs, per_hour);
	return may_begin;
}
