/* What the chat needs of a database: batches of writes, pages of reads.
 *
 * Layer: store. A backend is a file that fills in these operations (sqlite.c); tests have their own.
 * Threads: a store belongs to the chat thread; each reader to the thread that opened it. Readers see
 * everything whose commit returned before their call.
 *
 * All operations return 0 or a negative store_error; nothing of a batch is stored before
 * commit returned 0, and all of it is on stable storage then. */
#ifndef BRUSIO_STORE_STORE_H
#define BRUSIO_STORE_STORE_H

#include "base/entry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum store_error {
	STORE_OK = 0,
	STORE_FAILED = -1,    /* the disk or the database refused; the batch is rolled back */
	STORE_ID_REUSED = -2, /* this sender used this id for something else */
	STORE_NONE = -3,      /* what was asked for does not exist */
	STORE_EXISTS = -4
};

/* Names a send for its deduplication: protocol promise 4. */
struct store_send_id {
	const char *user; /* "account:7" or "guest:folded name" */
	const char *device;
	const char *id;
};

/* A room as it is kept. Strings are valid during the call that shows it. */
struct store_room {
	int64_t id;
	const char *name; /* "#lobby"; of a direct conversation the key of its two sides */
	bool is_direct;
	bool is_private;
	const char *topic;
	int64_t retention_days; /* 0: for ever */
	uint64_t end_seq;       /* of the newest entry; 0 where there is none */
	uint64_t purged_seq;    /* entries up to here are gone by retention */
};

/* What a page asks for: entries with after < seq < before (0: no such bound). */
struct store_range {
	int64_t room_id;
	uint64_t after;
	uint64_t before;
	bool newest;  /* the `limit` entries nearest to `before` rather than those nearest to `after` */
	bool current; /* messages alone, each with the text it has now; otherwise the entries as they were */
	size_t limit;
};

/* Sees one row, oldest first; strings are valid during the call. Returns false to end the page early. */
typedef bool store_visit_entry(void *context, const struct entry *entry);
typedef void store_visit_room(void *context, const struct store_room *room);

struct store;
struct store_reader;

struct store_ops {
	void (*close)(struct store *store);
	/* Shows every room, in the order of their ids. Costs an index seek a room, never a scan of the history. */
	int (*load_rooms)(struct store *store, store_visit_room *visit, void *context);

	/* A batch: begin, any writes, commit. A write that fails with STORE_FAILED has rolled the batch back. */
	int (*begin)(struct store *store);
	int (*commit)(struct store *store);
	void (*rollback)(struct store *store);
	int (*create_room)(struct store *store, const struct store_room *room, int64_t *id);
	/* Gives the entry its seq and id. With a send id that was used before for the same thing, fills in
	 * the old seq and time_ms, sets *is_repeat and stores nothing. */
	int (*append)(struct store *store, struct entry *entry, const struct store_send_id *send_id,
		      bool *is_repeat);

	int (*reader_open)(struct store *store, struct store_reader **reader);
};

struct store_reader_ops {
	void (*close)(struct store_reader *reader);
	int (*page)(struct store_reader *reader, const struct store_range *range, store_visit_entry *visit,
		    void *context);
};

struct store {
	const struct store_ops *ops;
	char epoch[33];            /* names this line of history; another one after a restore */
	unsigned char author_key[16]; /* for hashing authors; drawn when the database was made */
};

struct store_reader {
	const struct store_reader_ops *ops;
};

/* Opens or makes `directory`/brusio.db. On failure `problem` says what, why and what to do. */
int sqlite_store_open(const char *directory, struct store **store, char *problem, size_t problem_bytes);

#endif
