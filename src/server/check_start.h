/* The check before a start: tries what would fail at the start, and changes nothing.
 *
 * Layer: server. */
#ifndef BRUSIO_SERVER_CHECK_START_H
#define BRUSIO_SERVER_CHECK_START_H

#include "server/config.h"

/* Tries the certificate with its key, the user and the addresses. The port may be taken, by the server that is to
 * be restarted. Returns 0, or -1 with everything that is wrong in `problem`, one a line. */
int check_start(const struct config *config, char problem[CONFIG_PROBLEM_BYTES]);

#endif
