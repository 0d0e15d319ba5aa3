/* The check before a start: tries what would fail at the start, and changes nothing.
 *
 * Layer: server. */
#ifndef BRUSIO_SERVER_CHECK_START_H
#define BRUSIO_SERVER_CHECK_START_H

#include "server/config.h"

#include <stdio.h>

/* Tries the data directory, the store, the certificate with its key, the user, the addresses and their ports, and the helpers.
 * A port may be taken by the server that runs on the directory, which `to` is told, or by systemd, which starts this
 * one. Returns 0, or -1 with everything that is wrong in `problem`, one a line. */
int check_start(const struct config *config, FILE *to, char problem[CONFIG_PROBLEM_BYTES]);

#endif
