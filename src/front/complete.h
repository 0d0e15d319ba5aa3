/* Completes the word before the cursor: a command, a room, or a name.
 *
 * Layer: front, pure but for reading the session. */
#ifndef BRUSIO_FRONT_COMPLETE_H
#define BRUSIO_FRONT_COMPLETE_H

#include "client/client.h"

struct completion {
	size_t replaced;    /* bytes before the cursor that `text` stands for */
	struct buffer text; /* what comes instead; empty for no change */
	struct buffer list; /* the candidates, where there are several: "anna, anselmo" */
};

/* `line` is what stands before the cursor. The caller releases both buffers. */
void complete(const struct client *client, const char *line, struct completion *completion);

#endif
