#include "front/filter.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "client/clean.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAITING_MAX    256 /* messages without an ack; then no further line is read */
#define READ_BYTES     65536
#define LINE_BYTES_MAX 1048576     /* a line longer than this is not even kept to be refused as a whole */
#define OUTPUT_MAX     (16u << 20) /* what readers of our output may leave us with */

struct filter {
	struct client *client; /* borrowed */
	int timeout_s;
	bool follows; /* goes on after the end of its input */
	struct buffer input;
	unsigned line;    /* that was taken last, from 1 */
	size_t scanned;   /* bytes of the input without a newline */
	bool is_skipping; /* inside a line that was too long */
	bool is_after_command;
	bool has_ended;   /* the input did */
	bool was_waiting; /* is_waiting() at the end of the last turn */
	int64_t waiting_since_ms;
	struct buffer output[2];
	bool is_closed[2]; /* nobody reads it any more */
};

enum { OUTPUT, ERRORS };

static bool takes_lines(const struct filter *filter)
{
	return !filter->client->is_leaving && session_outbox(filter->client->session)->count < WAITING_MAX;
}

static bool takes_input(const struct filter *filter)
{
	return !filter->has_ended && takes_lines(filter) && buffer_length(&filter->input) <= LINE_BYTES_MAX;
}

static size_t filter_poll(void *owner, struct pollfd *to)
{
	struct filter *filter = owner;
	size_t count = 0;
	to[count++] = (struct pollfd){.fd = takes_input(filter) ? STDIN_FILENO : -1, .events = POLLIN};
	/* Without anything to write, still learn that nobody reads any more. */
	for (int i = OUTPUT; i <= ERRORS; i++)
		to[count++] = (struct pollfd){.fd = filter->is_closed[i] ? -1 : STDOUT_FILENO + i,
					      .events = buffer_length(&filter->output[i]) ? POLLOUT : 0};
	return count;
}

/* True where something should be happening: it is this that must not last for ever. */
static bool is_waiting(const struct filter *filter)
{
	return session_state(filter->client->session) != SESSION_READY ||
	       session_outbox(filter->client->session)->count || transfers_are_under_way(filter->client) ||
	       !session_is_settled(filter->client->session);
}

static int64_t filter_deadline(void *owner)
{
	struct filter *filter = owner;
	if (!filter->timeout_s || !is_waiting(filter))
		return INT64_MAX;
	int64_t progress_ms = filter->client->progress_ms;
	if (progress_ms < filter->waiting_since_ms)
		progress_ms = filter->waiting_since_ms;
	return progress_ms + filter->timeout_s * INT64_C(1000);
}

static void take_filter_line(struct filter *filter, const char *line, size_t length)
{
	struct buffer text = BUFFER_EMPTY;
	if (length && line[length - 1] == '\r')
		length--;
	clean_utf8(&text, line, length);
	if (buffer_length(&text))
		client_input_line(filter->client, buffer_string(&text), filter->line);
	buffer_release(&text);
}

/* A command stands between two silences: what was said before it is stored when it is carried out, and
 * what comes after it is said when it has been answered. */
static bool filter_must_wait(struct filter *filter)
{
	const char *line = buffer_bytes(&filter->input);
	bool is_command = *line == '/' && !filter->client->options->literal && !filter->is_skipping;
	bool must = (is_command || filter->is_after_command) && is_waiting(filter);
	if (!must)
		filter->is_after_command = is_command;
	return must;
}

/* Hands over what is there line by line, as long as more is taken. */
static void take_lines(struct filter *filter)
{
	struct buffer *input = &filter->input;
	while (takes_lines(filter) && buffer_length(input)) {
		size_t length = buffer_length(input);
		char *newline = length > filter->scanned ? memchr(buffer_bytes(input) + filter->scanned, '\n',
								  length - filter->scanned)
							 : NULL;
		filter->scanned = length;
		bool is_last = !newline && filter->has_ended;
		if (!newline && !is_last && length <= LINE_BYTES_MAX)
			return;
		filter->scanned = 0;
		if (filter_must_wait(filter))
			return;
		size_t line = newline ? (size_t)(newline - buffer_bytes(input)) : length;
		filter->line += !filter->is_skipping;
		if (!filter->is_skipping)
			take_filter_line(filter, buffer_bytes(input), line);
		filter->is_skipping = !newline && !is_last;
		buffer_take(input, line + (newline != NULL));
	}
}

static void read_input(struct filter *filter)
{
	ssize_t got = read(STDIN_FILENO, buffer_reserve(&filter->input, READ_BYTES), READ_BYTES);
	if (got > 0)
		buffer_added(&filter->input, (size_t)got);
	else if (!got || (errno != EINTR && errno != EAGAIN))
		filter->has_ended = true;
}

