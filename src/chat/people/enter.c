/* Coming: hello. */
#include "chat/people/enter.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "chat/people/account.h"
#include "chat/answer.h"
#include "chat/apply.h"
#include "chat/errand.h"
#include "chat/people/factor.h"
#include "chat/people/guess.h"
#include "chat/hold.h"
#include "chat/people/link.h"
#include "chat/rooms/membership.h"
#include "chat/people/names.h"
#include "chat/need.h"
#include "chat/pace.h"
#include "chat/people/passkey.h"
#include "chat/state.h"
#include "chat/people/watch.h"
#include "chat/people/welcome.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void enter_attach(struct chat *chat, const struct request *request, struct user *user,
		  struct session *session)
{
	struct peer *peer = request->peer;
	peer->encoding = request->encoding;
	peer->session = session;
	peer->is_fleeting = request->is_fleeting;
	user->is_elsewhere = false;
	if (session) {
		session->is_elsewhere = false;
		users_expire_never(&chat->users, session);
	}
	if (chat->config.show_all_ips)
		peer->shown_at = 0;
	peer->author = author_of(user->id, peer_device(peer));
	bool is_first = !user->peers && !user->is_distant;
	chat_count_online(chat, is_first);
	user_add_peer(user, peer);
	told_came(chat, user);
	if (is_first)
		watch_tell_presence(chat, user, true);
	/* Each of a user's connections may meet what the others say. */
	for (const struct peer *one = user->peers; one && user->peers->next; one = one->next)
		if (!one->is_simple)
			tell_peer(chat, one, REPLY_OWN);
}

/* --- hello --- */

/* A hello on its way through the batch. Lies in the arena. */
struct entering {
	char secret[SESSION_TEXT_BYTES];
};

/* The memberships of a connection that another one replaces: nobody sees them leave and come back. */
static void inherit(struct chat *chat, struct peer *peer, struct peer *old)
{
	for (struct following *following = old->followings; following; following = following->next)
		following_detach(&chat->rooms, old, following);
	peer->followings = old->followings;
	old->followings = NULL;
}

/* The connections that this session had give way to the new one: they may be half-open. */
static void take_over(struct chat *chat, struct peer *peer)
{
	for (struct peer *old = peer->user->peers, *next; old; old = next) {
		next = old->next;
		if (old == peer || old->session != peer->session)
			continue;
		if (!peer->followings)
			inherit(chat, peer, old);
		enter_expel_peer(chat, old, TEXT_notice_taken_over);
	}
}

static const struct store_command *find_command(const struct change *change, enum store_op op)
{
	for (size_t i = 0; i < change->count; i++)
		if (batch_command(change, i)->op == op)
			return batch_command(change, i);
	return NULL;
}

/* Somebody else came first, maybe by another process. */
static void refuse_taken(struct chat *chat, const struct request *request)
{
	const char *name = request->text[REQUEST_TEXT_NAME];
	apply_watch(chat);
	const struct user *holder = users_find(&chat->users, name);
	answer_error(chat, request,
		     holder && user_is_account(holder) ? ERROR_AUTH_REQUIRED : ERROR_NAME_TAKEN, TEXT_NONE,
		     &(struct text_args){.name = name});
}

/* NULL: the change is of a guest who has none. */
static const struct store_session *stored_session(const struct change *change)
{
	const struct store_command *put = find_command(change, STORE_PUT_SESSION);
	if (!put)
		put = find_command(change, STORE_SEE_SESSION);
	return put ? &put->session : NULL;
}

/* The user whom the change lets in. */
static int64_t person_of(const struct change *change)
{
	const struct store_command *first = batch_command(change, 0);
	return first->op == STORE_ADD_PERSON ? first->person.id : stored_session(change)->person;
}

/* NULL: they are a guest who has none. */
static struct session *session_of_change(const struct user *user, const struct change *change)
{
	const struct store_session *session = stored_session(change);
	return session ? user_find_session(user, session->hash) : NULL;
}

/* Another node may have disabled the account while the session was with the store. */
static bool check_still_open(struct chat *chat, const struct request *request, struct user *user,
			     struct session *session)
{
	bool is_open = account_check_open(chat, request, user);
	if (!is_open && session)
		enter_end_session(chat, user, session);
	return is_open;
}

/* The session or the token that they showed was ended elsewhere. */
static bool was_ended(const struct change *change)
{
	for (size_t i = 0; change->result == STORE_NONE && i < change->count; i++) {
		const struct store_command *one = batch_command(change, i);
		if (one->result == STORE_NONE &&
		    (one->op == STORE_SEE_SESSION || one->op == STORE_NEED_SESSION ||
		     one->op == STORE_NEED_PASSWORD || one->op == STORE_PUT_SESSION))
			return true;
	}
	return false;
}

