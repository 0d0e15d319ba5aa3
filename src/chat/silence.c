#include "chat/silence.h"

#include "base/clock.h"
#include "base/operation.h"
#include "chat/answer.h"
#include "chat/state.h"

#include <assert.h>

void silence_give(struct chat *chat)
{
	if (!chat->silence.under_way++)
		chat->silence.since_ms = clock_mono_ms();
}

void silence_return(struct chat *chat)
{
	assert(chat->silence.under_way);
	chat->silence.under_way--;
	chat->silence.since_ms = clock_mono_ms();
}

bool silence_is(const struct chat *chat)
{
	const struct silence *silence = &chat->silence;
	return silence->under_way &&
	       clock_mono_ms() - silence->since_ms >= chat->config.limits.store_wait_seconds * 1000;
}

bool silence_needs_no_store(enum request_op op)
{
	return operation_is(op, OPERATION_LISTS | OPERATION_PAGES) || op == REQUEST_PING ||
	       op == REQUEST_HELP || op == REQUEST_LOOK || op == REQUEST_WHOWAS;
}

bool silence_may_refuse(const struct request *request)
{
	return !operation_is(request->op, OPERATION_UNANSWERED) && request->op != REQUEST_QUIT;
}

bool silence_refuses(struct chat *chat, const struct request *request)
{
	if (!silence_may_refuse(request) || !silence_is(chat))
		return false;
	answer_error(chat, request, ERROR_BUSY, TEXT_error_store_waits, NULL);
	return true;
}

bool silence_refuses_new(struct chat *chat, const struct request *request)
{
	if (request->op == REQUEST_TYPING)
		return silence_is(chat);
	return !silence_needs_no_store(request->op) && silence_refuses(chat, request);
}
