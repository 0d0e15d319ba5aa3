/* The text that is being typed: lines, a cursor between grapheme clusters, what was cut, what can be undone,
 * and what was sent before.
 *
 *  1. `text` is valid UTF-8, its controls are tab and line break alone, and it has at most `bytes_max` bytes.
 *  2. The cursor stands at the boundary of a cluster.
 *
 * Keys are those of Emacs and of every shell; brusio(1) lists them.
 *
 * Layer: front, pure. */
#ifndef BRUSIO_FRONT_EDITOR_H
#define BRUSIO_FRONT_EDITOR_H

#include "front/keys.h"

#include <stdbool.h>
#include <stddef.h>

#define EDITOR_KILLS_MAX   16
#define EDITOR_UNDO_MAX    100
#define EDITOR_HISTORY_MAX 500

struct editor_state {
	char *text;
	size_t cursor;
};

struct editor {
	struct buffer text;
	size_t cursor;
	size_t bytes_max;
	struct editor_state undo[EDITOR_UNDO_MAX], redo[EDITOR_UNDO_MAX];
	size_t undo_count, redo_count;
	char *kills[EDITOR_KILLS_MAX]; /* the newest first */
	size_t kill_count, yanked_from, yanked_bytes, yank_index;
	char *history[EDITOR_HISTORY_MAX]; /* the oldest first */
	size_t history_count, history_at;  /* `history_count` for the text that is new */
	char *unsent;                      /* the new text while an old one is looked at */
	struct buffer searched;            /* what is looked for in the history */
	bool is_searching;
	size_t wanted_column; /* in which the cursor goes up and down */
	enum { EDITOR_OTHER, EDITOR_TYPED, EDITOR_KILLED, EDITOR_YANKED, EDITOR_VERTICAL } last;
};

void editor_init(struct editor *editor, size_t bytes_max);
void editor_release(struct editor *editor);

/* NUL-terminated; until the next call. */
const char *editor_text(struct editor *editor);
bool editor_is_empty(const struct editor *editor);

/* Another text, with nothing to undo: that of another room. */
void editor_set(struct editor *editor, const char *text);
/* Text at the cursor. What is not valid is made so; what does not fit is left out. */
void editor_insert(struct editor *editor, const char *text, size_t bytes);
/* Text in the place of the `replaced` bytes before the cursor. */
void editor_replace(struct editor *editor, size_t replaced, const char *text);

/* Edits, and returns true; false where the key is not the editor's (Enter, Tab, Escape, page up, Ctrl+C ...).
 */
bool editor_key(struct editor *editor, const struct key *key);

/* The text goes into the history, and the editor is empty. The caller frees what it returns: without blank
 * lines at its end. */
char *editor_take(struct editor *editor);
/* The same without keeping it: Ctrl+C. It can be undone. */
void editor_clear(struct editor *editor);

/* "searched" while the history is searched, or NULL. */
const char *editor_search(struct editor *editor);

#endif
