/* Replays the messages that a client missed: those that cannot ask for them are shown them, up to irc_replay entries of a room,
 * as they come back, each as it reads now. What the client has confirmed by a PONG is where the replay begins. Where it ends a room's
 * cursor begins, so that nothing is missed between it and what is said now; a conversation's cursor is there first, and what was
 * missed is all that lies before the place where it began. While any of that is still to be written, nothing is confirmed. */
#include "base/memory.h"
#include "gateway/irc/irc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct irc_seen {
	struct irc_seen *next;
	uint64_t seq;
	char room[];
};

bool irc_is_replayed(const struct connection *connection)
{
	const struct irc *irc = irc_of(connection);
	return irc->is_account && !irc->is_bot && !irc_can(connection, IRC_CAP_HISTORY) &&
	       !irc_can(connection, IRC_CAP_PLAYBACK) && connection->gateway->limits->irc_replay;
}

void irc_come_back(struct connection *connection, const struct reply_row *row)
{
	uint64_t most = (uint64_t)connection->gateway->limits->irc_replay;
	uint64_t after = row->seen > row->read ? row->seen : row->read;
	bool is_direct = *row->name == '@', is_replayed = irc_is_replayed(connection) && after < row->seq;
	uint64_t older = is_replayed && row->seq - after > most ? row->seq - after - most : 0;
	/* In a direct conversation that begins, nothing has been read. */
	if (is_replayed)
		irc_enqueue_unasked(connection, "\001REPLAY %s %llu %llu", row->name,
				    (unsigned long long)(after + older),
				    (unsigned long long)(is_direct ? 0 : older));
	else
		irc_enqueue_unasked(connection, is_direct ? "\001FOLLOW %s" : "JOIN %s", row->name);
}

/* --- entries that change others that are shown as well --- */

static struct entry *find_missed(const struct reply_messages *missed, uint64_t seq)
{
	for (size_t i = 0; i < missed->entries_count; i++)
		if (missed->entries[i].entry.seq == seq)
			return &missed->entries[i].entry;
	return NULL;
}

/* Adds the lines of what was missed. A message that was edited or deleted meanwhile is shown once, as it is now, or not at all. */
static void add_missed(const struct connection *connection, const struct reply_messages *missed,
		       struct buffer *to)
{
	for (size_t i = 0; i < missed->entries_count; i++) {
		const struct entry *entry = &missed->entries[i].entry;
		struct entry *edited = entry->kind == ENTRY_EDIT ? find_missed(missed, entry->ref) : NULL;
		if (edited && !(entry->flags & ENTRY_DELETED))
			edited->text = entry->text;
	}
	for (size_t i = 0; i < missed->entries_count; i++) {
		struct entry shown = missed->entries[i].entry;
		bool is_change = shown.kind == ENTRY_EDIT || shown.kind == ENTRY_DELETE;
		if (is_change && shown.ref >= missed->entries[0].entry.seq)
			continue;
		shown.reader = *shown.room == '@' ? irc_nick(connection) : NULL;
		irc_encode_past(connection->dialect->id, &shown, (enum lang)connection->lang, NULL, to);
	}
}

static struct request *ask_missed(const char *room, const char *after)
{
	struct request *request = irc_request(REQUEST_HISTORY, REQUEST_TEXT_ROOM, room, 0);
	request->past = HISTORY_SPAN | HISTORY_EVENTS;
	request_set_number(request, REQUEST_NUMBER_AFTER, strtoll(after, NULL, 10));
	request_set_number(request, REQUEST_NUMBER_LIMIT, LIMIT_PAGE_ENTRIES);
	return request;
}

/* Then the room is entered, and its lines come behind that. Where retention took the first of them, the log says so. */
static void then_missed(struct connection *connection, const struct reply *reply, const char *room)
{
	uint64_t after = strtoull(irc_detail(connection), NULL, 10);
	const char *older = strchr(irc_detail(connection), ' ') + 1;
	const struct reply_messages *missed = &reply->messages;
	struct buffer lines = BUFFER_EMPTY;
	buffer_printf(&lines, "%s\n", older);
	if (reply->kind != REPLY_ERROR && missed->entries_count &&
	    missed->entries[0].entry.seq == after + 1) {
		add_missed(connection, missed, &lines);
		after = missed->entries[missed->entries_count - 1].entry.seq;
	}
	irc_read_on(connection, room, after, buffer_string(&lines));
	buffer_release(&lines);
}

