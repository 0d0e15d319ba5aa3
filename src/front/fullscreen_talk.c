/* The middle of the full screen: what was said, from the row that the user looks at upward. Only what is to be
 * seen is laid out, so that a room of a million messages costs as much as one of ten. */
#include "front/fullscreen_state.h"

#include "base/text/utf8.h"
#include "client/clean.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INDENT_MAX      12 /* behind a time of day */
#define EXCERPT_COLUMNS 60
#define DAY_FORMAT      "── %Y-%m-%d ──\n"
#define PRESENCE_MAX    5 /* names that a row of comings and goings tells */

static bool is_new_day(const struct roomlog_item *before, const struct roomlog_item *item)
{
	time_t one = before ? (time_t)(before->time_ms / 1000) : 0, other = (time_t)(item->time_ms / 1000);
	struct tm then, now;
	localtime_r(&one, &then);
	localtime_r(&other, &now);
	return !before || then.tm_year != now.tm_year || then.tm_yday != now.tm_yday;
}

static struct style dim_of(const struct fullscreen *full)
{
	return fullscreen_style(full, THEME_DIM);
}

static void add_time(const struct fullscreen *full, struct styled *to, const struct roomlog_item *item,
		     const char *format, enum theme_part part)
{
	time_t at = (time_t)(item->time_ms / 1000);
	struct tm local;
	char text[64];
	localtime_r(&at, &local);
	if (*format && strftime(text, sizeof text, format, &local))
		styled_add(to, text, fullscreen_style(full, part));
}

/* The time of day, behind which all else is indented. */
static void add_clock(const struct fullscreen *full, struct styled *to, const struct roomlog_item *item)
{
	add_time(full, to, item, full->conf->clock, THEME_DIM);
	if (buffer_length(&to->text) && *full->conf->clock)
		styled_add(to, " ", (struct style){0});
}

size_t fullscreen_indent(const char *clock)
{
	struct tm noon = {.tm_year = 126, .tm_mon = 8, .tm_mday = 30, .tm_hour = 12};
	char text[64];
	if (!*clock)
		return 2;
	size_t columns = utf8_width(text, strftime(text, sizeof text, clock, &noon)) + 1;
	return columns < INDENT_MAX ? columns : INDENT_MAX;
}

/* The width of the talk in columns. */
static size_t talk_width(const struct fullscreen *full)
{
	return full->columns - full->left_width - full->right_width;
}

static void add_indent(const struct fullscreen *full, struct styled *to)
{
	styled_printf(to, (struct style){0}, "%*s", (int)styled_indent(talk_width(full), full->indent), "");
}

static void talk_add_word(struct styled *to, const char *text, struct style style)
{
	struct buffer clean = BUFFER_EMPTY;
	clean_word(&clean, text);
	styled_add(to, buffer_string(&clean), style);
	buffer_release(&clean);
}

/* No line of it stands where a time would: it could be taken for somebody else's message. */
static void clean_lines(const struct fullscreen *full, struct buffer *to, const char *text)
{
	char blanks[INDENT_MAX + 1];
	snprintf(blanks, sizeof blanks, "%*s", (int)styled_indent(talk_width(full), full->indent), "");
	clean_text(to, text, blanks);
}

static void add_lines(const struct fullscreen *full, struct styled *to, const char *text, struct style style)
{
	struct buffer clean = BUFFER_EMPTY;
	clean_lines(full, &clean, text);
	styled_add(to, buffer_string(&clean), style);
	buffer_release(&clean);
}

static struct style name_style(const struct fullscreen *full, const char *name)
{
	bool is_own = names_equal(name, session_name(full->client->session));
	return is_own ? fullscreen_style(full, THEME_OWN) : theme_person(&full->conf->theme, name);
}

static void add_excerpt(struct styled *to, const char *text, struct style style)
{
	struct buffer excerpt = BUFFER_EMPTY;
	clean_excerpt(&excerpt, text, EXCERPT_COLUMNS);
	styled_add(to, buffer_string(&excerpt), style);
	buffer_release(&excerpt);
}

