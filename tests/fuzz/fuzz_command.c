/* Typed lines: whatever follows the '/', a command is a request within its limits, or a reason. */
#include "base/limits.h"
#include "chat/talk/command.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_request(const struct request *request)
{
	assert(request->is_command && request->used <= request->capacity);
	for (int field = 0; field < REQUEST_TEXT_COUNT; field++) {
		const char *text = request->text[field];
		/* A room gets its sign. */
		assert(!text || strlen(text) <= request_text_max((enum request_text)field));
	}
	int64_t limit = request->number[REQUEST_NUMBER_LIMIT];
	assert(!request_has(request, REQUEST_NUMBER_LIMIT) || (limit >= 1 && limit <= LIMIT_PAGE_ENTRIES));
	assert(!request_has(request, REQUEST_NUMBER_TARGET) || request->number[REQUEST_NUMBER_TARGET] >= 1);
	assert(!request_has(request, REQUEST_NUMBER_SECONDS) || request->number[REQUEST_NUMBER_SECONDS] >= 1);
	const char *room = request->text[REQUEST_TEXT_ROOM];
	assert(!room || *room == '#' || *room == '@');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request *request;
	char wrong[COMMAND_WRONG_BYTES];
	/* The form in which connection_ask_line() gives it: one line of text that begins with '/', as a string of its own.
	 */
	char *line = malloc(size + 2);
	line[0] = '/';
	memcpy(line + 1, data, size);
	line[size + 1] = '\0';
	line[strcspn(line, "\n")] = '\0';
	memset(wrong, 0x55, sizeof wrong);
	enum command_result result = command_parse(line, &request, wrong);
	if (result == COMMAND_OK) {
		check_request(request);
		request_free(request);
	} else {
		assert(memchr(wrong, '\0', sizeof wrong) && *wrong == '/');
	}
	free(line);
	return 0;
}
