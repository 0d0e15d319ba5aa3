/* The real store on a memory file system, behind a front that fails when it is told to, can be held in the
 * middle of a batch, and completes later than submit() returns. It also checks that it is used as store.h
 * says.
 *
 *   fake.fails_after[FAKE_COMMIT] = 1       the next batch fails, and nothing of it is stored
 *   fake.fails_after[STORE_PUT_MEMBER] = 2  so does the batch with the second of these commands from now on
 *   fake_store_pause(&fake)                 nothing more is done until fake_store_resume(&fake)
 *   fake.delay = 3                          each batch and question is done at the third collect() behind it;
 *                                           on_return's wake is called as long as something is under way
 *
 * Threads: as a store; the test's own thread may set failures, count calls and look at what is stored. */
#ifndef BRUSIO_TESTS_UNIT_FAKE_STORE_H
#define BRUSIO_TESTS_UNIT_FAKE_STORE_H

#include "store/store.h"

#include "directory.h"

#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Calls are counted by this or by enum store_op. */
enum fake_call {
	FAKE_COMMIT = STORE_OPS, /* a batch */
	FAKE_READ,               /* a page, or what is unread */
	FAKE_ASK,
	FAKE_WATCH,
	FAKE_LOAD,
	FAKE_CALLS
};

/* A batch or a question under way. */
struct fake_pending {
	struct store_batch inner; /* first: what the real store is given */
	struct store_batch *batch;
	struct store_query *query;
	void (*query_done)(struct store_query *query);
	unsigned turns;
	int result;
	struct fake_pending *next;
};

struct fake_store {
	struct store store; /* first */
	struct store *real;
	struct directory directory;
	_Atomic int fails_after[FAKE_CALLS]; /* 1: the next call fails; 0: none does */
	_Atomic bool fails_always[FAKE_CALLS];
	_Atomic int calls[FAKE_CALLS];
	/* While is_held, each batch posts `reached` and waits for `go` before it is stored. */
	_Atomic bool is_held;
	sem_t reached, go;
	/* The same where all is stored and nobody was told. */
	_Atomic bool is_held_behind;
	/* While are_pages_held, each page posts `page_reached` before it reads, and waits for `page_go`. */
	_Atomic bool are_pages_held;
	sem_t page_reached, page_go;
	_Atomic unsigned delay; /* turns */
	_Atomic bool is_paused;
	_Atomic bool takes_none;
	_Atomic(const struct store_command *) news; /* of another process, for the next watch; NULL: none */
	void (*wake)(void *context);
	void *wake_context;
	struct fake_pending *first, **last; /* the chat thread's alone, as what follows */
	bool is_turning;
};

struct fake_reader {
	struct store_reader reader; /* first */
	struct store_reader *real;
	struct fake_store *fake;
};

static inline bool fake_must_fail(struct fake_store *fake, int call)
{
	fake->calls[call]++;
	if (fake->fails_always[call])
		return true;
	return fake->fails_after[call] > 0 && --fake->fails_after[call] == 0;
}

static inline void fake_wait(sem_t *reached, sem_t *go)
{
	sem_post(reached);
	while (sem_wait(go))
		;
}

/* --- batches --- */

static inline void fake_take_result(struct store_batch *inner, int result)
{
	((struct fake_pending *)inner)->result = result;
}

static inline bool fake_fails_batch(struct fake_store *fake, const struct store_batch *batch)
{
	bool fails = fake_must_fail(fake, FAKE_COMMIT);
	for (size_t i = 0; i < batch->count; i++)
		fails |= fake_must_fail(fake, batch->commands[i].op);
	return fails;
}

static inline void fake_store_batch(struct fake_store *fake, struct fake_pending *pending)
{
	struct store_batch *batch = pending->batch;
	if (fake->is_held)
		fake_wait(&fake->reached, &fake->go);
	pending->result = STORE_FAILED;
	pending->inner = (struct store_batch){batch->commands, batch->count, fake_take_result};
	if (fake_fails_batch(fake, batch))
		for (size_t i = 0; i < batch->count; i++)
			batch->commands[i].result = STORE_FAILED;
	else
		fake->real->ops->submit(fake->real, &pending->inner);
	if (pending->result == STORE_OK && fake->is_held_behind)
		fake_wait(&fake->reached, &fake->go);
}

/* --- questions --- */

static inline void fake_answered(struct store_query *query)
{
	(void)query;
}

static inline void fake_answer(struct fake_store *fake, struct fake_pending *pending)
{
	struct store_query *query = pending->query;
	if (fake_must_fail(fake, FAKE_ASK)) {
		query->result = STORE_FAILED;
		return;
	}
	query->done = fake_answered;
	fake->real->ops->ask(fake->real, query);
	query->done = pending->query_done;
}

/* --- now or later --- */

static inline void fake_complete(struct fake_store *fake, struct fake_pending *pending)
{
	if (pending->batch) {
		fake_store_batch(fake, pending);
		pending->batch->done(pending->batch, pending->result);
	} else {
		fake_answer(fake, pending);
		pending->query->done(pending->query);
	}
}