static void add_quote(struct fullscreen *full, struct styled *to, int64_t seq)
{
	const struct roomlog_item *item = roomlog_find(fullscreen_log(full), seq);
	struct style dim = dim_of(full);
	add_indent(full, to);
	styled_add(to, "┌ ", dim);
	if (!item)
		styled_printf(to, dim, "#%lld", (long long)seq);
	if (item) {
		talk_add_word(to, item->name, name_style(full, item->name));
		styled_add(to, ": ", dim);
		add_excerpt(to,
			    item->is_deleted ? lang_text(full->client->lang, TEXT_client_show_deleted)
					     : item->text,
			    dim);
	}
	styled_add(to, "\n", dim);
}

static void talk_add_reactions(struct fullscreen *full, struct styled *to, const struct roomlog_item *item)
{
	for (size_t i = 0; i < item->reaction_count; i++) {
		const struct roomlog_reaction *reaction = &item->reactions[i];
		bool is_own = roomlog_has_reacted(item, reaction->emoji, session_name(full->client->session));
		struct style style = {.attributes = is_own ? STYLE_BOLD : STYLE_DIM};
		styled_add(to, i ? "  " : "\n", style);
		if (!i)
			add_indent(full, to);
		talk_add_word(to, reaction->emoji, style);
		styled_printf(to, style, " %lld", (long long)reaction->count);
	}
}

static void talk_add_text(struct fullscreen *full, struct styled *to, const struct roomlog_item *item)
{
	struct style style = fullscreen_style(full, item->is_highlighted ? THEME_MENTION : THEME_TEXT);
	struct buffer clean = BUFFER_EMPTY;
	if (item->is_deleted) {
		style = dim_of(full);
		style.attributes |= STYLE_ITALIC;
		styled_add(to, lang_text(full->client->lang, TEXT_client_show_deleted), style);
		return;
	}
	clean_lines(full, &clean, item->text);
	styled_add_linked(to, buffer_string(&clean), style, fullscreen_style(full, THEME_LINK));
	buffer_release(&clean);
	if (item->is_edited)
		styled_add(to, lang_text(full->client->lang, TEXT_client_show_edited), dim_of(full));
}

static void talk_add_message(struct fullscreen *full, struct styled *to, const struct roomlog_item *item,
			     size_t width)
{
	if (item->reply_to)
		add_quote(full, to, item->reply_to);
	add_clock(full, to, item);
	if (full->client->show.has_numbers)
		styled_printf(to, dim_of(full), "#%lld ", (long long)item->seq);
	if (item->is_action)
		styled_add(to, "* ", dim_of(full));
	talk_add_word(to, item->name, name_style(full, item->name));
	styled_add(to, item->is_action ? " " : ": ", dim_of(full));
	talk_add_text(full, to, item);
	fullscreen_add_pictures(full, to, item, width);
	talk_add_reactions(full, to, item);
}

/* Folds arrivals and departures since the last message into one row. */
static void add_presence(const struct fullscreen *full, struct styled *to, const struct roomlog *log,
			 size_t index)
{
	assert(log->items[index]->kind == ROOMLOG_PRESENCE);
	struct style dim = dim_of(full);
	size_t first = index, count = 0;
	while (first && log->items[first - 1]->kind == ROOMLOG_PRESENCE)
		first--;
	add_clock(full, to, log->items[index]);
	for (size_t i = first; i <= index && count < PRESENCE_MAX; i++, count++) {
		styled_add(to, count ? " · " : "", dim);
		talk_add_word(to, log->items[i]->text, dim);
	}
	if (index + 1 - first > PRESENCE_MAX)
		styled_printf(to, dim, " (+%zu)", index + 1 - first - PRESENCE_MAX);
}

static bool is_folded(const struct roomlog *log, size_t index)
{
	return log->items[index]->kind == ROOMLOG_PRESENCE && index + 1 < log->count &&
	       log->items[index + 1]->kind == ROOMLOG_PRESENCE;
}

