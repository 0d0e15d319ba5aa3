/* Root's rights are for taking the port; the server then becomes somebody who has none.
 *
 * Layer: server. Threads: main's alone, before there are others. */
#ifndef BRUSIO_SERVER_PRIVILEGES_H
#define BRUSIO_SERVER_PRIVILEGES_H

#include "server/config.h"

#define PRIVILEGES_USER "brusio" /* whom root becomes where nothing else is configured */

/* Started as root, becomes config->user, who is given the data directory; without that key becomes
 * PRIVILEGES_USER if there is one. Returns 1: became somebody else, 0: is who it was, or -1 with `problem`
 * filled in. */
int privileges_drop(const struct config *config, char problem[CONFIG_PROBLEM_BYTES]);

#endif
