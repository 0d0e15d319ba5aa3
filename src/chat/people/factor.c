#include "chat/people/factor.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/totp.h"
#include "chat/people/account.h"
#include "chat/answer.h"
#include "chat/people/enter.h"
#include "chat/errand.h"
#include "chat/need.h"
#include "chat/state.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define RECOVERY_CODES      10
#define RECOVERY_CHARS      16 /* of base32: 80 bits, which nobody guesses */
#define RECOVERY_TEXT_BYTES (RECOVERY_CHARS + 4)
#define GROUP_CHARS         4

static_assert(TOTP_SECRET_CHARS == STORE_FACTOR_CHARS, "the store keeps secrets in base32");

/* --- codes --- */

/* The hash by which a recovery code is known, however it is spelled. */
static void hash_recovery(const char *text, unsigned char hash[STORE_RECOVERY_BYTES])
{
	char plain[LIMIT_LABEL_BYTES + 1];
	size_t length = 0;
	for (; *text && length + 1 < sizeof plain; text++)
		if (*text != '-' && *text != ' ')
			plain[length++] = (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
	crypto_generichash(hash, STORE_RECOVERY_BYTES, (const unsigned char *)plain, length, NULL, 0);
	sodium_memzero(plain, sizeof plain);
}

/* "abcd-efgh-ijkl-mnop" */
static void draw_recovery(char text[RECOVERY_TEXT_BYTES])
{
	unsigned char bytes[TOTP_SECRET_BYTES];
	char letters[TOTP_SECRET_CHARS + 1];
	size_t length = 0;
	randombytes_buf(bytes, sizeof bytes);
	totp_write_secret(bytes, letters);
	for (size_t i = 0; i < RECOVERY_CHARS; i++) {
		if (i && i % GROUP_CHARS == 0)
			text[length++] = '-';
		text[length++] = (char)(letters[i] >= 'A' ? letters[i] - 'A' + 'a' : letters[i]);
	}
	text[length] = '\0';
	sodium_memzero(bytes, sizeof bytes);
	sodium_memzero(letters, sizeof letters);
}

/* The command that takes the code that the request shows; false where it is wrong. */
static bool factor_read_code(const struct request *request, const struct store_factor *factor,
			     struct store_command *shown)
{
	const char *code = request->text[REQUEST_TEXT_CODE];
	unsigned char secret[TOTP_SECRET_BYTES];
	*shown = (struct store_command){.op = STORE_USE_RECOVERY, .factor.person = factor->person};
	if (!totp_is_code(code)) {
		hash_recovery(code, shown->factor.used);
		return true;
	}
	shown->op = STORE_USE_FACTOR;
	if (totp_read_secret(factor->secret, secret))
		shown->factor.step = totp_find(secret, code, clock_wall_ms(), factor->step);
	sodium_memzero(secret, sizeof secret);
	return shown->factor.step != 0;
}

bool factor_is_shown(const struct store_command *command)
{
	return command->op == STORE_USE_FACTOR || command->op == STORE_USE_RECOVERY;
}

/* --- coming in --- */

static void factor_then_found(struct chat *chat, struct question *question)
{
	struct request *request = question->request;
	struct user *user = users_find_id(&chat->users, question->query.person);
	struct store_command shown;
	if (question->query.result == STORE_FAILED) {
		answer_read_failed(chat, request);
	} else if (!user || question->query.result == STORE_NONE) {
		/* It was turned off a moment ago. */
		answer_error(chat, request, ERROR_BUSY, TEXT_NONE, NULL);
	} else if (!factor_read_code(request, &question->query.factor, &shown)) {
		account_failed_code(chat, request);
	} else {
		account_proved(chat, request);
		enter_user(chat, request, user, NULL, &shown);
	}
	sodium_memzero(&question->query.factor, sizeof question->query.factor);
}

/* A right password alone is not counted as a success: somebody who knows it must not guess codes any faster. */
void factor_enter(struct chat *chat, struct request *request, struct user *user)
{
	struct store_query query = {.question = STORE_FIND_FACTOR, .person = user->id};
	struct text_args args = {.name = user->name, .field = "code"};
	if (request->text[REQUEST_TEXT_CODE])
		question_ask(chat, request, &query, factor_then_found, NULL);
	else
		answer_error(chat, request, ERROR_AUTH_REQUIRED, TEXT_error_need_code, &args);
}

void factor_remind(struct chat *chat, const struct peer *peer)
{
	if (peer->user->is_named_admin && !peer->user->is_admin)
		reply_set_text(tell_peer(chat, peer, REPLY_NOTICE), TEXT_notice_admin_needs_totp, NULL);
}

/* --- turning it on: a secret is offered; a code that fits it, and the password, confirm that the app has it --- */

/* The address that apps read from a QR code. */
static const char *factor_uri(struct reply *reply, const char *name, const char *secret)
{
	struct buffer uri = BUFFER_EMPTY;
	buffer_add_string(&uri, "otpauth://totp/" CHAT_SERVER_NAME ":");
	for (; *name; name++) {
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", *name))
			buffer_add_char(&uri, *name);
		else
			buffer_printf(&uri, "%%%02X", (unsigned char)*name);
	}
	buffer_printf(&uri, "?secret=%s&issuer=" CHAT_SERVER_NAME, secret);
	const char *kept = reply_string(reply, buffer_string(&uri));
	buffer_release(&uri);
	return kept;
}

static void factor_offer(struct chat *chat, struct request *request, const char *hash)
{
	unsigned char secret[TOTP_SECRET_BYTES];
	char text[TOTP_SECRET_CHARS + 1];
	struct reply *reply = answer_new(request, REPLY_TOTP);
	(void)hash;
	randombytes_buf(secret, sizeof secret);
	totp_write_secret(secret, text);
	reply->totp.secret = reply_string(reply, text);
	reply->totp.uri = factor_uri(reply, request->peer->user->name, text);
	batch_reply(chat, request->peer, reply);
	sodium_memzero(secret, sizeof secret);
	sodium_memzero(text, sizeof text);
}

/* The answer to a change of the factor. Lies in the arena. */
struct turning {
	char codes[RECOVERY_CODES][RECOVERY_TEXT_BYTES];
	unsigned char hashes[RECOVERY_CODES][STORE_RECOVERY_BYTES];
};

static void factor_then_on(struct chat *chat, struct change *change)
{
	struct turning *turning = change->context;
	struct reply *reply = answer_new(change->request, REPLY_TOTP);
	struct reply_totp *totp = &reply->totp;
	totp->codes = arena_zero(&reply->arena, RECOVERY_CODES * sizeof *totp->codes);
	for (; totp->codes_count < RECOVERY_CODES; totp->codes_count++)
		totp->codes[totp->codes_count] = reply_string(reply, turning->codes[totp->codes_count]);
	sodium_memzero(turning, sizeof *turning);
	batch_reply(chat, change->request->peer, reply);
}

static void factor_turn_on(struct chat *chat, struct request *request, const char *hash)
{
	unsigned char secret[TOTP_SECRET_BYTES];
	struct user *user = request->peer->user;
	(void)hash;
	if (!totp_read_secret(request->text[REQUEST_TEXT_SECRET], secret)) {
		answer_bad_field(chat, request, "secret");
		return;
	}
	int64_t step = totp_find(secret, request->text[REQUEST_TEXT_CODE], clock_wall_ms(), 0);
	struct text_args args = {.field = "code"};
	if (!step) {
		answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_error_wrong_code, &args);
		return;
	}
	struct change *change = batch_change(chat, request, factor_then_on);
	struct turning *turning = change->context = arena_zero(batch_arena(chat), sizeof *turning);
	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		draw_recovery(turning->codes[i]);
		hash_recovery(turning->codes[i], turning->hashes[i]);
	}
	struct store_factor *factor = &batch_add(chat, change, STORE_PUT_FACTOR)->factor;
	*factor =
	    (struct store_factor){.person = user->id,
				  .step = step,
				  .recovery = (const unsigned char(*)[STORE_RECOVERY_BYTES])turning->hashes,
				  .recovery_count = RECOVERY_CODES};
	totp_write_secret(secret, factor->secret);
	user->changing = batch_mark_now(chat);
	sodium_memzero(secret, sizeof secret);
}

