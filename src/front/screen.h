/* The line mode of the terminal (--line): what others say scrolls by above the one line that is being typed.
 *
 * The typed line is the only row that is ever drawn over. It is never wider than the terminal: it scrolls
 * sideways. Whatever is to be shown in one turn is written at once: the row is wiped, the new lines go
 * where it was, and it is drawn again below them. So nothing tears it, however narrow the terminal is.
 *
 * Layer: front. */
#ifndef BRUSIO_FRONT_SCREEN_H
#define BRUSIO_FRONT_SCREEN_H

#include "client/client.h"

struct screen;

/* NULL where the terminal turns out not to be usable. */
struct screen *screen_new(struct client_front *front);
/* Gives the terminal back as it was. */
void screen_free(struct screen *screen);

/* The client that is shown; before its first turn. */
void screen_attach(struct screen *screen, struct client *client);

#endif
