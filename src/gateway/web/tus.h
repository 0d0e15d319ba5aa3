/* Uploads that may be resumed, by tus 1.0.0 (https://tus.io/protocols/resumable-upload): core, creation,
 * creation-with-upload, termination, expiration, checksum.
 *
 *   POST /files       Upload-Length, Upload-Metadata; maybe the first bytes   201, Location: /files/ID
 *   HEAD /files/ID    how much is there                                       200, Upload-Offset
 *   PATCH /files/ID   Upload-Offset; the bytes from there on                  204, Upload-Offset
 *   DELETE /files/ID  it is given up                                          204
 *
 * Layer: gateway, a part of transfer.c. Threads: the connection's worker's. The field Tus-Resumable tells these requests
 * from others. Pages of other sites may use them where web_origins has them. */
#ifndef BRUSIO_GATEWAY_TUS_H
#define BRUSIO_GATEWAY_TUS_H

#include "chat/reply.h"
#include "wire/http.h"

#include <stdbool.h>

struct connection;
struct transfer;

/* Is this where uploads are? */
bool tus_is_target(struct http_text path);
/* Takes the request where it is one of tus; false: it is another one. */
bool tus_begin(struct connection *connection, const struct http_request *request);
/* The chat may count on bytes of this connection. */
bool tus_is_coming(const struct transfer *transfer);

/* For transfer.c. */
/* Lets a page of another site read the answer, where web_origins has that; false: it has not. */
bool tus_take_origin(struct connection *connection, const struct http_request *http);
void tus_abandon(struct connection *connection);
void tus_end_body(struct connection *connection);
void tus_refuse_longer(struct connection *connection);
void tus_reply(struct connection *connection, const struct reply *reply);
void tus_add_fields(struct connection *connection);
void tus_release(struct transfer *transfer);

#endif
