#include "gen.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stamp.h"

enum {
	JOIN_PATIENCE_MS = 60000, /* without one more connection getting in */
	DRAIN_PATIENCE_MS = 3000, /* without one more delivery */
	STORM_PATIENCE_MS = 120000,
	BARRIER_EVERY_MS = 250,
};

static uint64_t ms(uint64_t n)
{
	return n * 1000000;
}

static uint64_t own_cpu_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static void turn_for(struct gen *gen, uint64_t ns)
{
	uint64_t until_ns = stamp_now_ns() + ns;
	while (stamp_now_ns() < until_ns)
		gen_turn(gen, until_ns);
}

/* --- getting in --- */

static int connect_all(struct gen *gen)
{
	unsigned before = 0;
	uint64_t patience_ns = stamp_now_ns() + ms(JOIN_PATIENCE_MS);
	gen_connect_more(gen);
	while (gen->ready_count < gen->conn_count) {
		gen_turn(gen, stamp_now_ns() + ms(50));
		if (gen->ready_count != before)
			patience_ns = stamp_now_ns() + ms(JOIN_PATIENCE_MS);
		before = gen->ready_count;
		if (stamp_now_ns() > patience_ns || gen->retries > 1000 + 10ull * gen->conn_count) {
			fprintf(stderr,
				"loadgen: only %u of %u connections got in; %lu refusals; first error: %s\n",
				gen->ready_count, gen->conn_count, (unsigned long)gen->retries,
				gen->first_error);
			return -1;
		}
	}
	return 0;
}

/* Sends into every room that has receivers which nothing has reached; returns how many those are. */
static unsigned barrier_round(struct gen *gen, bool send)
{
	unsigned waiting = 0;
	for (unsigned g = 0; g < gen->groups; g++) {
		struct group *group = &gen->group[g];
		for (unsigned r = 0; r < group->rooms; r++) {
			struct room *room = &group->room[r];
			if (group->senders == 0 || !room->senders[0].conn)
				continue;
			waiting += room->waiting;
			if (room->waiting > 0 && send)
				sender_barrier(gen, &room->senders[0]);
		}
	}
	return waiting;
}

/* Not every dialect says when a receiver is in the room, so all are asked the same way: does it get a
 * message? */
int gen_join_all(struct gen *gen)
{
	if (connect_all(gen) < 0)
		return -1;
	uint64_t patience_ns = stamp_now_ns() + ms(JOIN_PATIENCE_MS);
	while (barrier_round(gen, true) > 0) {
		uint64_t again_ns = stamp_now_ns() + ms(BARRIER_EVERY_MS);
		while (stamp_now_ns() < again_ns && barrier_round(gen, false) > 0)
			gen_turn(gen, again_ns);
		if (stamp_now_ns() > patience_ns) {
			fprintf(stderr, "loadgen: %u receivers get no message; first error: %s\n",
				barrier_round(gen, false), gen->first_error);
			return -1;
		}
	}
	/* Lets what joining caused (notices, copies of the barrier) pass by. */
	turn_for(gen, ms(200));
	return 0;
}

/* --- measuring --- */

static void start_sending(struct gen *gen)
{
	uint64_t now_ns = stamp_now_ns();
	gen->sending = gen->weighing = true;
	for (unsigned i = 0; i < gen->conn_count; i++)
		gen->conns[i].bytes = 0;
	for (unsigned g = 0; g < gen->groups; g++) {
		struct group *group = &gen->group[g];
		group->due_ns = now_ns;
		for (unsigned r = 0; r < group->rooms; r++)
			for (unsigned s = 0; s < group->senders; s++)
				sender_pump(gen, &group->room[r].senders[s], now_ns);
	}
}

