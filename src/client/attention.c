#include "client/attention.h"

#include "base/memory.h"
#include "client/clean.h"
#include "client/client.h"
#include "client/command_line.h"

#include <stdio.h>
#include <stdlib.h>

#define GATHER_MS       1500 /* nobody is called more often */
#define EXCERPT_COLUMNS 160

static void attention_forget(struct attention_note *note)
{
	free(note->room);
	free(note->name);
	free(note->text);
	*note = (struct attention_note){0};
}

void attention_release(struct attention *attention)
{
	attention_forget(&attention->note);
}

static char *cleaned(const char *text)
{
	struct buffer clean = BUFFER_EMPTY;
	clean_excerpt(&clean, text ? text : "", EXCERPT_COLUMNS);
	char *copy = mem_string(buffer_string(&clean));
	buffer_release(&clean);
	return copy;
}

static bool attention_is_wanted(struct client *client, const char *room, bool is_meant)
{
	enum interest_level level = client_level(client, room);
	return level == INTEREST_ALL || (level == INTEREST_MENTIONS && is_meant);
}

void attention_message(struct client *client, const struct session_room *room, const json_t *object,
		       bool is_meant)
{
	struct attention_note *note = &client->attention.note;
	bool is_watched = client->room && names_equal(client->room, room->name) && client_is_watched(client);
	if (!client->front.alert || is_watched || !attention_is_wanted(client, room->name, is_meant))
		return;
	int64_t count = note->count + 1;
	attention_forget(note);
	note->room = cleaned(room->name);
	note->name = cleaned(json_string_value(json_object_get(json_object_get(object, "from"), "name")));
	note->text = cleaned(json_string_value(json_object_get(object, "message")));
	note->count = count;
}

int64_t attention_deadline(const struct attention *attention)
{
	return attention->note.count ? attention->quiet_until_ms : INT64_MAX;
}

static void run_command(const char *command, const struct attention_note *note)
{
	char count[24];
	struct command_variable variables[] = {{"BRUSIO_ROOM", note->room},
					       {"BRUSIO_NAME", note->name},
					       {"BRUSIO_TEXT", note->text},
					       {"BRUSIO_COUNT", count},
					       {0}};
	snprintf(count, sizeof count, "%lld", (long long)note->count);
	command_line_run(command, NULL, variables);
}

void attention_tend(struct client *client, int64_t now_ms)
{
	struct attention *attention = &client->attention;
	const struct preferences *preferences = client->options->preferences;
	if (now_ms < attention_deadline(attention))
		return;
	attention->quiet_until_ms = now_ms + GATHER_MS;
	client->front.alert(client->front.owner, &attention->note);
	if (preferences && preferences->notify_command)
		run_command(preferences->notify_command, &attention->note);
	attention_forget(&attention->note);
}
