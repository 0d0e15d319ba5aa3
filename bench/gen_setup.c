#include "gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static void *need(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);
	if (!memory) {
		fprintf(stderr, "loadgen: out of memory\n");
		exit(1);
	}
	return memory;
}

/* The bare loop and other streams that come by themselves have senders only as numbers in the stamps. */
static bool has_sender_conns(const struct gen *gen)
{
	return gen->dialect != &dialect_raw;
}

static uint32_t ring_size(const struct group *group)
{
	uint32_t want = group->window ? 2 * group->window : 65536 / (group->rooms * (group->senders | 1));
	uint32_t size = 256;
	while (size < want)
		size *= 2;
	return size;
}

static void add_sender(struct gen *gen, struct room *room, unsigned i)
{
	struct sender *sender = &room->senders[i];
	uint32_t ring = ring_size(room->group);
	sender->room = room;
	sender->ring_mask = ring - 1;
	sender->remaining = need(ring, sizeof *sender->remaining);
	sender->sent_ns = need(ring, sizeof *sender->sent_ns);
	if (!has_sender_conns(gen))
		return;
	struct conn *conn = &gen->conns[gen->conn_count];
	conn->index = gen->conn_count++;
	conn->fd = -1;
	conn->room = room;
	conn->sender = sender;
	conn->track = need(room->group->senders, sizeof *conn->track);
	sender->conn = conn;
	gen->dialect->frame(gen, sender, &sender->message);
}

static void add_receiver(struct gen *gen, struct room *room, unsigned i)
{
	struct group *group = room->group;
	struct conn *conn = &gen->conns[gen->conn_count];
	conn->index = gen->conn_count++;
	conn->fd = -1;
	conn->room = room;
	conn->receiver = true;
	conn->stalled = i < group->stalled;
	conn->storms = i < group->storm;
	conn->track = need(group->senders, sizeof *conn->track);
	for (unsigned s = 0; s < group->senders; s++)
		memset(conn->track[s].recent, 0xff, sizeof conn->track[s].recent);
	conn->weighed = i % group->check != group->check - 1;
	if (!conn->weighed)
		room->checked = conn;
	if (group->window > 0 && group->by == GEN_BY_ALL)
		conn->counts = !conn->stalled && !conn->storms && !conn->weighed;
	else if (group->window > 0 && group->by == GEN_BY_PROBE)
		conn->counts = conn == room->checked && i >= group->receivers - group->check;
	room->counting += conn->counts;
	room->waiting++;
	gen->stalled_count += conn->stalled;
	gen->storm_count += conn->storms;
}

static void build_group(struct gen *gen, struct group *group, unsigned first_room)
{
	group->room = need(group->rooms, sizeof *group->room);
	for (unsigned r = 0; r < group->rooms; r++) {
		struct room *room = &group->room[r];
		room->group = group;
		room->index = first_room + r;
		if (gen->dialect->one_room)
			snprintf(room->name, sizeof room->name, "#lobby");
		else
			snprintf(room->name, sizeof room->name, "#b%s_%u", gen->tag, room->index);
		room->senders = need(group->senders, sizeof *room->senders);
		room->receivers = &gen->conns[gen->conn_count];
		for (unsigned i = 0; i < group->receivers; i++)
			add_receiver(gen, room, i);
		for (unsigned i = 0; i < group->senders; i++)
			add_sender(gen, room, i);
	}
}

void gen_build(struct gen *gen)
{
	unsigned conns = 0, senders = 0, rooms = 0;
	for (unsigned g = 0; g < gen->groups; g++) {
		senders += gen->group[g].rooms * gen->group[g].senders;
		conns += gen->group[g].rooms * (gen->group[g].receivers + gen->group[g].senders);
	}
	gen->conns = need(conns, sizeof *gen->conns);
	gen->ready = need(senders, sizeof(struct sender *));
	for (unsigned g = 0; g < gen->groups; g++) {
		build_group(gen, &gen->group[g], rooms);
		rooms += gen->group[g].rooms;
	}
	gen->recv_base = need(1, GEN_TAIL_BYTES_MAX + GEN_RECV_BYTES);
	gen->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (gen->epoll < 0) {
		perror("loadgen: epoll_create1");
		exit(1);
	}
}

void gen_free(struct gen *gen)
{
	for (unsigned i = 0; i < gen->conn_count; i++) {
		struct conn *conn = &gen->conns[i];
		if (conn->fd >= 0)
			close(conn->fd);
		free(conn->track);
		free(conn->tail);
		free(conn->out);
		free(conn->session);
	}
	for (unsigned g = 0; g < gen->groups; g++) {
		struct group *group = &gen->group[g];
		for (unsigned r = 0; r < group->rooms; r++) {
			for (unsigned i = 0; i < group->senders; i++) {
				free(group->room[r].senders[i].message.bytes);
				free(group->room[r].senders[i].remaining);
				free(group->room[r].senders[i].sent_ns);
			}
			free(group->room[r].senders);
		}
		free(group->room);
	}
	free(gen->conns);
	free(gen->ready);
	free(gen->recv_base);
	close(gen->epoll);
}
