#include "front/editor.h"

#include "base/text/code_point.h"
#include "base/text/grapheme.h"
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void editor_init(struct editor *editor, size_t bytes_max)
{
	*editor = (struct editor){.bytes_max = bytes_max};
}

static void free_states(struct editor_state *states, size_t *count)
{
	while (*count)
		free(states[--*count].text);
}

void editor_release(struct editor *editor)
{
	free_states(editor->undo, &editor->undo_count);
	free_states(editor->redo, &editor->redo_count);
	for (size_t i = 0; i < editor->kill_count; i++)
		free(editor->kills[i]);
	for (size_t i = 0; i < editor->history_count; i++)
		free(editor->history[i]);
	free(editor->unsent);
	buffer_release(&editor->text);
	buffer_release(&editor->searched);
	*editor = (struct editor){0};
}

const char *editor_text(struct editor *editor)
{
	return buffer_string(&editor->text);
}

bool editor_is_empty(const struct editor *editor)
{
	return !buffer_length(&editor->text);
}

/* --- changing --------------------------------------------------------------------- */

static void push_state(struct editor *editor, struct editor_state *states, size_t *count)
{
	if (*count == EDITOR_UNDO_MAX) {
		free(states[0].text);
		memmove(states, states + 1, (EDITOR_UNDO_MAX - 1) * sizeof *states);
		--*count;
	}
	states[(*count)++] = (struct editor_state){mem_string(editor_text(editor)), editor->cursor};
}

/* Before a change; letters that are typed one after the other are one. */
static void editor_remember(struct editor *editor, int kind)
{
	if (kind != EDITOR_TYPED || (int)editor->last != kind)
		push_state(editor, editor->undo, &editor->undo_count);
	free_states(editor->redo, &editor->redo_count);
}

static void editor_begin_text(struct editor *editor, const char *text, size_t cursor)
{
	buffer_clear(&editor->text);
	buffer_add_string(&editor->text, text);
	editor->cursor = cursor;
	assert(cursor <= buffer_length(&editor->text)); /* 2 */
}

static void go_back(struct editor *editor, struct editor_state *from, size_t *from_count,
		    struct editor_state *to, size_t *to_count)
{
	if (!*from_count)
		return;
	push_state(editor, to, to_count);
	struct editor_state *state = &from[--*from_count];
	editor_begin_text(editor, state->text, state->cursor);
	free(state->text);
}

static void splice(struct editor *editor, size_t from, size_t to, const char *text, size_t bytes)
{
	size_t length = buffer_length(&editor->text);
	assert(from <= to && to <= length);
	struct buffer changed = BUFFER_EMPTY;
	const char *old = editor_text(editor);
	buffer_add(&changed, old, from);
	buffer_add(&changed, text, bytes);
	buffer_add(&changed, old + to, length - to);
	buffer_release(&editor->text);
	editor->text = changed;
	editor->cursor = from + bytes;
}

/* Typing may join what stands on both sides of it into one cluster. */
static void settle_cursor(struct editor *editor)
{
	const char *text = editor_text(editor);
	size_t length = buffer_length(&editor->text), at = 0;
	while (at < editor->cursor)
		at += grapheme_next(text + at, length - at);
	editor->cursor = at;
}

static void insert(struct editor *editor, const char *text, size_t bytes)
{
	struct buffer clean = BUFFER_EMPTY;
	size_t length = buffer_length(&editor->text);
	size_t room = length < editor->bytes_max ? editor->bytes_max - length : 0;
	for (size_t at = 0; at < bytes;) {
		uint32_t c;
		char written[CODE_POINT_BYTES_MAX];
		at += code_point_read(text + at, bytes - at, &c);
		bool is_control = (c < ' ' && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0);
		size_t size = code_point_write(written, c);
		if (buffer_length(&clean) + size > room)
			break;
		if (!is_control)
			buffer_add(&clean, written, size);
	}
	if (buffer_length(&clean))
		splice(editor, editor->cursor, editor->cursor, buffer_bytes(&clean), buffer_length(&clean));
	settle_cursor(editor);
	buffer_release(&clean);
}

void editor_insert(struct editor *editor, const char *text, size_t bytes)
{
	editor->is_searching = false;
	editor_remember(editor, EDITOR_OTHER);
	insert(editor, text, bytes);
	editor->last = EDITOR_OTHER;
}

void editor_replace(struct editor *editor, size_t replaced, const char *text)
{
	assert(replaced <= editor->cursor);
	assert(replaced <= editor->cursor);
	editor_remember(editor, EDITOR_OTHER);
	splice(editor, editor->cursor - replaced, editor->cursor, "", 0);
	insert(editor, text, strlen(text));
	editor->last = EDITOR_OTHER;
}

