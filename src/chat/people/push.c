#include "chat/people/push.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "chat/answer.h"
#include "chat/people/block.h"
#include "chat/errand.h"
#include "chat/talk/listing.h"
#include "chat/need.h"
#include "chat/state.h"
#include "push/pusher.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert(STORE_PUSH_BYTES == PUSHER_HASH_BYTES, "the store knows a subscription by its hash");

/* Settings of the web client that say what somebody does not want: protocol.md, `settings`. */
#define SETTING_QUIET   "quiet"
#define SETTING_NOTIFY  "notify."
#define SETTING_NOTHING "nothing"

#define HOST_SHOWN_BYTES 256 /* of an endpoint, for people */

/* --- whom an entry concerns --- */

/* A message that somebody may be told; their settings and subscriptions are asked of the store one after the other. */
struct notice {
	struct store_query query; /* first */
	struct chat *chat;
	struct push push;
	int64_t room_id;
	char *room, *folded, *name, *text; /* owned */
	struct push *each;                 /* by subscription; owned, with each endpoint */
	size_t count, capacity;
	uint32_t puts; /* see account.pushes_put */
	bool has_any;  /* subscription at all */
	bool is_unwanted;
};

static void notice_free(struct notice *notice)
{
	assert(notice->chat->notices);
	notice->chat->notices--;
	for (size_t i = 0; i < notice->count; i++)
		free((char *)(uintptr_t)notice->each[i].endpoint);
	free(notice->each);
	free(notice->room);
	free(notice->folded);
	free(notice->name);
	free(notice->text);
	free(notice);
}

/* Somebody looks at a page in the browser that stays signed in by this token, here or at another node. */
static bool push_is_seen(const struct chat *chat, const struct user *user,
			 const unsigned char token[STORE_TOKEN_BYTES])
{
	uint32_t bits = user_token_bits(token);
	const struct peer *peer = user->peers;
	while (peer && (!peer->is_page || peer->is_hidden ||
			(peer->token != bits && (!peer->session || peer->session->token != bits))))
		peer = peer->next;
	return peer || distant_sees(chat, user, bits);
}

static void notice_take_push(struct store_query *query, const struct store_command *row)
{
	assert(row->op == STORE_PUT_PUSH);
	struct notice *notice = (struct notice *)query;
	const struct store_push *stored = &row->push;
	struct push push = notice->push;
	const struct user *user = users_find_id(&notice->chat->users, stored->person);
	notice->has_any = true;
	if (!user || push_is_seen(notice->chat, user, stored->token))
		return;
	/* Another version may have taken other keys. */
	if (!seal_keys_read(&push.keys, stored->point, stored->auth))
		return;
	memcpy(push.hash, stored->hash, sizeof push.hash);
	push.lang = lang_from_tag(stored->lang, LANG_EN);
	push.endpoint = mem_string(stored->endpoint);
	push.text = stored->shows_text ? notice->text : NULL;
	notice->each = mem_grow(notice->each, &notice->capacity, notice->count + 1, sizeof *notice->each);
	notice->each[notice->count++] = push;
}

static void notice_take_setting(struct store_query *query, const struct store_command *row)
{
	assert(row->op == STORE_PUT_SETTING);
	struct notice *notice = (struct notice *)query;
	const struct store_setting *setting = &row->setting;
	bool is_of_room = !strncmp(setting->key, SETTING_NOTIFY, strlen(SETTING_NOTIFY)) &&
			  !strcmp(setting->key + strlen(SETTING_NOTIFY), notice->folded);
	notice->is_unwanted |=
	    !strcmp(setting->key, SETTING_QUIET) || (is_of_room && !strcmp(setting->value, SETTING_NOTHING));
}

/* An answer of a slow store may be late: somebody may have been put out of the room. */
static bool is_told_still(const struct chat *chat, const struct notice *notice, const struct user *user)
{
	const struct room *room = rooms_find_by_id(&chat->rooms, notice->room_id);
	return room && (room->is_direct || room_find_member(room, user));
}

static void notice_ask(struct notice *notice, enum store_question question,
		       void (*visit)(struct store_query *, const struct store_command *),
		       void (*done)(struct store_query *))
{
	struct chat *chat = notice->chat;
	int64_t person = notice->push.person;
	notice->query =
	    (struct store_query){.question = question, .person = person, .visit = visit, .done = done};
	silence_give(chat);
	chat->config.store->ops->ask(chat->config.store, &notice->query);
}

static void notice_then_pushes(struct store_query *query)
{
	struct notice *notice = (struct notice *)query;
	struct chat *chat = notice->chat;
	const struct user *user = users_find_id(&chat->users, query->person);
	silence_return(chat);
	bool is_known = query->result == STORE_OK && user && user_is_account(user);
	/* Not where one was put meanwhile. */
	if (is_known && !notice->has_any && user->account->pushes_put == notice->puts)
		user->account->has_no_push = true;
	for (size_t i = 0; i < notice->count && is_known && is_told_still(chat, notice, user); i++)
		pusher_post(chat->config.pusher, &notice->each[i]);
	notice_free(notice);
}

