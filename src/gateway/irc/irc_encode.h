/* The entries of a room's log as lines of IRC, shared by all connections that can read the same.
 *
 * Layer: gateway. Threads: any; pure but for what irc_set_server() has set once at the start.
 *
 *   dialect              tags                   a deletion   a text of several lines
 *   DIALECT_IRC          none                   a notice     several messages
 *   DIALECT_IRC_ACCOUNT  account                a notice     several messages
 *   DIALECT_IRC_TIME     time                   a notice     several messages
 *   DIALECT_IRC_TAGS     all                    a notice     several messages
 *   DIALECT_IRC_REDACT   all                    REDACT       several messages
 *   DIALECT_IRC_MULTI    all                    a notice     a batch
 *   DIALECT_IRC_MODERN   all                    REDACT       a batch
 *
 * Events are no part of the log: what they look like depends on more capabilities, so each connection is told them by
 * itself (irc_event.c). */
#ifndef BRUSIO_GATEWAY_IRC_ENCODE_H
#define BRUSIO_GATEWAY_IRC_ENCODE_H

#include "gateway/dialect.h"

/* The host of people whose address nobody knows any more. */
#define IRC_NO_HOST "gone"
/* A line without its end, and without tags. */
#define IRC_LINE_MAX 510

/* At the start: "brusio" where `name` is NULL. Ids of messages depend on the epoch. */
void irc_set_server(const char *name, const char *epoch);
/* The port for clients with TLS; set once at the start. */
void irc_set_port(unsigned port);
unsigned irc_port(void);
const char *irc_server_name(void);

/* Adds the lines of an entry that is stored. */
void irc_encode(enum dialect_id id, const struct entry *entry, enum lang lang, struct buffer *to);
/* The same as a part of history: `batch` is a reference that each line carries, or NULL. */
void irc_encode_past(enum dialect_id id, const struct entry *entry, enum lang lang, const char *batch,
		     struct buffer *to);

/* Ends the line that begins at `start`, behind its tags: takes off what it has too much, without cutting a code point. */
void irc_end_line(struct buffer *to, size_t start);
/* Adds the user that prefixes have for this name, and a host as a word of a line. */
void irc_add_user(struct buffer *to, const char *name);
void irc_add_host(struct buffer *to, const char *ip);
/* Adds "name!~uNUMBER@host". */
void irc_add_prefix(struct buffer *to, const char *name, const char *ip);
/* Adds "time=2026-11-22T10:00:00.123Z". */
void irc_add_time(struct buffer *to, int64_t wall_ms);
/* The id of an entry: EPOCH-ROOM-SEQ in base 36. */
void irc_add_msgid(struct buffer *to, int64_t room_id, uint64_t seq);
/* False: it is not an id of this database's history. */
bool irc_read_msgid(const char *text, int64_t *room_id, uint64_t *seq);

#endif
