/* Accounts: passwords, tokens, and what has to be proved.
 *
 * A hash takes long and much memory, so it is made by a thread of its own; the request waits in the proof and
 * comes back to the chat thread as REQUEST_PROVED:
 *
 *   hub_prove(), do_register(), do_passwd() --> hasher --> do_proved() --> the table `settle` */
#include "chat/hub.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "chat/guess.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Against this is checked where there is no such account, so that it takes just as long. */
static char nobodys_hash[crypto_pwhash_STRBYTES];

struct proof {
	struct job job; /* first */
	struct chat *chat;
	struct request *request; /* what waits for it; owned */
	bool is_new;             /* make a hash of the password rather than check it */
	char hash[crypto_pwhash_STRBYTES];
	char made[crypto_pwhash_STRBYTES]; /* the new password's, where one is to be made */
	const char *check, *make;          /* passwords, in the request */
	bool is_right;
};

static bool make_hash(const struct chat *chat, const char *password, char hash[crypto_pwhash_STRBYTES])
{
	return crypto_pwhash_str_alg(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
				     (size_t)chat->config.limits.hash_memory_kib * 1024,
				     crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static void run_proof(struct job *job, struct store_reader *reader)
{
	struct proof *proof = (struct proof *)job;
	(void)reader;
	proof->is_right = true;
	if (proof->check)
		proof->is_right =
		    crypto_pwhash_str_verify(proof->hash, proof->check, strlen(proof->check)) == 0;
	if (proof->is_right && proof->make)
		proof->is_right = make_hash(proof->chat, proof->make, proof->made);
	struct request *proved = request_new(REQUEST_PROVED, 0);
	proved->peer = proof->request->peer;
	proved->proof = proof;
	mailbox_post_one(&proof->chat->inbox, &proved->mail);
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

/* Hands the request to the hasher. The caller's request is freed when its handler returns, so what waits is
 * a copy. */
static void start_proof(struct chat *chat, struct request *request, struct proof *proof)
{
	proof->job.run = run_proof;
	proof->job.lane = lane_of(chat, request);
	proof->chat = chat;
	if (jobs_post(chat->hashers, &proof->job)) {
		request->peer->proofs++;
		request->is_kept = true;
		return;
	}
	free(proof);
	hub_error(chat, request, ERROR_BUSY, NULL, NULL);
}

static struct proof *proof_of(struct request *request)
{
	struct proof *proof = mem_zero(sizeof *proof);
	proof->request = request;
	return proof;
}

bool hub_check_line(struct chat *chat, const struct request *request)
{
	if (request->peer->is_secure || chat->config.allow_insecure_passwords)
		return true;
	hub_error(chat, request, ERROR_INSECURE, NULL, NULL);
	return false;
}

static bool check_password(struct chat *chat, const struct request *request, const char *password,
			   const char *field)
{
	struct text_args args = {.text = field, .number = LIMIT_PASSWORD_BYTES_MIN};
	if (password && strlen(password) >= LIMIT_PASSWORD_BYTES_MIN)
		return true;
	hub_error(chat, request, ERROR_BAD_FIELD, "error.short_password", &args);
	return false;
}

/* --- hello with a password or a token --- */

static bool is_slowed(struct chat *chat, const struct request *request, const char *folded)
{
	int64_t wait = guesses_wait(chat->guesses, folded, request->peer->address, clock_mono_ms());
	struct text_args args = {.number = wait};
	if (wait)
		hub_error(chat, request, ERROR_RATE_LIMITED, "error.guess_wait", &args);
	return wait != 0;
}

/* The address stands first, so that no name can look like it: fail2ban reads this line (doc/operations.md).
 */
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
	hub_error(chat, request, ERROR_AUTH_FAILED, NULL, NULL);
}

/* No guess, since it is too long for that: others wait for nothing because of it. */
static void failed_token(struct chat *chat, const struct request *request)
{
	if (guesses_is_news(chat->guesses, request->peer->address, clock_mono_ms()))
		log_failure(request, "token");
	hub_error(chat, request, ERROR_AUTH_FAILED, NULL, NULL);
}

static bool must_wait_to_register(struct chat *chat, const struct request *request)
{
	int64_t wait = guesses_wait_to_register(chat->guesses, request->peer->address, clock_mono_ms());
	struct text_args args = {.number = wait};
	if (wait)
		hub_error(chat, request, ERROR_RATE_LIMITED, "error.register_wait", &args);
	return wait != 0;
}

static uint32_t low_bits(const unsigned char hash[STORE_TOKEN_BYTES])
{
	uint32_t bits;
	memcpy(&bits, hash, sizeof bits);
	return bits > PEER_TOKEN_UNKNOWN ? bits : bits + 2;
}

/* The account that the request's token opens, as the store answers. */
static int find_token(struct chat *chat, const struct request *request, unsigned char hash[STORE_TOKEN_BYTES],
		      int64_t *account)
{
	const char *token = request->text[REQUEST_TEXT_TOKEN];
	struct store *store = chat->config.store;
	crypto_generichash(hash, STORE_TOKEN_BYTES, (const unsigned char *)token, strlen(token), NULL, 0);
	return store->ops->find_token(store, hash, account);
}

uint32_t hub_token_of(struct chat *chat, const struct request *request, const struct user *user)
{
	unsigned char hash[STORE_TOKEN_BYTES];
	int64_t account = 0;
	bool is_his = user->account && request->text[REQUEST_TEXT_TOKEN] &&
		      find_token(chat, request, hash, &account) == STORE_OK && account == user->account;
	return is_his ? low_bits(hash) : PEER_TOKEN_UNKNOWN;
}

static void prove_token(struct chat *chat, const struct request *request)
{
	unsigned char hash[STORE_TOKEN_BYTES];
	int64_t account = 0;
	struct user *user = users_find(&chat->users, request->text[REQUEST_TEXT_NAME]);
	int result = find_token(chat, request, hash, &account);
	if (result == STORE_OK && user && user->account == account) {
		request->peer->token = low_bits(hash);
		hub_enter_user(chat, request, user);
	} else if (result == STORE_FAILED) {
		hub_read_failed(chat, request);
	} else {
		failed_token(chat, request);
	}
}

/* The hash to check against; one that nothing fits where there is no such account. False: answered. */
static bool find_hash(struct chat *chat, const struct request *request, const struct user *user,
		      struct proof *proof)
{
	struct store *store = chat->config.store;
	int found = STORE_NONE;
	if (user && user->account)
		found = store->ops->find_password(store, user->account, proof->hash, sizeof proof->hash);
	if (found == STORE_NONE)
		memcpy(proof->hash, nobodys_hash, sizeof proof->hash);
	if (found != STORE_FAILED)
		return true;
	free(proof);
	hub_read_failed(chat, request);
	return false;
}

void hub_prove(struct chat *chat, struct request *request)
{
	if (!hub_check_line(chat, request))
		return;
	if (request->text[REQUEST_TEXT_TOKEN]) {
		prove_token(chat, request);
		return;
	}
	char *folded = folded_name(request);
	bool must_wait = is_slowed(chat, request, folded);
	free(folded);
	if (must_wait)
		return;
	struct user *user = users_find(&chat->users, request->text[REQUEST_TEXT_NAME]);
	struct proof *proof = proof_of(request);
	if (!*nobodys_hash && !make_hash(chat, "nobody's password", nobodys_hash))
		LOG_ERROR("account.hash", "error=\"no memory for a password hash\"");
	if (!find_hash(chat, request, user, proof))
		return;
	proof->check = request->text[REQUEST_TEXT_PASSWORD];
	start_proof(chat, request, proof);
}

static void settle_hello(struct chat *chat, const struct proof *proof)
{
	const struct request *request = proof->request;
	char *folded = utf8_fold(request->text[REQUEST_TEXT_NAME]);
	struct user *user = users_find(&chat->users, request->text[REQUEST_TEXT_NAME]);
	if (request->peer->user) {
		hub_error(chat, request, ERROR_FORBIDDEN, "error.hello_twice", NULL);
	} else if (!proof->is_right || !user || !user->account) {
		failed_guess(chat, request, folded);
	} else {
		guesses_succeeded(chat->guesses, folded, request->peer->address, clock_mono_ms());
		hub_enter_user(chat, request, user);
	}
	free(folded);
}

/* --- register --- */

/* Answers and returns NULL where this user cannot become an account. */
static struct user *check_register(struct chat *chat, const struct request *request)
{
	struct user *user = hub_need_user(chat, request);
	if (!user)
		return NULL;
	if (user->account)
		hub_error(chat, request, ERROR_FORBIDDEN, "error.has_account", NULL);
	else if (!chat->config.allow_registration)
		hub_error(chat, request, ERROR_FORBIDDEN, "error.no_registration", NULL);
	else
		return user;
	return NULL;
}

void do_register(struct chat *chat, struct request *request)
{
	const char *password = request->text[REQUEST_TEXT_PASSWORD];
	if (!check_register(chat, request) || !hub_check_line(chat, request) ||
	    !check_password(chat, request, password, "password") || must_wait_to_register(chat, request))
		return;
	struct proof *proof = proof_of(request);
	proof->make = password;
	start_proof(chat, request, proof);
}

static int store_registration(struct chat *chat, struct user *user, const char *hash, int64_t *id)
{
	struct store *store = chat->config.store;
	struct store_account account = {.name = user->name, .folded = user_folded(user), .password = hash};
	int result = store->ops->add_account(store, &account, id);
	for (struct member *one = user->memberships; one && result == STORE_OK; one = one->next) {
		struct store_member member = {
		    .account = *id, .room_id = one->room->id, .role = one->role, .read_seq = one->read_seq};
		struct store_room room = {.id = one->room->id,
					  .topic = one->room->topic,
					  .is_private = one->room->is_private,
					  .retention_days = one->room->retention_days};
		char name[DIRECT_NAME_BYTES];
		result = store->ops->put_member(store, &member);
		/* What he said to somebody alone stays his. */
		if (result == STORE_OK && direct_name_of_account(one->room, user, *id, name)) {
			room.name = name;
			result = store->ops->update_room(store, &room);
		}
	}
	return result;
}

static void rename_conversations(struct chat *chat, struct user *user)
{
	char name[DIRECT_NAME_BYTES];
	for (struct member *one = user->memberships; one; one = one->next)
		if (direct_name_of_account(one->room, user, user->account, name))
			rooms_rename(&chat->rooms, one->room, name);
}

static void settle_register(struct chat *chat, const struct proof *proof)
{
	const struct request *request = proof->request;
	struct user *user = check_register(chat, request);
	int64_t id = 0;
	if (!user)
		return;
	int result =
	    hub_begin(chat, request) ? STORE_FAILED : store_registration(chat, user, proof->made, &id);
	if (result == STORE_EXISTS) {
		struct text_args args = {.name = user->name};
		hub_rollback(chat);
		hub_error(chat, request, ERROR_NAME_TAKEN, NULL, &args);
	} else if (hub_finish(chat, request, result) == 0) {
		users_make_account(&chat->users, user, id);
		rename_conversations(chat, user);
		user->keeps_name = true;
		guesses_know(chat->guesses, user_folded(user), request->peer->address, clock_mono_ms());
		hub_notice(chat, request, "notice.registered", &(struct text_args){.name = user->name});
		LOG_INFO("user.register", "name=%s account=%lld", user->name, (long long)id);
	}
}

/* --- passwd --- */

void do_passwd(struct chat *chat, struct request *request)
{
	struct user *user = hub_need_user(chat, request);
	if (!user)
		return;
	if (!user->account) {
		hub_error(chat, request, ERROR_FORBIDDEN, "error.need_account", NULL);
		return;
	}
	if (!hub_check_line(chat, request) ||
	    !check_password(chat, request, request->text[REQUEST_TEXT_NEW], "new") ||
	    is_slowed(chat, request, user_folded(user)))
		return;
	struct proof *proof = proof_of(request);
	if (!find_hash(chat, request, user, proof))
		return;
	proof->check = request->text[REQUEST_TEXT_OLD];
	proof->make = request->text[REQUEST_TEXT_NEW];
	start_proof(chat, request, proof);
}

static void settle_passwd(struct chat *chat, const struct proof *proof)
{
	const struct request *request = proof->request;
	struct user *user = request->peer->user;
	struct store *store = chat->config.store;
	if (!user || !user->account) {
		hub_error(chat, request, ERROR_NEED_HELLO, NULL, NULL);
		return;
	}
	if (!proof->is_right) {
		failed_guess(chat, request, user_folded(user));
		return;
	}
	int result = hub_begin(chat, request) ? STORE_FAILED
					      : store->ops->set_password(store, user->account, proof->made);
	if (hub_finish(chat, request, result))
		return;
	guesses_succeeded(chat->guesses, user_folded(user), request->peer->address, clock_mono_ms());
	/* Whoever had the old password has its session too. */
	user_renew_session(user);
	hub_ok(chat, request);
}

/* --- tokens --- */

static void add_label(void *context, const char *label)
{
	struct reply *reply = context;
	struct reply_row *rows = arena_zero(&reply->arena, (reply->rows_count + 1) * sizeof *rows);
	if (reply->rows_count)
		memcpy(rows, reply->rows, reply->rows_count * sizeof *rows);
	rows[reply->rows_count++].name = reply_string(reply, label);
	reply->rows = rows;
}

/* Who came in with it, or maybe did, goes; but not the one who asked. */
static void expel_bearers(struct chat *chat, struct user *user, uint32_t token, const struct peer *asking)
{
	/* What was lost with a device is also its session. */
	user_renew_session(user);
	for (struct peer *peer = user->peers, *next; peer; peer = next) {
		next = peer->next;
		if (peer != asking && (peer->token == token || peer->token == PEER_TOKEN_UNKNOWN))
			hub_expel_peer(chat, peer, "notice.token_revoked");
	}
}

static void revoke_token(struct chat *chat, const struct request *request, struct user *user)
{
	struct store *store = chat->config.store;
	unsigned char hash[STORE_TOKEN_BYTES];
	int result =
	    hub_begin(chat, request)
		? STORE_FAILED
		: store->ops->drop_token(store, user->account, request->text[REQUEST_TEXT_LABEL], hash);
	if (result == STORE_NONE) {
		hub_rollback(chat);
		hub_error(chat, request, ERROR_BAD_FIELD, "error.no_token",
			  &(struct text_args){.text = request->text[REQUEST_TEXT_LABEL]});
	} else if (hub_finish(chat, request, result) == 0) {
		hub_reply(chat, request->peer, reply_to(request, REPLY_TOKEN, request->peer->connection));
		expel_bearers(chat, user, low_bits(hash), request->peer);
	}
}

/* An empty label lists the labels that there are. */
static void list_tokens(struct chat *chat, const struct request *request, const struct user *user)
{
	struct store *store = chat->config.store;
	struct reply *reply = reply_to(request, REPLY_TOKEN, request->peer->connection);
	reply->has_more = true;
	if (store->ops->list_tokens(store, user->account, add_label, reply) == STORE_OK) {
		hub_reply(chat, request->peer, reply);
	} else {
		reply_free(reply);
		hub_read_failed(chat, request);
	}
}

void do_token(struct chat *chat, struct request *request)
{
	struct user *user = hub_need_user(chat, request);
	if (!user)
		return;
	if (!user->account) {
		hub_error(chat, request, ERROR_FORBIDDEN, "error.need_account", NULL);
		return;
	}
	if (!*request->text[REQUEST_TEXT_LABEL]) {
		list_tokens(chat, request, user);
		return;
	}
	if (request->number[REQUEST_NUMBER_REVOKE]) {
		revoke_token(chat, request, user);
		return;
	}
	if (!hub_check_line(chat, request))
		return;
	unsigned char bytes[32], hash[STORE_TOKEN_BYTES];
	char token[sizeof bytes * 2 + 1];
	struct store *store = chat->config.store;
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2hex(token, sizeof token, bytes, sizeof bytes);
	crypto_generichash(hash, sizeof hash, (const unsigned char *)token, strlen(token), NULL, 0);
	int result =
	    hub_begin(chat, request)
		? STORE_FAILED
		: store->ops->put_token(store, user->account, request->text[REQUEST_TEXT_LABEL], hash);
	if (hub_finish(chat, request, result) == 0) {
		struct reply *reply = reply_to(request, REPLY_TOKEN, request->peer->connection);
		reply->token = reply_string(reply, token);
		hub_reply(chat, request->peer, reply);
	}
	sodium_memzero(token, sizeof token);
	sodium_memzero(bytes, sizeof bytes);
}

/* --- what a proof was for --- */

void do_proved(struct chat *chat, struct request *proved)
{
	struct proof *proof = proved->proof;
	struct request *request = proof->request;
	struct peer *peer = request->peer;
	peer->proofs--;
	if (!peer->is_closed) {
		switch (request->op) {
		case REQUEST_HELLO:
			settle_hello(chat, proof);
			break;
		case REQUEST_REGISTER:
			settle_register(chat, proof);
			break;
		default:
			settle_passwd(chat, proof);
		}
	}
	hub_release_peer(peer);
	request_free(request);
	sodium_memzero(proof, sizeof *proof);
	free(proof);
}
