/* Starts the courier, brusio-push, as a program of its own: it shares no memory with the daemon, and has no descriptor but
 * the socket.
 *
 * Layer: push. Threads: none may exist yet. */
#ifndef BRUSIO_PUSH_COURIER_START_H
#define BRUSIO_PUSH_COURIER_START_H

#include "push/pusher.h"

/* The daemon's end of the socket, once the courier has said that it is there; or -1 with `problem` filled in. */
int courier_start(const struct pusher_config *config, char problem[PUSHER_PROBLEM_BYTES]);

#endif
