/* Answers to lines with a label: held until they are complete, then one line, or a batch. */
#include "gateway/irc/irc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* So much of an answer with a label is kept; then what there is goes out. */
#define HELD_BYTES_MAX 65536

/* All that is held becomes a part of the batch that is open, but for lines that already are in one of their own. */
static void write_batched(struct connection *connection)
{
	assert(irc_label(irc_of(connection)));
	struct irc *irc = irc_of(connection);
	struct buffer held = irc->turn->held;
	irc->turn->held = BUFFER_EMPTY;
	irc->is_unasked = true;
	struct buffer *out = irc_out(connection);
	irc->is_unasked = false;
	if (!irc->is_batch) {
		buffer_add_string(out, "@label=");
		irc_add_tag_value(out, irc->turn->label);
		buffer_printf(out, " :%s BATCH +L labeled-response\r\n", irc_server_name());
	}
	irc->is_batch = true;
	for (const char *line = buffer_string(&held); *line;) {
		const char *end = strstr(line, "\r\n") + 2;
		bool has_tags = *line == '@',
		     is_inner = has_tags && memmem(line, strcspn(line, " "), "batch=", 6);
		if (!is_inner)
			buffer_printf(out, "@batch=L%s", has_tags ? ";" : " ");
		buffer_add(out, line + (has_tags && !is_inner),
			   (size_t)(end - line) - (has_tags && !is_inner));
		line = end;
	}
	buffer_release(&held);
}

/* One line, or several for a client that knows no batches. */
static void write_labeled(struct connection *connection, const char *label)
{
	struct irc *irc = irc_of(connection);
	struct buffer *out = irc_out(connection);
	const char *bytes = buffer_string(&irc->turn->held);
	bool has_tags = *bytes == '@';
	buffer_add_string(out, "@label=");
	irc_add_tag_value(out, label);
	if (*bytes)
		buffer_printf(out, "%s%s", has_tags ? ";" : " ", bytes + has_tags);
	else
		buffer_printf(out, " :%s ACK\r\n", irc_server_name());
	buffer_release(&irc->turn->held);
}

static bool is_several(const struct buffer *held)
{
	const char *end =
	    buffer_length(held) ? memmem(buffer_bytes(held), buffer_length(held), "\r\n", 2) : NULL;
	return end && end + 2 < buffer_bytes(held) + buffer_length(held);
}

void irc_settle_label(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	if (!irc_label(irc))
		return;
	if (irc->is_batch || (is_several(&irc->turn->held) && irc_can(connection, IRC_CAP_BATCH)))
		write_batched(connection);
	char *label = irc->turn->label;
	irc->turn->label = NULL;
	if (irc->is_batch)
		buffer_printf(irc_out(connection), ":%s BATCH -L\r\n", irc_server_name());
	else
		write_labeled(connection, label);
	irc->is_batch = false;
	assert(!irc->turn || !buffer_length(&irc->turn->held)); /* 3 */
	free(label);
}

/* Much is not kept until it is complete. */
void irc_thin_out(struct connection *connection)
{
	const struct irc *irc = irc_of(connection);
	if (irc_label(irc) && buffer_length(&irc->turn->held) > HELD_BYTES_MAX &&
	    irc_can(connection, IRC_CAP_BATCH))
		write_batched(connection);
}
