#include "front/theme.h"

#include "base/memory.h"
#include "base/text/utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define COLOUR(number) (uint16_t)((number) + 1)

static const char *const part_names[THEME_PARTS] = {
    [THEME_TEXT] = "text",       [THEME_OWN] = "own",           [THEME_MENTION] = "mention",
    [THEME_DIM] = "dim",         [THEME_NOTICE] = "notice",     [THEME_PROBLEM] = "problem",
    [THEME_DIVIDER] = "divider", [THEME_DAY] = "day",           [THEME_LINK] = "link",
    [THEME_BAR] = "bar",         [THEME_STATUS] = "status",     [THEME_TOAST] = "toast",
    [THEME_OFFLINE] = "offline", [THEME_ROOM] = "room",         [THEME_UNREAD] = "unread",
    [THEME_MEANT] = "meant",     [THEME_SELECTED] = "selected",
};

/* Without colours; what all themes begin with. */
static const struct style mono[THEME_PARTS] = {
    [THEME_OWN] = {.attributes = STYLE_BOLD},
    [THEME_MENTION] = {.attributes = STYLE_BOLD},
    [THEME_DIM] = {.attributes = STYLE_DIM},
    [THEME_NOTICE] = {.attributes = STYLE_DIM},
    [THEME_PROBLEM] = {.attributes = STYLE_BOLD},
    [THEME_DIVIDER] = {.attributes = STYLE_BOLD},
    [THEME_DAY] = {.attributes = STYLE_DIM},
    [THEME_LINK] = {.attributes = STYLE_UNDERLINE},
    [THEME_BAR] = {.attributes = STYLE_REVERSE},
    [THEME_STATUS] = {.attributes = STYLE_DIM},
    [THEME_TOAST] = {.attributes = STYLE_BOLD},
    [THEME_OFFLINE] = {.attributes = STYLE_BOLD | STYLE_REVERSE},
    [THEME_ROOM] = {.attributes = STYLE_REVERSE},
    [THEME_UNREAD] = {.attributes = STYLE_BOLD},
    [THEME_MEANT] = {.attributes = STYLE_BOLD},
    [THEME_SELECTED] = {.attributes = STYLE_REVERSE},
};

struct colours {
	const char *name;
	unsigned char mention, problem, divider;
	unsigned char people[14]; /* up to a 0 */
};

/* The default theme has no colour near black or white, so that it is readable on both. */
static const struct colours themes[] = {
    {"default", 136, 160, 167, {31, 64, 130, 97, 167, 72, 136, 133, 68, 101, 66, 172}},
    {"dark", 221, 203, 209, {75, 114, 215, 176, 210, 79, 186, 183, 111, 180, 116, 222}},
    {"light", 94, 124, 124, {25, 22, 130, 90, 124, 29, 94, 91, 26, 58, 24, 88}},
};

bool theme_choose(struct theme *theme, const char *name)
{
	*theme = (struct theme){0};
	memcpy(theme->styles, mono, sizeof mono);
	if (!strcmp(name, "mono"))
		return true;
	for (size_t i = 0; i < sizeof themes / sizeof *themes; i++) {
		const struct colours *colours = &themes[i];
		if (strcmp(colours->name, name) != 0)
			continue;
		theme->styles[THEME_MENTION].foreground = COLOUR(colours->mention);
		theme->styles[THEME_PROBLEM] = (struct style){.foreground = COLOUR(colours->problem)};
		theme->styles[THEME_DIVIDER].foreground = COLOUR(colours->divider);
		theme->styles[THEME_MEANT].foreground = COLOUR(colours->divider);
		theme->styles[THEME_OFFLINE].foreground = COLOUR(colours->divider);
		while (colours->people[theme->people_count]) {
			theme->people[theme->people_count] = colours->people[theme->people_count];
			theme->people_count++;
		}
		return true;
	}
	return false;
}

static const char *const colour_names[] = {"black", "red",     "green", "yellow",
					   "blue",  "magenta", "cyan",  "white"};

void theme_list(struct buffer *to)
{
	buffer_add_string(to, "; PART: ");
	for (size_t i = 0; i < THEME_PARTS; i++)
		buffer_printf(to, "%s, ", part_names[i]);
	buffer_add_string(to, "people; COLOUR: 0-255, default");
	for (size_t i = 0; i < sizeof colour_names / sizeof *colour_names; i++)
		buffer_printf(to, ", %s", colour_names[i]);
}

/* "0" to "255", or a name; `colour` is one more than the number, and 0 the terminal's own. */
static bool read_colour(const char *word, uint16_t *colour)
{
	size_t digits = strspn(word, "0123456789");
	*colour = 0;
	if (!strcmp(word, "default"))
		return true;
	for (size_t i = 0; i < sizeof colour_names / sizeof *colour_names; i++)
		if (!strcmp(word, colour_names[i]))
			*colour = COLOUR(i);
	if (digits && digits < 4 && !word[digits] && atoi(word) < 256)
		*colour = COLOUR(atoi(word));
	return *colour;
}

static bool read_attribute(const char *word, uint16_t *attributes)
{
	static const char *const names[] = {"bold", "dim", "italic", "underline", "reverse"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(word, names[i])) {
			*attributes |= (uint16_t)(1u << i);
			return true;
		}
	return !strcmp(word, "plain");
}

static bool set_people(struct theme *theme, char *words)
{
	char *rest = NULL;
	uint16_t colour;
	theme->people_count = 0;
	for (char *word = strtok_r(words, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		if (!strcmp(word, "plain"))
			continue;
		if (!read_colour(word, &colour) || !colour || theme->people_count == THEME_PEOPLE_MAX)
			return false;
		theme->people[theme->people_count++] = (unsigned char)(colour - 1);
	}
	return true;
}

static bool set_part(struct style *style, char *words)
{
	struct style made = {0};
	bool is_behind_on = false;
	char *rest = NULL;
	for (char *word = strtok_r(words, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		bool is_on = !strcmp(word, "on");
		if (!is_on && (is_behind_on || !read_attribute(word, &made.attributes)) &&
		    !read_colour(word, is_behind_on ? &made.background : &made.foreground))
			return false;
		is_behind_on = is_on;
	}
	*style = made;
	return !is_behind_on;
}

bool theme_set(struct theme *theme, const char *text)
{
	size_t length = strcspn(text, " \t");
	char *words = mem_string(text + length);
	bool is_right = false;
	if (!text[length + strspn(text + length, " \t")])
		is_right = false;
	else if (length == strlen("people") && !strncmp(text, "people", length))
		is_right = set_people(theme, words);
	else
		for (size_t i = 0; i < THEME_PARTS; i++)
			if (strlen(part_names[i]) == length && !strncmp(text, part_names[i], length))
				is_right = set_part(&theme->styles[i], words);
	free(words);
	return is_right;
}

struct style theme_person(const struct theme *theme, const char *name)
{
	assert(name);
	char *folded = utf8_fold(name);
	unsigned sum = 0;
	for (const char *at = folded; at && *at; at++)
		sum = sum * 31 + (unsigned char)*at;
	free(folded);
	return (struct style){.foreground =
				  theme->people_count ? COLOUR(theme->people[sum % theme->people_count]) : 0,
			      .attributes = STYLE_BOLD};
}
