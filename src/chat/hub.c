#include "chat/hub.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "chat/indexer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A transaction is closed at these sizes, whatever still waits. */
#define BATCH_ENTRIES_MAX 4096
#define BATCH_BYTES_MAX   (4 << 20)

enum output_kind { OUTPUT_REPLY, OUTPUT_JOINED, OUTPUT_ENTRY };

struct output {
	struct output *next;
	enum output_kind kind;
	bool is_durable; /* tells of something that the open transaction stores */
	unsigned worker;
	struct reply *reply;
	struct room *room;
	struct entry entry; /* an entry or an event */
};

static struct output *add_output(struct chat *chat, enum output_kind kind)
{
	struct output *output = arena_zero(&chat->arena, sizeof *output);
	output->kind = kind;
	*(chat->outputs ? chat->outputs_last : &chat->outputs) = output;
	chat->outputs_last = &output->next;
	return output;
}

static struct output *add_reply(struct chat *chat, enum output_kind kind, const struct peer *peer,
				struct reply *reply)
{
	struct output *output = add_output(chat, kind);
	output->worker = peer->worker;
	output->reply = reply;
	return output;
}

void hub_reply(struct chat *chat, const struct peer *peer, struct reply *reply)
{
	add_reply(chat, OUTPUT_REPLY, peer, reply);
}

void hub_joined(struct chat *chat, const struct peer *peer, struct reply *reply, struct room *room)
{
	add_reply(chat, OUTPUT_JOINED, peer, reply)->room = room;
}

void hub_ok(struct chat *chat, const struct request *request)
{
	hub_reply(chat, request->peer, reply_to(request, REPLY_OK, request->peer->connection));
}

void hub_notice(struct chat *chat, const struct request *request, const char *key,
		const struct text_args *args)
{
	struct reply *reply = reply_to(request, REPLY_OK, request->peer->connection);
	reply_set_text(reply, key, args);
	hub_reply(chat, request->peer, reply);
}

void hub_error(struct chat *chat, const struct request *request, enum error_code code, const char *key,
	       const struct text_args *args)
{
	struct reply *reply = reply_to(request, REPLY_ERROR, request->peer->connection);
	reply->error = code;
	reply_set_text(reply, key, args);
	hub_reply(chat, request->peer, reply);
}

void hub_bad_field(struct chat *chat, const struct request *request, const char *field)
{
	struct text_args args = {.text = field, .field = field};
	hub_error(chat, request, ERROR_BAD_FIELD, NULL, &args);
}

void hub_ok_stored(struct chat *chat, const struct request *request)
{
	struct reply *reply = reply_to(request, REPLY_OK, request->peer->connection);
	add_reply(chat, OUTPUT_REPLY, request->peer, reply)->is_durable = true;
}

struct reply *hub_tell(struct chat *chat, const struct peer *peer, enum reply_kind kind)
{
	struct reply *reply = reply_new(kind, peer->connection);
	hub_reply(chat, peer, reply);
	return reply;
}

void hub_tell_event(struct chat *chat, const struct peer *peer, const struct entry *event)
{
	struct reply *reply = hub_tell(chat, peer, REPLY_EVENT);
	reply->entries = arena_zero(&reply->arena, sizeof *reply->entries);
	reply->entries_count = 1;
	reply_copy_entry(reply, &reply->entries[0].entry, event);
}

static void copy_entry(struct chat *chat, struct entry *to, const struct entry *from)
{
	*to = *from;
	to->name = arena_string(&chat->arena, from->name);
	to->ip = arena_string(&chat->arena, from->ip);
	to->text = arena_string(&chat->arena, from->text);
	to->args.name = arena_string(&chat->arena, from->args.name);
	to->args.room = arena_string(&chat->arena, from->args.room);
	to->args.text = arena_string(&chat->arena, from->args.text);
	to->args.by = arena_string(&chat->arena, from->args.by);
}

void hub_event(struct chat *chat, struct room *room, const struct entry *event)
{
	struct output *output = add_output(chat, OUTPUT_ENTRY);
	output->room = room;
	copy_entry(chat, &output->entry, event);
}