static void take_mark(struct gen *gen, struct mark *mark)
{
	procstat_read(gen->pid, &mark->server);
	for (unsigned i = 0; i < gen->also_count; i++) {
		struct procstat also;
		procstat_read(gen->also[i], &also);
		mark->also_ns[i] = also.cpu_ns;
	}
	mark->own_cpu_ns = own_cpu_ns();
	mark->bytes_in = gen->bytes_in;
	mark->reads = gen->reads;
	mark->at_ns = stamp_now_ns();
}

static void measure_begin(struct gen *gen)
{
	take_mark(gen, &gen->from);
	for (unsigned g = 0; g < gen->groups; g++) {
		gen->group[g].measured_sent = gen->group[g].sent;
		gen->group[g].measured_delivered = gen->group[g].delivered;
		gen->group[g].measured_acked = gen->group[g].acked;
		gen->group[g].measured_checked_bytes = gen->group[g].checked_bytes;
		gen->group[g].measured_weighed_bytes = gen->group[g].weighed_bytes;
	}
	gen->measuring = true;
}

static void measure_end(struct gen *gen)
{
	gen->measuring = false;
	take_mark(gen, &gen->to);
	for (unsigned g = 0; g < gen->groups; g++) {
		struct group *group = &gen->group[g];
		group->measured_sent = group->sent - group->measured_sent;
		group->measured_delivered = group->delivered - group->measured_delivered;
		group->measured_acked = group->acked - group->measured_acked;
		group->measured_checked_bytes = group->checked_bytes - group->measured_checked_bytes;
		group->measured_weighed_bytes = group->weighed_bytes - group->measured_weighed_bytes;
		/* All receivers of a room get the same lines. */
		if (group->measured_weighed_bytes && group->measured_checked_bytes)
			group->measured_delivered += (uint64_t)((double)group->measured_delivered *
								(double)group->measured_weighed_bytes /
								(double)group->measured_checked_bytes);
	}
}

static uint64_t conn_missing(const struct group *group, const struct conn *conn)
{
	uint64_t missing = 0;
	for (unsigned s = 0; s < group->senders; s++) {
		uint32_t sent = conn->room->senders[s].next_seq, seen = conn->track[s].expect;
		missing += sent > seen ? sent - seen : 0;
	}
	return missing;
}

static uint64_t missing_at_end(const struct gen *gen, const struct group *group, bool stalled)
{
	uint64_t missing = 0;
	for (unsigned i = 0; i < gen->conn_count; i++) {
		const struct conn *conn = &gen->conns[i];
		if (conn->receiver && conn->room->group == group && conn->state == CONN_READY &&
		    conn->stalled == stalled && !conn->weighed)
			missing += conn_missing(group, conn);
	}
	return missing;
}

uint64_t gen_lost(const struct gen *gen, const struct group *group)
{
	return group->skipped - group->reordered + missing_at_end(gen, group, false);
}

unsigned gen_uneven(const struct gen *gen, const struct group *group)
{
	unsigned count = 0;
	for (unsigned i = 0; i < gen->conn_count; i++) {
		const struct conn *conn = &gen->conns[i];
		count += conn->weighed && conn->room->group == group && conn->state == CONN_READY &&
			 conn->bytes != conn->room->checked->bytes;
	}
	return count;
}

static uint64_t outstanding(const struct gen *gen, bool stalled)
{
	uint64_t sum = 0;
	for (unsigned g = 0; g < gen->groups; g++) {
		const struct group *group = &gen->group[g];
		sum += missing_at_end(gen, group, stalled) + gen_uneven(gen, group);
		if (gen->dialect->has_ack && !stalled)
			sum += group->sent - group->acked;
	}
	return sum;
}

/* Turns until nothing is outstanding, or nothing has come for so long that it never will. */
static void drain(struct gen *gen, bool stalled)
{
	uint64_t bytes = gen->bytes_in, patience_ns = stamp_now_ns() + ms(DRAIN_PATIENCE_MS);
	while (outstanding(gen, stalled) > 0 && stamp_now_ns() < patience_ns) {
		turn_for(gen, ms(2));
		if (gen->bytes_in != bytes)
			patience_ns = stamp_now_ns() + ms(DRAIN_PATIENCE_MS);
		bytes = gen->bytes_in;
	}
}

