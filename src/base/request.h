/* A request of a client in any dialect: the one form that the codecs make and the chat handles.
 *
 * Layer: base. Threads: made by a worker, then owned by the chat thread, which frees it. */
#ifndef BRUSIO_BASE_REQUEST_H
#define BRUSIO_BASE_REQUEST_H

#include "base/mailbox.h"
#include "base/operations.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum request_op {
#define X(id, ...) REQUEST_##id,
	OPERATIONS(X) OPERATIONS_INSIDE(X)
#undef X
	    REQUEST_OPS_COUNT
};

/* Text fields: enum, wire name, most bytes. NAME is also "from.name" of the simple form. */
#define REQUEST_TEXTS(X)                              \
	X(ID, "id", LIMIT_ID_BYTES)                   \
	X(ROOM, "room", LIMIT_NAME_BYTES)             \
	X(NAME, "name", LIMIT_NAME_BYTES)             \
	X(MESSAGE, "message", LIMIT_MESSAGE_BYTES)    \
	X(FILES, "files", LIMIT_FILES * 33)           \
	X(EPOCH, "epoch", 64)                         \
	X(SESSION, "session", 64)                     \
	X(DEVICE, "device", LIMIT_DEVICE_BYTES)       \
	X(CLIENT, "client", 128)                      \
	X(LANG, "lang", 35)                           \
	X(PASSWORD, "password", LIMIT_PASSWORD_BYTES) \
	X(TOKEN, "token", 128)                        \
	X(EMOJI, "emoji", LIMIT_EMOJI_BYTES)          \
	X(QUERY, "query", LIMIT_QUERY_BYTES)          \
	X(FROM, "from", LIMIT_NAME_BYTES)             \
	X(TOPIC, "topic", LIMIT_TOPIC_BYTES)          \
	X(REASON, "reason", LIMIT_REASON_BYTES)       \
	X(ROLE, "role", 16)                           \
	X(OLD, "old", LIMIT_PASSWORD_BYTES)           \
	X(NEW, "new", LIMIT_NEW_PASSWORD_BYTES)       \
	X(LABEL, "label", LIMIT_LABEL_BYTES)          \
	X(CODE, "code", LIMIT_LABEL_BYTES)            \
	X(SECRET, "secret", LIMIT_LABEL_BYTES)        \
	X(END, "end", LIMIT_LABEL_BYTES + 8)          \
	X(CREDENTIAL, "credential", 1364)             \
	X(KEY, "key", 683)                            \
	X(CLIENT_DATA, "client_data", 1366)           \
	X(AUTH_DATA, "auth_data", 1366)               \
	X(SIGNATURE, "signature", 683)                \
	X(SET, "set", LIMIT_OBJECT_BYTES)             \
	X(LINK, "link", 128)                          \
	X(ENDPOINT, "endpoint", 1024)                 \
	X(P256DH, "p256dh", 128)                      \
	X(AUTH, "auth", 64)                           \
	X(VALUE, "value", 64)

/* Number fields: enum, wire name, least, most. Booleans are numbers 0 and 1. */
#define REQUEST_NUMBERS(X)                            \
	X(AFTER, "after", 0, INT64_MAX)               \
	X(BEFORE, "before", 0, INT64_MAX)             \
	X(AROUND, "around", 0, INT64_MAX)             \
	X(LIMIT, "limit", 1, LIMIT_PAGE_ENTRIES)      \
	X(TARGET, "target", 1, INT64_MAX)             \
	X(REPLY_TO, "reply_to", 1, INT64_MAX)         \
	X(SEQ, "seq", 0, INT64_MAX)                   \
	X(SINCE_MS, "since_ms", 0, INT64_MAX)         \
	X(UNTIL_MS, "until_ms", 0, INT64_MAX)         \
	X(AROUND_MS, "around_ms", 0, INT64_MAX)       \
	X(SECONDS, "seconds", 1, INT64_C(3155760000)) \
	X(USES, "uses", 1, LIMIT_LINK_USES)           \
	X(RETENTION_DAYS, "retention_days", 0, LIMIT_RETENTION_DAYS)

#define REQUEST_BOOLS(X)                \
	X(ON, "on")                     \
	X(ACTION, "action")             \
	X(PRIVATE, "private")           \
	X(REVOKE, "revoke")             \
	X(READ_ONLY, "read_only")       \
	X(TOPIC_LOCKED, "topic_locked") \
	X(KEEP_EDITS, "keep_edits")     \
	X(ADDRESS, "address")           \
	X(FORGET, "forget")             \
	X(ADMIN, "admin")               \
	X(DISABLED, "disabled")         \
	X(BACK, "back")                 \
	X(NOTICE, "notice")             \
	X(TEXTS, "texts")

