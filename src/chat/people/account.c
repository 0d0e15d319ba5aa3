/* Accounts: passwords, and what has to be proved.
 *
 * A hash takes long and much memory, so it is made by a thread of its own; the request waits in the proof:
 *
 *   account_prove(), do_register(), account_confirm() --> hasher --> settle_...() */
#include "chat/people/account.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "chat/answer.h"
#include "chat/apply.h"
#include "chat/people/enter.h"
#include "chat/errand.h"
#include "chat/people/factor.h"
#include "chat/people/guess.h"
#include "chat/people/link.h"
#include "chat/need.h"
#include "chat/node.h"
#include "chat/state.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Passwords are checked against this where there is no such account, so that the check takes just as long. The
 * hasher's alone. */
static char nobodys_hash[crypto_pwhash_STRBYTES];

struct proof {
	struct errand errand; /* first */
	char hash[crypto_pwhash_STRBYTES];
	char made[crypto_pwhash_STRBYTES]; /* the new password's, where one is to be made */
	const char *check, *make;          /* passwords, in the request */
	uint32_t endings;                  /* of the account when it began */
	bool is_right;
	bool is_outside,
	    is_unreachable; /* the organisation says whether `check` is right; it cannot be asked */
	char *name;         /* of whom it is asked, folded; owned */
	void (*settle)(struct chat *chat, struct request *request, struct proof *proof);
	account_then *then;   /* of account_confirm() */
	account_shown *shown; /* of account_show() */
};

static bool make_hash(const struct chat *chat, const char *password, char hash[crypto_pwhash_STRBYTES])
{
	return crypto_pwhash_str_alg(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
				     (size_t)chat->config.limits.hash_memory_kib * 1024,
				     crypto_pwhash_ALG_ARGON2ID13) == 0;
}

struct preparation {
	struct job job; /* first */
	const struct chat *chat;
};

static void account_hash(struct job *job, struct store_reader *reader)
{
	const struct preparation *preparation = (const struct preparation *)job;
	(void)reader;
	if (!*nobodys_hash && !make_hash(preparation->chat, "nobody's password", nobodys_hash))
		LOG_ERROR("account.hash", "error=\"no memory for a password hash; see hash_memory_kib\"");
	free(job);
}

void account_prepare(struct chat *chat)
{
	struct preparation *preparation = mem_zero(sizeof *preparation);
	preparation->job.run = account_hash;
	preparation->chat = chat;
	if (!jobs_post(chat->hashers, &preparation->job))
		free(preparation);
}

static void run_proof(struct errand *errand, struct store_reader *reader)
{
	struct proof *proof = (struct proof *)errand;
	(void)reader;
	proof->is_right = true;
	if (proof->is_outside) {
		const struct chat_config *config = &errand->chat->config;
		int answer =
		    config->check_password(config->check_password_context, proof->name, proof->check);
		proof->is_right = answer > 0;
		proof->is_unreachable = answer < 0;
		return;
	}
	const char *hash = *proof->hash ? proof->hash : nobodys_hash;
	if (proof->check)
		proof->is_right = crypto_pwhash_str_verify(hash, proof->check, strlen(proof->check)) == 0;
	if (proof->is_right && proof->make)
		proof->is_right = make_hash(errand->chat, proof->make, proof->made);
}

static void then_proof_ended(struct chat *chat, struct errand *errand)
{
	struct proof *proof = (struct proof *)errand;
	struct request *request = errand->request;
	errand->request = NULL;
	request->is_kept = false;
	if (proof->is_unreachable)
		answer_error(chat, request, ERROR_BUSY, TEXT_error_no_organisation, NULL);
	else
		proof->settle(chat, request, proof);
	free(proof->name);
	if (!request->is_kept)
		request_free(request);
	sodium_memzero(proof->hash, sizeof proof->hash);
	sodium_memzero(proof->made, sizeof proof->made);
}

/* The name that the request says, folded; "" where it says none. The caller frees it. */
static char *folded_name(const struct request *request)
{
	const char *name = request->text[REQUEST_TEXT_NAME];
	if (!name && request->peer->user)
		name = request->peer->user->name;
	char *folded = name ? utf8_fold(name) : NULL;
	return folded ? folded : mem_string("");
}

