/* Files over HTTP: POST /files takes one, GET /files/ID and /f/ID/KEY/NAME give one.
 *
 *   head --ASKING--> the chat says yes --RECEIVING--> all bytes are in the part --KEEPING--> 201
 *   head --ASKING--> the chat says yes --SENDING--> all bytes are out
 *
 * Layer: gateway, a part of the web dialect. Threads: the connection's worker's.
 *
 *  1. Nothing of a body is read before the chat said yes; what is refused is answered at once.
 *  2. A part that did not become a blob is removed with its connection. */
#ifndef BRUSIO_GATEWAY_TRANSFER_H
#define BRUSIO_GATEWAY_TRANSFER_H

#include "chat/reply.h"
#include "gateway/dialect.h"
#include "wire/http.h"

struct connection;

/* Takes the request where it is about a file; false: it is about something else. */
bool transfer_begin(struct connection *connection, const struct http_request *request);

/* True while what comes is a file's. */
bool transfer_is_receiving(struct connection *connection);
/* Takes bytes of its body; returns how many. */
size_t transfer_take(struct connection *connection, const char *bytes, size_t length);

/* For the dialect. */
bool transfer_is_waiting(const struct connection *connection);
void transfer_reply(struct connection *connection, const struct reply *reply);
size_t transfer_file(struct connection *connection, size_t written, struct dialect_file *left);
void transfer_leave(struct connection *connection);
void transfer_close(struct connection *connection);

#endif
