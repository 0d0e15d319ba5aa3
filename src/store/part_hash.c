#include "store/part_hash.h"

#include "base/logging.h"
#include "base/memory.h"
#include "store/whole_io.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE (256 * 1024)      /* read at once */
#define TURN  (2 * 1024 * 1024) /* of one part, before the next one has its turn */

struct part_hash {
	crypto_generichash_state state; /* first: it is aligned */
	struct part_hashes *hashes;
	struct part_hash *next;
	char id[FILE_ID_BYTES];
	int fd;
	/* Under lock: */
	int64_t written;
	int64_t begun;     /* on their way to the disk */
	int64_t hashed;    /* hashed < 0: it cannot be read, -errno */
	bool is_busy;      /* the thread reads it */
	bool is_forgotten; /* meanwhile: the thread frees it */
};

struct part_hashes {
	pthread_mutex_t lock;
	pthread_cond_t posted, rested;
	struct part_hash *first, **last; /* under lock, as all below: in the order of their turns */
	pthread_t thread;
	bool has_thread, is_thread_tried, is_stopping;
};

struct part_hashes *part_hashes_new(void)
{
	struct part_hashes *hashes = mem_zero(sizeof *hashes);
	pthread_mutex_init(&hashes->lock, NULL);
	pthread_cond_init(&hashes->posted, NULL);
	pthread_cond_init(&hashes->rested, NULL);
	hashes->last = &hashes->first;
	return hashes;
}

/* Reads on from there, up to `end` or the end of the file. Where it came to, or -errno. */
static int64_t hash_on(crypto_generichash_state *state, int fd, int64_t from, int64_t end)
{
	unsigned char *piece = mem_alloc(PIECE);
	int64_t count = 1;
	while (from < end && count > 0) {
		count = whole_read(fd, piece, end - from < PIECE ? (size_t)(end - from) : PIECE, from);
		if (count > 0)
			crypto_generichash_update(state, piece, (size_t)count);
		from += count > 0 ? count : 0;
	}
	free(piece);
	return count < 0 ? count : from;
}

int64_t part_hash_of(int fd, unsigned char hash[FILE_HASH_BYTES])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, FILE_HASH_BYTES);
	int64_t bytes = hash_on(&state, fd, 0, INT64_MAX);
	crypto_generichash_final(&state, hash, FILE_HASH_BYTES);
	return bytes;
}

/* --- the list, under lock --- */

static struct part_hash **find_part_hash(struct part_hashes *hashes, const char *id)
{
	struct part_hash **at = &hashes->first;
	while (*at && strcmp((*at)->id, id) != 0)
		at = &(*at)->next;
	return at;
}

static void append_hash(struct part_hashes *hashes, struct part_hash *hash)
{
	hash->next = NULL;
	*hashes->last = hash;
	hashes->last = &hash->next;
}

static struct part_hash *unlink_hash(struct part_hashes *hashes, struct part_hash **at)
{
	struct part_hash *hash = *at;
	*at = hash->next;
	if (hashes->last == &hash->next)
		hashes->last = at;
	return hash;
}

static bool has_turn(const struct part_hash *hash)
{
	return hash->hashed >= 0 && hash->written - hash->hashed >= TURN;
}

/* --- the thread --- */

/* The next one of which there is a turn's work; it goes to the end of the line. NULL: none. */
static struct part_hash *next_hash(struct part_hashes *hashes)
{
	struct part_hash **at = &hashes->first;
	while (*at && !has_turn(*at))
		at = &(*at)->next;
	struct part_hash *hash = *at;
	if (hash)
		append_hash(hashes, unlink_hash(hashes, at));
	return hash;
}

static void hash_free(struct part_hash *hash)
{
	assert(!hash->is_busy); /* 2 */
	close(hash->fd);
	free(hash);
}

/* What cannot be read is said by part_hash_take(). */
static void hash_turn(struct part_hash *hash)
{
	pthread_mutex_t *lock = &hash->hashes->lock;
	int64_t from = hash->hashed, begun = hash->begun, written = hash->written;
	hash->begun = written;
	hash->is_busy = true;
	pthread_mutex_unlock(lock);
	/* The disk begins with what is here while the rest still comes: less is left to the sync at the end. */
	if (written > begun)
		sync_file_range(hash->fd, begun, written - begun, SYNC_FILE_RANGE_WRITE);
	int64_t to = hash_on(&hash->state, hash->fd, from, from + TURN);
	pthread_mutex_lock(lock);
	hash->hashed = to;
	hash->is_busy = false;
	pthread_cond_broadcast(&hash->hashes->rested);
	if (hash->is_forgotten)
		hash_free(hash);
}

