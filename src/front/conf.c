#include "front/conf.h"

#include "base/edits.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "client/options.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROOMS_WIDTH     20
#define PEOPLE_WIDTH    18
#define WIDTH_MIN       8
#define WIDTH_MAX       60
#define CLOCK_BYTES_MAX 40

void conf_init(struct conf *conf)
{
	*conf = (struct conf){.rooms_width = ROOMS_WIDTH,
			      .people_width = PEOPLE_WIDTH,
			      .has_mouse = true,
			      .has_pictures = true};
	preferences_init(&conf->preferences);
	theme_choose(&conf->theme, "default");
	conf->clock = mem_string("%H:%M");
}

void conf_release(struct conf *conf)
{
	preferences_release(&conf->preferences);
	bindings_release(&conf->bindings);
	for (size_t i = 0; i < conf->room_count; i++)
		free(conf->rooms[i]);
	free(conf->rooms);
	free(conf->clock);
	*conf = (struct conf){0};
}

char *conf_path(void)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char path[PATH_MAX];
	if (base && *base == '/')
		snprintf(path, sizeof path, "%s/brusio/brusio.conf", base);
	else if (home && *home == '/')
		snprintf(path, sizeof path, "%s/.config/brusio/brusio.conf", home);
	else
		return NULL;
	return mem_string(path);
}

/* --- values ------------------------------------------------------------------- */

static bool set_string(char **slot, const char *value)
{
	free(*slot);
	*slot = mem_string(value);
	return *value;
}

static bool read_switch(const char *value, const char *on, const char *off, bool *is_on)
{
	*is_on = !strcmp(value, on);
	return *is_on || !strcmp(value, off);
}

static bool set_server(struct conf *conf, const char *value)
{
	struct options tried = {0};
	bool is_right = options_set_address(&tried, value) == OPTIONS_RIGHT;
	options_release(&tried);
	return is_right && set_string(&conf->preferences.server, value);
}

static bool conf_set_name(struct conf *conf, const char *value)
{
	return utf8_is_user_name(value) && set_string(&conf->preferences.name, value);
}

static bool set_room(struct conf *conf, const char *value)
{
	if (!utf8_is_room_name(value))
		return false;
	conf->rooms = mem_grow(conf->rooms, &conf->room_capacity, conf->room_count + 1, sizeof *conf->rooms);
	conf->rooms[conf->room_count++] = mem_string(value);
	return true;
}

static bool set_language(struct conf *conf, const char *value)
{
	bool is_known = !strcmp(value, "en") || !strcmp(value, "it");
	return is_known && set_string(&conf->preferences.language, value);
}

static bool set_mode(struct conf *conf, const char *value)
{
	return read_switch(value, "line", "full", &conf->is_line_mode);
}

static bool conf_set_mouse(struct conf *conf, const char *value)
{
	return read_switch(value, "on", "off", &conf->has_mouse);
}

static bool set_pictures(struct conf *conf, const char *value)
{
	return read_switch(value, "on", "off", &conf->has_pictures);
}

static bool set_bell(struct conf *conf, const char *value)
{
	return read_switch(value, "on", "off", &conf->preferences.has_bell);
}

/* A format that writes a line break or more than fits would tear the rows. */
static bool set_clock(struct conf *conf, const char *value)
{
	char written[CLOCK_BYTES_MAX];
	struct tm noon = {.tm_year = 126, .tm_mon = 8, .tm_mday = 30, .tm_hour = 12};
	bool is_none = !strcmp(value, "none");
	if (!is_none && !strftime(written, sizeof written, value, &noon))
		return false;
	if (!is_none && (strpbrk(value, "\t\n") || strstr(value, "%n") || strstr(value, "%t")))
		return false;
	set_string(&conf->clock, is_none ? "" : value);
	return true;
}

static bool read_width(const char *value, unsigned *width)
{
	size_t digits = strspn(value, "0123456789");
	if (!digits || digits > 2 || value[digits])
		return false;
	*width = (unsigned)atoi(value);
	return !*width || (*width >= WIDTH_MIN && *width <= WIDTH_MAX);
}

static bool set_rooms_width(struct conf *conf, const char *value)
{
	return read_width(value, &conf->rooms_width);
}

