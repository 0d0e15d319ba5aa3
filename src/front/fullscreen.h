/* The full screen: rooms on the left, talk in the middle, people on the right, the topic above, a status row and
 * what is typed below.
 *
 * It shows the logs of the session (roomlog.h) and its own state: for each room a place and a divider,
 * and what the keys are for just now. It draws a grid of cells anew whenever something has changed, and the
 * terminal gets the difference. Nothing here writes but fullscreen_ready(): tests feed bytes and look at the grid.
 *
 * Layer: front. */
#ifndef BRUSIO_FRONT_FULLSCREEN_H
#define BRUSIO_FRONT_FULLSCREEN_H

#include "client/client.h"
#include "front/conf.h"
#include "front/grid.h"

struct fullscreen;

/* NULL where the terminal turns out not to be usable. `conf` is borrowed. */
struct fullscreen *fullscreen_new(struct client_front *front, const struct conf *conf);
/* The same without a terminal: what would be written stays in fullscreen_written(). */
struct fullscreen *fullscreen_new_pure(struct client_front *front, const struct conf *conf);
/* Gives the terminal back as it was, and tells on the shell's screen what went wrong last. */
void fullscreen_free(struct fullscreen *full);

/* The client that is shown; before its first turn. */
void fullscreen_attach(struct fullscreen *full, struct client *client);

/* Bytes came from the terminal; draws for a terminal of this size. For the loop, and for tests. */
void fullscreen_take(struct fullscreen *full, const char *bytes, size_t count, int64_t now_ms);
const struct grid *fullscreen_draw(struct fullscreen *full, size_t columns, size_t rows, int64_t now_ms);
/* Sequences that go out beside the cells: bell, notifications, clipboard. */
struct buffer *fullscreen_written(struct fullscreen *full);

#endif
