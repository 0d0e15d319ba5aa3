/* The lists of the full screen: rooms, emoji, what a search found, dates, keys. */
#include "front/fullscreen_state.h"

#include "base/clock.h"
#include "base/memory.h"
#include "client/commands.h"
#include "client/when.h"
#include "front/emoji_names.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAYS_SHOWN 14

void fullscreen_choose_room(struct fullscreen *full)
{
	const struct session_room *room;
	chooser_open(&full->chooser, lang_text(full->client->lang, TEXT_client_full_rooms), false);
	full->choosing = CHOOSE_ROOM;
	/* Unread ones first. */
	for (int has_news = 1; has_news >= 0; has_news--)
		for (size_t i = 0; (room = fullscreen_nth_room(full, i)); i++)
			if ((room->unread > 0) == (bool)has_news)
				chooser_add(&full->chooser, room->name, room->name, 0);
	const struct names *known = session_known_rooms(full->client->session);
	for (size_t i = 0; i < known->count; i++)
		if (!session_find_room(full->client->session, known->items[i].shown))
			chooser_add(&full->chooser, known->items[i].shown, known->items[i].shown, 0);
	chooser_narrow(&full->chooser);
}

void fullscreen_choose_emoji(struct fullscreen *full)
{
	const struct emoji_name *emoji;
	chooser_open(&full->chooser, lang_text(full->client->lang, TEXT_client_full_react), false);
	full->choosing = CHOOSE_EMOJI;
	for (size_t i = 0; (emoji = emoji_names_at(i)); i++) {
		struct buffer text = BUFFER_EMPTY;
		buffer_printf(&text, "%s  %s", emoji->text, emoji->name);
		chooser_add(&full->chooser, buffer_string(&text), emoji->text, 0);
		buffer_release(&text);
	}
	chooser_narrow(&full->chooser);
}

/* The last days, by name; others are typed. */
void fullscreen_choose_date(struct fullscreen *full)
{
	static const enum text near[] = {TEXT_client_full_today, TEXT_client_full_yesterday};
	time_t now = (time_t)(clock_wall_ms() / 1000);
	if (!fullscreen_room(full))
		return;
	chooser_open(&full->chooser, lang_text(full->client->lang, TEXT_client_full_date), true);
	full->choosing = CHOOSE_DATE;
	chooser_add(&full->chooser, lang_text(full->client->lang, TEXT_client_full_first_unread), "unread",
		    0);
	for (int i = 0; i < DAYS_SHOWN; i++) {
		struct tm day;
		char date[32], text[96];
		localtime_r(&now, &day);
		day.tm_mday -= i;
		day.tm_hour = 12;
		day.tm_isdst = -1;
		mktime(&day);
		strftime(date, sizeof date, "%Y-%m-%d", &day);
		snprintf(text, sizeof text, "%s %s", date,
			 i < 2 ? lang_text(full->client->lang, near[i]) : "");
		chooser_add(&full->chooser, text, date, 0);
	}
	chooser_add(&full->chooser, lang_text(full->client->lang, TEXT_client_full_beginning), "#1", 0);
	chooser_narrow(&full->chooser);
}

/* The one that is chosen is begun. */
void fullscreen_choose_command(struct fullscreen *full)
{
	const struct client_command *command;
	chooser_open(&full->chooser, lang_text(full->client->lang, TEXT_client_full_commands), true);
	full->choosing = CHOOSE_COMMAND;
	for (int group = 0; group < GROUP_COUNT; group++) {
		enum text heading = commands_heading((enum commands_group)group);
		chooser_add(&full->chooser, lang_text(full->client->lang, heading), NULL, 0);
		for (size_t i = 0; (command = commands_at(i)); i++) {
			struct buffer text = BUFFER_EMPTY;
			if ((int)command->group != group)
				continue;
			commands_write_help(full->client, command, &text);
			chooser_add(&full->chooser, buffer_string(&text), command->name, 0);
			buffer_release(&text);
		}
	}
	chooser_narrow(&full->chooser);
}

static void begin_command(struct fullscreen *full, const char *name)
{
	struct buffer text = BUFFER_EMPTY;
	if (!*name)
		return;
	buffer_printf(&text, "/%s ", name);
	editor_set(&full->editor, buffer_string(&text));
	buffer_release(&text);
}

