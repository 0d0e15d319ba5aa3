#include "front/chooser.h"

#include "base/memory.h"
#include "base/text/utf8.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUERY_BYTES_MAX 200
#define WIDTH_MAX       100

void chooser_release(struct chooser *chooser)
{
	for (size_t i = 0; i < chooser->count; i++) {
		free(chooser->items[i].text);
		free(chooser->items[i].key);
	}
	free(chooser->items);
	free(chooser->order);
	free(chooser->title);
	editor_release(&chooser->query);
	*chooser = (struct chooser){0};
}

void chooser_open(struct chooser *chooser, const char *title, bool keeps_order)
{
	chooser_release(chooser);
	chooser->title = mem_string(title);
	chooser->keeps_order = keeps_order;
	chooser->is_open = true;
	editor_init(&chooser->query, QUERY_BYTES_MAX);
}

void chooser_add(struct chooser *chooser, const char *text, const char *key, int64_t number)
{
	chooser->items =
	    mem_grow(chooser->items, &chooser->capacity, chooser->count + 1, sizeof *chooser->items);
	chooser->items[chooser->count++] = (struct chooser_item){
	    .text = mem_string(text), .key = mem_string(key ? key : ""), .number = number};
}

/* How well `query` fits as letters of `text` in their order: -1 for not at all. */
static int chooser_score(const char *query, const char *text)
{
	char *wanted = utf8_fold(query), *folded = utf8_fold(text);
	int score = 0, run = 0;
	const char *at = folded;
	for (const char *letter = wanted; at && letter && *letter; letter++) {
		if (*letter == ' ')
			continue;
		const char *found = strchr(at, *letter);
		if (!found) {
			score = -1;
			break;
		}
		/* Letters in a row, and those that begin a word, say more. */
		run = found == at && at != folded ? run + 1 : 0;
		bool begins = found == folded || strchr(" #@-_.", found[-1]);
		score += 1 + 2 * run + 3 * begins;
		at = found + 1;
	}
	if (!wanted || !folded)
		score = -1;
	free(wanted);
	free(folded);
	return score;
}

/* 0 where each word of the query is in the text, whatever its case; -1 otherwise. */
static int word_score(const char *query, const char *text)
{
	char *wanted = utf8_fold(query), *folded = utf8_fold(text), *rest = NULL;
	int score = wanted && folded ? 0 : -1;
	for (char *word = wanted ? strtok_r(wanted, " ", &rest) : NULL; word && !score;
	     word = strtok_r(NULL, " ", &rest))
		score = strstr(folded, word) ? 0 : -1;
	free(wanted);
	free(folded);
	return score;
}

void chooser_narrow(struct chooser *chooser)
{
	const char *query = editor_text(&chooser->query);
	chooser->order = mem_resize(chooser->order, (chooser->count + 1) * sizeof *chooser->order);
	chooser->fitting = chooser->chosen = 0;
	for (size_t i = 0; i < chooser->count; i++) {
		struct chooser_item *item = &chooser->items[i];
		item->score =
		    chooser->keeps_order ? word_score(query, item->text) : chooser_score(query, item->text);
		if (item->score < 0)
			continue;
		size_t at = chooser->fitting++;
		while (at && !chooser->keeps_order &&
		       chooser->items[chooser->order[at - 1]].score < item->score) {
			chooser->order[at] = chooser->order[at - 1];
			at--;
		}
		chooser->order[at] = i;
	}
}

const struct chooser_item *chooser_chosen(const struct chooser *chooser)
{
	return chooser->chosen < chooser->fitting ? &chooser->items[chooser->order[chooser->chosen]] : NULL;
}

enum chooser_result chooser_key(struct chooser *chooser, const struct key *key)
{
	bool is_up = key->code == KEY_UP || key->code == KEY_WHEEL_UP || key_is(key, KEY_CTRL, 'p');
	bool is_down = key->code == KEY_DOWN || key->code == KEY_WHEEL_DOWN || key->code == KEY_TAB ||
		       key_is(key, KEY_CTRL, 'n') || key_is(key, KEY_CTRL, 'k');
	if (key->code == KEY_ESCAPE || key_is(key, KEY_CTRL, 'c') || key_is(key, KEY_CTRL, 'g'))
		return CHOOSER_CLOSED;
	if (key->code == KEY_ENTER)
		return CHOOSER_CHOSEN;
	if (is_up && chooser->chosen)
		chooser->chosen--;
	else if (is_down && chooser->chosen + 1 < chooser->fitting)
		chooser->chosen++;
	else if (key->code == KEY_PAGE_UP)
		chooser->chosen -= chooser->chosen < 10 ? chooser->chosen : 10;
	else if (key->code == KEY_PAGE_DOWN && chooser->fitting)
		chooser->chosen =
		    chooser->chosen + 10 < chooser->fitting ? chooser->chosen + 10 : chooser->fitting - 1;
	else if (!is_up && !is_down && editor_key(&chooser->query, key))
		chooser_narrow(chooser);
	return CHOOSER_OPEN;
}

static void draw_frame(struct chooser *chooser, const struct theme *theme, struct grid *grid, size_t top,
		       size_t left, size_t width)
{
	struct style head = theme->styles[THEME_BAR];
	head.attributes |= STYLE_BOLD;
	const char *query = editor_text(&chooser->query);
	grid_fill(grid, top, left, width, head);
	grid_put(grid, top, left + 1, width - 2, chooser->title, strlen(chooser->title), head);
	grid_fill(grid, top + 1, left, width, (struct style){0});
	size_t used = grid_put(grid, top + 1, left + 1, 2, "> ", 2, theme->styles[THEME_DIM]);
	used += grid_put(grid, top + 1, left + 1 + used, width - 2 - used, query, strlen(query),
			 (struct style){0});
	grid->cursor_row = top + 1;
	grid->cursor_column = left + 1 + used < grid->columns ? left + 1 + used : grid->columns - 1;
	grid->has_cursor = true;
}

void chooser_draw(struct chooser *chooser, const struct theme *theme, struct grid *grid)
{
	assert(chooser->is_open);
	size_t width = grid->columns > WIDTH_MAX + 4 ? WIDTH_MAX
		       : grid->columns > 8           ? grid->columns - 4
						     : grid->columns;
	size_t left = (grid->columns - width) / 2, most = grid->rows > 6 ? grid->rows - 5 : 1;
	size_t shown = chooser->fitting < most ? chooser->fitting : most;
	size_t first = chooser->chosen >= shown ? chooser->chosen - shown + 1 : 0;
	size_t top = grid->rows > shown + 4 ? 2 : 0;
	if (grid->rows < 3 || width < 4)
		return;
	draw_frame(chooser, theme, grid, top, left, width);
	for (size_t i = 0; i < shown; i++) {
		size_t index = first + i, row = top + 2 + i;
		const char *text = chooser->items[chooser->order[index]].text;
		struct style style = theme->styles[index == chooser->chosen ? THEME_SELECTED : THEME_TEXT];
		grid_fill(grid, row, left, width, style);
		grid_put(grid, row, left + 1, width - 2, text, strlen(text), style);
	}
	struct style foot = theme->styles[THEME_DIM];
	char count[48];
	int length = snprintf(count, sizeof count, " %zu / %zu ", chooser->fitting, chooser->count);
	grid_fill(grid, top + 2 + shown, left, width, foot);
	grid_put(grid, top + 2 + shown, left, width, count, (size_t)length, foot);
}
