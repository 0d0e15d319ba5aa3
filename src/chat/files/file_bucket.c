#include "chat/files/file_bucket.h"

#include "base/clock.h"
#include "base/container_of.h"
#include "base/logging.h"
#include "base/memory.h"
#include "chat/answer.h"
#include "chat/errand.h"
#include "chat/files/file.h"
#include "chat/state.h"
#include "store/blobs/blob_bucket.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FETCHERS             2
#define FETCHERS_WAITING_MAX 1000
#define FOLDERS              256

/* A walk through the bucket, a folder each time: what is old there, and in no row, goes. */
struct bucket_sweep {
	struct store_query query; /* first */
	struct job job;
	struct chat *chat;
	int folder;
	bool is_under_way;
	_Atomic bool is_listed, is_dropped;
	int64_t next_ms; /* monotonic: when the next walk begins */
	char (*ids)[FILE_ID_BYTES];
	bool *is_known;
	size_t count, capacity;
	char after[BLOB_PREVIEW_NAME_BYTES];
};

struct file_bucket {
	struct job trim;
	struct chat *chat;
	_Atomic bool is_trimming;
	int64_t trimmed_ms; /* monotonic */
	struct bucket_sweep sweep;
};

static struct file_bucket *bucket_of(struct chat *chat)
{
	if (chat->files.bucket)
		return chat->files.bucket;
	struct file_bucket *made = mem_zero(sizeof *made);
	chat->files.fetchers = jobs_start(NULL, FETCHERS, FETCHERS_WAITING_MAX);
	made->chat = made->sweep.chat = chat;
	return chat->files.bucket = made;
}

/* --- one that is asked for --- */

struct fetching {
	struct errand errand; /* first */
	struct file file;
	bool is_preview;
	int error;
};

static int fetch_one(const struct blobs *blobs, const struct file *file, enum blob_preview which)
{
	if (blob_bucket_is_here(blobs, file->id, which))
		return 0;
	return blob_bucket_fetch(blobs, file->id, which, which == BLOB_PREVIEWS ? file->hash : NULL);
}

static void run_fetch(struct errand *errand, struct store_reader *reader)
{
	struct fetching *fetching = (struct fetching *)errand;
	const struct blobs *blobs = errand->chat->config.blobs;
	(void)reader;
	if (!fetching->is_preview)
		fetching->error = fetch_one(blobs, &fetching->file, BLOB_PREVIEWS);
	for (int i = 0; fetching->is_preview && i < BLOB_PREVIEWS && !fetching->error; i++)
		fetching->error = fetch_one(blobs, &fetching->file, (enum blob_preview)i);
}

/* The gateway says that one is not there. */
static void then_fetched(struct chat *chat, struct errand *errand)
{
	const struct fetching *fetching = (struct fetching *)errand;
	if (!fetching->error || fetching->error == -ENOENT)
		file_answer(chat, errand->request, &fetching->file);
	else
		answer_error(chat, errand->request, ERROR_BUSY, TEXT_NONE, NULL);
}

static bool is_file_here(const struct chat *chat, const struct file *file, bool is_preview)
{
	bool is_missing = false;
	if (!is_preview)
		return blob_bucket_is_here(chat->config.blobs, file->id, BLOB_PREVIEWS);
	for (int i = 0; i < BLOB_PREVIEWS; i++)
		is_missing |= !blob_bucket_is_here(chat->config.blobs, file->id, (enum blob_preview)i);
	return !is_missing;
}

void file_bucket_give(struct chat *chat, struct request *request, const struct file *file)
{
	bool is_preview = request->file->is_preview_wanted && file->preview_bytes;
	if (!blob_bucket_is_set() || is_file_here(chat, file, is_preview)) {
		file_answer(chat, request, file);
		return;
	}
	struct fetching *fetching = mem_zero(sizeof *fetching);
	fetching->errand.work = run_fetch;
	fetching->errand.then = then_fetched;
	fetching->file = *file;
	fetching->is_preview = is_preview;
	bucket_of(chat);
	if (errand_send(chat, chat->files.fetchers, &fetching->errand, request))
		return;
	free(fetching);
	answer_error(chat, request, ERROR_BUSY, TEXT_NONE, NULL);
}

/* --- too many --- */

static void run_trim(struct job *job, struct store_reader *reader)
{
	struct file_bucket *bucket = CONTAINER_OF(job, struct file_bucket, trim);
	const struct chat_config *config = &bucket->chat->config;
	(void)reader;
	size_t left = blobs_trim(config->blobs, config->limits.blobs_cache_bytes);
	if (left)
		LOG_DEBUG("file.cache", "files=%zu went=\"the bucket has them\"", left);
	bucket->is_trimming = false;
}

static void trim_cache(struct file_bucket *bucket)
{
	if (bucket->is_trimming || clock_mono_ms() - bucket->trimmed_ms < LIMIT_CACHE_LOOK_MS)
		return;
	bucket->trimmed_ms = clock_mono_ms();
	bucket->trim.run = run_trim;
	bucket->is_trimming = true;
	if (!jobs_post(bucket->chat->files.fetchers, &bucket->trim))
		bucket->is_trimming = false;
}

/* --- those that nobody knows --- */

