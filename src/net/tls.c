#include "net/tls.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "net/certificate.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define UNSENT_BYTES_MAX 65536

struct tls {
	SSL *ssl;
	int fd;
	int read_error, write_error; /* as errno has them; the line is broken that way */
	bool is_ended;
	bool has_read;        /* or is a server, which was told by the first byte that this is TLS */
	struct buffer unsent; /* ciphertext */
	const char *problem;  /* static text, or NULL */
};

/* --- the library's way to the socket --- */

static int tls_write_record(struct tls *tls, const char *bytes, size_t length, size_t *written)
{
	ssize_t sent;
	*written = 0;
	do
		sent = send(tls->fd, bytes, length, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		*written = (size_t)sent;
	else if (errno != EAGAIN && errno != EWOULDBLOCK)
		tls->write_error = errno;
	return -tls->write_error;
}

static int bio_write(BIO *bio, const char *bytes, int length)
{
	struct tls *tls = BIO_get_data(bio);
	size_t written = 0;
	if (!tls->write_error && !buffer_length(&tls->unsent))
		tls_write_record(tls, bytes, (size_t)length, &written);
	if (!tls->write_error && buffer_length(&tls->unsent) + (size_t)length - written > UNSENT_BYTES_MAX)
		tls->write_error = ENOBUFS;
	/* The library would give up reading, too, though what came before the line broke may still be there.
	 */
	if (!tls->write_error)
		buffer_add(&tls->unsent, bytes + written, (size_t)length - written);
	return length;
}

/* A peer that answers a ClientHello with neither a handshake nor an alert speaks something else. What that is
 * stays in the socket, for the caller to look at. */
static bool is_something_else(struct tls *tls)
{
	unsigned char first;
	if (recv(tls->fd, &first, 1, MSG_PEEK) != 1 || first == SSL3_RT_HANDSHAKE || first == SSL3_RT_ALERT)
		return false;
	tls->problem = "not TLS";
	tls->read_error = EPROTO;
	return true;
}

static int bio_read(BIO *bio, char *bytes, int length)
{
	struct tls *tls = BIO_get_data(bio);
	ssize_t got;
	BIO_clear_retry_flags(bio);
	if (!tls->has_read && is_something_else(tls))
		return -1;
	do
		got = recv(tls->fd, bytes, (size_t)length, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_read(bio);
	else if (got < 0)
		tls->read_error = errno;
	tls->has_read |= got > 0;
	return (int)got;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method;

static void make_method(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "brusio");
	if (!method)
		abort();
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_ctrl(method, bio_control);
}

static struct tls *new_line(struct tls_context *context, int fd)
{
	assert(context && fd >= 0);
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_method);
	struct tls *tls = mem_zero(sizeof *tls);
	tls->fd = fd;
	tls->ssl = tls_context_line(context);
	BIO *bio = BIO_new(method);
	if (!bio)
		abort();
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->ssl, bio, bio);
	return tls;
}

struct tls *tls_new_server(struct tls_context *context, int fd)
{
	struct tls *tls = new_line(context, fd);
	tls->has_read = true;
	SSL_set_accept_state(tls->ssl);
	return tls;
}

static bool is_numeric(const char *host)
{
	unsigned char address[16];
	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

struct tls *tls_new_client(struct tls_context *context, int fd, const char *name)
{
	assert(name && *name);
	struct tls *tls = new_line(context, fd);
	SSL_set_connect_state(tls->ssl);
	if (is_numeric(name)) {
		X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->ssl), name);
	} else {
		SSL_set_tlsext_host_name(tls->ssl, name);
		SSL_set1_host(tls->ssl, name);
	}
	return tls;
}

void tls_free(struct tls *tls)
{
	SSL_free(tls->ssl);
	buffer_release(&tls->unsent);
	free(tls);
}

/* --- bytes --- */

/* The meaning of a call that did not succeed. */
static int error_of(struct tls *tls, int result)
{
	int error = SSL_get_error(tls->ssl, result);
	unsigned long code = ERR_peek_error();
	if (error == SSL_ERROR_WANT_READ)
		return -EAGAIN;
	if (error == SSL_ERROR_ZERO_RETURN)
		return 0;
	/* The end of the line without the end of the talk: somebody may have cut it. */
	if (!tls->read_error && error == SSL_ERROR_SYSCALL)
		tls->read_error = ECONNRESET;
	if (!tls->read_error) {
		tls->problem = ERR_reason_error_string(code);
		tls->read_error = EPROTO;
	}
	return -tls->read_error;
}

