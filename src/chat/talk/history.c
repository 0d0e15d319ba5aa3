/* Pages of the past: for people (history) and for cursors that fell behind (chunks). Both are read by
 * jobs, since they wait for the disk. */
#include "base/memory.h"
#include "chat/answer.h"
#include "chat/need.h"
#include "chat/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A page of log ends early at this size; the cursor goes on from there. */
#define PAGE_BYTES_MAX (256 << 10)

/* A page for people is at most 1 MiB: so much of messages and one more, LIMIT_REACTIONS of some 100 bytes for each of
 * LIMIT_PAGE_ENTRIES, and the names of those who reacted. */
#define HISTORY_BYTES_MAX (192 << 10)

struct history_job {
	struct job job; /* first */
	struct chat *chat;
	unsigned worker;
	struct reply *reply;
	struct store_range range;
	uint64_t around;                       /* 0: the range says it all */
	int64_t since_ms, until_ms, around_ms; /* bounds as times; -1: none */
	int64_t edge_ms;                       /* of the entry where the page ends */
	uint64_t edge_seq;                     /* its number: times may go back */
	bool is_whole;                         /* with all entries of that millisecond */
	size_t capacity;                       /* entries that may be taken */
	int64_t person;                        /* who asks: they see the ids of what they said themselves */
};

static bool take_entry(void *context, const struct entry *entry)
{
	struct history_job *job = context;
	struct reply *reply = job->reply;
	struct reply_messages *messages = &reply->messages;
	/* One row more than was asked for says whether there is more. */
	if (messages->entries_count == job->capacity)
		return false;
	struct reply_entry *to = &messages->entries[messages->entries_count++];
	reply_copy_entry(reply, &to->entry, entry);
	to->entry.room = reply->room;
	to->entry.send_id = entry->person == job->person ? reply_string(reply, entry->send_id) : NULL;
	if (entry->flags & ENTRY_EDITED && !(entry->flags & ENTRY_DELETED))
		to->edited_seq = entry->edited_seq;
	return true;
}

/* The share of a page that a message takes, however its dialect escapes it. */
static size_t weight_of(const struct reply_entry *one)
{
	size_t files = 0;
	/* A file's name stands there three times, once as a part of a link. */
	for (size_t i = 0; i < one->entry.files_count; i++)
		files += 5 * reply_text_weight(one->entry.files[i].name);
	return 2 * files + (one->entry.files_count ? 2 : 1) * reply_text_weight(one->entry.text) +
	       (one->entry.name ? strlen(one->entry.name) : 0) + 256;
}

/* Keeps what lies nearest to `middle`: at most `before` entries in front of it and `after` from it on, as
 * many from each side as the page has bytes for. */
static void cut(struct reply_messages *messages, size_t middle, size_t before, size_t after)
{
	size_t first = middle, end = middle, bytes = 0, count = messages->entries_count;
	for (bool has_grown = true; has_grown;) {
		has_grown = false;
		if (end < count && end - middle < after && bytes < HISTORY_BYTES_MAX) {
			bytes += weight_of(&messages->entries[end++]);
			has_grown = true;
		}
		if (first && middle - first < before && bytes < HISTORY_BYTES_MAX) {
			bytes += weight_of(&messages->entries[--first]);
			has_grown = true;
		}
	}
	messages->has_more = end - first < count;
	messages->entries += first;
	messages->entries_count = end - first;
}

static int read_half(struct history_job *job, struct store_reader *reader, struct store_range range,
		     size_t limit)
{
	job->capacity = job->reply->messages.entries_count + limit;
	range.limit = limit;
	return reader->ops->page(reader, &range, take_entry, job);
}

/* A millisecond that alone is more than a page goes on so far. */
#define HISTORY_WHOLE_BYTES_MAX (1 << 20)

/* A page never ends within a millisecond, because a client that continues from its time would miss the rest. If the
 * cut falls inside one, that whole millisecond moves to the next page, unless the page has nothing else. `all` is what
 * was read. */