static inline void fake_begin(struct fake_store *fake, struct fake_pending *pending)
{
	/* Earlier commands go first, however short the delay is now. */
	if (!fake->delay && !fake->first) {
		fake_complete(fake, pending);
		return;
	}
	struct fake_pending *queued = malloc(sizeof *queued);
	*queued = *pending;
	queued->turns = fake->delay;
	queued->next = NULL;
	*fake->last = queued;
	fake->last = &queued->next;
	if (queued == fake->first && !fake->is_turning && fake->wake)
		fake->wake(fake->wake_context);
}

/* One turn passes, on the chat's thread. True while there is something under way. */
static inline bool fake_store_turn(struct fake_store *fake)
{
	assert(!fake->is_turning);
	if (fake->is_paused)
		return fake->first;
	fake->is_turning = true;
	for (struct fake_pending *one = fake->first; one; one = one->next)
		one->turns -= one->turns > 0;
	while (fake->first && !fake->first->turns) {
		struct fake_pending *due = fake->first;
		fake->first = due->next;
		if (!fake->first)
			fake->last = &fake->first;
		fake_complete(fake, due);
		free(due);
	}
	fake->is_turning = false;
	if (fake->first && fake->wake)
		fake->wake(fake->wake_context);
	return fake->first;
}

static inline void fake_collect(struct store *store)
{
	fake_store_turn((struct fake_store *)store);
}

static inline void fake_on_return(struct store *store, void (*wake)(void *context), void *context)
{
	struct fake_store *fake = (struct fake_store *)store;
	fake->wake = wake;
	fake->wake_context = context;
}

/* Questions from now on stay under way; there must be a delay. */
static inline void fake_store_pause(struct fake_store *fake)
{
	assert(fake->delay);
	fake->is_paused = true;
}

static inline void fake_store_resume(struct fake_store *fake)
{
	fake->is_paused = false;
	fake->wake(fake->wake_context);
}

static inline void fake_submit(struct store *store, struct store_batch *batch)
{
	assert(batch->done && batch->count);
	for (size_t i = 0; i < batch->count; i++)
		assert((unsigned)batch->commands[i].op < STORE_OPS);
	fake_begin((struct fake_store *)store, &(struct fake_pending){.batch = batch});
}

static inline void fake_ask(struct store *store, struct store_query *query)
{
	assert(query->done);
	fake_begin((struct fake_store *)store,
		   &(struct fake_pending){.query = query, .query_done = query->done});
}

static inline int fake_load(struct store *store, store_visit *visit, void *context)
{
	struct fake_store *fake = (struct fake_store *)store;
	return fake_must_fail(fake, FAKE_LOAD) ? STORE_FAILED
					       : fake->real->ops->load(fake->real, visit, context);
}

static inline int fake_watch(struct store *store, store_visit *visit, void *context)
{
	struct fake_store *fake = (struct fake_store *)store;
	const struct store_command *news = atomic_exchange(&fake->news, NULL);
	if (news)
		visit(context, news);
	return fake_must_fail(fake, FAKE_WATCH) ? STORE_FAILED
						: fake->real->ops->watch(fake->real, visit, context);
}

static inline bool fake_has_leftovers(struct store *store)
{
	struct fake_store *fake = (struct fake_store *)store;
	return fake->real->ops->has_leftovers(fake->real);
}

static inline void fake_give_up(struct store *store)
{
	(void)store;
}

static inline bool fake_takes(struct store *store)
{
	return !((struct fake_store *)store)->takes_none;
}

static inline bool fake_trouble(struct store *store, char trouble[STORE_TROUBLE_BYTES])
{
	struct fake_store *fake = (struct fake_store *)store;
	return fake->real->ops->trouble(fake->real, trouble);
}

static inline void fake_reach(const struct store *store, struct store_reach *reach)
{
	const struct fake_store *fake = (const struct fake_store *)store;
	fake->real->ops->reach(fake->real, reach);
}

static inline int fake_indexer_open(struct store *store, struct store_indexer **indexer)
{
	struct fake_store *fake = (struct fake_store *)store;
	return fake->real->ops->indexer_open(fake->real, indexer);
}

/* --- readers --- */

static inline struct fake_reader *fake_reader_of(struct store_reader *reader)
{
	return (struct fake_reader *)reader;
}

static inline void fake_reader_close(struct store_reader *reader)
{
	fake_reader_of(reader)->real->ops->close(fake_reader_of(reader)->real);
	free(reader);
}

static inline int fake_page(struct store_reader *reader, const struct store_range *range,
			    store_visit_entry *visit, void *context)
{
	struct fake_reader *mine = fake_reader_of(reader);
	if (fake_must_fail(mine->fake, FAKE_READ))
		return STORE_FAILED;
	if (mine->fake->are_pages_held)
		fake_wait(&mine->fake->page_reached, &mine->fake->page_go);
	return mine->real->ops->page(mine->real, range, visit, context);
}

static inline int fake_reactions(struct store_reader *reader, int64_t entry_id,
				 void (*visit)(void *context, const char *emoji, const char *name),
				 void *context)
{
	struct fake_reader *mine = fake_reader_of(reader);
	return mine->real->ops->reactions(mine->real, entry_id, visit, context);
}

