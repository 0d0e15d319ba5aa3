#include "gen.h"

#include <stdlib.h>
#include <string.h>

#include "stamp.h"

static uint64_t *word_of(struct track *track, uint32_t seq)
{
	return &track->recent[seq % GEN_RECENT / 64];
}

static void note_came(struct track *track, uint32_t seq, bool came)
{
	uint64_t bit = 1ull << seq % 64, *word = word_of(track, seq);
	*word = came ? *word | bit : *word & ~bit;
}

/* Those from `first` on before `end` have not come. */
static void note_missing(struct track *track, uint32_t first, uint32_t end)
{
	if (end - first >= GEN_RECENT)
		first = end - GEN_RECENT;
	for (; first < end; first++)
		note_came(track, first, false);
}

/*
 * A message came whose number is not the next one. Every case is counted as
 * what it is: numbers passed over are missing until they come late.
 * Returns whether it counts as a delivery.
 */
static bool out_of_order(struct group *group, struct conn *conn, struct track *track, uint32_t seq)
{
	if (conn->resync) {
		conn->resync = false;
		track->expect = seq + 1;
		memset(track->recent, 0xff, sizeof track->recent);
		return true;
	}
	if (seq > track->expect) {
		uint32_t missing = seq - track->expect;
		group->skipped += missing;
		note_missing(track, track->expect, seq);
		note_came(track, seq, true);
		track->expect = seq + 1;
		return true;
	}
	uint32_t age = track->expect - 1 - seq;
	if (age < GEN_RECENT && !(*word_of(track, seq) >> seq % 64 & 1)) {
		note_came(track, seq, true);
		group->reordered += !conn->merges;
		group->skipped -= conn->merges;
		return true;
	}
	group->repeated += !conn->merges;
	return false;
}

static void barrier_arrived(struct conn *conn)
{
	if (!conn->in_room) {
		conn->in_room = true;
		conn->room->waiting--;
	}
}

static inline void deliver(struct gen *gen, struct conn *conn, const char *text, uint64_t now_ns)
{
	struct group *group = conn->room->group;
	unsigned from = stamp_get_hex2(text + STAMP_SENDER_AT);
	uint32_t seq = stamp_get_hex8(text + STAMP_SEQ_AT);

	if (text[gen->text_bytes - 1] != '$' || from >= group->senders) {
		group->corrupt++;
		return;
	}
	if (seq == STAMP_SEQ_BARRIER) {
		barrier_arrived(conn);
		return;
	}
	struct track *track = &conn->track[from];
	if (seq == track->expect) {
		track->expect++;
		note_came(track, seq, true);
	} else if (!out_of_order(group, conn, track, seq)) {
		return;
	}
	group->delivered++;
	if (conn->counts) {
		struct sender *sender = &conn->room->senders[from];
		if (--sender->remaining[seq & sender->ring_mask] == 0)
			sender_complete(gen, sender);
	}
	if (gen->measuring && !conn->stalled && !conn->storms) {
		uint64_t sent_ns = stamp_get_hex16(text + STAMP_TIME_AT);
		histogram_record(&group->latency[gen->phase], now_ns > sent_ns ? now_ns - sent_ns : 0);
	}
	if (conn->behind)
		conn_check_behind(gen, conn, now_ns);
}

/* Hands the whole lines in [at, end) to the dialect; returns where the last incomplete one begins. */
static char *take_lines(struct gen *gen, struct conn *conn, char *at, char *end, bool *only_framing)
{
	bool was_ready = conn->state == CONN_READY;
	while (at < end) {
		char *newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline)
			break;
		char *stop = newline > at && newline[-1] == '\r' ? newline - 1 : newline;
		if (conn->state == CONN_CLOSED)
			return end;
		if (gen->dialect->on_line(gen, conn, at, (size_t)(stop - at)))
			*only_framing = false;
		at = newline + 1;
		/* Messages may follow the line that let it in. */
		if (!was_ready && conn->state == CONN_READY)
			break;
	}
	return at;
}

/* In the room: nearly every line is a message, and it is found by its mark alone. */
static char *take_messages(struct gen *gen, struct conn *conn, char *at, char *end, uint64_t now_ns)
{
	unsigned text_bytes = gen->text_bytes;
	bool counted = conn->receiver;

	while (at < end) {
		char *mark = memchr(at, STAMP_MARK, (size_t)(end - at));
		if (!mark || mark + text_bytes >= end)
			break;
		if ((uint32_t)(mark - at) != conn->gap) {
			/* Something else may stand before this message. */
			bool only_framing = true;
			char *line = take_lines(gen, conn, at, mark, &only_framing);
			if (conn->state != CONN_READY)
				return end;
			if (!only_framing) {
				at = line;
				continue;
			}
			conn->gap = (uint32_t)(mark - at);
		}
		char *newline = memchr(mark + text_bytes, '\n', (size_t)(end - mark - text_bytes));
		if (!newline)
			break;
		if (counted)
			deliver(gen, conn, mark, now_ns);
		if (gen->storm && gen->dialect->note)
			gen->dialect->note(conn, at, mark);
		at = newline + 1;
	}
	return at;
}

size_t stream_take(struct gen *gen, struct conn *conn, char *bytes, size_t len, uint64_t now_ns)
{
	char *at = bytes, *end = bytes + len;
	for (;;) {
		bool only_framing = true;
		char *before = at;
		if (conn->state == CONN_READY)
			at = take_messages(gen, conn, at, end, now_ns);
		/* The rest is lines before a message that is not whole yet, or no message at all. */
		if (at < end && (conn->state != CONN_READY || !memchr(at, STAMP_MARK, (size_t)(end - at))))
			at = take_lines(gen, conn, at, end, &only_framing);
		if (conn->state == CONN_CLOSED)
			return len;
		if (at == before)
			return (size_t)(at - bytes);
	}
}
