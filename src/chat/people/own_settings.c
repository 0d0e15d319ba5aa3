/* The settings of one's account, which mean something to one's clients alone: the server keeps them, and tells one's
 * other connections of a change. */
#include "chat/answer.h"
#include "chat/errand.h"
#include "chat/talk/listing.h"
#include "chat/need.h"
#include "chat/people/pairs.h"
#include "chat/state.h"

#include <assert.h>

static void own_settings_add(struct reply *reply, const char *key, const char *value)
{
	struct text_args args = {.name = key, .text = value};
	struct listing_row *row = listing_add(reply, TEXT_answer_settings_row, &args);
	listing_add_text(reply, row, reply_string(reply, key), value);
}

/* --- what there is --- */

static void take_setting(struct store_query *query, const struct store_command *row)
{
	assert(row->op == STORE_PUT_SETTING);
	own_settings_add(((struct question *)query)->context, row->setting.key, row->setting.value);
}

/* A connection that has read them is told of later changes. */
static void own_settings_list(struct chat *chat, struct request *request)
{
	struct reply *reply = listing_new(request, "settings", TEXT_answer_settings);
	struct store_query query = {
	    .question = STORE_LIST_SETTINGS, .person = request->peer->user->id, .visit = take_setting};
	reply->listing->is_object = true;
	request->peer->follows_settings = true;
	question_ask(chat, request, &query, question_reply, reply);
}

/* --- what changes --- */

static void own_settings_add_stored(struct reply *reply, const struct change *change)
{
	reply->listing->is_object = true;
	for (size_t i = 0; i < change->count; i++) {
		assert(batch_command(change, i)->op == STORE_PUT_SETTING);
		const struct store_setting *setting = &batch_command(change, i)->setting;
		own_settings_add(reply, setting->key, setting->value);
	}
}

static void own_settings_then_set(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	if (change->result == STORE_LIMIT) {
		answer_limit(chat, request, TEXT_error_too_many_settings, LIMIT_SETTINGS);
		return;
	}
	if (change->result != STORE_OK) {
		answer_error(chat, request, ERROR_AUTH_REQUIRED, TEXT_error_need_account, NULL);
		return;
	}
	struct reply *reply = listing_new(request, "settings", TEXT_answer_settings);
	own_settings_add_stored(reply, change);
	batch_reply(chat, request->peer, reply);
	if (!request->peer->user)
		return;
	for (const struct peer *peer = request->peer->user->peers; peer; peer = peer->next) {
		if (!peer->follows_settings || peer == request->peer)
			continue;
		struct reply *told = tell_peer(chat, peer, REPLY_LISTING);
		listing_open(told, "settings", TEXT_event_settings);
		own_settings_add_stored(told, change);
	}
}

/* How many pairs the request has; -1: it was answered. */
static int64_t own_settings_count(struct chat *chat, const struct request *request)
{
	struct pairs pairs = {.at = request->text[REQUEST_TEXT_SET]};
	int64_t count = 0;
	for (; pairs_next(&pairs); count++) {
		if (pairs.key_bytes <= LIMIT_SETTING_KEY_BYTES && pairs.value_bytes <= LIMIT_SETTING_BYTES)
			continue;
		answer_bad_field(chat, request, "set");
		return -1;
	}
	if (count && count <= LIMIT_SETTINGS)
		return count;
	if (count)
		answer_limit(chat, request, TEXT_error_too_many_settings, LIMIT_SETTINGS);
	else
		answer_bad_field(chat, request, "set");
	return -1;
}

static void own_settings_set(struct chat *chat, struct request *request)
{
	struct user *user = request->peer->user;
	struct pairs pairs = {.at = request->text[REQUEST_TEXT_SET]};
	struct change *change = batch_change(chat, request, own_settings_then_set);
	while (pairs_next(&pairs)) {
		batch_add(chat, change, STORE_PUT_SETTING)->setting =
		    (struct store_setting){.person = user->id,
					   .key = pairs_key(&pairs, batch_arena(chat)),
					   .value = pairs_value(&pairs, batch_arena(chat)),
					   .most = LIMIT_SETTINGS,
					   .bytes_most = LIMIT_SETTINGS_BYTES};
	}
	user->changing = batch_mark_now(chat);
}

void do_settings(struct chat *chat, struct request *request)
{
	const struct user *user = need_account(chat, request);
	if (!user || need_wait_for_user(chat, request, user))
		return;
	if (!request->text[REQUEST_TEXT_SET])
		own_settings_list(chat, request);
	else if (own_settings_count(chat, request) > 0)
		own_settings_set(chat, request);
}