void hub_user_event(struct chat *chat, struct room *room, enum entry_kind kind, const struct user *user,
		    uint64_t author, const char *key, const struct text_args *args)
{
	struct entry event = {.kind = kind, .author = author, .name = user->name, .key = key};
	if (args)
		event.args = *args;
	if (!event.args.name)
		event.args.name = user->name;
	if (!event.args.room)
		event.args.room = room->name;
	hub_event(chat, room, &event);
}

static struct mail_chain *out_of(struct chat *chat, unsigned worker)
{
	return &chat->out[worker];
}

/* A crowd is woken for two batches at once where the second is there already and costs less than writing to
 * everybody twice. The next batch wakes it in any case. */
static bool can_wait(const struct chat *chat, const struct view *view)
{
	return chat->waiting && view->followers >= LIMIT_CROWD && chat->waiting <= view->followers;
}

/* Invariant 3 of the design: once per encoding that somebody follows, never once per connection. */
static void publish_view(struct chat *chat, struct view *view, struct entry *entry)
{
	struct room *room = view->room;
	char shown[ROOM_SHOWN_BYTES];
	entry->room = room_name_for(room, room->sides[view->side], shown);
	buffer_clear(&chat->encoded);
	chat->config.encode(view->encoding, entry, &chat->encoded);
	size_t length = buffer_length(&chat->encoded);
	if (!length)
		return;
	uint32_t flags = entry_is_stored(entry->kind) ? 0 : CHUNK_EPHEMERAL;
	log_append(&view->log, buffer_bytes(&chat->encoded), length, room->end_seq, entry->author, flags);
	bool is_put_off = can_wait(chat, view);
	for (unsigned i = 0; i < chat->config.workers_count; i++) {
		struct view_worker *worker = &view->workers[i];
		if (!worker->followers || worker->woken_batch >= chat->batch)
			continue;
		worker->woken_batch = chat->batch + is_put_off;
		struct reply *wake = reply_new(REPLY_WAKE, 0);
		wake->view = view->id;
		mail_chain_add(is_put_off ? &chat->put_off[i] : out_of(chat, i), &wake->mail);
	}
}

static void publish(struct chat *chat, struct room *room, struct entry *entry)
{
	if (entry_is_stored(entry->kind)) {
		assert(entry->seq == room->end_seq + 1);
		room->end_seq = entry->seq;
		chat->entries++;
	}
	for (unsigned i = 0; i < chat->config.encodings * ROOM_SIDES; i++)
		if (room->views[i])
			publish_view(chat, room->views[i], entry);
}

/* Fixes where the new reader begins: behind all that this batch let out before it. */
static void place_reader(const struct chat *chat, const struct output *output)
{
	struct view *view = NULL;
	for (unsigned i = 0; i < chat->config.encodings * ROOM_SIDES && !view; i++)
		if (output->room->views[i] && output->room->views[i]->id == output->reply->view)
			view = output->room->views[i];
	output->reply->seq = output->room->end_seq;
	output->reply->purged_seq = output->room->purged_seq;
	output->reply->count = (int64_t)output->room->members_count;
	/* The view is another one where the connection left again within the batch. */
	if (!view)
		return;
	output->reply->chunk = chunk_acquire(view->log.tail);
	output->reply->item = atomic_load_explicit(&view->log.tail->count, memory_order_relaxed);
}

static void let_out(struct chat *chat, struct output *output, bool is_stored)
{
	if (output->kind == OUTPUT_ENTRY)
		output->room->staged = 0;
	if (output->is_durable && !is_stored) {
		if (!output->reply)
			return;
		output->reply->kind = REPLY_ERROR;
		output->reply->error = ERROR_STORE_FAILED;
	}
	switch (output->kind) {
	case OUTPUT_ENTRY:
		publish(chat, output->room, &output->entry);
		return;
	case OUTPUT_JOINED:
		place_reader(chat, output);
		break;
	case OUTPUT_REPLY:
		break;
	}
	mail_chain_add(out_of(chat, output->worker), &output->reply->mail);
}

