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
	const char *id; /* NULL: it has none, and is never a repeat; `user` alone counts then */
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

struct store_account {
	int64_t id;
	const char *name;
	const char *folded;
	const char *password; /* hash; NULL where it was not asked for */
	bool is_admin;
};

enum role { ROLE_NONE, ROLE_MEMBER, ROLE_MODERATOR, ROLE_OWNER };

struct store_member {
	int64_t account, room_id;
	enum role role;
	uint64_t read_seq;
};

enum sanction_kind { SANCTION_BAN = 1, SANCTION_MUTE = 2 };

struct store_sanction {
	int64_t room_id;
	enum sanction_kind kind;
	const char *target; /* "account:7", "name:folded", or an address mask "10.0.0.0/8" */
	const char *name, *by, *reason;
	int64_t until_ms; /* 0: without end */
};

/* One line of the record of moderation. */
struct store_deed {
	int64_t room_id;
	const char *op, *by, *target, *reason;
	int64_t until_ms;
};

/* Shows everything that the chat keeps in memory besides rooms. Any of them may be NULL. */
struct store_people {
	void (*account)(void *context, const struct store_account *account);
	void (*member)(void *context, const struct store_member *member);
	void (*sanction)(void *context, const struct store_sanction *sanction);
	void (*block)(void *context, int64_t account, int64_t blocked);
	void *context;
};

#define STORE_TOKEN_BYTES 32

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
struct store_indexer;

struct store_ops {
	void (*close)(struct store *store);
	/* Shows every room, in the order of their ids. Costs an index seek a room, never a scan of the
	 * history. */
	int (*load_rooms)(struct store *store, store_visit_room *visit, void *context);

	/* A batch: begin, any writes, commit. A write that fails with STORE_FAILED has rolled the batch back.
	 */
	int (*begin)(struct store *store);
	int (*commit)(struct store *store);
	void (*rollback)(struct store *store);
	int (*create_room)(struct store *store, const struct store_room *room, int64_t *id);
	/* Gives the entry its seq and id. With a send id that was used before for the same thing, fills in
	 * the old seq and time_ms, sets *is_repeat and stores nothing. */
	int (*append)(struct store *store, struct entry *entry, const struct store_send_id *send_id,
		      bool *is_repeat);

	/* What append() would find: STORE_OK with the seq and time_ms of the entry that was stored under this
	 * send id, STORE_ID_REUSED, or STORE_NONE. Stores nothing, and needs no batch. */
	int (*find_send)(struct store *store, struct entry *entry, const struct store_send_id *send_id);

	/* For an import into an empty room: its first entry will be the one behind `seq`. */
	int (*skip_to)(struct store *store, int64_t room_id, uint64_t seq);

	/* One entry as it is now, without its text; its name is valid until the next call. STORE_NONE. */
	int (*find_entry)(struct store *store, int64_t room_id, uint64_t seq, struct entry *entry);

	/* Writes inside a batch. */
	/* Private, topic, retention; and the name, where it is not NULL. */
	int (*update_room)(struct store *store, const struct store_room *room);
	/* STORE_EXISTS where the name is another's; the batch stays open then. */
	int (*add_account)(struct store *store, const struct store_account *account, int64_t *id);
	/* STORE_EXISTS where the name is another's. */
	int (*rename_account)(struct store *store, int64_t account, const char *name, const char *folded);
	int (*set_password)(struct store *store, int64_t account, const char *password);
	int (*put_token)(struct store *store, int64_t account, const char *label,
			 const unsigned char hash[STORE_TOKEN_BYTES]);
	/* `hash` gets that of the token. */
	int (*drop_token)(struct store *store, int64_t account, const char *label,
			  unsigned char hash[STORE_TOKEN_BYTES]);
	int (*put_member)(struct store *store, const struct store_member *member);
	int (*drop_member)(struct store *store, int64_t account, int64_t room_id);
	int (*put_sanction)(struct store *store, const struct store_sanction *sanction);
	int (*drop_sanction)(struct store *store, const struct store_sanction *sanction);
	int (*put_block)(struct store *store, int64_t account, int64_t blocked, bool on);
	int (*add_deed)(struct store *store, const struct store_deed *deed);
	/* Removes at most `limit` entries of the room older than `before_ms`; *purged_seq is the last one
	 * gone, or 0. */
	int (*purge)(struct store *store, int64_t room_id, int64_t before_ms, size_t limit,
		     uint64_t *purged_seq);
	/* Forgets some send ids of entries older than `before_ms`; *is_done after a whole round. */
	int (*forget_sends)(struct store *store, int64_t before_ms, size_t limit, bool *is_done);

