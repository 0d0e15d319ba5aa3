#include "chat/files/file.h"

#include "base/clock.h"
#include "base/container_of.h"
#include "base/logging.h"
#include "base/memory.h"
#include "chat/files/file_bucket.h"
#include "chat/files/half.h"
#include "chat/state.h"
#include "store/blobs/blob_bucket.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUM_MS INT64_C(5000) /* between two looks at how much there is */

/* --- one that has no row --- */

struct one_drop {
	struct job job; /* first */
	const struct blobs *blobs;
	char id[FILE_ID_BYTES];
};

static void run_one_drop(struct job *job, struct store_reader *reader)
{
	struct one_drop *drop = (struct one_drop *)job;
	(void)reader;
	int error = blob_drop(drop->blobs, drop->id);
	if (error)
		LOG_ERROR("file.drop", "id=%s error=\"%s\"", drop->id, strerror(-error));
	free(drop);
}

void file_drop_later(struct chat *chat, const char *id)
{
	struct one_drop *drop = mem_zero(sizeof *drop);
	drop->job.run = run_one_drop;
	drop->blobs = chat->config.blobs;
	memcpy(drop->id, id, FILE_ID_BYTES);
	if (jobs_post(file_filers(chat), &drop->job))
		return;
	/* The bucket's next sweep finds the rest of it. */
	blob_drop_here(drop->blobs, id);
	free(drop);
}

/* --- those that another node has dropped --- */

struct elsewhere {
	struct job job; /* first */
	const struct blobs *blobs;
	char ids[];
};

static void run_elsewhere(struct job *job, struct store_reader *reader)
{
	struct elsewhere *elsewhere = (struct elsewhere *)job;
	char id[FILE_ID_BYTES];
	(void)reader;
	for (const char *at = elsewhere->ids; file_next_id(&at, id);)
		blob_drop_here(elsewhere->blobs, id);
	free(elsewhere);
}

void file_dropped_elsewhere(struct chat *chat, const char *ids)
{
	if (!chat->config.blobs)
		return;
	struct elsewhere *elsewhere = mem_zero(sizeof *elsewhere + strlen(ids) + 1);
	elsewhere->job.run = run_elsewhere;
	elsewhere->blobs = chat->config.blobs;
	strcpy(elsewhere->ids, ids);
	if (!jobs_post(file_filers(chat), &elsewhere->job))
		run_elsewhere(&elsewhere->job, NULL);
}

/* --- those whose rows are gone --- */

struct file_drops {
	struct store_query query; /* first */
	struct job job;
	struct chat *chat;
	char after
	    [FILE_ID_BYTES]; /* those up to this one had their turn: what cannot be dropped holds up no others */
	char ids[STORE_DROPS_MAX * FILE_ID_BYTES + 1]; /* "ID ID", those that are done */
	char list[STORE_DROPS_MAX][FILE_ID_BYTES];
	size_t count;
	_Atomic bool is_done;
	bool is_under_way, is_refused; /* by the bucket */
	int64_t not_before_ms;         /* monotonic: it is asked again */
	struct store_query sum;        /* of all files that there are */
	bool is_summing;
	int64_t summed_ms; /* wall clock */
};

/* All of them or none, where there is a bucket. What is here goes whatever it says. */
static int drop_in_bucket(struct file_drops *drops)
{
	static_assert(STORE_DROPS_MAX <= LIMIT_BUCKET_DROPS, "one request drops them");
	drops->is_refused = false;
	if (!blob_bucket_is_set())
		return 0;
	for (size_t i = 0; i < drops->count; i++)
		blob_drop_here(drops->chat->config.blobs, drops->list[i]);
	int error = blob_bucket_drop(drops->list, drops->count);
	drops->is_refused = error != 0;
	return error;
}

static void run_drop(struct job *job, struct store_reader *reader)
{
	struct file_drops *drops = CONTAINER_OF(job, struct file_drops, job);
	size_t used = 0;
	(void)reader;
	const struct blobs *blobs = drops->chat->config.blobs;
	/* A backup that copies them has them stay: they are listed again. */
	bool may_drop = blobs_begin_drop(blobs);
	bool goes_on = may_drop && !drop_in_bucket(drops);
	for (size_t i = 0; goes_on && i < drops->count; i++) {
		int error = blob_drop_here(blobs, drops->list[i]);
		if (error)
			LOG_ERROR("file.drop", "id=%s error=\"%s\"", drops->list[i], strerror(-error));
		else
			used += (size_t)snprintf(drops->ids + used, sizeof drops->ids - used,
						 used ? " %s" : "%s", drops->list[i]);
	}
	if (may_drop)
		blobs_end_drop(blobs);
	drops->is_done = true;
}

