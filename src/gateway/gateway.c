#include "gateway/gateway.h"

#include "base/container_of.h"
#include "base/logging.h"
#include "base/memory.h"
#include "gateway/connection.h"
#include "gateway/expensive.h"
#include "gateway/feed.h"
#include "gateway/web/throttle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Connections pumped, and connections of one feed written to, before the loop looks around again. */
#define READY_PER_TURN 256
#define FEED_SLICE     128
/* Steps of handshakes in a turn: a millisecond of work, which those who talk may have to wait. */
#define HANDSHAKES_PER_TURN 4

struct arrival {
	struct mail mail; /* first */
	int fd;
	char host[];
};

struct connection *gateway_find(const struct gateway *gateway, uint64_t id)
{
	size_t slot = id & 0xffffff;
	struct connection *connection = slot < gateway->slots_used ? gateway->slots[slot] : NULL;
	return connection && connection->id == id ? connection : NULL;
}

static void on_mailbox(struct loop_source *source, uint32_t events)
{
	(void)events;
	struct gateway *gateway = CONTAINER_OF(source, struct gateway, mailbox_source);
	struct mail *mail = mailbox_take(&gateway->mailbox);
	for (struct mail *next; mail; mail = next) {
		next = mail->next;
		struct reply *reply = (struct reply *)mail;
		if (reply->kind == REPLY_WAKE) {
			feed_wake(gateway, reply->wake.view);
		} else if (reply->kind == REPLY_PASS) {
			feed_pass(gateway, reply);
		} else if (reply->kind == REPLY_SEAL) {
			feed_seal(gateway, reply);
		} else if (reply->kind == REPLY_PAGE) {
			feed_page(gateway, &reply->page);
		} else {
			struct connection *connection = gateway_find(gateway, reply->connection);
			if (reply->is_answer && expensive_is(reply->op))
				expensive_answered(gateway, reply->op, connection);
			if (connection)
				connection_reply(connection, reply);
		}
		reply_free(reply);
	}
}

static uint32_t take_slot(struct gateway *gateway)
{
	if (gateway->free_count)
		return gateway->free_slots[--gateway->free_count];
	gateway->slots = mem_grow(gateway->slots, &gateway->slots_capacity, gateway->slots_used + 1,
				  sizeof(struct connection *));
	return (uint32_t)gateway->slots_used++;
}

static void give_slot(struct gateway *gateway, uint32_t slot)
{
	assert(slot < gateway->slots_used && gateway->slots[slot]);
	gateway->slots[slot] = NULL;
	gateway->free_slots = mem_grow(gateway->free_slots, &gateway->free_capacity, gateway->free_count + 1,
				       sizeof *gateway->free_slots);
	gateway->free_slots[gateway->free_count++] = slot;
}

