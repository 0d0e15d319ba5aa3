/* Replies: all that the chat tells one connection, answers to its requests, and notices for it alone.
 *
 * Layer: chat. Threads: made by the chat thread or a job, posted to the mailbox of the connection's worker,
 * which turns it into the connection's dialect and frees it. All strings lie in the reply's own arena. */
#ifndef BRUSIO_CHAT_REPLY_H
#define BRUSIO_CHAT_REPLY_H

#include "base/arena.h"
#include "base/entry.h"
#include "base/error.h"
#include "base/mailbox.h"
#include "base/request.h"

enum reply_kind {
	REPLY_OK,
	REPLY_ERROR,      /* error, key, args */
	REPLY_WELCOME,    /* name, session, rows: the account's rooms */
	REPLY_ENTERED,    /* a simple form's first object was taken: name, asked */
	REPLY_JOINED,     /* room, view, chunk, item, …: the cursor starts */
	REPLY_LEFT,       /* room, view: the cursor ends; also after a kick */
	REPLY_OWN,        /* from now on others of the user's connections may say something, too */
	REPLY_MEMBERSHIP, /* rows[0], has_room: the user has come into it by another connection, or has left */
	REPLY_ACK,        /* room, seq, time_ms */
	REPLY_ROOMS,      /* rows */
	REPLY_WHO,        /* room, rows */
	REPLY_HISTORY,    /* room, entries, has_more */
	REPLY_RESULTS,    /* entries, has_more, next, lag */
	REPLY_TOKEN,      /* token, rows */
	REPLY_TOTP,       /* token: the secret, name: its address for an app, rows: recovery codes */
	REPLY_LISTING,    /* listing, room, has_more */
	REPLY_HELP,
	REPLY_NOTICE, /* key, args, room: a text for this connection alone */
	REPLY_EVENT,  /* entries[0]: an event for this connection alone */
	REPLY_BYE,    /* nothing comes after it */
	REPLY_CLOSE,  /* the connection is to be closed after what was written: key says why, or NULL */
	REPLY_WAKE,   /* view: its log has grown */
	REPLY_SEAL,   /* view, room: what its feed holds of the past must not be given to anybody else */
	REPLY_PAGE    /* view, chunk: a piece of log that was read back from the store */
};

/* One line of a listing. */
struct reply_row {
	const char *name; /* of the room or the user */
	const char *topic, *role, *away;
	uint64_t seq, read;
	int64_t count, retention_days;
	uint32_t unread, mentions; /* UINT32_MAX: not counted */
	bool is_online, is_guest;
	bool is_private, is_read_only, is_topic_locked, is_muted, is_gone;
};

/* An invitation into a private room. */
struct invitation_row {
	const char *room, *by;
	int64_t time_ms;
};

struct reaction_row {
	const char *emoji;
	const char **names; /* some of them, where there are many */
	size_t names_count, count;
};

/* A message of a history page or of results, as it reads now. */
struct reply_entry {
	struct entry entry;
	uint64_t edited_seq; /* of the entry that gave it its text; 0: its own */
	const struct reaction_row *reactions;
	size_t reactions_count;
};

struct chunk;
struct listing;

struct reply {
	struct mail mail; /* first */
	struct arena arena;
	enum reply_kind kind;
	uint64_t connection; /* see gateway/connection.h; 0 for REPLY_WAKE */
	bool is_answer;      /* ends the request that asked for it */
	bool is_unasked;     /* the connection did not ask: it is not told */
	bool is_command;     /* a person typed the request */
	enum request_op op;  /* what was asked */
	size_t request_bytes;
	const char *id; /* of the request, or NULL */
	const char *room;

	enum error_code error;
	enum text key;
	struct text_args args;

	const char *name, *asked, *session, *topic, *token;
	const char *epoch;
	bool is_account, is_admin, is_reset, has_more, has_room;
	uint64_t seq, after, purged_seq, author;
	int64_t time_ms, count, lag;
	int64_t next; /* of REPLY_RESULTS with has_more: where the search goes on */

	uint64_t view;
	int64_t room_id;
	struct chunk *chunk; /* a reference that the worker takes over */
	uint32_t item;

	struct reply_row *rows;
	size_t rows_count;
	struct invitation_row *invitations;
	size_t invitations_count;
	struct listing *listing;
	struct reply_entry *entries;
	size_t entries_count;
};

struct reply *reply_new(enum reply_kind kind, uint64_t connection);
void reply_free(struct reply *reply);

/* An answer to `request`: takes its id, op and size. */
struct reply *reply_to(const struct request *request, enum reply_kind kind, uint64_t connection);

/* Copies a string into the reply; NULL gives NULL. */
const char *reply_string(struct reply *reply, const char *text);

/* The share of an answer that an entry's text takes, however its dialect escapes it. */
size_t reply_text_weight(const char *text);
struct text_args reply_copy_args(struct reply *reply, const struct text_args *args);
void reply_set_text(struct reply *reply, enum text key, const struct text_args *args);

/* Copies an entry with all its strings, but for the id that its sender gave it. */
void reply_copy_entry(struct reply *reply, struct entry *to, const struct entry *from);

#endif
