/* The frame of the full screen: topic, rooms, people, status, and what is typed. */
#include "front/fullscreen_state.h"

#include "base/text/grapheme.h"
#include "base/memory.h"
#include "client/clean.h"
#include "front/wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns that the talk keeps where the rooms are shown, and where the people are, too. */
#define LEFT_TALK_MIN     44
#define RIGHT_TALK_MIN    58
#define COMPOSER_ROWS_MAX 8
#define UNREAD_COLUMNS    16 /* of one room's number and count */

static size_t draw_text(struct fullscreen *full, size_t row, size_t column, size_t width, const char *text,
			struct style style)
{
	struct buffer clean = BUFFER_EMPTY;
	clean_word(&clean, text);
	const char *bytes = buffer_string(&clean);
	size_t used = grid_put(&full->grid, row, column, width, bytes, strlen(bytes), style);
	buffer_release(&clean);
	return used;
}

/* --- the left and the right ------------------------------------------------------------- */

static void draw_room(struct fullscreen *full, size_t row, size_t number, const struct session_room *room)
{
	const char *current = full->client->room;
	bool is_current = current && names_equal(current, room->name);
	bool has_news = room->unread > 0 && !is_current, is_meant = has_news && room->mentions > 0;
	bool is_quiet = client_level(full->client, room->name) == INTEREST_NOTHING;
	struct style style = fullscreen_style(full, is_current              ? THEME_ROOM
						    : has_news && !is_quiet ? THEME_UNREAD
									    : THEME_TEXT);
	char count[32] = "";
	if (has_news)
		snprintf(count, sizeof count, "%s%lld%s", is_meant ? "@" : "",
			 (long long)(room->unread > 999 ? 999 : room->unread), room->unread > 999 ? "+" : "");
	size_t width = full->left_width - 1, length = strlen(count), used = 0;
	grid_fill(&full->grid, row, 0, width, style);
	if (number < 9) {
		char digit = (char)('1' + number);
		grid_put(&full->grid, row, 0, 1, &digit, 1,
			 (struct style){.attributes = style.attributes | STYLE_DIM});
	}
	used = draw_text(full, row, 2, width - 3 - length, room->name, style);
	if (drafts_find(&full->drafts, room->name) && 4 + used < width - length)
		grid_put(&full->grid, row, 3 + used, 2, "✎", strlen("✎"), fullscreen_style(full, THEME_DIM));
	struct style told = fullscreen_style(full, is_quiet   ? THEME_DIM
						   : is_meant ? THEME_MEANT
							      : THEME_UNREAD);
	grid_put(&full->grid, row, width - length, length, count, length, told);
	full->row_rooms[row] = room->name;
}

/* The first room of those that are shown: the current one is among them, in the middle where not all fit. */
static size_t first_room(const struct fullscreen *full, size_t count)
{
	const struct session_room *room;
	size_t height = full->talk_height, here = 0;
	for (size_t i = 0; (room = fullscreen_nth_room(full, i)); i++)
		if (full->client->room && names_equal(full->client->room, room->name))
			here = i;
	if (count <= height || here < height / 2)
		return 0;
	return here - height / 2 < count - height ? here - height / 2 : count - height;
}

/* "… +7": rooms that are not shown, from `first` up to `end`. */
static void draw_more_rooms(struct fullscreen *full, size_t row, size_t first, size_t end)
{
	char more[32];
	enum theme_part part = THEME_DIM;
	for (size_t i = first; i < end; i++) {
		const struct session_room *room = fullscreen_nth_room(full, i);
		if (client_level(full->client, room->name) == INTEREST_NOTHING || !room->unread)
			continue;
		part = room->mentions || part == THEME_MEANT ? THEME_MEANT : THEME_UNREAD;
	}
	snprintf(more, sizeof more, "… +%zu", end - first);
	draw_text(full, row, 2, full->left_width - 3, more, fullscreen_style(full, part));
}