static void *run_hashes(void *context)
{
	struct part_hashes *hashes = context;
	pthread_setname_np(pthread_self(), "part hashes");
	pthread_mutex_lock(&hashes->lock);
	while (!hashes->is_stopping) {
		struct part_hash *hash = next_hash(hashes);
		if (hash)
			hash_turn(hash);
		else
			pthread_cond_wait(&hashes->posted, &hashes->lock);
	}
	pthread_mutex_unlock(&hashes->lock);
	return NULL;
}

/* Under lock. Without a thread, all is left to whoever takes the hash. */
static void ensure_thread(struct part_hashes *hashes)
{
	if (hashes->is_thread_tried)
		return;
	hashes->is_thread_tried = true;
	int error = pthread_create(&hashes->thread, NULL, run_hashes, hashes);
	hashes->has_thread = !error;
	if (error)
		LOG_ERROR("file.hash", "error=\"%s\"", strerror(error));
}

/* --- one of them --- */

struct part_hash *part_hash_begin(struct part_hashes *hashes, const char *id, int fd)
{
	void *memory;
	if (posix_memalign(&memory, alignof(struct part_hash), sizeof(struct part_hash)))
		mem_fail(sizeof(struct part_hash));
	struct part_hash *hash = memory;
	*hash = (struct part_hash){.hashes = hashes, .fd = fd};
	memcpy(hash->id, id, sizeof hash->id);
	crypto_generichash_init(&hash->state, NULL, 0, FILE_HASH_BYTES);
	pthread_mutex_lock(&hashes->lock);
	assert(!*find_part_hash(hashes, id)); /* 1 */
	append_hash(hashes, hash);
	pthread_mutex_unlock(&hashes->lock);
	return hash;
}

void part_hash_written(struct part_hash *hash, int64_t bytes)
{
	struct part_hashes *hashes = hash->hashes;
	pthread_mutex_lock(&hashes->lock);
	assert(bytes >= hash->written);
	hash->written = bytes;
	if (has_turn(hash)) {
		ensure_thread(hashes);
		pthread_cond_signal(&hashes->posted);
	}
	pthread_mutex_unlock(&hashes->lock);
}

int64_t part_hash_take(struct part_hashes *hashes, const char *id, unsigned char made[FILE_HASH_BYTES])
{
	struct part_hash **at;
	pthread_mutex_lock(&hashes->lock);
	while (*(at = find_part_hash(hashes, id)) && (*at)->is_busy)
		pthread_cond_wait(&hashes->rested, &hashes->lock);
	struct part_hash *hash = *at ? unlink_hash(hashes, at) : NULL;
	pthread_mutex_unlock(&hashes->lock);
	if (!hash)
		return -ENOENT;
	int64_t bytes = hash->hashed;
	if (bytes >= 0)
		bytes = hash_on(&hash->state, hash->fd, bytes, INT64_MAX);
	crypto_generichash_final(&hash->state, made, FILE_HASH_BYTES);
	hash_free(hash);
	return bytes;
}

void part_hash_forget(struct part_hashes *hashes, const char *id)
{
	pthread_mutex_lock(&hashes->lock);
	struct part_hash **at = find_part_hash(hashes, id);
	struct part_hash *hash = *at ? unlink_hash(hashes, at) : NULL;
	if (hash && hash->is_busy)
		hash->is_forgotten = true;
	else if (hash)
		hash_free(hash);
	pthread_mutex_unlock(&hashes->lock);
}

void part_hashes_free(struct part_hashes *hashes)
{
	pthread_mutex_lock(&hashes->lock);
	hashes->is_stopping = true;
	pthread_cond_signal(&hashes->posted);
	pthread_mutex_unlock(&hashes->lock);
	if (hashes->has_thread)
		pthread_join(hashes->thread, NULL);
	while (hashes->first)
		part_hash_forget(hashes, hashes->first->id);
	pthread_cond_destroy(&hashes->posted);
	pthread_cond_destroy(&hashes->rested);
	pthread_mutex_destroy(&hashes->lock);
	free(hashes);
}