static void stall(struct gen *gen)
{
	for (unsigned i = 0; i < gen->conn_count; i++)
		if (gen->conns[i].stalled)
			conn_watch(gen, &gen->conns[i], false);
}

/* Those who never read begin to: do they still get everything, each message once and in order? */
static void unstall(struct gen *gen)
{
	if (gen->stalled_count == 0)
		return;
	for (unsigned i = 0; i < gen->conn_count; i++)
		if (gen->conns[i].stalled)
			conn_watch(gen, &gen->conns[i], true);
	turn_for(gen, ms(50));
	drain(gen, true);
	for (unsigned i = 0; i < gen->conn_count; i++) {
		const struct conn *conn = &gen->conns[i];
		if (conn->stalled && conn->state != CONN_READY)
			gen->stalled_lost++;
		else if (conn->stalled && conn_missing(conn->room->group, conn) == 0)
			gen->stalled_caught_up++;
	}
}

void gen_measure(struct gen *gen)
{
	stall(gen);
	start_sending(gen);
	turn_for(gen, (uint64_t)(gen->warmup_seconds * 1e9));
	measure_begin(gen);
	turn_for(gen, (uint64_t)(gen->seconds * 1e9));
	measure_end(gen);
	gen->sending = false;
	drain(gen, false);
	unstall(gen);
}

/* --- holding connections --- */

/* Says on standard output that all are in, and keeps them until standard input ends. */
void gen_idle(struct gen *gen)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	char byte;
	printf("{\"ready\":%u}\n", gen->ready_count);
	fflush(stdout);
	take_mark(gen, &gen->from);
	while (poll(&in, 1, 0) <= 0 || read(STDIN_FILENO, &byte, 1) > 0)
		gen_turn(gen, stamp_now_ns() + ms(50));
	take_mark(gen, &gen->to);
}

/* --- the storm --- */

static void storm_leave(struct gen *gen)
{
	for (unsigned i = 0; i < gen->conn_count; i++)
		if (gen->conns[i].storms)
			conn_close(gen, &gen->conns[i]);
}

static void storm_return(struct gen *gen)
{
	for (unsigned g = 0; g < gen->groups; g++)
		for (unsigned r = 0; r < gen->group[g].rooms; r++)
			for (unsigned s = 0; s < gen->group[g].senders; s++) {
				struct sender *sender = &gen->group[g].room[r].senders[s];
				sender->storm_seq = sender->next_seq;
			}
	for (unsigned i = 0; i < gen->conn_count; i++) {
		struct conn *conn = &gen->conns[i];
		if (!conn->storms)
			continue;
		conn->state = CONN_IDLE;
		conn->behind = true;
		conn->resync = !gen->dialect->has_resume;
		gen->behind_count++;
	}
	gen->burst = gen->conn_count;
	gen->next_connect = 0;
	gen_connect_more(gen);
}

void gen_storm(struct gen *gen)
{
	start_sending(gen);
	turn_for(gen, (uint64_t)(gen->warmup_seconds * 1e9));
	measure_begin(gen);
	turn_for(gen, (uint64_t)(gen->seconds * 1e9));
	gen->phase = 1;
	storm_leave(gen);
	turn_for(gen, (uint64_t)(gen->away_seconds * 1e9));
	uint64_t start_ns = stamp_now_ns();
	storm_return(gen);
	while (gen->behind_count > 0 && stamp_now_ns() < start_ns + ms(STORM_PATIENCE_MS))
		gen_turn(gen, stamp_now_ns() + ms(10));
	if (gen->behind_count == 0)
		gen->storm_ns = gen->caught_up_ns - start_ns;
	gen->phase = 2;
	turn_for(gen, (uint64_t)(gen->seconds * 1e9));
	measure_end(gen);
	gen->sending = false;
	drain(gen, false);
}
