/* The socket through which brusiod status asks the running server: DATA/control, for its owner only.
 *
 * Layer: server. Threads: main's alone. */
#ifndef BRUSIO_SERVER_CONTROL_H
#define BRUSIO_SERVER_CONTROL_H

#include "base/buffer.h"

/* Listens in the data directory. Returns -1 after a line in the log where that is not possible: the server
 * then runs without it. */
int control_open(const char *directory);
void control_close(int fd, const char *directory);

/* Sends the text to one client that asks, and closes its connection. Never blocks. */
void control_answer(int fd, void (*write)(void *context, struct buffer *to), void *context);

/* Asks the server that runs on the directory, and prints its answer. Returns 0, or -1 with `problem`. */
int control_ask(const char *directory, char *problem, size_t problem_bytes);

#endif