/* --- turning it off --- */

static void factor_then_off(struct chat *chat, struct change *change)
{
	if (change->result == STORE_OK)
		batch_reply(chat, change->request->peer, answer_new(change->request, REPLY_TOTP));
	else
		account_failed_code(chat, change->request);
}

static void factor_turn_off(struct chat *chat, struct question *question)
{
	struct request *request = question->request;
	struct user *user = request->peer->user;
	struct store_command shown;
	if (question->query.result == STORE_FAILED || !user) {
		answer_read_failed(chat, request);
	} else if (question->query.result == STORE_NONE ||
		   !factor_read_code(request, &question->query.factor, &shown)) {
		account_failed_code(chat, request);
	} else {
		account_proved(chat, request);
		struct change *change = batch_change(chat, request, factor_then_off);
		batch_add(chat, change, shown.op)->factor = shown.factor;
		batch_add(chat, change, STORE_DROP_FACTOR)->factor.person = user->id;
		user->changing = batch_mark_now(chat);
	}
	sodium_memzero(&question->query.factor, sizeof question->query.factor);
}

/* --- all of it --- */

static bool factor_has_text(struct chat *chat, const struct request *request, enum request_text field)
{
	if (request->text[field])
		return true;
	answer_bad_field(chat, request, request_text_name(field));
	return false;
}

void do_totp(struct chat *chat, struct request *request)
{
	const struct user *user = need_account(chat, request);
	bool is_on = request->number[REQUEST_NUMBER_ON], confirms = request->text[REQUEST_TEXT_SECRET];
	if (!user || !account_check_line(chat, request) || need_wait_for_user(chat, request, user))
		return;
	if (is_on == user->has_factor) {
		answer_error(chat, request, ERROR_FORBIDDEN, is_on ? TEXT_error_has_totp : TEXT_error_no_totp,
			     NULL);
		return;
	}
	if (!factor_has_text(chat, request, is_on ? REQUEST_TEXT_PASSWORD : REQUEST_TEXT_CODE) ||
	    (confirms && is_on && !factor_has_text(chat, request, REQUEST_TEXT_CODE)) ||
	    account_must_wait(chat, request))
		return;
	struct store_query query = {.question = STORE_FIND_FACTOR, .person = user->id};
	if (is_on)
		account_confirm(chat, request, request->text[REQUEST_TEXT_PASSWORD], NULL,
				confirms ? factor_turn_on : factor_offer);
	else
		question_ask(chat, request, &query, factor_turn_off, NULL);
}
