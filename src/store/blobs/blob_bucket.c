#include "store/blobs/blob_bucket.h"

#include "base/limits.h"
#include "base/logging.h"
#include "base/memory.h"
#include "store/part_hash.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct bucket *bucket;
static _Atomic uint64_t puts_done, gets_done, drops_done, failures;
static atomic_bool is_reached;

void blob_bucket_set(const struct bucket *set)
{
	bucket = set;
	is_reached = set != NULL;
}

bool blob_bucket_is_set(void)
{
	return bucket != NULL;
}

bool blob_bucket_is_direct(void)
{
	return bucket && bucket->is_direct;
}

void blob_bucket_count(struct blob_bucket_counts *counts)
{
	*counts = (struct blob_bucket_counts){.puts = puts_done,
					      .gets = gets_done,
					      .drops = drops_done,
					      .failures = failures,
					      .is_reached = is_reached};
}

/* --- asking --- */

static const char *const op_names[] = {
    [BUCKET_PUT] = "put", [BUCKET_GET] = "get", [BUCKET_DROP] = "drop", [BUCKET_LIST] = "list"};

/* Few things are wrong with what was asked; all else may pass. */
static int plain_error(int error)
{
	static const int told[] = {0, -EACCES, -ENOENT, -ENOSPC, -EDQUOT, -EIO};
	for (size_t i = 0; i < sizeof told / sizeof *told; i++)
		if (told[i] == error)
			return error;
	return -EHOSTDOWN;
}

static int ask(enum bucket_op op, const char *text, int fd, struct bucket_answer *answer)
{
	struct bucket_question *question = mem_zero(sizeof *question);
	question->op = op;
	question->length = (uint32_t)strlen(text);
	assert(question->length < sizeof question->text);
	memcpy(question->text, text, question->length);
	answer->error = -EHOSTDOWN;
	answer->length = 0;
	answer->text[0] = '\0';
	bucket->ask(bucket->context, question, fd, answer);
	free(question);
	int error = answer->error;
	is_reached = !error || error == -ENOENT;
	if (error && error != -ENOENT) {
		failures++;
		LOG_ERROR("file.bucket", "op=%s name=%.64s error=\"%s\" answer=\"%.80s\"", op_names[op], text,
			  strerror(-error), answer->text);
	}
	return plain_error(error);
}

static int ask_plainly(enum bucket_op op, const char *text, int fd)
{
	struct bucket_answer *answer = mem_alloc(sizeof *answer);
	int error = ask(op, text, fd, answer);
	free(answer);
	return error;
}

/* --- there --- */

/* Owns the descriptor, which may be an error. */
static int put_one(int fd, const char *name)
{
	int error = fd < 0 ? fd : ask_plainly(BUCKET_PUT, name, fd);
	if (fd >= 0)
		close(fd);
	puts_done += !error;
	return error;
}

int blob_bucket_put_preview(const struct blobs *blobs, const char *id, enum blob_preview which)
{
	char name[BLOB_PREVIEW_NAME_BYTES];
	blob_preview_name(id, which, name);
	return put_one(blob_open_beside(blobs, id, name + strlen(id), O_RDONLY), name);
}

int blob_bucket_put(const struct blobs *blobs, const char *id)
{
	int error = put_one(blob_part_open(blobs, id), id);
	for (int i = 0; i < BLOB_PREVIEWS && !error; i++) {
		error = blob_bucket_put_preview(blobs, id, (enum blob_preview)i);
		error = error == -ENOENT ? 0 : error;
	}
	return error;
}

int blob_bucket_drop(const char (*ids)[FILE_ID_BYTES], size_t count)
{
	char names[LIMIT_BUCKET_DROPS * (BLOB_PREVIEWS + 1) * BLOB_PREVIEW_NAME_BYTES];
	size_t used = 0;
	assert(count <= LIMIT_BUCKET_DROPS);
	static_assert(sizeof names < BUCKET_TEXT_BYTES &&
			  LIMIT_BUCKET_DROPS * (BLOB_PREVIEWS + 1) <= BUCKET_KEYS_MAX,
		      "one question takes them");
	for (size_t i = 0; i < count; i++) {
		used += (size_t)snprintf(names + used, sizeof names - used, used ? "\n%s" : "%s", ids[i]);
		for (int which = 0; which < BLOB_PREVIEWS; which++) {
			char name[BLOB_PREVIEW_NAME_BYTES];
			blob_preview_name(ids[i], (enum blob_preview)which, name);
			used += (size_t)snprintf(names + used, sizeof names - used, "\n%s", name);
		}
	}
	int error = count ? ask_plainly(BUCKET_DROP, names, -1) : 0;
	drops_done += error ? 0 : count;
	return error;
}

