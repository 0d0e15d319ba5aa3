/* Messages, and what is about them: answers, reactions, edits, deletions, typing. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/operation.h"
#include "gateway/irc/irc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Messages of one line that names several; more are not sent. */
#define TARGETS_MAX     20
#define BATCH_LINES_MAX 200

struct irc_batch {
	char *reference, *target, *label, *reply;
	struct buffer text;
	size_t lines;
	bool is_notice, has_failed;
};

/* --- refusals --- */

static void refuse(struct connection *connection, const struct reply *reply, const char *target)
{
	struct buffer text = BUFFER_EMPTY;
	const char *why = irc_error_text(connection, reply, &text);
	switch (reply->note.error) {
	case ERROR_NO_USER:
		irc_numeric(connection, "401", "%s :%s", target, why);
		break;
	case ERROR_NO_ROOM:
		irc_numeric(connection, *target == '#' ? "403" : "401", "%s :%s", target, why);
		break;
	case ERROR_NO_MESSAGE:
		irc_standard(connection, "FAIL", reply->op == REQUEST_DELETE ? "REDACT" : "TAGMSG",
			     "UNKNOWN_MSGID", target, why);
		break;
	case ERROR_FORBIDDEN:
		if (reply->op == REQUEST_DELETE)
			irc_standard(connection, "FAIL", "REDACT", "REDACT_FORBIDDEN", target, why);
		else
			irc_numeric(connection, "404", "%s :%s", target, why);
		break;
	case ERROR_STORE_FAILED:
		irc_standard(connection, "FAIL", "PRIVMSG", "STORE_FAILED", target, why);
		break;
	default:
		irc_numeric(connection, "404", "%s :%s", target, why);
	}
	buffer_release(&text);
}

/* --- sending --- */

/* The echo of a line with a label is its answer, taken from its own place in the log. That of one that named several,
 * or is answered by more, is a part of the batch. */
static void write_labeled_echo(struct connection *connection, const struct reply *ack)
{
	struct irc *irc = irc_of(connection);
	struct subscription *one = ack->room ? irc_find_room(connection, ack->room) : NULL;
	if (!irc->label || !connection->is_echoed || !one)
		return;
	irc_take_log(connection, one, ack->ack.seq);
	struct cursor *cursor = &one->cursor;
	struct buffer *out = irc_raw(connection);
	if (!cursor->chunk || !cursor_settle(cursor, connection->author) || connection->inside ||
	    cursor->chunk->items[cursor->item].seq != ack->ack.seq)
		return;
	struct iovec item = cursor_rest(cursor);
	bool is_alone = !buffer_length(&irc->held) && !buffer_length(&irc->lines) && !irc->is_batch;
	const char *bytes = item.iov_base;
	/* A text of several lines is a batch of its own, whose first line has the label. */
	bool has_tags = item.iov_len && *bytes == '@';
	if (!is_alone) {
		buffer_add(&irc->held, bytes, item.iov_len);
		cursor_skip_rest(cursor);
		return;
	}
	buffer_add_string(out, "@label=");
	irc_add_tag_value(out, irc->label);
	buffer_add_char(out, has_tags ? ';' : ' ');
	buffer_add(out, bytes + has_tags, item.iov_len - has_tags);
	cursor_skip_rest(cursor);
	free(irc->label);
	irc->label = NULL;
}

/* The writer of a message to somebody who is away hears so. */
static void then_other_seen(struct connection *connection, const struct reply *reply, const char *name)
{
	(void)name;
	if (reply->kind == REPLY_LOOK && reply->look.people.rows_count)
		irc_write_absence(connection, &reply->look.people.rows[0]);
}

static void then_said(struct connection *connection, const struct reply *reply, const char *target)
{
	if (reply->kind == REPLY_ERROR) {
		refuse(connection, reply, target);
		return;
	}
	write_labeled_echo(connection, reply);
	if (*target != '#' && reply->op == REQUEST_SEND)
		irc_ask(connection, irc_request(REQUEST_LOOK, REQUEST_TEXT_NAME, target, 0), then_other_seen,
			target);
}

/* A NOTICE is never answered, but for what was not stored. */
static void then_noticed(struct connection *connection, const struct reply *reply, const char *target)
{
	if (reply->kind != REPLY_ERROR)
		write_labeled_echo(connection, reply);
	else if (reply->note.error == ERROR_STORE_FAILED)
		refuse(connection, reply, target);
}

