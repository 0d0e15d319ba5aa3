#include "front/bindings.h"

#include "base/text/code_point.h"
#include "base/memory.h"
#include "client/commands.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	enum action action;
} action_names[] = {
    {"none", ACTION_NONE},
    {"switch", ACTION_SWITCH},
    {"next-room", ACTION_NEXT_ROOM},
    {"previous-room", ACTION_PREVIOUS_ROOM},
    {"last-room", ACTION_LAST_ROOM},
    {"next-unread", ACTION_NEXT_UNREAD},
    {"first-unread", ACTION_FIRST_UNREAD},
    {"date", ACTION_DATE},
    {"end", ACTION_END},
    {"scroll-up", ACTION_SCROLL_UP},
    {"scroll-down", ACTION_SCROLL_DOWN},
    {"page-up", ACTION_PAGE_UP},
    {"page-down", ACTION_PAGE_DOWN},
    {"select-up", ACTION_SELECT_UP},
    {"select-down", ACTION_SELECT_DOWN},
    {"hide-rooms", ACTION_HIDE_ROOMS},
    {"hide-people", ACTION_HIDE_PEOPLE},
    {"editor", ACTION_EDITOR},
    {"help", ACTION_HELP},
    {"redraw", ACTION_REDRAW},
    {"stop", ACTION_STOP},
};

#define LETTER(modifier, letter, what)                                                     \
	{                                                                                  \
		.code = KEY_CHAR, .modifiers = (modifier), .c = (letter), .action = (what) \
	}
#define NAMED(modifier, key_code, what)                                       \
	{                                                                     \
		.code = (key_code), .modifiers = (modifier), .action = (what) \
	}
#define ROOM(digit)                                                                          \
	{                                                                                    \
		.code = KEY_CHAR, .modifiers = KEY_ALT, .c = (digit), .action = ACTION_ROOM, \
		.number = (digit) - '0'                                                      \
	}
#define FUNCTION(key, what)                                        \
	{                                                          \
		.code = KEY_FUNCTION, .c = (key), .action = (what) \
	}

static const struct binding built_in[] = {
    LETTER(KEY_CTRL, 'k', ACTION_SWITCH),
    LETTER(KEY_ALT, 'a', ACTION_NEXT_UNREAD),
    LETTER(KEY_ALT, 'u', ACTION_FIRST_UNREAD),
    LETTER(KEY_ALT, 'g', ACTION_DATE),
    LETTER(KEY_ALT, 'e', ACTION_EDITOR),
    LETTER(KEY_ALT, 'r', ACTION_HIDE_ROOMS),
    LETTER(KEY_ALT, 'p', ACTION_HIDE_PEOPLE),
    LETTER(KEY_ALT, '/', ACTION_LAST_ROOM),
    LETTER(KEY_CTRL, 'l', ACTION_REDRAW),
    LETTER(KEY_CTRL, 'z', ACTION_STOP),
    NAMED(KEY_CTRL, KEY_HOME, ACTION_FIRST_UNREAD),
    NAMED(KEY_CTRL, KEY_END, ACTION_END),
    NAMED(KEY_SHIFT, KEY_UP, ACTION_SCROLL_UP),
    NAMED(KEY_SHIFT, KEY_DOWN, ACTION_SCROLL_DOWN),
    NAMED(KEY_CTRL, KEY_UP, ACTION_SCROLL_UP),
    NAMED(KEY_CTRL, KEY_DOWN, ACTION_SCROLL_DOWN),
    NAMED(0, KEY_PAGE_UP, ACTION_PAGE_UP),
    NAMED(0, KEY_PAGE_DOWN, ACTION_PAGE_DOWN),
    NAMED(KEY_ALT, KEY_UP, ACTION_SELECT_UP),
    NAMED(KEY_ALT, KEY_DOWN, ACTION_SELECT_DOWN),
    NAMED(KEY_CTRL, KEY_PAGE_UP, ACTION_PREVIOUS_ROOM),
    NAMED(KEY_CTRL, KEY_PAGE_DOWN, ACTION_NEXT_ROOM),
    ROOM('1'),
    ROOM('2'),
    ROOM('3'),
    ROOM('4'),
    ROOM('5'),
    ROOM('6'),
    ROOM('7'),
    ROOM('8'),
    ROOM('9'),
    FUNCTION(1, ACTION_HELP),
    FUNCTION(5, ACTION_PREVIOUS_ROOM),
    FUNCTION(6, ACTION_NEXT_ROOM),
};

