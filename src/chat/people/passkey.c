#include "chat/people/passkey.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/webauthn.h"
#include "chat/people/account.h"
#include "chat/answer.h"
#include "chat/apply.h"
#include "chat/people/enter.h"
#include "chat/errand.h"
#include "chat/people/guess.h"
#include "chat/hold.h"
#include "chat/need.h"
#include "chat/state.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(STORE_PASSKEY_BYTES == WEBAUTHN_HASH_BYTES, "the store knows passkeys by their hash");

static struct webauthn_claim passkey_claim(const struct request *request)
{
	return (struct webauthn_claim){.credential = request->text[REQUEST_TEXT_CREDENTIAL],
				       .key = request->text[REQUEST_TEXT_KEY],
				       .client_data = request->text[REQUEST_TEXT_CLIENT_DATA],
				       .auth_data = request->text[REQUEST_TEXT_AUTH_DATA],
				       .signature = request->text[REQUEST_TEXT_SIGNATURE]};
}

/* False where one of the fields is absent: answered. */
static bool passkey_has(struct chat *chat, const struct request *request, const enum request_text *fields,
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (request->text[fields[i]])
			continue;
		answer_bad_field(chat, request, request_text_name(fields[i]));
		return false;
	}
	return true;
}

/* --- coming in --- */

/* The passkey that a hello shows, as the store has it. */
struct shown {
	struct store_passkey stored;
	char *host, *key;
};

static void take_shown(struct store_query *query, const struct store_command *row)
{
	assert(row->op == STORE_PUT_PASSKEY);
	struct shown *shown = ((struct question *)query)->context;
	shown->stored = row->passkey;
	shown->host = mem_string(row->passkey.host);
	shown->key = mem_string(row->passkey.key);
}

void passkey_refuse(struct chat *chat, const struct request *request)
{
	if (guesses_is_news(chat->guesses, request->peer->address, clock_mono_ms()))
		LOG_WARN("user.auth_failed", "ip=%s by=passkey name=?", request->peer->address);
	answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_error_passkey, NULL);
}

static void passkey_then_found(struct chat *chat, struct question *question)
{
	struct request *request = question->request;
	struct shown *shown = question->context;
	struct webauthn_claim claim = passkey_claim(request);
	struct webauthn_fact fact;
	int64_t now = clock_wall_ms();
	struct user *user = users_find_id(&chat->users, shown->stored.person);
	bool is_right = shown->key && user && user_is_account(user) &&
			webauthn_is_shown(&claim, shown->key, shown->host, now, &fact);
	if (question->query.result == STORE_FAILED) {
		answer_read_failed(chat, request);
	} else if (!is_right) {
		passkey_refuse(chat, request);
	} else if (batch_is_under_way(chat, user->changing)) {
		hold_request(chat, request);
	} else {
		struct store_command use = {.op = STORE_USE_PASSKEY,
					    .passkey = {.person = user->id,
							.counter = fact.counter,
							.challenge_ms = fact.challenge_ms,
							.used_ms = now}};
		memcpy(use.passkey.hash, fact.credential, sizeof use.passkey.hash);
		enter_user(chat, request, user, NULL, &use);
	}
	free(shown->host);
	free(shown->key);
	free(shown);
}

void passkey_enter(struct chat *chat, struct request *request)
{
	static const enum request_text fields[] = {REQUEST_TEXT_CREDENTIAL, REQUEST_TEXT_CLIENT_DATA,
						   REQUEST_TEXT_AUTH_DATA, REQUEST_TEXT_SIGNATURE};
	struct store_query query = {.question = STORE_FIND_PASSKEY, .visit = take_shown};
	if (!account_check_line(chat, request) ||
	    !passkey_has(chat, request, fields, sizeof fields / sizeof *fields))
		return;
	if (chat->config.limits.passkeys_per_account &&
	    webauthn_hash(request->text[REQUEST_TEXT_CREDENTIAL], query.hash))
		question_ask(chat, request, &query, passkey_then_found, mem_zero(sizeof(struct shown)));
	else
		passkey_refuse(chat, request);
}

/* --- making one --- */

static void passkey_then_made(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	struct text_args args = {.text = request->text[REQUEST_TEXT_LABEL]};
	if (change->result == STORE_OK)
		batch_reply(chat, request->peer, answer_new(request, REPLY_PASSKEYS));
	else if (change->result == STORE_LIMIT)
		answer_limit(chat, request, TEXT_error_too_many_passkeys,
			     chat->config.limits.passkeys_per_account);
	else if (change->result == STORE_NONE)
		answer_error(chat, request, ERROR_NEED_HELLO, TEXT_NONE, NULL);
	else
		answer_error(chat, request, ERROR_BAD_FIELD, TEXT_error_passkey_exists, &args);
}

/* The password was right. */
static void passkey_make(struct chat *chat, struct request *request, const char *hash)
{
	struct webauthn_claim claim = passkey_claim(request);
	struct webauthn_fact fact;
	(void)hash;
	if (!webauthn_is_made(&claim, clock_wall_ms(), &fact)) {
		answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_error_passkey, NULL);
		return;
	}
	if (!chat->config.limits.passkeys_per_account) {
		answer_limit(chat, request, TEXT_error_too_many_passkeys, 0); /* to the store 0 is no bound */
		return;
	}
	struct change *change = batch_change(chat, request, passkey_then_made);
	enter_add_presence(chat, change);
	struct store_passkey *stored = &batch_add(chat, change, STORE_PUT_PASSKEY)->passkey;
	*stored = (struct store_passkey){.person = request->peer->user->id,
					 .label = request->text[REQUEST_TEXT_LABEL],
					 .host = arena_string(batch_arena(chat), fact.host),
					 .key = claim.key,
					 .counter = fact.counter,
					 .challenge_ms = fact.challenge_ms,
					 .made_ms = clock_wall_ms(),
					 .most = chat->config.limits.passkeys_per_account};
	memcpy(stored->hash, fact.credential, sizeof stored->hash);
	request->peer->user->changing = batch_mark_now(chat);
}

