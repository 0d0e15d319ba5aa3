/* Files on their way: to the server, for a message, and from it. One after the other, by a line beside the chat's
 * (exchange.h), while the chat is up; what the line breaks is begun anew.
 *
 *   a send:  read a pipe to its end --> upload each file --> say them in the room
 *   a save:  fetch into a part --> give it its name --> [open it]
 *
 * Layer: client. Threads: one. */
#ifndef BRUSIO_CLIENT_TRANSFER_H
#define BRUSIO_CLIENT_TRANSFER_H

#include "base/buffer.h"

#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRANSFER_STDIN "-"

struct client;
struct exchange;
struct transfer;

struct transfers {
	struct exchange *exchange;
	struct transfer *first, **end;
	int64_t shown; /* of the first, in percent */
	int64_t not_before_ms;
};

void transfers_init(struct client *client);
void transfers_release(struct client *client);

/* Sends these files (TRANSFER_STDIN: what comes by standard input) in one message. `name`: what the first is called
 * instead of its own name, or NULL. Texts are copied. */
void transfer_send(struct client *client, const char *room, const char *const *paths, size_t count,
		   const char *name);
/* Saves a file of a message: {"file","name","bytes"}. `path` as for saved_file_begin(). */
void transfer_save(struct client *client, const json_t *file, const char *path);
/* The same in a folder of its own, to be shown by another program. */
void transfer_open(struct client *client, const json_t *file);

bool transfers_are_under_way(const struct client *client);
/* Adds "sending photo.jpg: 42 %"; false where nothing is under way. */
bool transfers_write(const struct client *client, struct buffer *to);

/* The same as line_poll(), line_deadline() and line_ready(). */
size_t transfers_poll(const struct client *client, struct pollfd *to);
int64_t transfers_deadline(const struct client *client);
void transfers_ready(struct client *client, const struct pollfd *polled, size_t count, int64_t now_ms);

#endif