/* The log goes on from there, and shows what no page of the history had. What was said meanwhile may come twice, but it comes. */
static void read_log_on(struct connection *connection, const char *room, uint64_t after)
{
	struct subscription *one = irc_find_room(connection, room);
	struct request *request = irc_request(REQUEST_JOIN, REQUEST_TEXT_ROOM, room, 0);
	request_set_number(request, REQUEST_NUMBER_AFTER, (int64_t)after);
	if (one)
		feed_leave(one);
	irc_ask(connection, request, NULL, room);
}

/* The next page is a line of its own: it waits for a client that does not read. */
static void then_missed_words(struct connection *connection, const struct reply *reply, const char *room)
{
	char *live;
	uint64_t after = strtoull(irc_detail(connection), &live, 10);
	const struct reply_messages *missed = &reply->messages;
	if (reply->kind == REPLY_ERROR || !missed->entries_count ||
	    missed->entries[0].entry.seq != after + 1) {
		read_log_on(connection, room, after);
		return;
	}
	add_missed(connection, missed, irc_out(connection));
	after = missed->entries[missed->entries_count - 1].entry.seq;
	if (missed->has_more)
		irc_enqueue(connection, "\001REPLAY %s %llu%s", room, (unsigned long long)after, live);
}

/* `after` and `live`: the entries between which it was missed, the latter one of them. */
static void ask_missed_words(struct connection *connection, const char *room, const char *after,
			     const char *live)
{
	char place[64];
	snprintf(place, sizeof place, "%.20s %.20s", after, live);
	struct request *request = ask_missed(room, after);
	request_set_number(request, REQUEST_NUMBER_BEFORE, strtoll(live, NULL, 10) + 1);
	irc_ask_about(connection, request, then_missed_words, room, place);
}

/* A conversation is followed as soon as the other says something, so it is followed before the past of it is asked for. What is
 * said in between comes before that past, and is no part of it. */
static void then_followed(struct connection *connection, const struct reply *reply, const char *room)
{
	const struct subscription *one = irc_find_room(connection, room);
	char live[24];
	if (reply->kind == REPLY_ERROR)
		return;
	/* The place in the log moves to where this answer says: what is before that is written now. */
	irc_out(connection);
	snprintf(live, sizeof live, "%llu",
		 (unsigned long long)(one ? one->cursor.live_seq : reply->joined.seq));
	ask_missed_words(connection, room, irc_detail(connection), live);
}

void irc_run_replay(struct connection *connection, const struct irc_line *line)
{
	const char *room = line->params[0], *after = line->params[1];
	char place[64];
	snprintf(place, sizeof place, "%.20s %.20s", after, line->params[2]);
	if (*room == '#')
		irc_ask_about(connection, ask_missed(room, after), then_missed, room, place);
	else if (strcmp(line->params[2], "0"))
		ask_missed_words(connection, room, after, line->params[2]);
	else
		irc_ask_about(connection, irc_request(REQUEST_JOIN, REQUEST_TEXT_ROOM, room, 0),
			      then_followed, room, after);
}

void irc_forget_seen(struct irc *irc)
{
	while (irc_extra(irc)->seen) {
		struct irc_seen *first = irc->extra->seen;
		irc->extra->seen = first->next;
		free(first);
	}
}

/* The log's entries that are not written yet are not among them, nor those behind private output. */
void irc_note_seen(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	const struct irc_turn *turn = irc->turn;
	irc_forget_seen(irc);
	/* A cursor may be ahead of what is still to be replayed. */
	if (turn && (turn->asked || buffer_length(&turn->lines) || buffer_length(&turn->unasked)))
		return;
	for (const struct subscription *one = connection->subscriptions; one; one = one->next) {
		const char *room = one->feed->room;
		struct irc_seen *seen = mem_alloc(sizeof *seen + strlen(room) + 1);
		seen->seq = one->cursor.seq;
		strcpy(seen->room, room);
		struct irc_extra *extra = irc_make_extra(irc);
		seen->next = extra->seen;
		extra->seen = seen;
	}
}

void irc_confirm_seen(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	for (const struct irc_seen *seen = irc_extra(irc)->seen; seen; seen = seen->next) {
		struct request *request = irc_request(REQUEST_SEEN, REQUEST_TEXT_ROOM, seen->room, 0);
		request_set_number(request, REQUEST_NUMBER_SEQ, (int64_t)seen->seq);
		connection_ask(connection, request);
	}
	irc_forget_seen(irc);
}
