/* Connections in TLS. The generator pays for decrypting what it reads, on its own core. */
#include "gen.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

static SSL_CTX *context;

/* The servers' certificates are their own; nobody here needs to know who they are. */
void tls_start(struct conn *conn)
{
	if (!context)
		context = SSL_CTX_new(TLS_client_method());
	conn->tls = context ? SSL_new(context) : NULL;
	if (!conn->tls || !SSL_set_fd(conn->tls, conn->fd)) {
		fprintf(stderr, "loadgen: no TLS\n");
		exit(1);
	}
	SSL_set_connect_state(conn->tls);
	SSL_set_mode(conn->tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

void tls_end(struct conn *conn)
{
	SSL_free(conn->tls);
	conn->tls = NULL;
}

/* The same contract as recv() and send(). */
static ssize_t tls_result(const struct conn *conn, int n)
{
	int error = n > 0 ? SSL_ERROR_NONE : SSL_get_error(conn->tls, n);
	if (n > 0)
		return n;
	if (error == SSL_ERROR_ZERO_RETURN)
		return 0;
	errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EIO;
	return -1;
}

ssize_t tls_receive(struct conn *conn, void *to, size_t bytes)
{
	return tls_result(conn, SSL_read(conn->tls, to, (int)bytes));
}

ssize_t tls_send(struct conn *conn, const void *from, size_t bytes)
{
	return tls_result(conn, SSL_write(conn->tls, from, (int)bytes));
}
