#include "chat/batch.h"

#include "base/logging.h"
#include "base/memory.h"
#include "chat/answer.h"
#include "chat/apply.h"
#include "chat/indexer.h"
#include "chat/node.h"
#include "chat/publish.h"
#include "chat/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A batch is handed to the store at these sizes, whatever still waits. */
#define BATCH_ENTRIES_MAX 4096
#define BATCH_BYTES_MAX   (4 << 20)

enum output_kind { OUTPUT_REPLY, OUTPUT_JOINED, OUTPUT_EVENT, OUTPUT_CHANGE, OUTPUT_NEWS };

struct output {
	struct output *next;
	enum output_kind kind;
	unsigned worker;
	struct reply *reply;
	struct room *room;
	union {
		struct entry event;
		struct change change;
		struct {
			void (*tell)(struct chat *chat, void *context);
			void *context;
		} news;
	};
};

static void batch_done(struct store_batch *stored, int result);

void batches_init(struct chat *chat, unsigned workers)
{
	struct batches *batches = &chat->batches;
	*batches = (struct batches){.filling = &batches->both[0], .added_last = &batches->added};
	for (int i = 0; i < 2; i++) {
		struct batch *batch = &batches->both[i];
		batch->stored.done = batch_done;
		batch->chat = chat;
		batch->outputs_last = &batch->outputs;
	}
	batches->news.chat = chat;
	batches->news.outputs_last = &batches->news.outputs;
	batches->filling->number = 1;
	batches->out = mem_zero(workers * sizeof *batches->out);
	batches->put_off = mem_zero(workers * sizeof *batches->put_off);
}

void batches_release(struct chat *chat)
{
	assert(!chat->batches.leaving);
	for (int i = 0; i < 2; i++) {
		arena_release(&chat->batches.both[i].arena);
		free(chat->batches.both[i].stored.commands);
	}
	arena_release(&chat->batches.news.arena);
	free(chat->batches.out);
	free(chat->batches.put_off);
}

void batches_rest(struct chat *chat)
{
	for (int i = 0; i < 2; i++) {
		struct batch *batch = &chat->batches.both[i];
		if (batch->stored.count || batch == chat->batches.stored)
			continue;
		free(batch->stored.commands);
		batch->stored.commands = NULL;
		batch->capacity = 0;
	}
}

bool batch_is_under_way(const struct chat *chat, batch_mark mark)
{
	return mark && (int32_t)(mark - chat->batches.done) > 0;
}

batch_mark batch_mark_now(const struct chat *chat)
{
	return chat->batches.filling->number;
}

struct arena *batch_arena(struct chat *chat)
{
	return &chat->batches.filling->arena;
}

/* --- outputs --- */

/* Replies and events that a change tells when it is done leave with that change, the rest with its batch. A
 * change always belongs to the batch that is being filled. */
static struct output *add_output(struct chat *chat, enum output_kind kind)
{
	struct batches *batches = &chat->batches;
	struct batch *batch = kind != OUTPUT_CHANGE && batches->leaving ? batches->leaving : batches->filling;
	struct output *output = arena_zero(&batch->arena, sizeof *output);
	output->kind = kind;
	if (batch == batches->leaving) {
		*batches->added_last = output;
		batches->added_last = &output->next;
	} else {
		*batch->outputs_last = output;
		batch->outputs_last = &output->next;
	}
	return output;
}

void batch_tell(struct chat *chat, const struct peer *peer, struct reply *reply)
{
	assert(peer->worker < chat->config.workers_count);
	struct output *output = add_output(chat, OUTPUT_REPLY);
	output->worker = peer->worker;
	output->reply = reply;
}

static void mark_answered(const struct chat *chat, struct peer *peer)
{
	if (!chat->batches.leaving)
		peer->answered = chat->batches.filling->number;
}

/* While a batch is with the store, an answer that rests on what is known already need not wait for it, but behind what the
 * same peer has asked for before. */
