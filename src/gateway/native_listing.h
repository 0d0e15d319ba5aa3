/* Answers that are lists of rows (chat/talk/listing.h) in the full form.
 *
 * Layer: gateway. Threads: the worker's that writes the reply. */
#ifndef BRUSIO_GATEWAY_NATIVE_LISTING_H
#define BRUSIO_GATEWAY_NATIVE_LISTING_H

#include "chat/reply.h"
#include "wire/json_out.h"
#include "wire/lang.h"

/* The path of a person's picture; nothing where its id is NULL. */
void native_write_picture(struct json_out *out, const char *field, const char *id, const char *key);
void native_write_listing(struct json_out *out, const struct reply *reply, enum lang lang);

#endif