static void end_whole(struct reply_messages *page, struct reply_entry *all, size_t total, bool newest)
{
	size_t first = (size_t)(page->entries - all), end = first + page->entries_count, bytes = 0;
	if (!page->has_more || !page->entries_count)
		return;
	int64_t cut_ms = all[newest ? first - 1 : end].entry.time_ms;
	size_t kept_first = first, kept_end = end;
	while (newest && first < end && all[first].entry.time_ms == cut_ms)
		first++;
	while (!newest && first < end && all[end - 1].entry.time_ms == cut_ms)
		end--;
	if (first == end) {
		first = kept_first, end = kept_end;
		while (newest && first && all[first - 1].entry.time_ms == cut_ms &&
		       bytes < HISTORY_WHOLE_BYTES_MAX)
			bytes += weight_of(&all[--first]);
		while (!newest && end < total && all[end].entry.time_ms == cut_ms &&
		       bytes < HISTORY_WHOLE_BYTES_MAX)
			bytes += weight_of(&all[end++]);
	}
	page->has_more = end - first < total;
	page->entries = all + first;
	page->entries_count = end - first;
}

static int read_page(struct history_job *job, struct store_reader *reader)
{
	size_t limit = job->range.limit;
	struct reply_messages *messages = &job->reply->messages;
	uint64_t around = job->around;
	messages->entries = arena_zero(&job->reply->arena, (limit + 2) * sizeof *messages->entries);
	if (!around) {
		struct reply_entry *all = messages->entries;
		int result = read_half(job, reader, job->range, limit + 1);
		size_t total = messages->entries_count;
		if (result == STORE_OK)
			cut(messages, job->range.newest ? messages->entries_count : 0, limit, limit);
		if (result == STORE_OK && job->is_whole)
			end_whole(messages, all, total, job->range.newest);
		return result;
	}
	/* Around: half before, the rest from there on. */
	struct store_range before = job->range, after = job->range;
	before.newest = true;
	before.before = around;
	after.newest = false;
	after.after = around - 1;
	int result = read_half(job, reader, before, limit / 2 + 1);
	size_t middle = messages->entries_count;
	if (result == STORE_OK)
		result = read_half(job, reader, after, limit - limit / 2 + 1);
	if (result == STORE_OK)
		cut(messages, middle, limit / 2, limit - limit / 2);
	return result;
}

/* --- bounds that are times --- */

/* So many at most share the millisecond in which a page ends. */
#define HISTORY_WHOLE_MOST 1000

static bool take_edge(void *context, const struct entry *entry)
{
	struct history_job *job = context;
	job->edge_ms = entry->time_ms;
	job->edge_seq = entry->seq;
	/* The oldest of the newest, or the last of all. */
	return !job->range.newest;
}

static void bound_by_times(struct history_job *job, struct store_reader *reader)
{
	struct store_range *range = &job->range;
	int64_t room = range->room_id;
	if (job->since_ms >= 0) {
		uint64_t after = reader->ops->seq_at_time(reader, room, job->since_ms);
		range->after = after > range->after ? after : range->after;
	}
	if (job->until_ms >= 0) {
		uint64_t before = reader->ops->seq_at_time(reader, room, job->until_ms - 1) + 1;
		range->before = !range->before || before < range->before ? before : range->before;
	}
	if (job->around_ms >= 0) {
		uint64_t around = reader->ops->seq_at_time(reader, room, job->around_ms);
		job->around = around ? around : 1;
	}
}

/* A reader who continues from the time of the page's last entry would miss later entries of the same time. */
static int make_whole(struct history_job *job, struct store_reader *reader)
{
	struct store_range *range = &job->range;
	job->edge_ms = 0;
	int result = reader->ops->page(reader, range, take_edge, job);
	if (result != STORE_OK || !job->edge_ms)
		return result;
	if (range->newest) {
		uint64_t after = reader->ops->seq_at_time(reader, range->room_id, job->edge_ms - 1);
		after = after < job->edge_seq ? after : job->edge_seq - 1;
		range->after = after > range->after ? after : range->after;
	} else {
		uint64_t before = reader->ops->seq_at_time(reader, range->room_id, job->edge_ms) + 1;
		before = before > job->edge_seq ? before : job->edge_seq + 1;
		range->before = !range->before || before < range->before ? before : range->before;
	}
	range->limit = HISTORY_WHOLE_MOST;
	return result;
}

/* --- reactions: an emoji, how many, and who (some, where there are many) --- */

#define REACTION_NAMES_MAX   20
#define REACTION_NAMES_BYTES (64 << 10) /* of a whole page; then reactions are only counted */

