/* The commands of brusiod that are not the server: accounts, backups, checks, export and import.
 *
 * Layer: server. */
#ifndef BRUSIO_SERVER_ADMIN_H
#define BRUSIO_SERVER_ADMIN_H

#include "server/config.h"

/* Runs a command: `words` are the arguments without options. Returns the exit status. */
int admin_run(const struct config *config, int count, char **words);

/* The commands with their meanings, as --help prints them. */
void admin_write_help(FILE *to);

#endif
