#include "client/show.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "client/clean.h"
#include "client/names.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DIM    "2"
#define BOLD   "1"
#define RED    "31"
#define INDENT "      " /* as wide as "14:05 " */

static void paint(const struct show *show, struct buffer *to, const char *style)
{
	if (show->has_colour)
		buffer_printf(to, "\033[%sm", style);
}

static void unpaint(const struct show *show, struct buffer *to)
{
	if (show->has_colour)
		buffer_add_string(to, "\033[m");
}

/* The time of day; with the date where that is not today. */
static void add_stamp(const struct show *show, struct buffer *to, const char *time_text)
{
	int64_t wall_ms, now_ms = clock_wall_ms();
	if (!show->has_stamps)
		return;
	if (!time_text || !clock_parse(time_text, &wall_ms))
		wall_ms = now_ms;
	time_t at = (time_t)(wall_ms / 1000), now = (time_t)(now_ms / 1000);
	struct tm then, today;
	localtime_r(&at, &then);
	localtime_r(&now, &today);
	bool is_today = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
	char stamp[32];
	strftime(stamp, sizeof stamp, is_today ? "%H:%M " : "%Y-%m-%d %H:%M ", &then);
	paint(show, to, DIM);
	buffer_add_string(to, stamp);
	unpaint(show, to);
}

/* A name has the same colour in every line and for everybody. Red is for problems. */
static const char *colour_of(const char *name)
{
	static const char *const colours[] = {"32", "33", "35", "36", "92", "94"};
	unsigned sum = 0;
	for (; *name; name++)
		sum = sum * 31 + (unsigned char)*name;
	return colours[sum % (sizeof colours / sizeof *colours)];
}

static void add_name(const struct show *show, struct buffer *to, const char *name)
{
	paint(show, to, names_equal(name, show->own_name) ? BOLD : colour_of(name));
	clean_word(to, name);
	unpaint(show, to);
}

static void add_room(const struct show *show, struct buffer *to, const char *room)
{
	if (!room || (show->room && names_equal(room, show->room)))
		return;
	paint(show, to, DIM);
	clean_word(to, room);
	unpaint(show, to);
	buffer_add_char(to, ' ');
}

static bool ends_word(char c)
{
	bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
	return !is_letter;
}

static bool mentions(const char *text, const char *name)
{
	char *folded = utf8_fold(text), *wanted = utf8_fold(name);
	bool found = false;
	for (const char *at = folded; at && wanted && *wanted && (at = strstr(at, wanted)) && !found; at++)
		found = (at == folded || ends_word(at[-1])) && ends_word(at[strlen(wanted)]);
	free(folded);
	free(wanted);
	return found;
}

static void add_text(const struct show *show, struct buffer *to, const char *text, bool is_highlighted)
{
	if (is_highlighted)
		paint(show, to, BOLD);
	clean_text(to, text, show->has_stamps ? INDENT : "    ");
	if (is_highlighted)
		unpaint(show, to);
}

static void add_message(const struct show *show, struct buffer *to, const char *name, const char *text,
			bool is_action)
{
	bool is_own = names_equal(name, show->own_name);
	if (is_action)
		buffer_add_string(to, "* ");
	add_name(show, to, name);
	buffer_add_string(to, is_action ? " " : ": ");
	add_text(show, to, text, !is_own && mentions(text, show->own_name));
}

static void add_marked(const struct show *show, struct buffer *to, const char *mark, const char *style,
		       const char *text)
{
	paint(show, to, style);
	buffer_add_string(to, mark);
	clean_text(to, text, show->has_stamps ? INDENT : "    ");
	unpaint(show, to);
}

bool show_object(const struct show *show, struct buffer *to, const json_t *object)
{
	const char *op = json_string_value(json_object_get(object, "op"));
	const char *room = json_string_value(json_object_get(object, "room"));
	const char *text = json_string_value(json_object_get(object, "message"));
	const char *name = json_string_value(json_object_get(json_object_get(object, "from"), "name"));
	op = op ? op : "message";
	if (!text || !*text || !strcmp(op, "typing"))
		return false;
	bool is_edit = !strcmp(op, "edit");
	bool is_talk = name && (is_edit || !strcmp(op, "message"));
	add_stamp(show, to, json_string_value(json_object_get(object, "time")));
	add_room(show, to, room);
	if (is_talk)
		add_message(show, to, name, text, json_is_true(json_object_get(object, "action")));
	else if (!strcmp(op, "error"))
		add_marked(show, to, "!! ", RED, text);
	else
		add_marked(show, to, "-- ", DIM, text);
	if (is_edit)
		buffer_add_string(to, lang_text(show->lang, "client.show.edited"));
	return true;
}

void show_own(const struct show *show, struct buffer *to, const char *room, const char *text, bool is_action)
{
	add_stamp(show, to, NULL);
	add_room(show, to, room);
	add_message(show, to, show->own_name, text, is_action);
}

void show_note(const struct show *show, struct buffer *to, const char *text)
{
	add_marked(show, to, "-- ", DIM, text);
}

void show_problem(const struct show *show, struct buffer *to, const char *text)
{
	add_marked(show, to, "!! ", RED, text);
}
