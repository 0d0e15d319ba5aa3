#include "chat/people/link.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "chat/people/account.h"
#include "chat/answer.h"
#include "chat/people/enter.h"
#include "chat/errand.h"
#include "chat/people/guess.h"
#include "chat/people/link_secret.h"
#include "chat/talk/listing.h"
#include "chat/rooms/membership.h"
#include "chat/need.h"
#include "chat/rooms/permission.h"
#include "chat/state.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what a link is worth now: link.h 1 --- */

/* Whether links of this maker let newcomers in where guests or registration are off. NULL: the administration's. */
static bool link_may_admit(const struct chat *chat, const struct user *maker)
{
	return !maker || maker->is_admin || chat->config.links == CHAT_LINKS_OF_ACCOUNTS;
}

static bool link_may_lead(const struct user *maker, const struct room *room)
{
	return !maker || permission_may(maker, room_find_member(room, maker), room, PERMISSION_INVITE);
}

/* A link as the store has it, and what follows from it. */
struct shown_link {
	struct store_link stored;
	char key[STORE_LINK_KEY_CHARS + 1];
	bool is_found, was_used; /* by who asks */
};

static void link_take(struct store_query *query, const struct store_command *row)
{
	assert(row->op == STORE_PUT_LINK);
	struct shown_link *shown = ((struct question *)query)->context;
	shown->stored = row->link;
	shown->is_found = true;
	snprintf(shown->key, sizeof shown->key, "%s", row->link.key);
	shown->stored.key = shown->key;
}

static const struct user *link_maker(struct chat *chat, const struct store_link *link)
{
	return link->maker ? users_find_id(&chat->users, link->maker) : NULL;
}

/* Its maker is there, and may still do what it does; *room: where it leads, NULL: onto the server. */
static bool link_holds(struct chat *chat, const struct store_link *link, struct room **room)
{
	const struct user *maker = link_maker(chat, link);
	*room = link->room_id ? rooms_find_by_id(&chat->rooms, link->room_id) : NULL;
	if (chat->config.links == CHAT_LINKS_OFF ||
	    (link->maker && (!maker || !user_is_account(maker) || maker->is_disabled)))
		return false;
	return link->room_id ? *room && link_may_lead(maker, *room) : link_may_admit(chat, maker);
}

static bool link_is_good(struct chat *chat, const struct shown_link *shown, struct room **room)
{
	const struct store_link *link = &shown->stored;
	*room = NULL;
	return shown->is_found && link->until_ms > clock_wall_ms() &&
	       (link->used < link->uses || shown->was_used) && link_holds(chat, link, room);
}

/* --- guesses: link.h 3 --- */

/* Guesses at links are counted beside those at names: nobody can be called so. */
static const char guessed[] = "/link";

static void link_count(struct chat *chat, const struct request *request, bool is_right)
{
	const char *address = request->peer->address;
	int64_t now_ms = clock_mono_ms();
	if (is_right)
		guesses_succeeded(chat->guesses, guessed, address, now_ms);
	else
		guesses_failed(chat->guesses, guessed, address, now_ms);
}

void link_refuse(struct chat *chat, const struct request *request)
{
	if (guesses_is_news(chat->guesses, request->peer->address, clock_mono_ms()))
		LOG_WARN("user.auth_failed", "ip=%s by=link name=?", request->peer->address);
	answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_error_link, &(struct text_args){.field = "link"});
}

/* Looks the link of the request up; `then` gets a struct shown_link, which it frees. */
static void link_ask(struct chat *chat, struct request *request, question_then *then)
{
	struct store_query query = {.question = STORE_FIND_LINK, .visit = link_take};
	int64_t wait_s = guesses_wait(chat->guesses, guessed, request->peer->address, clock_mono_ms());
	if (wait_s) {
		answer_error(chat, request, ERROR_RATE_LIMITED, TEXT_error_guess_wait,
			     &(struct text_args){.number = wait_s});
		return;
	}
	query.person = request->peer->user ? request->peer->user->id : 0;
	token_hash(request->text[REQUEST_TEXT_LINK], query.hash);
	question_ask(chat, request, &query, then, mem_zero(sizeof(struct shown_link)));
}

/* The link of the question, where it is good; else answered. The caller frees it in either case. */
static struct shown_link *link_answered(struct chat *chat, struct question *question, struct room **room)
{
	struct shown_link *shown = question->context;
	memcpy(shown->stored.hash, question->query.hash, sizeof shown->stored.hash);
	shown->was_used = question->query.count > 0;
	if (question->query.result == STORE_FAILED) {
		answer_read_failed(chat, question->request);
		return NULL;
	}
	/* A link that exists but is used up or over was not guessed. */
	link_count(chat, question->request, shown->is_found);
	if (link_is_good(chat, shown, room))
		return shown;
	link_refuse(chat, question->request);
	return NULL;
}

