/* One worker's side of all conversations: its connections, its feeds, its way to the chat.
 *
 * Layer: gateway. Threads: a gateway belongs to one worker; others reach it through `mailbox` (replies from
 * the chat) and `arrivals` (connections accepted by another worker).
 *
 * A turn: what the loop reports is read and becomes requests; replies become output; then output is written,
 * feeds in slices, so that a flooded room does not keep a quiet one waiting; then the dead are freed. */
#ifndef BRUSIO_GATEWAY_GATEWAY_H
#define BRUSIO_GATEWAY_GATEWAY_H

#include "base/mailbox.h"
#include "base/table.h"
#include "chat/chat.h"
#include "net/loop.h"
#include "wire/lang.h"

#include <stdatomic.h>

#define GATEWAY_READ_BYTES 65536

/* Written by one worker, read by whoever wants to know (relaxed: each is right, together they may be a
 * moment apart). */
struct gateway_counters {
	_Atomic uint64_t connections, accepted, requests, bytes_in, bytes_out, bytes_uncopied, writes,
	    deliveries, replies, lagging, pages, web_requests, websockets;
};

static inline void gateway_count(_Atomic uint64_t *counter, uint64_t more)
{
	/* One writer: no need for a locked instruction. */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + more,
			      memory_order_relaxed);
}

struct connection;
struct feed;
struct transport;
struct web_config;

/* Connections in the order in which they came; each is in one line at most, and once. */
struct line {
	struct connection *first, **last;
};

/* Requests of one sort of expensive.h: how many are under way, and whose wait. */
struct expensive {
	int64_t under_way;
	struct request *first, *last; /* linked by their mail */
};

struct gateway {
	unsigned worker;
	struct loop loop;
	struct chat *chat;
	const struct limits *limits;
	const struct transport *transport; /* set before the first turn; borrowed */
	const struct web_config *web;      /* borrowed; set before the first turn */
	enum lang lang;                    /* what the server speaks to those who did not say */
	/* Told of every connection that is gone, by its numeric address; may be NULL. */
	void (*on_gone)(void *context, unsigned worker, const char *host);
	void *on_gone_context;
	struct mailbox mailbox, arrivals;
	struct loop_source mailbox_source, arrivals_source;

	struct connection **slots; /* by the low bits of a connection's id; NULL: free */
	size_t slots_capacity, slots_used;
	size_t stopped; /* slots below it were stopped by gateway_stop_some() */
	uint32_t *free_slots;
	size_t free_count, free_capacity;
	uint64_t generation;

	struct mail_chain requests;       /* of this turn */
	struct table feeds;               /* by view */
	struct feed *dirty, **dirty_last; /* to be run; each once */
	struct line ready;                /* to be pumped */
	struct line handshakes;           /* the same, a few in a turn */
	struct expensive lists, pages;
	bool is_at_handshakes;        /* these are being pumped */
	struct connection *throttled; /* not read until `throttle` fires */
	struct timer throttle;
	struct connection *dead; /* to be freed at the end of the turn */
	bool is_stopping;
	struct gateway_counters counters;
	char scratch[GATEWAY_READ_BYTES];
};

/* Returns 0 or -errno. The chat is set before the first turn. */
int gateway_init(struct gateway *gateway, unsigned worker, const struct limits *limits, enum lang lang);
void gateway_release(struct gateway *gateway);

/* Takes a new connection over, from any thread: `fd` is non-blocking and the gateway's from now on. */
void gateway_hand_over(struct gateway *gateway, int fd, const char *host);

/* The next turn will not wait: not everything fitted into the last. */
bool gateway_has_work(const struct gateway *gateway);
/* One turn of the loop. */
void gateway_turn(struct gateway *gateway);

/* Tells all connections that the server stops, and lets them go; turns are still needed until
 * gateway_is_empty(). */
void gateway_stop(struct gateway *gateway);
/* The same for some of them, of those that are left. */
void gateway_stop_some(struct gateway *gateway, size_t count);
size_t gateway_connections(const struct gateway *gateway);
bool gateway_is_empty(const struct gateway *gateway);
/* The same without waiting for anybody. */
void gateway_drop_all(struct gateway *gateway);

/* NULL: it is gone. */
struct connection *gateway_find(const struct gateway *gateway, uint64_t id);

void gateway_make_ready(struct gateway *gateway, struct connection *connection);

#endif
