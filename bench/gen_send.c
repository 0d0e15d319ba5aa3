#include "gen.h"

#include <string.h>

#include "stamp.h"

static void encode(struct sender *sender, uint32_t seq, uint64_t due_ns)
{
	struct message_template *message = &sender->message;
	stamp_set(message->bytes + message->text_at, seq, due_ns);
	if (message->id_at)
		stamp_put_hex(message->bytes + message->id_at, seq, 8);
	conn_queue(sender->conn, message->bytes, message->len);
}

void sender_barrier(struct gen *gen, struct sender *sender)
{
	struct message_template *message = &sender->message;
	stamp_set(message->bytes + message->text_at, STAMP_SEQ_BARRIER, 0);
	/* Each barrier message needs an id of its own; these count down from the top and are never counted as
	 * acks. */
	static uint32_t barriers = 0;
	if (message->id_at) {
		stamp_put_hex(message->bytes + message->id_at, 0xf0000000u + barriers, 8);
		barriers++;
	}
	conn_write(gen, sender->conn, message->bytes, message->len);
}

static void emit(struct sender *sender, uint64_t due_ns)
{
	struct group *group = sender->room->group;
	uint32_t seq = sender->next_seq++, at = seq & sender->ring_mask;
	sender->remaining[at] = sender->room->counting;
	sender->sent_ns[at] = due_ns;
	group->sent++;
	encode(sender, seq, due_ns);
}

void sender_pump(struct gen *gen, struct sender *sender, uint64_t now_ns)
{
	struct group *group = sender->room->group;
	uint32_t share = group->window / group->senders;
	if (share == 0)
		share = 1;
	if (!gen->sending || group->window == 0 || !sender->conn || sender->conn->state != CONN_READY)
		return;
	while (sender->next_seq - sender->completed < share)
		emit(sender, now_ns);
	conn_flush(gen, sender->conn);
}

void sender_complete(struct gen *gen, struct sender *sender)
{
	sender->completed++;
	if (!sender->queued) {
		sender->queued = true;
		gen->ready[gen->ready_len++] = sender;
	}
}

void sender_acked(struct gen *gen, struct sender *sender, uint32_t seq, uint64_t now_ns)
{
	struct group *group = sender->room->group;
	if (seq >= sender->next_seq)
		return;
	sender->acked++;
	group->acked++;
	if (gen->measuring) {
		uint64_t sent_ns = sender->sent_ns[seq & sender->ring_mask];
		histogram_record(&group->ack_latency, now_ns > sent_ns ? now_ns - sent_ns : 0);
	}
	if (group->by == GEN_BY_ACK)
		sender_complete(gen, sender);
}

/* Messages go to the rooms in turn, and within a room to its senders in turn. */
static struct sender *next_sender(struct group *group)
{
	unsigned turn = group->turn++;
	struct room *room = &group->room[turn % group->rooms];
	return &room->senders[turn / group->rooms % group->senders];
}

/*
 * A message carries the time at which it was due, not the time at which this
 * loop came to send it: what a busy generator or a server that does not read
 * delays is part of the latency that a user would see.
 */
static void pump_rate(struct gen *gen, struct group *group, uint64_t now_ns)
{
	double gap_ns = 1e9 / group->rate;
	while (group->due_ns <= now_ns) {
		struct sender *sender = next_sender(group);
		if (sender->conn->state == CONN_READY) {
			if (sender->conn->out_len - sender->conn->out_at > GEN_OUT_BYTES_HIGH) {
				group->turn--;
				return;
			}
			emit(sender, group->due_ns);
			conn_flush(gen, sender->conn);
		}
		group->due_fraction += gap_ns;
		uint64_t whole = (uint64_t)group->due_fraction;
		group->due_fraction -= (double)whole;
		group->due_ns += whole;
	}
}

void gen_pump_rates(struct gen *gen, uint64_t now_ns)
{
	if (!gen->sending)
		return;
	for (unsigned i = 0; i < gen->groups; i++)
		if (gen->group[i].rate > 0 && gen->group[i].senders > 0)
			pump_rate(gen, &gen->group[i], now_ns);
}

uint64_t gen_next_due_ns(const struct gen *gen)
{
	uint64_t due_ns = UINT64_MAX;
	for (unsigned i = 0; gen->sending && i < gen->groups; i++)
		if (gen->group[i].rate > 0 && gen->group[i].senders > 0 && gen->group[i].due_ns < due_ns)
			due_ns = gen->group[i].due_ns;
	return due_ns;
}