static inline int fake_search(struct store_reader *reader, const struct store_search *search,
			      store_visit_entry *visit, void *context, struct store_search_end *end)
{
	struct fake_reader *mine = fake_reader_of(reader);
	return mine->real->ops->search(mine->real, search, visit, context, end);
}

static inline int64_t fake_entry_id(struct store_reader *reader, int64_t room_id, uint64_t seq)
{
	struct fake_reader *mine = fake_reader_of(reader);
	return mine->real->ops->entry_id(mine->real, room_id, seq);
}

static inline int fake_count_unread(struct store_reader *reader, struct store_unread *unread, size_t count)
{
	struct fake_reader *mine = fake_reader_of(reader);
	if (fake_must_fail(mine->fake, FAKE_READ))
		return STORE_FAILED;
	return mine->real->ops->count_unread(mine->real, unread, count);
}

static inline int fake_reader_open(struct store *store, struct store_reader **made)
{
	static const struct store_reader_ops ops = {.close = fake_reader_close,
						    .page = fake_page,
						    .reactions = fake_reactions,
						    .search = fake_search,
						    .entry_id = fake_entry_id,
						    .count_unread = fake_count_unread};
	struct fake_store *fake = (struct fake_store *)store;
	struct fake_reader *reader = calloc(1, sizeof *reader);
	reader->reader.ops = &ops;
	reader->fake = fake;
	int result = fake->real->ops->reader_open(fake->real, &reader->real);
	if (result != STORE_OK)
		free(reader);
	else
		*made = &reader->reader;
	return result;
}

/* --- opening, and looking at what is stored --- */

static inline void fake_open_real(struct fake_store *fake)
{
	char problem[512];
	if (store_open(fake->directory.path, NULL, &fake->real, problem, sizeof problem) != STORE_OK) {
		fprintf(stderr, "%s\n", problem);
		abort();
	}
	memcpy(fake->store.epoch, fake->real->epoch, sizeof fake->store.epoch);
	memcpy(fake->store.author_key, fake->real->author_key, sizeof fake->store.author_key);
}

/* Acts as if the process had died and come again: the chat must have been stopped before. */
static inline void fake_store_restart(struct fake_store *fake)
{
	assert(!fake->first);
	fake->real->ops->close(fake->real);
	fake_open_real(fake);
}

/* The chat does not own its store, so closing is the test's: fake_store_release(). */
static inline void fake_close(struct store *store)
{
	(void)store;
}

static inline void fake_rest(struct store *of)
{
	(void)of;
}

static inline void fake_store_init(struct fake_store *fake)
{
	static const struct store_ops ops = {
	    .close = fake_close,
	    .load = fake_load,
	    .submit = fake_submit,
	    .ask = fake_ask,
	    .watch = fake_watch,
	    .on_return = fake_on_return,
	    .collect = fake_collect,
	    .has_leftovers = fake_has_leftovers,
	    .rest = fake_rest,
	    .give_up = fake_give_up,
	    .takes = fake_takes,
	    .trouble = fake_trouble,
	    .reach = fake_reach,
	    .reader_open = fake_reader_open,
	    .indexer_open = fake_indexer_open,
	};
	memset(fake, 0, sizeof *fake);
	fake->store.ops = &ops;
	fake->last = &fake->first;
	/* In memory where that is possible: syncing costs nothing there. */
	strcpy(fake->directory.path, "/dev/shm/brusio-unit-XXXXXX");
	if (!mkdtemp(fake->directory.path))
		directory_make(&fake->directory);
	fake_open_real(fake);
	sem_init(&fake->reached, 0, 0);
	sem_init(&fake->go, 0, 0);
	sem_init(&fake->page_reached, 0, 0);
	sem_init(&fake->page_go, 0, 0);
}

static inline void fake_store_release(struct fake_store *fake)
{
	while (fake->first) {
		struct fake_pending *next = fake->first->next;
		free(fake->first);
		fake->first = next;
	}
	fake->real->ops->close(fake->real);
	directory_remove(&fake->directory);
	sem_destroy(&fake->reached);
	sem_destroy(&fake->go);
	sem_destroy(&fake->page_reached);
	sem_destroy(&fake->page_go);
}

/* One value out of what is stored, by a connection of its own: "SELECT count(*) FROM entries". Text is valid
 * until the next call. */
static inline const char *fake_text(struct fake_store *fake, const char *sql)
{
	static char text[512];
	sqlite3 *db;
	sqlite3_stmt *row = NULL;
	if (sqlite3_open(directory_file(&fake->directory, "brusio.db"), &db) != SQLITE_OK ||
	    sqlite3_busy_timeout(db, 2000) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK) {
		fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(db));
		abort();
	}
	const char *found =
	    sqlite3_step(row) == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : NULL;
	snprintf(text, sizeof text, "%s", found ? found : "");
	sqlite3_finalize(row);
	sqlite3_close(db);
	return text;
}

static inline int64_t fake_number(struct fake_store *fake, const char *sql)
{
	return strtoll(fake_text(fake, sql), NULL, 10);
}

#endif