/* --- ending one --- */

static void passkey_then_dropped(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	struct text_args args = {.text = request->text[REQUEST_TEXT_LABEL]};
	if (change->result == STORE_OK)
		batch_reply(chat, request->peer, answer_new(request, REPLY_PASSKEYS));
	else
		answer_error(chat, request, ERROR_BAD_FIELD, TEXT_error_no_passkey, &args);
}

static void passkey_drop(struct chat *chat, struct request *request)
{
	struct change *change = batch_change(chat, request, passkey_then_dropped);
	batch_add(chat, change, STORE_DROP_PASSKEY)->passkey = (struct store_passkey){
	    .person = request->peer->user->id, .label = request->text[REQUEST_TEXT_LABEL]};
	request->peer->user->changing = batch_mark_now(chat);
}

/* --- what there is, and whether there is room for another one --- */

static void take_passkey(struct store_query *query, const struct store_command *row)
{
	assert(row->op == STORE_PUT_PASSKEY);
	struct reply *reply = ((struct question *)query)->context;
	struct reply_passkeys *passkeys = &reply->passkeys;
	if (passkeys->rows_count == LIMIT_PASSKEYS_SHOWN)
		return;
	passkeys->rows[passkeys->rows_count++] =
	    (struct passkey_row){.label = reply_string(reply, row->passkey.label),
				 .made_ms = row->passkey.made_ms,
				 .used_ms = row->passkey.used_ms};
}

static void passkey_ask(struct chat *chat, struct request *request, question_then *then)
{
	struct reply *reply = answer_new(request, REPLY_PASSKEYS);
	struct store_query query = {
	    .question = STORE_LIST_PASSKEYS, .person = request->peer->user->id, .visit = take_passkey};
	reply->passkeys.is_list = true;
	reply->passkeys.rows = arena_zero(&reply->arena, LIMIT_PASSKEYS_SHOWN * sizeof *reply->passkeys.rows);
	question_ask(chat, request, &query, then, reply);
}

/* The user's number, by which an authenticator knows that a passkey takes another one's place. */
static const char *passkey_user(struct reply *reply, int64_t person)
{
	unsigned char bytes[sizeof person];
	char text[sodium_base64_ENCODED_LEN(sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)((uint64_t)person >> (56 - 8 * i));
	sodium_bin2base64(text, sizeof text, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return reply_string(reply, text);
}

static bool passkey_has_label(const struct reply_passkeys *passkeys, const char *label)
{
	for (size_t i = 0; i < passkeys->rows_count; i++)
		if (!strcmp(passkeys->rows[i].label, label))
			return true;
	return false;
}

/* The authenticator forgets the passkey that it has for this user as soon as it makes another one, so whatever would
 * refuse that one is told before. */
static void passkey_then_offered(struct chat *chat, struct question *question)
{
	struct reply *reply = question->context;
	const struct request *request = question->request;
	struct reply_passkeys *passkeys = &reply->passkeys;
	const struct user *user = request->peer->user;
	int64_t most = chat->config.limits.passkeys_per_account;
	char challenge[WEBAUTHN_CHALLENGE_CHARS + 1];
	struct text_args args = {.text = request->text[REQUEST_TEXT_LABEL]};
	bool is_known = user && question->query.result == STORE_OK;
	if (is_known && !passkey_has_label(passkeys, args.text) && (int64_t)passkeys->rows_count < most) {
		webauthn_challenge(clock_wall_ms(), challenge);
		passkeys->is_list = false;
		passkeys->challenge = reply_string(reply, challenge);
		passkeys->user = passkey_user(reply, user->id);
		batch_reply(chat, request->peer, reply);
		return;
	}
	if (!is_known)
		answer_read_failed(chat, request);
	else if (passkey_has_label(passkeys, args.text))
		answer_error(chat, request, ERROR_BAD_FIELD, TEXT_error_passkey_exists, &args);
	else
		answer_limit(chat, request, TEXT_error_too_many_passkeys, most);
	reply_free(reply);
}

/* The password was right. */
static void passkey_offer(struct chat *chat, struct request *request, const char *hash)
{
	(void)hash;
	passkey_ask(chat, request, passkey_then_offered);
}

void do_passkey(struct chat *chat, struct request *request)
{
	static const enum request_text fields[] = {REQUEST_TEXT_PASSWORD, REQUEST_TEXT_CREDENTIAL,
						   REQUEST_TEXT_KEY, REQUEST_TEXT_CLIENT_DATA,
						   REQUEST_TEXT_AUTH_DATA};
	const char *label = request->text[REQUEST_TEXT_LABEL];
	bool is_made = request->text[REQUEST_TEXT_CREDENTIAL];
	const struct user *user = need_account(chat, request);
	if (!user || need_wait_for_user(chat, request, user))
		return;
	if (!label || !*label)
		passkey_ask(chat, request, question_reply);
	else if (request->number[REQUEST_NUMBER_REVOKE])
		passkey_drop(chat, request);
	else if (account_check_line(chat, request) &&
		 passkey_has(chat, request, fields, is_made ? sizeof fields / sizeof *fields : 1) &&
		 !account_must_wait(chat, request))
		account_confirm(chat, request, request->text[REQUEST_TEXT_PASSWORD], NULL,
				is_made ? passkey_make : passkey_offer);
}
