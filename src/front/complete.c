#include "front/complete.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "client/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The candidates found so far, and what they have in common after what was typed. */
struct search {
	const char *folded; /* what was typed, case-folded */
	struct buffer *list;
	char *common; /* the longest beginning that all candidates share; NULL before the first */
	size_t count;
};

/* What two names have in common, by code points, whatever their case. */
static size_t common_bytes(const char *one, const char *other)
{
	size_t best = 0;
	for (size_t bytes = 1; one[bytes - 1] && bytes <= strlen(other); bytes++) {
		if (utf8_prefix(one, strlen(one), bytes) != bytes ||
		    utf8_prefix(other, strlen(other), bytes) != bytes)
			continue;
		char *left = mem_string_n(one, bytes), *right = mem_string_n(other, bytes);
		if (names_equal(left, right))
			best = bytes;
		free(left);
		free(right);
	}
	return best;
}

static void consider(struct search *search, const char *name)
{
	char *folded = utf8_fold(name);
	bool fits = folded && !strncmp(folded, search->folded, strlen(search->folded));
	free(folded);
	if (!fits)
		return;
	if (search->count++)
		buffer_add_string(search->list, ", ");
	buffer_add_string(search->list, name);
	if (!search->common)
		search->common = mem_string(name);
	else
		search->common[common_bytes(search->common, name)] = '\0';
}

static void consider_commands(struct search *search, const char *sign)
{
	const struct client_command *command;
	for (size_t i = 0; (command = commands_at(i)); i++) {
		char name[32];
		snprintf(name, sizeof name, "%s%s", sign, command->name);
		consider(search, name);
	}
}

static void consider_switches(struct search *search)
{
	consider(search, "on");
	consider(search, "off");
}

static void consider_roles(struct search *search)
{
	consider(search, "owner");
	consider(search, "moderator");
	consider(search, "member");
}

static void consider_rooms(struct search *search, const struct client *client)
{
	for (size_t i = 0; i < session_room_count(client->session); i++)
		consider(search, session_room(client->session, i)->name);
	const struct names *known = session_known_rooms(client->session);
	for (size_t i = 0; i < known->count; i++)
		if (!session_find_room(client->session, known->items[i].shown))
			consider(search, known->items[i].shown);
}

static void consider_names(struct search *search, const struct client *client)
{
	const struct session_room *room =
	    client->room ? session_find_room(client->session, client->room) : NULL;
	for (size_t i = 0; room && i < room->members.count; i++)
		if (!names_equal(room->members.items[i].shown, session_name(client->session)))
			consider(search, room->members.items[i].shown);
	for (size_t i = 0; i < session_room_count(client->session); i++) {
		const char *name = session_room(client->session, i)->name;
		if (*name == '@' && !(room && names_has(&room->members, name + 1)))
			consider(search, name + 1);
	}
}

/* What the word that begins at `word` is to the command that the line begins with. */
static enum commands_completes completes_here(const char *line, const char *word)
{
	size_t length = strcspn(line + (*line == '/'), " "), number = 0;
	const struct client_command *command = *line == '/' ? commands_find(line + 1, length) : NULL;
	for (const char *at = line; at < word; at++)
		number += *at == ' ' && at[1] != ' ';
	if (!command || !number || number > OPERATION_ARGUMENTS_MAX)
		return COMPLETES_NOTHING;
	return command->completes[number - 1];
}

void complete(const struct client *client, const char *line, struct completion *completion)
{
	const char *space = strrchr(line, ' ');
	const char *word = space ? space + 1 : line;
	bool is_command = word == line && *word == '/' && word[1] != '/';
	enum commands_completes kind = completes_here(line, word);
	bool is_room = *word == '#' || kind == COMPLETES_ROOMS;
	*completion = (struct completion){.replaced = strlen(word)};
	char *folded = utf8_fold(word);
	struct search search = {.folded = folded, .list = &completion->list};
	if (folded && is_command)
		consider_commands(&search, "/");
	else if (folded && kind == COMPLETES_COMMANDS)
		consider_commands(&search, *word == '/' ? "/" : "");
	else if (folded && kind == COMPLETES_SWITCHES)
		consider_switches(&search);
	else if (folded && kind == COMPLETES_ROLES)
		consider_roles(&search);
	else if (folded && is_room)
		consider_rooms(&search, client);
	else if (folded && (*word || kind == COMPLETES_NAMES))
		consider_names(&search, client);
	if (search.count && strlen(search.common) >= strlen(word)) {
		buffer_add_string(&completion->text, search.common);
		if (search.count == 1)
			buffer_add_string(&completion->text,
					  word == line && !is_command && !is_room ? ": " : " ");
	}
	if (search.count < 2)
		buffer_clear(&completion->list);
	free(search.common);
	free(folded);
}
