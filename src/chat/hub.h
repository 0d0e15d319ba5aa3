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
	struct jobs *hashers; /* one thread: password hashes are bounded in memory by it */
	struct indexer *indexer;
	struct guesses *guesses;
	int64_t chores_ms;                                                   /* when they are due again */
	_Atomic uint64_t handled, entries, repeats, commits, failed_commits; /* since the start */
	_Atomic uint64_t turns, rooms_count;
	uint64_t handled_before; /* at the last chores */
	bool is_trimmed;         /* since the last request */
	int64_t sends_due_ms;    /* when the next round through the old send ids begins */
	int64_t
	    wall_offset_ms; /* of the wall clock from the other one, as it is believed; 0: not known yet */
	int64_t jumped_ms;  /* when it was found set forward; 0: it was not */
	int64_t foreign_version; /* of the store, when people were last loaded */

	/* The batch. */
	bool is_batch_open;
	uint64_t batch;              /* counts flushes */
	size_t staged, staged_bytes; /* entries in the open transaction */
	struct output *outputs, **outputs_last;
	struct arena arena;     /* of the outputs */
	struct buffer encoded;  /* scratch */
	struct mail_chain *out; /* by worker */
	/* Wakes that the batch before put off, by worker, and how many requests waited behind this one when
	 * it ended: see can_wait() in hub.c. */
	struct mail_chain *put_off;
	size_t waiting;

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
void hub_notice(struct chat *chat, const struct request *request, const char *key,
		const struct text_args *args);
/* `key` is the text for people; NULL: "error.CODE". */
void hub_error(struct chat *chat, const struct request *request, enum error_code code, const char *key,
	       const struct text_args *args);
/* Says which field was wrong. */
void hub_bad_field(struct chat *chat, const struct request *request, const char *field);
/* The answer to a join: its place in the log is fixed when it goes out. */
void hub_joined(struct chat *chat, const struct peer *peer, struct reply *reply, struct room *room);

/* A reply to a connection that did not ask. */
struct reply *hub_tell(struct chat *chat, const struct peer *peer, enum reply_kind kind);
/* An event for one connection alone. */
void hub_tell_event(struct chat *chat, const struct peer *peer, const struct entry *event);
/* An ok that is only given when the open batch was stored. */
void hub_ok_stored(struct chat *chat, const struct request *request);

/* Shows an event to everybody in the room but the connections of event->author. Copies what it needs. */
void hub_event(struct chat *chat, struct room *room, const struct entry *event);
/* The same, about this user: fills in name and args.name. */
void hub_user_event(struct chat *chat, struct room *room, enum entry_kind kind, const struct user *user,
		    uint64_t author, const char *key, const struct text_args *args);

/* A text of the room is gone: nobody who comes from now on is given what memory still holds of it. */
void hub_seal(struct chat *chat, struct room *room);

/* --- storing --- */

/* Appends to the room's log: stored with the batch, then shown and acknowledged; all answers are given. True
 * where the batch holds a new entry now: it was neither refused nor a repeat. */
bool hub_store_entry(struct chat *chat, const struct request *request, struct room *room,
		     struct entry *entry);

/* True where the request is answered: the entry was stored under its id before, and is acknowledged now as it
 * was then, since what would be refused today may have been granted when it was sent first; or that could not
 * be read. */
bool hub_acknowledge_repeat(struct chat *chat, const struct request *request, struct room *room,
			    struct entry *entry);

/* Opens the batch for a write that goes along with others, before hub_ok_stored(). */
int hub_open_batch(struct chat *chat, const struct request *request);

/* For other writes: commits what was staged and begins a transaction of its own. On failure the request
 * was answered (store_failed) and -1 is returned. */
int hub_begin(struct chat *chat, const struct request *request);
int hub_commit(struct chat *chat, const struct request *request);
/* Ends what hub_begin() began, after writes with this result: commits, or answers the failure. A failed
 * hub_begin() counts as answered: then `result` must be STORE_FAILED and the batch is closed. */