static void note_listed(void *context, const char *name, int64_t seconds)
{
	struct bucket_sweep *sweep = context;
	char id[FILE_ID_BYTES];
	snprintf(sweep->after, sizeof sweep->after, "%s", name);
	snprintf(id, sizeof id, "%.32s", name);
	bool is_old = (int64_t)time(NULL) - seconds > (int64_t)LIMIT_UNKNOWN_FILE_DAYS * 86400;
	bool is_ours =
	    file_is_id(id) && (!name[FILE_ID_BYTES - 1] || blob_preview_of(name, id) != BLOB_PREVIEWS);
	/* Its previews stand behind it. */
	bool is_noted = sweep->count && !strcmp(sweep->ids[sweep->count - 1], id);
	if (!is_old || !is_ours || is_noted)
		return;
	sweep->ids = mem_grow(sweep->ids, &sweep->capacity, sweep->count + 1, sizeof *sweep->ids);
	memcpy(sweep->ids[sweep->count++], id, FILE_ID_BYTES);
}

static void run_list(struct job *job, struct store_reader *reader)
{
	struct bucket_sweep *sweep = CONTAINER_OF(job, struct bucket_sweep, job);
	char folder[3];
	size_t count = 1;
	(void)reader;
	snprintf(folder, sizeof folder, "%02x", (unsigned)sweep->folder & 0xffu);
	sweep->count = 0;
	sweep->after[0] = '\0';
	while (count) {
		char before[sizeof sweep->after];
		memcpy(before, sweep->after, sizeof before);
		bool is_wrong = blob_bucket_list(folder, before, note_listed, sweep, &count);
		/* A bucket that begins anew at each page would be listed for ever. */
		is_wrong |= count && strcmp(sweep->after, before) <= 0;
		if (is_wrong) {
			/* The next walk comes again. */
			sweep->count = 0;
			break;
		}
	}
	sweep->is_listed = true;
}

static int compare_listed(const void *one, const void *other)
{
	return memcmp(one, other, FILE_ID_BYTES);
}

static void note_known(struct store_query *query, const struct store_command *row)
{
	struct bucket_sweep *sweep = (struct bucket_sweep *)query;
	char(*found)[FILE_ID_BYTES] =
	    bsearch(row->file->id, sweep->ids, sweep->count, sizeof *sweep->ids, compare_listed);
	if (found)
		sweep->is_known[found - sweep->ids] = true;
}

static void run_drop_unknown(struct job *job, struct store_reader *reader)
{
	struct bucket_sweep *sweep = CONTAINER_OF(job, struct bucket_sweep, job);
	size_t dropped = 0;
	(void)reader;
	for (size_t i = 0; i < sweep->count; i++)
		if (!sweep->is_known[i])
			dropped += !blob_drop(sweep->chat->config.blobs, sweep->ids[i]);
	if (dropped)
		LOG_INFO("file.sweep", "dropped=%zu why=\"no message has had them in the bucket for long\"",
			 dropped);
	sweep->is_dropped = true;
}

static void end_folder(struct bucket_sweep *sweep)
{
	free(sweep->is_known);
	sweep->is_known = NULL;
	sweep->is_under_way = false;
	if (++sweep->folder < FOLDERS)
		return;
	sweep->folder = 0;
	sweep->next_ms = clock_mono_ms() + CLOCK_DAY_MS;
}

static void post_step(struct bucket_sweep *sweep, void (*run)(struct job *job, struct store_reader *reader))
{
	sweep->job.run = run;
	if (!jobs_post(sweep->chat->files.fetchers, &sweep->job))
		end_folder(sweep);
}

static void known_noted(struct store_query *query)
{
	struct bucket_sweep *sweep = (struct bucket_sweep *)query;
	bool has_unknown = false;
	for (size_t i = 0; i < sweep->count; i++)
		has_unknown |= !sweep->is_known[i];
	/* In doubt all stay. */
	if (query->result == STORE_OK && has_unknown)
		post_step(sweep, run_drop_unknown);
	else
		end_folder(sweep);
}

static void ask_for_known(struct bucket_sweep *sweep)
{
	struct store *store = sweep->chat->config.store;
	sweep->query =
	    (struct store_query){.question = STORE_LIST_FILES, .visit = note_known, .done = known_noted};
	snprintf(sweep->query.text, sizeof sweep->query.text, "%.2s", sweep->ids[0]);
	qsort(sweep->ids, sweep->count, sizeof *sweep->ids, compare_listed);
	sweep->is_known = mem_zero(sweep->count * sizeof *sweep->is_known);
	store->ops->ask(store, &sweep->query);
}

static void sweep_bucket(struct bucket_sweep *sweep)
{
	bool is_listed = sweep->is_listed, is_dropped = sweep->is_dropped;
	sweep->is_listed = sweep->is_dropped = false;
	if (is_listed && sweep->count)
		ask_for_known(sweep);
	else if (is_listed || is_dropped)
		end_folder(sweep);
	/* A database without files may be one that took another's place. */
	else if (!sweep->is_under_way && clock_mono_ms() >= sweep->next_ms && sweep->chat->files.bytes) {
		sweep->is_under_way = true;
		post_step(sweep, run_list);
	}
}

/* --- all of it --- */

void file_bucket_chores(struct chat *chat)
{
	if (!blob_bucket_is_set())
		return;
	struct file_bucket *bucket = bucket_of(chat);
	trim_cache(bucket);
	sweep_bucket(&bucket->sweep);
}

void file_bucket_free(struct chat *chat)
{
	if (!chat->files.bucket)
		return;
	free(chat->files.bucket->sweep.ids);
	free(chat->files.bucket->sweep.is_known);
	free(chat->files.bucket);
}