static void draw_rooms(struct fullscreen *full)
{
	size_t row = full->talk_top, end = full->talk_top + full->talk_height;
	size_t count = session_room_count(full->client->session), first = first_room(full, count);
	if (!full->left_width || !full->talk_height)
		return;
	size_t last = first + full->talk_height < count ? first + full->talk_height : count;
	/* A row that tells of others takes the place of one more. */
	bool has_above = first > 0 && full->talk_height > 4,
	     has_below = last < count && full->talk_height > 4;
	for (size_t i = first; i < last; i++, row++) {
		if (has_above && i == first)
			draw_more_rooms(full, row, 0, first + 1);
		else if (has_below && i + 1 == last)
			draw_more_rooms(full, row, last - 1, count);
		else
			draw_room(full, row, i, fullscreen_nth_room(full, i));
	}
	for (row = full->talk_top; row < end; row++)
		grid_put(&full->grid, row, full->left_width - 1, 1, "│", strlen("│"),
			 fullscreen_style(full, THEME_DIM));
}

static int rank_order(const struct name *name)
{
	int order = name->rank == 'o' ? 0 : name->rank == 'm' ? 1 : name->rank == 's' ? 2 : 3;
	return order + (name->is_absent ? 10 : 0);
}

static int compare_people(const void *one, const void *other)
{
	const struct name *left = *(const struct name *const *)one,
			  *right = *(const struct name *const *)other;
	int order = rank_order(left) - rank_order(right);
	return order ? order : strcmp(left->folded, right->folded);
}

static void draw_people(struct fullscreen *full)
{
	const struct session_room *room = fullscreen_room(full);
	size_t left = full->columns - full->right_width, end = full->talk_top + full->talk_height;
	if (!full->right_width || !room)
		return;
	struct style dim = fullscreen_style(full, THEME_DIM);
	const struct name **people = mem_alloc((room->members.count + 1) * sizeof *people);
	for (size_t i = 0; i < room->members.count; i++)
		people[i] = &room->members.items[i];
	qsort(people, room->members.count, sizeof *people, compare_people);
	for (size_t row = full->talk_top; row < end; row++) {
		size_t i = row - full->talk_top;
		grid_put(&full->grid, row, left, 1, "│", strlen("│"), dim);
		if (i >= room->members.count)
			continue;
		char rank = people[i]->rank == 'o'   ? '~'
			    : people[i]->rank == 'm' ? '@'
			    : people[i]->rank == 's' ? '+'
						     : ' ';
		bool is_more = row + 1 == end && i + 1 < room->members.count;
		char more[32];
		snprintf(more, sizeof more, "… +%zu", room->members.count - i);
		struct style style = people[i]->is_absent || is_more
					 ? dim
					 : theme_person(&full->conf->theme, people[i]->shown);
		style.attributes &= (uint16_t)~STYLE_BOLD;
		grid_put(&full->grid, row, left + 1, 1, &rank, 1, dim);
		draw_text(full, row, left + 2, full->right_width - 2, is_more ? more : people[i]->shown,
			  style);
	}
	free(people);
}

/* --- above and below ----------------------------------------------------------------------- */

static void draw_topic(struct fullscreen *full)
{
	const struct session_room *room = fullscreen_room(full);
	struct style bar = fullscreen_style(full, THEME_BAR), name = bar;
	name.attributes |= STYLE_BOLD;
	grid_fill(&full->grid, 0, 0, full->columns, bar);
	size_t used = 1 + draw_text(full, 0, 1, full->columns - 1,
				    full->client->room ? full->client->room : "brusio", name);
	if (room && room->is_private)
		used += draw_text(full, 0, used, full->columns - used, " 🔒", bar);
	if (room && room->topic && *room->topic) {
		used += draw_text(full, 0, used, full->columns - used, "  ", bar);
		draw_text(full, 0, used, full->columns - used, room->topic, bar);
	}
}

static void write_status(struct fullscreen *full, struct buffer *to)
{
	enum lang lang = full->client->lang;
	size_t below = fullscreen_below(full);
	const struct pane *pane = fullscreen_current(full);
	if (full->asked == ASK_PASTE)
		lang_write(to, lang, TEXT_client_full_paste,
			   &(struct text_args){.number = (int64_t)full->pasted_lines});
	else if (full->asked == ASK_DELETE)
		buffer_add_string(to, lang_text(lang, TEXT_client_full_delete));
	else if (full->toast && full->toast_until_ms > full->now_ms)
		buffer_add_string(to, full->toast);
	else if (full->selected)
		buffer_printf(to, "#%lld  %s", (long long)full->selected,
			      lang_text(lang, TEXT_client_full_selected));
	else if (transfers_write(full->client, to))
		;
	else if (below)
		lang_write(to, lang, TEXT_client_full_below, &(struct text_args){.number = (int64_t)below});
	else if (pane && pane->is_scrolled)
		buffer_add_string(to, lang_text(lang, TEXT_client_full_scrolled));
	else
		fullscreen_write_typing(full, to);
}

