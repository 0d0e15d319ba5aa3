#include "client/complete.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "client/commands.h"

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

static void consider_commands(struct search *search)
{
	const struct command *command;
	for (size_t i = 0; (command = commands_at(i)); i++) {
		char name[32] = "/";
		strncat(name, command->name, sizeof name - 2);
		consider(search, name);
	}
}

static void consider_rooms(struct search *search, const struct client *client)
{
	for (size_t i = 0; i < session_room_count(client->session); i++)
		consider(search, session_room(client->session, i)->name);
}

static void consider_names(struct search *search, const struct client *client)
{
	const struct room *room = client->room ? session_find_room(client->session, client->room) : NULL;
	for (size_t i = 0; room && i < room->members.count; i++)
		if (!names_equal(room->members.items[i].shown, session_name(client->session)))
			consider(search, room->members.items[i].shown);
}

/* Whether the word that begins at `word` is the argument of a command that takes rooms. */
static bool is_room_argument(const char *line, const char *word)
{
	size_t length = strcspn(line + 1, " ");
	const struct command *command = *line == '/' ? commands_find(line + 1, length) : NULL;
	return command && command->completes == COMPLETES_ROOMS && word > line + 1 + length;
}

void complete(const struct client *client, const char *line, struct completion *completion)
{
	const char *space = strrchr(line, ' ');
	const char *word = space ? space + 1 : line;
	bool is_command = word == line && *word == '/' && word[1] != '/';
	bool is_room = *word == '#' || is_room_argument(line, word);
	*completion = (struct completion){.replaced = strlen(word)};
	char *folded = utf8_fold(word);
	struct search search = {.folded = folded, .list = &completion->list};
	if (folded && is_command)
		consider_commands(&search);
	else if (folded && is_room)
		consider_rooms(&search, client);
	else if (folded && *word)
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
