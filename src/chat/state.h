/* The state of the chat thread, and the handlers of its requests.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone, but for what chat.h opens to others.
 *
 * A handler decides from what is known here, and puts what it decided into the batch as commands for the
 * store (batch.h). Only chat_apply() (apply.h) changes what is known of rooms and people, and only with
 * commands that are stored:
 *
 *   request --handler: decide--> commands --store--> chat_apply() --> then: answer, tell the others */
#ifndef BRUSIO_CHAT_STATE_H
#define BRUSIO_CHAT_STATE_H

#include "base/operation.h"
#include "chat/batch.h"
#include "chat/files/file.h"
#include "chat/distant.h"
#include "chat/people/gone.h"
#include "chat/hold.h"
#include "chat/chat.h"
#include "chat/jobs.h"
#include "chat/talk/marks.h"
#include "chat/people/names.h"
#include "chat/people/property.h"
#include "chat/reply.h"
#include "chat/rooms/room.h"
#include "chat/silence.h"
#include "chat/told.h"
#include "chat/people/user.h"

#include <pthread.h>

struct chat {
	struct chat_config config;
	struct users users;
	struct rooms rooms;
	struct batches batches;
	struct silence silence;
	struct held held;
	struct distants distants;
	struct told told;
	uint64_t fetches; /* of entries of rooms that were missing: node.c */
	struct names names;
	struct jobs *jobs;
	struct jobs *hashers; /* one thread: password hashes are bounded in memory by it */
	struct indexer *indexer;
	struct guesses *guesses;
	struct pace *pace;
	struct files files;
	struct table watches; /* by the name that is watched, see watch.h */
	struct gone gone;
	struct properties properties;
	struct marks seen;       /* by device and room: see past.c */
	struct marks read_times; /* as clients said them, see past.c */
	int64_t chores_ms;       /* when they are due again */
	_Atomic uint64_t handled, entries, repeats, commits, failed_commits; /* since the start */
	_Atomic uint64_t turns, rooms_count;
	struct request *answering; /* whose handler runs, and may hand it on; NULL: nobody's */
	uint64_t handled_before;   /* at the last chores */
	bool is_trimmed;           /* since the last request */
	int64_t sends_due_ms;      /* when the next round through the old send ids begins */
	/* The wall clock less the monotonic one, as it is believed; 0: not known yet. */
	int64_t wall_offset_ms;
	int64_t jumped_ms;  /* when it was found set forward; 0: it was not */
	bool has_strays;    /* guests whose removal could not be stored */
	size_t idle_bucket; /* how far idle_look() has come */
	bool has_deserted;  /* rooms in which nothing was said and nobody is left */
	size_t online;      /* people with a connection, here or at another node */
	size_t online_most; /* at any time since the start */
	uint64_t wide;      /* what is told now is told in several rooms: see entry.wide; 0: in one */
	uint64_t wides;     /* how often that was so */
	size_t notices;     /* of which the store is asked whom they are for: push.c */
	uint32_t looks;     /* counts looks at many: see user.looked */
	/* What the configuration says of the settings that may change: configure.c. */
	int64_t configured[CHAT_LIVE_KEYS];
	struct buffer encoded; /* scratch */

	struct mailbox inbox;
	_Atomic bool is_stopping;
	_Atomic bool is_going; /* the server has begun to stop */
	pthread_t thread;
};

typedef void chat_handler(struct chat *chat, struct request *request);

/* do_hello(), do_join(), ...: each operation has its handler, in the file of its subject. */
#define X(id, name, ...) chat_handler do_##name;
OPERATIONS(X)
OPERATIONS_INSIDE(X)
#undef X

/* Everything told until chat_end_wide() is one event, in whatever rooms it is told. */
void chat_begin_wide(struct chat *chat);
void chat_end_wide(struct chat *chat);

/* So many people more, or less, have a connection. */
void chat_count_online(struct chat *chat, int change);

/* Handles one request, or holds it back where it depends on something that is under way; frees it unless it
 * was kept. */
void chat_handle(struct chat *chat, struct request *request);

#endif
