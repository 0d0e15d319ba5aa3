#include "wire/websocket.h"

#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

enum opcode {
	OPCODE_CONTINUATION = 0,
	OPCODE_TEXT = 1,
	OPCODE_BINARY = 2,
	OPCODE_CLOSE = 8,
	OPCODE_PING = 9,
	OPCODE_PONG = 10
};

#define BIT_FIN  0x80
#define BIT_MASK 0x80

void websocket_reader_release(struct websocket_reader *reader)
{
	buffer_release(&reader->message);
	buffer_release(&reader->control);
}

static bool check_utf8(struct code_point_state *utf8, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!code_point_take(utf8, bytes[i]))
			return false;
	return true;
}

/* --- in: the header --- */

static enum websocket_event fault(struct websocket_reader *reader, enum websocket_code code)
{
	reader->code = code;
	return WEBSOCKET_FAULT;
}

static uint8_t opcode_of(const struct websocket_reader *reader)
{
	return reader->header[0] & 0x0f;
}

static bool is_final(const struct websocket_reader *reader)
{
	return reader->header[0] & BIT_FIN;
}

static bool is_control(const struct websocket_reader *reader)
{
	return opcode_of(reader) >= OPCODE_CLOSE;
}

/* How many bytes the header has, as far as the first two tell; 2 as long as they do not. */
static uint8_t header_size(const struct websocket_reader *reader)
{
	if (reader->header_bytes < 2)
		return 2;
	uint8_t length = reader->header[1] & 0x7f;
	return (uint8_t)(2 + (length == 127 ? 8 : length == 126 ? 2 : 0) + 4);
}

/* Faults that the first two bytes alone show. No extension was agreed on, so the reserved bits mean nothing. */
static enum websocket_event check_head(struct websocket_reader *reader)
{
	uint8_t opcode = opcode_of(reader), length = reader->header[1] & 0x7f;
	if (reader->header[0] & 0x70 || !(reader->header[1] & BIT_MASK))
		return fault(reader, WEBSOCKET_PROTOCOL_ERROR);
	switch (opcode) {
	case OPCODE_CLOSE:
	case OPCODE_PING:
	case OPCODE_PONG:
		if (!is_final(reader) || length > WEBSOCKET_CONTROL_BYTES)
			return fault(reader, WEBSOCKET_PROTOCOL_ERROR);
		return WEBSOCKET_MORE;
	case OPCODE_CONTINUATION:
		return reader->is_in_message ? WEBSOCKET_MORE : fault(reader, WEBSOCKET_PROTOCOL_ERROR);
	case OPCODE_TEXT:
		return reader->is_in_message ? fault(reader, WEBSOCKET_PROTOCOL_ERROR) : WEBSOCKET_MORE;
	case OPCODE_BINARY:
		if (reader->takes_binary && !reader->is_in_message)
			return WEBSOCKET_MORE;
		return fault(reader, reader->is_in_message ? WEBSOCKET_PROTOCOL_ERROR : WEBSOCKET_NOT_TEXT);
	default:
		return fault(reader, WEBSOCKET_PROTOCOL_ERROR);
	}
}

/* Announced or already there, too much is refused before it is kept. */
static enum websocket_event check_size(struct websocket_reader *reader)
{
	uint64_t bytes = reader->message_bytes + reader->left;
	if (reader->left > reader->skip_max || bytes > reader->skip_max)
		return fault(reader, WEBSOCKET_TOO_BIG);
	if (bytes <= reader->message_max || reader->is_skipping)
		return WEBSOCKET_MORE;
	reader->is_skipping = true;
	buffer_release(&reader->message);
	return WEBSOCKET_TOO_LARGE;
}

static enum websocket_event start_payload(struct websocket_reader *reader)
{
	const uint8_t *header = reader->header;
	uint8_t length = header[1] & 0x7f, size = header_size(reader);
	reader->left = length;
	if (length >= 126) {
		reader->left = 0;
		for (uint8_t i = 2; i < size - 4; i++)
			reader->left = reader->left << 8 | header[i];
		/* The shortest form is a must, and the highest bit of the longest form is none of it. */
		if (reader->left < (length == 126 ? 126 : 65536) || reader->left >> 63)
			return fault(reader, WEBSOCKET_PROTOCOL_ERROR);
	}
	memcpy(reader->mask, header + size - 4, sizeof reader->mask);
	reader->header_bytes = 0;
	reader->position = 0;
	reader->is_in_payload = true;
	if (is_control(reader))
		return WEBSOCKET_MORE;
	if (opcode_of(reader) != OPCODE_CONTINUATION) {
		reader->is_in_message = true;
		reader->is_binary = opcode_of(reader) == OPCODE_BINARY;
		reader->is_skipping = false;
		reader->message_bytes = 0;
		reader->utf8 = (struct code_point_state){0};
	}
	return check_size(reader);
}

