/* The front for pipes: every line in is a message, every message out is a line.
 *
 * It reads only as much as the server acknowledges, and never waits for the reader of its output: unread output is
 * kept up to a limit, beyond which the server is not read either.
 *
 * Layer: front. */
#ifndef BRUSIO_FRONT_FILTER_H
#define BRUSIO_FRONT_FILTER_H

#include "client/client.h"

struct filter;

struct filter *filter_new(const struct options *options, struct client_front *front);
void filter_free(struct filter *filter);

/* The client that reads and writes by this filter; before its first turn. */
void filter_attach(struct filter *filter, struct client *client);

#endif
