/* One's own sessions and tokens: which there are, and ending them. */
#include "base/clock.h"
#include "base/memory.h"
#include "chat/people/account.h"
#include "chat/people/admin.h"
#include "chat/answer.h"
#include "chat/people/enter.h"
#include "chat/errand.h"
#include "chat/talk/listing.h"
#include "chat/need.h"
#include "chat/state.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* A session is named by the beginning of the hash of its secret, which opens nothing. */
#define KEY_BYTES      8
#define KEY_TEXT_BYTES (KEY_BYTES * 2 + 1)
#define TOKEN_KEY      "token:" /* and the label: names a token */

static void session_key(const unsigned char hash[STORE_SESSION_BYTES], char key[KEY_TEXT_BYTES])
{
	sodium_bin2hex(key, KEY_TEXT_BYTES, hash, KEY_BYTES);
}

/* --- which there are --- */

static void take_session(struct store_query *query, const struct store_command *done)
{
	assert(done->op == STORE_PUT_SESSION);
	const struct question *question = (const struct question *)query;
	struct reply *reply = question->context;
	const struct store_session *session = &done->session;
	const struct session *own = question->request->peer->session;
	bool is_own = own && !memcmp(own->hash, session->hash, sizeof own->hash);
	struct text_args args = {
	    .name = session->device, .text = session->address, .time_ms = session->since_ms};
	struct listing_row *row =
	    listing_add(reply, is_own ? TEXT_answer_sessions_own : TEXT_answer_sessions_row, &args);
	char key[KEY_TEXT_BYTES];
	session_key(session->hash, key);
	listing_add_text(reply, row, "key", key);
	listing_add_text(reply, row, "device", session->device);
	listing_add_text(reply, row, "client", *session->client ? session->client : NULL);
	listing_add_text(reply, row, "address", session->address);
	listing_add_time(reply, row, "since", session->since_ms);
	listing_add_time(reply, row, "seen", session->seen_ms ? session->seen_ms : clock_wall_ms());
	listing_add_bool(reply, row, "online", !session->seen_ms);
	listing_add_bool(reply, row, "current", is_own);
}

static void take_token(struct store_query *query, const struct store_command *done)
{
	assert(done->op == STORE_PUT_TOKEN);
	struct reply *reply = ((struct question *)query)->context;
	const char *label = done->token.label;
	char key[sizeof TOKEN_KEY + LIMIT_LABEL_BYTES];
	struct listing_row *row =
	    listing_add(reply, TEXT_answer_sessions_token, &(struct text_args){.name = label});
	snprintf(key, sizeof key, TOKEN_KEY "%s", label);
	listing_add_text(reply, row, "key", key);
	listing_add_text(reply, row, "token", label);
}

static void then_tokens(struct chat *chat, struct question *question)
{
	struct store_query query = {
	    .question = STORE_LIST_TOKENS, .person = question->query.person, .visit = take_token};
	if (question->query.result == STORE_OK)
		question_ask(chat, question->request, &query, question_reply, question->context);
	else
		question_reply(chat, question);
}

static void list(struct chat *chat, struct request *request, const struct user *user)
{
	struct store_query query = {
	    .question = STORE_LIST_SESSIONS, .person = user->id, .visit = take_session};
	question_ask(chat, request, &query, then_tokens,
		     listing_new(request, "sessions", TEXT_answer_sessions));
}

/* --- ending them --- */

static void then_ended(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	struct peer *peer = request->peer;
	bool ends_own = !strcmp(request->text[REQUEST_TEXT_END], "all") && !request->text[REQUEST_TEXT_NAME];
	if (change->result != STORE_OK) {
		answer_error(chat, request, ERROR_BAD_FIELD, TEXT_error_no_session,
			     &(struct text_args){.text = request->text[REQUEST_TEXT_END]});
		return;
	}
	answer_ok(chat, request);
	if (ends_own && peer->user)
		enter_expel_peer(chat, peer, TEXT_notice_session_ended);
}

/* The session of this key; NULL: none. */
static const struct session *find_key(const struct user *user, const char *key)
{
	const struct session *one = user->sessions;
	char text[KEY_TEXT_BYTES];
	for (; one; one = one->next) {
		session_key(one->hash, text);
		if (!strcmp(text, key))
			break;
	}
	return one;
}

static void end_sessions(struct chat *chat, struct request *request, struct user *user, const char *what)
{
	bool is_token = !strncmp(what, TOKEN_KEY, strlen(TOKEN_KEY));
	bool is_many = !strcmp(what, "all") || !strcmp(what, "others");
	const struct session *session = is_token || is_many ? NULL : find_key(user, what);
	if (!is_token && !is_many && !session) {
		answer_error(chat, request, ERROR_BAD_FIELD, TEXT_error_no_session,
			     &(struct text_args){.text = what});
		return;
	}
	struct change *change = batch_change(chat, request, then_ended);
	if (is_many) {
		account_add_end(chat, change, user, !strcmp(what, "others"));
	} else if (is_token) {
		batch_add(chat, change, STORE_DROP_TOKEN)->token =
		    (struct store_token){.person = user->id, .label = what + strlen(TOKEN_KEY)};
	} else {
		struct store_session *dropped = &batch_add(chat, change, STORE_DROP_SESSION)->session;
		dropped->person = user->id;
		memcpy(dropped->hash, session->hash, sizeof dropped->hash);
	}
	if (request->text[REQUEST_TEXT_NAME])
		admin_add_deed(chat, change, "sessions", user->name);
	user->changing = batch_mark_now(chat);
}

void do_sessions(struct chat *chat, struct request *request)
{
	const char *what = request->text[REQUEST_TEXT_END];
	struct user *user =
	    request->text[REQUEST_TEXT_NAME] ? admin_need_account(chat, request) : need_user(chat, request);
	if (!user)
		return;
	if (!what)
		list(chat, request, user);
	else
		end_sessions(chat, request, user, what);
}
