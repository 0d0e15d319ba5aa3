/* The places of a PostgreSQL: the hosts that its URL names, each of which is tried by itself.
 *
 *   postgres://user:password@one,two:5433/brusio?sslmode=verify-full&sslrootcert=/etc/brusio/root.crt
 *
 * libpq's own list of hosts stops at one that accepts and then closes, as a balancer before a dead server does.
 *
 * Layer: store, private to it. Threads: read by all once it is opened. Names are resolved and the password is looked up
 * when it is opened, since a sandboxed server can do neither. */
#ifndef BRUSIO_STORE_POSTGRES_PLACE_H
#define BRUSIO_STORE_POSTGRES_PLACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POSTGRES_TARGETS_MAX 16
#define POSTGRES_OPTIONS_MAX 48

/* One address that may have the database. */
struct postgres_target {
	char *host;    /* as the URL names it: a certificate is for this; or a directory of Unix sockets */
	char *address; /* NULL: of a Unix socket, or libpq resolves the name */
	char *port;    /* NULL: the usual one */
};

struct postgres_place {
	struct postgres_target targets[POSTGRES_TARGETS_MAX];
	size_t count;
	_Atomic unsigned first; /* which of them is tried first: the one before has not answered */
	_Atomic unsigned
	    generation; /* links of an earlier one are made anew: the writer has gone elsewhere, maybe */
	char *names[POSTGRES_OPTIONS_MAX], *values[POSTGRES_OPTIONS_MAX]; /* what the URL says besides */
	size_t options;
	char *user, *password;       /* that the first connection found; NULL: none was needed */
	_Atomic bool shows_standbys; /* the role may see how far they are */
	/* For who watches, see store_node.h. */
	_Atomic int64_t standbys, snapshot_age_ms, barriers, barrier_us;
};

/* Returns 0, or -1 with `problem` filled in. Released in both cases. */
int postgres_place_open(struct postgres_place *place, const char *url, char *problem, size_t problem_bytes);
void postgres_place_release(struct postgres_place *place);

/* The value of an option that the URL gives, or NULL. */
const char *postgres_place_option(const struct postgres_place *place, const char *name);

#endif