/* Ends the batch: `is_stored` says whether what it staged is on stable storage. */
static void end_batch(struct chat *chat, bool is_stored)
{
	chat->is_batch_open = false;
	chat->staged = chat->staged_bytes = 0;
	chat->batch++;
	chat->waiting = mailbox_length(&chat->inbox);
	for (unsigned i = 0; i < chat->config.workers_count; i++)
		mail_chain_move(out_of(chat, i), &chat->put_off[i]);
	for (struct output *output = chat->outputs; output; output = output->next)
		let_out(chat, output, is_stored);
	chat->outputs = NULL;
	arena_clear(&chat->arena);
	for (unsigned i = 0; i < chat->config.workers_count; i++)
		mailbox_post(chat->config.workers[i], out_of(chat, i));
}

void hub_flush(struct chat *chat)
{
	bool is_stored = true;
	bool has_news = chat->staged;
	if (chat->is_batch_open) {
		is_stored = chat->config.store->ops->commit(chat->config.store) == STORE_OK;
		chat->commits += is_stored;
		chat->failed_commits += !is_stored;
	}
	end_batch(chat, is_stored);
	if (has_news)
		indexer_wake(chat->indexer);
}

void hub_store_failed(struct chat *chat, const struct request *request)
{
	end_batch(chat, false);
	hub_error(chat, request, ERROR_STORE_FAILED, NULL, NULL);
}

void hub_read_failed(struct chat *chat, const struct request *request)
{
	hub_error(chat, request, ERROR_STORE_FAILED, "error.read_failed", NULL);
}

void hub_drop_batch(struct chat *chat)
{
	end_batch(chat, false);
}

void hub_seal(struct chat *chat, struct room *room)
{
	for (unsigned i = 0; i < chat->config.encodings * ROOM_SIDES; i++) {
		struct view *view = room->views[i];
		if (!view)
			continue;
		log_seal(&view->log, room->end_seq);
		for (unsigned k = 0; k < chat->config.workers_count; k++) {
			struct reply *seal = view->workers[k].followers ? reply_new(REPLY_SEAL, 0) : NULL;
			if (!seal)
				continue;
			seal->view = view->id;
			mail_chain_add(out_of(chat, k), &seal->mail);
		}
	}
}

int hub_open_batch(struct chat *chat, const struct request *request)
{
	if (!chat->is_batch_open && chat->config.store->ops->begin(chat->config.store) != STORE_OK) {
		hub_store_failed(chat, request);
		return -1;
	}
	chat->is_batch_open = true;
	return 0;
}

void hub_rollback(struct chat *chat)
{
	chat->is_batch_open = false;
	chat->config.store->ops->rollback(chat->config.store);
}

int hub_begin(struct chat *chat, const struct request *request)
{
	hub_flush(chat);
	if (chat->config.store->ops->begin(chat->config.store) != STORE_OK) {
		hub_store_failed(chat, request);
		return -1;
	}
	chat->is_batch_open = true;
	return 0;
}

int hub_commit(struct chat *chat, const struct request *request)
{
	chat->is_batch_open = false;
	if (chat->config.store->ops->commit(chat->config.store) == STORE_OK) {
		chat->commits++;
		return 0;
	}
	chat->failed_commits++;
	hub_store_failed(chat, request);
	return -1;
}

int hub_finish(struct chat *chat, const struct request *request, int result)
{
	if (result == STORE_OK)
		return hub_commit(chat, request);
	if (chat->is_batch_open)
		hub_store_failed(chat, request);
	return -1;
}

static void send_id_of(struct chat *chat, const struct request *request, struct store_send_id *send_id)
{
	const struct user *user = request->peer->user;
	size_t bytes = strlen(user_folded(user)) + 1;
	char *key = arena_zero(&chat->arena, sizeof "account:" + 20 + bytes);
	if (user->account) {
		sprintf(key, "account:%lld", (long long)user->account);
	} else {
		memcpy(key, "guest:", 6);
		memcpy(key + 6, user_folded(user), bytes);
	}
	*send_id = (struct store_send_id){
	    .user = key, .device = request->peer->device, .id = request->text[REQUEST_TEXT_ID]};
}