int blob_bucket_list(const char *id, const char *after, blob_bucket_visit *visit, void *context,
		     size_t *count)
{
	char text[BLOB_PREVIEW_NAME_BYTES + 8], *rest = NULL;
	struct bucket_answer *answer = mem_alloc(sizeof *answer);
	snprintf(text, sizeof text, "%.2s\n%s", id, after);
	int error = ask(BUCKET_LIST, text, -1, answer);
	answer->text[error ? 0 : answer->length] = '\0';
	*count = 0;
	for (char *line = strtok_r(answer->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char name[BLOB_PREVIEW_NAME_BYTES];
		int64_t seconds;
		if (sscanf(line, "%41s %" SCNd64, name, &seconds) != 2)
			continue;
		++*count;
		visit(context, name, seconds);
	}
	static_assert(BLOB_PREVIEW_NAME_BYTES == 42, "the longest name that is scanned");
	free(answer);
	return error;
}

/* --- and back --- */

static void bucket_name_of(const char *id, enum blob_preview which, char name[BLOB_PREVIEW_NAME_BYTES])
{
	if (which == BLOB_PREVIEWS)
		snprintf(name, BLOB_PREVIEW_NAME_BYTES, "%.32s", id);
	else
		blob_preview_name(id, which, name);
}

bool blob_bucket_is_here(const struct blobs *blobs, const char *id, enum blob_preview which)
{
	char name[BLOB_PREVIEW_NAME_BYTES];
	bucket_name_of(id, which, name);
	int fd = blob_open_beside(blobs, id, name + strlen(id), O_RDONLY);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

#define COMING_BYTES 48

/* A new file for what comes, beside it. */
static int begin_coming(const struct blobs *blobs, const char *id, char ending[COMING_BYTES])
{
	static _Atomic unsigned number;
	snprintf(ending, COMING_BYTES, ".%x-%x.part", (unsigned)getpid(), (unsigned)number++);
	return blob_open_beside(blobs, id, ending, O_RDWR | O_CREAT | O_EXCL);
}

static bool has_hash(int fd, const unsigned char hash[FILE_HASH_BYTES])
{
	unsigned char found[FILE_HASH_BYTES];
	int64_t bytes = part_hash_of(fd, found);
	return bytes >= 0 && !memcmp(found, hash, FILE_HASH_BYTES);
}

/* What is on its way into the folder. */
struct coming {
	struct coming *next;
	const char *id;
	bool is_dropped; /* meanwhile */
};
static pthread_mutex_t coming_lock = PTHREAD_MUTEX_INITIALIZER;
static struct coming *all_coming; /* under lock */

void blob_bucket_call_off(const char *id)
{
	pthread_mutex_lock(&coming_lock);
	for (struct coming *one = all_coming; one; one = one->next)
		one->is_dropped |= !strcmp(one->id, id);
	pthread_mutex_unlock(&coming_lock);
}

static void note_coming(struct coming *coming)
{
	pthread_mutex_lock(&coming_lock);
	coming->next = all_coming;
	all_coming = coming;
	pthread_mutex_unlock(&coming_lock);
}

/* It gets its name, unless there was an error, or it was dropped meanwhile. */
static int settle_coming(const struct blobs *blobs, const struct coming *coming, const char *from,
			 const char *to, int error)
{
	pthread_mutex_lock(&coming_lock);
	struct coming **at = &all_coming;
	while (*at != coming)
		at = &(*at)->next;
	*at = coming->next;
	if (!error)
		error = coming->is_dropped ? -ENOENT : blob_rename_beside(blobs, coming->id, from, to);
	pthread_mutex_unlock(&coming_lock);
	if (error)
		blob_drop_beside(blobs, coming->id, from);
	return error;
}

int blob_bucket_fetch(const struct blobs *blobs, const char *id, enum blob_preview which,
		      const unsigned char hash[FILE_HASH_BYTES])
{
	char ending[COMING_BYTES], name[BLOB_PREVIEW_NAME_BYTES];
	struct coming coming = {.id = id};
	int fd = begin_coming(blobs, id, ending);
	if (fd < 0)
		return fd;
	note_coming(&coming);
	bucket_name_of(id, which, name);
	int error = ask_plainly(BUCKET_GET, name, fd);
	if (!error && hash && !has_hash(fd, hash)) {
		LOG_ERROR("file.bucket", "op=get name=%s error=\"it is not what was put there\"", name);
		error = -EBADMSG;
	}
	if (!error && fsync(fd))
		error = -errno;
	close(fd);
	error = settle_coming(blobs, &coming, ending, name + strlen(id), error);
	gets_done += !error;
	return error;
}

int blob_bucket_copy(const struct blobs *blobs, const char *id)
{
	char ending[COMING_BYTES];
	int fd = begin_coming(blobs, id, ending);
	if (fd < 0)
		return fd;
	blob_drop_beside(blobs, id, ending);
	int error = ask_plainly(BUCKET_GET, id, fd);
	gets_done += !error;
	if (error)
		close(fd);
	return error ? error : fd;
}

/* --- less in the folder --- */

struct cached {
	char name[BLOB_PREVIEW_NAME_BYTES];
	int64_t bytes, seconds;
};

struct cache {
	const struct blobs *blobs;
	struct cached *list;
	size_t count, capacity;
	int64_t bytes;
};

static void note_cached(void *context, const char *name)
{
	struct cache *cache = context;
	struct stat about;
	char id[FILE_ID_BYTES];
	bool is_ours = strlen(name) < BLOB_PREVIEW_NAME_BYTES &&
		       (file_is_id(name) || blob_preview_of(name, id) != BLOB_PREVIEWS);
	snprintf(id, sizeof id, "%.32s", name);
	int fd = is_ours ? blob_open_beside(cache->blobs, id, name + strlen(id), O_RDONLY | O_NOATIME) : -1;
	if (fd < 0)
		return;
	if (!fstat(fd, &about)) {
		cache->list = mem_grow(cache->list, &cache->capacity, cache->count + 1, sizeof *cache->list);
		struct cached *one = &cache->list[cache->count++];
		snprintf(one->name, sizeof one->name, "%s", name);
		one->bytes = about.st_size;
		one->seconds = about.st_atime > about.st_mtime ? about.st_atime : about.st_mtime;
		cache->bytes += one->bytes;
	}
	close(fd);
}

static int compare_cached(const void *one, const void *other)
{
	const struct cached *a = one, *b = other;
	return a->seconds < b->seconds ? -1 : a->seconds > b->seconds;
}

/* Its mode says to those that read it that it was not dropped: blob_is_gone(). */
static bool leave_cache(const struct blobs *blobs, const struct cached *one)
{
	char id[FILE_ID_BYTES];
	snprintf(id, sizeof id, "%.32s", one->name);
	int fd = blob_open_beside(blobs, id, one->name + strlen(id), O_RDONLY);
	bool is_marked = fd >= 0 && !fchmod(fd, BLOB_MODE_MOVED);
	if (fd >= 0)
		close(fd);
	return is_marked && !blob_drop_beside(blobs, id, one->name + strlen(id));
}

size_t blobs_trim(const struct blobs *blobs, int64_t bytes_max)
{
	struct cache cache = {.blobs = blobs};
	size_t left = 0;
	blobs_each(blobs, note_cached, &cache);
	if (cache.count)
		qsort(cache.list, cache.count, sizeof *cache.list, compare_cached);
	int64_t youngest = (int64_t)time(NULL) - LIMIT_CACHE_SECONDS;
	for (size_t i = 0; i < cache.count && cache.bytes > bytes_max && cache.list[i].seconds < youngest;
	     i++) {
		if (!leave_cache(blobs, &cache.list[i]))
			continue;
		cache.bytes -= cache.list[i].bytes;
		left++;
	}
	free(cache.list);
	return left;
}
