/* The terminal itself: how large it is, what it can do, its modes, and its state to come back to.
 *
 * Layer: front. One terminal in the process. */
#ifndef BRUSIO_FRONT_TERMINAL_H
#define BRUSIO_FRONT_TERMINAL_H

#include "base/buffer.h"
#include "client/preferences.h"

#include <stdbool.h>
#include <stddef.h>

/* Every terminal of today can show UTF-8. One that goes by a locale without it, as xterm does, is told to; `codeset` is
 * the locale's, as nl_langinfo(3) has it. Before terminal_begin(). */
void terminal_speaks(const char *codeset);

/* Remembers the state of the terminal, which is also given back should the program crash. */
void terminal_save(void);
void terminal_restore(void);

/* Every key comes at once and as it is, and pasted text is marked. TERMINAL_FULL: the whole screen is ours, another
 * one than the shell's, with focus. False where standard input is not a terminal. */
enum { TERMINAL_LINE = 0, TERMINAL_FULL = 1, TERMINAL_MOUSE = 2 };
bool terminal_begin(unsigned modes);
/* Gives it back; terminal_again() takes it as it was begun. */
void terminal_end(void);
void terminal_again(void);

/* Stops the program and its group as Ctrl+Z does, the terminal given back; returns when it goes on. Where no
 * shell waits that could wake it, nothing happens. */
void terminal_stop(void);

/* Writes all and empties the buffer. False where the terminal is gone. */
bool terminal_write(struct buffer *bytes);

/* 80 and 24 where the terminal does not say. */
void terminal_size(size_t *columns, size_t *rows);

/* A cell's size in pixels; false where the system does not know. */
bool terminal_cell(unsigned *width, unsigned *height);

/* Whether colours are possible and wanted (NO_COLOR). */
bool terminal_has_colour(void);
/* Whether anything can be drawn, and whether a whole screen can. */
bool terminal_can_draw(void);
bool terminal_can_fill(void);
/* True where it understands sequences that are strings: titles, links. The console of Linux prints them. */
bool terminal_has_strings(void);
/* The desktop notifications that it is known for. */
enum preferences_desktop terminal_notifies(void);

#endif