void editor_set(struct editor *editor, const char *text)
{
	free_states(editor->undo, &editor->undo_count);
	free_states(editor->redo, &editor->redo_count);
	free(editor->unsent);
	editor->unsent = NULL;
	editor->history_at = editor->history_count;
	editor->is_searching = false;
	editor->last = EDITOR_OTHER;
	editor_begin_text(editor, "", 0);
	insert(editor, text, strlen(text));
}

/* --- places ----------------------------------------------------------------------- */

static size_t before(struct editor *editor, size_t at)
{
	return at - grapheme_previous(editor_text(editor), at);
}

static size_t after(struct editor *editor, size_t at)
{
	return at + grapheme_next(editor_text(editor) + at, buffer_length(&editor->text) - at);
}

static size_t line_start(struct editor *editor, size_t at)
{
	const char *text = editor_text(editor);
	while (at && text[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(struct editor *editor, size_t at)
{
	const char *text = editor_text(editor);
	return at + strcspn(text + at, "\n");
}

static bool is_in_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

static size_t word_start(struct editor *editor, size_t at)
{
	const char *text = editor_text(editor);
	while (at && !is_in_word(text[at - 1]))
		at--;
	while (at && is_in_word(text[at - 1]))
		at--;
	return at;
}

static size_t word_end(struct editor *editor, size_t at)
{
	const char *text = editor_text(editor);
	while (text[at] && !is_in_word(text[at]))
		at++;
	while (text[at] && is_in_word(text[at]))
		at++;
	return at;
}

/* The word as a shell's Ctrl+W takes it: up to a blank. */
static size_t blank_word_start(struct editor *editor, size_t at)
{
	const char *text = editor_text(editor);
	while (at && strchr(" \t\n", text[at - 1]))
		at--;
	while (at && !strchr(" \t\n", text[at - 1]))
		at--;
	return at;
}

static size_t columns_between(struct editor *editor, size_t from, size_t to)
{
	const char *text = editor_text(editor);
	size_t columns = 0;
	while (from < to) {
		size_t bytes = grapheme_next(text + from, to - from);
		columns += grapheme_columns(text + from, bytes);
		from += bytes;
	}
	return columns;
}

/* --- cutting and pasting ------------------------------------------------------------- */

static void keep_kill(struct editor *editor, const char *text, size_t bytes, bool is_before)
{
	bool goes_on = editor->last == EDITOR_KILLED && editor->kill_count;
	struct buffer joined = BUFFER_EMPTY;
	if (goes_on && !is_before)
		buffer_add_string(&joined, editor->kills[0]);
	buffer_add(&joined, text, bytes);
	if (goes_on && is_before)
		buffer_add_string(&joined, editor->kills[0]);
	if (goes_on) {
		free(editor->kills[0]);
	} else {
		if (editor->kill_count == EDITOR_KILLS_MAX)
			free(editor->kills[--editor->kill_count]);
		memmove(editor->kills + 1, editor->kills, editor->kill_count * sizeof *editor->kills);
		editor->kill_count++;
	}
	editor->kills[0] = mem_string(buffer_string(&joined));
	buffer_release(&joined);
}

static void kill(struct editor *editor, size_t from, size_t to)
{
	bool is_before = to == editor->cursor;
	if (from < to) {
		keep_kill(editor, editor_text(editor) + from, to - from, is_before);
		editor_remember(editor, EDITOR_KILLED);
		splice(editor, from, to, "", 0);
	}
	editor->last = EDITOR_KILLED;
}

static void yank(struct editor *editor, size_t index)
{
	if (!editor->kill_count)
		return;
	const char *text = editor->kills[index % editor->kill_count];
	editor->yank_index = index % editor->kill_count;
	editor->yanked_from = editor->cursor;
	insert(editor, text, strlen(text));
	editor->yanked_bytes = editor->cursor - editor->yanked_from;
	editor->last = EDITOR_YANKED;
}

static void yank_next(struct editor *editor)
{
	if (editor->last != EDITOR_YANKED)
		return;
	splice(editor, editor->yanked_from, editor->yanked_from + editor->yanked_bytes, "", 0);
	yank(editor, editor->yank_index + 1);
}

static void erase(struct editor *editor, size_t from, size_t to)
{
	if (from == to)
		return;
	editor_remember(editor, EDITOR_OTHER);
	splice(editor, from, to, "", 0);
	editor->last = EDITOR_OTHER;
}

static void transpose(struct editor *editor)
{
	size_t at =
	    editor->cursor == buffer_length(&editor->text) ? before(editor, editor->cursor) : editor->cursor;
	size_t left = before(editor, at), right = after(editor, at);
	if (left == at || right == at)
		return;
	editor_remember(editor, EDITOR_OTHER);
	struct buffer swapped = BUFFER_EMPTY;
	const char *text = editor_text(editor);
	buffer_add(&swapped, text + at, right - at);
	buffer_add(&swapped, text + left, at - left);
	splice(editor, left, right, buffer_bytes(&swapped), right - left);
	buffer_release(&swapped);
	settle_cursor(editor);
}

/* --- what was sent before --------------------------------------------------------------- */

static void editor_show_history(struct editor *editor, size_t at)
{
	if (editor->history_at == editor->history_count) {
		free(editor->unsent);
		editor->unsent = mem_string(editor_text(editor));
	}
	editor->history_at = at;
	const char *text = at < editor->history_count ? editor->history[at] : editor->unsent;
	editor_begin_text(editor, text ? text : "", text ? strlen(text) : 0);
	editor->last = EDITOR_OTHER;
}

static void go_vertically(struct editor *editor, bool is_up)
{
	size_t start = line_start(editor, editor->cursor), end = line_end(editor, editor->cursor);
	bool is_last = is_up ? !start : end == buffer_length(&editor->text);
	if (is_last) {
		if (is_up && editor->history_at)
			editor_show_history(editor, editor->history_at - 1);
		else if (!is_up && editor->history_at < editor->history_count)
			editor_show_history(editor, editor->history_at + 1);
		return;
	}
	if (editor->last != EDITOR_VERTICAL)
		editor->wanted_column = columns_between(editor, start, editor->cursor);
	size_t at = is_up ? line_start(editor, start - 1) : end + 1, stop = line_end(editor, at), from = at;
	while (at < stop && columns_between(editor, from, after(editor, at)) <= editor->wanted_column)
		at = after(editor, at);
	editor->cursor = at;
	editor->last = EDITOR_VERTICAL;
}

/* The newest text before `history_at` that has what is looked for. */
static void search_on(struct editor *editor, size_t from)
{
	const char *searched = buffer_string(&editor->searched);
	for (size_t i = from; i-- > 0;)
		if (strstr(editor->history[i], searched)) {
			editor_show_history(editor, i);
			return;
		}
}

const char *editor_search(struct editor *editor)
{
	return editor->is_searching ? buffer_string(&editor->searched) : NULL;
}

/* Keys while searching; false where the search ends and the key has its usual meaning. */
static bool search_key(struct editor *editor, const struct key *key)
{
	if (key_is(key, KEY_CTRL, 'r')) {
		search_on(editor, editor->history_at);
		return true;
	}
	if (key->code == KEY_CHAR && !(key->modifiers & (KEY_CTRL | KEY_ALT))) {
		char written[CODE_POINT_BYTES_MAX];
		buffer_add(&editor->searched, written, code_point_write(written, key->c));
		search_on(editor, editor->history_count);
		return true;
	}
	if (key->code == KEY_BACKSPACE) {
		size_t length = buffer_length(&editor->searched);
		size_t last = grapheme_previous(buffer_string(&editor->searched), length);
		editor->searched.end -= (uint32_t)last;
		search_on(editor, editor->history_count);
		return true;
	}
	editor->is_searching = false;
	if (key->code == KEY_ESCAPE || key_is(key, KEY_CTRL, 'c') || key_is(key, KEY_CTRL, 'g')) {
		editor_show_history(editor, editor->history_count);
		return true;
	}
	return false;
}

char *editor_take(struct editor *editor)
{
	size_t length = buffer_length(&editor->text);
	char *text = mem_string_n(editor_text(editor), length);
	while (length && text[length - 1] == '\n')
		text[--length] = '\0';
	size_t same = 0;
	while (same < editor->history_count && strcmp(editor->history[same], text) != 0)
		same++;
	if (same == editor->history_count && same == EDITOR_HISTORY_MAX)
		same = 0;
	if (length && same < editor->history_count) {
		free(editor->history[same]);
		editor->history_count--;
		memmove(editor->history + same, editor->history + same + 1,
			(editor->history_count - same) * sizeof *editor->history);
	}
	if (length)
		editor->history[editor->history_count++] = mem_string(text);
	editor_set(editor, "");
	return text;
}

void editor_clear(struct editor *editor)
{
	editor->is_searching = false;
	editor_remember(editor, EDITOR_OTHER);
	editor_begin_text(editor, "", 0);
	editor->history_at = editor->history_count;
	editor->last = EDITOR_OTHER;
}

/* --- keys ------------------------------------------------------------------------------- */

static void type_code_point(struct editor *editor, uint32_t c)
{
	char written[CODE_POINT_BYTES_MAX];
	size_t bytes = code_point_write(written, c);
	editor_remember(editor, EDITOR_TYPED);
	insert(editor, written, bytes);
	editor->last = EDITOR_TYPED;
}

static void move(struct editor *editor, size_t to)
{
	editor->cursor = to;
	editor->last = EDITOR_OTHER;
	settle_cursor(editor);
}

static bool moving_control(struct editor *editor, uint32_t c)
{
	size_t at = editor->cursor;
	switch (c) {
	case 'a':
	case 'e':
		move(editor, c == 'a' ? line_start(editor, at) : line_end(editor, at));
		return true;
	case 'b':
	case 'f':
		move(editor, c == 'b' ? before(editor, at) : after(editor, at));
		return true;
	case 'n':
	case 'p':
		go_vertically(editor, c == 'p');
		return true;
	default:
		return false;
	}
}

static bool editor_control_key(struct editor *editor, uint32_t c)
{
	size_t at = editor->cursor, end = line_end(editor, at);
	switch (c) {
	case 'd':
		if (editor_is_empty(editor))
			return false;
		erase(editor, at, after(editor, at));
		return true;
	case 'k':
		/* At the end of a line it takes the line break. */
		kill(editor, at, end > at ? end : after(editor, at));
		return true;
	case 'r':
		editor->is_searching = true;
		buffer_clear(&editor->searched);
		return true;
	case 't':
		transpose(editor);
		return true;
	case 'u':
		kill(editor, line_start(editor, at), at);
		return true;
	case 'w':
		kill(editor, blank_word_start(editor, at), at);
		return true;
	case 'y':
		editor_remember(editor, EDITOR_OTHER);
		yank(editor, 0);
		return true;
	case '_':
		go_back(editor, editor->undo, &editor->undo_count, editor->redo, &editor->redo_count);
		editor->last = EDITOR_OTHER;
		return true;
	default:
		return moving_control(editor, c);
	}
}

static bool editor_alt_key(struct editor *editor, uint32_t c)
{
	size_t at = editor->cursor;
	switch (c) {
	case 'b':
		move(editor, word_start(editor, at));
		return true;
	case 'f':
		move(editor, word_end(editor, at));
		return true;
	case 'd':
		kill(editor, at, word_end(editor, at));
		return true;
	case 'y':
		yank_next(editor);
		return true;
	case '_':
		go_back(editor, editor->redo, &editor->redo_count, editor->undo, &editor->undo_count);
		editor->last = EDITOR_OTHER;
		return true;
	default:
		return false;
	}
}

static bool moving_key(struct editor *editor, const struct key *key)
{
	size_t at = editor->cursor;
	bool is_word = key->modifiers & (KEY_CTRL | KEY_ALT);
	switch (key->code) {
	case KEY_LEFT:
		move(editor, is_word ? word_start(editor, at) : before(editor, at));
		return true;
	case KEY_RIGHT:
		move(editor, is_word ? word_end(editor, at) : after(editor, at));
		return true;
	case KEY_HOME:
	case KEY_END:
		move(editor, key->code == KEY_HOME ? line_start(editor, at) : line_end(editor, at));
		return true;
	case KEY_UP:
	case KEY_DOWN:
		if (key->modifiers)
			return false;
		go_vertically(editor, key->code == KEY_UP);
		return true;
	default:
		return false;
	}
}

bool editor_key(struct editor *editor, const struct key *key)
{
	size_t at = editor->cursor;
	if (editor->is_searching && search_key(editor, key))
		return true;
	if (moving_key(editor, key))
		return true;
	switch (key->code) {
	case KEY_BACKSPACE:
		if (key->modifiers & (KEY_ALT | KEY_CTRL))
			kill(editor, word_start(editor, at), at);
		else
			erase(editor, before(editor, at), at);
		return true;
	case KEY_DELETE:
		erase(editor, at, after(editor, at));
		return true;
	case KEY_ENTER:
		/* Enter alone is for who has the editor; with Alt, Shift or Control it is a line break. */
		if (key->modifiers)
			type_code_point(editor, '\n');
		return key->modifiers;
	case KEY_PASTE:
		editor_insert(editor, key->text, key->length);
		return true;
	case KEY_CHAR:
		if (key->modifiers == KEY_CTRL)
			return editor_control_key(editor, key->c);
		if (key->modifiers == KEY_ALT)
			return editor_alt_key(editor, key->c);
		if (!(key->modifiers & (KEY_CTRL | KEY_ALT)))
			type_code_point(editor, key->c);
		return !(key->modifiers & (KEY_CTRL | KEY_ALT));
	default:
		return false;
	}
}