static uint64_t lane_of(const struct chat *chat, const struct request *request)
{
	char *folded = folded_name(request);
	uint64_t lane = guesses_lane(chat->guesses, folded, request->peer->address);
	free(folded);
	return lane;
}

static void start_proof(struct chat *chat, struct request *request, struct proof *proof)
{
	proof->errand.job.lane = lane_of(chat, request);
	proof->errand.work = run_proof;
	proof->errand.then = then_proof_ended;
	if (errand_send(chat, chat->hashers, &proof->errand, request))
		return;
	free(proof->name);
	free(proof);
	answer_error(chat, request, ERROR_BUSY, TEXT_NONE, NULL);
}

bool account_is_line_fit(const struct chat *chat, const struct peer *peer)
{
	return peer->is_secure || chat->config.allow_insecure_passwords;
}

bool account_check_line(struct chat *chat, const struct request *request)
{
	if (account_is_line_fit(chat, request->peer))
		return true;
	answer_error(chat, request, ERROR_INSECURE, TEXT_NONE, NULL);
	return false;
}

static bool check_password(struct chat *chat, const struct request *request, const char *password,
			   const char *field)
{
	int64_t least = chat->config.limits.password_bytes_min;
	struct text_args args = {.text = field, .number = least};
	if (password && strlen(password) >= (size_t)least)
		return true;
	answer_error(chat, request, ERROR_BAD_FIELD, TEXT_error_short_password, &args);
	return false;
}

/* --- hello with a password or a token --- */

static bool is_slowed(struct chat *chat, const struct request *request, const char *folded)
{
	int64_t wait = guesses_wait(chat->guesses, folded, request->peer->address, clock_mono_ms());
	struct text_args args = {.number = wait};
	if (wait)
		answer_error(chat, request, ERROR_RATE_LIMITED, TEXT_error_guess_wait, &args);
	return wait != 0;
}

/* The address stands first, so that no name can look like it: fail2ban reads this line (doc/operations.md). */
static void log_failure(const struct request *request, const char *by)
{
	char *folded = folded_name(request);
	LOG_WARN("user.auth_failed", "ip=%s by=%s name=%s", request->peer->address, by,
		 utf8_is_user_name(folded) ? folded : "?");
	free(folded);
}

static void failed_guess(struct chat *chat, const struct request *request, const char *folded)
{
	guesses_failed(chat->guesses, folded, request->peer->address, clock_mono_ms());
	log_failure(request, "password");
	answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_NONE, NULL);
}

/* This is not counted as a guess, because a token is too long to be guessed: it slows nobody down. */
static void failed_token(struct chat *chat, const struct request *request)
{
	if (guesses_is_news(chat->guesses, request->peer->address, clock_mono_ms()))
		log_failure(request, "token");
	answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_NONE, NULL);
}

static bool must_wait_to_register(struct chat *chat, const struct request *request)
{
	int64_t wait = guesses_wait_to_register(chat->guesses, request->peer->address, clock_mono_ms());
	struct text_args args = {.number = wait};
	if (wait)
		answer_error(chat, request, ERROR_RATE_LIMITED, TEXT_error_register_wait, &args);
	return wait != 0;
}

static void then_token_found(struct chat *chat, struct question *question)
{
	struct request *request = question->request;
	const char *name = request->text[REQUEST_TEXT_NAME];
	struct user *user =
	    name ? users_find(&chat->users, name) : users_find_id(&chat->users, question->query.person);
	bool is_theirs = question->query.result == STORE_OK && user && user->id == question->query.person;
	if (is_theirs && batch_is_under_way(chat, user->changing)) {
		hold_request(chat, request);
	} else if (is_theirs) {
		enter_user(chat, request, user, question->query.hash, NULL);
	} else if (question->query.result == STORE_FAILED) {
		answer_read_failed(chat, request);
	} else if (!enter_resume(chat, request, user)) {
		failed_token(chat, request);
	}
}

static void ask_token(struct chat *chat, struct request *request)
{
	const char *token = request->text[REQUEST_TEXT_TOKEN];
	struct store_query query = {.question = STORE_FIND_TOKEN};
	token_hash(token, query.hash);
	question_ask(chat, request, &query, then_token_found, NULL);
}