/* One byte a turn: headers are short, and each may end anywhere. */
static enum websocket_event read_header(struct websocket_reader *reader, uint8_t byte)
{
	reader->header[reader->header_bytes++] = byte;
	if (reader->header_bytes == 2) {
		enum websocket_event event = check_head(reader);
		if (event != WEBSOCKET_MORE)
			return event;
	}
	if (reader->header_bytes < 2 || reader->header_bytes < header_size(reader))
		return WEBSOCKET_MORE;
	return start_payload(reader);
}

/* --- in: the payload --- */

static void unmask(struct websocket_reader *reader, const char *from, uint8_t *to, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)from[i] ^ reader->mask[(reader->position + i) & 3];
	reader->position = (uint8_t)((reader->position + bytes) & 3);
	reader->left -= bytes;
}

static bool read_text(struct websocket_reader *reader, const char *bytes, size_t length)
{
	uint8_t skipped[512];
	while (length) {
		size_t part = reader->is_skipping && length > sizeof skipped ? sizeof skipped : length;
		uint8_t *to =
		    reader->is_skipping ? skipped : (uint8_t *)buffer_reserve(&reader->message, part);
		unmask(reader, bytes, to, part);
		if (!reader->is_skipping)
			buffer_added(&reader->message, part);
		reader->message_bytes += (uint32_t)part;
		if (!reader->is_binary && !check_utf8(&reader->utf8, to, part))
			return false;
		bytes += part;
		length -= part;
	}
	return true;
}

/* RFC 6455 section 7.4: what may stand in a close frame. */
static bool is_code(unsigned code)
{
	return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
	       (code >= 3000 && code <= 4999);
}

static enum websocket_event end_close(struct websocket_reader *reader)
{
	struct code_point_state utf8 = {0};
	const uint8_t *payload = (const uint8_t *)buffer_bytes(&reader->control);
	size_t bytes = buffer_length(&reader->control);
	reader->code = WEBSOCKET_NO_CODE;
	if (!bytes)
		return WEBSOCKET_CLOSE;
	unsigned code = bytes < 2 ? 0 : (unsigned)payload[0] << 8 | payload[1];
	if (!is_code(code))
		return fault(reader, WEBSOCKET_PROTOCOL_ERROR);
	if (!check_utf8(&utf8, payload + 2, bytes - 2) || utf8.missing)
		return fault(reader, WEBSOCKET_NOT_UTF8);
	reader->code = (uint16_t)code;
	return WEBSOCKET_CLOSE;
}

static enum websocket_event end_frame(struct websocket_reader *reader)
{
	reader->is_in_payload = false;
	switch (opcode_of(reader)) {
	case OPCODE_CLOSE:
		return end_close(reader);
	case OPCODE_PING:
		return WEBSOCKET_PING;
	case OPCODE_PONG:
		return WEBSOCKET_PONG;
	default:
		break;
	}
	if (!is_final(reader))
		return WEBSOCKET_MORE;
	reader->is_in_message = false;
	if (reader->utf8.missing)
		return fault(reader, WEBSOCKET_NOT_UTF8);
	reader->is_message_done = !reader->is_skipping;
	return reader->is_skipping ? WEBSOCKET_MORE : WEBSOCKET_MESSAGE;
}

static enum websocket_event read_payload(struct websocket_reader *reader, const char *bytes, size_t length,
					 size_t *used)
{
	size_t part = length < reader->left ? length : (size_t)reader->left;
	assert(reader->is_in_payload &&
	       (is_control(reader) || reader->message_bytes <= reader->skip_max)); /* 2 */
	*used += part;
	if (is_control(reader)) {
		if (part) {
			unmask(reader, bytes, (uint8_t *)buffer_reserve(&reader->control, part), part);
			buffer_added(&reader->control, part);
		}
	} else if (!read_text(reader, bytes, part)) {
		return fault(reader, WEBSOCKET_NOT_UTF8);
	}
	return reader->left ? WEBSOCKET_MORE : end_frame(reader);
}

