#include "client/exchange.h"

#include "base/clock.h"
#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define WAITING_BYTES  (128 * 1024) /* what the line is given beforehand */
#define PIECE          (64 * 1024)
#define HEAD_BYTES_MAX 16384
#define BODY_BYTES_MAX 65536 /* of an answer that is kept */
#define SILENCE_MS     60000

struct exchange {
	struct line *line;
	enum exchange_state state;
	struct buffer head; /* of the request, until it is handed to the line */
	bool is_upload, is_asked;
	int fd;
	int64_t bytes, moved;
	bool is_at_most;
	int status; /* 0 until the answer's head is here */
	int64_t left;
	struct buffer body;
	int64_t progress_ms, confirmed;
	char problem[160];
};

struct exchange *exchange_new(const struct line_security *security)
{
	assert(security);
	struct exchange *exchange = mem_zero(sizeof *exchange);
	exchange->line = line_new(security);
	return exchange;
}

void exchange_stop(struct exchange *exchange)
{
	line_close(exchange->line);
	buffer_release(&exchange->head);
	buffer_release(&exchange->body);
	exchange->state = EXCHANGE_IDLE;
}

void exchange_free(struct exchange *exchange)
{
	if (!exchange)
		return;
	exchange_stop(exchange);
	line_free(exchange->line);
	free(exchange);
}

static void break_off(struct exchange *exchange, const char *problem)
{
	snprintf(exchange->problem, sizeof exchange->problem, "%s", problem);
	exchange_stop(exchange);
	exchange->state = EXCHANGE_BROKEN;
}

/* An address of IPv6 stands in brackets. */
static void write_head(struct exchange *exchange, const struct exchange_request *request)
{
	struct buffer *head = &exchange->head;
	bool is_v6 = strchr(request->host, ':');
	buffer_printf(
	    head, "%s %s HTTP/1.1\r\nHost: %s%s%s:%s\r\nConnection: close\r\nAuthorization: Bearer %s\r\n",
	    request->is_upload ? "POST" : "GET", request->target, is_v6 ? "[" : "", request->host,
	    is_v6 ? "]" : "", request->port, request->secret);
	if (request->is_upload)
		buffer_printf(head, "Content-Length: %" PRId64 "\r\n", request->bytes);
	buffer_add_string(head, "\r\n");
}

void exchange_begin(struct exchange *exchange, const struct exchange_request *request, int64_t now_ms)
{
	assert(request->host && request->port && request->secret && request->bytes >= 0);
	exchange_stop(exchange);
	*exchange = (struct exchange){.line = exchange->line,
				      .state = EXCHANGE_RUNNING,
				      .is_upload = request->is_upload,
				      .fd = request->fd,
				      .bytes = request->bytes,
				      .is_at_most = request->is_at_most,
				      .progress_ms = now_ms};
	write_head(exchange, request);
	line_open(exchange->line, request->host, request->port, now_ms);
}

size_t exchange_poll(const struct exchange *exchange, struct pollfd *to)
{
	return exchange->state == EXCHANGE_RUNNING ? line_poll(exchange->line, to, true) : 0;
}

int64_t exchange_deadline(const struct exchange *exchange)
{
	if (exchange->state != EXCHANGE_RUNNING)
		return INT64_MAX;
	return clock_earlier(line_deadline(exchange->line), exchange->progress_ms + SILENCE_MS);
}

/* --- out --- */

static void send_pieces(struct exchange *exchange)
{
	assert(exchange->moved <= exchange->bytes || !exchange->is_upload);
	struct buffer *out = line_output(exchange->line);
	while (exchange->is_upload && exchange->moved < exchange->bytes &&
	       buffer_length(out) < WAITING_BYTES) {
		int64_t left = exchange->bytes - exchange->moved;
		ssize_t got = pread(exchange->fd, buffer_reserve(out, PIECE),
				    left < PIECE ? (size_t)left : PIECE, exchange->moved);
		if (got <= 0) {
			/* It has become shorter than it was. */
			break_off(exchange, strerror(got ? errno : EIO));
			return;
		}
		buffer_added(out, (size_t)got);
		exchange->moved += got;
	}
}

/* --- in --- */

static bool is_field(const char *line, const char *name, const char **value)
{
	size_t length = strlen(name);
	if (strncasecmp(line, name, length) != 0 || line[length] != ':')
		return false;
	*value = line + length + 1 + strspn(line + length + 1, " \t");
	return true;
}