static bool may_leave_now(const struct chat *chat, const struct peer *peer, const struct reply *reply)
{
	const struct batches *batches = &chat->batches;
	if (!batches->stored || batches->leaving)
		return false;
	if (silence_is(chat))
		return true;
	return silence_needs_no_store(reply->op) &&
	       !(batch_is_under_way(chat, peer->sending) || batch_is_under_way(chat, peer->changing) ||
		 batch_is_under_way(chat, peer->answered));
}

void batch_reply(struct chat *chat, struct peer *peer, struct reply *reply)
{
	if (may_leave_now(chat, peer, reply)) {
		mail_chain_add(&chat->batches.out[peer->worker], &reply->mail);
		return;
	}
	mark_answered(chat, peer);
	batch_tell(chat, peer, reply);
}

void batch_joined(struct chat *chat, struct peer *peer, struct reply *reply, struct room *room)
{
	assert(reply->kind == REPLY_JOINED && room);
	mark_answered(chat, peer);
	struct output *output = add_output(chat, OUTPUT_JOINED);
	output->worker = peer->worker;
	output->reply = reply;
	output->room = room;
}

void batch_follows(struct chat *chat, const struct peer *peer, struct reply *reply, const struct room *room)
{
	assert(chat->batches.leaving);
	publish_place_reader(chat, room, &reply->joined);
	mail_chain_add(&chat->batches.out[peer->worker], &reply->mail);
}

static void copy_event(struct arena *arena, struct entry *to, const struct entry *from)
{
	*to = *from;
	to->name = arena_string(arena, from->name);
	to->ip = arena_string(arena, from->ip);
	to->text = arena_string(arena, from->text);
	to->args.name = arena_string(arena, from->args.name);
	to->args.room = arena_string(arena, from->args.room);
	to->args.text = arena_string(arena, from->args.text);
	to->args.by = arena_string(arena, from->args.by);
	to->untold = arena_copy(arena, from->untold, from->untold_count * sizeof *from->untold);
}

void batch_event(struct chat *chat, struct room *room, const struct entry *event)
{
	assert(room);
	struct batches *batches = &chat->batches;
	struct output *output = add_output(chat, OUTPUT_EVENT);
	struct batch *batch = batches->leaving ? batches->leaving : batches->filling;
	output->room = room;
	copy_event(&batch->arena, &output->event, event);
}

/* --- decisions --- */

static struct change *batch_begin(struct chat *chat, struct request *request, change_then *then)
{
	struct batch *batch = chat->batches.filling;
	struct change *change = &add_output(chat, OUTPUT_CHANGE)->change;
	*change =
	    (struct change){.first = batch->stored.count, .request = request, .then = then, .batch = batch};
	change->is_of_user = request && request->peer->user;
	if (request)
		request->is_kept = true;
	return change;
}

struct change *batch_change(struct chat *chat, struct request *request, change_then *then)
{
	if (request)
		request->peer->changing = chat->batches.filling->number;
	return batch_begin(chat, request, then);
}

struct change *batch_say(struct chat *chat, struct request *request, change_then *then)
{
	assert(request->peer->user);
	request->peer->sending = chat->batches.filling->number;
	return batch_begin(chat, request, then);
}

struct store_command *batch_add(struct chat *chat, struct change *change, enum store_op op)
{
	struct batch *batch = change->batch;
	struct store_batch *stored = &batch->stored;
	assert(batch == chat->batches.filling && change->first + change->count == stored->count);
	stored->commands =
	    mem_grow(stored->commands, &batch->capacity, stored->count + 1, sizeof *stored->commands);
	struct store_command *command = &stored->commands[stored->count++];
	*command = (struct store_command){.op = op, .begins_group = !change->count};
	change->count++;
	return command;
}

struct store_command *batch_command(const struct change *change, size_t index)
{
	assert(index < change->count);
	return &change->batch->stored.commands[change->first + index];
}

void batch_said(struct change *change, size_t text_bytes)
{
	assert(change->count);
	change->batch->entries++;
	change->batch->bytes += text_bytes + sizeof(struct entry);
}