/* --- coming in by one: link.h 2 --- */

static const char *link_by(struct chat *chat, const struct store_link *link)
{
	const struct user *maker = link_maker(chat, link);
	return maker ? maker->name : CHAT_SERVER_NAME;
}

/* Links onto the server are in the lobby's record, like everything that administrators do. */
static int64_t link_record_room(const struct chat *chat, int64_t room_id)
{
	return room_id ? room_id : rooms_find(&chat->rooms, CHAT_LOBBY)->id;
}

void link_add_use(struct chat *chat, struct change *change, const struct store_link *link, int64_t person,
		  const char *name)
{
	int64_t now_ms = clock_wall_ms();
	struct arena *arena = batch_arena(chat);
	char reason[STORE_LINK_KEY_CHARS + 16];
	struct store_link *use = &batch_add(chat, change, STORE_USE_LINK)->link;
	*use = (struct store_link){.person = person, .made_ms = now_ms};
	memcpy(use->hash, link->hash, sizeof use->hash);
	snprintf(reason, sizeof reason, "link %s", link->key);
	batch_add(chat, change, STORE_ADD_DEED)->deed =
	    (struct store_deed){.room_id = link_record_room(chat, link->room_id),
				.op = "came_by_link",
				.by = arena_string(arena, link_by(chat, link)),
				.target = arena_string(arena, name),
				.reason = arena_string(arena, reason),
				.time_ms = now_ms};
}

static void link_then_enter(struct chat *chat, struct question *question)
{
	struct room *room;
	struct shown_link *shown = link_answered(chat, question, &room);
	struct request *request = question->request;
	if (shown && (chat->config.allow_guests || link_may_admit(chat, link_maker(chat, &shown->stored))))
		enter_by_link(chat, request, &shown->stored);
	else if (shown)
		answer_error(chat, request, ERROR_AUTH_REQUIRED, TEXT_error_link_needs_account,
			     &(struct text_args){.name = request->text[REQUEST_TEXT_NAME]});
	free(question->context);
}

void link_enter(struct chat *chat, struct request *request)
{
	link_ask(chat, request, link_then_enter);
}

static void link_then_join(struct chat *chat, struct question *question)
{
	struct room *room;
	struct request *request = question->request;
	const struct room *wanted = rooms_find(&chat->rooms, request->text[REQUEST_TEXT_ROOM]);
	struct shown_link *shown = link_answered(chat, question, &room);
	if (shown && (!room || room != wanted))
		link_refuse(chat, request);
	else if (shown && need_user(chat, request) && !need_wait_for_room(chat, request, room) &&
		 !need_wait_for_user(chat, request, request->peer->user))
		membership_join(chat, request, room, shown->was_used ? NULL : &shown->stored);
	free(question->context);
}

void link_join(struct chat *chat, struct request *request)
{
	link_ask(chat, request, link_then_join);
}

/* --- looking at one, before one has said who one is --- */

static void link_then_look(struct chat *chat, struct question *question)
{
	struct room *room;
	const struct shown_link *shown = link_answered(chat, question, &room);
	if (shown) {
		struct reply *reply = answer_new(question->request, REPLY_LINK);
		const struct user *maker = link_maker(chat, &shown->stored);
		bool admits = link_may_admit(chat, maker);
		reply->room = room ? reply_string(reply, room->name) : NULL;
		reply->link.by = reply_string(reply, link_by(chat, &shown->stored));
		reply->link.until_ms = shown->stored.until_ms;
		reply->link.admits = chat->config.allow_guests || admits;
		reply->link.registers =
		    chat->config.allow_registration || (admits && chat->config.allow_link_registration);
		batch_reply(chat, question->request->peer, reply);
	}
	free(question->context);
}

void do_invitation(struct chat *chat, struct request *request)
{
	link_ask(chat, request, link_then_look);
}

/* --- registering by one --- */

struct link_asking {
	link_then *then;
	struct chat *chat;
	bool may;
};

static void link_take_used(struct store_query *query, const struct store_command *row)
{
	assert(row->op == STORE_PUT_LINK);
	struct link_asking *asking = ((struct question *)query)->context;
	struct room *room;
	asking->may |= link_holds(asking->chat, &row->link, &room) &&
		       link_may_admit(asking->chat, link_maker(asking->chat, &row->link));
}