/* The first message that was unread when the user came. */
static bool has_divider(struct fullscreen *full, const struct roomlog *log, size_t index)
{
	const struct pane *pane = fullscreen_current(full);
	const struct roomlog_item *item = log->items[index];
	if (!pane || !pane->has_divider || item->kind != ROOMLOG_MESSAGE || item->seq <= pane->divider)
		return false;
	for (size_t i = index; i-- > 0;)
		if (log->items[i]->kind == ROOMLOG_MESSAGE)
			return log->items[i]->seq <= pane->divider;
	return true;
}

static void add_told(const struct fullscreen *full, struct styled *to, const struct roomlog_item *item,
		     const char *sign, enum theme_part part)
{
	add_clock(full, to, item);
	styled_add(to, sign, fullscreen_style(full, part));
	add_lines(full, to, item->text, fullscreen_style(full, part));
}

static bool talk_is_ignored(const struct fullscreen *full, const struct roomlog_item *item)
{
	return item->kind == ROOMLOG_MESSAGE &&
	       interest_ignores(&full->conf->preferences.interest, item->name);
}

/* Lays out one item; without rows where it is told with another one. */
static void lay_out(struct fullscreen *full, struct styled *to, size_t index, size_t width)
{
	assert(index < fullscreen_log(full)->count);
	const struct roomlog *log = fullscreen_log(full);
	const struct roomlog_item *item = log->items[index];
	styled_clear(to);
	if (is_folded(log, index) || talk_is_ignored(full, item))
		return;
	if (is_new_day(index ? log->items[index - 1] : NULL, item))
		add_time(full, to, item, DAY_FORMAT, THEME_DAY);
	if (has_divider(full, log, index))
		styled_printf(to, fullscreen_style(full, THEME_DIVIDER), "──── %s ────\n",
			      lang_text(full->client->lang, TEXT_client_full_new));
	switch (item->kind) {
	case ROOMLOG_MESSAGE:
		talk_add_message(full, to, item, width);
		break;
	case ROOMLOG_PRESENCE:
		add_presence(full, to, log, index);
		break;
	case ROOMLOG_TOPIC:
	case ROOMLOG_NOTICE:
	case ROOMLOG_NOTE:
		add_told(full, to, item, "-- ", THEME_NOTICE);
		break;
	case ROOMLOG_PROBLEM:
		add_told(full, to, item, "!! ", THEME_PROBLEM);
		break;
	}
	styled_wrap(to, width, full->indent);
}

/* --- places ------------------------------------------------------------------------- */

/* The index of the item that the pane ends with, and how many of its rows are shown. */
static size_t find_anchor(struct fullscreen *full, size_t *rows)
{
	const struct roomlog *log = fullscreen_log(full);
	const struct pane *pane = fullscreen_current(full);
	*rows = SIZE_MAX;
	if (!pane || !pane->is_scrolled || !log->count)
		return log->count ? log->count - 1 : 0;
	size_t index = roomlog_index(log, pane->anchor_seq) + pane->anchor_ordinal;
	if (index >= log->count)
		return log->count - 1;
	*rows = log->items[index]->seq == pane->anchor_seq ? pane->anchor_rows : SIZE_MAX;
	return index;
}

static void set_anchor(struct fullscreen *full, size_t index, size_t rows)
{
	assert(index < fullscreen_log(full)->count && fullscreen_current(full));
	const struct roomlog *log = fullscreen_log(full);
	struct pane *pane = fullscreen_current(full);
	if (!pane->is_scrolled)
		pane->seen = roomlog_last_seq(log);
	pane->anchor_seq = log->items[index]->seq;
	pane->anchor_ordinal = index - roomlog_index(log, pane->anchor_seq);
	pane->anchor_rows = rows;
	pane->is_scrolled = true;
	session_hold(full->client->session, pane->room, true);
	full->is_dirty = true;
}

void fullscreen_scroll_to_end(struct fullscreen *full)
{
	struct pane *pane = fullscreen_current(full);
	struct roomlog *log = fullscreen_log(full);
	if (!pane)
		return;
	pane->is_scrolled = false;
	pane->is_divider_seen = true;
	session_hold(full->client->session, pane->room, false);
	full->is_dirty = true;
	if (log->is_behind)
		session_page(full->client->session, pane->room, SESSION_PAGE_LAST, 0);
}

