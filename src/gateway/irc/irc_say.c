/* Messages, and what is about them: answers, reactions, edits, deletions, typing. */
#include "base/clock.h"
#include "base/text/emoji.h"
#include "base/memory.h"
#include "base/operation.h"
#include "gateway/irc/irc.h"
#include "wire/filehost.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- refusals --- */

static void refuse(struct connection *connection, const struct reply *reply, const char *target)
{
	assert(reply->kind == REPLY_ERROR);
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

static void put_label(struct irc_turn *turn, const struct iovec *item, bool is_batch, struct buffer *out)
{
	bool is_alone = !buffer_length(&turn->held) && !buffer_length(&turn->lines) && !is_batch;
	const char *bytes = item->iov_base;
	/* A text of several lines is a batch of its own, whose first line has the label. */
	bool has_tags = item->iov_len && *bytes == '@';
	if (!is_alone) {
		buffer_add(&turn->held, bytes, item->iov_len);
		return;
	}
	buffer_add_string(out, "@label=");
	irc_add_tag_value(out, turn->label);
	buffer_add_char(out, has_tags ? ';' : ' ');
	buffer_add(out, bytes + has_tags, item->iov_len - has_tags);
	free(turn->label);
	turn->label = NULL;
}

/* The echo of a line with a label is its answer, taken from its own place in the log. That of one that named several,
 * or is answered by more, is a part of the batch. A message to oneself stays in the log, too: it is delivered behind its echo. */
static void write_echo(struct connection *connection, const struct reply *ack)
{
	struct irc *irc = irc_of(connection);
	struct subscription *one = ack->room ? irc_find_room(connection, ack->room) : NULL;
	bool is_delivered = one && one->feed->is_own && ack->op == REQUEST_SEND;
	if ((!irc_label(irc) && !is_delivered) || !connection->is_echoed || !one)
		return;
	irc_take_log(connection, one, ack->ack.seq);
	struct cursor *cursor = &one->cursor;
	struct buffer *out = irc_raw(connection);
	if (!cursor->chunk || !cursor_settle(cursor, connection->author) || connection->inside ||
	    cursor->chunk->items[cursor->item].seq != ack->ack.seq)
		return;
	struct iovec item = cursor_rest(cursor);
	if (!irc_label(irc))
		buffer_add(out, item.iov_base, item.iov_len);
	else
		put_label(irc->turn, &item, irc->is_batch, out);
	if (!is_delivered)
		cursor_skip_rest(cursor);
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
	write_echo(connection, reply);
	if (*target != '#' && !irc_is_same(target, irc_nick(connection)) && reply->op == REQUEST_SEND)
		irc_ask(connection, irc_request(REQUEST_LOOK, REQUEST_TEXT_NAME, target, 0), then_other_seen,
			target);
}

/* A NOTICE is never answered, but for what was not stored. */
static void then_noticed(struct connection *connection, const struct reply *reply, const char *target)
{
	if (reply->kind != REPLY_ERROR)
		write_echo(connection, reply);
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

/* CTCP to oneself comes back, by which clients measure the line. The echo alone answers the line. */
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

static bool is_action_ctcp(const char *text)
{
	return !strncmp(text, "\001ACTION ", 8);
}

/* Something that only programs read. */
static bool is_ctcp(const char *text)
{
	return *text == '\001' && !is_action_ctcp(text);
}

/* "\001ACTION text\001" in place: the text, or NULL where it is something else that only programs read. */
static const char *read_ctcp(char *text, bool *is_action)
{
	size_t bytes = strlen(text);
	*is_action = is_action_ctcp(text);
	if (is_ctcp(text))
		return NULL;
	if (*is_action && text[bytes - 1] == '\001')
		text[bytes - 1] = '\0';
	return text + (*is_action ? 8 : 0);
}

static struct request *request_of_text(struct connection *connection, const char *room, const char *body,
				       bool is_edit, bool is_action)
{
	const struct buffer *pieces = is_action ? NULL : irc_batch_pieces(connection);
	size_t bytes = strlen(body), more = pieces ? buffer_length(pieces) + 1 : 0;
	bool may_have_files = !is_edit && strstr(body, "://");
	if (may_have_files)
		more += bytes + FILEHOST_IDS_BYTES;
	struct request *request =
	    irc_request(is_edit ? REQUEST_EDIT : REQUEST_SEND, REQUEST_TEXT_ROOM, room, bytes + more);
	if (may_have_files && irc_take_files(request, body))
		return request;
	request_set_text(request, REQUEST_TEXT_MESSAGE, body, bytes);
	if (pieces)
		request_set_pieces(request, buffer_bytes(pieces), buffer_length(pieces));
	return request;
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
		struct request *request = request_of_text(connection, room, body, edited, is_action);
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

void irc_say_to(struct connection *connection, const struct irc_line *line, const char *target,
		const char *text, bool is_notice)
{
	if (irc_is_service(target))
		irc_serve(connection, target, text);
	else if (irc_is_same(target, "*playback"))
		irc_play(connection, text);
	else if (is_ctcp(text) && irc_is_same(target, irc_nick(connection)))
		tell_oneself(connection, is_notice ? "NOTICE" : "PRIVMSG", text);
	else if (strlen(target) > LIMIT_NAME_BYTES - 1)
		irc_numeric(connection, *target == '#' ? "403" : "401", "%.64s :There is no such target",
			    target);
	else if (!irc_is_from_batch(connection) && is_too_long(connection, target, text))
		irc_numeric(connection, "417", ":Input line was too long");
	else
		send_text(connection, line, target, text, is_notice);
}

size_t irc_count_targets(const char *targets)
{
	size_t count = 1;
	while ((targets = strchr(targets, ','))) {
		targets++;
		count++;
	}
	return count;
}

static void say(struct connection *connection, const struct irc_line *line, bool is_notice)
{
	const char *targets = line->count ? line->params[0] : "",
		   *text = line->count > 1 ? line->params[1] : "";
	if (irc_add_to_batch(connection, line, is_notice))
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
	if (irc_count_targets(targets) > IRC_TARGETS_MAX)
		irc_numeric(connection, "407", "%.64s :Too many targets", targets);
	else if (!irc_split(connection, is_notice ? "NOTICE" : "PRIVMSG", "", targets, text))
		irc_say_to(connection, line, targets, text, is_notice);
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
		write_echo(connection, reply);
}

static void then_passed_on(struct connection *connection, const struct reply *reply, const char *target)
{
	if (reply->kind == REPLY_ERROR)
		refuse(connection, reply, target);
	else if (irc_can(connection, IRC_CAP_ECHO))
		irc_say_own_tags(connection, irc_detail(connection), target);
}

/* A reaction that is not one emoji, or is one's own to oneself: those who are there get its tags, and nothing keeps them. */
static void pass_on(struct connection *connection, const struct irc_line *line, const char *room,
		    const char *tag, const char *text)
{
	struct irc *irc = irc_of(connection);
	struct buffer tags = BUFFER_EMPTY, id = BUFFER_EMPTY;
	bool is_reply = irc_tag(line, "+reply", &id);
	const char *target = line->params[0];
	if (!is_reply)
		irc_tag(line, "+draft/reply", &id);
	buffer_printf(&tags, "%s=", is_reply ? "+reply" : "+draft/reply");
	irc_add_tag_value(&tags, buffer_string(&id));
	buffer_printf(&tags, ";%s=", tag);
	irc_add_tag_value(&tags, text);
	if (irc_is_same(target, irc_nick(connection))) {
		if (irc_can(connection, IRC_CAP_ECHO))
			irc_say_own_tags(connection, buffer_string(&tags), target);
		irc->is_unasked = true;
		irc_say_own_tags(connection, buffer_string(&tags), target);
		irc->is_unasked = false;
	} else {
		struct request *request =
		    irc_request(REQUEST_TAGGED, REQUEST_TEXT_ROOM, room, buffer_length(&tags));
		request_set_text(request, REQUEST_TEXT_MESSAGE, buffer_bytes(&tags), buffer_length(&tags));
		irc_ask_about(connection, request, then_passed_on, target, buffer_string(&tags));
	}
	buffer_release(&tags);
	buffer_release(&id);
}

/* True where it is passed on: what is too long or answers nothing here is refused. */
static bool is_passed_on(struct connection *connection, const struct irc_line *line, uint64_t seq,
			 const char *text)
{
	bool is_short = strlen(text) <= LIMIT_EMOJI_BYTES;
	char *folded = mem_string(text);
	emoji_fold(folded);
	bool is_emoji = emoji_is_one(folded);
	free(folded);
	return is_short && (irc_is_same(line->params[0], irc_nick(connection)) || (seq && !is_emoji));
}

static bool react(struct connection *connection, const struct irc_line *line, const char *tag, bool is_on)
{
	struct buffer emoji = BUFFER_EMPTY;
	char *room = room_of(line->params[0]);
	bool is_there = irc_tag(line, tag, &emoji) && buffer_length(&emoji);
	uint64_t seq = is_there ? answered_by(connection, line, room) : 0;
	if (is_there && is_passed_on(connection, line, seq, buffer_string(&emoji))) {
		pass_on(connection, line, room, tag, buffer_string(&emoji));
	} else if (is_there && !seq) {
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
		const char *reason = line->count > 2 ? line->params[2] : "";
		struct request *request =
		    irc_request(REQUEST_DELETE, REQUEST_TEXT_ROOM, room, strlen(reason));
		request_set_number(request, REQUEST_NUMBER_TARGET, (int64_t)seq);
		request_set_text(request, REQUEST_TEXT_REASON, reason, strlen(reason));
		irc_ask(connection, request, then_tagged, buffer_string(&context));
	}
	buffer_release(&context);
	free(room);
}
