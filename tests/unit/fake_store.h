/* A store in memory behind the same operations as the real one, that fails when it is told to and can be held
 * in the middle of a commit. It also checks that it is used as store.h says.
 *
 * Threads: as a store; the test's own thread may set failures, count calls and look at what is committed. */
#ifndef BRUSIO_TESTS_UNIT_FAKE_STORE_H
#define BRUSIO_TESTS_UNIT_FAKE_STORE_H

#include "store/store.h"

#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum fake_call {
	FAKE_BEGIN,
	FAKE_COMMIT,
	FAKE_CREATE_ROOM,
	FAKE_APPEND,
	FAKE_UPDATE_ROOM,
	FAKE_READ,
	FAKE_CALLS
};

#define FAKE_ROOMS_MAX 1000

struct fake_entry {
	struct entry entry; /* strings are owned */
	char *send_key;     /* "user device id", or NULL */
};

struct fake_room {
	char *name, *topic;
	uint64_t seq, committed_seq, purged_seq;
	char *committed_topic;
	bool is_committed;
};

struct fake_store {
	struct store store;
	pthread_mutex_t lock;
	/* Under lock. The first `committed` entries and the rooms that are marked are on "disk". */
	struct fake_entry *entries;
	size_t count, committed, capacity;
	struct fake_room rooms[FAKE_ROOMS_MAX]; /* room n has the number n + 1 */
	size_t rooms_count;

	bool in_batch;                       /* the chat thread's alone */
	_Atomic int fails_after[FAKE_CALLS]; /* 1: the next call fails; 0: none does */
	_Atomic bool fails_always[FAKE_CALLS];
	_Atomic int calls[FAKE_CALLS];
	/* While is_held, each commit posts `reached` and waits for `go`. */
	_Atomic bool is_held;
	sem_t reached, go;
	/* The same behind a commit, where all is stored and nobody was told. */
	_Atomic bool is_held_behind;
	/* While are_pages_held, each page posts `page_reached` before it reads, and waits for `page_go`. */
	_Atomic bool are_pages_held;
	sem_t page_reached, page_go;
};

struct fake_reader {
	struct store_reader reader; /* first */
	struct fake_store *fake;
};

static inline bool fake_must_fail(struct fake_store *fake, enum fake_call call)
{
	fake->calls[call]++;
	if (fake->fails_always[call])
		return true;
	return fake->fails_after[call] > 0 && --fake->fails_after[call] == 0;
}

static inline void fake_drop_uncommitted(struct fake_store *fake)
{
	while (fake->count > fake->committed) {
		struct fake_entry *last = &fake->entries[--fake->count];
		free((char *)(uintptr_t)last->entry.name);
		free((char *)(uintptr_t)last->entry.ip);
		free((char *)(uintptr_t)last->entry.text);
		free(last->send_key);
	}
	while (fake->rooms_count && !fake->rooms[fake->rooms_count - 1].is_committed) {
		struct fake_room *last = &fake->rooms[--fake->rooms_count];
		free(last->name);
		free(last->topic);
		free(last->committed_topic);
		memset(last, 0, sizeof *last);
	}
	for (size_t i = 0; i < fake->rooms_count; i++) {
		fake->rooms[i].seq = fake->rooms[i].committed_seq;
		free(fake->rooms[i].topic);
		fake->rooms[i].topic = strdup(fake->rooms[i].committed_topic);
	}
}

static inline void fake_rollback(struct store *store)
{
	struct fake_store *fake = (struct fake_store *)store;
	pthread_mutex_lock(&fake->lock);
	fake_drop_uncommitted(fake);
	pthread_mutex_unlock(&fake->lock);
	fake->in_batch = false;
}

static inline int fake_fail(struct fake_store *fake)
{
	fake_rollback(&fake->store);
	return STORE_FAILED;
}

static inline int fake_begin(struct store *store)
{
	struct fake_store *fake = (struct fake_store *)store;
	assert(!fake->in_batch);
	if (fake_must_fail(fake, FAKE_BEGIN))
		return fake_fail(fake);
	fake->in_batch = true;
	return STORE_OK;
}