void fullscreen_show_keys(struct fullscreen *full)
{
	chooser_open(&full->chooser, lang_text(full->client->lang, TEXT_client_full_help_title), true);
	full->choosing = CHOOSE_KEYS;
	for (const char *at = lang_text(full->client->lang, TEXT_client_full_help); *at;) {
		size_t length = strcspn(at, "\n");
		char *line = mem_string_n(at, length);
		chooser_add(&full->chooser, line, NULL, 0);
		free(line);
		at += length + (at[length] == '\n');
	}
	chooser_narrow(&full->chooser);
}

/* --- going somewhere ---------------------------------------------------------------------- */

void fullscreen_go_to_message(struct fullscreen *full, const char *room, int64_t seq)
{
	if (!session_find_room(full->client->session, room)) {
		fullscreen_toast(full, TEXT_client_full_not_inside, &(struct text_args){.room = room});
		return;
	}
	fullscreen_go(full, room);
	full->selected = full->wanted = seq;
	full->is_wanted_asked = false;
	full->wanted_ms = 0;
	if (session_state(full->client->session) != SESSION_READY)
		fullscreen_toast(full, TEXT_client_offline, NULL);
}

void fullscreen_go_to_unread(struct fullscreen *full)
{
	struct pane *pane = fullscreen_current(full);
	const struct roomlog *log = fullscreen_log(full);
	if (!pane || !pane->has_divider) {
		fullscreen_toast(full, TEXT_client_full_all_read, NULL);
		return;
	}
	size_t index = roomlog_index(log, pane->divider + 1);
	while (index < log->count && log->items[index]->kind != ROOMLOG_MESSAGE)
		index++;
	bool is_there = index < log->count && roomlog_first_seq(log) <= pane->divider + 1;
	fullscreen_go_to_message(full, pane->room, is_there ? log->items[index]->seq : pane->divider + 1);
	pane->is_divider_seen = true;
	full->selected = 0;
}

static void go_to_place(struct fullscreen *full, const char *text)
{
	struct when when;
	if (!when_read(text, clock_wall_ms(), &when))
		fullscreen_toast(full, TEXT_client_goto_what, NULL);
	else
		full->client->front.look_at(full, &when);
}

/* --- what was chosen ------------------------------------------------------------------------ */

static void react_to_marked(struct fullscreen *full, const char *emoji)
{
	const struct roomlog_item *item = roomlog_find(fullscreen_log(full), full->selected);
	if (!item || !full->client->room)
		return;
	bool has = roomlog_has_reacted(item, emoji, session_name(full->client->session));
	session_change(full->client->session, OUTBOX_REACT, full->client->room, item->seq, emoji, !has);
	full->selected = 0;
}

static void take_choice(struct fullscreen *full, const char *key, int64_t number)
{
	struct buffer command = BUFFER_EMPTY;
	switch (full->choosing) {
	case CHOOSE_ROOM:
		buffer_printf(&command, "/join %s", key);
		client_input(full->client, buffer_string(&command));
		break;
	case CHOOSE_EMOJI:
		react_to_marked(full, key);
		break;
	case CHOOSE_FOUND:
		fullscreen_go_to_message(full, key, number);
		break;
	case CHOOSE_DATE:
		go_to_place(full, key);
		break;
	case CHOOSE_COMMAND:
		begin_command(full, key);
		break;
	case CHOOSE_KEYS:
		break;
	}
	buffer_release(&command);
}

/* A date says more than the days whose digits it has, and a room may be one that nobody told of. */
static bool is_typed_meant(const struct fullscreen *full, const char *typed, bool fits)
{
	struct when when;
	if (full->choosing == CHOOSE_DATE)
		return (!fits && *typed) || when_read(typed, clock_wall_ms(), &when);
	return full->choosing == CHOOSE_ROOM && !fits && (*typed == '#' || *typed == '@');
}

void fullscreen_choose(struct fullscreen *full, const struct key *key)
{
	enum chooser_result result = chooser_key(&full->chooser, key);
	if (result == CHOOSER_OPEN)
		return;
	const struct chooser_item *item = chooser_chosen(&full->chooser);
	char *chosen = item ? mem_string(item->key) : NULL,
	     *typed = mem_string(editor_text(&full->chooser.query));
	int64_t number = item ? item->number : 0;
	chooser_release(&full->chooser);
	if (result == CHOOSER_CHOSEN && is_typed_meant(full, typed, chosen))
		take_choice(full, typed, 0);
	else if (result == CHOOSER_CHOSEN && chosen)
		take_choice(full, chosen, number);
	free(chosen);
	free(typed);
}
