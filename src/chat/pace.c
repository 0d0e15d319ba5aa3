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
#define CROWDS_MAX  50000
/* Seconds' worth of entries that somebody may say at once: what a client has kept while it was away. */
#define ENTRIES_AT_ONCE 100
#define TOPIC_TURNS \
	4 /* what a room is called, and who is asked to come, changes seldom; links and rooms end seldom */

struct pace {
	struct marks makers;  /* by network: when rooms and guests were made; and conversations begun */
	struct marks owners;  /* by network: how many rooms of its guests stand */
	struct marks crowds;  /* by network: what its guests may say, and have others told of */
	struct marks senders; /* by network: how many bytes of files its guests may send */
};

struct pace *pace_new(void)
{
	struct pace *pace = mem_zero(sizeof *pace);
	pace->makers.most = MAKERS_MAX;
	pace->crowds.most = pace->senders.most = CROWDS_MAX;
	/* Each has a room, and there are no more of those: none is dropped while it counts. */
	pace->owners.most = SIZE_MAX;
	return pace;
}

void pace_free(struct pace *pace)
{
	marks_release(&pace->makers);
	marks_release(&pace->owners);
	marks_release(&pace->crowds);
	marks_release(&pace->senders);
	free(pace);
}

/* --- the guests and new accounts of an address together --- */

#define KEY_BYTES (INET6_ADDRSTRLEN + 32)

/* Anybody can be as many guests as they like, and as many accounts as `registrations_per_hour`: an account is somebody
 * of their own once it is not new any more, or an operator has made it an administrator. */
static bool crowd_counts_user(const struct chat *chat, const struct user *user)
{
	if (!user_is_account(user))
		return true;
	return !user->is_admin &&
	       clock_wall_ms() - user->account->made_ms < chat->config.limits.account_young_hours * HOUR_MS;
}

static bool crowd_has(const struct chat *chat, const struct request *request, const struct user *user)
{
	return chat->config.limits.guests_count_as && crowd_counts_user(chat, user) &&
	       !address_is_machines_own(request->peer->address);
}

/* Takes turns of what `what` names, of which one person has `rate` a second and `burst` at once. Returns the seconds
 * to wait where there are not as many; else 0. */
static int64_t crowd_take(struct chat *chat, const struct request *request, const char *what, int64_t turns,
			  int64_t rate, int64_t burst)
{
	char network[INET6_ADDRSTRLEN], key[KEY_BYTES];
	struct marks *crowds = &chat->pace->crowds;
	int64_t people = chat->config.limits.guests_count_as, now = clock_mono_ms();
	if (!crowd_has(chat, request, request->peer->user))
		return 0;
	mark_network(request->peer->address, network);
	snprintf(key, sizeof key, "%s %s", what, network);
	marks_drop_old(crowds, now - HOUR_MS);
	struct token_bucket *bucket = &marks_touch(crowds, key, now)->bucket;
	token_bucket_refill_to(bucket, rate * people, burst * people, now);
	if (bucket->left < (float)turns)
		return 1 + (int64_t)(((float)turns - bucket->left) / (float)(rate * people));
	bucket->left -= (float)turns;
	return 0;
}

/* Nobody is a crowd by typing, which each connection tells at its own rate, nor by coming into a first room, which is
 * bounded with new guests. */
static bool crowd_counts(const struct request *request)
{
	bool is_first = request->op == REQUEST_JOIN && !request->peer->user->rooms_joined;
	return !is_first && request->op != REQUEST_TYPING && request->op != REQUEST_VISIBLE;
}

/* NULL: it has no limit. */
static struct token_bucket *senders_left(struct chat *chat, const struct request *request,
					 const struct user *user)
{
	char network[INET6_ADDRSTRLEN];
	const struct limits *limits = &chat->config.limits;
	int64_t of_day = limits->file_user_bytes_per_day * limits->guests_count_as, now = clock_mono_ms();
	if (!of_day || !crowd_has(chat, request, user))
		return NULL;
	mark_network(request->peer->address, network);
	marks_drop_old(&chat->pace->senders, now - CLOCK_DAY_MS);
	struct token_bucket *bucket = &marks_touch(&chat->pace->senders, network, now)->bucket;
	token_bucket_refill_to(bucket, of_day / (CLOCK_DAY_MS / 1000), of_day, now);
	return bucket;
}

bool pace_may_upload(struct chat *chat, const struct request *request, const struct user *user, int64_t bytes)
{
	const struct token_bucket *bucket = senders_left(chat, request, user);
	return !bucket || bucket->left >= (float)bytes;
}