struct reacting {
	struct reply *reply;
	struct reaction_row *rows;
	size_t count, capacity;
	size_t names_bytes; /* of the page so far */
};

static void take_reaction(void *context, const char *emoji, const char *name)
{
	struct reacting *reacting = context;
	struct arena *arena = &reacting->reply->arena;
	struct reaction_row *last = reacting->count ? &reacting->rows[reacting->count - 1] : NULL;
	if (!last || strcmp(last->emoji, emoji)) {
		reacting->rows =
		    mem_grow(reacting->rows, &reacting->capacity, reacting->count + 1, sizeof *last);
		last = &reacting->rows[reacting->count++];
		*last = (struct reaction_row){
		    .emoji = arena_string(arena, emoji),
		    .names = arena_zero(arena, REACTION_NAMES_MAX * sizeof *last->names),
		};
	}
	last->count++;
	if (last->names_count == REACTION_NAMES_MAX || reacting->names_bytes > REACTION_NAMES_BYTES)
		return;
	last->names[last->names_count++] = arena_string(arena, name);
	reacting->names_bytes += strlen(name) + 3;
}

static int history_add_reactions(struct reply *reply, struct store_reader *reader)
{
	size_t names_bytes = 0;
	for (size_t i = 0; i < reply->messages.entries_count; i++) {
		struct reply_entry *one = &reply->messages.entries[i];
		struct reacting reacting = {.reply = reply, .names_bytes = names_bytes};
		if (!(one->entry.flags & ENTRY_REACTED) || one->entry.flags & ENTRY_DELETED)
			continue;
		int result = reader->ops->reactions(reader, one->entry.id, take_reaction, &reacting);
		struct reaction_row *rows = arena_zero(&reply->arena, (reacting.count + 1) * sizeof *rows);
		if (reacting.count)
			memcpy(rows, reacting.rows, reacting.count * sizeof *rows);
		one->reactions = rows;
		one->reactions_count = reacting.count;
		names_bytes = reacting.names_bytes;
		free(reacting.rows);
		if (result != STORE_OK)
			return result;
	}
	return STORE_OK;
}

static void post(struct chat *chat, unsigned worker, struct reply *reply)
{
	mailbox_post_one(chat->config.workers[worker], &reply->mail);
}

static void run_history(struct job *base, struct store_reader *reader)
{
	struct history_job *job = (struct history_job *)base;
	if (reader)
		bound_by_times(job, reader);
	if (!reader || (job->is_whole && !job->around && make_whole(job, reader) != STORE_OK) ||
	    read_page(job, reader) != STORE_OK || history_add_reactions(job->reply, reader) != STORE_OK)
		reply_fail(job->reply, ERROR_STORE_FAILED, TEXT_error_read_failed, NULL);
	post(job->chat, job->worker, job->reply);
	free(job);
}

static int64_t time_bound(const struct request *request, enum request_number field)
{
	return request_has(request, field) ? request->number[field] : -1;
}

static struct history_job *history_job_new(const struct request *request, const struct room *room)
{
	struct history_job *job = mem_zero(sizeof *job);
	int64_t limit = request->number[REQUEST_NUMBER_LIMIT],
		before = request->number[REQUEST_NUMBER_BEFORE];
	/* Nothing is before the first; to the store, 0 is no bound. */
	if (request_has(request, REQUEST_NUMBER_BEFORE) && !before)
		before = 1;
	bool is_newest = request->past & HISTORY_SPAN ? (request->past & HISTORY_NEWEST) != 0
						      : !request_has(request, REQUEST_NUMBER_AFTER);
	job->job.run = run_history;
	job->worker = request->peer->worker;
	job->reply = answer_new(request, REPLY_HISTORY);
	job->person = request->peer->user->id;
	job->around = (uint64_t)request->number[REQUEST_NUMBER_AROUND];
	job->since_ms = time_bound(request, REQUEST_NUMBER_SINCE_MS);
	job->until_ms = time_bound(request, REQUEST_NUMBER_UNTIL_MS);
	job->around_ms = time_bound(request, REQUEST_NUMBER_AROUND_MS);
	job->is_whole = request->past & HISTORY_WHOLE;
	job->range = (struct store_range){
	    .room_id = room->id,
	    .after = (uint64_t)request->number[REQUEST_NUMBER_AFTER],
	    .before = (uint64_t)before,
	    .newest = is_newest,
	    .current = !(request->past & HISTORY_EVENTS),
	    .limit = limit ? (size_t)limit : LIMIT_PAGE_DEFAULT,
	};
	return job;
}

