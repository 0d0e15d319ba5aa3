/* Pushes: messages that a browser is told of while nobody looks at a page in it (RFC 8030). Seals them, and has the courier take
 * them to the push services; the daemon itself connects nowhere.
 *
 *   chat --pusher_post()--> the pusher's thread: seal, sign, wait --socket--> brusio-push --HTTPS--> push service
 *        <-pusher_take_gone()--                                   <-status---
 *
 *  1. Whatever waits is bounded by LIMIT_PUSHES_WAITING; what is beyond is dropped and counted.
 *  2. Of one subscription and one topic only the newest waits.
 *  3. A push is tried LIMIT_PUSH_TRIES times at most, with growing rests between.
 *
 * Layer: push. Threads: main starts and stops it; the chat's posts and takes; any counts. */
#ifndef BRUSIO_PUSH_PUSHER_H
#define BRUSIO_PUSH_PUSHER_H

#include "push/seal.h"
#include "wire/lang.h"

#include <stdbool.h>
#include <stdint.h>

#define PUSHER_HASH_BYTES    32
#define PUSHER_PROBLEM_BYTES 512

struct pusher;

/* The words that the courier is started with. Texts are borrowed until pusher_start() returns. */
struct pusher_config {
	const char
	    *program; /* NULL: brusio-push beside this program, or in the libexec beside its directory */
	const char *key_path; /* of the server's key */
	const char *contact;  /* for the operators of push services: "mailto:…" or "https://…" */
	const char *hosts;    /* endpoint.h */
	const char *ca;       /* a PEM file besides the system's certificates; or NULL */
	bool allows_private;  /* addresses that are not of the public internet */
	bool is_bare;         /* no sandbox, to debug */
};

struct pusher_counts {
	uint64_t sent, failed, dropped; /* since the start */
	uint64_t waiting;               /* now */
	bool is_there;                  /* the courier takes orders */
};

/* One message for one browser. Texts are borrowed during the call. */
struct push {
	unsigned char hash[PUSHER_HASH_BYTES]; /* names the subscription */
	int64_t person;
	const char *endpoint;
	struct seal_keys keys;
	enum lang lang;
	const char *room; /* as its reader calls it */
	uint64_t seq;
	const char *name; /* whose message it is */
	const char *text; /* NULL: it is not shown */
	bool is_direct;
};

/* A subscription of which its push service says that it is over. */
struct push_gone {
	unsigned char hash[PUSHER_HASH_BYTES];
	int64_t person;
};

/* Opens the key and starts the courier; before the sandbox, and before there are threads. 0, or -1 with `problem` filled
 * in. */
int pusher_open(const struct pusher_config *config, struct pusher **made, char problem[PUSHER_PROBLEM_BYTES]);
/* Starts the thread. 0 or -errno. */
int pusher_start(struct pusher *pusher);
/* The thread and the courier end; what waits is forgotten. NULL is no pusher. */
void pusher_close(struct pusher *pusher);

/* The key that browsers subscribe with; of a pusher's whole life. */
const char *pusher_key(const struct pusher *pusher);
/* Whether a subscription may be at this address. */
bool pusher_goes_to(const struct pusher *pusher, const char *endpoint);

/* Takes a push; waits for nothing. */
void pusher_post(struct pusher *pusher, const struct push *push);
/* False: there is none. */
bool pusher_take_gone(struct pusher *pusher, struct push_gone *gone);

void pusher_count(const struct pusher *pusher, struct pusher_counts *counts);

#endif