/* How many rows there are from this place upward, up to `most`. */
static size_t rows_above(struct fullscreen *full, size_t index, size_t rows, size_t most)
{
	struct styled item = {0};
	size_t sum = 0, width = talk_width(full);
	for (size_t i = index + 1; i-- > 0 && sum < most;) {
		lay_out(full, &item, i, width);
		sum += i == index && rows < item.row_count ? rows : item.row_count;
	}
	styled_release(&item);
	return sum;
}

static bool talk_step_up(struct fullscreen *full, struct styled *item, size_t *index, size_t *rows,
			 size_t width)
{
	while (*rows <= 1) {
		if (!*index)
			return false;
		--*index;
		lay_out(full, item, *index, width);
		*rows = item->row_count + 1;
	}
	--*rows;
	return true;
}

static bool step_down(struct fullscreen *full, struct styled *item, size_t *index, size_t *rows, size_t width)
{
	const struct roomlog *log = fullscreen_log(full);
	lay_out(full, item, *index, width);
	while (*rows >= item->row_count) {
		if (*index + 1 >= log->count)
			return false;
		++*index;
		lay_out(full, item, *index, width);
		*rows = 0;
	}
	++*rows;
	return true;
}

void fullscreen_scroll(struct fullscreen *full, long by)
{
	const struct roomlog *log = fullscreen_log(full);
	struct pane *pane = fullscreen_current(full);
	struct styled item = {0};
	size_t rows, index, width = talk_width(full);
	if (!pane || !log->count || (by < 0 && !pane->is_scrolled))
		return;
	index = find_anchor(full, &rows);
	lay_out(full, &item, index, width);
	rows = rows < item.row_count ? rows : item.row_count;
	bool is_up = by > 0, is_moved = true;
	for (; by > 0 && is_moved; by--)
		is_moved = talk_step_up(full, &item, &index, &rows, width);
	/* Upward only as long as there is a screen full above. */
	size_t above = is_up ? rows_above(full, index, rows, full->talk_height) : full->talk_height;
	by -= (long)(full->talk_height - above);
	is_moved = true;
	for (; by < 0 && is_moved; by++)
		is_moved = step_down(full, &item, &index, &rows, width);
	lay_out(full, &item, index, width);
	bool is_end = index + 1 == log->count && rows >= item.row_count;
	styled_release(&item);
	if (is_end && !log->is_behind)
		fullscreen_scroll_to_end(full);
	else
		set_anchor(full, index, rows);
	full->wants_before |= above < full->talk_height;
	full->wants_after |= is_end && log->is_behind;
}

/* It gets what comes behind it below, up to half of the pane. */
void fullscreen_center(struct fullscreen *full, int64_t seq)
{
	const struct roomlog *log = fullscreen_log(full);
	struct styled item = {0};
	size_t last = roomlog_index(log, seq), below = 0;
	size_t width = talk_width(full);
	while (last + 1 < log->count && below < full->talk_height / 2) {
		lay_out(full, &item, ++last, width);
		below += item.row_count;
	}
	/* At the beginning of the room there is less above than half. */
	while (last + 1 < log->count &&
	       rows_above(full, last, SIZE_MAX, full->talk_height) < full->talk_height)
		last++;
	styled_release(&item);
	if (last + 1 >= log->count && !log->is_behind)
		fullscreen_scroll_to_end(full);
	else
		set_anchor(full, last, SIZE_MAX);
}

/* Puts a message into sight. */
static void fullscreen_show(struct fullscreen *full, int64_t seq)
{
	for (size_t row = full->talk_top; row < full->talk_top + full->talk_height && full->row_seqs; row++)
		if (full->row_seqs[row] == seq)
			return;
	if (fullscreen_current(full) && roomlog_find(fullscreen_log(full), seq))
		fullscreen_center(full, seq);
}