static bool set_people_width(struct conf *conf, const char *value)
{
	return read_width(value, &conf->people_width);
}

static bool set_theme(struct conf *conf, const char *value)
{
	return theme_choose(&conf->theme, value);
}

static bool set_style(struct conf *conf, const char *value)
{
	return theme_set(&conf->theme, value);
}

static bool set_bind(struct conf *conf, const char *value)
{
	return bindings_add(&conf->bindings, value);
}

static bool set_notify(struct conf *conf, const char *value)
{
	return interest_read_level(value, &conf->preferences.interest.level);
}

/* "#ops nothing" */
static bool set_notify_room(struct conf *conf, const char *value)
{
	enum interest_level level;
	size_t length = strcspn(value, " \t");
	char *room = mem_string_n(value, length);
	bool is_right = (*room == '@' ? utf8_is_user_name(room + 1) : utf8_is_room_name(room)) &&
			interest_read_level(value + length + strspn(value + length, " \t"), &level);
	if (is_right)
		interest_set(&conf->preferences.interest, room, level);
	free(room);
	return is_right;
}

static bool set_desktop(struct conf *conf, const char *value)
{
	static const char *const kinds[] = {[DESKTOP_AUTO] = "auto",
					    [DESKTOP_OFF] = "off",
					    [DESKTOP_OSC9] = "osc9",
					    [DESKTOP_OSC777] = "osc777",
					    [DESKTOP_OSC99] = "osc99"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strcmp(value, kinds[i])) {
			conf->preferences.desktop = (enum preferences_desktop)i;
			return true;
		}
	return false;
}

static bool set_notify_command(struct conf *conf, const char *value)
{
	return set_string(&conf->preferences.notify_command, value);
}

static bool set_open_command(struct conf *conf, const char *value)
{
	return set_string(&conf->preferences.open_command, value);
}

static bool set_editor(struct conf *conf, const char *value)
{
	return set_string(&conf->preferences.editor, value);
}

static bool set_highlight(struct conf *conf, const char *value)
{
	return *value && names_add(&conf->preferences.interest.words, value);
}

static bool set_ignore(struct conf *conf, const char *value)
{
	return utf8_is_user_name(value) && names_add(&conf->preferences.interest.ignored, value);
}

/* "~/" is the home, since no shell reads this. */
static bool set_log(struct conf *conf, const char *value)
{
	const char *home = getenv("HOME");
	char path[PATH_MAX];
	bool is_in_home = !strncmp(value, "~/", 2) && home;
	if (!is_in_home && *value != '/')
		return false;
	snprintf(path, sizeof path, "%s%s", is_in_home ? home : "", is_in_home ? value + 1 : value);
	return set_string(&conf->preferences.log, path);
}

static const struct conf_key {
	const char *name, *expected;
	bool (*set)(struct conf *conf, const char *value);
	bool is_list;                    /* may stand there several times */
	void (*list)(struct buffer *to); /* NULL, or adds what words there are to `expected` */
} keys[] = {
    {"server", "HOST, HOST:PORT or NAME@HOST", set_server, false, NULL},
    {"name", "a name", conf_set_name, false, NULL},
    {"room", "#ROOM", set_room, true, NULL},
    {"language", "en, it", set_language, false, NULL},
    {"mode", "full, line", set_mode, false, NULL},
    {"mouse", "on, off", conf_set_mouse, false, NULL},
    {"pictures", "on, off", set_pictures, false, NULL},
    {"clock", "strftime(3), none", set_clock, false, NULL},
    {"rooms_width", "0, 8-60", set_rooms_width, false, NULL},
    {"people_width", "0, 8-60", set_people_width, false, NULL},
    {"theme", "default, dark, light, mono", set_theme, false, NULL},
    {"style", "PART COLOUR [on COLOUR] [bold] [dim] [italic] [underline] [reverse]", set_style, true,
     theme_list},
    {"bind", "KEY ACTION, KEY /COMMAND", set_bind, true, bindings_list},
    {"notify", "all, mentions, nothing", set_notify, false, NULL},
    {"notify_room", "#ROOM all, #ROOM mentions, #ROOM nothing", set_notify_room, true, NULL},
    {"bell", "on, off", set_bell, false, NULL},
    {"desktop", "auto, off, osc9, osc777, osc99", set_desktop, false, NULL},
    {"notify_command", "COMMAND", set_notify_command, false, NULL},
    {"open_command", "COMMAND", set_open_command, false, NULL},
    {"editor", "COMMAND", set_editor, false, NULL},
    {"highlight", "WORD", set_highlight, true, NULL},
    {"ignore", "NAME", set_ignore, true, NULL},
    {"log", "/DIRECTORY, ~/DIRECTORY", set_log, false, NULL},
};

