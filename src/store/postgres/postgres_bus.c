#include "store/postgres/postgres_bus.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void postgres_bus_init(struct postgres_bus *bus, struct postgres_place *place, struct postgres_node *node)
{
	*bus = (struct postgres_bus){.node = node};
	postgres_link_init(&bus->link, place);
	postgres_told_init(&bus->told, node);
}

void postgres_bus_tell(const struct postgres_node *node, struct postgres_link *link)
{
	PGresult *row = postgres_query(link, "SELECT pg_notify('brusio', $1)", "i", node->id);
	if (row)
		libpq.clear(row);
}

/* --- the lease --- */

/* Who else is there is told with it. */
static int renew_lease(struct postgres_bus *bus, int64_t seconds)
{
	const struct postgres_node *node = bus->node;
	PGresult *row =
	    postgres_query(&bus->link,
			   "SELECT renew_lease_v1($1::int, $2, $3),"
			   " (SELECT string_agg(concat(node, ' ', incarnation), ' ') FROM leases)",
			   "iii", node->id, node->incarnation, seconds - BUS_LEASE_S);
	bool is_ours = row && postgres_flag(row, 0, 0);
	if (row && !is_ours) {
		snprintf(bus->link.error, sizeof bus->link.error, "another start of this node may write now");
		bus->is_over = true;
	}
	if (is_ours)
		bus->renewed_ms = clock_mono_ms();
	if (is_ours && bus->has_thread)
		postgres_told_beat(&bus->told, &bus->link, postgres_text(row, 0, 1));
	if (row)
		libpq.clear(row);
	return is_ours ? 0 : -1;
}

int postgres_bus_take_lease(struct postgres_bus *bus)
{
	return renew_lease(bus, BUS_START_S);
}

/* Notes the nodes that are no more; their guests are this one's. */
static void fence_others(struct postgres_bus *bus)
{
	PGresult *row = postgres_query(&bus->link, "SELECT x, x <> '{}' FROM fence_nodes_v1($1::int, $2) x",
				       "ii", bus->node->id, (int64_t)BUS_LEASE_S);
	if (row && postgres_flag(row, 0, 1)) {
		LOG_WARN("node.fenced", "nodes=%s effect=\"their guests may come back here\"",
			 postgres_text(row, 0, 0));
		bus->node->adopts = true;
	}
	if (row)
		libpq.clear(row);
}

/* After the database was away, nobody has renewed: the others get the time to do so before they are taken for dead. */
static void renew(struct postgres_bus *bus, int64_t since_ms)
{
	int64_t now_ms = clock_mono_ms();
	bool is_good = !renew_lease(bus, BUS_LEASE_S);
	if (!is_good)
		postgres_link_close(&bus->link);
	if (!is_good || since_ms > 2 * BUS_RENEW_MS)
		bus->steady_ms = now_ms;
	else if (now_ms - bus->steady_ms > BUS_LEASE_S * 1000)
		fence_others(bus);
}

/* --- the thread --- */

/* The bus goes elsewhere when the writer may have gone. */
static bool is_open(const struct postgres_bus *bus)
{
	return bus->link.conn && bus->link.generation == bus->link.place->generation;
}

/* A lease is not waited for on the disk or by a standby: it is renewed while commits wait. */
int postgres_bus_open(struct postgres_bus *bus)
{
	if (is_open(bus))
		return 0;
	if (postgres_link_open(&bus->link) ||
	    postgres_run(&bus->link, "SET synchronous_commit = local; LISTEN brusio; LISTEN brusio_told")) {
		postgres_link_close(&bus->link);
		return -1;
	}
	return 0;
}

/* True where another node has stored something. */
static bool hear(struct postgres_bus *bus)
{
	struct libpq_notify *one;
	bool has_stored = false;
	while (bus->link.conn && (one = libpq.notifies(bus->link.conn))) {
		if (!strcmp(one->relname, "brusio"))
			has_stored |= strtoll(one->extra, NULL, 10) != bus->node->id;
		else
			postgres_told_take(&bus->told, &bus->link, one->extra);
		libpq.freemem(one);
	}
	return has_stored;
}

/* `rest_ms`: until something is to be told; -1: nothing is. */
static void bus_wait(struct postgres_bus *bus, int rest_ms)
{
	struct pollfd wait[] = {{.fd = bus->link.conn ? libpq.socket(bus->link.conn) : -1, .events = POLLIN},
				{.fd = bus->told.fd, .events = POLLIN}};
	/* Readable, while it is told at its time. */
	int count = rest_ms >= 0 || !bus->link.conn ? 1 : 2;
	poll(wait, (nfds_t)count, rest_ms >= 0 && rest_ms < BUS_POLL_MS ? rest_ms : BUS_POLL_MS);
	if (wait[0].revents && !libpq.consumeInput(bus->link.conn))
		postgres_link_close(&bus->link);
}

static void *run_bus(void *context)
{
	struct postgres_bus *bus = context;
	int64_t renewed_ms = 0, woken_ms = 0;
	pthread_setname_np(pthread_self(), "bus");
	/* A writer whose lease is over finds that out within a second, and ends the server. */
	while (!bus->is_ending && !bus->is_over) {
		bool is_told = false, is_new = !is_open(bus);
		if (!postgres_bus_open(bus) && (is_new || clock_mono_ms() - renewed_ms >= BUS_RENEW_MS)) {
			renew(bus, clock_mono_ms() - renewed_ms);
			renewed_ms = clock_mono_ms();
		}
		if (is_new && bus->link.conn)
			postgres_told_begin(&bus->told, &bus->link);
		int rest_ms = postgres_told_run(&bus->told, &bus->link);
		/* The last that asks something: what PostgreSQL tells meanwhile does not wake poll(). */
		if (bus->link.conn)
			is_told = hear(bus);
		if (is_told || clock_mono_ms() - woken_ms >= BUS_POLL_MS) {
			woken_ms = clock_mono_ms();
			bus->wake(bus->context);
		}
		bus_wait(bus, rest_ms);
	}
	return NULL;
}

void postgres_bus_start(struct postgres_bus *bus, void (*wake)(void *context), void *context)
{
	bus->wake = wake;
	bus->context = context;
	bus->has_thread = true; /* which the thread reads */
	if (pthread_create(&bus->thread, NULL, run_bus, bus))
		mem_fail(0);
}

void postgres_bus_stop(struct postgres_bus *bus)
{
	bus->is_ending = true;
	if (bus->has_thread)
		pthread_join(bus->thread, NULL);
	/* What was told last. */
	bus->told.told_ms = 0;
	if (bus->has_thread)
		postgres_told_run(&bus->told, &bus->link);
	bus->has_thread = false;
	postgres_link_close(&bus->link);
}

void postgres_bus_release(struct postgres_bus *bus)
{
	assert(!bus->has_thread);
	postgres_told_release(&bus->told);
}
