#include "chat/hold.h"

#include "base/memory.h"
#include "chat/state.h"

#include <assert.h>
#include <stdlib.h>

#define TURNS_MAX (2 * HOLD_TURNS_FREE)

struct hold {
	struct hold *next; /* in a queue of chat->held */
	struct peer *peer;
	struct mail *first, **last;
	uint16_t turns; /* taken, less those that it has gained back */
};

static void hold_queue_init(struct hold_queue *queue)
{
	*queue = (struct hold_queue){.last = &queue->first};
}

void held_init(struct held *held)
{
	*held = (struct held){0};
	hold_queue_init(&held->prompt);
	hold_queue_init(&held->late);
}

static void hold_queue_release(struct hold_queue *queue)
{
	for (struct hold *hold = queue->first, *next; hold; hold = next) {
		next = hold->next;
		for (struct mail *mail = hold->first, *rest; mail; mail = rest) {
			rest = mail->next;
			request_free((struct request *)mail);
		}
		free(hold);
	}
	hold_queue_init(queue);
}

void held_release(struct held *held)
{
	hold_queue_release(&held->prompt);
	hold_queue_release(&held->late);
}

static void line_up(struct held *held, struct hold *hold)
{
	struct hold_queue *queue = hold->turns < HOLD_TURNS_FREE ? &held->prompt : &held->late;
	hold->next = NULL;
	*queue->last = hold;
	queue->last = &hold->next;
}

/* Its queue was empty since the batch of peer->rested. */
static uint16_t hold_turns_of(const struct chat *chat, const struct peer *peer)
{
	uint16_t rest = (uint16_t)batch_mark_now(chat) - peer->rested;
	return rest < peer->turns ? peer->turns - rest : 0;
}

static struct hold *hold_of(struct chat *chat, struct peer *peer)
{
	if (!peer->hold) {
		peer->hold = mem_zero(sizeof *peer->hold);
		peer->hold->peer = peer;
		peer->hold->last = &peer->hold->first;
		peer->hold->turns = hold_turns_of(chat, peer);
		line_up(&chat->held, peer->hold);
	}
	return peer->hold;
}

/* Before all that have come later, and behind those that came before it and have to be decided anew, too. */
static void held_put_in_order(struct chat *chat, struct request *request)
{
	assert(request->peer);
	struct hold *hold = hold_of(chat, request->peer);
	struct mail **at = &hold->first;
	while (*at && ((const struct request *)*at)->arrival < request->arrival)
		at = &(*at)->next;
	request->mail.next = *at;
	if (!*at)
		hold->last = &request->mail.next;
	*at = &request->mail;
}

void hold_request(struct chat *chat, struct request *request)
{
	/* A request that waits for answers on its own connection waits for the batch that the store has. */
	if (!request->peer->waits && silence_refuses(chat, request))
		return;
	request->is_kept = true;
	if (request == chat->held.current) {
		/* Its turn came too early: it keeps its place in the line. */
		chat->held.is_again = true;
		held_put_in_order(chat, request);
		return;
	}
	struct hold *hold = hold_of(chat, request->peer);
	request->mail.next = NULL;
	*hold->last = &request->mail;
	hold->last = &request->mail.next;
}

void hold_retry(struct chat *chat, struct change *change)
{
	assert(change->request && change->request->peer);
	struct request *request = change->request;
	change->request = NULL;
	held_put_in_order(chat, request);
}

void hold_again(struct chat *chat, struct request *request)
{
	request->is_kept = true;
	held_put_in_order(chat, request);
}

/* The oldest request of the hold, which is gone when that was its last: closing a connection frees its peer. */
static struct request *take_first(const struct chat *chat, struct hold *hold, bool *is_last)
{
	struct request *request = (struct request *)hold->first;
	struct peer *peer = hold->peer;
	/* Invariant 1: all that wait for this connection are in here. */
	assert(request->peer == peer && peer->hold == hold);
	hold->first = request->mail.next;
	*is_last = !hold->first;
	if (*is_last) {
		peer->hold = NULL;
		peer->turns = hold->turns;
		peer->rested = (uint16_t)batch_mark_now(chat);
		free(hold);
	}
	request->mail.next = NULL;
	request->is_kept = false;
	return request;
}

/* One connection's turn; false where its first request has to wait once more. */
static bool run_one(struct chat *chat, struct hold *hold)
{
	struct held *held = &chat->held;
	bool is_taken = false;
	for (bool is_last = false; !is_last; is_taken = true) {
		if (!is_taken && hold->turns < TURNS_MAX)
			hold->turns++;
		struct request *request = take_first(chat, hold, &is_last);
		held->current = request;
		held->is_again = false;
		chat_handle(chat, request);
		held->current = NULL;
		if (!held->is_again)
			continue;
		if (is_last)
			hold = request->peer->hold;
		if (!is_taken && hold->turns)
			hold->turns--;
		if (!is_last)
			line_up(held, hold);
		return is_taken;
	}
	return true;
}

/* The queue as it was; those of it that have to wait again line up anew. */
static struct hold *take_queue(struct hold_queue *queue)
{
	struct hold *all = queue->first;
	hold_queue_init(queue);
	return all;
}

void hold_run(struct chat *chat)
{
	for (struct hold *hold = take_queue(&chat->held.prompt), *next; hold; hold = next) {
		next = hold->next;
		assert(hold->first);
		run_one(chat, hold);
		if (batch_is_full(chat))
			batch_flush(chat);
	}
}

void hold_run_late(struct chat *chat)
{
	struct held *held = &chat->held;
	unsigned turns = chat->batches.filling->stored.count ? 1 : HOLD_TURNS_LATE;
	if (held->batch != batch_mark_now(chat))
		held->late_turns = 0;
	held->batch = batch_mark_now(chat);
	for (struct hold *hold = take_queue(&held->late), *next; hold; hold = next) {
		next = hold->next;
		if (held->late_turns >= turns)
			line_up(held, hold);
		else
			held->late_turns += run_one(chat, hold);
	}
}

static bool can_go_on(const struct hold_queue *queue)
{
	const struct hold *hold = queue->first;
	while (hold && hold->peer->waits)
		hold = hold->next;
	return hold != NULL;
}

bool held_can_go_on(const struct chat *chat)
{
	return can_go_on(&chat->held.prompt) || can_go_on(&chat->held.late);
}
