/* The connections of one worker that follow a room in one encoding, and the fan-out to them.
 *
 * Layer: gateway. Threads: the worker's alone; the chunks are shared (chat/chunk.h).
 *
 *  1. `head` to `newest` is the part of the live log that this worker keeps hold of: at most
 *     limits.room_log_bytes and a chunk. Who is behind it reads pages from the store.
 *     Chunks with nothing but events go as soon as all cursors have left them: who reads on from an entry
 *     is not told what happened meanwhile.
 *  2. A subscription's cursor is in the live log, in a page, or nowhere with `is_waiting` for a page. */
#ifndef BRUSIO_GATEWAY_FEED_H
#define BRUSIO_GATEWAY_FEED_H

#include "base/table.h"
#include "chat/chunk.h"

#include <stdbool.h>
#include <stdint.h>

#define FEED_PAGES 8

struct connection;
struct gateway;
struct reply;
struct reply_page;

struct subscription {
	struct cursor cursor;
	struct feed *feed;
	struct connection *connection;
	struct subscription *next; /* of the same connection */
	uint32_t index : 30;       /* in feed->subscriptions */
	uint32_t has_asked : 1;    /* for a page: this is the last one */
	uint32_t is_waiting : 1;   /* for that page */
	uint32_t page_seq;         /* low bits */
};

/* An idle connection costs this much in each room: see doc/memory.md. */
_Static_assert(sizeof(struct subscription) <= 72, "it fits a block of 80 bytes");

struct feed {
	struct table_link by_view;
	struct gateway *gateway;
	uint64_t view;
	unsigned encoding;
	int64_t room_id;
	char *room;
	char *reader;                /* of a direct conversation; NULL: a room */
	bool is_own;                 /* of a conversation with oneself */
	struct chunk *head, *newest; /* referenced */
	struct subscription **subscriptions;
	size_t count, capacity;
	struct chunk *pages[FEED_PAGES]; /* complete ones, latest first; referenced */
	uint32_t generation;             /* of the pages: how often the past was sealed */
	uint64_t asked[FEED_PAGES];      /* base_seqs of pages under way; UINT64_MAX: free */
	struct feed *dirty_next;
	bool is_dirty;       /* in gateway->dirty; `position` is where the next slice begins */
	bool is_woken_again; /* while it was being run */
	size_t position;
	uint64_t rearmost; /* of this round: where the chunk of the furthest cursor behind begins */
};

/* The connection has joined: gives it a cursor, and the feed its log. A second join moves the cursor. */
void feed_join(struct gateway *gateway, struct connection *connection, const struct reply *joined);
/* Ends the subscription. The rest of a half-written item becomes private output. */
void feed_leave(struct subscription *subscription);
struct subscription *feed_find_subscription(struct connection *connection, uint64_t view);
/* The connection may meet entries of its own from now on, or need not know them any more. */
void feed_set_author(struct connection *connection, bool is_author);

/* An event for each connection that follows this view. */
void feed_pass(struct gateway *gateway, const struct reply *reply);
/* The log of this view has grown. */
void feed_wake(struct gateway *gateway, uint64_t view);
/* The past that the feed holds must not be shown to anybody who is not reading it already: a text is gone, or the
 * room has another name. */
void feed_seal(struct gateway *gateway, const struct reply *seal);
/* A page has come. */
void feed_page(struct gateway *gateway, const struct reply_page *page);

/* Writes to at most `slice` of the feed's connections; true where some are left for the next turn. */
bool feed_run(struct feed *feed, size_t slice);

/* Lets go of the chunk that the cursor is in; the rest of a half-written item becomes private output. */
void feed_fall_behind(struct subscription *subscription);

/* Frees a feed without subscriptions. */
void feed_free(struct feed *feed);

/* Puts a cursor that is nowhere, or at the end of a page, where it can read on: into the live log, into a
 * page that is there, or in wait for one. False where it has to wait. */
bool feed_locate(struct subscription *subscription);

#endif