static void then_entered(struct chat *chat, struct change *change)
{
	struct request *request = change->request;
	struct entering *entering = change->context;
	struct user *user = users_find_id(&chat->users, person_of(change));
	bool is_by_passkey = batch_command(change, 0)->op == STORE_USE_PASSKEY;
	/* On a full disk, people whom the chat knows may still read; their new session is not kept. A passkey's proof would
	 * be good for another time then. */
	if (change->result == STORE_EXISTS) {
		refuse_taken(chat, request);
	} else if (change->result == STORE_NONE && factor_is_shown(batch_command(change, 0))) {
		account_failed_code(chat, request);
	} else if (change->result == STORE_NONE && find_command(change, STORE_USE_LINK)) {
		link_refuse(chat, request);
	} else if (change->result == STORE_NONE && is_by_passkey) {
		passkey_refuse(chat, request);
	} else if (was_ended(change)) {
		answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_NONE, NULL);
	} else if (!user || (change->result != STORE_OK &&
			     (change->result != STORE_FAILED || is_by_passkey || silence_is(chat)))) {
		answer_error(chat, request, ERROR_STORE_FAILED, TEXT_NONE, NULL);
	} else if (check_still_open(chat, request, user, session_of_change(user, change))) {
		enter_attach(chat, request, user, session_of_change(user, change));
		take_over(chat, request->peer);
		if (user_is_account(user))
			guesses_know(chat->guesses, user_folded(user), request->peer->address,
				     clock_mono_ms());
		LOG_INFO("user.hello", "connection=%llx name=%s account=%d ip=%s",
			 (unsigned long long)request->peer->connection, user->name, user_is_account(user),
			 request->peer->address);
		change->request = NULL;
		factor_remind(chat, request->peer);
		welcome_send(chat, request, entering->secret);
	}
	sodium_memzero(entering, sizeof *entering);
}

static struct entering *new_entering(struct chat *chat, struct change *change)
{
	change->goes_on = true;
	change->context = arena_zero(batch_arena(chat), sizeof(struct entering));
	return change->context;
}

static const char *device_of(const struct request *request)
{
	const char *device = request->text[REQUEST_TEXT_DEVICE];
	return device && *device ? device : "default";
}

/* A new session for the device. `person` 0: whom the change adds. */
static void add_session(struct chat *chat, struct change *change, int64_t person, const unsigned char *token)
{
	const struct request *request = change->request;
	struct entering *entering = new_entering(chat, change);
	unsigned char secret[SESSION_SECRET_BYTES];
	struct store_session *session = &batch_add(chat, change, STORE_PUT_SESSION)->session;
	randombytes_buf(secret, sizeof secret);
	sodium_bin2hex(entering->secret, sizeof entering->secret, secret, sizeof secret);
	sodium_memzero(secret, sizeof secret);
	session_hash(entering->secret, session->hash);
	session->person = person;
	session->device = device_of(request);
	session->client = request->text[REQUEST_TEXT_CLIENT] ? request->text[REQUEST_TEXT_CLIENT] : "";
	session->address = request->peer->address;
	session->since_ms = clock_wall_ms();
	session->has_token = token != NULL;
	if (token)
		memcpy(session->token, token, sizeof session->token);
}

void enter_add_presence(struct chat *chat, struct change *change)
{
	const struct peer *peer = change->request->peer;
	if (!peer->session)
		return;
	struct store_session *asker = &batch_add(chat, change, STORE_NEED_SESSION)->session;
	asker->person = peer->user->id;
	memcpy(asker->hash, peer->session->hash, sizeof asker->hash);
}

/* The command that takes, or needs, what they have shown. */
static void add_proof(struct chat *chat, struct change *change, const struct store_command *shown)
{
	struct store_command *added = batch_add(chat, change, shown->op);
	switch (shown->op) {
	case STORE_USE_PASSKEY:
		added->passkey = shown->passkey;
		break;
	case STORE_NEED_SESSION:
		added->session = shown->session;
		break;
	case STORE_NEED_PASSWORD:
		added->person = shown->person;
		added->person.password = arena_string(batch_arena(chat), shown->person.password);
		break;
	default:
		added->factor = shown->factor;
	}
}