static void notice_then_settings(struct store_query *query)
{
	struct notice *notice = (struct notice *)query;
	silence_return(notice->chat);
	if (query->result == STORE_OK && !notice->is_unwanted)
		notice_ask(notice, STORE_LIST_PUSHES, notice_take_push, notice_then_pushes);
	else
		notice_free(notice);
}

/* A flood of one's name must not become a flood on one's phone. */
static bool push_is_too_fast(struct account *account)
{
	token_bucket_refill_to(&account->pushes_left, LIMIT_PUSHES_PER_SECOND, LIMIT_PUSHES_AT_ONCE,
			       clock_mono_ms());
	if (account->pushes_left.left < 1)
		return true;
	account->pushes_left.left--;
	return false;
}

static void push_tell(struct chat *chat, const struct room *room, const struct entry *entry,
		      struct user *user)
{
	char shown[ROOM_SHOWN_BYTES];
	const struct user *by = users_find_id(&chat->users, entry->person);
	if (!user || !user_is_account(user) || user->id == entry->person || user->is_disabled ||
	    user->account->has_no_push || (by && user_has_blocked(user, by)) || silence_is(chat) ||
	    chat->notices >= LIMIT_PUSHES_WAITING || push_is_too_fast(user->account))
		return;
	struct notice *notice = mem_zero(sizeof *notice);
	notice->chat = chat;
	notice->puts = user->account->pushes_put;
	notice->room_id = room->id;
	chat->notices++;
	notice->room = mem_string(room_name_for(room, user, shown));
	notice->folded = utf8_fold(notice->room);
	if (!notice->folded)
		notice->folded = mem_string(notice->room);
	notice->name = mem_string(entry->name);
	notice->text = mem_string(entry->text);
	notice->push = (struct push){.person = user->id,
				     .room = notice->room,
				     .seq = entry->seq,
				     .name = notice->name,
				     .is_direct = room->is_direct};
	/* First what they want now: it may be something else when the second answer is there. */
	notice_ask(notice, STORE_LIST_SETTINGS, notice_take_setting, notice_then_settings);
}

static void push_tell_member(struct chat *chat, const struct room *room, const struct entry *entry,
			     int64_t person)
{
	struct user *user = users_find_id(&chat->users, person);
	if (user && room_find_member(room, user))
		push_tell(chat, room, entry, user);
}

void push_consider(struct chat *chat, const struct room *room, const struct store_append *append)
{
	const struct entry *entry = append->entry;
	const struct user *by = users_find_id(&chat->users, entry->person);
	bool is_answer_told = !entry->ref || !append->target_author;
	if (!chat->config.pusher || entry->kind != ENTRY_MESSAGE || (entry->flags & ENTRY_QUIET))
		return;
	if (room->is_direct) {
		if (by)
			push_tell(chat, room, entry, room_other(room, by));
		return;
	}
	for (size_t i = 0; i < append->mentioned_count; i++) {
		int64_t person = append->mentioned[i];
		is_answer_told |= !person || person == append->target_author;
		if (person)
			push_tell_member(chat, room, entry, person);
		for (size_t k = 0; !person && k < room->members_count; k++)
			push_tell(chat, room, entry, room->members[k]->user);
	}
	if (!is_answer_told)
		push_tell_member(chat, room, entry, append->target_author);
}

/* --- subscriptions that end --- */

void push_forget_gone(struct chat *chat)
{
	struct push_gone gone;
	while (chat->config.pusher && pusher_take_gone(chat->config.pusher, &gone)) {
		const struct user *user = users_find_id(&chat->users, gone.person);
		struct change *change = batch_change(chat, NULL, NULL);
		struct store_push *dropped = &batch_add(chat, change, STORE_DROP_PUSH)->push;
		dropped->person = gone.person;
		memcpy(dropped->hash, gone.hash, sizeof dropped->hash);
		LOG_INFO("push.gone", "name=%s", user ? user->name : "?");
	}
}

/* --- the operations --- */

/* Has no answer: it is about what comes. */
void do_visible(struct chat *chat, struct request *request)
{
	struct peer *peer = request->peer;
	bool is_visible = request->number[REQUEST_NUMBER_ON];
	if (!peer_says_anew(peer, is_visible))
		return;
	peer->is_hidden = !is_visible;
	told_came(chat, peer->user);
}