ssize_t tls_read(struct tls *tls, void *bytes, size_t length)
{
	size_t count;
	if (tls->read_error)
		return -tls->read_error;
	ERR_clear_error();
	int result = SSL_read_ex(tls->ssl, bytes, length, &count);
	return result == 1 ? (ssize_t)count : error_of(tls, result);
}

int tls_flush(struct tls *tls)
{
	size_t written;
	if (tls->write_error)
		return -tls->write_error;
	if (!buffer_length(&tls->unsent))
		return 0;
	int error = tls_write_record(tls, buffer_bytes(&tls->unsent), buffer_length(&tls->unsent), &written);
	if (error)
		return error;
	buffer_take(&tls->unsent, written);
	if (buffer_length(&tls->unsent))
		return -EAGAIN;
	buffer_release(&tls->unsent); /* 2 */
	return 0;
}

/* The next record's plain text: where it lies in one piece, or gathered in `room`. `at` bytes of iov[0] are
 * done with. */
static size_t gather(const struct iovec *iov, int count, size_t at, char *room, const char **bytes)
{
	size_t length = 0;
	const char *first = (const char *)iov->iov_base + at;
	*bytes = room;
	if (count == 1 || iov->iov_len - at >= TLS_RECORD_BYTES) {
		*bytes = first;
		return iov->iov_len - at < TLS_RECORD_BYTES ? iov->iov_len - at : TLS_RECORD_BYTES;
	}
	for (int i = 0; i < count && length < TLS_RECORD_BYTES; i++, at = 0) {
		size_t piece = iov[i].iov_len - at;
		if (piece > TLS_RECORD_BYTES - length)
			piece = TLS_RECORD_BYTES - length;
		memcpy(room + length, (const char *)iov[i].iov_base + at, piece);
		length += piece;
	}
	return length;
}

ssize_t tls_write(struct tls *tls, const struct iovec *iov, int count)
{
	/* Used within this call alone; too large for the stack of a thread that has a small one. */
	static _Thread_local char room[TLS_RECORD_BYTES];
	size_t total = 0, at = 0;
	int error = tls_flush(tls);
	if (error)
		return error;
	while (count && !buffer_length(&tls->unsent)) {
		const char *bytes;
		size_t length = gather(iov, count, at, room, &bytes), done = 0;
		assert(length <= TLS_RECORD_BYTES && at <= iov->iov_len); /* 1 */
		if (length) {
			ERR_clear_error();
			int result = SSL_write_ex(tls->ssl, bytes, length, &done);
			if (result != 1) {
				error = error_of(tls, result);
				/* In the middle of a handshake, reading comes first. */
				return total ? (ssize_t)total : error ? error : -EPIPE;
			}
		}
		if (tls->write_error)
			return -tls->write_error;
		total += done;
		for (at += done; count && at >= iov->iov_len; count--)
			at -= iov++->iov_len;
	}
	return (ssize_t)total;
}

int tls_end(struct tls *tls)
{
	if (!tls->is_ended && !tls->read_error && !tls_is_handshaking(tls)) {
		tls->is_ended = true;
		ERR_clear_error();
		SSL_shutdown(tls->ssl);
	}
	return tls_flush(tls);
}

bool tls_has_unsent(const struct tls *tls)
{
	return buffer_length(&tls->unsent) > 0;
}

bool tls_is_handshaking(const struct tls *tls)
{
	return !SSL_is_init_finished(tls->ssl);
}

int tls_handshake(struct tls *tls)
{
	if (tls->read_error)
		return -tls->read_error;
	ERR_clear_error();
	int result = SSL_do_handshake(tls->ssl);
	if (result == 1)
		return tls->write_error ? -tls->write_error : 0;
	int error = error_of(tls, result);
	return error ? error : -ECONNRESET;
}

const char *tls_problem(const struct tls *tls)
{
	int error = tls->read_error ? tls->read_error : tls->write_error;
	return tls->problem ? tls->problem : error ? strerror(error) : "";
}

/* --- the peer --- */

void tls_peer_fingerprint(const struct tls *tls, char text[TLS_FINGERPRINT_BYTES])
{
	X509 *certificate = SSL_get0_peer_certificate(tls->ssl);
	*text = '\0';
	if (certificate)
		certificate_fingerprint(certificate, text);
}

bool tls_peer_is_certified(const struct tls *tls)
{
	return SSL_get0_peer_certificate(tls->ssl) && SSL_get_verify_result(tls->ssl) == X509_V_OK;
}