static void link_then_registration(struct chat *chat, struct question *question)
{
	struct link_asking *asking = question->context;
	if (question->query.result != STORE_OK)
		answer_read_failed(chat, question->request);
	else if (asking->may)
		asking->then(chat, question->request);
	else
		answer_error(chat, question->request, ERROR_FORBIDDEN, TEXT_error_no_registration, NULL);
	free(asking);
}

void link_ask_registration(struct chat *chat, struct request *request, link_then *then)
{
	struct store_query query = {.question = STORE_LIST_USED_LINKS,
				    .person = request->peer->user->id,
				    .since_ms = clock_wall_ms(),
				    .visit = link_take_used};
	struct link_asking *asking = mem_zero(sizeof *asking);
	*asking = (struct link_asking){.then = then, .chat = chat};
	if (chat->config.allow_link_registration) {
		question_ask(chat, request, &query, link_then_registration, asking);
		return;
	}
	free(asking);
	answer_error(chat, request, ERROR_FORBIDDEN, TEXT_error_no_registration, NULL);
}

/* --- making one --- */

struct made_link {
	struct link_secret drawn;
	int64_t uses, until_ms;
	bool admits;
};

static void link_add_deed(struct chat *chat, struct change *change, const struct room *room, const char *key)
{
	const struct request *request = change->request;
	batch_add(chat, change, STORE_ADD_DEED)->deed =
	    (struct store_deed){.room_id = link_record_room(chat, room ? room->id : 0),
				.op = request->number[REQUEST_NUMBER_REVOKE] ? "unlink" : "link",
				.by = arena_string(batch_arena(chat), request->peer->user->name),
				.target = key,
				.reason = "",
				.time_ms = clock_wall_ms()};
}

static void link_then_made(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	struct made_link *made = change->context;
	if (change->result == STORE_OK) {
		struct reply *reply = answer_new(request, REPLY_LINK);
		reply->room = reply_string(reply, request->text[REQUEST_TEXT_ROOM]);
		reply->link.key = reply_string(reply, made->drawn.key);
		reply->link.secret = reply_string(reply, made->drawn.text);
		reply->link.uses = made->uses;
		reply->link.until_ms = made->until_ms;
		reply->link.admits = chat->config.allow_guests || made->admits;
		batch_reply(chat, request->peer, reply);
	} else if (change->result == STORE_LIMIT) {
		answer_limit(chat, request, TEXT_error_too_many_links, chat->config.limits.links_per_account);
	} else {
		answer_error(chat, request, ERROR_STORE_FAILED, TEXT_NONE, NULL);
	}
	sodium_memzero(made, sizeof *made);
}

static void link_make(struct chat *chat, struct request *request, struct room *room)
{
	const struct user *user = request->peer->user;
	int64_t now_ms = clock_wall_ms(), uses = request->number[REQUEST_NUMBER_USES];
	int64_t seconds = request->number[REQUEST_NUMBER_SECONDS];
	struct change *change = batch_change(chat, request, link_then_made);
	struct made_link *made = change->context = arena_zero(batch_arena(chat), sizeof *made);
	made->uses = uses ? uses : 1;
	made->until_ms = now_ms + (seconds ? seconds : LIMIT_LINK_S_DEFAULT) * 1000;
	made->admits = link_may_admit(chat, user);
	struct store_link *stored = &batch_add(chat, change, STORE_PUT_LINK)->link;
	*stored = (struct store_link){.key = made->drawn.key,
				      .maker = user->id,
				      .room_id = room ? room->id : 0,
				      .uses = made->uses,
				      .made_ms = now_ms,
				      .until_ms = made->until_ms,
				      .most = chat->config.limits.links_per_account};
	link_secret_draw(&made->drawn, stored->hash);
	link_add_deed(chat, change, room, made->drawn.key);
	request->peer->user->changing = batch_mark_now(chat);
	if (room)
		room->changing = batch_mark_now(chat);
}

/* False where the asker may make none: answered. */
static bool link_may_make(struct chat *chat, const struct request *request, const struct room *room)
{
	const struct user *user = request->peer->user;
	if (chat->config.links == CHAT_LINKS_OFF || !chat->config.limits.links_per_account) {
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_error_links_off, NULL);
		return false;
	}
	if (request->number[REQUEST_NUMBER_SECONDS] > LIMIT_LINK_SECONDS) {
		answer_bad_field(chat, request, "seconds");
		return false;
	}
	if (room ? link_may_lead(user, room) : link_may_admit(chat, user))
		return true;
	answer_error(chat, request, ERROR_FORBIDDEN, room ? TEXT_NONE : TEXT_error_links_of_admins, NULL);
	return false;
}