void fullscreen_select(struct fullscreen *full, bool is_up)
{
	const struct roomlog *log = fullscreen_log(full);
	size_t index = full->selected ? roomlog_index(log, full->selected) : log->count;
	full->is_dirty = true;
	if (!full->selected && !is_up)
		return;
	while (is_up ? index-- > 0 : ++index < log->count) {
		const struct roomlog_item *item = log->items[index];
		bool is_shown = item->kind == ROOMLOG_MESSAGE && !talk_is_ignored(full, item);
		if (is_shown && item->seq != full->selected) {
			full->selected = item->seq;
			fullscreen_show(full, item->seq);
			return;
		}
	}
	if (!is_up)
		full->selected = 0;
	else
		full->wants_before = true;
}

size_t fullscreen_below(struct fullscreen *full)
{
	const struct roomlog *log = fullscreen_log(full);
	const struct pane *pane = fullscreen_current(full);
	size_t count = 0;
	if (!pane || !pane->is_scrolled)
		return 0;
	for (size_t i = roomlog_index(log, pane->seen + 1); i < log->count; i++)
		count += log->items[i]->kind == ROOMLOG_MESSAGE;
	return count;
}

/* --- drawing ---------------------------------------------------------------------------- */

/* Draws the last rows of `item` so that they end above `*bottom`, which moves up. */
static void draw_item(struct fullscreen *full, const struct styled *item, size_t rows, size_t left,
		      size_t width, size_t *bottom, int64_t seq)
{
	bool is_selected = seq && seq == full->selected;
	struct style more = is_selected ? fullscreen_style(full, THEME_SELECTED) : (struct style){0};
	for (size_t i = rows < item->row_count ? rows : item->row_count;
	     i-- > 0 && *bottom > full->talk_top;) {
		--*bottom;
		styled_draw(item, i, &full->grid, *bottom, left, width, more);
		full->row_seqs[*bottom] = seq;
	}
}

/* Draws the sends that are not acknowledged yet. */
static void draw_pending(struct fullscreen *full, size_t left, size_t width, size_t *bottom)
{
	const struct outbox_item *waiting[64];
	size_t count = 0;
	const char *room = full->client->room;
	for (const struct outbox_item *item = session_outbox(full->client->session)->first; item && room;
	     item = item->next)
		if (item->kind == OUTBOX_SEND && names_equal(item->room, room) && count < 64)
			waiting[count++] = item;
	struct styled text = {0};
	struct style dim = dim_of(full);
	while (count-- > 0) {
		styled_clear(&text);
		styled_printf(&text, dim, "  …%*s", full->indent > 3 ? (int)full->indent - 3 : 1, "");
		talk_add_word(&text, session_name(full->client->session), fullscreen_style(full, THEME_OWN));
		styled_add(&text, ": ", dim);
		add_lines(full, &text, outbox_shown(waiting[count]), dim);
		styled_wrap(&text, width, full->indent);
		draw_item(full, &text, SIZE_MAX, left, width, bottom, 0);
	}
	styled_release(&text);
}

void fullscreen_draw_talk(struct fullscreen *full, size_t left, size_t width)
{
	struct roomlog *log = fullscreen_log(full);
	struct pane *pane = fullscreen_current(full);
	struct styled item = {0};
	size_t bottom = full->talk_top + full->talk_height, rows, index = find_anchor(full, &rows);
	if (!pane || !pane->is_scrolled)
		draw_pending(full, left, width, &bottom);
	size_t i = log->count ? index + 1 : 0;
	while (i > 0 && bottom > full->talk_top) {
		i--;
		lay_out(full, &item, i, width);
		draw_item(full, &item, i == index ? rows : SIZE_MAX, left, width, &bottom,
			  log->items[i]->kind == ROOMLOG_MESSAGE ? log->items[i]->seq : 0);
		if (pane && bottom > full->talk_top && has_divider(full, log, i))
			pane->is_divider_seen = true;
	}
	/* All that is unread is on the screen. */
	if (pane && i == 0 && log->is_complete)
		pane->is_divider_seen = true;
	full->wants_before |= pane && !log->is_complete && (i < 5 || !log->count);
	full->wants_after |= pane && log->is_behind && index + 5 >= log->count;
	styled_release(&item);
}
