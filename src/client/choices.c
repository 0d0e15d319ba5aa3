#include "client/choices.h"

#include "base/memory.h"
#include "base/text/utf8.h"
#include "client/client.h"
#include "client/commands.h"
#include "client/keyed_lines.h"
#include "client/state_dir.h"

#include <stdlib.h>
#include <string.h>

#define IGNORED "ignored" /* in the place of a room's name, which begins with a sign */

static struct interest *interest_in(const struct client *client)
{
	return client->options->preferences ? &client->options->preferences->interest : NULL;
}

/* "chat.example:5000/#ops"; the caller frees. */
static char *choices_key(const struct client *client, const char *what)
{
	return keyed_lines_key(client->options->host, client->options->port, '/', what);
}

static void choices_hide(struct client *client, const char *name)
{
	names_add(&client->hidden, name);
	names_add(&interest_in(client)->ignored, name);
}

void choices_init(struct client *client)
{
	struct interest *interest = interest_in(client);
	if (!interest || !client->front.is_interactive)
		return;
	client->choices = state_dir_file("choices");
	char *key = choices_key(client, IGNORED), *names = keyed_lines_find(client->choices, key),
	     *rest = NULL;
	for (char *name = names ? strtok_r(names, " ", &rest) : NULL; name; name = strtok_r(NULL, " ", &rest))
		choices_hide(client, name);
	free(names);
	free(key);
}

void choices_load_room(struct client *client, const char *room)
{
	enum interest_level level;
	if (!client->choices)
		return;
	char *key = choices_key(client, room), *chosen = keyed_lines_find(client->choices, key);
	if (chosen && interest_read_level(chosen, &level))
		interest_set(interest_in(client), room, level);
	free(chosen);
	free(key);
}

/* "" shows how it is. */
bool choices_notify(struct client *client, const char *argument)
{
	struct interest *interest = interest_in(client);
	enum interest_level level;
	if (*argument && !interest_read_level(argument, &level))
		return false;
	if (!interest || !commands_need_room(client))
		return true;
	if (*argument) {
		char *key = choices_key(client, client->room);
		interest_set(interest, client->room, level);
		keyed_lines_replace(client->choices, key, argument);
		free(key);
	}
	struct text_args args = {.room = client->room,
				 .text = interest_level_name(interest_of(interest, client->room))};
	client_note(client, TEXT_client_notify, &args);
	client->front.changed(client->front.owner);
	return true;
}

static void add_ignored(const struct names *names, const char *between, struct buffer *to)
{
	for (size_t i = 0; i < names->count; i++)
		buffer_printf(to, "%s%s", i ? between : "", names->items[i].shown);
}

/* Names of the configuration are kept there, so they are left out here. */
static void keep_ignored(struct client *client)
{
	struct buffer names = BUFFER_EMPTY;
	char *key = choices_key(client, IGNORED);
	add_ignored(&client->hidden, " ", &names);
	keyed_lines_replace(client->choices, key, buffer_length(&names) ? buffer_string(&names) : NULL);
	buffer_release(&names);
	free(key);
	client->front.changed(client->front.owner);
}

static void tell_ignored(struct client *client)
{
	struct buffer names = BUFFER_EMPTY;
	add_ignored(&interest_in(client)->ignored, ", ", &names);
	client_note(client, buffer_length(&names) ? TEXT_client_ignored : TEXT_client_ignored_none,
		    &(struct text_args){.text = buffer_string(&names)});
	buffer_release(&names);
}

bool choices_ignore(struct client *client, const char *argument)
{
	struct interest *interest = interest_in(client);
	if (*argument && !utf8_is_user_name(argument))
		return false;
	if (interest && *argument) {
		choices_hide(client, argument);
		keep_ignored(client);
	}
	if (interest)
		tell_ignored(client);
	return true;
}

bool choices_unignore(struct client *client, const char *argument)
{
	struct interest *interest = interest_in(client);
	if (!utf8_is_user_name(argument))
		return false;
	if (interest) {
		names_remove(&interest->ignored, argument);
		names_remove(&client->hidden, argument);
		keep_ignored(client);
		tell_ignored(client);
	}
	return true;
}