/* The output cannot be written any more, which the caller must learn. */
static void lose_output(struct filter *filter, int which, int error)
{
	filter->is_closed[which] = true;
	buffer_clear(&filter->output[which]);
	if (which != OUTPUT)
		return;
	client_problem(filter->client, TEXT_client_cannot_write,
		       &(struct text_args){.text = strerror(error)});
	filter->client->status = CLIENT_FAILED;
	if (!filter->client->is_leaving)
		client_leave(filter->client);
}

/* One piece that poll(2) promised room for, so that a shared descriptor needs not be made non-blocking. */
static void write_output(struct filter *filter, int which, short events)
{
	struct buffer *output = &filter->output[which];
	ssize_t wrote = 0;
	if ((events & POLLOUT) && buffer_length(output)) {
		size_t piece = buffer_length(output) < PIPE_BUF ? buffer_length(output) : PIPE_BUF;
		wrote = write(STDOUT_FILENO + which, buffer_bytes(output), piece);
	}
	if (wrote > 0)
		buffer_take(output, (size_t)wrote);
	bool is_broken = wrote < 0 && errno != EINTR && errno != EAGAIN;
	if (is_broken)
		lose_output(filter, which, errno);
	else if (events & (POLLERR | POLLHUP | POLLNVAL))
		lose_output(filter, which, EPIPE);
}

static void filter_ready(void *owner, const struct pollfd *polled, size_t count, int64_t now_ms)
{
	struct filter *filter = owner;
	struct client *client = filter->client;
	if (count && polled[0].revents && takes_input(filter))
		read_input(filter);
	for (size_t i = 1; i < count; i++)
		write_output(filter, (int)i - 1, polled[i].revents);
	take_lines(filter);
	if (is_waiting(filter) && !filter->was_waiting)
		filter->waiting_since_ms = now_ms;
	filter->was_waiting = is_waiting(filter);
	if (filter->has_ended && !filter->follows && !buffer_length(&filter->input) && !is_waiting(filter) &&
	    !client->is_leaving)
		client_leave(client);
	if (!client->is_leaving && !client->is_done && now_ms >= filter_deadline(filter)) {
		client_problem(client, TEXT_client_timeout, &(struct text_args){.number = filter->timeout_s});
		client_end(client, CLIENT_UNSENT);
	}
}

static void filter_write(void *owner, enum client_stream stream, const char *text)
{
	struct filter *filter = owner;
	int which = stream == CLIENT_TALK ? OUTPUT : ERRORS;
	if (filter->is_closed[which])
		return;
	if (which == ERRORS)
		buffer_add_string(&filter->output[which], "brusio: ");
	buffer_add_string(&filter->output[which], text);
	buffer_add_char(&filter->output[which], '\n');
}

static bool filter_is_full(void *owner)
{
	struct filter *filter = owner;
	return buffer_length(&filter->output[OUTPUT]) > OUTPUT_MAX;
}

static void filter_moved(void *owner, const char *from, const char *to)
{
	(void)owner;
	(void)from;
	(void)to;
}

static void filter_changed(void *owner)
{
	(void)owner;
}

static bool filter_signal(void *owner, int number)
{
	(void)owner;
	(void)number;
	return false;
}

struct filter *filter_new(const struct options *options, struct client_front *front)
{
	struct filter *filter = mem_zero(sizeof *filter);
	filter->timeout_s = options->timeout_s;
	filter->follows = options->follow;
	/* Standard input is the file, if anything, and there are no lines. */
	filter->has_ended = options->send_count;
	*front = (struct client_front){.owner = filter,
				       .wants_objects = options->json,
				       .poll = filter_poll,
				       .deadline = filter_deadline,
				       .ready = filter_ready,
				       .write = filter_write,
				       .moved = filter_moved,
				       .room_renamed = filter_moved,
				       .changed = filter_changed,
				       .is_full = filter_is_full,
				       .signal = filter_signal};
	return filter;
}

void filter_attach(struct filter *filter, struct client *client)
{
	const struct options *options = client->options;
	filter->client = client;
	if (options->send_count)
		transfer_send(client, options->send_to ? options->send_to : options->rooms[0],
			      (const char *const *)options->sends, options->send_count, options->send_name);
}

/* Writes the rest: there is nothing else to do now, so waiting for its readers is right. */
static void write_rest(struct filter *filter, int which)
{
	struct buffer *output = &filter->output[which];
	while (!filter->is_closed[which] && buffer_length(output)) {
		ssize_t wrote = write(STDOUT_FILENO + which, buffer_bytes(output), buffer_length(output));
		if (wrote > 0)
			buffer_take(output, (size_t)wrote);
		else if (wrote < 0 && errno == EAGAIN)
			poll(&(struct pollfd){.fd = STDOUT_FILENO + which, .events = POLLOUT}, 1, -1);
		else if (wrote < 0 && errno != EINTR)
			lose_output(filter, which, errno);
	}
	buffer_release(output);
}

void filter_free(struct filter *filter)
{
	write_rest(filter, OUTPUT);
	write_rest(filter, ERRORS);
	buffer_release(&filter->input);
	free(filter);
}