void account_proved(struct chat *chat, const struct request *request)
{
	char *folded = folded_name(request);
	guesses_succeeded(chat->guesses, folded, request->peer->address, clock_mono_ms());
	free(folded);
}

void account_failed_code(struct chat *chat, const struct request *request)
{
	/* Before it is counted: a request that is handled once more is one guess. */
	if (node_asks_before(chat, request, ERROR_AUTH_FAILED))
		return;
	char *folded = folded_name(request);
	struct text_args args = {.field = "code"};
	guesses_failed(chat->guesses, folded, request->peer->address, clock_mono_ms());
	log_failure(request, "code");
	answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_error_wrong_code, &args);
	free(folded);
}

bool account_must_wait(struct chat *chat, const struct request *request)
{
	char *folded = folded_name(request);
	bool must_wait = is_slowed(chat, request, folded);
	free(folded);
	return must_wait;
}

static void settle_hello(struct chat *chat, struct request *request, struct proof *proof)
{
	const char *name = request->text[REQUEST_TEXT_NAME];
	apply_watch(chat);
	struct user *user = users_find(&chat->users, name);
	bool is_account = user && user_is_account(user);
	if (proof->is_right && is_account && user->account->endings != proof->endings) {
		/* The password may be another one by now. */
		account_prove(chat, request);
		return;
	}
	if (!proof->is_right || (!is_account && !proof->is_outside)) {
		char *folded = utf8_fold(name);
		failed_guess(chat, request, folded);
		free(folded);
	} else if (!is_account) {
		account_proved(chat, request);
		enter_first(chat, request, name);
	} else if (user->has_factor) {
		factor_enter(chat, request, user);
	} else {
		struct store_command shown = {.op = STORE_NEED_PASSWORD,
					      .person = {.id = user->id, .password = proof->hash}};
		account_proved(chat, request);
		enter_user(chat, request, user, NULL, proof->is_outside ? NULL : &shown);
	}
}

/* Without a hash, the one that nothing fits is used. */
static void check_against(struct chat *chat, struct request *request, const struct store_query *query,
			  struct proof *proof)
{
	if (query && query->result == STORE_FAILED) {
		free(proof);
		answer_read_failed(chat, request);
		return;
	}
	bool is_found = query && query->result == STORE_OK;
	bool is_own = is_found && strcmp(query->text, ACCOUNT_NO_PASSWORD) != 0;
	if (is_found && !is_own && proof->make) {
		free(proof);
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_error_password_elsewhere, NULL);
		return;
	}
	if (is_own)
		memcpy(proof->hash, query->text, sizeof proof->hash);
	proof->is_outside = !is_own && chat->config.check_password;
	proof->name = proof->is_outside ? folded_name(request) : NULL;
	start_proof(chat, request, proof);
}

static void then_hash_found(struct chat *chat, struct question *question)
{
	check_against(chat, question->request, &question->query, question->context);
	sodium_memzero(question->query.text, sizeof question->query.text);
}

static void prove_password(struct chat *chat, struct request *request, const struct user *user,
			   struct proof *proof)
{
	struct store_query query = {.question = STORE_FIND_PASSWORD, .person = user ? user->id : 0};
	if (user && user_is_account(user))
		question_ask(chat, request, &query, then_hash_found, proof);
	else
		check_against(chat, request, NULL, proof);
}

/* By the password of the name that the request says. */
static void prove_by_password(struct chat *chat, struct request *request, struct proof *proof)
{
	const struct user *user = users_find(&chat->users, request->text[REQUEST_TEXT_NAME]);
	bool is_account = user && user_is_account(user);
	/* Another node may just have made it. */
	if (!account_check_line(chat, request) || account_must_wait(chat, request) ||
	    (!is_account && node_asks_first(chat, request))) {
		free(proof);
		return;
	}
	proof->check = request->text[REQUEST_TEXT_PASSWORD];
	proof->endings = is_account ? user->account->endings : 0;
	prove_password(chat, request, user, proof);
}

void account_prove(struct chat *chat, struct request *request)
{
	if (!account_check_line(chat, request))
		return;
	if (request->text[REQUEST_TEXT_TOKEN]) {
		ask_token(chat, request);
		return;
	}
	struct proof *proof = mem_zero(sizeof *proof);
	proof->settle = settle_hello;
	prove_by_password(chat, request, proof);
}

/* --- whose password they know --- */