void pace_note_upload(struct chat *chat, const struct request *request, const struct user *user,
		      int64_t bytes)
{
	struct token_bucket *bucket = senders_left(chat, request, user);
	if (bucket)
		bucket->left -= (float)bytes;
}

static int64_t crowd_wait_s(struct chat *chat, const struct request *request, int64_t turns)
{
	const struct limits *limits = &chat->config.limits;
	return crowd_counts(request)
		   ? crowd_take(chat, request, "told", turns, limits->told_per_second, limits->told_burst)
		   : 0;
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
	bool is_own = told->left < (float)turns;
	struct text_args args = {.number = is_own ? 1 + (int64_t)(((float)turns - told->left) / (float)rate)
						  : crowd_wait_s(chat, request, turns)};
	if (!args.number)
		told->left -= (float)turns;
	else if (!operation_is(request->op, OPERATION_UNANSWERED))
		answer_error(chat, request, ERROR_RATE_LIMITED,
			     is_own ? TEXT_error_pace : TEXT_error_pace_of_guests, &args);
	return !args.number;
}

/* --- said --- */

/* The programs of new accounts take theirs of the same. */
static int64_t crowd_wait_to_say_s(struct chat *chat, const struct request *request)
{
	int64_t rate = chat->config.limits.account_rate;
	return rate ? crowd_take(chat, request, "said", 1, rate, rate * ENTRIES_AT_ONCE) : 0;
}

/* An account's programs have a rate of their own, and use up nothing of what the person may say. */
bool pace_may_say(struct chat *chat, struct request *request)
{
	struct user *user = request->peer->user;
	bool is_program = user_is_account(user) && peer_has_token(request->peer);
	int64_t rate = is_program ? chat->config.limits.token_rate : chat->config.limits.account_rate;
	struct token_bucket *left = is_program ? &user->account->programs_left : &user->entries_left;
	bool is_counted = request->is_said;
	request->is_said = true;
	if (!rate || is_counted)
		return true;
	token_bucket_refill_to(left, rate, rate * ENTRIES_AT_ONCE, clock_mono_ms());
	bool is_own = left->left < 1;
	struct text_args args = {.number = is_own ? 1 : crowd_wait_to_say_s(chat, request)};
	if (!args.number)
		left->left--;
	else
		answer_error(chat, request, ERROR_RATE_LIMITED,
			     is_own ? TEXT_NONE : TEXT_error_pace_of_guests, &args);
	return !args.number;
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

/* The seconds to wait for one of the turns that the key has in an hour; 0: there is one. */
static int64_t wait_hourly_s(struct chat *chat, const char *key, int64_t per_hour)
{
	struct marks *makers = &chat->pace->makers;
	int64_t now = clock_mono_ms();
	marks_drop_old(makers, now - HOUR_MS);
	return mark_wait_s(marks_find(makers, key), HOUR_MS / per_hour, per_hour, now);
}

/* The same; takes the turn that there is. */
static int64_t take_hourly(struct chat *chat, const char *key, int64_t per_hour)
{
	int64_t now = clock_mono_ms(), wait_s = wait_hourly_s(chat, key, per_hour);
	if (!wait_s)
		mark_take_turn(marks_touch(&chat->pace->makers, key, now), HOUR_MS / per_hour, now);
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

/* Guests of one address count together; so do its new accounts, each of which has its own hour besides. Where one of
 * the two refuses, nothing is taken of the other. */
static bool take_direct(struct chat *chat, const struct request *request, int64_t per_hour)
{
	char network[INET6_ADDRSTRLEN], key[KEY_BYTES], crowd[KEY_BYTES];
	const struct user *user = request->peer->user;
	mark_network(request->peer->address, network);
	if (!user_is_account(user)) {
		snprintf(key, sizeof key, "direct %s", network);
		return address_is_machines_own(request->peer->address) || !take_hourly(chat, key, per_hour);
	}
	snprintf(key, sizeof key, "direct %lld", (long long)user->id);
	snprintf(crowd, sizeof crowd, "young %s", network);
	if (wait_hourly_s(chat, key, per_hour))
		return false;
	if (crowd_has(chat, request, user) &&
	    take_hourly(chat, crowd, per_hour * chat->config.limits.guests_count_as))
		return false;
	return !take_hourly(chat, key, per_hour);
}

bool pace_may_begin_direct(struct chat *chat, const struct request *request)
{
	int64_t per_hour = chat->config.limits.directs_per_hour;
	bool may_begin = !per_hour || take_direct(chat, request, per_hour);
	if (!may_begin)
		answer_limit(chat, request, TEXT_error_too_many_directs, per_hour);
	return may_begin;
}