/* Each line of the text, and each piece of one that is too long. */
static void say_own_text(struct connection *connection, const char *command, const char *text)
{
	const char *nick = irc_nick(connection);
	struct buffer prefix = BUFFER_EMPTY;
	irc_add_own_prefix(connection, &prefix);
	size_t left = strlen(text), most = IRC_LINE_MAX - strlen(":   :") - buffer_length(&prefix) -
					   strlen(command) - strlen(nick);
	while (left) {
		size_t skip;
		bool is_broken;
		size_t bytes = irc_piece(text, left, most, &skip, &is_broken);
		if (bytes)
			irc_say_own(connection, "%s %s :%.*s", command, nick, (int)bytes, text);
		text += bytes + skip;
		left -= bytes + skip;
	}
	buffer_release(&prefix);
}

/* One's own words come back: they are nobody else's, so nothing keeps them. The echo alone answers the line. */
static void tell_oneself(struct connection *connection, const char *command, const char *text)
{
	struct irc *irc = irc_of(connection);
	if (irc_can(connection, IRC_CAP_ECHO))
		say_own_text(connection, command, text);
	irc->is_unasked = true;
	say_own_text(connection, command, text);
	irc->is_unasked = false;
}

static char *room_of(const char *target)
{
	char *room = mem_alloc(strlen(target) + 2);
	sprintf(room, "%s%s", *target == '#' ? "" : "@", target);
	return room;
}

/* The entry that a tag names; 0: there is no such tag, or no entry that this room has. */
static uint64_t entry_of_tag(struct connection *connection, const struct irc_line *line, const char *room,
			     const char *tag)
{
	struct buffer value = BUFFER_EMPTY;
	int64_t room_id;
	uint64_t seq = 0;
	bool is_read = irc_tag(line, tag, &value) && irc_read_msgid(buffer_string(&value), &room_id, &seq);
	const struct subscription *one = is_read ? irc_find_room(connection, room) : NULL;
	bool is_elsewhere = one && one->feed->room_id != room_id;
	buffer_release(&value);
	return is_read && !is_elsewhere ? seq : 0;
}

/* The entry that a message or a reaction answers. */
static uint64_t answered_by(struct connection *connection, const struct irc_line *line, const char *room)
{
	uint64_t seq = entry_of_tag(connection, line, room, "+reply");
	return seq ? seq : entry_of_tag(connection, line, room, "+draft/reply");
}

/* "\001ACTION text\001" in place: the text, or NULL where it is something else that only programs read. */
static const char *read_ctcp(char *text, bool *is_action)
{
	size_t bytes = strlen(text);
	*is_action = false;
	if (*text != '\001')
		return text;
	if (bytes > 1 && text[bytes - 1] == '\001')
		text[bytes - 1] = '\0';
	if (strncmp(text, "\001ACTION ", 8) != 0)
		return NULL;
	*is_action = true;
	return text + 8;
}

static void send_text(struct connection *connection, const struct irc_line *line, const char *target,
		      const char *text, bool is_notice)
{
	char *copy = mem_string(text), *room = room_of(target);
	bool is_action;
	const char *body = read_ctcp(copy, &is_action);
	uint64_t reply_to = answered_by(connection, line, room);
	uint64_t edited = entry_of_tag(connection, line, room, "+brusio/edit");
	if (!body || !*body) {
		if (!is_notice && body)
			irc_numeric(connection, "412", ":No text to send");
		else if (!is_notice)
			irc_numeric(connection, "404", "%s :%s", target,
				    lang_text((enum lang)connection->lang, TEXT_irc_no_ctcp));
	} else {
		struct request *request =
		    irc_request(edited ? REQUEST_EDIT : REQUEST_SEND, REQUEST_TEXT_ROOM, room, strlen(body));
		request_set_text(request, REQUEST_TEXT_MESSAGE, body, strlen(body));
		if (edited)
			request_set_number(request, REQUEST_NUMBER_TARGET, (int64_t)edited);
		if (reply_to && !edited)
			request_set_number(request, REQUEST_NUMBER_REPLY_TO, (int64_t)reply_to);
		request_set_number(request, REQUEST_NUMBER_ACTION, is_action);
		request_set_number(request, REQUEST_NUMBER_NOTICE, is_notice);
		request->is_bot = irc_of(connection)->is_bot;
		irc_ask(connection, request, is_notice ? then_noticed : then_said, target);
	}
	free(copy);
	free(room);
}

/* With this connection's name in front it would not go into one line of those who read it. */
static bool is_too_long(struct connection *connection, const char *target, const char *text)
{
	struct buffer prefix = BUFFER_EMPTY;
	irc_add_own_prefix(connection, &prefix);
	size_t bytes = strlen(": PRIVMSG  :") + buffer_length(&prefix) + strlen(target) + strlen(text);
	buffer_release(&prefix);
	return bytes > IRC_LINE_MAX;
}