static void settle_shown(struct chat *chat, struct request *request, struct proof *proof)
{
	apply_watch(chat);
	struct user *user = users_find(&chat->users, request->text[REQUEST_TEXT_NAME]);
	if (!proof->is_right || !user || !user_is_account(user)) {
		char *folded = folded_name(request);
		failed_guess(chat, request, folded);
		free(folded);
	} else if (user->account->endings != proof->endings) {
		account_show(chat, request, proof->shown);
	} else {
		/* Somebody who knows it must not guess codes any faster. */
		if (!user->has_factor)
			account_proved(chat, request);
		proof->shown(chat, request, user);
	}
}

void account_show(struct chat *chat, struct request *request, account_shown *shown)
{
	/* The account may just have been made or named by brusiod itself. */
	apply_watch(chat);
	struct proof *proof = mem_zero(sizeof *proof);
	proof->settle = settle_shown;
	proof->shown = shown;
	prove_by_password(chat, request, proof);
}

/* --- register --- */

/* Answers and returns NULL where this user cannot become an account. */
static struct user *check_register(struct chat *chat, const struct request *request)
{
	struct user *user = need_user(chat, request);
	if (!user)
		return NULL;
	if (user_is_account(user))
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_error_has_account, NULL);
	else
		return user;
	return NULL;
}

static void then_account_stored(struct chat *chat, struct change *change)
{
	const struct user *user = change->request->peer->user;
	struct text_args args = {.name = user->name};
	if (change->result != STORE_OK) {
		answer_error(chat, change->request, ERROR_NAME_TAKEN, TEXT_NONE, &args);
		return;
	}
	guesses_know(chat->guesses, user_folded(user), change->request->peer->address, clock_mono_ms());
	answer_notice(chat, change->request, TEXT_notice_registered, &args);
	chat_begin_wide(chat);
	for (const struct member *member = user->memberships; member; member = member->next)
		tell_room_of(chat, member->room, user,
			     &(struct entry){.kind = ENTRY_ACCOUNT, .author = change->request->peer->author});
	chat_end_wide(chat);
	LOG_INFO("user.register", "name=%s person=%lld", user->name, (long long)user->id);
}

/* A connection by the simple form has no session, and would leave nothing behind: the account stays. */
static void settle_register(struct chat *chat, struct request *request, struct proof *proof)
{
	struct user *user = check_register(chat, request);
	if (!user)
		return;
	struct change *change = batch_change(chat, request, then_account_stored);
	batch_add(chat, change, STORE_MAKE_ACCOUNT)->person =
	    (struct store_person){.id = user->id, .password = arena_string(batch_arena(chat), proof->made)};
	user->changing = batch_mark_now(chat);
}

static void register_account(struct chat *chat, struct request *request)
{
	const char *password = request->text[REQUEST_TEXT_PASSWORD];
	if (!check_register(chat, request) || !account_check_line(chat, request) ||
	    !check_password(chat, request, password, "password") || must_wait_to_register(chat, request))
		return;
	struct proof *proof = mem_zero(sizeof *proof);
	proof->make = password;
	proof->settle = settle_register;
	start_proof(chat, request, proof);
}

void do_register(struct chat *chat, struct request *request)
{
	if (chat->config.allow_registration)
		register_account(chat, request);
	else if (check_register(chat, request))
		link_ask_registration(chat, request, register_account);
}

/* --- passwd --- */

void account_add_end(struct chat *chat, struct change *change, const struct user *user, bool keeps_own)
{
	const struct peer *peer = change->request->peer;
	struct store_session *kept = &batch_add(chat, change, STORE_DROP_SESSIONS)->session;
	kept->person = user->id;
	if (keeps_own && peer->user == user && peer->session)
		memcpy(kept->hash, peer->session->hash, sizeof kept->hash);
	batch_add(chat, change, STORE_DROP_TOKENS)->token.person = user->id;
}

void account_end_again(struct chat *chat, struct user *user, enum store_op what)
{
	struct change *change = batch_change(chat, NULL, NULL);
	struct store_command *again = batch_add(chat, change, what);
	if (what == STORE_DROP_TOKENS)
		again->token.person = user->id;
	else
		again->session.person = user->id;
	user->changing = batch_mark_now(chat);
}

