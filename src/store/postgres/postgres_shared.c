/* A node's store does this besides: news of other nodes to the chat, and the rules by which batches were decided. */
#include "store/postgres/postgres_store.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/logging.h"
#include "base/memory.h"
#include "store/postgres/postgres_load.h"
#include "store/postgres/postgres_row.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* --- which rules a batch rests on --- */

static int compare_guards(const void *one, const void *other)
{
	int64_t left = *(const int64_t *)one, right = *(const int64_t *)other;
	return (left > right) - (left < right);
}

/* The rooms that the batch is about, but for read markers, which no rule refuses. */
static void collect_rooms(struct postgres_guards *guards, const struct store_batch *batch,
			  struct arena *arena)
{
	size_t count = 0;
	for (size_t i = 0; i < batch->count; i++) {
		struct postgres_row row;
		if (batch->commands[i].op == STORE_SET_READ)
			continue;
		postgres_row_write(&batch->commands[i], 0, arena, &row);
		if (row.number[POSTGRES_NUMBERS - 1] > 0)
			guards->rooms[count++] = row.number[POSTGRES_NUMBERS - 1];
	}
	qsort(guards->rooms, count, sizeof *guards->rooms, compare_guards);
	for (size_t i = 0; i < count; i++)
		if (!guards->count || guards->rooms[guards->count - 1] != guards->rooms[i])
			guards->rooms[guards->count++] = guards->rooms[i];
}

void postgres_shared_guard(struct postgres_store *self, struct job *job)
{
	struct postgres_guards *guards = &job->guards;
	size_t bytes = job->batch->count * sizeof(int64_t);
	guards->rooms = mem_alloc(bytes);
	guards->rules = mem_alloc(bytes);
	guards->after = mem_alloc(bytes);
	collect_rooms(guards, job->batch, &job->arena);
	for (size_t i = 0; i < guards->count; i++) {
		guards->rules[i] = self->listener.rules
				       ? self->listener.rules(self->listener.context, guards->rooms[i])
				       : -1;
		guards->after[i] = -1;
	}
}

static void settle_told(struct postgres_store *self, const struct job *job)
{
	const struct store_listener *listener = &self->listener;
	if (job->told == POSTGRES_TOLD_LINES) {
		pthread_mutex_lock(&self->mutex);
		self->told_waiting--;
		pthread_mutex_unlock(&self->mutex);
		listener->heard(listener->context, job->teller, job->lines);
	} else if (job->told == POSTGRES_TOLD_GONE) {
		listener->gone(listener->context, job->teller);
	} else {
		listener->asked(listener->context);
	}
}

void postgres_shared_settle(struct postgres_store *self, struct job *job)
{
	const struct store_listener *listener = &self->listener;
	const struct postgres_guards *guards = &job->guards;
	if (!listener->news)
		return;
	if (job->told) {
		settle_told(self, job);
		return;
	}
	if (job->news.count)
		listener->news(listener->context, job->news.commands, job->news.count);
	for (size_t i = 0; i < guards->count; i++)
		if (guards->after[i] >= 0 && guards->after[i] != guards->rules[i])
			listener->ruled(listener->context, guards->rooms[i], guards->after[i]);
}

/* --- what is told, on the bus's thread --- */

bool postgres_shared_hear(void *store, enum postgres_told_kind kind, int64_t node, const char *lines)
{
	struct postgres_store *self = store;
	bool has_lines = kind == POSTGRES_TOLD_LINES;
	pthread_mutex_lock(&self->mutex);
	bool is_taken = !has_lines || self->told_waiting < LIMIT_TOLD_WAITING;
	self->told_waiting += has_lines && is_taken;
	pthread_mutex_unlock(&self->mutex);
	if (!is_taken)
		return false;
	struct job *job = mem_zero(sizeof *job);
	job->told = kind;
	job->teller = node;
	job->lines = mem_string(lines);
	postgres_give_back(self, job);
	return true;
}

/* --- news, on the writer's thread --- */

static void give_news(struct postgres_store *self, struct postgres_news *news)
{
	if (!news->count) {
		postgres_news_release(news);
		return;
	}
	struct job *job = mem_zero(sizeof *job);
	job->news = *news;
	postgres_give_back(self, job);
}

