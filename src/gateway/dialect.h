/* A dialect: how bytes become requests, and how replies and entries become bytes.
 *
 * Layer: gateway. Adding one is a codec in wire/, a file here, and a row in sniff.c. */
#ifndef BRUSIO_GATEWAY_DIALECT_H
#define BRUSIO_GATEWAY_DIALECT_H

#include "base/buffer.h"
#include "base/entry.h"
#include "base/error.h"
#include "chat/reply.h"
#include "wire/lang.h"

#include <stdbool.h>
#include <sys/uio.h>

struct connection;

/* Web connections have nothing encoded for them: they end, or become WebSocket ones. */
enum dialect_id {
	DIALECT_NATIVE,
	DIALECT_TEXT,
	DIALECT_WEBSOCKET,
	/* IRC, by what its clients can read: see irc_encode.h. */
	DIALECT_IRC,
	DIALECT_IRC_ACCOUNT,
	DIALECT_IRC_TIME,
	DIALECT_IRC_TAGS,
	DIALECT_IRC_REDACT,
	DIALECT_IRC_MULTI,
	DIALECT_IRC_MODERN,
	DIALECT_COUNT,
	DIALECT_WEB
};

/* An encoding is a dialect in a language; the chat knows it as a number. */
#define ENCODING(dialect, lang) ((unsigned)(dialect)*LANG_COUNT + (unsigned)(lang))
#define ENCODINGS               (DIALECT_COUNT * LANG_COUNT)

/* Bytes of a file that are to be written. */
struct dialect_file {
	int fd;
	int64_t offset;
	size_t length;
};

struct dialect {
	enum dialect_id id;
	const char *name; /* in logs */
	bool tells_own;   /* what somebody says to themselves comes back to the connection that says it */

	/* The connection begins to speak it, or is freed: makes and frees what connection->dialect_state
	 * holds, which is zeroed before; may be NULL. */
	void (*open)(struct connection *connection);
	void (*close)(struct connection *connection);

	/* Takes whole requests off the front of `bytes` for as long as connection_can_take(). Returns how many bytes
	 * are done with: the others come again, with more behind them. */
	size_t (*take)(struct connection *connection, const char *bytes, size_t length);
	/* The peer has ended its side: what is left of its bytes, if that means something. */
	void (*take_rest)(struct connection *connection, const char *bytes, size_t length);

	/* Adds the bytes of a reply, or of a fault that the gateway itself found. */
	void (*write_reply)(struct connection *connection, const struct reply *reply);
	void (*write_fault)(struct connection *connection, enum error_code code, const char *id,
			    enum text key, const struct text_args *args);
	/* An event of a room that the connection follows, which its log does not hold; NULL: the log holds all. */
	void (*write_event)(struct connection *connection, const struct entry *event);
	/* A text from the server for this connection alone. */
	void (*write_notice)(struct connection *connection, enum text key, const struct text_args *args);

	/* The last that is written on a connection that ends; may be NULL. */
	void (*write_end)(struct connection *connection);
	/* Bytes that go out behind the private output and stay where they are, such as a file: takes `written` bytes off it,
	 * shows what is left, and returns how much that is. May be NULL. */
	size_t (*tail)(struct connection *connection, size_t written, struct iovec *left);
	/* The same for bytes of a file, which go out behind those. May be NULL. */
	size_t (*file)(struct connection *connection, size_t written, struct dialect_file *left);
	/* The connection is dead, and asks for its last thing. May be NULL. */
	void (*leave)(struct connection *connection);
	/* Nothing is to be taken now: something that was asked for comes first. May be NULL. */
	bool (*is_busy)(const struct connection *connection);
	/* The peer may have read: goes on with what waited for that. May be NULL. */
	void (*resume)(struct connection *connection);
	/* Writes in a way of its own what a peer that has to be spared should get; false: nothing of that kind, and
	 * all goes out as usual. May be NULL. */
	bool (*pace)(struct connection *connection);
	/* The peer is known and nothing is waited for: the timer is the dialect's; may be NULL. */
	void (*rest)(struct connection *connection);

	/* Adds one encoded entry with the id that its sender, who reads it, gave it; NULL: as it is. */
	void (*add_own)(const char *bytes, size_t length, const char *id, struct buffer *to);
	/* Threads: called by the chat thread and by jobs. */
	void (*encode)(const struct entry *entry, enum lang lang, struct buffer *to);
};

/* A dialect's state lies in the connection itself, so that an idle connection costs no more. */
#define DIALECT_STATE_BYTES 16

extern const struct dialect dialect_native, dialect_text, dialect_websocket, dialect_web;
extern const struct dialect dialects_irc[]; /* from DIALECT_IRC on */
/* The connection's WebSocket goes on in lines of IRC. */
void irc_speak_websocket(struct connection *connection, bool is_binary);

/* For chat_config.passes and chat_config.encode. */
bool dialect_passes(unsigned encoding);
void dialect_encode(unsigned encoding, const struct entry *entry, struct buffer *to);

/* "from.ip" of what the server says; set once at start. */
void dialect_set_server_ip(const char *ip);
const char *dialect_server_ip(void);

#endif
