/* Opens the pusher as it is configured.
 *
 * Layer: server. Threads: main's alone, before there are others. */
#ifndef BRUSIO_SERVER_PUSH_START_H
#define BRUSIO_SERVER_PUSH_START_H

#include "server/config.h"

struct pusher;

/* Behind the store, since the key is in its directory; before the sandbox, which lets nothing connect. `ip` is this
 * machine's. 0, or -1 with `problem` filled in. */
int push_start(const struct config *config, const char *ip, struct pusher **pusher,
	       char problem[CONFIG_PROBLEM_BYTES]);
/* Whether the courier starts, and ends it again. 0, or -1 with `problem` filled in. */
int push_try(const struct config *config, char problem[CONFIG_PROBLEM_BYTES]);

#endif