int postgres_shared_catch_up(struct postgres_store *self)
{
	struct postgres_writer *writer = &self->writer;
	bool has_more = true;
	int result = 0;
	while (has_more && !result) {
		struct postgres_news news = {0};
		result = postgres_writer_open(writer);
		if (writer->is_behind)
			return -1;
		if (!result)
			result = postgres_node_poll(&self->node, &writer->link, self->store.replicas, &news,
						    &has_more);
		give_news(self, &news);
	}
	if (!result)
		self->caught_up_ms = clock_mono_ms();
	return result;
}

static bool is_stale(const struct store_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->commands[i].result == STORE_STALE)
			return true;
	return false;
}

/* The chat is given what others have said before its own entries before those; what they have stored behind them, only
 * behind the batch. So which rules hold is told with that, where they have changed some. */
void postgres_shared_before(struct postgres_store *self, struct job *job)
{
	struct postgres_writer *writer = &self->writer;
	struct postgres_news news = {0};
	for (int tries = 0; postgres_writer_open(writer) ||
			    postgres_node_precede(&self->node, &writer->link, job->batch, &news);
	     tries++)
		if (!postgres_writer_rest(writer, tries))
			break;
	give_news(self, &news);
	if (!is_stale(job->batch))
		return;
	self->stale = job->guards;
	job->guards = (struct postgres_guards){0};
}

void postgres_shared_behind(struct postgres_store *self)
{
	if (self->writer.link.conn)
		postgres_bus_tell(&self->node, &self->writer.link);
	if (!self->stale.count)
		return;
	struct job *job = mem_zero(sizeof *job);
	job->guards = self->stale;
	self->stale = (struct postgres_guards){0};
	for (int tries = 0; postgres_shared_catch_up(self) && !self->writer.is_behind; tries++)
		if (!postgres_writer_rest(&self->writer, tries))
			break;
	postgres_give_back(self, job);
}

void postgres_shared_fetch(struct postgres_store *self, struct job *job)
{
	struct postgres_writer *writer = &self->writer;
	for (int tries = 0; !postgres_writer_connect(writer); tries++) {
		if (!postgres_node_fetch(&self->node, &writer->link, job->fetching, self->store.replicas,
					 &job->news))
			return;
		writer->tell(writer->tell_context, writer->link.error);
		if (!postgres_writer_rest(writer, tries))
			return;
	}
}

/* --- the chat's --- */

static void pg_listen(struct store *store, const struct store_listener *listener)
{
	postgres_store_of(store)->listener = *listener;
}

static void pg_follow(struct store *store, int64_t room_id, uint64_t end_seq, bool is_on)
{
	postgres_node_follow(&postgres_store_of(store)->node, room_id, end_seq, is_on);
}

static void pg_fetch(struct store *store, int64_t room_id)
{
	struct job *job = mem_zero(sizeof *job);
	job->fetching = room_id;
	postgres_post(postgres_store_of(store), job);
}

static void pg_tell(struct store *store, const char *line, bool may_drop)
{
	postgres_told_add(&postgres_store_of(store)->bus.told, line, may_drop);
}

static void pg_look(struct store *store, struct store_node_state *state)
{
	struct postgres_store *self = postgres_store_of(store);
	int64_t renewed_ms = self->bus.renewed_ms, caught_up_ms = self->caught_up_ms;
	int64_t now_ms = clock_mono_ms();
	state->lease_age_ms = now_ms - renewed_ms;
	/* The lease is older than the first look. */
	state->news_age_ms = caught_up_ms ? now_ms - caught_up_ms : state->lease_age_ms;
	postgres_told_look(&self->bus.told, &state->others, &state->told_bytes);
	state->standbys = self->place.standbys;
	state->snapshot_age_ms = self->place.snapshot_age_ms;
	state->barriers = self->place.barriers;
	state->barrier_us = self->place.barrier_us;
}

const struct store_node_ops postgres_shared_ops = {
    .listen = pg_listen,
    .follow = pg_follow,
    .fetch = pg_fetch,
    .tell = pg_tell,
    .look = pg_look,
};
