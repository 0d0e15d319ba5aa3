/* The words that people read: of entries, of events, of the answers to typed commands.
 *
 * Layer: gateway. Threads: any. */
#ifndef BRUSIO_GATEWAY_WORDING_H
#define BRUSIO_GATEWAY_WORDING_H

#include "base/buffer.h"
#include "base/entry.h"
#include "chat/reply.h"
#include "wire/lang.h"

/* The text of a message; a sentence for everything else: "mario joined". */
void wording_entry(struct buffer *to, enum lang lang, const struct entry *entry);

/* The text of an error, with what to do. `key` may be TEXT_NONE: "error.CODE". */
void wording_error(struct buffer *to, enum lang lang, enum error_code code, enum text key,
		   const struct text_args *args);

/* The answer to a command as texts, one call each (a listing is one text with several lines). */
typedef void wording_emit(void *context, const char *text);
void wording_reply(enum lang lang, const struct reply *reply, wording_emit *emit, void *context);

#endif