/* "2:@1 5:12": where something is unread, while the rooms are hidden. Returns the column behind it. */
static size_t draw_unread(struct fullscreen *full, size_t row, size_t column)
{
	const struct session_room *room;
	for (size_t i = 0; !full->left_width && (room = fullscreen_nth_room(full, i)); i++) {
		bool is_here = full->client->room && names_equal(full->client->room, room->name);
		bool is_quiet = client_level(full->client, room->name) == INTEREST_NOTHING;
		char text[48];
		if (room->unread <= 0 || is_here || is_quiet || column + UNREAD_COLUMNS > full->columns)
			continue;
		snprintf(text, sizeof text, " %zu:%s%lld", i + 1, room->mentions > 0 ? "@" : "",
			 (long long)(room->unread > 999 ? 999 : room->unread));
		struct style style = fullscreen_style(full, room->mentions > 0 ? THEME_MEANT : THEME_UNREAD);
		column += draw_text(full, row, column, UNREAD_COLUMNS, text, style);
	}
	return column;
}

static void draw_status(struct fullscreen *full, size_t row)
{
	struct client *client = full->client;
	struct buffer text = BUFFER_EMPTY;
	bool is_on = session_state(client->session) == SESSION_READY;
	bool is_urgent = full->asked != ASK_NOTHING || !is_on;
	struct style style = fullscreen_style(full, THEME_STATUS);
	struct style name = fullscreen_style(full, is_on ? THEME_OWN : THEME_OFFLINE);
	grid_fill(&full->grid, row, 0, full->columns, style);
	size_t used = 1 + draw_text(full, row, 1, full->columns - 1, session_name(client->session), name);
	if (!is_on)
		used += draw_text(full, row, used, full->columns - used,
				  lang_text(client->lang, TEXT_client_prompt_offline), name);
	used = draw_unread(full, row, used) + 2;
	write_status(full, &text);
	if (used < full->columns)
		used += draw_text(full, row, used, full->columns - used, buffer_string(&text),
				  is_urgent || full->toast_until_ms > full->now_ms
				      ? fullscreen_style(full, THEME_TOAST)
				      : style);
	const char *help = lang_text(client->lang, TEXT_client_full_keys);
	size_t length = strlen(help);
	if (used + length + 2 < full->columns)
		draw_text(full, row, full->columns - length - 1, length, help, style);
	buffer_release(&text);
}

/* --- what is typed ----------------------------------------------------------------------------- */

/* The row above the text: a question, or the message that it answers. */
static void write_heading(struct fullscreen *full, struct buffer *to)
{
	struct client *client = full->client;
	const struct roomlog_item *item =
	    full->target ? roomlog_find(fullscreen_log(full), full->target) : NULL;
	const char *searched = editor_search(&full->editor);
	struct text_args args = {
	    .number = full->target, .name = item ? item->name : "", .text = item ? item->text : ""};
	if (account_is_asking(client))
		account_write_prompt(client, to);
	else if (client->is_naming)
		buffer_add_string(to, lang_text(client->lang, TEXT_client_prompt_name));
	else if (searched)
		lang_write(to, client->lang, TEXT_client_prompt_search,
			   &(struct text_args){.text = searched});
	else if (full->compose == COMPOSE_REPLY)
		lang_write(to, client->lang, TEXT_client_full_reply, &args);
	else if (full->compose == COMPOSE_EDIT)
		lang_write(to, client->lang, TEXT_client_full_edit, &args);
}

struct composer {
	struct buffer heading;
	struct styled text;
	size_t cursor_row, cursor_column, first, rows;
};