void enter_user(struct chat *chat, struct request *request, struct user *user, const unsigned char *token,
		const struct store_command *shown)
{
	int64_t most = chat->config.limits.sessions_per_user;
	struct session *gives_way;
	/* Another hello may have taken the place, or passwd may have ended what proved them. */
	if (batch_is_under_way(chat, user->changing)) {
		hold_request(chat, request);
		return;
	}
	if (!account_check_open(chat, request, user))
		return;
	if (!user_has_place(user, device_of(request), token, most, &gives_way)) {
		answer_limit(chat, request, TEXT_error_too_many_sessions, most);
		return;
	}
	struct change *change = batch_change(chat, request, then_entered);
	if (shown)
		add_proof(chat, change, shown);
	add_session(chat, change, user->id, token);
	if (gives_way)
		enter_add_session_end(chat, change, user, gives_way);
	user->changing = batch_mark_now(chat);
}

struct store_person *enter_add_person(struct chat *chat, struct change *change, const char *name)
{
	char *folded = utf8_fold(name);
	struct store_person *person = &batch_add(chat, change, STORE_ADD_PERSON)->person;
	*person = (struct store_person){.name = name, .folded = arena_string(batch_arena(chat), folded)};
	names_reserve(chat, folded);
	free(folded);
	return person;
}

/* `link`: what they came in by, or NULL. */
static void enter_guest(struct chat *chat, struct request *request, const char *name,
			const struct store_link *link)
{
	if (!pace_may_come(chat, request))
		return;
	struct change *change = batch_change(chat, request, then_entered);
	enter_add_person(chat, change, name)->kind = PERSON_GUEST;
	/* A guest who can come back needs a session. */
	if (request->is_fleeting)
		new_entering(chat, change);
	else
		add_session(chat, change, 0, NULL);
	if (link)
		link_add_use(chat, change, link, 0, name);
}

void enter_by_link(struct chat *chat, struct request *request, const struct store_link *link)
{
	const char *name = request->text[REQUEST_TEXT_NAME];
	const struct user *user = users_find(&chat->users, name);
	if (need_wait_for_user(chat, request, user))
		return;
	if (user || names_is_taken(chat, name, NULL))
		names_refuse_taken(chat, request, name);
	else
		enter_guest(chat, request, name, link);
}

/* By a session that has to be there still when the new one is stored. */
static void enter_beside(struct chat *chat, struct request *request, struct user *user,
			 const struct store_query *found)
{
	struct store_command shown = {.op = STORE_NEED_SESSION, .session.person = user->id};
	memcpy(shown.session.hash, found->hash, sizeof shown.session.hash);
	enter_user(chat, request, user, found->has_token ? found->token : NULL, &shown);
}

static void then_session_found(struct chat *chat, struct question *question)
{
	struct request *request = question->request;
	struct user *user = users_find(&chat->users, request->text[REQUEST_TEXT_NAME]);
	if (question->query.result == STORE_FAILED)
		answer_read_failed(chat, request);
	else if (!user || question->query.result != STORE_OK)
		answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_NONE, NULL);
	else
		enter_beside(chat, request, user, &question->query);
}

/* A session that begins with another one ends with the token that the other came in with, too. */
static void ask_session(struct chat *chat, struct request *request, const struct session *session)
{
	struct store_query query = {.question = STORE_FIND_SESSION};
	memcpy(query.hash, session->hash, sizeof session->hash);
	question_ask(chat, request, &query, then_session_found, NULL);
}

/* The session goes on; for another device than its own, another one begins. */
static void enter_by_session(struct chat *chat, struct request *request, struct user *user,
			     struct session *session)
{
	if (strcmp(session->device, device_of(request))) {
		ask_session(chat, request, session);
		return;
	}
	struct change *change = batch_change(chat, request, then_entered);
	struct entering *entering = new_entering(chat, change);
	struct store_command *see = batch_add(chat, change, STORE_SEE_SESSION);
	snprintf(entering->secret, sizeof entering->secret, "%s", request->text[REQUEST_TEXT_SESSION]);
	see->session.person = user->id;
	memcpy(see->session.hash, session->hash, sizeof session->hash);
	user->changing = batch_mark_now(chat);
}

/* The session that the hello shows; NULL: none that the server knows. */
static struct session *session_of(const struct request *request, const struct user *user)
{
	unsigned char hash[STORE_SESSION_BYTES];
	const char *text = request->text[REQUEST_TEXT_SESSION];
	return user && text && session_hash(text, hash) ? user_find_session(user, hash) : NULL;
}

bool enter_resume(struct chat *chat, struct request *request, struct user *user)
{
	struct session *session = session_of(request, user);
	if (session)
		enter_by_session(chat, request, user, session);
	return session != NULL;
}