static void say_to(struct connection *connection, const struct irc_line *line, const char *target,
		   const char *text, bool is_notice)
{
	if (irc_is_service(target))
		irc_serve(connection, target, text);
	else if (irc_is_same(target, irc_nick(connection)))
		tell_oneself(connection, is_notice ? "NOTICE" : "PRIVMSG", text);
	else if (strlen(target) > LIMIT_NAME_BYTES - 1)
		irc_numeric(connection, *target == '#' ? "403" : "401", "%.64s :There is no such target",
			    target);
	else if (!irc_of(connection)->batch && is_too_long(connection, target, text))
		irc_numeric(connection, "417", ":Input line was too long");
	else
		send_text(connection, line, target, text, is_notice);
}

static size_t count_targets(const char *targets)
{
	size_t count = 1;
	while ((targets = strchr(targets, ','))) {
		targets++;
		count++;
	}
	return count;
}

static bool add_to_batch(struct connection *connection, const struct irc_line *line, bool is_notice);

static void say(struct connection *connection, const struct irc_line *line, bool is_notice)
{
	const char *targets = line->count ? line->params[0] : "",
		   *text = line->count > 1 ? line->params[1] : "";
	if (add_to_batch(connection, line, is_notice))
		return;
	if (!*targets) {
		if (!is_notice)
			irc_numeric(connection, "411", ":No recipient given");
		return;
	}
	if (!*text) {
		if (!is_notice)
			irc_numeric(connection, "412", ":No text to send");
		return;
	}
	if (count_targets(targets) > TARGETS_MAX)
		irc_numeric(connection, "407", "%.64s :Too many targets", targets);
	else if (!irc_split(connection, is_notice ? "NOTICE" : "PRIVMSG", "", targets, text))
		say_to(connection, line, targets, text, is_notice);
}

void irc_run_privmsg(struct connection *connection, const struct irc_line *line)
{
	say(connection, line, false);
}

void irc_run_notice(struct connection *connection, const struct irc_line *line)
{
	say(connection, line, true);
}

/* --- TAGMSG, REDACT --- */

static void then_tagged(struct connection *connection, const struct reply *reply, const char *target)
{
	if (reply->kind == REPLY_ERROR)
		refuse(connection, reply, target);
	else
		write_labeled_echo(connection, reply);
}

static bool react(struct connection *connection, const struct irc_line *line, const char *tag, bool is_on)
{
	struct buffer emoji = BUFFER_EMPTY;
	char *room = room_of(line->params[0]);
	bool is_there = irc_tag(line, tag, &emoji) && buffer_length(&emoji);
	uint64_t seq = is_there ? answered_by(connection, line, room) : 0;
	if (is_there && !seq) {
		irc_standard(connection, "FAIL", "TAGMSG", "UNKNOWN_MSGID", line->params[0],
			     "There is no such message here");
	} else if (is_there) {
		struct request *request =
		    irc_request(REQUEST_REACT, REQUEST_TEXT_ROOM, room, buffer_length(&emoji));
		request_set_text(request, REQUEST_TEXT_EMOJI, buffer_string(&emoji), buffer_length(&emoji));
		request_set_number(request, REQUEST_NUMBER_TARGET, (int64_t)seq);
		request_set_number(request, REQUEST_NUMBER_ON, is_on);
		irc_ask(connection, request, then_tagged, line->params[0]);
	}
	free(room);
	buffer_release(&emoji);
	return is_there;
}

static void type(struct connection *connection, const struct irc_line *line)
{
	struct buffer value = BUFFER_EMPTY;
	if (irc_tag(line, "+typing", &value) || irc_tag(line, "+draft/typing", &value)) {
		char *room = room_of(line->params[0]);
		struct request *request = irc_request(REQUEST_TYPING, REQUEST_TEXT_ROOM, room, 0);
		request_set_number(request, REQUEST_NUMBER_ON, !strcmp(buffer_string(&value), "active"));
		/* It has no answer. */
		connection_ask(connection, request);
		free(room);
	}
	buffer_release(&value);
}

void irc_run_tagmsg(struct connection *connection, const struct irc_line *line)
{
	if (!irc_can(connection, IRC_CAP_TAGS))
		irc_numeric(connection, "421", "TAGMSG :Unknown command");
	else if (!react(connection, line, "+draft/react", true) &&
		 !react(connection, line, "+draft/unreact", false))
		type(connection, line);
}

