#include "chat/publish.h"

#include "chat/state.h"

#include <assert.h>

/* A crowd is woken for two batches at once where the second is there already and costs less than writing to
 * everybody twice. The next batch wakes it in any case. */
static bool can_wait(const struct chat *chat, const struct view *view)
{
	size_t waiting = chat->batches.waiting;
	return waiting && view->followers >= LIMIT_CROWD && waiting <= view->followers;
}

static void wake_workers(struct chat *chat, struct view *view)
{
	assert(view->followers);
	struct batches *batches = &chat->batches;
	bool is_put_off = can_wait(chat, view);
	for (unsigned i = 0; i < chat->config.workers_count; i++) {
		struct view_worker *worker = &view->workers[i];
		if (!worker->followers || worker->woken_batch >= batches->turn)
			continue;
		worker->woken_batch = batches->turn + is_put_off;
		struct reply *wake = reply_new(REPLY_WAKE, 0);
		wake->wake.view = view->id;
		mail_chain_add(is_put_off ? &batches->put_off[i] : &batches->out[i], &wake->mail);
	}
}

/* To each worker with followers, which tells them one by one. */
static void pass_event(struct chat *chat, const struct view *view, const struct entry *event)
{
	for (unsigned i = 0; i < chat->config.workers_count; i++) {
		if (!view->workers[i].followers)
			continue;
		struct reply *pass = reply_new(REPLY_PASS, 0);
		pass->pass.view = view->id;
		reply_copy_entry(pass, &pass->pass.event, event);
		mail_chain_add(&chat->batches.out[i], &pass->mail);
	}
}

static uint32_t item_flags_of(enum entry_kind kind)
{
	return kind == ENTRY_MESSAGE                        ? CHUNK_MESSAGE
	       : kind == ENTRY_REACT || kind == ENTRY_TOPIC ? CHUNK_ASIDE
	       : kind == ENTRY_EDIT || kind == ENTRY_DELETE ? 0
							    : CHUNK_EPHEMERAL;
}

/* Invariant 3 of the design: once per encoding that somebody follows, never once per connection. */
static void publish_view(struct chat *chat, struct view *view, struct entry *entry)
{
	assert(view->followers && view->side < ROOM_SIDES);
	struct room *room = view->room;
	char shown[ROOM_SHOWN_BYTES];
	entry->room = room_name_for(room, room->sides[view->side], shown);
	entry->reader = room->is_direct ? room->sides[view->side]->name : NULL;
	if (!entry_is_stored(entry->kind) && chat->config.passes && chat->config.passes(view->encoding)) {
		pass_event(chat, view, entry);
		return;
	}
	/* Only those know of it who are told by themselves. */
	if (entry->kind >= ENTRY_REALNAME)
		return;
	buffer_clear(&chat->encoded);
	chat->config.encode(view->encoding, entry, &chat->encoded);
	size_t length = buffer_length(&chat->encoded);
	if (!length)
		return;
	uint32_t flags = item_flags_of(entry->kind);
	struct chunk_item item = {.flags = flags, .seq = room->end_seq, .author = entry->author};
	if (entry->untold_count) {
		item.flags |= CHUNK_UNTOLD | (entry->is_for_untold ? CHUNK_FOR_THEM : 0);
		log_append_untold(&view->log, buffer_bytes(&chat->encoded), length, &item, entry->untold,
				  entry->untold_count);
	} else {
		log_append(&view->log, buffer_bytes(&chat->encoded), length, &item,
			   flags & CHUNK_EPHEMERAL ? NULL : entry->send_id);
	}
	wake_workers(chat, view);
}

void publish_entry(struct chat *chat, struct room *room, struct entry *entry)
{
	assert(chat->batches.leaving);
	if (entry_is_stored(entry->kind)) {
		/* Invariant 2 of the design. */
		assert(entry->seq == room->end_seq + 1);
		room->end_seq = entry->seq;
		chat->entries++;
	}
	for (unsigned i = 0; i < chat->config.encodings * ROOM_SIDES; i++)
		if (room->views[i])
			publish_view(chat, room->views[i], entry);
}

void publish_place_reader(const struct chat *chat, const struct room *room, struct reply_joined *joined)
{
	struct view *view = NULL;
	for (unsigned i = 0; i < chat->config.encodings * ROOM_SIDES && !view; i++)
		if (room->views[i] && room->views[i]->id == joined->view)
			view = room->views[i];
	joined->seq = room->end_seq;
	joined->purged_seq = room->purged_seq;
	joined->count = (int64_t)room->members_count;
	/* The view is another one where the connection left again within the batch. */
	if (!view)
		return;
	joined->chunk = chunk_acquire(view->log.tail);
	joined->item = atomic_load_explicit(&view->log.tail->count, memory_order_relaxed);
}

static void seal_view(struct chat *chat, struct view *view, uint64_t end_seq)
{
	char shown[ROOM_SHOWN_BYTES];
	log_seal(&view->log, end_seq);
	for (unsigned i = 0; i < chat->config.workers_count; i++) {
		if (!view->workers[i].followers)
			continue;
		struct reply *seal = reply_new(REPLY_SEAL, 0);
		const struct user *reader = view->room->sides[view->side];
		seal->seal.view = view->id;
		seal->seal.reader = reader ? reply_string(seal, reader->name) : NULL;
		seal->room = reply_string(seal, room_name_for(view->room, reader, shown));
		mail_chain_add(&chat->batches.out[i], &seal->mail);
	}
}

void publish_seal(struct chat *chat, struct room *room)
{
	for (unsigned i = 0; i < chat->config.encodings * ROOM_SIDES; i++)
		if (room->views[i])
			seal_view(chat, room->views[i], room->end_seq);
}