/* --- somebody for whom others vouch --- */

void enter_first(struct chat *chat, struct request *request, const char *name)
{
	struct user *guest = users_find(&chat->users, name);
	if (guest)
		enter_remove_guest(chat, guest);
	struct change *change = batch_change(chat, request, then_entered);
	struct store_person *person = enter_add_person(chat, change, arena_string(batch_arena(chat), name));
	person->kind = PERSON_ACCOUNT;
	person->password = ACCOUNT_NO_PASSWORD;
	add_session(chat, change, 0, NULL);
}

static bool enter_is_same_name(const char *one, const char *other)
{
	char *folded = utf8_fold(one), *folded_other = utf8_fold(other);
	bool is_same = folded && folded_other && !strcmp(folded, folded_other);
	free(folded);
	free(folded_other);
	return is_same;
}

/* A proxy has proved who they are, and they are nobody else. */
static void enter_vouched(struct chat *chat, struct request *request, const char *name)
{
	struct text_args args = {.name = name};
	apply_watch(chat);
	struct user *user = users_find(&chat->users, name);
	const char *asked = request->text[REQUEST_TEXT_NAME];
	if (!asked || !enter_is_same_name(asked, name))
		answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_error_vouched, &args);
	else if ((!user && !names_check(chat, request, name)) || need_wait_for_user(chat, request, user))
		return;
	else if (!user || !user_is_account(user))
		enter_first(chat, request, name);
	else if (!enter_resume(chat, request, user))
		enter_user(chat, request, user, NULL, NULL);
}

/* The name is one, and nobody's but the user's; NULL: nobody has it. */
static void enter_by_name(struct chat *chat, struct request *request, struct user *user, bool has_secret)
{
	const char *name = request->text[REQUEST_TEXT_NAME];
	struct text_args args = {.name = name};
	struct session *session = session_of(request, user);
	bool has_token = request->text[REQUEST_TEXT_TOKEN];
	if (session && !has_token && (!user_is_account(user) || account_is_line_fit(chat, request->peer)))
		enter_by_session(chat, request, user, session);
	else if (has_secret)
		account_prove(chat, request);
	else if (session)
		answer_error(chat, request, ERROR_INSECURE, TEXT_NONE, NULL);
	else if (user)
		answer_error(chat, request, user_is_account(user) ? ERROR_AUTH_REQUIRED : ERROR_NAME_TAKEN,
			     TEXT_NONE, &args);
	else if (request->text[REQUEST_TEXT_LINK])
		link_enter(chat, request);
	else if (!chat->config.allow_guests)
		answer_error(chat, request, ERROR_AUTH_REQUIRED, TEXT_error_no_guests, &args);
	else if (names_is_taken(chat, name, NULL))
		names_refuse_taken(chat, request, name);
	else
		enter_guest(chat, request, name, NULL);
}

void do_hello(struct chat *chat, struct request *request)
{
	const char *name = request->text[REQUEST_TEXT_NAME];
	bool has_secret = request->text[REQUEST_TEXT_PASSWORD] || request->text[REQUEST_TEXT_TOKEN];
	struct text_args args = {.name = name};
	if (!name && !request->text[REQUEST_TEXT_CREDENTIAL] && !request->text[REQUEST_TEXT_TOKEN]) {
		answer_bad_field(chat, request, "name");
		return;
	}
	if (request->peer->user) {
		answer_error(chat, request, ERROR_FORBIDDEN, TEXT_error_hello_twice, NULL);
		return;
	}
	if (request->text[REQUEST_TEXT_CREDENTIAL] && peer_vouched_name(request->peer)) {
		args.name = peer_vouched_name(request->peer);
		answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_error_vouched, &args);
		return;
	}
	if (request->text[REQUEST_TEXT_CREDENTIAL]) {
		apply_watch(chat);
		passkey_enter(chat, request);
		return;
	}
	if (peer_vouched_name(request->peer)) {
		enter_vouched(chat, request, peer_vouched_name(request->peer));
		return;
	}
	/* An account that was made or changed a moment ago counts already. */
	if (has_secret)
		apply_watch(chat);
	/* A token knows whose it is, also where its holder does not know the account's new name. */
	if (!name) {
		account_prove(chat, request);
		return;
	}
	struct user *user = users_find(&chat->users, name);
	if ((!user && !names_check(chat, request, name)) || need_wait_for_user(chat, request, user))
		return;
	enter_by_name(chat, request, user, has_secret);
}
