/* A store offers this besides where several servers, its nodes, write into one database.
 *
 *   another node's batch --store: news()--> chat: as its own batches, in the order in which they come
 *   chat --follow(room)--> store: the room's entries are news, too
 *
 * Layer: store. Threads: as store.h. */
#ifndef BRUSIO_STORE_STORE_NODE_H
#define BRUSIO_STORE_STORE_NODE_H

#include "store/store.h"

/* The line that begins all that a node has to tell. */
#define STORE_TOLD_WHOLE "="
/* The line behind it. */
#define STORE_TOLD_END "."
/* A longer line is left out. */
#define STORE_TOLD_LINE_BYTES 7820

/* The store of a node calls these, on the chat's thread, from within submit() and collect(). */
struct store_listener {
	void *context;
	/* Takes what other nodes have stored, as the commands that would make it of what is known: of a room that is followed
	 * its entries (STORE_APPEND), of others where they end (STORE_SKIP_TO). Some of it may be known already. */
	void (*news)(void *context, const struct store_command *commands, size_t count);
	/* The version of the room's rules by which was decided what is submitted now; -1: any. */
	int64_t (*rules)(void *context, int64_t room_id);
	/* This version holds behind the batch that comes back now; what others have changed before was told. */
	void (*ruled)(void *context, int64_t room_id, int64_t rules);
	/* Another node has told these lines (tell()). They come in its order and without a gap since STORE_TOLD_WHOLE. */
	void (*heard)(void *context, int64_t node, const char *lines);
	/* That node is not there any more, or has begun anew. */
	void (*gone)(void *context, int64_t node);
	/* Another node does not know all that was told: it is to be told anew, from STORE_TOLD_WHOLE on. */
	void (*asked)(void *context);
};

/* How a node is, for who watches it. */
struct store_node_state {
	int64_t lease_age_ms; /* since its lease was renewed last */
	int64_t news_age_ms;  /* since it knew all that others had stored */
	size_t others;        /* nodes from which it has heard */
	size_t told_bytes;    /* that wait to be told, or are on their way */
	/* As the database was seen last, within a second or two. */
	int64_t standbys; /* whom a commit may wait for */
	int64_t
	    snapshot_age_ms; /* of the oldest snapshot that anybody holds, which keeps dead rows from being removed */
	/* How often what was read had to be on a standby before it was shown, and what all these took. */
	int64_t barriers, barrier_us;
};

struct store_node_ops {
	/* Before load(). */
	void (*listen)(struct store *store, const struct store_listener *listener);
	/* Somebody follows the room here, whose log is known up to end_seq; or nobody does any more. */
	void (*follow)(struct store *store, int64_t room_id, uint64_t end_seq, bool is_on);
	/* What is stored of a room that is followed, and was not given yet, comes as news: behind what was submitted before, and
	 * before what is asked after it. */
	void (*fetch)(struct store *store, int64_t room_id);
	/* Tells the other nodes a line (without its end), which is not stored. It may be lost: asked() is called then. It
	 * is left out, and asked() is not called, where it is longer than STORE_TOLD_LINE_BYTES, and where much waits and
	 * it `may_drop`: events may be so long, and nothing that is told anew. */
	void (*tell)(struct store *store, const char *line, bool may_drop);
	/* Any thread. */
	void (*look)(struct store *store, struct store_node_state *state);
};

/* Opens as store_open() does, as the node of this name, one of several servers on the database of the URL. */
int store_open_node(const char *directory, const char *url, const char *node, struct store **store,
		    char *problem, size_t problem_bytes);

#endif
