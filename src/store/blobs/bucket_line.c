#include "store/blobs/bucket_line.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_BYTES   65536
#define TEXT_MAX   (1024 * 1024) /* of an answer that is not a file; more: the line is given up */
#define LENGTH_MAX (INT64_C(1) << 50)

struct bucket_line {
	const struct bucket_config *config;
	SSL_CTX *tls;
	SSL *ssl;
	int fd; /* -1: closed */
	int64_t until_ms;
	size_t at, end; /* of `in` */
	char in[IN_BYTES];
};

struct bucket_line *bucket_line_new(const struct bucket_config *config, char *problem, size_t problem_bytes)
{
	struct bucket_line *line = mem_zero(sizeof *line);
	line->config = config;
	line->fd = -1;
	line->tls = config->is_tls ? SSL_CTX_new(TLS_client_method()) : NULL;
	bool is_ready = !config->is_tls;
	if (line->tls) {
		SSL_CTX_set_min_proto_version(line->tls, TLS1_2_VERSION);
		SSL_CTX_set_verify(line->tls, SSL_VERIFY_PEER, NULL);
		is_ready = *config->ca ? SSL_CTX_load_verify_locations(line->tls, config->ca, NULL) == 1
				       : SSL_CTX_set_default_verify_paths(line->tls) == 1;
	}
	if (is_ready)
		return line;
	snprintf(problem, problem_bytes, "blobs_ca: %.800s cannot be read, or has no certificate",
		 config->ca);
	bucket_line_free(line);
	return NULL;
}

static void line_shut(struct bucket_line *line)
{
	SSL_free(line->ssl);
	line->ssl = NULL;
	if (line->fd >= 0)
		close(line->fd);
	line->fd = -1;
	line->at = line->end = 0;
}

void bucket_line_free(struct bucket_line *line)
{
	if (!line)
		return;
	line_shut(line);
	SSL_CTX_free(line->tls);
	free(line);
}

bool bucket_line_is_open(const struct bucket_line *line)
{
	return line->fd >= 0;
}

/* --- bytes --- */

static int line_await(struct bucket_line *line, short events)
{
	int64_t left = line->until_ms - clock_mono_ms();
	struct pollfd wait = {.fd = line->fd, .events = events};
	if (left > LIMIT_BUCKET_IDLE_MS)
		left = LIMIT_BUCKET_IDLE_MS;
	int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
	if (ready < 0)
		return errno == EINTR ? 0 : -errno;
	return ready ? 0 : -ETIMEDOUT;
}

