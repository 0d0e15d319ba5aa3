/* The server tells now and then who is writing; what they say ends it. */
#include "front/fullscreen_state.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPING_MS 6000 /* what somebody who writes tells is good for so long */

/* Their place among those who write, or FULLSCREEN_TYPING_MAX. */
static size_t find_typing(const struct fullscreen *full, const char *name)
{
	size_t at = 0;
	while (at < FULLSCREEN_TYPING_MAX &&
	       !(full->typing[at].room && names_equal(full->typing[at].name, name)))
		at++;
	return at;
}

static void begin_typing(struct fullscreen *full, const char *room, const char *name)
{
	size_t at = find_typing(full, name);
	if (at == FULLSCREEN_TYPING_MAX) {
		at = 0;
		for (size_t i = 1; i < FULLSCREEN_TYPING_MAX; i++)
			at = full->typing[i].until_ms < full->typing[at].until_ms ? i : at;
	}
	free(full->typing[at].room);
	full->typing[at].room = mem_string(room);
	snprintf(full->typing[at].name, sizeof full->typing[at].name, "%s", name);
	full->typing[at].until_ms = full->now_ms + TYPING_MS;
}

void fullscreen_note_typing(struct fullscreen *full, const json_t *object)
{
	const char *op = json_string_value(json_object_get(object, "op"));
	const char *room = json_string_value(json_object_get(object, "room"));
	const char *name = json_string_value(json_object_get(object, "name"));
	if (!name)
		name = json_string_value(json_object_get(json_object_get(object, "from"), "name"));
	if (!op || !room || !name)
		return;
	size_t at = find_typing(full, name);
	if (!strcmp(op, "typing") && !json_is_false(json_object_get(object, "on")))
		begin_typing(full, room, name);
	else if (at < FULLSCREEN_TYPING_MAX && names_equal(full->typing[at].room, room))
		full->typing[at].until_ms = 0;
}

void fullscreen_write_typing(const struct fullscreen *full, struct buffer *to)
{
	size_t count = 0;
	struct buffer names = BUFFER_EMPTY;
	for (size_t i = 0; i < FULLSCREEN_TYPING_MAX; i++) {
		bool is_here = full->typing[i].room && full->client->room &&
			       names_equal(full->typing[i].room, full->client->room) &&
			       full->typing[i].until_ms > full->now_ms;
		if (is_here)
			buffer_printf(&names, "%s%s", count++ ? ", " : "", full->typing[i].name);
	}
	if (count)
		lang_write(to, full->client->lang, TEXT_client_full_typing,
			   &(struct text_args){.name = buffer_string(&names)});
	buffer_release(&names);
}
