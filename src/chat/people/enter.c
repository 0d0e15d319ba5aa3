/* Coming and going: hello, the end of a connection. */
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
#include "chat/rooms/membership.h"
#include "chat/people/names.h"
#include "chat/need.h"
#include "chat/pace.h"
#include "chat/people/passkey.h"
#include "chat/state.h"
#include "chat/people/watch.h"
#include "chat/people/welcome.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS 5000

void enter_attach(struct chat *chat, const struct request *request, struct user *user,
		  struct session *session)
{
	struct peer *peer = request->peer;
	peer->encoding = request->encoding;
	peer->session = session;
	peer->is_fleeting = request->is_fleeting;
	if (session)
		users_expire_never(&chat->users, session);
	if (chat->config.show_all_ips)
		peer->shown_at = 0;
	peer->author = author_of(user->id, peer_device(peer));
	bool is_first = !user->peers;
	chat->online += is_first;
	if (chat->online > chat->online_most)
		chat->online_most = chat->online;
	user_add_peer(user, peer);
	if (is_first)
		watch_tell_presence(chat, user, true);
	/* Each of a user's connections may meet what the others say. */
	for (const struct peer *one = user->peers; one && user->peers->next; one = one->next)
		if (!one->is_simple)
			tell_peer(chat, one, REPLY_OWN);
}

/* --- leaving --- */

/* The store notes when the session was left, so that a restart knows how long it still lives. */
static void note_session_left(struct chat *chat, struct user *user, struct session *session,
			      const char *address)
{
	struct change *change = batch_change(chat, NULL, NULL);
	struct store_command *see = batch_add(chat, change, STORE_SEE_SESSION);
	see->session.person = user->id;
	see->session.seen_ms = clock_wall_ms();
	memcpy(see->session.hash, session->hash, sizeof session->hash);
	users_expire_at(&chat->users, user, session,
			clock_mono_ms() + chat->config.limits.session_seconds * 1000, address);
}

static bool has_session_peer(const struct user *user, const struct session *session)
{
	const struct peer *peer = user->peers;
	while (peer && peer->session != session)
		peer = peer->next;
	return peer != NULL;
}

static void end_session(struct chat *chat, struct user *user, struct session *session);

/* Guests are not waited for without a bound. One who is coming back just now is left alone. */
static void end_surplus(struct chat *chat, const char *address)
{
	struct idle *idle;
	while ((idle = users_surplus(&chat->users, address, &chat->config.limits)) &&
	       !batch_is_under_way(chat, idle->user->changing))
		end_session(chat, idle->user, idle->session);
}

/* The connection is nobody's any more, and reads nothing. `reason` is what it said of that, or NULL. */
static void enter_leave(struct chat *chat, struct peer *peer, const char *reason)
{
	struct user *user = peer->user;
	struct session *session = peer->session;
	chat_begin_wide(chat);
	while (peer->followings)
		membership_unfollow(chat, peer, peer->followings, reason);
	chat_end_wide(chat);
	if (!user)
		return;
	watch_forget(chat, peer);
	if (user->peers == peer && !peer->next)
		gone_note(&chat->gone, user->name, peer);
	user_remove_peer(peer);
	users_set_rights(&chat->users, user, user->is_named_admin, user->has_factor);
	chat->online -= !user->peers;
	if (!user->peers)
		watch_tell_presence(chat, user, false);
	peer->session = NULL;
	if (session && !has_session_peer(user, session) && peer->is_fleeting)
		end_session(chat, user, session);
	else if (session && !has_session_peer(user, session))
		note_session_left(chat, user, session, peer->address);
	end_surplus(chat, peer->address);
	if (!user->peers && !user->sessions && !user_is_account(user))
		enter_remove_guest(chat, user);
}

void enter_expel_peer(struct chat *chat, struct peer *peer, enum text key)
{
	reply_set_text(tell_peer(chat, peer, REPLY_CLOSE), key, NULL);
	enter_leave(chat, peer, NULL);
}

void enter_expel_user(struct chat *chat, struct user *user, enum text key)
{
	/* Nothing is left of them to be noted: they go as a whole. */
	user->is_leaving = true;
	while (user->peers)
		enter_expel_peer(chat, user->peers, key);
}

static void then_removed(struct chat *chat, struct change *change)
{
	struct user *user = users_find_id(&chat->users, batch_command(change, 0)->person.id);
	if (!user || change->result == STORE_OK)
		return;
	user->is_leaving = false;
	chat->has_strays = true;
}

void enter_remove_guest(struct chat *chat, struct user *user)
{
	if (user->is_leaving)
		return;
	struct change *change = batch_change(chat, NULL, then_removed);
	batch_add(chat, change, STORE_REMOVE_PERSON)->person.id = user->id;
	for (const struct member *member = user->memberships; member; member = member->next)
		membership_add_end(chat, change, member);
	user->is_leaving = true;
	user->changing = batch_mark_now(chat);
}

void enter_remove_strays(struct chat *chat)
{
	size_t bucket = 0;
	if (!chat->has_strays)
		return;
	chat->has_strays = false;
	for (struct table_link *link = NULL; (link = table_walk(&chat->users.by_id, &bucket, link));) {
		struct user *user = TABLE_OF(link, struct user, by_id);
		if (!user->peers && !user->sessions && !user_is_account(user) && !user->is_gone)
			enter_remove_guest(chat, user);
	}
}