/* The session that asks goes on with its device, under whose name its sends are known; but its secret opens nothing
 * any more. */
static void add_renewal(struct chat *chat, struct change *change)
{
	const struct peer *peer = change->request->peer;
	if (!peer->session)
		return;
	struct store_session *renewed = &batch_add(chat, change, STORE_PUT_SESSION)->session;
	*renewed = (struct store_session){.person = peer->user->id,
					  .device = peer->session->device,
					  .client = "",
					  .address = peer->address,
					  .since_ms = clock_wall_ms()};
	randombytes_buf(renewed->hash, sizeof renewed->hash);
}

static void settle_confirmed(struct chat *chat, struct request *request, struct proof *proof)
{
	struct user *user = request->peer->user;
	if (!user || !user_is_account(user)) {
		answer_error(chat, request, ERROR_NEED_HELLO, TEXT_NONE, NULL);
	} else if (!proof->is_right) {
		failed_guess(chat, request, user_folded(user));
	} else {
		account_proved(chat, request);
		proof->then(chat, request, proof->made);
	}
}

void account_confirm(struct chat *chat, struct request *request, const char *password, const char *made,
		     account_then *then)
{
	struct proof *proof = mem_zero(sizeof *proof);
	proof->check = password;
	proof->make = made;
	proof->settle = settle_confirmed;
	proof->then = then;
	prove_password(chat, request, request->peer->user, proof);
}

static void settle_made(struct chat *chat, struct request *request, struct proof *proof)
{
	if (proof->is_right)
		proof->then(chat, request, proof->made);
	else
		answer_error(chat, request, ERROR_BUSY, TEXT_NONE, NULL);
}

bool account_make(struct chat *chat, struct request *request, const char *password, account_then *then)
{
	if (!account_check_line(chat, request) || !check_password(chat, request, password, "password"))
		return false;
	struct proof *proof = mem_zero(sizeof *proof);
	proof->make = password;
	proof->settle = settle_made;
	proof->then = then;
	start_proof(chat, request, proof);
	return true;
}

/* Anyone who knew the old password may hold a session, a token or a passkey: all end. */
static void account_change_password(struct chat *chat, struct request *request, const char *hash)
{
	struct user *user = request->peer->user;
	struct change *change = batch_change(chat, request, NULL);
	batch_add(chat, change, STORE_SET_PASSWORD)->person =
	    (struct store_person){.id = user->id, .password = arena_string(batch_arena(chat), hash)};
	account_add_end(chat, change, change->request->peer->user, true);
	batch_add(chat, change, STORE_DROP_PASSKEY)->passkey.person = user->id;
	add_renewal(chat, change);
	user->changing = batch_mark_now(chat);
}

void do_passwd(struct chat *chat, struct request *request)
{
	if (!need_account(chat, request) || !account_check_line(chat, request) ||
	    !check_password(chat, request, request->text[REQUEST_TEXT_NEW], "new") ||
	    account_must_wait(chat, request))
		return;
	account_confirm(chat, request, request->text[REQUEST_TEXT_OLD], request->text[REQUEST_TEXT_NEW],
			account_change_password);
}

bool account_check_open(struct chat *chat, const struct request *request, const struct user *user)
{
	if (user->is_disabled)
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_error_account_disabled, NULL);
	return !user->is_disabled;
}

void account_set_disabled(struct chat *chat, struct user *user, bool is_disabled)
{
	/* Nobody acts for them either. */
	if (is_disabled && !user->is_disabled)
		users_end_opers(&chat->users, user);
	user->is_disabled = is_disabled;
	while (is_disabled && user->peers) {
		/* Nothing is noted of the session, which ends as well. */
		user->peers->session = NULL;
		enter_expel_peer(chat, user->peers, TEXT_notice_account_disabled);
	}
}

void account_end_session(struct chat *chat, struct user *user, struct session *session,
			 const struct change *change)
{
	const struct peer *asking = change && change->request ? change->request->peer : NULL;
	for (struct peer *peer = user->peers, *next; peer; peer = next) {
		next = peer->next;
		if (peer->session != session || peer == asking)
			continue;
		/* Nothing is noted of the session, which is gone. */
		peer->session = NULL;
		enter_expel_peer(chat, peer, TEXT_notice_session_ended);
	}
	users_drop_session(&chat->users, user, session);
}