bool batch_is_full(const struct chat *chat)
{
	const struct batch *batch = chat->batches.filling;
	return batch->entries >= BATCH_ENTRIES_MAX || batch->bytes >= BATCH_BYTES_MAX;
}

/* --- the way out --- */

/* Why the group was not carried out; STORE_OK where it was. */
static int result_of(const struct change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		int result = batch_command(change, i)->result;
		if (result != STORE_OK && result != STORE_SKIPPED)
			return result;
	}
	return STORE_OK;
}

static void settle_change(struct chat *chat, struct change *change, bool is_stored)
{
	struct request *request = change->request;
	change->result = is_stored ? result_of(change) : STORE_FAILED;
	if (change->result == STORE_OK)
		for (size_t i = 0; i < change->count; i++)
			chat_apply(chat, change, batch_command(change, i));
	/* The asker was put out of the server meanwhile: the change stays stored, and nobody waits for an answer. */
	if (change->is_of_user && !request->peer->user)
		batch_reply(chat, request->peer, answer_new(request, REPLY_ACK));
	else if (node_decides_anew(chat, change))
		return;
	else if (change->result == STORE_FAILED && request && !change->goes_on)
		answer_error(chat, request, ERROR_STORE_FAILED, TEXT_NONE, NULL);
	else if (change->then)
		change->then(chat, change);
	else if (request)
		answer_ok(chat, request);
	if (request && request == change->request)
		request_free(request);
}

static void send_output(struct chat *chat, struct output *output, bool is_stored)
{
	switch (output->kind) {
	case OUTPUT_CHANGE:
		settle_change(chat, &output->change, is_stored);
		return;
	case OUTPUT_EVENT:
		publish_entry(chat, output->room, &output->event);
		return;
	case OUTPUT_JOINED:
		publish_place_reader(chat, output->room, &output->reply->joined);
		break;
	case OUTPUT_NEWS:
		output->news.tell(chat, output->news.context);
		return;
	case OUTPUT_REPLY:
		break;
	}
	mail_chain_add(&chat->batches.out[output->worker], &output->reply->mail);
}

/* Outputs that one adds while it leaves come right behind it. */
static void let_all_out(struct chat *chat, struct batch *batch, bool is_stored)
{
	assert(!chat->batches.leaving && !chat->batches.added);
	struct batches *batches = &chat->batches;
	batches->leaving = batch;
	for (struct output *output = batch->outputs; output;) {
		struct output *next = output->next;
		send_output(chat, output, is_stored);
		*batches->added_last = next;
		output = batches->added;
		batches->added = NULL;
		batches->added_last = &batches->added;
	}
	batches->leaving = NULL;
}

static void reset(struct batch *batch)
{
	assert(batch != batch->chat->batches.stored);
	batch->stored.count = 0;
	batch->entries = batch->bytes = 0;
	batch->outputs = NULL;
	batch->outputs_last = &batch->outputs;
	arena_clear(&batch->arena);
}

/* Each is told of by one wake at most. */
static void begin_turn(struct chat *chat)
{
	struct batches *batches = &chat->batches;
	batches->turn++;
	batches->waiting = mailbox_length(&chat->inbox);
	for (unsigned i = 0; i < chat->config.workers_count; i++)
		mail_chain_move(&batches->out[i], &batches->put_off[i]);
}

void batch_tell_news(struct chat *chat, void (*tell)(struct chat *chat, void *context), void *context)
{
	struct batch *news = &chat->batches.news;
	struct output *output = arena_zero(&news->arena, sizeof *output);
	output->kind = OUTPUT_NEWS;
	output->news.tell = tell;
	output->news.context = context;
	begin_turn(chat);
	*news->outputs_last = output;
	news->outputs_last = &output->next;
	let_all_out(chat, news, true);
	reset(news);
	batch_send_ready(chat);
}

