/* The socket through which brusiod status asks the running server: DATA/control, for the owner alone.
 *
 * Layer: server. Threads: main's alone. */
#ifndef BRUSIO_SERVER_CONTROL_H
#define BRUSIO_SERVER_CONTROL_H

#include "base/buffer.h"

/* Listens in the data directory; -1 (and a line in the log) where that is not possible: the server runs
 * without. */
int control_open(const char *directory);
void control_close(int fd, const char *directory);

/* Answers one who asks with the text, and lets him go. Never waits. */
void control_answer(int fd, void (*write)(void *context, struct buffer *to), void *context);

/* Asks the server that runs on the directory, and prints what it says. 0, or -1 with `problem`. */
int control_ask(const char *directory, char *problem, size_t problem_bytes);

#endif
