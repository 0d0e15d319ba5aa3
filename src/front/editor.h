/* The line that is being typed: libedit for keys, editing and history, and nothing of its display.
 *
 * libedit draws a line by remembering what it believes is on the screen, which others' messages would
 * make wrong, and it forgets combining marks. So its output goes nowhere, and screen.c draws what
 * editor_line() says. Keys come in as bytes. Where libedit wants another key before it can go on (after
 * Escape, while searching), `wait` lets the rest of the client work meanwhile.
 *
 * What is pasted (bracketed paste) stays one text, with its line breaks.
 *
 * Layer: front (libedit). Threads: one, and one editor in the process. */
#ifndef BRUSIO_FRONT_EDITOR_H
#define BRUSIO_FRONT_EDITOR_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

struct editor_hooks {
	void *owner;
	void (*accepted)(void *owner, const char *line);
	/* Tab: see editor_replace(). `line` is what stands before the cursor. */
	void (*complete)(void *owner, const char *line);
	void (*ended)(void *owner);       /* Ctrl+D on an empty line */
	void (*cleared)(void *owner);     /* Ctrl+L */
	void (*interrupted)(void *owner); /* Ctrl+C */
	void (*stopped)(void *owner);     /* Ctrl+Z */
	/* Lets one turn pass. False where no key will come any more. */
	bool (*wait)(void *owner);
};

struct editor;

/* All keys come in their order, Ctrl+C and Ctrl+Z too: the terminal makes no signals of them, which would
 * throw away what was typed before them.
 *
 * Makes the terminal on standard input raw. NULL where it is none that libedit can use. */
struct editor *editor_new(const struct editor_hooks *hooks);
/* Gives the terminal back as it was. */
void editor_free(struct editor *editor);

/* Bytes that the terminal sent. They are worked on by editor_run(), or at once by whoever waits. */
void editor_add(struct editor *editor, const char *bytes, size_t count);
void editor_run(struct editor *editor);
/* Gives back the bytes that were not worked on yet. */
void editor_take_keys(struct editor *editor, struct buffer *to);

/* The line, and how much of it stands before the cursor. A line break in it is EDITOR_LINE_BREAK. */
const wchar_t *editor_line(const struct editor *editor, size_t *length, size_t *cursor);
#define EDITOR_LINE_BREAK L'\xfdd0' /* a code point that no text has */

/* Puts `text` in the place of the `replaced` bytes before the cursor. From within `complete` alone. */
void editor_replace(struct editor *editor, size_t replaced, const char *text);

/* The terminal as it was, and raw again: around a stop by Ctrl+Z. */
void editor_suspend(struct editor *editor);
void editor_resume(struct editor *editor);

#endif