/* Invariant 1: the marks are taken off first, so that what a change tells may decide anew. */
static void batch_leave(struct chat *chat, struct batch *batch, bool is_stored)
{
	struct batches *batches = &chat->batches;
	batches->done = batch->number;
	batches->stored = NULL;
	begin_turn(chat);
	let_all_out(chat, batch, is_stored);
	names_settle(chat);
	reset(batch);
	/* The other batch may be about them. */
	if (chat->rooms.removed && !batch_is_filled(chat))
		rooms_free_removed(&chat->rooms);
	batch_send_ready(chat);
}

void batch_send_ready(struct chat *chat)
{
	for (unsigned i = 0; i < chat->config.workers_count; i++)
		mailbox_post(chat->config.workers[i], &chat->batches.out[i]);
}

static void batch_done(struct store_batch *stored, int result)
{
	struct batch *batch = (struct batch *)stored;
	struct chat *chat = batch->chat;
	bool has_news = batch->entries;
	silence_return(chat);
	/* Invariant 2, and 1 of store.h. */
	assert(chat->batches.stored == batch && (result == STORE_OK || result == STORE_FAILED));
	chat->commits += result == STORE_OK;
	chat->failed_commits += result != STORE_OK;
	batch_leave(chat, batch, result == STORE_OK);
	if (has_news)
		indexer_wake(chat->indexer);
}

bool batch_is_filled(const struct chat *chat)
{
	return chat->batches.filling->outputs != NULL;
}

/* --- while the store is silent --- */

/* Takes the changes that are refused, with their commands, out of the batch: in their order, the others close up. */
static struct output *take_refused(struct batch *batch, struct batch *refused)
{
	struct store_command *commands = batch->stored.commands;
	struct output *next, *first = NULL, **last = &first;
	struct output **at = &batch->outputs;
	size_t kept = 0;
	for (struct output *output = *at; output; output = next) {
		struct change *change = &output->change;
		next = output->next;
		if (output->kind == OUTPUT_CHANGE && change->request && silence_may_refuse(change->request)) {
			memcpy(refused->stored.commands + refused->stored.count, commands + change->first,
			       change->count * sizeof *commands);
			change->first = refused->stored.count;
			change->batch = refused;
			refused->stored.count += change->count;
			*last = output;
			last = &output->next;
			continue;
		}
		if (output->kind == OUTPUT_CHANGE) {
			memmove(commands + kept, commands + change->first, change->count * sizeof *commands);
			change->first = kept;
			kept += change->count;
		}
		*at = output;
		at = &output->next;
	}
	*at = *last = NULL;
	batch->outputs_last = at;
	batch->stored.count = kept;
	return first;
}

void batch_refuse(struct chat *chat)
{
	struct batch *batch = chat->batches.filling;
	struct batch refused = {.chat = chat};
	if (!batch->stored.count)
		return;
	refused.stored.commands = mem_alloc(batch->stored.count * sizeof *refused.stored.commands);
	chat->silence.is_refusing = true;
	for (struct output *output = take_refused(batch, &refused), *next; output; output = next) {
		next = output->next;
		settle_change(chat, &output->change, false);
	}
	chat->silence.is_refusing = false;
	free(refused.stored.commands);
	if (!batch->outputs)
		reset(batch);
}

bool batch_flush(struct chat *chat)
{
	struct batches *batches = &chat->batches;
	struct batch *batch = batches->filling;
	struct store *store = chat->config.store;
	/* Not while another batch is with the store, nor from within what one tells. */
	if (batches->stored || batches->leaving)
		return false;
	batches->filling = batch == &batches->both[0] ? &batches->both[1] : &batches->both[0];
	batches->filling->number = batch->number + 1;
	if (!batches->filling->number)
		batches->filling->number = 1;
	assert(batch != batches->filling && !batches->filling->stored.count); /* 2 */
	batches->stored = batch;
	if (!batch->stored.count) {
		batch_leave(chat, batch, true);
	} else if (store->ops->takes(store)) {
		silence_give(chat);
		store->ops->submit(store, &batch->stored);
	} else {
		chat->silence.is_refusing = true;
		batch_leave(chat, batch, false);
		chat->silence.is_refusing = false;
	}
	return !batches->stored;
}
