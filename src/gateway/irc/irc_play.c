/* The past as ZNC gives it: "PRIVMSG *playback :PLAY TARGET [FROM [TO]]", times in seconds since 1970. The Lounge, Textual
 * and others ask so. */
#include "base/memory.h"
#include "gateway/irc/irc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The words behind PLAY. */
struct play {
	const char *target, *from, *to;
	const char *after; /* of the server's own line that goes on: the last entry so far */
};

/* Milliseconds; 0: none, or not a time. */
static int64_t read_seconds(const char *seconds)
{
	double value = seconds ? strtod(seconds, NULL) : 0;
	return value > 0 && value < 1e12 ? (int64_t)(value * 1000 + 0.5) : 0;
}

/* What has not found a place in this page is asked for when the client has read it. */
static void then_played(struct connection *connection, const struct reply *reply, const char *target)
{
	if (reply->kind == REPLY_ERROR) {
		irc_refuse(connection, reply, target);
		return;
	}
	const struct reply_messages *messages = &reply->messages;
	struct buffer kind = BUFFER_EMPTY;
	buffer_printf(&kind, "znc.in/playback %s", target);
	irc_write_past(connection, messages, false, buffer_string(&kind));
	buffer_release(&kind);
	if (messages->has_more && messages->entries_count && *irc_detail(connection))
		irc_enqueue(connection, "PRIVMSG *playback :PLAY %s %s %llu", target, irc_detail(connection),
			    (unsigned long long)messages->entries[messages->entries_count - 1].entry.seq);
}

/* Without a time a client has nothing yet: it gets the newest page, not all that was ever said. */
static void play_one(struct connection *connection, const struct play *play)
{
	char *room = mem_alloc(strlen(play->target) + 2), going_on[64] = "";
	sprintf(room, "%s%s", *play->target == '#' ? "" : "@", play->target);
	struct request *request = irc_request(REQUEST_HISTORY, REQUEST_TEXT_ROOM, room, 0);
	int64_t from_ms = read_seconds(play->from), to_ms = read_seconds(play->to);
	request->past = HISTORY_SPAN | (from_ms ? 0 : HISTORY_NEWEST);
	if (from_ms)
		request_set_number(request, REQUEST_NUMBER_SINCE_MS, from_ms);
	if (to_ms)
		request_set_number(request, REQUEST_NUMBER_UNTIL_MS, to_ms);
	if (from_ms && play->after)
		request_set_number(request, REQUEST_NUMBER_AFTER, strtoll(play->after, NULL, 10));
	request_set_number(request, REQUEST_NUMBER_LIMIT, LIMIT_PAGE_ENTRIES);
	if (from_ms)
		snprintf(going_on, sizeof going_on, "%lld.%03d %lld.%03d", (long long)from_ms / 1000,
			 (int)(from_ms % 1000), (long long)to_ms / 1000, (int)(to_ms % 1000));
	irc_ask_about(connection, request, then_played, play->target, going_on);
	free(room);
}

/* One of several targets: in its turn, as a line of its own. */
static void play_later(struct connection *connection, const struct play *play, const char *target,
		       size_t bytes)
{
	irc_enqueue(connection, "PRIVMSG *playback :PLAY %.*s %.24s %.24s", (int)bytes, target,
		    play->from ? play->from : "0", play->to ? play->to : "0");
}

static void play_all(struct connection *connection, const struct play *play)
{
	for (const struct subscription *one = connection->subscriptions; one; one = one->next) {
		const char *name = one->feed->room + (*one->feed->room == '@');
		play_later(connection, play, name, strlen(name));
	}
}

/* "#a,#b" is each of them; all of them at once is no name in a list. */
static void play_list(struct connection *connection, const struct play *play)
{
	for (const char *at = play->target; *at;) {
		size_t bytes = strcspn(at, ",");
		if (bytes == 1 && *at == '*')
			irc_numeric(connection, "403", "* :No such channel");
		else if (bytes)
			play_later(connection, play, at, bytes);
		at += bytes + (at[bytes] == ',');
	}
}

void irc_play(struct connection *connection, const char *text)
{
	char *copy = mem_string(text), *rest = NULL, *word = strtok_r(copy, " ", &rest);
	bool is_play = word && irc_is_same(word, "PLAY");
	struct play play = {.target = strtok_r(NULL, " ", &rest),
			    .from = strtok_r(NULL, " ", &rest),
			    .to = strtok_r(NULL, " ", &rest)};
	if (irc_of(connection)->is_internal)
		play.after = strtok_r(NULL, " ", &rest);
	if (!is_play || !play.target || irc_is_from_batch(connection))
		irc_numeric(connection, "404", "*playback :Only PLAY TARGET [FROM [TO]] is known here");
	else if (!strcmp(play.target, "*"))
		play_all(connection, &play);
	else if (irc_count_targets(play.target) > IRC_TARGETS_MAX)
		irc_numeric(connection, "407", "%.64s :Too many targets", play.target);
	else if (strchr(play.target, ','))
		play_list(connection, &play);
	else if (strlen(play.target) >= LIMIT_NAME_BYTES)
		irc_numeric(connection, "403", "%.64s :No such channel", play.target);
	else
		play_one(connection, &play);
	free(copy);
}
