#include "push/payload.h"

#include "wire/json_out.h"

#include <assert.h>
#include <string.h>

/* Escaped, a byte of these can be six: a control character. */
#define TEXT_BYTES_MAX 200

/* Cuts where a code point begins. */
static void add_cut(struct buffer *to, const char *text)
{
	size_t bytes = strlen(text);
	if (bytes > TEXT_BYTES_MAX) {
		bytes = TEXT_BYTES_MAX;
		while (bytes && ((unsigned char)text[bytes] & 0xc0) == 0x80)
			bytes--;
	}
	buffer_add(to, text, bytes);
	if (text[bytes])
		buffer_add_string(to, "…");
}

void payload_write(struct buffer *to, const struct push *push)
{
	struct text_args args = {.name = push->name, .room = push->room};
	struct buffer title = BUFFER_EMPTY, body = BUFFER_EMPTY;
	struct json_out out;
	bool is_shown = push->text && *push->text;
	if (push->is_direct)
		buffer_add_string(&title, push->name);
	else
		lang_write(&title, push->lang, TEXT_push_title, &args);
	if (is_shown)
		add_cut(&body, push->text);
	else
		lang_write(&body, push->lang, push->is_direct ? TEXT_push_direct : TEXT_push_mention, &args);
	json_open(&out, to);
	json_text(&out, "room", push->room);
	json_number(&out, "seq", (int64_t)push->seq);
	json_text(&out, "title", buffer_string(&title));
	json_text(&out, "body", buffer_string(&body));
	json_close(&out);
	assert(buffer_length(to) <= PAYLOAD_BYTES);
	buffer_release(&title);
	buffer_release(&body);
}
