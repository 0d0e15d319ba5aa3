/* The user's own log: a file for each room, a line for each message, in a folder that they name.
 *
 * Layer: client. */
#ifndef BRUSIO_CLIENT_CHATLOG_H
#define BRUSIO_CLIENT_CHATLOG_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct chatlog {
	char *folder; /* "FOLDER/SERVER"; NULL where nothing is kept */
	char *path;   /* of the file that is open */
	FILE *file;
	int problem; /* errno of what could not be written, 0 for none; it is told once */
};

/* Makes the folder of this server, for the user alone, where it is missing. */
void chatlog_init(struct chatlog *log, const char *folder, const char *host, const char *port);
void chatlog_release(struct chatlog *log);

/* "2026-11-30 14:05:06 mario: ciao" */
void chatlog_write(struct chatlog *log, const char *room, const char *name, const char *text, bool is_action,
		   int64_t wall_ms);
/* An entry as the server pushed it; what is no message is left out. */
void chatlog_entry(struct chatlog *log, const json_t *object);

/* After each turn: what was written is in the file. */
void chatlog_flush(struct chatlog *log);

#endif
