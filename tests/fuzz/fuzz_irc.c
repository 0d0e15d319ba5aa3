/* Lines of IRC: what is taken apart lies in the line, tags come back as they were escaped, and a text that is cut into
 * pieces is the same text when they are put together. */
#include "base/memory.h"
#include "base/text/utf8.h"
#include "wire/irc.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const char *text, size_t size, const char *part)
{
	assert(!part || (part >= text && part + strlen(part) <= text + size));
}

static void check_line(const uint8_t *data, size_t size)
{
	char *text = mem_string_n((const char *)data, size);
	struct irc_line line;
	bool has_command = irc_parse(text, &line);
	assert(!has_command || (*line.command && !strchr(line.command, ' ')));
	check_inside(text, size, line.tags);
	check_inside(text, size, line.source);
	assert(line.count <= IRC_PARAMS_MAX);
	for (size_t i = 0; i < IRC_PARAMS_MAX; i++) {
		assert((line.params[i] != NULL) == (i < line.count));
		check_inside(text, size, line.params[i]);
	}
	struct buffer value = BUFFER_EMPTY;
	irc_tag(&line, "+reply", &value);
	irc_tag(&line, "label", &value);
	buffer_release(&value);
	free(text);
}

static void check_escape(const uint8_t *data, size_t size)
{
	char *text = mem_string_n((const char *)data, size);
	struct buffer tags = BUFFER_EMPTY, value = BUFFER_EMPTY;
	buffer_add_string(&tags, "a=1;x=");
	irc_add_tag_value(&tags, text);
	struct irc_line line = {.tags = buffer_string(&tags)};
	assert(irc_is_clean(line.tags, strlen(line.tags)));
	assert(irc_tag(&line, "x", &value) && !strcmp(buffer_string(&value), text));
	buffer_release(&tags);
	buffer_release(&value);
	free(text);
}

static void check_pieces(const uint8_t *data, size_t size)
{
	size_t most = size ? 4 + data[0] % 64 : 4, at = 0, skip;
	const char *text = (const char *)data;
	bool is_broken;
	while (at < size) {
		size_t bytes = irc_piece(text + at, size - at, most, &skip, &is_broken);
		assert(bytes <= most && at + bytes + skip <= size);
		assert(bytes + skip || !utf8_valid(text, size));
		assert(!is_broken || !skip);
		assert(!utf8_valid(text, size) || utf8_valid(text + at, bytes));
		if (!(bytes + skip))
			return;
		at += bytes + skip;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_line(data, size);
	check_escape(data, size);
	check_pieces(data, size);
	char *text = mem_string_n((const char *)data, size);
	const char *digits = text;
	uint64_t number;
	struct buffer bytes = BUFFER_EMPTY;
	irc_read_base36(&digits, '\0', &number);
	irc_read_base64(text, &bytes);
	buffer_release(&bytes);
	free(text);
	return 0;
}
