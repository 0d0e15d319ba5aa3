#include "chat/hold.h"

#include "base/memory.h"
#include "chat/state.h"

#include <assert.h>
#include <stdlib.h>

struct hold {
	struct hold *next; /* in chat->held */
	struct peer *peer;
	struct mail *first, **last;
};

void held_init(struct held *held)
{
	*held = (struct held){0};
	held->last = &held->first;
}

void held_release(struct held *held)
{
	for (struct hold *hold = held->first, *next; hold; hold = next) {
		next = hold->next;
		for (struct mail *mail = hold->first, *rest; mail; mail = rest) {
			rest = mail->next;
			request_free((struct request *)mail);
		}
		free(hold);
	}
	held_init(held);
}

static void line_up(struct held *held, struct hold *hold)
{
	hold->next = NULL;
	*held->last = hold;
	held->last = &hold->next;
}

static struct hold *hold_of(struct chat *chat, struct peer *peer)
{
	if (!peer->hold) {
		peer->hold = mem_zero(sizeof *peer->hold);
		peer->hold->peer = peer;
		peer->hold->last = &peer->hold->first;
		line_up(&chat->held, peer->hold);
	}
	return peer->hold;
}

static void put_first(struct chat *chat, struct request *request)
{
	struct hold *hold = hold_of(chat, request->peer);
	request->mail.next = hold->first;
	if (!hold->first)
		hold->last = &request->mail.next;
	hold->first = &request->mail;
}

void hold_request(struct chat *chat, struct request *request)
{
	request->is_kept = true;
	if (request == chat->held.current) {
		/* Its turn came too early: it stays before those behind it. */
		chat->held.is_again = true;
		put_first(chat, request);
		return;
	}
	struct hold *hold = hold_of(chat, request->peer);
	request->mail.next = NULL;
	*hold->last = &request->mail;
	hold->last = &request->mail.next;
}

void hold_retry(struct chat *chat, struct change *change)
{
	struct request *request = change->request;
	change->request = NULL;
	put_first(chat, request);
}

/* The oldest request of the hold, which is gone when that was its last: closing a connection frees its peer. */
static struct request *take_first(struct hold *hold, bool *is_last)
{
	struct request *request = (struct request *)hold->first;
	/* Invariant 1: all that wait for this connection are in here. */
	assert(request->peer == hold->peer && hold->peer->hold == hold);
	hold->first = request->mail.next;
	*is_last = !hold->first;
	if (*is_last) {
		hold->peer->hold = NULL;
		free(hold);
	}
	request->mail.next = NULL;
	request->is_kept = false;
	return request;
}

/* One connection's turn. */
static void run_one(struct chat *chat, struct hold *hold)
{
	struct held *held = &chat->held;
	for (bool is_last = false; !is_last;) {
		struct request *request = take_first(hold, &is_last);
		held->current = request;
		held->is_again = false;
		chat_handle(chat, request);
		held->current = NULL;
		if (held->is_again && !is_last)
			line_up(held, hold);
		if (held->is_again)
			return;
	}
}

void hold_run(struct chat *chat)
{
	struct held *held = &chat->held;
	struct hold *all = held->first;
	held_init(held);
	for (struct hold *hold = all, *next; hold; hold = next) {
		next = hold->next;
		assert(hold->first);
		run_one(chat, hold);
		if (batch_is_full(chat))
			batch_flush(chat);
	}
}

bool held_can_go_on(const struct chat *chat)
{
	const struct hold *hold = chat->held.first;
	while (hold && hold->peer->waits)
		hold = hold->next;
	return hold != NULL;
}
