/* WebSocket (RFC 6455), the server's side: the answer to a handshake, frames in, frames out.
 *
 * Layer: wire, pure (libcrypto for the handshake's digest).
 *
 * A codec of our own instead of libwslay: what goes out has to be bytes in a shared log, made without a
 * connection, while libwslay's contexts keep a queue of outgoing messages each; what comes in is then a
 * state machine of a page, which keeps nothing but the message that is being put together, is bounded in
 * advance, and is fuzzed like the other parsers here.
 *
 *   HEADER --all of it--> PAYLOAD --end of the frame--> HEADER
 *
 *  1. Bytes may come in any pieces; each is looked at once.
 *  2. A message above its limit is not kept: it is skipped to its end, and reported once as too large.
 *  3. After WEBSOCKET_FAULT or WEBSOCKET_CLOSE nothing more may be read. */
#ifndef BRUSIO_WIRE_WEBSOCKET_H
#define BRUSIO_WIRE_WEBSOCKET_H

#include "base/buffer.h"
#include "base/text/code_point.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEBSOCKET_ACCEPT_BYTES  29 /* base64 of 20 bytes, and a NUL */
#define WEBSOCKET_CONTROL_BYTES 125
#define WEBSOCKET_HEADER_BYTES  14

enum websocket_code {
	WEBSOCKET_NO_CODE = 0, /* a close frame without a payload */
	WEBSOCKET_NORMAL = 1000,
	WEBSOCKET_GOING_AWAY = 1001,
	WEBSOCKET_PROTOCOL_ERROR = 1002,
	WEBSOCKET_NOT_TEXT = 1003,
	WEBSOCKET_NOT_UTF8 = 1007,
	WEBSOCKET_POLICY = 1008,
	WEBSOCKET_TOO_BIG = 1009
};

enum websocket_event {
	WEBSOCKET_MORE,      /* all bytes were used, nothing is complete */
	WEBSOCKET_MESSAGE,   /* reader->message is a whole text, valid UTF-8, until the next call */
	WEBSOCKET_TOO_LARGE, /* the message that is coming is above its limit; it is being skipped */
	WEBSOCKET_PING,      /* reader->control has its payload, to be sent back; until the next call */
	WEBSOCKET_PONG,
	WEBSOCKET_CLOSE, /* reader->code is the peer's, maybe WEBSOCKET_NO_CODE */
	WEBSOCKET_FAULT  /* reader->code says what the peer did wrong */
};

/* Zeroed and given its two limits, it is ready. */
struct websocket_reader {
	uint32_t message_max; /* larger messages are skipped */
	uint32_t skip_max;    /* larger ones still are a fault */
	struct buffer message;
	struct buffer control;  /* payload of a control frame, at most WEBSOCKET_CONTROL_BYTES */
	uint64_t left;          /* of this frame's payload */
	uint32_t message_bytes; /* of the message so far, skipped or not: at most skip_max */
	uint16_t code;
	uint8_t header[WEBSOCKET_HEADER_BYTES], header_bytes;
	uint8_t position; /* in the mask */
	uint8_t mask[4];
	struct code_point_state utf8; /* of the message, which may be cut anywhere by a frame's end */
	bool takes_binary : 1;        /* binary messages too, whatever is in them */
	bool is_binary : 1;           /* the message that comes in */
	bool is_in_payload : 1, is_in_message : 1, is_skipping : 1, is_message_done : 1;
};

void websocket_reader_release(struct websocket_reader *reader);

/* Reads on. `*used` bytes are done with; where the event is not WEBSOCKET_MORE there may be more in the rest.
 */
enum websocket_event websocket_read(struct websocket_reader *reader, const char *bytes, size_t length,
				    size_t *used);

/* The value of Sec-WebSocket-Accept. False where the key is not base64 of 16 bytes. */
bool websocket_accept(const char *key, size_t bytes, char accept[WEBSOCKET_ACCEPT_BYTES]);

/* Makes what was added to `to` since it was `from` bytes long the payload of one text frame. */
void websocket_frame_text(struct buffer *to, size_t from);
/* The same, as a binary frame if it is to be one. */
void websocket_frame(struct buffer *to, size_t from, bool is_binary);
/* How long the header of such a frame is. */
size_t websocket_header_bytes(const char *frame);
void websocket_add_ping(struct buffer *to);
void websocket_add_pong(struct buffer *to, const void *payload, size_t bytes);
void websocket_add_close(struct buffer *to, enum websocket_code code);

#endif