/* The result of a call of TLS that did not succeed: 0: again. */
static int await_tls(struct bucket_line *line, int result)
{
	switch (SSL_get_error(line->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return line_await(line, POLLIN);
	case SSL_ERROR_WANT_WRITE:
		return line_await(line, POLLOUT);
	default:
		ERR_clear_error();
		return -ECONNRESET;
	}
}

/* So many bytes, or -errno; 0: do it again. */
static ssize_t move_some(struct bucket_line *line, void *bytes, size_t length, bool is_out)
{
	if (line->ssl) {
		int moved = is_out ? SSL_write(line->ssl, bytes, (int)length)
				   : SSL_read(line->ssl, bytes, (int)length);
		return moved > 0 ? moved : await_tls(line, moved);
	}
	ssize_t moved =
	    is_out ? send(line->fd, bytes, length, MSG_NOSIGNAL) : recv(line->fd, bytes, length, 0);
	if (moved > 0)
		return moved;
	if (!moved)
		return -ECONNRESET;
	return errno == EAGAIN ? line_await(line, is_out ? POLLOUT : POLLIN) : errno == EINTR ? 0 : -errno;
}

static int line_send_all(struct bucket_line *line, const char *bytes, size_t length)
{
	while (length) {
		if (clock_mono_ms() > line->until_ms)
			return -ETIMEDOUT;
		size_t most = length < IN_BYTES ? length : IN_BYTES;
		ssize_t sent = move_some(line, (void *)(uintptr_t)bytes, most, true);
		if (sent < 0)
			return (int)sent;
		bytes += sent;
		length -= (size_t)sent;
	}
	return 0;
}

/* Has something stand in `in`. */
static int line_fill(struct bucket_line *line)
{
	ssize_t got = 0;
	if (line->at < line->end)
		return 0;
	line->at = line->end = 0;
	while (!got) {
		if (clock_mono_ms() > line->until_ms)
			return -ETIMEDOUT;
		got = move_some(line, line->in, IN_BYTES, false);
	}
	line->end = got > 0 ? (size_t)got : 0;
	return got > 0 ? 0 : (int)got;
}

/* --- the connection --- */

static int reach_one(struct bucket_line *line, const struct addrinfo *address)
{
	int yes = 1, error = 0;
	socklen_t length = sizeof error;
	line->fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (line->fd < 0)
		return -errno;
	if (!connect(line->fd, address->ai_addr, address->ai_addrlen))
		return 0;
	int result = errno == EINPROGRESS ? line_await(line, POLLOUT) : -errno;
	if (!result && !getsockopt(line->fd, SOL_SOCKET, SO_ERROR, &error, &length))
		result = -error;
	setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	return result;
}

static int shake_hands(struct bucket_line *line)
{
	const char *host = line->config->host;
	int result = 0, done;
	line->ssl = SSL_new(line->tls);
	if (!line->ssl || !SSL_set_fd(line->ssl, line->fd) || !SSL_set1_host(line->ssl, host) ||
	    !SSL_set_tlsext_host_name(line->ssl, host))
		return -ENOMEM;
	while ((done = SSL_connect(line->ssl)) != 1 && !result)
		result = await_tls(line, done);
	bool is_untrusted = result && SSL_get_verify_result(line->ssl) != X509_V_OK;
	return is_untrusted ? -EKEYREJECTED : result;
}

static int open_line(struct bucket_line *line)
{
	const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *found = NULL;
	int result = -EHOSTUNREACH;
	if (getaddrinfo(line->config->host, line->config->port, &wanted, &found))
		return -EHOSTUNREACH;
	for (const struct addrinfo *one = found; one; one = one->ai_next) {
		result = reach_one(line, one);
		if (!result)
			break;
		line_shut(line);
	}
	freeaddrinfo(found);
	return result || !line->tls ? result : shake_hands(line);
}

/* --- the answer --- */

struct answer_head {
	int status;
	int64_t length; /* -1: not said */
	bool is_chunked, ends;
};

/* A line without its end, of less than `room` bytes. */
static int read_text_line(struct bucket_line *line, char *text, size_t room)
{
	size_t used = 0;
	for (;;) {
		int error = line_fill(line);
		if (error)
			return error;
		char next = line->in[line->at++];
		if (next == '\n')
			break;
		if (used + 1 >= room || !next)
			return -EPROTO;
		text[used++] = next;
	}
	text[used && text[used - 1] == '\r' ? used - 1 : used] = '\0';
	return 0;
}

static const char *field_of(const char *text, const char *name)
{
	size_t bytes = strlen(name);
	if (strncasecmp(text, name, bytes) != 0 || text[bytes] != ':')
		return NULL;
	return text + bytes + 1 + strspn(text + bytes + 1, " \t");
}

static int take_field(struct answer_head *head, const char *text)
{
	const char *value;
	char *end = NULL;
	if ((value = field_of(text, "Content-Length"))) {
		head->length = isdigit((unsigned char)*value) ? strtoll(value, &end, 10) : -1;
		return end && !*end && head->length < LENGTH_MAX ? 0 : -EPROTO;
	}
	if ((value = field_of(text, "Transfer-Encoding")))
		head->is_chunked = !strcasecmp(value, "chunked");
	else if ((value = field_of(text, "Connection")))
		head->ends = !strcasecmp(value, "close");
	return 0;
}

static int line_read_head(struct bucket_line *line, struct answer_head *head)
{
	char text[8192];
	int error = read_text_line(line, text, sizeof text);
	*head = (struct answer_head){.length = -1};
	if (error)
		return error;
	if (strncmp(text, "HTTP/1.", 7) != 0 || sscanf(text + 8, "%3d", &head->status) != 1)
		return -EPROTO;
	for (int fields = 0; fields < LIMIT_BUCKET_FIELDS; fields++) {
		error = read_text_line(line, text, sizeof text);
		if (!error && *text)
			error = take_field(head, text);
		if (error || !*text)
			return error;
	}
	return -EPROTO;
}

static int line_take_piece(struct bucket_exchange *exchange, const char *bytes, size_t length)
{
	if (exchange->to < 0) {
		buffer_add(&exchange->text, bytes, length);
		return buffer_length(&exchange->text) > TEXT_MAX ? -EMSGSIZE : 0;
	}
	while (length) {
		ssize_t wrote = pwrite(exchange->to, bytes, length, exchange->offset);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return wrote ? -errno : -ENOSPC;
		exchange->offset += wrote;
		bytes += wrote;
		length -= (size_t)wrote;
	}
	return 0;
}

/* -1: up to the end of the connection. */
static int read_bytes(struct bucket_line *line, struct bucket_exchange *exchange, int64_t left)
{
	while (left) {
		int error = line_fill(line);
		if (error)
			return left < 0 && error == -ECONNRESET ? 0 : error;
		size_t length = line->end - line->at;
		if (left > 0 && (int64_t)length > left)
			length = (size_t)left;
		error = line_take_piece(exchange, line->in + line->at, length);
		if (error)
			return error;
		line->at += length;
		left -= left > 0 ? (int64_t)length : 0;
	}
	return 0;
}

static int read_chunks(struct bucket_line *line, struct bucket_exchange *exchange)
{
	char text[256], *end;
	for (;;) {
		int error = read_text_line(line, text, sizeof text);
		int64_t length = error ? 0 : strtoll(text, &end, 16);
		if (!error && (!isxdigit((unsigned char)*text) || length < 0 || length > LENGTH_MAX))
			error = -EPROTO;
		if (!error && length)
			error = read_bytes(line, exchange, length);
		if (error)
			return error;
		do
			error = read_text_line(line, text, sizeof text);
		while (!error && !length && *text);
		if (error || !length)
			return error;
	}
}

static int read_answer(struct bucket_line *line, struct bucket_exchange *exchange)
{
	struct answer_head head;
	int error = line_fill(line);
	exchange->has_begun = !error;
	do
		error = error ? error : line_read_head(line, &head);
	while (!error && head.status / 100 == 1);
	if (error)
		return error;
	exchange->status = head.status;
	if (head.status != 200 && head.status != 206)
		exchange->to = -1;
	/* Not every bucket gives parts. */
	if (head.status == 200)
		exchange->offset = 0;
	bool has_body = head.status != 204 && head.status != 304;
	bool is_told = !has_body || head.is_chunked || head.length >= 0;
	if (head.is_chunked)
		error = read_chunks(line, exchange);
	else if (!is_told && head.status / 100 == 2)
		/* Where the line breaks, a part of it would look like all of it. */
		error = -EBADMSG;
	else if (has_body)
		error = read_bytes(line, exchange, head.length);
	if (head.ends || !is_told)
		line_shut(line);
	return error;
}

/* --- an exchange --- */

static int line_send_file(struct bucket_line *line, const struct bucket_exchange *exchange)
{
	char *piece = mem_alloc(IN_BYTES);
	int64_t done = 0;
	int error = 0;
	while (!error && done < exchange->body_bytes) {
		int64_t left = exchange->body_bytes - done;
		ssize_t got = pread(exchange->from, piece, left < IN_BYTES ? (size_t)left : IN_BYTES, done);
		if (got < 0 && errno == EINTR)
			continue;
		error = got > 0 ? line_send_all(line, piece, (size_t)got) : got ? -errno : -EIO;
		done += got;
	}
	free(piece);
	return error;
}

int bucket_line_exchange(struct bucket_line *line, struct bucket_exchange *exchange)
{
	line->until_ms = clock_mono_ms() + (int64_t)line->config->wait_seconds * 1000;
	exchange->status = 0;
	exchange->has_begun = false;
	int error = line->fd >= 0 ? 0 : open_line(line);
	if (!error)
		error = line_send_all(line, exchange->head, strlen(exchange->head));
	if (!error && exchange->body)
		error = line_send_all(line, exchange->body, (size_t)exchange->body_bytes);
	else if (!error && exchange->from >= 0)
		error = line_send_file(line, exchange);
	/* A bucket that refuses a body may say so and hang up before all of it was sent. */
	if (!error || error == -EPIPE || error == -ECONNRESET) {
		int read_error = read_answer(line, exchange);
		if (!error || !read_error) {
			if (error)
				line_shut(line);
			error = read_error;
		}
	}
	if (error)
		line_shut(line);
	return error;
}