/* --- ending one --- */

static void link_then_revoked(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	if (change->result == STORE_OK)
		batch_reply(chat, request->peer, answer_new(request, REPLY_LINK));
	else
		answer_error(chat, request, ERROR_BAD_FIELD, TEXT_error_no_link,
			     &(struct text_args){.field = "key", .text = request->text[REQUEST_TEXT_KEY]});
}

/* One's own; an administrator's, anybody's; with a room that the asker moderates, whatever leads there. */
static void link_revoke(struct chat *chat, struct request *request, const struct room *room)
{
	const struct user *user = request->peer->user;
	bool keeps = room && permission_may(user, room_find_member(room, user), room, PERMISSION_BAN);
	struct change *change = batch_change(chat, request, link_then_revoked);
	batch_add(chat, change, STORE_DROP_LINK)->link =
	    (struct store_link){.key = request->text[REQUEST_TEXT_KEY],
				.maker = keeps || user->is_admin ? 0 : user->id,
				.room_id = room ? room->id : 0};
	link_add_deed(chat, change, room, request->text[REQUEST_TEXT_KEY]);
	request->peer->user->changing = batch_mark_now(chat);
}

/* A typed command is about the room that it is typed in. */
static bool link_is_about_room(const struct request *request)
{
	return request->text[REQUEST_TEXT_ROOM] ||
	       (request->is_command && !request->number[REQUEST_NUMBER_REVOKE] && request->peer->room);
}

void do_link(struct chat *chat, struct request *request)
{
	const struct user *user = need_account(chat, request);
	bool has_room = link_is_about_room(request), revokes = request->number[REQUEST_NUMBER_REVOKE];
	if (!user || need_wait_for_user(chat, request, user))
		return;
	struct room *room = has_room ? need_membership(chat, request) : NULL;
	if (has_room && !room)
		return;
	if (revokes && !request->text[REQUEST_TEXT_KEY])
		answer_bad_field(chat, request, "key");
	else if (revokes)
		link_revoke(chat, request, room);
	else if (link_may_make(chat, request, room))
		link_make(chat, request, room);
}

/* --- which there are --- */

struct link_listing {
	struct chat *chat;
	struct reply *reply;
};

static void link_take_row(struct store_query *query, const struct store_command *done)
{
	assert(done->op == STORE_PUT_LINK);
	const struct link_listing *listing = ((struct question *)query)->context;
	const struct store_link *link = &done->link;
	const struct room *room =
	    link->room_id ? rooms_find_by_id(&listing->chat->rooms, link->room_id) : NULL;
	struct reply *reply = listing->reply;
	const char *by = link_by(listing->chat, link), *name = room ? room->name : NULL;
	if (link->until_ms <= clock_wall_ms())
		return;
	struct text_args args = {.name = link->key,
				 .by = by,
				 .text = name ? name : CHAT_SERVER_NAME,
				 .number = link->uses - link->used,
				 .time_ms = link->until_ms};
	struct listing_row *row = listing_add(reply, TEXT_answer_links_row, &args);
	listing_add_text(reply, row, "key", link->key);
	listing_add_text(reply, row, "room", name);
	listing_add_text(reply, row, "by", by);
	listing_add_number(reply, row, "uses", link->uses);
	listing_add_number(reply, row, "used", link->used);
	listing_add_time(reply, row, "since", link->made_ms);
	listing_add_time(reply, row, "until", link->until_ms);
}

static void link_then_listed(struct chat *chat, struct question *question)
{
	struct link_listing *listing = question->context;
	if (question->query.result == STORE_OK) {
		batch_reply(chat, question->request->peer, listing->reply);
	} else {
		reply_free(listing->reply);
		answer_read_failed(chat, question->request);
	}
	free(listing);
}

void do_links(struct chat *chat, struct request *request)
{
	const struct user *user = need_account(chat, request);
	const struct room *room = NULL;
	if (!user)
		return;
	if (request->text[REQUEST_TEXT_ROOM] && !(room = need_membership(chat, request)))
		return;
	bool keeps = room && permission_may(user, room_find_member(room, user), room, PERMISSION_BAN);
	struct store_query query = {.question = STORE_LIST_LINKS,
				    .person = keeps || user->is_admin ? 0 : user->id,
				    .room_id = room ? room->id : 0,
				    .limit = LIMIT_LINKS_SHOWN,
				    .visit = link_take_row};
	struct link_listing *listing = mem_zero(sizeof *listing);
	*listing = (struct link_listing){chat, listing_new(request, "links", TEXT_answer_links)};
	question_ask(chat, request, &query, link_then_listed, listing);
}