static void acknowledge(struct chat *chat, const struct request *request, const struct room *room,
			const struct entry *entry)
{
	struct reply *ack = reply_to(request, REPLY_ACK, request->peer->connection);
	char shown[ROOM_SHOWN_BYTES];
	ack->room = reply_string(ack, room_name_for(room, request->peer->user, shown));
	ack->seq = entry->seq;
	ack->time_ms = entry->time_ms;
	add_reply(chat, OUTPUT_REPLY, request->peer, ack)->is_durable = true;
}

bool hub_store_entry(struct chat *chat, const struct request *request, struct room *room, struct entry *entry)
{
	struct store *store = chat->config.store;
	if (hub_open_batch(chat, request))
		return false;
	entry->room_id = room->id;
	entry->time_ms = clock_wall_ms();
	struct store_send_id send_id;
	bool is_repeat = false;
	send_id_of(chat, request, &send_id);
	int result = store->ops->append(store, entry, &send_id, &is_repeat);
	if (result == STORE_FAILED) {
		hub_store_failed(chat, request);
		return false;
	}
	if (result == STORE_ID_REUSED) {
		hub_error(chat, request, ERROR_ID_REUSED, NULL, NULL);
		return false;
	}
	chat->repeats += is_repeat;
	if (!is_repeat) {
		struct output *output = add_output(chat, OUTPUT_ENTRY);
		users_note_entry(&chat->users, entry->id);
		output->is_durable = true;
		output->room = room;
		copy_entry(chat, &output->entry, entry);
		room->staged++;
	}
	acknowledge(chat, request, room, entry);
	chat->staged_bytes += strlen(entry->text) + sizeof *entry;
	if (++chat->staged >= BATCH_ENTRIES_MAX || chat->staged_bytes >= BATCH_BYTES_MAX)
		hub_flush(chat);
	return !is_repeat;
}

bool hub_acknowledge_repeat(struct chat *chat, const struct request *request, struct room *room,
			    struct entry *entry)
{
	struct store *store = chat->config.store;
	struct store_send_id send_id;
	if (!request->text[REQUEST_TEXT_ID])
		return false;
	send_id_of(chat, request, &send_id);
	entry->room_id = room->id;
	int found = store->ops->find_send(store, entry, &send_id);
	if (found == STORE_FAILED) {
		hub_read_failed(chat, request);
	} else if (found == STORE_OK) {
		chat->repeats++;
		acknowledge(chat, request, room, entry);
	}
	return found == STORE_FAILED || found == STORE_OK;
}

struct user *hub_need_user(struct chat *chat, const struct request *request)
{
	if (!request->peer->user)
		hub_error(chat, request, ERROR_NEED_HELLO, NULL, NULL);
	return request->peer->user;
}

struct room *hub_need_room(struct chat *chat, const struct request *request)
{
	if (!hub_need_user(chat, request))
		return NULL;
	const char *name = request->text[REQUEST_TEXT_ROOM];
	if (name && *name == '@')
		return hub_direct_room(chat, request, name,
				       request->op == REQUEST_SEND || request->op == REQUEST_JOIN);
	/* Simple messages of a connection that entered by hello go where they would without it. */
	struct room *room = name                  ? rooms_find(&chat->rooms, name)
			    : request->peer->room ? request->peer->room
						  : rooms_find(&chat->rooms, CHAT_LOBBY);
	if (room && room->is_direct && name)
		room = NULL; /* by its inner name, which nobody writes */
	struct text_args args = {.room = name};
	if (!room)
		hub_error(chat, request, ERROR_NO_ROOM, NULL, &args);
	return room;
}

struct room *hub_need_membership(struct chat *chat, const struct request *request)
{
	struct room *room = hub_need_room(chat, request);
	if (room && !room_find_member(room, request->peer->user)) {
		char shown[ROOM_SHOWN_BYTES];
		struct text_args args = {.room = room_name_for(room, request->peer->user, shown)};
		hub_error(chat, request, ERROR_NOT_MEMBER, NULL, &args);
		return NULL;
	}
	return room;
}
