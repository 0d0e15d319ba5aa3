/* The terminal itself: how wide it is, what it can do, and its state to come back to.
 *
 * Layer: front. One terminal in the process. */
#ifndef BRUSIO_FRONT_TERMINAL_H
#define BRUSIO_FRONT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Pasted text comes marked as such between these two. */
#define TERMINAL_ENTER "\033[?2004h"
#define TERMINAL_LEAVE "\033[?2004l"

/* Remembers the state of the terminal, which is also given back should the program crash. */
void terminal_save(void);
void terminal_restore(void);

/* 80 where the terminal does not say. */
size_t terminal_columns(void);

/* Whether colours are possible and wanted (NO_COLOR). */
bool terminal_has_colour(void);

#endif