/* The editor's text as it is drawn: a tab is four blanks; nothing else differs, so places are the same. */
static void lay_out_text(struct fullscreen *full, struct composer *composer, size_t width)
{
	const char *text = account_is_asking(full->client) ? "" : editor_text(&full->editor);
	size_t cursor = account_is_asking(full->client) ? 0 : full->editor.cursor;
	struct buffer shown = BUFFER_EMPTY;
	size_t at = 0, place = 0;
	for (; text[at]; at++) {
		if (at == cursor)
			place = buffer_length(&shown);
		buffer_add_char(&shown, text[at] == '\t' ? ' ' : text[at]);
	}
	if (at == cursor)
		place = buffer_length(&shown);
	/* A row for the cursor behind the last blank or line break. */
	buffer_add_char(&shown, '_');
	styled_add(&composer->text, buffer_string(&shown), (struct style){0});
	styled_wrap(&composer->text, width, 0);
	buffer_release(&shown);
	for (size_t i = 0; i < composer->text.row_count; i++) {
		const struct styled_row *row = &composer->text.rows[i];
		bool is_last = i + 1 == composer->text.row_count;
		if (place >= row->from && (is_last || place < composer->text.rows[i + 1].from)) {
			size_t within = place - row->from < row->bytes ? place - row->from : row->bytes;
			const char *bytes = buffer_bytes(&composer->text.text) + row->from;
			composer->cursor_row = i;
			for (size_t k = 0; k < within;) {
				size_t step = grapheme_next(bytes + k, within - k);
				composer->cursor_column += grapheme_columns(bytes + k, step);
				k += step;
			}
		}
	}
}

static void lay_out_composer(struct fullscreen *full, struct composer *composer, size_t width)
{
	*composer = (struct composer){0};
	write_heading(full, &composer->heading);
	lay_out_text(full, composer, width);
	size_t most = full->rows / 3 < COMPOSER_ROWS_MAX ? full->rows / 3 : COMPOSER_ROWS_MAX;
	composer->rows = composer->text.row_count < most ? composer->text.row_count : most ? most : 1;
	if (composer->cursor_row >= composer->rows)
		composer->first = composer->cursor_row - composer->rows + 1;
}

static void draw_composer(struct fullscreen *full, struct composer *composer, size_t top)
{
	size_t length = buffer_length(&composer->text.text);
	/* The blank for the cursor is nothing to see. */
	buffer_bytes(&composer->text.text)[length - 1] = ' ';
	if (buffer_length(&composer->heading)) {
		draw_text(full, top, 0, full->columns, buffer_string(&composer->heading),
			  (struct style){.attributes = STYLE_BOLD});
		top++;
	}
	for (size_t i = 0; i < composer->rows; i++) {
		grid_put(&full->grid, top + i, 0, 2, i + composer->first ? "  " : "> ", 2,
			 fullscreen_style(full, THEME_DIM));
		styled_draw(&composer->text, composer->first + i, &full->grid, top + i, 2, full->columns - 2,
			    (struct style){0});
	}
	size_t column = 2 + composer->cursor_column;
	full->grid.cursor_row = top + composer->cursor_row - composer->first;
	full->grid.cursor_column = column < full->columns ? column : full->columns - 1;
	full->grid.has_cursor = full->grid.cursor_row < full->rows;
	if (!full->grid.has_cursor)
		full->grid.cursor_row = full->rows - 1;
}

void fullscreen_draw_frame(struct fullscreen *full)
{
	struct composer composer;
	unsigned left = full->conf->rooms_width, right = full->conf->people_width;
	bool has_left = full->columns >= LEFT_TALK_MIN + left && !full->hides_rooms;
	bool has_right =
	    full->columns >= RIGHT_TALK_MIN + left + right && !full->hides_people && fullscreen_room(full);
	full->left_width = has_left ? left : 0;
	full->right_width = has_right ? right : 0;
	lay_out_composer(full, &composer, full->columns - 2);
	size_t below = composer.rows + (buffer_length(&composer.heading) ? 1 : 0);
	bool is_low = full->rows < below + 4;
	full->talk_top = is_low ? 0 : 1;
	full->talk_height =
	    full->rows > below + full->talk_top + 1 ? full->rows - below - full->talk_top - 1 : 0;
	memset(full->row_seqs, 0, full->rows * sizeof *full->row_seqs);
	memset(full->row_rooms, 0, full->rows * sizeof *full->row_rooms);
	if (!is_low)
		draw_topic(full);
	fullscreen_draw_talk(full, full->left_width, full->columns - full->left_width - full->right_width);
	draw_rooms(full);
	draw_people(full);
	size_t row = full->talk_top + full->talk_height;
	if (row < full->rows)
		draw_status(full, row);
	draw_composer(full, &composer, row + 1);
	if (full->chooser.is_open)
		chooser_draw(&full->chooser, &full->conf->theme, &full->grid);
	buffer_release(&composer.heading);
	styled_release(&composer.text);
}