static inline int fake_commit(struct store *store)
{
	struct fake_store *fake = (struct fake_store *)store;
	assert(fake->in_batch);
	if (fake->is_held) {
		sem_post(&fake->reached);
		while (sem_wait(&fake->go))
			;
	}
	if (fake_must_fail(fake, FAKE_COMMIT))
		return fake_fail(fake);
	pthread_mutex_lock(&fake->lock);
	fake->committed = fake->count;
	for (size_t i = 0; i < fake->rooms_count; i++) {
		struct fake_room *room = &fake->rooms[i];
		room->is_committed = true;
		room->committed_seq = room->seq;
		free(room->committed_topic);
		room->committed_topic = strdup(room->topic);
	}
	pthread_mutex_unlock(&fake->lock);
	fake->in_batch = false;
	if (fake->is_held_behind) {
		sem_post(&fake->reached);
		while (sem_wait(&fake->go))
			;
	}
	return STORE_OK;
}

static inline int fake_create_room(struct store *store, const struct store_room *room, int64_t *id)
{
	struct fake_store *fake = (struct fake_store *)store;
	assert(fake->in_batch);
	if (fake_must_fail(fake, FAKE_CREATE_ROOM))
		return fake_fail(fake);
	pthread_mutex_lock(&fake->lock);
	assert(fake->rooms_count < FAKE_ROOMS_MAX);
	struct fake_room *made = &fake->rooms[fake->rooms_count++];
	*made = (struct fake_room){.name = strdup(room->name),
				   .topic = strdup(room->topic ? room->topic : ""),
				   .committed_topic = strdup(room->topic ? room->topic : "")};
	*id = (int64_t)fake->rooms_count;
	pthread_mutex_unlock(&fake->lock);
	return STORE_OK;
}

static inline int fake_update_room(struct store *store, const struct store_room *room)
{
	struct fake_store *fake = (struct fake_store *)store;
	assert(fake->in_batch);
	if (fake_must_fail(fake, FAKE_UPDATE_ROOM))
		return fake_fail(fake);
	pthread_mutex_lock(&fake->lock);
	struct fake_room *stored = &fake->rooms[room->id - 1];
	free(stored->topic);
	stored->topic = strdup(room->topic);
	pthread_mutex_unlock(&fake->lock);
	return STORE_OK;
}

static inline char *fake_send_key(const struct store_send_id *send_id)
{
	char *key = NULL;
	if (send_id && send_id->id &&
	    asprintf(&key, "%s %s %s", send_id->user, send_id->device, send_id->id) < 0)
		abort();
	return key;
}

/* Whether the entry is what was stored under this key: STORE_NONE where nothing was. */
static inline int fake_find_key(const struct fake_store *fake, const char *key, struct entry *entry)
{
	for (size_t i = 0; key && i < fake->count; i++) {
		const struct entry *old = &fake->entries[i].entry;
		if (!fake->entries[i].send_key || strcmp(fake->entries[i].send_key, key))
			continue;
		bool is_same = old->room_id == entry->room_id && old->kind == entry->kind &&
			       old->ref == entry->ref && !strcmp(old->text, entry->text);
		entry->seq = old->seq;
		entry->time_ms = old->time_ms;
		return is_same ? STORE_OK : STORE_ID_REUSED;
	}
	return STORE_NONE;
}

static inline int fake_find_send(struct store *store, struct entry *entry,
				 const struct store_send_id *send_id)
{
	char *key = fake_send_key(send_id);
	int found = fake_find_key((struct fake_store *)store, key, entry);
	free(key);
	return found;
}

static inline int fake_append(struct store *store, struct entry *entry, const struct store_send_id *send_id,
			      bool *is_repeat)
{
	struct fake_store *fake = (struct fake_store *)store;
	assert(fake->in_batch);
	*is_repeat = false;
	if (fake_must_fail(fake, FAKE_APPEND))
		return fake_fail(fake);
	char *key = fake_send_key(send_id);
	pthread_mutex_lock(&fake->lock);
	int result = fake_find_key(fake, key, entry);
	*is_repeat = result == STORE_OK;
	if (result == STORE_NONE) {
		if (fake->count == fake->capacity) {
			fake->capacity = fake->capacity ? fake->capacity * 2 : 64;
			fake->entries = realloc(fake->entries, fake->capacity * sizeof *fake->entries);
		}
		entry->seq = ++fake->rooms[entry->room_id - 1].seq;
		entry->id = (int64_t)fake->count + 1;
		struct fake_entry *made = &fake->entries[fake->count++];
		*made = (struct fake_entry){.entry = *entry, .send_key = key};
		made->entry.room = NULL;
		made->entry.name = strdup(entry->name);
		made->entry.ip = strdup(entry->ip ? entry->ip : "");
		made->entry.text = strdup(entry->text);
		key = NULL;
		result = STORE_OK;
	}
	pthread_mutex_unlock(&fake->lock);
	free(key);
	return result;
}