/* "HTTP/1.1 201 Created", and fields of which the length alone matters. -1: it is not an answer of a brusiod. */
static int read_head(struct exchange *exchange, char *head)
{
	const char *value;
	int64_t length = -1;
	char *end, *rest = NULL;
	char *line = strtok_r(head, "\r\n", &rest);
	if (!line || strncmp(line, "HTTP/1.1 ", 9) != 0)
		return -1;
	exchange->status = (int)strtol(line + 9, &end, 10);
	while ((line = strtok_r(NULL, "\r\n", &rest)))
		if (is_field(line, "Content-Length", &value))
			length = strtoll(value, &end, 10);
	exchange->left = length;
	return exchange->status < 200 || exchange->status > 599 || length < 0 ? -1 : 0;
}

static int take_head(struct exchange *exchange)
{
	struct buffer *in = line_input(exchange->line);
	const char *end = memmem(buffer_bytes(in), buffer_length(in), "\r\n\r\n", 4);
	if (!end)
		return buffer_length(in) > HEAD_BYTES_MAX ? -1 : 0;
	size_t bytes = (size_t)(end - buffer_bytes(in)) + 4;
	char *head = mem_string_n(buffer_bytes(in), bytes);
	int result = read_head(exchange, head);
	free(head);
	buffer_take(in, bytes);
	return result;
}

static bool goes_to_file(const struct exchange *exchange)
{
	return !exchange->is_upload && exchange->status == 200;
}

/* False where the file cannot be written. */
static bool take_body(struct exchange *exchange)
{
	assert(exchange->status && exchange->left >= 0);
	struct buffer *in = line_input(exchange->line);
	size_t length = buffer_length(in);
	if ((int64_t)length > exchange->left)
		length = (size_t)exchange->left;
	for (size_t done = 0; goes_to_file(exchange) && done < length;) {
		ssize_t wrote = write(exchange->fd, buffer_bytes(in) + done, length - done);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		done += (size_t)wrote;
		exchange->moved += wrote;
	}
	if (!goes_to_file(exchange))
		buffer_add(&exchange->body, buffer_bytes(in), length);
	buffer_take(in, length);
	exchange->left -= (int64_t)length;
	return true;
}

static void exchange_receive(struct exchange *exchange)
{
	struct buffer *in = line_input(exchange->line);
	if (!exchange->status && buffer_length(in) && take_head(exchange)) {
		break_off(exchange, "HTTP");
		return;
	}
	bool is_other =
	    exchange->is_at_most ? exchange->left > exchange->bytes : exchange->left != exchange->bytes;
	bool is_wrong = exchange->status && (goes_to_file(exchange) ? !exchange->moved && is_other
								    : exchange->left > BODY_BYTES_MAX);
	if (is_wrong)
		break_off(exchange, "Content-Length");
	else if (exchange->status && !take_body(exchange))
		break_off(exchange, strerror(errno));
	else if (exchange->status && !exchange->left)
		exchange->state = EXCHANGE_DONE;
}

enum exchange_state exchange_ready(struct exchange *exchange, const struct pollfd *polled, size_t count,
				   int64_t now_ms)
{
	if (exchange->state != EXCHANGE_RUNNING)
		return exchange->state;
	int64_t moved = exchange->moved;
	line_ready(exchange->line, polled, count, now_ms);
	size_t waiting = buffer_length(line_output(exchange->line));
	if (line_state(exchange->line) == LINE_OPEN && !exchange->is_asked) {
		exchange->is_asked = true;
		buffer_add(line_output(exchange->line), buffer_bytes(&exchange->head),
			   buffer_length(&exchange->head));
	}
	/* Bytes that have come count, also where the line ended behind them. */
	if (exchange->is_asked)
		exchange_receive(exchange);
	if (exchange->state != EXCHANGE_RUNNING)
		return exchange->state;
	if (line_state(exchange->line) == LINE_CLOSED)
		break_off(exchange, line_problem(exchange->line));
	else if (exchange->is_asked && !exchange->status)
		send_pieces(exchange);
	if (exchange->state == EXCHANGE_RUNNING) {
		int64_t out = exchange->moved - (int64_t)buffer_length(line_output(exchange->line));
		bool is_moving = exchange->moved != moved || out != exchange->confirmed ||
				 waiting != buffer_length(line_output(exchange->line));
		exchange->confirmed = out;
		if (is_moving)
			exchange->progress_ms = now_ms;
		else if (now_ms >= exchange->progress_ms + SILENCE_MS)
			break_off(exchange, strerror(ETIMEDOUT));
	}
	return exchange->state;
}

int64_t exchange_moved(const struct exchange *exchange)
{
	return exchange->moved;
}

int exchange_status(const struct exchange *exchange)
{
	return exchange->status;
}

const char *exchange_body(struct exchange *exchange)
{
	return buffer_string(&exchange->body);
}

const char *exchange_problem(const struct exchange *exchange)
{
	return exchange->problem;
}
