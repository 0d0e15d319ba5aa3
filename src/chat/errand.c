#include "chat/errand.h"

#include "base/memory.h"
#include "chat/answer.h"
#include "chat/people/enter.h"
#include "chat/state.h"

#include <assert.h>
#include <stdlib.h>

static void run_errand(struct job *job, struct store_reader *reader)
{
	struct errand *errand = (struct errand *)job;
	errand->work(errand, reader);
	struct request *done = request_new(REQUEST_DONE, 0);
	done->peer = errand->request->peer;
	done->errand = errand;
	mailbox_post_one(&errand->chat->inbox, &done->mail);
}

bool errand_send(struct chat *chat, struct jobs *jobs, struct errand *errand, struct request *request)
{
	assert(errand->work && errand->then && request->peer);
	errand->job.run = run_errand;
	errand->chat = chat;
	errand->request = request;
	if (!jobs_post(jobs, &errand->job))
		return false;
	request->peer->waits++;
	request->is_kept = true;
	return true;
}

void do_done(struct chat *chat, struct request *done)
{
	struct errand *errand = done->errand;
	struct peer *peer = done->peer;
	assert(peer->waits > 0);
	peer->waits--;
	errand->then(chat, errand);
	if (errand->request)
		request_free(errand->request);
	free(errand);
}

/* Goes on with what the store has answered. The request is the caller's again, unless `then` kept it. */
static bool go_on(struct question *question)
{
	assert(question->request->peer->waits > 0);
	struct request *request = question->request;
	request->peer->waits--;
	request->is_kept = false;
	struct chat *chat = question->chat;
	struct request *before = chat->answering;
	chat->answering = request;
	question->then(chat, question);
	chat->answering = before;
	free(question);
	return request->is_kept;
}

static void answered(struct store_query *query)
{
	assert(!((struct question *)query)->is_answered);
	struct question *question = (struct question *)query;
	struct request *request = question->request;
	question->is_answered = true;
	silence_return(question->chat);
	/* question_ask() continues by itself, so that the request of its caller is not freed while in use. */
	if (!question->is_being_asked && !go_on(question))
		request_free(request);
}

void question_ask(struct chat *chat, struct request *request, const struct store_query *query,
		  question_then *then, void *context)
{
	assert(then && request->peer);
	struct question *question = mem_zero(sizeof *question);
	*question = (struct question){
	    .query = *query, .chat = chat, .request = request, .then = then, .context = context};
	question->query.done = answered;
	request->is_kept = true;
	request->peer->waits++;
	if (silence_is(chat)) {
		question->query.result = STORE_FAILED;
		chat->silence.is_refusing = true;
		go_on(question);
		chat->silence.is_refusing = false;
		return;
	}
	question->is_being_asked = true;
	silence_give(chat);
	chat->config.store->ops->ask(chat->config.store, &question->query);
	question->is_being_asked = false;
	if (question->is_answered)
		go_on(question);
}

void question_reply(struct chat *chat, struct question *question)
{
	struct reply *reply = question->context;
	if (question->query.result == STORE_OK) {
		batch_reply(chat, question->request->peer, reply);
		return;
	}
	reply_free(reply);
	answer_read_failed(chat, question->request);
}

void request_hand_on(struct chat *chat, struct request *request,
		     void (*handler)(struct chat *chat, struct request *request))
{
	request->is_kept = false;
	handler(chat, request);
	if (!request->is_kept)
		request_free(request);
}
