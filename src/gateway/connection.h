/* One connection: its stream, its dialect, its requests under way, its private output, its subscriptions.
 *
 * Layer: gateway. Threads: its worker's alone.
 *
 *   TALKING --bye, fault, end of input--> ENDING --all written--> LINGERING --peer gone, time out--> DEAD
 *
 *  1. connection_close() only marks; the gateway frees at the end of the turn (design invariant 4).
 *  2. It is not read while connection_can_take() is false: too much under way, or private output that the
 *     peer does not take (design invariants 5 and 6).
 *  3. Private output goes out before entries, but never in the middle of one. */
#ifndef BRUSIO_GATEWAY_CONNECTION_H
#define BRUSIO_GATEWAY_CONNECTION_H

#include "base/token_bucket.h"
#include "base/buffer.h"
#include "base/request.h"
#include "gateway/dialect.h"
#include "gateway/feed.h"
#include "gateway/gateway.h"
#include "gateway/transport.h"
#include "net/stream.h"
#include "net/timer.h"

#include <stdalign.h>

enum connection_state { CONNECTION_TALKING, CONNECTION_ENDING, CONNECTION_LINGERING, CONNECTION_DEAD };

struct connection {
	struct loop_source source;
	struct gateway *gateway;
	uint64_t id; /* worker << 56 | generation << 24 | slot */
	struct stream stream;
	const struct dialect *dialect; /* NULL until the first bytes told */
	struct request *quit;          /* waits until all that was asked before it is answered */
	struct peer *peer;             /* the chat's from the first request on */
	uint64_t author;
	struct buffer in;  /* what is not taken yet */
	struct buffer out; /* private output */
	struct subscription *subscriptions;
	struct subscription *inside;                        /* whose item is half written */
	alignas(8) char dialect_state[DIALECT_STATE_BYTES]; /* the dialect's alone */
	struct timer timer;   /* greeting, stall, pace, linger or the dialect's: never two at once */
	struct request *held; /* the next that is much work (see expensive.h), which waits */
	struct connection *ready_next;
	struct connection *aside_next; /* in gateway->throttled or, once it is dead, in gateway->dead */
	uint32_t in_flight_bytes;
	uint32_t confirmed; /* low bits of the bytes that had reached the peer when it blocked */
	struct token_bucket requests_left; /* see send_rate */
	uint16_t in_flight;
	uint8_t last_error;                    /* where it is over: enum error_code */
	uint8_t state : 2;                     /* enum connection_state */
	uint8_t transport : 3;                 /* enum transport_state */
	uint8_t lang : 3;                      /* enum lang */
	bool is_readable : 1, is_writable : 1; /* as far as the kernel said */
	bool is_hanging_up : 1;                /* an end or an error is to be read */
	bool is_broken : 1;                    /* both ways */
	bool has_ended : 1;                    /* the peer's side */
	bool has_entered : 1;                  /* said who it is */
	bool is_ready : 1;                     /* in one of the gateway's lines */
	bool is_author : 1;                    /* may meet entries of its own */
	bool is_simple : 1;                    /* entered by the simple form or by plain text */
	bool is_known : 1;                     /* to the chat: it has asked for something */
	bool is_proxied : 1;                   /* a proxy of proxy_from speaks for it */
	bool is_proxied_secure : 1;            /* over TLS up to the proxy that speaks for it */
	bool has_asked_name : 1;               /* by the simple form or plain text; maybe not answered yet */
	bool is_name_awaited : 1;              /* an empty line came, and nothing before it */
	bool is_over : 1;                      /* it ends when all that it asked is answered */
	bool is_asking : 1;                    /* for something that is much work, see expensive.h */
	bool is_echoed : 1;                    /* what it says comes back to it by the log */
	bool is_throttled : 1;                 /* too fast: in gateway->throttled, and not read */
};

/* An idle connection costs this much, and what the chat knows of it: see doc/design.md, section 11. */
_Static_assert(sizeof(struct connection) <= 232, "a connection fits a block of 240 bytes");

struct connection *connection_new(struct gateway *gateway, uint64_t id, int fd, const char *host);
void connection_free(struct connection *connection);

/* The numeric address that it counts for; the peer's. */
const char *connection_host(const struct connection *connection);
/* It counts for another address: a proxy said so before anything was asked. */
void connection_set_host(struct connection *connection, const char *host);

/* It speaks this dialect from now on. */
void connection_speak(struct connection *connection, const struct dialect *dialect);

/* From now on it has greet_seconds to say who it is. */
void connection_await_greeting(struct connection *connection);

/* True while another request may be taken from it. */
bool connection_can_take(const struct connection *connection);

/* Posts a request of this connection; owns it from here on. */
void connection_ask(struct connection *connection, struct request *request);
/* A request of a typed line: "/command", "//text", or a message. `follows_name`: it came with the name. */
void connection_ask_line(struct connection *connection, const char *line, size_t bytes, bool follows_name);

/* Turns a reply into output. The reply stays the caller's. */
void connection_reply(struct connection *connection, const struct reply *reply);

/* Something it sent was wrong: says so. */
void connection_fault(struct connection *connection, enum error_code code, const char *id, enum text key,
		      const struct text_args *args);

/* One timer for all that a connection waits for; it is set anew where it was set. */
void connection_set_timer(struct connection *connection, void (*fire)(struct timer *), int64_t wait_ms);
struct connection *connection_of_timer(struct timer *timer);

/* Writes out what was prepared, and it ends. `key`: a last text for it, or TEXT_NONE. */
void connection_end(struct connection *connection, enum text key);
/* The same when all that it asked before is answered; until then nothing is read. `code`: a last error for
 * it, or ERROR_NONE. */
void connection_end_answered(struct connection *connection, enum error_code code);
/* It is gone. `why` is for the log. */
void connection_close(struct connection *connection, const char *why);

/* Reads and writes as much as one turn allows. */
void connection_pump(struct connection *connection);
/* Writes private output and this subscription's entries. */
void connection_write(struct connection *connection, struct subscription *subscription);

#endif
