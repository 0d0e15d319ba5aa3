#include "chat/batch.h"

#include "base/logging.h"
#include "base/memory.h"
#include "chat/answer.h"
#include "chat/apply.h"
#include "chat/indexer.h"
#include "chat/publish.h"
#include "chat/state.h"

#include <assert.h>
#include <stdlib.h>

/* A batch is handed to the store at these sizes, whatever still waits. */
#define BATCH_ENTRIES_MAX 4096
#define BATCH_BYTES_MAX   (4 << 20)

enum output_kind { OUTPUT_REPLY, OUTPUT_JOINED, OUTPUT_EVENT, OUTPUT_CHANGE };

struct output {
	struct output *next;
	enum output_kind kind;
	unsigned worker;
	struct reply *reply;
	struct room *room;
	union {
		struct entry event;
		struct change change;
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
	batches->filling->number = 1;
	batches->out = mem_zero(workers * sizeof *batches->out);
	batches->put_off = mem_zero(workers * sizeof *batches->put_off);
}

void batches_release(struct chat *chat)
{
	for (int i = 0; i < 2; i++) {
		arena_release(&chat->batches.both[i].arena);
		free(chat->batches.both[i].stored.commands);
	}
	free(chat->batches.out);
	free(chat->batches.put_off);
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

void batch_reply(struct chat *chat, const struct peer *peer, struct reply *reply)
{
	struct output *output = add_output(chat, OUTPUT_REPLY);
	output->worker = peer->worker;
	output->reply = reply;
}

void batch_joined(struct chat *chat, const struct peer *peer, struct reply *reply, struct room *room)
{
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
}

void batch_event(struct chat *chat, struct room *room, const struct entry *event)
{
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
	if (change->result == STORE_FAILED && request && !change->goes_on)
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
	case OUTPUT_REPLY:
		break;
	}
	mail_chain_add(&chat->batches.out[output->worker], &output->reply->mail);
}

/* Outputs that one adds while it leaves come right behind it. */
static void let_all_out(struct chat *chat, struct batch *batch, bool is_stored)
{
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
	batch->stored.count = 0;
	batch->entries = batch->bytes = 0;
	batch->outputs = NULL;
	batch->outputs_last = &batch->outputs;
	arena_clear(&batch->arena);
}

/* Invariant 1: the marks are taken off first, so that what a change tells may decide anew. */
static void batch_leave(struct chat *chat, struct batch *batch, bool is_stored)
{
	struct batches *batches = &chat->batches;
	batches->done = batch->number;
	batches->stored = NULL;
	batches->turn++;
	batches->waiting = mailbox_length(&chat->inbox);
	for (unsigned i = 0; i < chat->config.workers_count; i++)
		mail_chain_move(&batches->out[i], &batches->put_off[i]);
	let_all_out(chat, batch, is_stored);
	names_settle(chat);
	reset(batch);
	/* The other batch may be about them. */
	if (chat->rooms.removed && !batch_is_filled(chat))
		rooms_free_removed(&chat->rooms);
	for (unsigned i = 0; i < chat->config.workers_count; i++)
		mailbox_post(chat->config.workers[i], &batches->out[i]);
}

static void batch_done(struct store_batch *stored, int result)
{
	struct batch *batch = (struct batch *)stored;
	struct chat *chat = batch->chat;
	bool has_news = batch->entries;
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

bool batch_flush(struct chat *chat)
{
	struct batches *batches = &chat->batches;
	struct batch *batch = batches->filling;
	/* Not while another batch is with the store, nor from within what one tells. */
	if (batches->stored || batches->leaving)
		return false;
	batches->filling = batch == &batches->both[0] ? &batches->both[1] : &batches->both[0];
	batches->filling->number = batch->number + 1;
	if (!batches->filling->number)
		batches->filling->number = 1;
	/* Invariant 2. */
	assert(batch != batches->filling && !batches->filling->stored.count); /* 2 */
	batches->stored = batch;
	if (batch->stored.count)
		chat->config.store->ops->submit(chat->config.store, &batch->stored);
	else
		batch_leave(chat, batch, true);
	return !batches->stored;
}
