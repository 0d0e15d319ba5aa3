/* The live end of a room in one encoding: a chain of shared, append-only pieces of encoded bytes,
 * and the cursors that read it.
 *
 * Layer: chat. It knows bytes and numbers alone; who encoded them and where they go is the gateways'.
 *
 * Threads: one thread writes a log (the chat thread); any thread reads what is published, through a
 * reference on a chunk. A chunk that a job filled from the store ("cold") is complete before anybody sees it.
 *
 *  1. Items and bytes below `count` never change: invariant 3 of doc/design.md.
 *  2. `count` is stored with release after the item and its bytes; readers load it with acquire.
 *  3. A chunk holds a reference on its successor: who holds a chunk can walk to the end of the log.
 *  4. `next` is set once, and only after the last item of this chunk was published. */
#ifndef BRUSIO_CHAT_CHUNK_H
#define BRUSIO_CHAT_CHUNK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define CHUNK_EPHEMERAL 1u
#define CHUNK_HAS_ID    2u  /* its sender gave it an id, which only they are shown */
#define CHUNK_UNTOLD    4u  /* an event that some people are not shown */
#define CHUNK_FOR_THEM  8u  /* with it: these people alone are shown it */
#define CHUNK_MESSAGE   16u /* a message */
#define CHUNK_ASIDE     32u /* an entry that changes no message's text; what has neither flag may change one */

/* Ids of items, beside their bytes: nearly all readers are given the same bytes, and none of them an id. */
struct chunk_ids;
/* People, beside the items that have CHUNK_UNTOLD. */
struct chunk_untold;

struct chunk_item {
	uint32_t end;   /* one past its last byte; it begins where the one before it ends */
	uint32_t flags; /* CHUNK_EPHEMERAL: an event; its seq is that of the entry before it */
	uint64_t seq;
	uint64_t
	    author; /* whose connection does not get it, the person in the upper half; 0: everybody gets it */
};

struct chunk {
	_Atomic uint32_t references;
	_Atomic uint32_t count; /* published items */
	_Atomic(struct chunk *) next;
	uint32_t items_max, bytes_max;
	uint64_t base_seq;   /* entries in here have a seq above it */
	uint64_t base_bytes; /* of the log before this chunk */
	bool is_cold;        /* read back from the store: entries alone, no events */
	int64_t made_ms;
	_Atomic(struct chunk_ids *) ids;       /* the newest of a list; NULL: no item has one */
	_Atomic(struct chunk_untold *) untold; /* the newest of a list; NULL: no item has any */
	struct chunk_item *items;
	char *bytes;
	int64_t file_offset; /* of `bytes` in base/sendable.h's file; -1: ordinary memory */
};

struct chunk *chunk_new(uint32_t bytes_max, uint64_t base_seq, uint64_t base_bytes);
struct chunk *chunk_acquire(struct chunk *chunk);
/* Frees the chunk with its last reference, and then maybe those after it. NULL is allowed. */
void chunk_release(struct chunk *chunk);

/* Bytes that all chunks of the process hold now. */
size_t chunk_bytes_total(void);

/* Publishes one item. False where it does not fit; nothing is changed then. The writer's alone. */
bool chunk_append(struct chunk *chunk, const void *bytes, size_t length, const struct chunk_item *item);
/* The same for an item with an id of at most LIMIT_ID_BYTES; NULL or "": none. */
bool chunk_append_with_id(struct chunk *chunk, const void *bytes, size_t length,
			  const struct chunk_item *item, const char *id);

/* The log of one room in one encoding; belongs to the thread that writes it. */
struct log {
	struct chunk *tail; /* referenced */
};

void log_init(struct log *log, uint64_t end_seq);
void log_release(struct log *log);
void log_append(struct log *log, const void *bytes, size_t length, const struct chunk_item *item,
		const char *id);
/* The same for an event with CHUNK_UNTOLD, and whom that is about: numbers of people. */
void log_append_untold(struct log *log, const void *bytes, size_t length, const struct chunk_item *item,
		       const int64_t *people, size_t count);
/* Starts a new chunk, so that nobody who comes later reads what is in the old ones. */
void log_seal(struct log *log, uint64_t end_seq);

/* A reader's place. Embedded in whoever reads; zeroed and then attached.
 *
 *   DISTANT (chunk == NULL; the store has what is next) --cursor_attach--> IN A CHUNK --cursor_detach-->
 * DISTANT */
struct cursor {
	struct chunk *chunk;    /* referenced, or NULL */
	uint32_t item;          /* the item that byte `sent` belongs to */
	uint32_t sent : 31;     /* bytes of the chunk that are done */
	uint32_t is_author : 1; /* it may meet items of its own */
	uint64_t seq;           /* the last entry that is done */
	uint64_t live_seq;      /* entries above it are live for this reader, the others a replay */
	uint64_t live_bytes;    /* the same as a position in the log */
};

/* Puts the cursor behind entry cursor->seq in this chunk, whose base_seq must not be above it. */
void cursor_attach(struct cursor *cursor, struct chunk *chunk);
/* Puts the cursor at item `item` of this chunk and declares all from there on live. */
void cursor_attach_live(struct cursor *cursor, struct chunk *chunk, uint32_t item);
void cursor_detach(struct cursor *cursor);

/* The id and the bytes of the next item, if this reader's own person said it with an id, on another connection or
 * earlier. NULL: it reads as for everybody else, or nothing is to be read. After writing it, go on with
 * cursor_skip_rest(). */
const char *cursor_own_id(struct cursor *cursor, uint64_t author, struct iovec *item);

/* Describes what is to be written next: at most `bytes_max` bytes, at least one whole item where there is
 * one; `items_max` limits the number of items (UINT32_MAX: no limit). Own live items are left out, and live
 * events that its person is not told of; what cursor_own_id() tells of is not described, nor anything behind it.
 * Returns the number of iovecs filled; 0: nothing to write (the cursor may have moved over what is left out). */
int cursor_gather(struct cursor *cursor, uint64_t author, struct iovec *iov, int iov_max, size_t bytes_max,
		  uint32_t items_max);

/* Moves over `bytes` that were written out of what was gathered; returns how many items are done with it. */
uint32_t cursor_advance(struct cursor *cursor, uint64_t author, size_t bytes);

/* Moves over items that are not for this reader; false where nothing is left to read now. */
bool cursor_settle(struct cursor *cursor, uint64_t author);

/* True in the middle of an item: nothing else may be written before its rest. */
bool cursor_is_inside(const struct cursor *cursor);
/* The rest of that item. */
struct iovec cursor_rest(const struct cursor *cursor);
/* Gives the rest up to the caller, who has copied it: the cursor stands behind the item. */
void cursor_skip_rest(struct cursor *cursor);

/* True where everything published in this chunk and its successors is done. */
bool cursor_is_at_end(const struct cursor *cursor);

#endif
