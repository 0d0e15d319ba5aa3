/* Replays the messages that a client missed: those that cannot ask for them are shown them, up to irc_replay entries of a room,
 * as they come back. The room's cursor begins behind what the client has confirmed by a PONG, so that nothing is missed
 * between the replay and what is said now. */
#include "base/memory.h"
#include "gateway/irc/irc.h"

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
	uint64_t missed = is_replayed ? row->seq - after : 0;
	/* In a direct conversation that begins, nothing has been read. */
	if (missed > most && !is_direct)
		irc_enqueue_unasked(connection, "JOIN %s %llu %llu", row->name,
				    (unsigned long long)(row->seq - most),
				    (unsigned long long)(missed - most));
	else if (missed > most)
		irc_enqueue_unasked(connection, "\001FOLLOW %s %llu", row->name,
				    (unsigned long long)(row->seq - most));
	else if (is_replayed)
		irc_enqueue_unasked(connection, is_direct ? "\001FOLLOW %s %llu" : "JOIN %s %llu", row->name,
				    (unsigned long long)after);
	else
		irc_enqueue_unasked(connection, is_direct ? "\001FOLLOW %s" : "JOIN %s", row->name);
}

void irc_forget_seen(struct irc *irc)
{
	while (irc->seen) {
		struct irc_seen *next = irc->seen->next;
		free(irc->seen);
		irc->seen = next;
	}
}

/* The log's entries that are not written yet are not among them, nor those behind private output. */
void irc_note_seen(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	irc_forget_seen(irc);
	for (const struct subscription *one = connection->subscriptions; one; one = one->next) {
		const char *room = one->feed->room;
		struct irc_seen *seen = mem_alloc(sizeof *seen + strlen(room) + 1);
		seen->seq = one->cursor.seq;
		strcpy(seen->room, room);
		seen->next = irc->seen;
		irc->seen = seen;
	}
}

void irc_confirm_seen(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	for (const struct irc_seen *seen = irc->seen; seen; seen = seen->next) {
		struct request *request = irc_request(REQUEST_SEEN, REQUEST_TEXT_ROOM, seen->room, 0);
		request_set_number(request, REQUEST_NUMBER_SEQ, (int64_t)seen->seq);
		connection_ask(connection, request);
	}
	irc_forget_seen(irc);
}
