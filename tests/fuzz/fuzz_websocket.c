/* WebSocket frames: any bytes, whole and in pieces, tell the same story, and what is kept stays bounded. */
#include "base/text/utf8.h"
#include "wire/websocket.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 300
#define SKIP_MAX    2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Adds what one event meant. */
static void tell(struct buffer *story, struct websocket_reader *reader, enum websocket_event event)
{
	buffer_printf(story, "%d ", event);
	if (event == WEBSOCKET_MESSAGE) {
		/* A string is compared, since that of an empty message was never allocated. */
		const char *text = buffer_string(&reader->message);
		assert(buffer_length(&reader->message) <= MESSAGE_MAX);
		assert(utf8_valid(text, buffer_length(&reader->message)));
		buffer_add(story, text, buffer_length(&reader->message));
	} else if (event == WEBSOCKET_PING) {
		assert(buffer_length(&reader->control) <= WEBSOCKET_CONTROL_BYTES);
		buffer_add(story, buffer_bytes(&reader->control), buffer_length(&reader->control));
	} else if (event == WEBSOCKET_CLOSE || event == WEBSOCKET_FAULT) {
		buffer_printf(story, "%d", reader->code);
		assert(event == WEBSOCKET_CLOSE || reader->code >= 1002);
	}
}

static void read_all(struct buffer *story, const uint8_t *data, size_t size, size_t piece)
{
	struct websocket_reader reader = {.message_max = MESSAGE_MAX, .skip_max = SKIP_MAX};
	enum websocket_event event = WEBSOCKET_MORE;
	for (size_t at = 0, used; at < size && event != WEBSOCKET_CLOSE && event != WEBSOCKET_FAULT;
	     at += used) {
		size_t length = size - at < piece ? size - at : piece;
		/* A copy of exactly these bytes, so that reading past them is seen. */
		char *bytes = malloc(length);
		memcpy(bytes, data + at, length);
		event = websocket_read(&reader, bytes, length, &used);
		free(bytes);
		assert(used > 0 && used <= length);
		assert(event != WEBSOCKET_MORE || used == length);
		assert(reader.message.capacity <= 4 * MESSAGE_MAX);
		if (event != WEBSOCKET_MORE)
			tell(story, &reader, event);
	}
	websocket_reader_release(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer whole = BUFFER_EMPTY, pieces = BUFFER_EMPTY;
	char accept[WEBSOCKET_ACCEPT_BYTES];
	if (!size)
		return 0;
	/* The first byte says how large the pieces are. */
	read_all(&whole, data + 1, size - 1, SIZE_MAX);
	read_all(&pieces, data + 1, size - 1, 1 + data[0] % 32);
	assert(buffer_length(&whole) == buffer_length(&pieces));
	assert(!buffer_length(&whole) ||
	       !memcmp(buffer_bytes(&whole), buffer_bytes(&pieces), buffer_length(&whole)));
	websocket_accept((const char *)data, size, accept);
	buffer_release(&whole);
	buffer_release(&pieces);
	return 0;
}
