/* The chat: users, rooms, who may do what, and the one thread that knows it all.
 *
 * Layer: chat. Gateways post requests and get replies; neither side waits for the other.
 *
 * The chat thread owns every user, room and membership, so none of them has a lock. It takes all requests
 * that wait, writes what they store as one transaction, commits, and only then publishes the entries to the
 * rooms' logs and answers: doc/design.md invariants 1 and 2. Under load the transactions grow by themselves.
 *
 * Threads: chat_post() and chat_read_page() may be called by any worker; the rest by main. */
#ifndef BRUSIO_CHAT_CHAT_H
#define BRUSIO_CHAT_CHAT_H

#include "base/buffer.h"
#include "base/entry.h"
#include "base/limits.h"
#include "base/mailbox.h"
#include "base/request.h"
#include "store/store.h"

struct blobs;
struct chat;
struct pusher;

/* Adds the entry in this encoding. Called by the chat thread and by jobs, at the same time. */
typedef void chat_encode(unsigned encoding, const struct entry *entry, struct buffer *to);

/* True where events are not encoded into the log of this encoding, but passed to its followers one by one. */
typedef bool chat_passes(unsigned encoding);

/* The people whose invitation links let newcomers in where guests or registration are off. */
enum chat_links { CHAT_LINKS_OF_ADMINS, CHAT_LINKS_OF_ACCOUNTS, CHAT_LINKS_OFF };

#define CHAT_LIVE_KEYS 10 /* settings that may change while the chat runs */

struct chat_config {
	struct limits limits;
	struct store *store; /* borrowed; only the chat uses it until chat_stop() returned */
	chat_encode *encode;
	chat_passes *passes;
	unsigned encodings;       /* numbers below this are encodings */
	struct mailbox **workers; /* borrowed; where replies go */
	unsigned workers_count;
	const struct blobs *blobs; /* borrowed; where files go; NULL: people send none */
	/* Prepares a file before it is kept (picture/prepare.h); filers call it. 0 or -errno. What may take long is told
	 * first, and gets a thread of its own; without that, `context` is NULL. */
	int (*prepare_file)(void *context, const struct blobs *blobs, struct file *file);
	bool (*is_preparing_slow)(const void *context, const struct file *file);
	void *prepare_context;
	bool refuses_guest_files; /* only accounts send files */
	bool refuses_file_links;  /* a file's key lets nobody read it */
	bool show_all_ips;
	bool allow_guests;
	bool allow_registration;
	enum chat_links links;
	bool allow_link_registration; /* who came in by such a link may register though others may not */
	bool admins_need_factor;      /* administrators without a second factor have no rights as such */
	/* Checks the password of somebody of the organisation, for accounts that have none of their own, and for names that
	 * are no accounts yet: 1 right, 0 wrong, -1 where nobody can be asked. Called by the hasher; NULL: there is none. */
	int (*check_password)(const void *context, const char *name, const char *password);
	const void *check_password_context;
	/* Adds a line "NAME VALUE" for each of the server's counters; NULL: nobody counts. */
	void (*count)(void *context, struct buffer *to);
	void *count_context;
	/* Some of the settings have changed; NULL: nobody asks. Called at the start, and by the chat thread. */
	void (*configured)(const struct chat_config *config);
	struct pusher *pusher;         /* borrowed; tells browsers that are closed; NULL: nobody does */
	bool allow_insecure_passwords; /* over an unencrypted connection from another machine */
};

/* Loads the rooms and starts the threads. Returns 0, or -1 with `problem` filled in. */
int chat_start(const struct chat_config *config, struct chat **made, char *problem, size_t problem_bytes);

/* The connections that end from here on end with the server: people on other nodes do not see that. Any thread. */
void chat_begin_stop(struct chat *chat);
/* Everything posted before is stored and answered when this returns; then the threads are gone. */
void chat_stop(struct chat *chat);
void chat_free(struct chat *chat);

/* A gateway fills this in when a connection first asks something. */
struct peer_info {
	uint64_t connection;
	unsigned worker;
	const char *address; /* numeric, without port */
	bool is_secure;      /* TLS, or from this machine */
};

/* The peer belongs to the chat from its first request on, and is gone after REQUEST_CLOSED. */
struct peer *peer_new(const struct peer_info *info);
/* Before its first request only. */
void peer_free(struct peer *peer);
/* Its line is encrypted or local; before its first request only. */
void peer_set_secure(struct peer *peer, bool is_secure);
/* It is a page of a browser; before its first request only. */
void peer_set_page(struct peer *peer, bool is_page);
/* How its client calls who sits there: what IRC shows as user name and real name. Before its first request only. */
void peer_set_looks(struct peer *peer, const char *user, const char *real_name);
/* The proxy that it comes by says that it is this person (auth_header). Returns the peer that takes its place; before
 * its first request only. */
struct peer *peer_vouch(struct peer *peer, const char *name);
/* The connection that it is of. */
uint64_t peer_connection(const struct peer *peer);
/* Its address, which stays as it is until REQUEST_CLOSED is posted: the gateway needs no copy of its own. */
const char *peer_address(const struct peer *peer);
/* The form of it that others see. */
const char *peer_shown_address(const struct peer *peer);

/* Hands all requests of the chain over; their peers are set. */
void chat_post(struct chat *chat, struct mail_chain *requests);

/* Asks for a piece of a room's log behind `base_seq`; a REPLY_PAGE comes to that worker. */
struct page_request {
	unsigned worker;
	unsigned encoding;
	uint64_t view;
	int64_t room_id;
	const char *room;   /* as this view names it; copied */
	const char *reader; /* of a direct conversation, or NULL; copied */
	uint64_t base_seq;
	uint64_t end_seq;    /* the last that the asker's log has: what is only stored comes by that */
	uint32_t generation; /* comes back in the reply as `item` */
};
void chat_read_page(struct chat *chat, const struct page_request *page);

/* Why an upload was refused: it is larger than one file may be, than what its person may send in a day; they or their
 * address send too many at once; there is no room for files, or none on the disk. */
enum upload_refusal {
	UPLOAD_REFUSED_SIZE,
	UPLOAD_REFUSED_DAY,
	UPLOAD_REFUSED_AT_ONCE,
	UPLOAD_REFUSED_FULL,
	UPLOAD_REFUSED_DISK,
	UPLOAD_REFUSED_COUNT
};

/* Counts since the start. Any thread; each number is right, together they may be a moment apart.
 */
struct chat_counters {
	uint64_t requests, entries, repeats, commits, failed_commits;
	uint64_t waiting_requests, waiting_jobs; /* now */
	uint64_t turns; /* of the chat thread, which makes one a second or more unless it hangs */
	uint64_t rooms; /* now */
	uint64_t uploads, uploads_refused[UPLOAD_REFUSED_COUNT];
	uint64_t
	    files_going; /* deleted ones whose bytes are still to be dropped: some of them, where there are many */
	uint64_t file_bytes; /* of all files, some seconds ago */
};
void chat_count(struct chat *chat, struct chat_counters *counters);

const char *chat_epoch(const struct chat *chat);

#define CHAT_SERVER_NAME "brusio"
#define CHAT_LOBBY       "#lobby"

#endif
