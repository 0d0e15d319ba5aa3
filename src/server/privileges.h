/* Root's rights are only needed to take the port; then the server becomes a user without rights.
 *
 * Layer: server. Threads: main's alone, before there are others. */
#ifndef BRUSIO_SERVER_PRIVILEGES_H
#define BRUSIO_SERVER_PRIVILEGES_H

#include "server/config.h"

#define PRIVILEGES_USER "brusio" /* the user that root becomes unless another is configured */

/* Says whether privileges_drop() would find its user, and may become them. Returns 0, or -1 with `problem` filled
 * in. */
int privileges_check(const struct config *config, char problem[CONFIG_PROBLEM_BYTES]);

/* Started as root, becomes config->user, or PRIVILEGES_USER if that exists, and gives them the data
 * directory. The user is a name, a number, or two numbers, "10000:10000". Root that has no user to become stays
 * root, and gives up all capabilities that serving does not need.
 *
 * Returns 1: became another user, 0: is the same user as before, or -1 with `problem` filled in. */
int privileges_drop(const struct config *config, char problem[CONFIG_PROBLEM_BYTES]);

/* Allows as many descriptors, and so connections, as the machine does. */
void privileges_raise_descriptors(void);

#endif
