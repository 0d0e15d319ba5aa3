/* The native dialect's way out: replies, notices and entries as JSON objects, one a line.
 *
 * Layer: gateway. Threads: native_encode() any; the others the connection's worker, into its private output. */
#ifndef BRUSIO_GATEWAY_NATIVE_WRITE_H
#define BRUSIO_GATEWAY_NATIVE_WRITE_H

#include "base/buffer.h"
#include "base/entry.h"
#include "base/error.h"
#include "chat/reply.h"
#include "wire/lang.h"

struct connection;

void native_write_reply(struct connection *connection, const struct reply *reply);
/* `id` of the request, or NULL; `key` as in wording_error(). */
void native_write_fault(struct connection *connection, enum error_code code, const char *id, enum text key,
			const struct text_args *args);
void native_write_notice(struct connection *connection, enum text key, const struct text_args *args);
/* Adds the entry or event as all see it who read in this language. */
void native_encode(const struct entry *entry, enum lang lang, struct buffer *to);
/* Implements dialect.add_own. */
void native_add_own(const char *bytes, size_t length, const char *id, struct buffer *to);

#endif