enum request_text {
#define X(upper, wire, most) REQUEST_TEXT_##upper,
	REQUEST_TEXTS(X)
#undef X
	    REQUEST_TEXT_COUNT
};

enum request_number {
#define X(upper, wire, low, high) REQUEST_NUMBER_##upper,
	REQUEST_NUMBERS(X)
#undef X
#define X(upper, wire) REQUEST_NUMBER_##upper,
	    REQUEST_BOOLS(X)
#undef X
		REQUEST_NUMBER_COUNT
};

struct peer;
struct errand;
struct file;

/* Wishes for a page of history besides its bounds: both of them may be given; the newest entries rather than the oldest;
 * all entries as they were, not only messages as they read now; where the page ends, all entries of that millisecond. */
#define HISTORY_SPAN   1u
#define HISTORY_NEWEST 2u
#define HISTORY_EVENTS 4u
#define HISTORY_WHOLE  8u

/* A sanction can name somebody who is not here yet: anybody by that name, or only the account. */
enum request_mask { MASK_NONE, MASK_NAME, MASK_ACCOUNT };

struct request {
	struct mail mail;  /* first: a request travels as mail */
	struct peer *peer; /* who asks; set by the gateway */
	uint64_t arrival;  /* its number among all that the chat has taken in */
	enum request_op op;
	uint8_t encoding;      /* of the connection, as the gateway numbers them */
	bool follows_name;     /* the message of the object that names: nothing where the name was refused */
	bool is_paced;         /* chat/pace.h has counted it */
	bool is_said;          /* and as an entry that somebody says */
	bool is_kept;          /* its handler has handed it on: it is not freed */
	bool is_synced;        /* what others had stored when it came is known: chat/node.h */
	struct errand *errand; /* of REQUEST_DONE */
	struct file *file;     /* of those about files; owned */
	bool is_command;       /* typed as /command: the answer is a notice that a person reads */
	bool is_fleeting;      /* of a hello: what it begins ends with the connection */
	bool is_bot;           /* of a message: a program says it */
	const char *pieces;    /* of a message: see entry.pieces; in the arena, or NULL */
	const char *unlinked;  /* of a message whose files were links in its text: that text; or NULL */
	bool is_linked;        /* which of these files it may take is known: chat/files/file_links.h */
	uint8_t mask;          /* of a sanction: enum request_mask */
	bool wants_members;    /* of a join: the answer has who is in the room */
	uint8_t past;          /* of a history: HISTORY_… */
	uint32_t present;      /* bit n: number n was given */
	const char *text[REQUEST_TEXT_COUNT]; /* NUL-terminated UTF-8, NULL where absent; owned */
	int64_t number[REQUEST_NUMBER_COUNT];
	size_t bytes;          /* of this allocation, for the in-flight bound */
	size_t used, capacity; /* of arena */
	char arena[];
};

/* `text_bytes` is room for all its texts together, their NULs not counted. Free with request_free(). */
struct request *request_new(enum request_op op, size_t text_bytes);

/* The wire name of a text field, and the most bytes that it may have. */
const char *request_text_name(enum request_text field);
size_t request_text_max(enum request_text field);

struct request_number_field {
	const char *name; /* on the wire */
	int64_t low, high;
	bool is_bool;
};

const struct request_number_field *request_number_field(enum request_number field);

/* Wipes the texts, since passwords and sessions pass through here. */
void request_free(struct request *request);

/* Returns room for a text of at most `bytes`; request_add_text() then says which it is, and how long. */
char *request_text_room(struct request *request, size_t bytes);
void request_add_text(struct request *request, enum request_text field, size_t bytes);
/* Copies `bytes` of `text` into the request. */
void request_set_text(struct request *request, enum request_text field, const char *text, size_t bytes);
/* The same for `pieces` and `unlinked`. */
void request_set_pieces(struct request *request, const char *text, size_t bytes);
void request_set_unlinked(struct request *request, const char *text, size_t bytes);
void request_set_number(struct request *request, enum request_number field, int64_t value);

static inline bool request_has(const struct request *request, enum request_number field)
{
	return request->present >> field & 1;
}

#endif