static void take_dropped(struct store_query *query, const struct store_command *row)
{
	assert(row->op == STORE_ADD_FILE);
	struct file_drops *drops = (struct file_drops *)query;
	if (drops->count < STORE_DROPS_MAX)
		memcpy(drops->list[drops->count++], row->file->id, FILE_ID_BYTES);
}

static void add_sweep(struct chat *chat, const char *ids, int64_t unsent_before_ms)
{
	struct change *change = batch_change(chat, NULL, NULL);
	batch_add(chat, change, STORE_SWEEP_FILES)->file_sweep =
	    (struct store_file_sweep){.unsent_before_ms = unsent_before_ms,
				      .dropped = ids ? arena_string(batch_arena(chat), ids) : NULL};
}

static void drops_listed(struct store_query *query)
{
	struct file_drops *drops = (struct file_drops *)query;
	bool is_last = drops->count < STORE_DROPS_MAX;
	snprintf(drops->after, sizeof drops->after, "%s", is_last ? "" : drops->list[drops->count - 1]);
	if (query->result == STORE_OK && !drops->count)
		drops->chat->files.going = 0;
	if (query->result != STORE_OK || !drops->count) {
		drops->is_under_way = false;
		if (query->result == STORE_OK && query->count)
			add_sweep(drops->chat, NULL, query->since_ms);
		return;
	}
	drops->chat->files.going = drops->count;
	drops->job.run = run_drop;
	drops->is_under_way = jobs_post(file_filers(drops->chat), &drops->job);
}

static void list_drops(struct chat *chat, int64_t unsent_before_ms)
{
	struct file_drops *drops = chat->files.drops;
	if (!drops)
		drops = chat->files.drops = mem_zero(sizeof *drops);
	drops->query = (struct store_query){.question = STORE_LIST_DROPPED,
					    .since_ms = unsent_before_ms,
					    .visit = take_dropped,
					    .done = drops_listed};
	memcpy(drops->query.text, drops->after, sizeof drops->after);
	drops->chat = chat;
	drops->count = 0;
	drops->ids[0] = '\0';
	drops->is_done = false;
	drops->is_under_way = true;
	chat->config.store->ops->ask(chat->config.store, &drops->query);
}

static void files_summed(struct store_query *query)
{
	struct file_drops *drops = CONTAINER_OF(query, struct file_drops, sum);
	if (query->result == STORE_OK)
		drops->chat->files.bytes = (uint64_t)query->total;
	drops->is_summing = false;
}

static void sum_files(struct chat *chat, int64_t wall_ms)
{
	struct file_drops *drops = chat->files.drops;
	bool is_due = wall_ms - drops->summed_ms > SUM_MS || wall_ms < drops->summed_ms;
	if (drops->is_summing || !is_due)
		return;
	drops->sum =
	    (struct store_query){.question = STORE_COUNT_FILES, .since_ms = INT64_MAX, .done = files_summed};
	drops->is_summing = true;
	drops->summed_ms = wall_ms;
	chat->config.store->ops->ask(chat->config.store, &drops->sum);
}

void file_chores(struct chat *chat, int64_t wall_ms)
{
	struct file_drops *drops = chat->files.drops;
	int64_t unsent_before_ms = wall_ms - LIMIT_FILE_UNSENT_MS;
	if (!chat->config.blobs)
		return;
	if (drops && drops->is_done) {
		add_sweep(chat, drops->ids, unsent_before_ms);
		drops->is_done = drops->is_under_way = false;
		if (drops->is_refused)
			drops->not_before_ms = clock_mono_ms() + LIMIT_BUCKET_PAUSE_MS;
	} else if (!drops || (!drops->is_under_way && clock_mono_ms() >= drops->not_before_ms)) {
		list_drops(chat, unsent_before_ms);
	}
	file_bucket_chores(chat);
	sum_files(chat, wall_ms);
	half_chores(chat, wall_ms);
}