static void gateway_arrive(struct gateway *gateway, int fd, const char *host)
{
	uint32_t slot = take_slot(gateway);
	uint64_t id = (uint64_t)gateway->worker << 56 | (++gateway->generation & 0xffffffff) << 24 | slot;
	struct connection *connection = connection_new(gateway, id, fd, host);
	gateway->slots[slot] = connection;
	gateway_count(&gateway->counters.connections, 1);
	gateway_count(&gateway->counters.accepted, 1);
	int error =
	    loop_add(&gateway->loop, fd, &connection->source, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
	if (error)
		connection_close(connection, strerror(-error));
	LOG_DEBUG("connection.open", "connection=%llx ip=%s", (unsigned long long)connection->id, host);
}

static void on_arrivals(struct loop_source *source, uint32_t events)
{
	(void)events;
	struct gateway *gateway = CONTAINER_OF(source, struct gateway, arrivals_source);
	struct mail *mail = mailbox_take(&gateway->arrivals);
	for (struct mail *next; mail; mail = next) {
		next = mail->next;
		struct arrival *arrival = (struct arrival *)mail;
		if (gateway->is_stopping)
			close(arrival->fd);
		else
			gateway_arrive(gateway, arrival->fd, arrival->host);
		free(arrival);
	}
}

void gateway_hand_over(struct gateway *gateway, int fd, const char *host)
{
	assert(fd >= 0);
	struct arrival *arrival = mem_alloc(sizeof *arrival + strlen(host) + 1);
	arrival->fd = fd;
	strcpy(arrival->host, host);
	mailbox_post_one(&gateway->arrivals, &arrival->mail);
}

int gateway_init(struct gateway *gateway, unsigned worker, const struct limits *limits, enum lang lang)
{
	assert(worker < 256 && limits);
	memset(gateway, 0, sizeof *gateway);
	gateway->worker = worker;
	gateway->limits = limits;
	gateway->lang = lang;
	gateway->dirty_last = &gateway->dirty;
	gateway->ready.last = &gateway->ready.first;
	gateway->handshakes.last = &gateway->handshakes.first;
	gateway->throttle.fire = throttle_on_timer;
	gateway->mailbox_source.ready = on_mailbox;
	gateway->arrivals_source.ready = on_arrivals;
	int error = loop_init(&gateway->loop);
	if (!error)
		error = mailbox_init(&gateway->mailbox);
	if (!error)
		error = mailbox_init(&gateway->arrivals);
	if (!error)
		error = loop_add(&gateway->loop, gateway->mailbox.fd, &gateway->mailbox_source, EPOLLIN);
	if (!error)
		error = loop_add(&gateway->loop, gateway->arrivals.fd, &gateway->arrivals_source, EPOLLIN);
	return error;
}

void gateway_release(struct gateway *gateway)
{
	/* Replies that the chat still sent have no reader. */
	struct mail *mail = mailbox_take(&gateway->mailbox);
	for (struct mail *next; mail; mail = next) {
		next = mail->next;
		reply_free((struct reply *)mail);
	}
	on_arrivals(&gateway->arrivals_source, 0);
	mailbox_release(&gateway->mailbox);
	mailbox_release(&gateway->arrivals);
	loop_release(&gateway->loop);
	/* Feeds that were still to be run when their last connection went. */
	size_t bucket = 0;
	for (struct table_link *link; (link = table_walk(&gateway->feeds, &bucket, NULL));)
		feed_free(TABLE_OF(link, struct feed, by_view));
	table_release(&gateway->feeds);
	free(gateway->slots);
	free(gateway->free_slots);
}

void gateway_make_ready(struct gateway *gateway, struct connection *connection)
{
	assert(connection->gateway == gateway);
	if (connection->is_ready)
		return;
	struct line *line =
	    stream_is_handshaking(&connection->stream) ? &gateway->handshakes : &gateway->ready;
	connection->is_ready = true;
	connection->ready_next = NULL;
	*line->last = connection;
	line->last = &connection->ready_next;
}

static void gateway_pump(struct line *line, int count)
{
	while (count-- && line->first) {
		struct connection *connection = line->first;
		line->first = connection->ready_next;
		if (!line->first)
			line->last = &line->first;
		connection->is_ready = false;
		connection_pump(connection);
	}
}

/* Handshakes cost a thousand times what a message does: those who talk already come first. */
static void pump_ready(struct gateway *gateway)
{
	gateway_pump(&gateway->ready, READY_PER_TURN);
	gateway->is_at_handshakes = true;
	gateway_pump(&gateway->handshakes, HANDSHAKES_PER_TURN);
	gateway->is_at_handshakes = false;
}

/* A slice of every feed that has news; those with more to do go to the end of the line. */
static void run_feeds(struct gateway *gateway)
{
	struct feed *feed = gateway->dirty;
	gateway->dirty = NULL;
	gateway->dirty_last = &gateway->dirty;
	for (struct feed *next; feed; feed = next) {
		next = feed->dirty_next;
		feed->dirty_next = NULL;
		if (feed_run(feed, FEED_SLICE)) {
			*gateway->dirty_last = feed;
			gateway->dirty_last = &feed->dirty_next;
		} else {
			feed->is_dirty = false;
			if (!feed->count)
				feed_free(feed);
		}
	}
}

static void bury_dead(struct gateway *gateway)
{
	struct connection **kept = &gateway->dead;
	for (struct connection *connection = gateway->dead, *next; connection; connection = next) {
		next = connection->aside_next;
		if (connection->is_ready) {
			/* Its line still points to it; connection_pump() passes it over. */
			*kept = connection;
			kept = &connection->aside_next;
			continue;
		}
		if (gateway->on_gone)
			gateway->on_gone(gateway->on_gone_context, gateway->worker,
					 connection_host(connection));
		if (connection->is_known && connection->dialect->leave)
			connection->dialect->leave(connection);
		/* The chat knows nothing of those who never asked. */
		if (connection->is_known)
			connection_ask(connection, request_new(REQUEST_CLOSED, 0));
		give_slot(gateway, connection->id & 0xffffff);
		connection_free(connection);
		gateway_count(&gateway->counters.connections, (uint64_t)-1);
	}
	*kept = NULL;
}

bool gateway_has_work(const struct gateway *gateway)
{
	return gateway->ready.first || gateway->handshakes.first || gateway->dirty || gateway->dead;
}

void gateway_turn(struct gateway *gateway)
{
	loop_turn(&gateway->loop, gateway_has_work(gateway) ? 0 : -1);
	pump_ready(gateway);
	/* Requests go out before the fan-out, which may take a while. */
	chat_post(gateway->chat, &gateway->requests);
	run_feeds(gateway);
	bury_dead(gateway);
	chat_post(gateway->chat, &gateway->requests);
}

void gateway_stop(struct gateway *gateway)
{
	gateway->is_stopping = true;
	for (size_t i = 0; i < gateway->slots_used; i++)
		if (gateway->slots[i])
			connection_end(gateway->slots[i], TEXT_notice_stopping);
}

void gateway_stop_some(struct gateway *gateway, size_t count)
{
	for (; count && gateway->stopped < gateway->slots_used; gateway->stopped++) {
		struct connection *connection = gateway->slots[gateway->stopped];
		if (!connection)
			continue;
		connection_end(connection, TEXT_notice_stopping);
		count--;
	}
}

size_t gateway_connections(const struct gateway *gateway)
{
	return gateway->slots_used - gateway->free_count;
}

bool gateway_is_empty(const struct gateway *gateway)
{
	return gateway->slots_used == gateway->free_count;
}

void gateway_drop_all(struct gateway *gateway)
{
	gateway->is_stopping = true;
	for (size_t i = 0; i < gateway->slots_used; i++)
		if (gateway->slots[i])
			connection_close(gateway->slots[i], "stopping");
}
