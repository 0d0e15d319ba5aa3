/* Replies: all that the chat tells one connection, answers to its requests, and notices for it alone. Three kinds
 * (wake, seal, page) are for a worker's feed instead of a connection.
 *
 * Layer: chat. Threads: made by the chat thread or a job, posted to the mailbox of the connection's worker,
 * which turns it into the connection's dialect and frees it. All strings lie in the reply's own arena.
 *
 * 1. `kind` says which member of the union holds the reply's contents; no other member is read. */
#ifndef BRUSIO_CHAT_REPLY_H
#define BRUSIO_CHAT_REPLY_H

#include "base/arena.h"
#include "base/entry.h"
#include "base/error.h"
#include "base/mailbox.h"
#include "base/request.h"

enum reply_kind {
	REPLY_OK,         /* note: a text, or none */
	REPLY_ERROR,      /* note */
	REPLY_WELCOME,    /* welcome */
	REPLY_ENTERED,    /* entered: a simple form's first object was taken */
	REPLY_JOINED,     /* joined: the cursor starts */
	REPLY_LEFT,       /* left: the cursor ends; also after a kick */
	REPLY_OWN,        /* from now on others of the user's connections may say something, too */
	REPLY_MEMBERSHIP, /* membership: the user has come into a room by another connection, or has left it */
	REPLY_ACK,        /* ack */
	REPLY_ROOMS,      /* list */
	REPLY_WHO,        /* list */
	REPLY_HISTORY,    /* messages */
	REPLY_RESULTS,    /* messages */
	REPLY_TOKEN,      /* token */
	REPLY_TOTP,       /* totp */
	REPLY_PASSKEYS,   /* passkeys */
	REPLY_LINK,       /* link */
	REPLY_LISTING,    /* listing */
	REPLY_FILE,       /* file: it may be sent, is stored, or may be read */
	REPLY_HELP,
	REPLY_NOTICE, /* note: a text for this connection alone */
	REPLY_EVENT,  /* event: for this connection alone */
	REPLY_BYE,    /* nothing comes after it */
	REPLY_CLOSE,  /* note: why the connection is closed after what was written, or no text */
	REPLY_LOOK,   /* look */
	REPLY_PASS,   /* pass: an event for each follower of a view */
	REPLY_WAKE,   /* wake: the log of a view has grown */
	REPLY_SEAL,   /* seal: what the feed holds of the past must not be given to anybody else */
	REPLY_PAGE    /* page: a piece of log that was read back from the store */
};

