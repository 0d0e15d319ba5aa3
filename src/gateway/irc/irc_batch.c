/* BATCH: a text of several lines, sent as one message. */
#include "base/memory.h"
#include "gateway/irc/irc.h"

#include <stdlib.h>
#include <string.h>

#define BATCH_LINES_MAX 200

struct irc_batch {
	char *reference, *target, *label, *reply;
	struct buffer text, pieces; /* the second with CR where a line goes on */
	size_t lines;
	bool is_notice, has_failed;
	bool is_glued;    /* some line goes on */
	bool is_complete; /* it is being sent */
};

void irc_free_batch(struct irc *irc)
{
	struct irc_batch *batch = irc_extra(irc)->batch;
	if (!batch)
		return;
	free(batch->reference);
	free(batch->target);
	free(batch->label);
	free(batch->reply);
	buffer_release(&batch->text);
	buffer_release(&batch->pieces);
	free(batch);
	irc->extra->batch = NULL;
}

bool irc_is_from_batch(const struct connection *connection)
{
	const struct irc_batch *batch = irc_extra(irc_of(connection))->batch;
	return batch && batch->is_complete;
}

const struct buffer *irc_batch_pieces(const struct connection *connection)
{
	const struct irc_batch *batch = irc_extra(irc_of(connection))->batch;
	return irc_is_from_batch(connection) && batch->is_glued ? &batch->pieces : NULL;
}

static void fail_batch(struct connection *connection, const char *code, const char *context, const char *text)
{
	struct irc_batch *batch = irc_extra(irc_of(connection))->batch;
	if (!batch->has_failed)
		irc_standard(connection, "FAIL", "BATCH", code, context, text);
	batch->has_failed = true;
	buffer_clear(&batch->text);
	buffer_clear(&batch->pieces);
}

static void add_batch_line(struct irc_batch *batch, const char *text, bool is_glued)
{
	if (batch->lines && !is_glued)
		buffer_add_char(&batch->text, '\n');
	if (batch->lines)
		buffer_add_char(&batch->pieces, is_glued ? '\r' : '\n');
	buffer_add_string(&batch->text, text);
	buffer_add_string(&batch->pieces, text);
	batch->is_glued |= batch->lines && is_glued;
	batch->lines++;
}

bool irc_add_to_batch(struct connection *connection, const struct irc_line *line, bool is_notice)
{
	struct irc_batch *batch = irc_extra(irc_of(connection))->batch;
	struct buffer value = BUFFER_EMPTY;
	bool is_part =
	    batch && irc_tag(line, "batch", &value) && !strcmp(buffer_string(&value), batch->reference);
	if (is_part) {
		bool is_glued = irc_tag(line, "draft/multiline-concat", &value);
		const char *text = line->count > 1 ? line->params[1] : "";
		if (is_glued && !*text)
			fail_batch(connection, "MULTILINE_INVALID", "", "An empty line continues nothing");
		if (!line->count || !irc_is_same(line->params[0], batch->target))
			fail_batch(connection, "MULTILINE_INVALID_TARGET", batch->target,
				   "All lines go to one target");
		if (batch->lines && is_notice != batch->is_notice)
			fail_batch(connection, "MULTILINE_INVALID", "", "All lines are of one command");
		if (batch->lines >= BATCH_LINES_MAX)
			fail_batch(connection, "MULTILINE_MAX_LINES", "200", "These are too many lines");
		/* A batch that has failed is read to its end, but nothing of it is kept. */
		if (!batch->has_failed)
			add_batch_line(batch, text, is_glued);
		batch->is_notice = is_notice;
		if (buffer_length(&batch->text) > LIMIT_MESSAGE_BYTES)
			fail_batch(connection, "MULTILINE_MAX_BYTES", "8192", "This is too long");
	}
	buffer_release(&value);
	return is_part;
}

static void open_multiline(struct connection *connection, const struct irc_line *line)
{
	struct irc *irc = irc_of(connection);
	struct buffer reply = BUFFER_EMPTY;
	if (line->count < 3 || strcmp(line->params[1], "draft/multiline") != 0) {
		irc_standard(connection, "FAIL", "BATCH", "UNKNOWN_TYPE",
			     line->count > 1 ? line->params[1] : "*", "Only draft/multiline is known");
		return;
	}
	irc_free_batch(irc);
	struct irc_batch *batch = mem_zero(sizeof *batch);
	irc_make_extra(irc)->batch = batch;
	batch->reference = mem_string(line->params[0] + 1);
	batch->target = mem_string(line->params[2]);
	if (irc_tag(line, "+reply", &reply) || irc_tag(line, "+draft/reply", &reply))
		batch->reply = mem_string(buffer_string(&reply));
	buffer_release(&reply);
	/* The answer comes when the whole message is there. */
	if (irc->turn) {
		batch->label = irc->turn->label;
		irc->turn->label = NULL;
	}
}

static void close_batch(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	struct irc_batch *batch = irc_extra(irc)->batch;
	struct buffer tags = BUFFER_EMPTY;
	if (batch->reply) {
		buffer_add_string(&tags, "+reply=");
		irc_add_tag_value(&tags, batch->reply);
	}
	char *tag_text = mem_string(buffer_string(&tags));
	struct irc_line line = {.tags = tag_text, .params = {batch->target}, .count = 1};
	const char *text = buffer_string(&batch->text);
	batch->is_complete = true;
	if (batch->label) {
		struct irc_turn *turn = irc_begin_turn(connection);
		free(turn->label);
		turn->label = batch->label;
		batch->label = NULL;
	}
	if (!batch->has_failed && strspn(text, "\n") == strlen(text))
		irc_standard(connection, "FAIL", "BATCH", "MULTILINE_INVALID", "", "There is no text in it");
	else if (!batch->has_failed)
		irc_say_to(connection, &line, batch->target, text, batch->is_notice);
	irc_free_batch(irc);
	buffer_release(&tags);
	free(tag_text);
}

void irc_run_batch(struct connection *connection, const struct irc_line *line)
{
	const char *reference = line->params[0];
	struct irc_batch *batch = irc_extra(irc_of(connection))->batch;
	if (!irc_can(connection, IRC_CAP_MULTILINE | IRC_CAP_BATCH))
		irc_numeric(connection, "421", "BATCH :Unknown command");
	else if (*reference == '+')
		open_multiline(connection, line);
	else if (*reference == '-' && batch && !strcmp(reference + 1, batch->reference))
		close_batch(connection);
	else
		irc_standard(connection, "FAIL", "BATCH", "UNKNOWN_REFERENCE", "*", "There is no such batch");
}