void do_history(struct chat *chat, struct request *request)
{
	struct room *room = need_membership(chat, request);
	if (!room)
		return;
	int given = request_has(request, REQUEST_NUMBER_BEFORE) + request_has(request, REQUEST_NUMBER_AFTER) +
		    request_has(request, REQUEST_NUMBER_AROUND);
	if (given > 1 && !(request->past & HISTORY_SPAN)) {
		answer_bad_field(chat, request, "before, after, around");
		return;
	}
	struct history_job *job = history_job_new(request, room);
	char shown[ROOM_SHOWN_BYTES];
	job->chat = chat;
	job->reply->room = reply_string(job->reply, room_name_for(room, request->peer->user, shown));
	if (!jobs_post(chat->jobs, &job->job)) {
		reply_fail(job->reply, ERROR_BUSY, TEXT_NONE, NULL);
		batch_reply(chat, request->peer, job->reply);
		free(job);
	}
}

/* --- pieces of log for cursors --- */

struct page_job {
	struct job job; /* first */
	struct chat *chat;
	struct page_request request;
	char *room, *reader;
	struct buffer bytes;
	struct chunk_item items[LIMIT_PAGE_SEQS];
	char ids[LIMIT_PAGE_SEQS][LIMIT_ID_BYTES + 1];
	uint32_t count;
};

static bool encode_entry(void *context, const struct entry *entry)
{
	struct page_job *job = context;
	struct entry shown = *entry;
	shown.room = job->room;
	shown.reader = job->reader;
	job->chat->config.encode(job->request.encoding, &shown, &job->bytes);
	snprintf(job->ids[job->count], sizeof job->ids[0], "%s", entry->send_id ? entry->send_id : "");
	job->items[job->count++] = (struct chunk_item){
	    .end = (uint32_t)buffer_length(&job->bytes), .seq = entry->seq, .author = entry->author};
	return job->count < LIMIT_PAGE_SEQS && buffer_length(&job->bytes) < PAGE_BYTES_MAX;
}

static struct chunk *page_to_chunk(const struct page_job *job)
{
	uint32_t bytes = (uint32_t)buffer_length(&job->bytes), start = 0;
	/* An item may take as little as one byte; chunk_new() counts on more. */
	uint32_t room = bytes > job->count * 64 ? bytes : job->count * 64;
	struct chunk *chunk = chunk_new(room, job->request.base_seq, 0);
	chunk->is_cold = true;
	for (uint32_t i = 0; i < job->count; i++) {
		chunk_append_with_id(chunk, buffer_bytes(&job->bytes) + start, job->items[i].end - start,
				     &job->items[i], job->ids[i]);
		start = job->items[i].end;
	}
	return chunk;
}

static void answer_page(struct page_job *job, bool is_read)
{
	struct reply *reply = reply_new(REPLY_PAGE, 0);
	reply->page = (struct reply_page){.view = job->request.view,
					  .generation = job->request.generation,
					  .base_seq = job->request.base_seq,
					  .chunk = is_read ? page_to_chunk(job) : NULL};
	post(job->chat, job->request.worker, reply);
	buffer_release(&job->bytes);
	free(job->room);
	free(job->reader);
	free(job);
}

static void run_page(struct job *base, struct store_reader *reader)
{
	struct page_job *job = (struct page_job *)base;
	struct store_range range = {.room_id = job->request.room_id,
				    .after = job->request.base_seq,
				    .before = job->request.end_seq + 1,
				    .limit = LIMIT_PAGE_SEQS};
	bool is_read = reader && reader->ops->page(reader, &range, encode_entry, job) == STORE_OK;
	answer_page(job, is_read);
}

void chat_read_page(struct chat *chat, const struct page_request *page)
{
	struct page_job *job = mem_zero(sizeof *job);
	job->job.run = run_page;
	job->chat = chat;
	job->request = *page;
	job->room = mem_string(page->room);
	job->reader = page->reader ? mem_string(page->reader) : NULL;
	if (!jobs_post(chat->jobs, &job->job))
		answer_page(job, false);
}
