/* Reads what brusiod export has written, or what a program made of another chat's history.
 *
 * Rooms are made where they are missing, and then get what their line says: privacy, rules, retention, topic,
 * and the roles of members who have an account here. A room that is there keeps what it has; its log is
 * continued where the file goes on with its next seq, and the file refused otherwise. A topic is an entry, so
 * the room's topic follows it.
 *
 * Layer: server. Returns 0, or -1 with `problem` (ADMIN_PROBLEM_BYTES) filled in: then nothing was imported.
 */
#ifndef BRUSIO_SERVER_IMPORT_H
#define BRUSIO_SERVER_IMPORT_H

#include "server/config.h"

/* All of the file or nothing of it. "-" is standard input. The configuration's `files` is the folder with the bytes of the
 * messages' files; NULL: these are left out, and the texts name them. No server may run on its directory. */
int import_file(const struct config *config, const char *file, char *problem);

#endif