static void push_add_row(struct reply *reply, const struct store_push *push)
{
	/* The whole address would let its readers push to it. */
	const char *host = push->endpoint + strlen("https://");
	char shown[HOST_SHOWN_BYTES];
	snprintf(shown, sizeof shown, "%.*s", (int)strcspn(host, "/"), host);
	struct text_args args = {.name = push->label, .text = shown, .time_ms = push->made_ms};
	struct listing_row *row = listing_add(reply, TEXT_answer_push_row, &args);
	listing_add_text(reply, row, "label", push->label);
	listing_add_text(reply, row, "host", shown);
	listing_add_bool(reply, row, "texts", push->shows_text);
	listing_add_time(reply, row, "since", push->made_ms);
}

static void push_take_row(struct store_query *query, const struct store_command *row)
{
	assert(row->op == STORE_PUT_PUSH);
	push_add_row(((struct question *)query)->context, &row->push);
}

static void push_then_put(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	if (change->result == STORE_LIMIT) {
		answer_limit(chat, request, TEXT_error_too_many_pushes, LIMIT_PUSH_SUBSCRIPTIONS);
		return;
	}
	if (change->result != STORE_OK) {
		answer_error(chat, request, ERROR_BAD_FIELD, TEXT_error_no_token,
			     &(struct text_args){.text = request->text[REQUEST_TEXT_LABEL]});
		return;
	}
	struct reply *reply = listing_new(request, "push", TEXT_answer_push);
	push_add_row(reply, &batch_command(change, 0)->push);
	batch_reply(chat, request->peer, reply);
}

static void push_hash(const char *endpoint, unsigned char hash[STORE_PUSH_BYTES])
{
	crypto_generichash(hash, STORE_PUSH_BYTES, (const unsigned char *)endpoint, strlen(endpoint), NULL,
			   0);
}

static void push_put(struct chat *chat, struct request *request)
{
	const char *const *text = request->text;
	struct change *change = batch_change(chat, request, push_then_put);
	struct store_push *push = &batch_add(chat, change, STORE_PUT_PUSH)->push;
	*push = (struct store_push){.person = request->peer->user->id,
				    .label = text[REQUEST_TEXT_LABEL],
				    .endpoint = text[REQUEST_TEXT_ENDPOINT],
				    .point = text[REQUEST_TEXT_P256DH],
				    .auth = text[REQUEST_TEXT_AUTH],
				    .lang = text[REQUEST_TEXT_LANG] ? text[REQUEST_TEXT_LANG] : "",
				    .shows_text = request->number[REQUEST_NUMBER_TEXTS],
				    .made_ms = clock_wall_ms(),
				    .most = LIMIT_PUSH_SUBSCRIPTIONS};
	push_hash(push->endpoint, push->hash);
	request->peer->user->changing = batch_mark_now(chat);
}

/* A subscription that is not there is ended, too. */
static void push_then_dropped(struct chat *chat, struct change *change)
{
	batch_reply(chat, change->request->peer, listing_new(change->request, "push", TEXT_answer_push));
}

static void push_drop(struct chat *chat, struct request *request)
{
	struct change *change = batch_change(chat, request, push_then_dropped);
	struct store_push *push = &batch_add(chat, change, STORE_DROP_PUSH)->push;
	push->person = request->peer->user->id;
	push_hash(request->text[REQUEST_TEXT_ENDPOINT], push->hash);
	request->peer->user->changing = batch_mark_now(chat);
}

static bool push_check(struct chat *chat, const struct request *request)
{
	static const enum request_text needed[] = {REQUEST_TEXT_LABEL, REQUEST_TEXT_P256DH,
						   REQUEST_TEXT_AUTH};
	const char *const *text = request->text;
	struct seal_keys keys;
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		if (text[needed[i]])
			continue;
		answer_bad_field(chat, request, request_text_name(needed[i]));
		return false;
	}
	if (!pusher_goes_to(chat->config.pusher, text[REQUEST_TEXT_ENDPOINT]))
		answer_error(chat, request, ERROR_BAD_FIELD, TEXT_error_push_endpoint,
			     &(struct text_args){.field = "endpoint"});
	else if (!seal_keys_read(&keys, text[REQUEST_TEXT_P256DH], text[REQUEST_TEXT_AUTH]))
		answer_error(chat, request, ERROR_BAD_FIELD, TEXT_error_push_keys,
			     &(struct text_args){.field = "p256dh"});
	else
		return true;
	return false;
}

void do_push(struct chat *chat, struct request *request)
{
	const struct user *user = need_account(chat, request);
	struct store_query query = {.question = STORE_LIST_PUSHES, .visit = push_take_row};
	if (!user || need_wait_for_user(chat, request, user))
		return;
	query.person = user->id;
	if (!chat->config.pusher)
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_error_no_push, NULL);
	else if (!request->text[REQUEST_TEXT_ENDPOINT])
		question_ask(chat, request, &query, question_reply,
			     listing_new(request, "push", TEXT_answer_push));
	else if (request->number[REQUEST_NUMBER_REVOKE])
		push_drop(chat, request);
	else if (push_check(chat, request))
		push_put(chat, request);
}