enum websocket_event websocket_read(struct websocket_reader *reader, const char *bytes, size_t length,
				    size_t *used)
{
	enum websocket_event event = WEBSOCKET_MORE;
	*used = 0;
	if (reader->is_message_done) {
		buffer_release(&reader->message);
		reader->is_message_done = false;
	}
	if (!reader->is_in_payload)
		buffer_release(&reader->control);
	while (event == WEBSOCKET_MORE && (*used < length || (reader->is_in_payload && !reader->left))) {
		if (reader->is_in_payload)
			event = read_payload(reader, bytes + *used, length - *used, used);
		else
			event = read_header(reader, (uint8_t)bytes[(*used)++]);
	}
	return event;
}

/* --- the handshake --- */

static bool is_key(const char *key, size_t bytes)
{
	if (bytes != 24 || memcmp(key + 22, "==", 2))
		return false;
	for (size_t i = 0; i < 22; i++) {
		char c = key[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!is_letter && !(c >= '0' && c <= '9') && c != '+' && c != '/')
			return false;
	}
	/* 22 digits have 132 bits; the last four are none of the 16 bytes. */
	return strchr("AQgw", key[21]) != NULL;
}

bool websocket_accept(const char *key, size_t bytes, char accept[WEBSOCKET_ACCEPT_BYTES])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	char text[24 + sizeof guid];
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int digest_bytes;
	if (!is_key(key, bytes))
		return false;
	memcpy(text, key, 24);
	memcpy(text + 24, guid, sizeof guid);
	/* The digest proves that this is a WebSocket server; nothing secret hangs on SHA-1 here. */
	if (!EVP_Digest(text, sizeof text - 1, digest, &digest_bytes, EVP_sha1(), NULL))
		return false;
	EVP_EncodeBlock((unsigned char *)accept, digest, (int)digest_bytes);
	return true;
}

/* --- out --- */

/* A server's frames have no mask. Returns the header's bytes. */
static size_t make_header(uint8_t header[10], enum opcode opcode, size_t payload_bytes)
{
	header[0] = (uint8_t)(BIT_FIN | opcode);
	if (payload_bytes < 126) {
		header[1] = (uint8_t)payload_bytes;
		return 2;
	}
	size_t size = payload_bytes < 65536 ? 2 : 8;
	header[1] = size == 2 ? 126 : 127;
	for (size_t i = 0; i < size; i++)
		header[2 + i] = (uint8_t)((uint64_t)payload_bytes >> 8 * (size - 1 - i));
	return 2 + size;
}

size_t websocket_header_bytes(const char *frame)
{
	uint8_t length = (uint8_t)frame[1] & 0x7f;
	return length == 127 ? 10 : length == 126 ? 4 : 2;
}

void websocket_frame_text(struct buffer *to, size_t from)
{
	websocket_frame(to, from, false);
}

void websocket_frame(struct buffer *to, size_t from, bool is_binary)
{
	assert(from <= buffer_length(to));
	uint8_t header[10];
	size_t bytes = buffer_length(to) - from;
	size_t header_bytes = make_header(header, is_binary ? OPCODE_BINARY : OPCODE_TEXT, bytes);
	buffer_reserve(to, header_bytes);
	buffer_added(to, header_bytes);
	char *frame = buffer_bytes(to) + from;
	memmove(frame + header_bytes, frame, bytes);
	memcpy(frame, header, header_bytes);
}

static void add_control(struct buffer *to, enum opcode opcode, const void *payload, size_t bytes)
{
	uint8_t header[10];
	buffer_add(to, header, make_header(header, opcode, bytes));
	buffer_add(to, payload, bytes);
}

void websocket_add_ping(struct buffer *to)
{
	add_control(to, OPCODE_PING, "", 0);
}

void websocket_add_pong(struct buffer *to, const void *payload, size_t bytes)
{
	assert(bytes <= 125);
	add_control(to, OPCODE_PONG, payload, bytes);
}

void websocket_add_close(struct buffer *to, enum websocket_code code)
{
	uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};
	add_control(to, OPCODE_CLOSE, payload, code == WEBSOCKET_NO_CODE ? 0 : 2);
}