void irc_run_redact(struct connection *connection, const struct irc_line *line)
{
	int64_t room_id;
	uint64_t seq;
	const char *target = line->params[0];
	char *room = room_of(target);
	const struct subscription *one = irc_find_room(connection, room);
	struct buffer context = BUFFER_EMPTY;
	buffer_printf(&context, "%s %s", target, line->params[1]);
	if (!one && *target == '#') {
		irc_standard(connection, "FAIL", "REDACT", "INVALID_TARGET", target,
			     "You are not in this room");
	} else if (!irc_read_msgid(line->params[1], &room_id, &seq) ||
		   (one && one->feed->room_id != room_id)) {
		irc_standard(connection, "FAIL", "REDACT", "UNKNOWN_MSGID", buffer_string(&context),
			     "There is no such message here");
	} else {
		struct request *request = irc_request(REQUEST_DELETE, REQUEST_TEXT_ROOM, room, 0);
		request_set_number(request, REQUEST_NUMBER_TARGET, (int64_t)seq);
		irc_ask(connection, request, then_tagged, buffer_string(&context));
	}
	buffer_release(&context);
	free(room);
}

/* --- BATCH: a text of several lines --- */

void irc_free_batch(struct irc *irc)
{
	struct irc_batch *batch = irc->batch;
	if (!batch)
		return;
	free(batch->reference);
	free(batch->target);
	free(batch->label);
	free(batch->reply);
	buffer_release(&batch->text);
	free(batch);
	irc->batch = NULL;
}

static void fail_batch(struct connection *connection, const char *code, const char *context, const char *text)
{
	struct irc_batch *batch = irc_of(connection)->batch;
	if (!batch->has_failed)
		irc_standard(connection, "FAIL", "BATCH", code, context, text);
	batch->has_failed = true;
}

/* True where the line belongs to the batch that is open. */
static bool add_to_batch(struct connection *connection, const struct irc_line *line, bool is_notice)
{
	struct irc_batch *batch = irc_of(connection)->batch;
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
		if (batch->lines++ && !is_glued)
			buffer_add_char(&batch->text, '\n');
		buffer_add_string(&batch->text, text);
		batch->is_notice = is_notice;
		if (buffer_length(&batch->text) > LIMIT_MESSAGE_BYTES) {
			fail_batch(connection, "MULTILINE_MAX_BYTES", "8192", "This is too long");
			buffer_clear(&batch->text);
		}
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
	irc->batch = mem_zero(sizeof *irc->batch);
	irc->batch->reference = mem_string(line->params[0] + 1);
	irc->batch->target = mem_string(line->params[2]);
	if (irc_tag(line, "+reply", &reply) || irc_tag(line, "+draft/reply", &reply))
		irc->batch->reply = mem_string(buffer_string(&reply));
	buffer_release(&reply);
	/* The answer comes when the whole message is there. */
	irc->batch->label = irc->label;
	irc->label = NULL;
}

static void close_batch(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	struct irc_batch *batch = irc->batch;
	struct buffer tags = BUFFER_EMPTY;
	if (batch->reply) {
		buffer_add_string(&tags, "+reply=");
		irc_add_tag_value(&tags, batch->reply);
	}
	char *tag_text = mem_string(buffer_string(&tags));
	struct irc_line line = {.tags = tag_text, .params = {batch->target}, .count = 1};
	const char *text = buffer_string(&batch->text);
	if (batch->label) {
		free(irc->label);
		irc->label = batch->label;
		batch->label = NULL;
	}
	if (!batch->has_failed && strspn(text, "\n") == strlen(text))
		irc_standard(connection, "FAIL", "BATCH", "MULTILINE_INVALID", "", "There is no text in it");
	else if (!batch->has_failed)
		say_to(connection, &line, batch->target, text, batch->is_notice);
	irc_free_batch(irc);
	buffer_release(&tags);
	free(tag_text);
}

void irc_run_batch(struct connection *connection, const struct irc_line *line)
{
	const char *reference = line->params[0];
	struct irc_batch *batch = irc_of(connection)->batch;
	if (!irc_can(connection, IRC_CAP_MULTILINE | IRC_CAP_BATCH))
		irc_numeric(connection, "421", "BATCH :Unknown command");
	else if (*reference == '+')
		open_multiline(connection, line);
	else if (*reference == '-' && batch && !strcmp(reference + 1, batch->reference))
		close_batch(connection);
	else
		irc_standard(connection, "FAIL", "BATCH", "UNKNOWN_REFERENCE", "*", "There is no such batch");
}
