/* Puts the answers to commands into words.
 *
 * Layer: client (jansson). */
#ifndef BRUSIO_CLIENT_ANSWERS_H
#define BRUSIO_CLIENT_ANSWERS_H

#include "client/client.h"

/* `answer` is NULL where none came. */
void answers_show(struct client *client, const struct session_question *question, const json_t *answer);

#endif