/* One line of a listing. */
struct reply_row {
	const char *name; /* of the room or the user */
	const char *topic, *role, *away;
	uint64_t seq, read;
	uint64_t seen; /* of a welcome: what this device has confirmed to have read; 0: nothing */
	int64_t count, retention_days;
	uint32_t unread, mentions; /* UINT32_MAX: not counted */
	bool is_online, is_guest, is_admin, is_bot;
	/* Only set for members in REPLY_WHO: their profile's, or NULL; and whether `read` is to be seen. */
	const char *display, *picture, *picture_key;
	bool has_read;
	/* Only set for people in reply_look. */
	const char *ip, *user, *real_name;
	const char *
	    *rooms; /* that they and the asker are in, or that all may see, with their roles in front */
	size_t rooms_count;
	int64_t
	    since_ms; /* of a person: when they came; of a room in REPLY_ROOMS: when it was made; 0: not known */
	int64_t topic_ms; /* of a room in REPLY_ROOMS: when its topic was set; 0: not known */
	bool is_private, is_read_only, is_topic_locked, keeps_edits, is_muted, is_gone;
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
struct file;
struct listing;

struct reply_note {
	enum error_code error; /* of REPLY_ERROR */
	enum text key;
	struct text_args args;
};

struct reply_list {
	struct reply_row *rows;
	size_t rows_count;
	int64_t count; /* of REPLY_WHO: all members, where not all are shown */
};

struct reply_welcome {
	const char *name, *session, *epoch;
	bool is_account, is_admin;
	uint64_t author;
	int64_t send_ids_days;
	int64_t file_bytes;      /* what one file may have; 0: none are taken */
	struct reply_list rooms; /* the account's */
	struct invitation_row *invitations;
	size_t invitations_count;
};

struct reply_entered {
	const char *name, *asked;
	uint64_t author;
};

/* The view of a room, of people, or of the whole server for somebody who looks at them. */
struct reply_look {
	struct reply_list people;
	const char *topic, *topic_by; /* NULL: nobody knows who set it */
	int64_t topic_ms, created_ms;
	unsigned room_rules; /* ROOM_RULE_… */
	bool is_member;
	int64_t online, online_most, rooms; /* of the server: people with a connection, now and at most */
};

struct reply_pass {
	uint64_t view;
	struct entry event;
};

struct reply_joined {
	const char *reader;            /* the name of who asks */
	const struct reply_look *look; /* NULL: it was not asked for */
	const char *topic;
	int64_t count; /* of members */
	uint64_t seq;  /* the end of the room's log */
	bool is_reset; /* the log is another one than the reader knows */
	bool is_private;
	bool is_resumed;
	uint64_t after, purged_seq; /* where a reader who resumes goes on; up to where the log is purged */
	int64_t room_id;
	uint64_t view;
	struct chunk *
	    chunk; /* a reference that the worker takes over; NULL: the connection does not follow the room */
	uint32_t item;
};

struct reply_membership {
	struct reply_row room;
	bool is_begin;
};

struct reply_ack {
	uint64_t seq;
	int64_t time_ms;
};

struct reply_messages {
	struct reply_entry *entries;
	size_t entries_count;
	bool has_more;
	/* Only in REPLY_RESULTS: where the search goes on, and how many entries the index lacks. */
	int64_t next, lag;
};

struct reply_token {
	const char *text;
	bool is_list;
	const char **labels;
	size_t labels_count;
};

/* A secret that is offered, then the recovery codes once it is on. */
struct reply_totp {
	const char *secret, *uri; /* or NULL */
	const char **codes;
	size_t codes_count;
};

struct passkey_row {
	const char *label;
	int64_t made_ms, used_ms; /* 0: never used */
};

/* The passkeys that there are; or what a browser needs to make another one; or nothing: it is done. */
struct reply_passkeys {
	const char *challenge, *user; /* or NULL */
	struct passkey_row *rows;
	size_t rows_count;
	bool is_list;
};

/* An invitation link: one that was made, or what one leads to; texts that are NULL are not said. */
struct reply_link {
	const char *key, *secret; /* of one that was made */
	const char *by;
	int64_t uses, until_ms;
	bool admits, registers; /* those without an account; they may make one */
};

struct reply_page {
	uint64_t view, base_seq;
	uint32_t generation; /* of the feed that asked */
	struct chunk *chunk; /* a reference that the worker takes over; NULL: it could not be read */
};

struct reply {
	struct mail mail; /* first */
	struct arena arena;
	enum reply_kind kind;
	uint64_t connection; /* see gateway/connection.h; 0 where it is for a feed */
	bool is_answer;      /* ends the request that asked for it */
	bool is_unasked;     /* the connection did not ask: it is not told */
	bool is_command;     /* a person typed the request */
	enum request_op op;  /* what was asked */
	size_t request_bytes;
	const char *id;   /* of the request, or NULL */
	const char *room; /* as this reader sees it, or NULL */
	union {
		struct reply_note note;
		struct reply_welcome welcome;
		struct reply_entered entered;
		struct reply_joined joined;
		struct reply_membership membership;
		struct reply_ack ack;
		struct reply_list list;
		struct reply_messages messages;
		struct reply_token token;
		struct reply_totp totp;
		struct reply_passkeys passkeys;
		struct reply_link link;
		struct listing *listing;
		const struct file *file;
		struct entry event;
		struct reply_page page;
		struct reply_look look;
		struct reply_pass pass;
		struct {
			uint64_t view;
		} left, wake;
		struct {
			uint64_t view;
			const char *reader; /* of a direct conversation; NULL: a room */
		} seal;
	};
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

/* Makes an error of an answer that is under way: what it held is dropped. */
void reply_fail(struct reply *reply, enum error_code error, enum text key, const struct text_args *args);

/* Copies an entry with all its strings, but for the id that its sender gave it. */
void reply_copy_entry(struct reply *reply, struct entry *to, const struct entry *from);

#endif
