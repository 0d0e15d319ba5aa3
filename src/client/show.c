#include "client/show.h"

#include "base/clock.h"
#include "client/clean.h"
#include "session/names.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DIM             "2"
#define BOLD            "1"
#define RED             "31"
#define MARKED          "1;33"
#define EXCERPT_COLUMNS 30
#define INDENT          "      " /* as wide as "14:05 " */

static void begin_style(const struct show *show, struct buffer *to, const char *style)
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
	begin_style(show, to, DIM);
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

static void add_coloured_name(const struct show *show, struct buffer *to, const char *name)
{
	begin_style(show, to, names_equal(name, show->own_name) ? BOLD : colour_of(name));
	clean_word(to, name);
	unpaint(show, to);
}

static void show_room_name(const struct show *show, struct buffer *to, const char *room)
{
	if (!room || (show->room && names_equal(room, show->room)))
		return;
	begin_style(show, to, DIM);
	clean_word(to, room);
	unpaint(show, to);
	buffer_add_char(to, ' ');
}

static void show_add_text(const struct show *show, struct buffer *to, const char *text, bool is_highlighted)
{
	if (is_highlighted)
		begin_style(show, to, MARKED);
	clean_text(to, text, show->has_stamps ? INDENT : "    ");
	if (is_highlighted)
		unpaint(show, to);
}

/* "(re 12 mario: ciao a tutti) ", by `key` if the message is known, by `other` if not. */
static void add_about(const struct show *show, struct buffer *to, int64_t seq, enum text key, enum text other)
{
	const struct roomlog_item *item = show->log ? roomlog_find(show->log, seq) : NULL;
	if (item && item->is_deleted)
		item = NULL;
	struct buffer name = BUFFER_EMPTY, text = BUFFER_EMPTY;
	struct text_args args = {.number = seq};
	if (item) {
		clean_word(&name, item->name);
		clean_excerpt(&text, item->text, EXCERPT_COLUMNS);
		args.name = buffer_string(&name);
		args.text = buffer_string(&text);
	}
	if (item || other) {
		begin_style(show, to, DIM);
		lang_write(to, show->lang, item ? key : other, &args);
		unpaint(show, to);
	}
	buffer_release(&name);
	buffer_release(&text);
}

static void add_number(const struct show *show, struct buffer *to, int64_t seq)
{
	if (!show->has_numbers || !seq)
		return;
	begin_style(show, to, DIM);
	buffer_printf(to, "#%lld ", (long long)seq);
	unpaint(show, to);
}

static void show_add_message(const struct show *show, struct buffer *to, const char *name, const char *text,
			     bool is_action, int64_t reply_to)
{
	bool is_own = names_equal(name, show->own_name);
	if (is_action)
		buffer_add_string(to, "* ");
	add_coloured_name(show, to, name);
	buffer_add_string(to, is_action ? " " : ": ");
	if (reply_to)
		add_about(show, to, reply_to, TEXT_client_show_reply, TEXT_client_show_reply_unknown);
	show_add_text(show, to, text, !is_own && names_mentioned(text, show->own_name));
}

/* " [👍 3, 🎉]" */
static void show_add_reactions(const struct show *show, struct buffer *to, const json_t *reactions)
{
	size_t i;
	json_t *one;
	if (!json_array_size(reactions))
		return;
	begin_style(show, to, DIM);
	buffer_add_string(to, " [");
	json_array_foreach(reactions, i, one)
	{
		const char *emoji = json_string_value(json_object_get(one, "emoji"));
		json_int_t count = json_integer_value(json_object_get(one, "count"));
		buffer_add_string(to, i ? ", " : "");
		clean_word(to, emoji ? emoji : "");
		if (count > 1)
			buffer_printf(to, " %lld", (long long)count);
	}
	buffer_add_string(to, "]");
	unpaint(show, to);
}

static void add_marked(const struct show *show, struct buffer *to, const char *mark, const char *style,
		       const char *text)
{
	begin_style(show, to, style);
	buffer_add_string(to, mark);
	clean_text(to, text, show->has_stamps ? INDENT : "    ");
	unpaint(show, to);
}

/* A message as it reads now, or as it was said, or an edit of one. */
static void add_talk(const struct show *show, struct buffer *to, const json_t *object, const char *name,
		     const char *text)
{
	json_int_t target = json_integer_value(json_object_get(object, "target"));
	bool is_gone = json_is_true(json_object_get(object, "deleted"));
	add_number(show, to, target ? target : json_integer_value(json_object_get(object, "seq")));
	show_add_message(show, to, name, is_gone ? lang_text(show->lang, TEXT_client_show_deleted) : text,
			 json_is_true(json_object_get(object, "action")),
			 json_integer_value(json_object_get(object, "reply_to")));
	if (target)
		lang_write(to, show->lang, TEXT_client_show_edit, &(struct text_args){.number = target});
	else if (json_object_get(object, "edited"))
		buffer_add_string(to, lang_text(show->lang, TEXT_client_show_edited));
	show_add_reactions(show, to, json_object_get(object, "reactions"));
}

static bool is_silent(const char *op)
{
	return !strcmp(op, "typing") || !strcmp(op, "read");
}

bool show_object(const struct show *show, struct buffer *to, const json_t *object)
{
	const char *op = json_string_value(json_object_get(object, "op"));
	const char *room = json_string_value(json_object_get(object, "room"));
	const char *text = json_string_value(json_object_get(object, "message"));
	const char *name = json_string_value(json_object_get(json_object_get(object, "from"), "name"));
	op = op ? op : "message";
	bool is_gone = json_is_true(json_object_get(object, "deleted"));
	if (!text || (!*text && !is_gone) || is_silent(op))
		return false;
	/* The text of an edit is gone with its message. */
	if (is_gone && strcmp(op, "message") != 0)
		return false;
	add_stamp(show, to, json_string_value(json_object_get(object, "time")));
	show_room_name(show, to, room);
	if (name && (!strcmp(op, "edit") || !strcmp(op, "message"))) {
		add_talk(show, to, object, name, text);
		return true;
	}
	bool is_error = !strcmp(op, "error");
	add_marked(show, to, is_error ? "!! " : "-- ", is_error ? RED : DIM, text);
	if (!strcmp(op, "react"))
		add_about(show, to, json_integer_value(json_object_get(object, "target")),
			  TEXT_client_show_about, TEXT_NONE);
	return true;
}

void show_own(const struct show *show, struct buffer *to, const struct outbox_item *item)
{
	add_stamp(show, to, NULL);
	show_room_name(show, to, item->room);
	show_add_message(show, to, show->own_name, outbox_shown(item), item->is_action, item->target);
}

void show_note(const struct show *show, struct buffer *to, const char *text)
{
	add_marked(show, to, "-- ", DIM, text);
}

void show_problem(const struct show *show, struct buffer *to, const char *text)
{
	add_marked(show, to, "!! ", RED, text);
}