int hub_finish(struct chat *chat, const struct request *request, int result);
/* A write between the two failed: the store has rolled back; answers the request. */
void hub_store_failed(struct chat *chat, const struct request *request);
/* What the request needs could not be read: answers it. A batch that is open may be lost with it; the store
 * says so at its next write or at the commit. */
void hub_read_failed(struct chat *chat, const struct request *request);
/* As hub_store_failed() where the request is answered already, by what the batch held of it. */
void hub_drop_batch(struct chat *chat);

/* Nothing was written after hub_begin(): gives the transaction up. */
void hub_rollback(struct chat *chat);

/* Commits the batch and lets all outputs out. */
void hub_flush(struct chat *chat);

/* --- what many handlers begin with; they answer where they return NULL --- */

struct user *hub_need_user(struct chat *chat, const struct request *request);
/* The room that the request names. */
struct room *hub_need_room(struct chat *chat, const struct request *request);
/* The same, and the asker is in it. */
struct room *hub_need_membership(struct chat *chat, const struct request *request);

/* --- handlers: do_NAME() for each row of base/operations.h --- */

#define X(id, name, ...) chat_handler do_##name;
OPERATIONS(X)
OPERATIONS_INSIDE(X)
#undef X

/* enter.c: the peer has shown who it is, and becomes a connection of that user. */
void hub_enter_user(struct chat *chat, const struct request *request, struct user *user);
/* Closes the peer's connection, with a text for it; it has left already. */
void hub_expel_peer(struct chat *chat, struct peer *peer, const char *key);

/* Frees the peer where its gateway has let go and no proof is under way. */
void hub_release_peer(struct peer *peer);
/* The user is gone for good, with his memberships. */
void hub_forget_user(struct chat *chat, struct user *user);

/* account.c: a hello with a session, beside which there may be a token. Returns what peer->token is to be. */
uint32_t hub_token_of(struct chat *chat, const struct request *request, const struct user *user);
/* account.c: answers and returns false where a secret must not come over this line. */
bool hub_check_line(struct chat *chat, const struct request *request);
/* account.c: a hello with a password or a token. */
void hub_prove(struct chat *chat, struct request *request);

/* membership.c: lets the peer into the room, which exists; the request is answered. */
void hub_join_room(struct chat *chat, const struct request *request, struct room *room);
/* Lets the peer read the room although it did not ask: a direct message has come. */
void hub_follow(struct chat *chat, struct peer *peer, struct room *room);
/* Takes the following away; tells the room where it was the user's last. Accounts stay members unless
 * `for_good`, which the store has noted then. */
void hub_leave_room(struct chat *chat, struct peer *peer, struct following *following, bool for_good);
/* All connections of the user leave the room for good. */
void hub_expel(struct chat *chat, struct member *member, const struct entry *event);

/* direct.c: the conversation with "@name"; made where it is not there yet and `may_make`. NULL: answered. */
struct room *hub_direct_room(struct chat *chat, const struct request *request, const char *name,
			     bool may_make);
/* Finds the two sides of a stored conversation. */
void direct_load_sides(struct chat *chat, struct room *room);
/* All connections of both sides read it from now on. */
void direct_follow_all(struct chat *chat, struct room *room);
/* A guest becomes this account: the inner name that his conversation has then. False: it keeps its name. */
#define DIRECT_NAME_BYTES 160
bool direct_name_of_account(const struct room *room, const struct user *user, int64_t account,
			    char name[DIRECT_NAME_BYTES]);
/* A guest is gone for good. */
void direct_forget_side(struct user *user);

/* chores.c: retention, old send ids, changes from outside. */
int hub_load_people(struct chat *chat);
/* Reads the accounts again where another process has written: brusiod user. */
void hub_look_outside(struct chat *chat);
void hub_do_chores(struct chat *chat);
int hub_chores_wait_ms(const struct chat *chat);

/* address.c: how an address is shown to others. */
#define SHOWN_IP_BYTES 46
void address_shown(const char *address, bool show_all, char shown[SHOWN_IP_BYTES]);

#endif
