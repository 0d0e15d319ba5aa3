#include "front/complete.h"

#include "base/memory.h"
#include "base/text/utf8.h"
#include "client/commands.h"
#include "client/file_words.h"
#include "front/complete_path.h"
#include "front/emoji_names.h"

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

/* The common beginning of two names, by code points, whatever their case. */
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

/* Words that are always the same. False where the kind has none. */
static bool consider_fixed(struct search *search, enum commands_completes kind)
{
	static const char *const words[][8] = {
	    [COMPLETES_SWITCHES] = {"on", "off"},
	    [COMPLETES_ROLES] = {"owner", "moderator", "speaker", "member"},
	    [COMPLETES_REVOKE] = {"revoke"},
	    [COMPLETES_LEVELS] = {"all", "mentions", "nothing"},
	    [COMPLETES_PLACES] = {"unread", "end"},
	};
	if (kind >= sizeof words / sizeof *words || !words[kind][0])
		return false;
	for (const char *const *word = words[kind]; *word; word++)
		consider(search, *word);
	return true;
}

static void consider_settings(struct search *search)
{
	const char *word;
	for (size_t i = 0; (word = commands_setting(i)); i++)
		consider(search, word);
}

/* ":thumbs" becomes the picture itself; the names of several are listed with it. */
static void consider_emoji(struct search *search)
{
	const struct emoji_name *emoji;
	const char *wanted = search->folded + 1;
	for (size_t i = 0; (emoji = emoji_names_at(i)); i++) {
		if (strncmp(emoji->name, wanted, strlen(wanted)) != 0)
			continue;
		buffer_printf(search->list, "%s%s :%s", search->count++ ? ", " : "", emoji->text,
			      emoji->name);
		free(search->common);
		search->common = mem_string(emoji->text);
	}
}

/* Names with `sign` before them, such as "@". */
static void consider_name(struct search *search, const char *sign, const char *name)
{
	struct buffer text = BUFFER_EMPTY;
	buffer_add_string(&text, sign);
	buffer_add_string(&text, name);
	consider(search, buffer_string(&text));
	buffer_release(&text);
}

static void consider_rooms(struct search *search, const struct client *client, const char *sign)
{
	for (size_t i = 0; i < session_room_count(client->session); i++)
		consider_name(search, sign, session_room(client->session, i)->name);
	const struct names *known = session_known_rooms(client->session);
	for (size_t i = 0; i < known->count; i++)
		if (!session_find_room(client->session, known->items[i].shown))
			consider_name(search, sign, known->items[i].shown);
}

static void consider_names(struct search *search, const struct client *client, const char *sign)
{
	const struct session_room *room =
	    client->room ? session_find_room(client->session, client->room) : NULL;
	for (size_t i = 0; room && i < room->members.count; i++)
		if (!names_equal(room->members.items[i].shown, session_name(client->session)))
			consider_name(search, sign, room->members.items[i].shown);
	for (size_t i = 0; i < session_room_count(client->session); i++) {
		const struct session_room *direct = session_room(client->session, i);
		if (*direct->name == '@' && !direct->is_gone &&
		    !(room && names_has(&room->members, direct->name + 1)))
			consider_name(search, sign, direct->name + 1);
	}
}

/* The kind of argument that the word at `word` is for the command of the line. */
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

/* The prefix of the part that is completed: "@", "from:", "in:", or nothing. */
static const char *sign_of(const char *word)
{
	static const char *const signs[] = {"from:", "in:", "@"};
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (!strncmp(word, signs[i], strlen(signs[i])))
			return signs[i];
	return "";
}

static void consider_word(struct search *search, const struct client *client, const char *word,
			  enum commands_completes kind, bool is_command)
{
	const char *sign = sign_of(word);
	bool is_emoji = *word == ':' && strlen(word) > 1;
	if (is_command)
		consider_commands(search, "/");
	else if (kind == COMPLETES_COMMANDS)
		consider_commands(search, *word == '/' ? "/" : "");
	else if (kind == COMPLETES_SETTINGS)
		consider_settings(search);
	else if (consider_fixed(search, kind))
		;
	else if (is_emoji)
		consider_emoji(search);
	else if (!strcmp(sign, "in:"))
		consider_rooms(search, client, sign);
	else if (*sign)
		consider_names(search, client, sign);
	else if (*word == '#' || kind == COMPLETES_ROOMS)
		consider_rooms(search, client, "");
	else if (*word || kind == COMPLETES_NAMES)
		consider_names(search, client, sign);
}

/* A name that begins the line is spoken to. */
static const char *ending(const char *line, const char *word, bool is_command)
{
	bool is_spoken_to = word == line && !is_command && *word != '#' && *word != ':' && !*sign_of(word);
	return is_spoken_to ? ": " : " ";
}

/* The last word of a command's line, where it is a path; NULL where it is none. */
static const char *path_at(const char *line)
{
	size_t length = strcspn(line, " "), number = 0;
	const struct client_command *command =
	    *line == '/' && line[length] ? commands_find(line + 1, length - 1) : NULL;
	const char *word = command ? file_words_last(line + length) : NULL;
	while (command && number < OPERATION_ARGUMENTS_MAX && command->completes[number] != COMPLETES_PATHS)
		number++;
	if (!command || number == OPERATION_ARGUMENTS_MAX)
		return NULL;
	size_t before = 0;
	for (const char *at = line + length; at + 1 < word; at++)
		before += *at == ' ' && at[1] != ' ';
	return before < number ? NULL : word;
}

void complete(const struct client *client, const char *line, struct completion *completion)
{
	const char *path = path_at(line);
	if (path) {
		*completion = (struct completion){0};
		complete_path(path, completion);
		return;
	}
	const char *word = line + strlen(line);
	while (word > line && !strchr(" \t\n", word[-1]))
		word--;
	bool is_command = word == line && *word == '/' && word[1] != '/';
	enum commands_completes kind = completes_here(line, word);
	*completion = (struct completion){.replaced = strlen(word)};
	char *folded = utf8_fold(word);
	struct search search = {.folded = folded, .list = &completion->list};
	if (folded)
		consider_word(&search, client, word, kind, is_command);
	bool is_emoji = *word == ':', is_longer = search.count && strlen(search.common) >= strlen(word);
	if (is_longer || (is_emoji && search.count == 1)) {
		if (!is_emoji || search.count == 1)
			buffer_add_string(&completion->text, search.common);
		if (search.count == 1)
			buffer_add_string(&completion->text, ending(line, word, is_command));
	}
	if (search.count < 2)
		buffer_clear(&completion->list);
	free(search.common);
	free(folded);
}
