/* Tokens: long secrets by which programs log in, each under a label. */
#include "base/memory.h"
#include "chat/people/account.h"
#include "chat/people/enter.h"
#include "chat/answer.h"
#include "chat/errand.h"
#include "chat/need.h"
#include "chat/state.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* The labels of an account, as they come from the store. */
struct labels {
	const char **texts; /* owned; each in the arena of `reply` */
	size_t count, capacity;
	struct reply *reply;
};

static void take_label(struct store_query *query, const struct store_command *row)
{
	assert(row->op == STORE_PUT_TOKEN);
	struct labels *labels = ((struct question *)query)->context;
	labels->texts = mem_grow(labels->texts, &labels->capacity, labels->count + 1, sizeof *labels->texts);
	labels->texts[labels->count++] = reply_string(labels->reply, row->token.label);
}

static void labels_free(struct labels *labels)
{
	free(labels->texts);
	free(labels);
}

static void ask_labels(struct chat *chat, struct request *request, question_then *then)
{
	struct labels *labels = mem_zero(sizeof *labels);
	labels->reply = answer_new(request, REPLY_TOKEN);
	struct store_query query = {
	    .question = STORE_LIST_TOKENS, .person = request->peer->user->id, .visit = take_label};
	question_ask(chat, request, &query, then, labels);
}

/* An empty label lists the labels that there are. */
static void then_tokens_listed(struct chat *chat, struct question *question)
{
	struct labels *labels = question->context;
	struct reply *reply = labels->reply;
	if (question->query.result != STORE_OK) {
		reply_free(reply);
		answer_read_failed(chat, question->request);
		labels_free(labels);
		return;
	}
	struct reply_token *token = &reply->token;
	token->is_list = true;
	token->labels = arena_zero(&reply->arena, (labels->count + 1) * sizeof *token->labels);
	for (; token->labels_count < labels->count; token->labels_count++)
		token->labels[token->labels_count] = labels->texts[token->labels_count];
	batch_reply(chat, question->request->peer, reply);
	labels_free(labels);
}

/* --- one that ends --- */

static void then_revoked(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	struct text_args args = {.text = request->text[REQUEST_TEXT_LABEL]};
	if (change->result == STORE_OK)
		batch_reply(chat, request->peer, answer_new(request, REPLY_TOKEN));
	else
		answer_error(chat, request, ERROR_BAD_FIELD, TEXT_error_no_token, &args);
}

static void add_drop(struct chat *chat, struct change *change)
{
	batch_add(chat, change, STORE_DROP_TOKEN)->token = (struct store_token){
	    .person = change->request->peer->user->id, .label = change->request->text[REQUEST_TEXT_LABEL]};
}

static void revoke(struct chat *chat, struct request *request)
{
	add_drop(chat, batch_change(chat, request, then_revoked));
	request->peer->user->changing = batch_mark_now(chat);
}

/* --- a new one --- */

#define TOKEN_TEXT_BYTES 65

/* The token is in the last command, behind what it rests on and one that drops its predecessor. */
static uint32_t token_bits(const struct change *change)
{
	const struct store_command *put = batch_command(change, change->count - 1);
	assert(put->op == STORE_PUT_TOKEN);
	return user_token_bits(put->token.hash);
}

static void then_made(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	char *token = change->context;
	if (change->result == STORE_OK) {
		struct reply *reply = answer_new(request, REPLY_TOKEN);
		reply->token.text = reply_string(reply, token);
		if (request->peer->is_page)
			request->peer->token = token_bits(change);
		told_came(chat, request->peer->user);
		batch_reply(chat, request->peer, reply);
	} else if (change->result == STORE_NONE) {
		answer_error(chat, request, ERROR_NEED_HELLO, TEXT_NONE, NULL);
	} else {
		answer_limit(chat, request, TEXT_error_too_many_tokens,
			     chat->config.limits.tokens_per_account);
	}
	sodium_memzero(token, TOKEN_TEXT_BYTES);
}

static void token_make(struct chat *chat, struct request *request, bool replaces)
{
	unsigned char bytes[32];
	struct change *change = batch_change(chat, request, then_made);
	char *token = change->context = arena_zero(batch_arena(chat), TOKEN_TEXT_BYTES);
	enter_add_presence(chat, change);
	if (replaces)
		add_drop(chat, change);
	struct store_token *stored = &batch_add(chat, change, STORE_PUT_TOKEN)->token;
	*stored = (struct store_token){.person = request->peer->user->id,
				       .label = request->text[REQUEST_TEXT_LABEL],
				       .most = chat->config.limits.tokens_per_account};
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2hex(token, TOKEN_TEXT_BYTES, bytes, sizeof bytes);
	token_hash(token, stored->hash);
	sodium_memzero(bytes, sizeof bytes);
	request->peer->user->changing = batch_mark_now(chat);
}

/* A label that is there already is replaced: what the old token let in ends. */
static void then_known(struct chat *chat, struct question *question)
{
	struct labels *labels = question->context;
	struct request *request = question->request;
	bool replaces = false;
	for (size_t i = 0; i < labels->count; i++)
		replaces |= !strcmp(labels->texts[i], request->text[REQUEST_TEXT_LABEL]);
	reply_free(labels->reply);
	labels_free(labels);
	if (question->query.result != STORE_OK) {
		answer_read_failed(chat, request);
		return;
	}
	/* The asker may have been ended meanwhile; then they make no token. */
	if (need_user(chat, request))
		token_make(chat, request, replaces);
}

void do_token(struct chat *chat, struct request *request)
{
	if (!need_account(chat, request))
		return;
	if (!*request->text[REQUEST_TEXT_LABEL])
		ask_labels(chat, request, then_tokens_listed);
	else if (request->number[REQUEST_NUMBER_REVOKE])
		revoke(chat, request);
	else if (account_check_line(chat, request))
		ask_labels(chat, request, then_known);
}