static void then_session_ended(struct chat *chat, struct change *change)
{
	const struct store_session *stored = &batch_command(change, 0)->session;
	struct user *user = users_find_id(&chat->users, stored->person);
	struct session *session = user ? user_find_session(user, stored->hash) : NULL;
	if (session && change->result != STORE_OK)
		users_expire_at(&chat->users, user, session, clock_mono_ms() + RETRY_MS, "");
}

static void add_session_end(struct chat *chat, struct change *change, const struct user *user,
			    const struct session *session)
{
	struct store_command *drop = batch_add(chat, change, STORE_DROP_SESSION);
	drop->session.person = user->id;
	memcpy(drop->session.hash, session->hash, sizeof session->hash);
}

static void end_session(struct chat *chat, struct user *user, struct session *session)
{
	users_expire_never(&chat->users, session);
	if (!user_is_account(user) && !user->peers && !session->next && user->sessions == session) {
		enter_remove_guest(chat, user);
		return;
	}
	add_session_end(chat, batch_change(chat, NULL, then_session_ended), user, session);
	user->changing = batch_mark_now(chat);
}

void enter_expire(struct chat *chat)
{
	struct idle *idle;
	while ((idle = users_expired(&chat->users, clock_mono_ms())))
		end_session(chat, idle->user, idle->session);
}

void do_closed(struct chat *chat, struct request *request)
{
	struct peer *peer = request->peer;
	if (peer->is_uploading)
		file_forget_upload(chat, peer);
	enter_leave(chat, peer, NULL);
	peer->is_closed = true;
	enter_release_peer(peer);
}

void enter_release_peer(struct peer *peer)
{
	if (peer->is_closed && !peer->waits)
		peer_free(peer);
}

/* They have left before they hear "bye", so that the next to come can have a simple form's name at once: scripts
 * that say one thing each depend on that. */
void do_quit(struct chat *chat, struct request *request)
{
	struct peer *peer = request->peer;
	struct user *user = peer->user;
	struct session *session = peer->session;
	enter_leave(chat, peer, request->text[REQUEST_TEXT_REASON]);
	if (session && request->number[REQUEST_NUMBER_FORGET] && session->idle)
		end_session(chat, user, session);
	batch_reply(chat, peer, answer_new(request, REPLY_BYE));
}

/* --- hello --- */

/* A hello on its way through the batch. Lies in the arena. */
struct entering {
	char secret[SESSION_TEXT_BYTES];
};

/* The memberships of a connection that another one replaces: nobody sees them leave and come back. */
static void inherit(struct peer *peer, struct peer *old)
{
	for (struct following *following = old->followings; following; following = following->next)
		following_detach(old, following);
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
			inherit(peer, old);
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

static const struct store_session *stored_session(const struct change *change)
{
	const struct store_command *put = find_command(change, STORE_PUT_SESSION);
	return &(put ? put : find_command(change, STORE_SEE_SESSION))->session;
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
	bool has_none = change->count == 1 && batch_command(change, 0)->op == STORE_ADD_PERSON;
	return has_none ? NULL : user_find_session(user, stored_session(change)->hash);
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
	} else if (change->result == STORE_NONE && is_by_passkey) {
		passkey_refuse(chat, request);
	} else if (!user ||
		   (change->result != STORE_OK && (change->result != STORE_FAILED || is_by_passkey))) {
		answer_error(chat, request, ERROR_STORE_FAILED, TEXT_NONE, NULL);
	} else {
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
	if (!user_has_place(user, device_of(request), token, most, &gives_way)) {
		answer_limit(chat, request, TEXT_error_too_many_sessions, most);
		return;
	}
	struct change *change = batch_change(chat, request, then_entered);
	if (shown && shown->op == STORE_USE_PASSKEY)
		batch_add(chat, change, shown->op)->passkey = shown->passkey;
	else if (shown)
		batch_add(chat, change, shown->op)->factor = shown->factor;
	add_session(chat, change, user->id, token);
	if (gives_way)
		add_session_end(chat, change, user, gives_way);
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

static void enter_guest(struct chat *chat, struct request *request, const char *name)
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
		enter_user(chat, request, user, question->query.has_token ? question->query.token : NULL,
			   NULL);
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
	if (!enter_is_same_name(request->text[REQUEST_TEXT_NAME], name))
		answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_error_vouched, &args);
	else if ((!user && !names_check(chat, request, name)) || need_wait_for_user(chat, request, user))
		return;
	else if (!user || !user_is_account(user))
		enter_first(chat, request, name);
	else if (!enter_resume(chat, request, user))
		enter_user(chat, request, user, NULL, NULL);
}

void do_hello(struct chat *chat, struct request *request)
{
	const char *name = request->text[REQUEST_TEXT_NAME];
	bool has_secret = request->text[REQUEST_TEXT_PASSWORD] || request->text[REQUEST_TEXT_TOKEN];
	struct text_args args = {.name = name};
	if (!name && !request->text[REQUEST_TEXT_CREDENTIAL]) {
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
	struct user *user = users_find(&chat->users, name);
	if ((!user && !names_check(chat, request, name)) || need_wait_for_user(chat, request, user))
		return;
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
	else if (!chat->config.allow_guests)
		answer_error(chat, request, ERROR_AUTH_REQUIRED, TEXT_error_no_guests, &args);
	else if (names_is_taken(chat, name, NULL))
		names_refuse_taken(chat, request, name);
	else
		enter_guest(chat, request, name);
}