static inline int fake_find_entry(struct store *store, int64_t room_id, uint64_t seq, struct entry *entry)
{
	struct fake_store *fake = (struct fake_store *)store;
	for (size_t i = 0; i < fake->count; i++)
		if (fake->entries[i].entry.room_id == room_id && fake->entries[i].entry.seq == seq) {
			*entry = fake->entries[i].entry;
			return STORE_OK;
		}
	return STORE_NONE;
}

static inline int fake_load_rooms(struct store *store, store_visit_room *visit, void *context)
{
	struct fake_store *fake = (struct fake_store *)store;
	for (size_t i = 0; i < fake->rooms_count; i++) {
		const struct fake_room *room = &fake->rooms[i];
		struct store_room shown = {.id = (int64_t)i + 1,
					   .name = room->name,
					   .topic = room->topic,
					   .end_seq = room->committed_seq,
					   .purged_seq = room->purged_seq};
		visit(context, &shown);
	}
	return STORE_OK;
}

static inline void fake_reader_close(struct store_reader *reader)
{
	free(reader);
}

static inline bool fake_is_in(const struct store_range *range, const struct entry *entry, uint64_t purged_seq)
{
	return entry->room_id == range->room_id && entry->seq > range->after &&
	       (!range->before || entry->seq < range->before) && entry->seq > purged_seq &&
	       (!range->current || entry->kind == ENTRY_MESSAGE);
}

static inline int fake_page(struct store_reader *reader, const struct store_range *range,
			    store_visit_entry *visit, void *context)
{
	struct fake_store *fake = ((struct fake_reader *)reader)->fake;
	if (fake_must_fail(fake, FAKE_READ))
		return STORE_FAILED;
	if (fake->are_pages_held) {
		sem_post(&fake->page_reached);
		while (sem_wait(&fake->page_go))
			;
	}
	pthread_mutex_lock(&fake->lock);
	uint64_t purged_seq = fake->rooms[range->room_id - 1].purged_seq;
	size_t matching = 0, taken = 0;
	for (size_t i = 0; i < fake->committed; i++)
		matching += fake_is_in(range, &fake->entries[i].entry, purged_seq);
	size_t skipped = range->newest && matching > range->limit ? matching - range->limit : 0;
	for (size_t i = 0; i < fake->committed && taken < range->limit; i++) {
		if (!fake_is_in(range, &fake->entries[i].entry, purged_seq))
			continue;
		if (skipped) {
			skipped--;
			continue;
		}
		taken++;
		if (!visit(context, &fake->entries[i].entry))
			break;
	}
	pthread_mutex_unlock(&fake->lock);
	return STORE_OK;
}

static inline int fake_reader_open(struct store *store, struct store_reader **made)
{
	static const struct store_reader_ops ops = {.close = fake_reader_close, .page = fake_page};
	struct fake_reader *reader = calloc(1, sizeof *reader);
	reader->reader.ops = &ops;
	reader->fake = (struct fake_store *)store;
	*made = &reader->reader;
	return STORE_OK;
}

static inline void fake_store_init(struct fake_store *fake)
{
	static const struct store_ops ops = {
	    .load_rooms = fake_load_rooms,
	    .begin = fake_begin,
	    .commit = fake_commit,
	    .rollback = fake_rollback,
	    .create_room = fake_create_room,
	    .update_room = fake_update_room,
	    .append = fake_append,
	    .find_send = fake_find_send,
	    .find_entry = fake_find_entry,
	    .reader_open = fake_reader_open,
	};
	memset(fake, 0, sizeof *fake);
	fake->store.ops = &ops;
	strcpy(fake->store.epoch, "fake");
	pthread_mutex_init(&fake->lock, NULL);
	sem_init(&fake->reached, 0, 0);
	sem_init(&fake->go, 0, 0);
	sem_init(&fake->page_reached, 0, 0);
	sem_init(&fake->page_go, 0, 0);
}

static inline void fake_store_release(struct fake_store *fake)
{
	fake->committed = 0;
	for (size_t i = 0; i < fake->rooms_count; i++)
		fake->rooms[i].is_committed = false;
	fake_drop_uncommitted(fake);
	free(fake->entries);
	pthread_mutex_destroy(&fake->lock);
	sem_destroy(&fake->reached);
	sem_destroy(&fake->go);
	sem_destroy(&fake->page_reached);
	sem_destroy(&fake->page_go);
}

#endif
