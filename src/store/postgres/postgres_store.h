/* The PostgreSQL store as its files share it: postgres.c, and postgres_shared.c for what a node does besides.
 *
 * Layer: store, private to it. */
#ifndef BRUSIO_STORE_POSTGRES_STORE_H
#define BRUSIO_STORE_POSTGRES_STORE_H

#include "store/postgres/postgres_bus.h"
#include "store/postgres/postgres_gate.h"
#include "store/postgres/postgres_node.h"
#include "store/postgres/postgres_writer.h"
#include "store/store_node.h"

/* A batch, a question or news under way. */
struct job {
	struct job *next;
	struct store_batch *batch;
	struct store_query *query;
	PGresult *rows; /* of the question */
	struct arena arena;
	struct postgres_guards guards; /* of a node's batch */
	struct postgres_news news;     /* that the chat is told, with neither of the two */
	enum postgres_told_kind told;  /* what another node has told without storing it; else 0 */
	int64_t teller;
	char *lines;      /* owned */
	int64_t fetching; /* a room whose entries are to be found; else 0 */
	int result;
};

struct queue {
	struct job *first, **last;
};

struct postgres_store {
	struct store store; /* first */
	struct postgres_place place;
	struct postgres_writer writer; /* its thread's, once there is one */
	struct postgres_link link;     /* the chat thread's */
	struct postgres_gate gate;
	_Atomic bool is_alone; /* a standby is demanded, and there is none */
	char *path;            /* a name in the directory of the search index */
	int lock_fd;
	bool has_thread;
	pthread_t thread;
	struct postgres_node node;
	struct postgres_bus bus;
	struct store_listener listener; /* of a node */
	bool is_over; /* the writer's: this server was told to end, since another start may write */
	struct postgres_guards stale; /* the writer's: the rules that a batch has met others' of */
	pthread_mutex_t mutex;        /* for what follows */
	pthread_cond_t posted;
	struct queue jobs, returned;
	bool is_closing;
	bool is_told;                 /* another node may have stored something */
	_Atomic int64_t caught_up_ms; /* when all that others had stored was known last */
	size_t told_waiting;          /* of `returned`: what others have told without storing it */
	char trouble[STORE_TROUBLE_BYTES];
	void (*wake)(void *context);
	void *wake_context;
};

static inline struct postgres_store *postgres_store_of(struct store *store)
{
	return (struct postgres_store *)store;
}

/* Hands the job to the writer's thread, behind those before it. */
void postgres_post(struct postgres_store *self, struct job *job);
/* Hands the job to the chat thread, behind those before it. */
void postgres_give_back(struct postgres_store *self, struct job *job);

/* --- postgres_shared.c --- */

extern const struct store_node_ops postgres_shared_ops;

/* The chat's: by which rules the batch was decided. */
void postgres_shared_guard(struct postgres_store *self, struct job *job);
/* The chat's: tells it the news, or which rules hold behind a batch that comes back. */
void postgres_shared_settle(struct postgres_store *self, struct job *job);

/* The bus's: takes what another node has told, for the chat. False: too much waits already. */
bool postgres_shared_hear(void *store, enum postgres_told_kind kind, int64_t node, const char *lines);

/* The writer's: what others have stored goes to the chat. -1: not now. */
int postgres_shared_catch_up(struct postgres_store *self);
/* The writer's: adds the entries of the room that the job is about. */
void postgres_shared_fetch(struct postgres_store *self, struct job *job);
/* The writer's: before a batch that is stored goes back, and behind it; the others are told of it then. */
void postgres_shared_before(struct postgres_store *self, struct job *job);
void postgres_shared_behind(struct postgres_store *self);

#endif