/* --- lines ---------------------------------------------------------------------- */

struct conf_file {
	struct conf *conf;
	const char *path;
	struct buffer *problems;
	enum lang lang;
	unsigned line;
	bool is_set[sizeof keys / sizeof *keys];
};

static void conf_refuse(struct conf_file *file, enum text key, const char *name, const char *possible)
{
	buffer_printf(file->problems, "%s:%u: ", file->path, file->line);
	lang_write(file->problems, file->lang, key, &(struct text_args){.name = name, .text = possible});
	buffer_add_char(file->problems, '\n');
}

/* One letter in three may be wrong; NULL where no key is so near. */
static const char *nearest_key(const char *name)
{
	const char *nearest = NULL;
	size_t least = strlen(name) / 3 + 1;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		size_t edits = edits_between(name, keys[i].name);
		if (edits < least) {
			least = edits;
			nearest = keys[i].name;
		}
	}
	return nearest;
}

static void conf_refuse_key(struct conf_file *file, const char *name)
{
	struct buffer known = BUFFER_EMPTY;
	const char *near = nearest_key(name);
	if (near) {
		conf_refuse(file, TEXT_client_conf_unknown_near, name, near);
		return;
	}
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		buffer_printf(&known, "%s%s", i ? ", " : "", keys[i].name);
	conf_refuse(file, TEXT_client_conf_unknown, name, buffer_string(&known));
	buffer_release(&known);
}

static void conf_refuse_value(struct conf_file *file, const struct conf_key *key)
{
	struct buffer possible = BUFFER_EMPTY;
	buffer_add_string(&possible, key->expected);
	if (key->list)
		key->list(&possible);
	conf_refuse(file, TEXT_client_conf_bad_value, key->name, buffer_string(&possible));
	buffer_release(&possible);
}

static void conf_take_pair(struct conf_file *file, const char *name, const char *value)
{
	size_t i = 0, count = sizeof keys / sizeof *keys;
	while (i < count && strcmp(keys[i].name, name) != 0)
		i++;
	if (i == count) {
		conf_refuse_key(file, name);
		return;
	}
	if (file->is_set[i] && !keys[i].is_list)
		conf_refuse(file, TEXT_client_conf_twice, name, NULL);
	else if (!keys[i].set(file->conf, value))
		conf_refuse_value(file, &keys[i]);
	file->is_set[i] = true;
}

static void conf_take_line(struct conf_file *file, char *text, size_t bytes)
{
	if (memchr(text, '\0', bytes) || bytes > LIMIT_CONFIG_LINE_BYTES || !utf8_valid(text, bytes)) {
		conf_refuse(file, TEXT_client_conf_no_text, NULL, NULL);
		return;
	}
	text = utf8_trim(text);
	if (!*text || *text == '#' || *text == ';')
		return;
	char *sign = strchr(text, '=');
	if (!sign) {
		conf_refuse(file, TEXT_client_conf_no_pair, text, NULL);
		return;
	}
	*sign = '\0';
	conf_take_pair(file, utf8_trim(text), utf8_trim(sign + 1));
}

bool conf_read(struct conf *conf, const char *path, enum lang lang, struct buffer *problems)
{
	struct conf_file file = {.conf = conf, .path = path, .lang = lang, .problems = problems};
	FILE *from = fopen(path, "re");
	char *text = NULL;
	size_t capacity = 0;
	ssize_t bytes;
	if (!from)
		return false;
	while ((bytes = getline(&text, &capacity, from)) >= 0) {
		file.line++;
		conf_take_line(&file, text, (size_t)bytes);
	}
	bool is_read = !ferror(from);
	free(text);
	fclose(from);
	return is_read;
}
