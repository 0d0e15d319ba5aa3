/* The inside of the chat thread: its state, its batch, and how the handlers of requests answer.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone, but for what chat.h opens to others.
 *
 * What handlers emit is put into the order of their calls and let out by hub_flush(), after the commit
 * of what they stored:
 *
 *   handlers --hub_store_entry()--> open transaction --+
 *   handlers --hub_reply(), hub_event()--> outputs     +-- hub_flush(): commit, then logs and mailboxes
 *
 *  1. An entry and its acknowledgement leave only behind a commit that returned success; where it failed,
 *     the entry is dropped and the acknowledgement becomes the error store_failed.
 *  2. Whoever changes what both the store and the memory hold does so between hub_begin() and
 *     hub_commit(), and changes the memory only after the latter returned 0. */
#ifndef BRUSIO_CHAT_HUB_H
#define BRUSIO_CHAT_HUB_H

#include "base/arena.h"
#include "chat/chat.h"
#include "chat/jobs.h"
#include "chat/reply.h"
#include "chat/room.h"
#include "chat/user.h"

#include <pthread.h>

struct output;

struct chat {
	struct chat_config config;
	struct users users;
	struct rooms rooms;
	struct jobs *jobs;

	/* The batch. */
	bool is_batch_open;
	uint64_t batch;              /* counts flushes */
	size_t staged, staged_bytes; /* entries in the open transaction */
	struct output *outputs, **outputs_last;
	struct arena arena;     /* of the outputs */
	struct buffer encoded;  /* scratch */
	struct mail_chain *out; /* by worker */

	struct mailbox inbox;
	_Atomic bool is_stopping;
	pthread_t thread;
};

typedef void chat_handler(struct chat *chat, struct request *request);

/* --- answers --- */

/* Sends the reply to the worker of the peer. */
void hub_reply(struct chat *chat, const struct peer *peer, struct reply *reply);
void hub_ok(struct chat *chat, const struct request *request);
/* An answer to a command that is a text for people. */
void hub_notice(struct chat *chat, const struct request *request, const char *key, const struct text_args *args);
/* `key` is the text for people; NULL: "error.CODE". */
void hub_error(struct chat *chat, const struct request *request, enum error_code code, const char *key,
	       const struct text_args *args);
/* Says which field was wrong. */
void hub_bad_field(struct chat *chat, const struct request *request, const char *field);
/* The answer to a join: its place in the log is fixed when it goes out. */
void hub_joined(struct chat *chat, const struct peer *peer, struct reply *reply, struct room *room);

/* Shows an event to everybody in the room but the connections of event->author. Copies what it needs. */
void hub_event(struct chat *chat, struct room *room, const struct entry *event);
/* The same, about this user: fills in name and args.name. */
void hub_user_event(struct chat *chat, struct room *room, enum entry_kind kind, const struct user *user,
		    uint64_t author, const char *key, const struct text_args *args);

/* --- storing --- */

/* Appends to the room's log: stored with the batch, then shown and acknowledged; all answers are given. */
void hub_store_entry(struct chat *chat, const struct request *request, struct room *room, struct entry *entry);

/* For other writes: commits what was staged and begins a transaction of its own. On failure the request
 * was answered (store_failed) and -1 is returned. */
int hub_begin(struct chat *chat, const struct request *request);
int hub_commit(struct chat *chat, const struct request *request);
/* A write between the two failed: the store has rolled back; answers the request. */
void hub_store_failed(struct chat *chat, const struct request *request);

/* Commits the batch and lets all outputs out. */
void hub_flush(struct chat *chat);

/* --- what many handlers begin with; they answer where they return NULL --- */

struct user *hub_need_user(struct chat *chat, const struct request *request);
/* The room that the request names. */
struct room *hub_need_room(struct chat *chat, const struct request *request);
/* The same, and the asker is in it. */
struct room *hub_need_membership(struct chat *chat, const struct request *request);

/* --- handlers, by file --- */

chat_handler do_hello, do_simple, do_closed, do_nick, do_quit;       /* enter.c */
chat_handler do_join, do_leave;                                       /* membership.c */
chat_handler do_send;                                                 /* say.c */
chat_handler do_rooms, do_who, do_help, do_ping;                      /* look.c */
chat_handler do_history;                                              /* history.c */

/* membership.c: lets the peer into the room, which exists. Returns false, with the request answered, where
 * it may not. */
bool hub_join_room(struct chat *chat, const struct request *request, struct room *room);
/* Takes the following away and tells the room where it was the user's last. */
void hub_leave_room(struct chat *chat, struct peer *peer, struct following *following);

/* address.c: how an address is shown to others. */
#define SHOWN_IP_BYTES 46
void address_shown(const char *address, bool show_all, char shown[SHOWN_IP_BYTES]);

#endif