void bindings_release(struct bindings *bindings)
{
	for (size_t i = 0; i < bindings->count; i++)
		free(bindings->items[i].command);
	free(bindings->items);
	*bindings = (struct bindings){0};
}

/* "page-up", "f5", or one character. */
static bool read_key_name(const char *name, struct binding *binding)
{
	static const struct {
		const char *name;
		enum key_code code;
	} named[] = {{"up", KEY_UP},           {"down", KEY_DOWN},           {"left", KEY_LEFT},
		     {"right", KEY_RIGHT},     {"home", KEY_HOME},           {"end", KEY_END},
		     {"page-up", KEY_PAGE_UP}, {"page-down", KEY_PAGE_DOWN}, {"insert", KEY_INSERT},
		     {"delete", KEY_DELETE},   {"backspace", KEY_BACKSPACE}, {"tab", KEY_TAB},
		     {"enter", KEY_ENTER},     {"escape", KEY_ESCAPE}};
	size_t length = strlen(name), digits = *name == 'f' ? strspn(name + 1, "0123456789") : 0;
	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		if (!strcmp(name, named[i].name)) {
			binding->code = named[i].code;
			return true;
		}
	if (digits && digits < 3 && !name[1 + digits]) {
		binding->code = KEY_FUNCTION;
		binding->c = (uint32_t)atoi(name + 1);
		return binding->c >= 1 && binding->c <= 12;
	}
	binding->code = KEY_CHAR;
	return length && code_point_read(name, length, &binding->c) == length;
}

static bool bindings_read_key(char *text, struct binding *binding)
{
	static const char *const modifiers[] = {"shift+", "alt+", "ctrl+"};
	for (size_t i = 0; i < sizeof modifiers / sizeof *modifiers; i++)
		if (!strncmp(text, modifiers[i], strlen(modifiers[i]))) {
			binding->modifiers |= 1u << i;
			text += strlen(modifiers[i]);
			i = (size_t)-1;
		}
	/* A character alone is text. */
	return read_key_name(text, binding) && (binding->code != KEY_CHAR || binding->modifiers > KEY_SHIFT);
}

/* "room-3", "date", "/away lunch" */
static bool read_action(const char *text, struct binding *binding)
{
	if (*text == '/') {
		binding->action = ACTION_COMMAND;
		binding->command = mem_string(text);
		return commands_know(text + 1);
	}
	if (!strncmp(text, "room-", 5) && text[5] >= '1' && text[5] <= '9') {
		size_t digits = strspn(text + 5, "0123456789");
		binding->action = ACTION_ROOM;
		binding->number = digits < 4 ? (unsigned)atoi(text + 5) : 0;
		return binding->number && !text[5 + digits];
	}
	for (size_t i = 0; i < sizeof action_names / sizeof *action_names; i++)
		if (!strcmp(text, action_names[i].name)) {
			binding->action = action_names[i].action;
			return true;
		}
	return false;
}

void bindings_list(struct buffer *to)
{
	buffer_add_string(to, "; ACTION: room-N");
	for (size_t i = 0; i < sizeof action_names / sizeof *action_names; i++)
		buffer_printf(to, ", %s", action_names[i].name);
}

bool bindings_add(struct bindings *bindings, const char *text)
{
	struct binding binding = {0};
	size_t length = strcspn(text, " \t");
	char *key = mem_string_n(text, length);
	const char *action = text + length + strspn(text + length, " \t");
	bool is_right = bindings_read_key(key, &binding) && read_action(action, &binding);
	free(key);
	if (!is_right) {
		free(binding.command);
		return false;
	}
	bindings->items =
	    mem_grow(bindings->items, &bindings->capacity, bindings->count + 1, sizeof *bindings->items);
	bindings->items[bindings->count++] = binding;
	return true;
}

static bool is_for(const struct binding *binding, const struct key *key)
{
	bool has_letter = key->code == KEY_CHAR || key->code == KEY_FUNCTION;
	return binding->code == key->code && binding->modifiers == key->modifiers &&
	       (!has_letter || binding->c == key->c);
}

const struct binding *bindings_find(const struct bindings *bindings, const struct key *key)
{
	/* The last word counts. */
	for (size_t i = bindings->count; i-- > 0;)
		if (is_for(&bindings->items[i], key))
			return &bindings->items[i];
	for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
		if (is_for(&built_in[i], key))
			return &built_in[i];
	return NULL;
}