	/* Reads that a request has to wait for; index seeks. */
	int (*load_people)(struct store *store, const struct store_people *people);
	/* The password hash, copied; STORE_NONE. */
	int (*find_password)(struct store *store, int64_t account, char *password, size_t bytes);
	int (*find_token)(struct store *store, const unsigned char hash[STORE_TOKEN_BYTES], int64_t *account);
	int (*list_tokens)(struct store *store, int64_t account,
			   void (*visit)(void *context, const char *label), void *context);
	/* Changes when another process has written: accounts may be others then. */
	int64_t (*foreign_version)(struct store *store);

	int (*reader_open)(struct store *store, struct store_reader **reader);
	int (*indexer_open)(struct store *store, struct store_indexer **indexer);
};

/* One word or phrase of a search. */
struct store_term {
	const char *text; /* has at least one word (base/words.h), and no '"' */
	bool is_prefix;   /* its last word may go on */
	bool is_excluded; /* messages with it are not wanted */
};

/* A search, newest first. Everything that is given must hold; with nothing given, all messages match. */
struct store_search {
	const struct store_term *terms;
	size_t terms_count;
	int64_t room_id;      /* 0: all */
	const char *from;     /* folded name, or NULL */
	bool is_from_unknown; /* nobody here is called so: STORE_NONE where nobody in the past was */
	bool has_link, has_file, has_reaction;
	int64_t since_ms, until_ms; /* said at since_ms or later, and before until_ms; 0: no such bound */
	uint64_t before; /* store_search_end.next, or entry.id of the last one shown; 0: from the newest */
	size_t limit;    /* messages shown */
};

/* What a search has come to besides its messages. */
struct store_search_end {
	int64_t lag; /* so many entries are not indexed yet */
	uint64_t
	    next; /* 0, or: a bound of what one search may look at was reached, and it goes on from here */
};

/* Keeps the search index up; belongs to one thread of its own, and never makes the chat thread wait. */
struct store_indexer_ops {
	void (*close)(struct store_indexer *indexer);
	/* Indexes at most `limit` new entries and takes out what was forgotten. *did: how many; 0: all is
	 * done. */
	int (*step)(struct store_indexer *indexer, size_t limit, size_t *did);
};

struct store_indexer {
	const struct store_indexer_ops *ops;
};

struct store_reader_ops {
	void (*close)(struct store_reader *reader);
	int (*page)(struct store_reader *reader, const struct store_range *range, store_visit_entry *visit,
		    void *context);
	/* The reactions to an entry, by emoji and then name. */
	int (*reactions)(struct store_reader *reader, int64_t entry_id,
			 void (*visit)(void *context, const char *emoji, const char *name), void *context);
	/* Shows messages that match, as they read now, each with the id of what matched: itself or its newest
	 * edit. LIMIT_SEARCH_LOOKS and LIMIT_SEARCH_MS bound it. STORE_NONE: nobody of the name has said
	 * anything. */
	int (*search)(struct store_reader *reader, const struct store_search *search,
		      store_visit_entry *visit, void *context, struct store_search_end *end);
	/* The id of an entry, for paging; 0 where there is none. */
	int64_t (*entry_id)(struct store_reader *reader, int64_t room_id, uint64_t seq);
};

struct store {
	const struct store_ops *ops;
	char epoch[33];               /* names this line of history; another one after a restore */
	unsigned char author_key[16]; /* for hashing authors; drawn when the database was made */
};

struct store_reader {
	const struct store_reader_ops *ops;
};

/* Opens or makes `directory`/brusio.db. On failure `problem` says what, why and what to do. */
int sqlite_store_open(const char *directory, struct store **store, char *problem, size_t problem_bytes);

#endif
