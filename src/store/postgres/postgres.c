/* The PostgreSQL backend.
 *
 *   chat thread --submit(), ask()--> jobs --writer's thread: one after the other--> returned --collect()--> chat thread
 *
 *  1. The chat thread waits for PostgreSQL at the start, and up to WATCH_MS where it asks what other processes have changed
 *     (watch()). While PostgreSQL is out of reach, what was submitted waits.
 *  2. What was submitted first comes back first.
 *  3. One start of a node writes: it raises the incarnation of its node when it opens the store, and batches of an earlier
 *     one are refused from then on. Within LOOK_S the earlier one knows, and ends. Without a name, the server is the only
 *     node. */
#include "store/postgres/postgres.h"

#include "base/logging.h"
#include "base/memory.h"
#include "store/data_directory.h"
#include "store/postgres/postgres_ask.h"
#include "store/postgres/postgres_indexer.h"
#include "store/postgres/postgres_load.h"
#include "store/postgres/postgres_read.h"
#include "store/postgres/postgres_schema.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/sqlite.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOOK_S     1    /* between two looks at whether PostgreSQL is there */
#define WATCH_MS   1000 /* that looking at what other processes have changed may take */
#define GIVE_UP_MS 5000 /* for what is under way when the server stops */

/* --- queues --- */

static void queue_init(struct queue *queue)
{
	queue->first = NULL;
	queue->last = &queue->first;
}

static void queue_add(struct queue *queue, struct job *job)
{
	job->next = NULL;
	*queue->last = job;
	queue->last = &job->next;
}

static struct job *queue_take(struct queue *queue)
{
	struct job *job = queue->first;
	if (job)
		queue->first = job->next;
	if (!queue->first)
		queue->last = &queue->first;
	return job;
}

/* --- the writer's thread --- */

/* Says what is wrong once, and once that it is over. */
static void note_trouble(void *context, const char *why)
{
	struct postgres_store *self = context;
	char text[sizeof self->trouble] = "";
	bool was, is = why;
	if (why)
		snprintf(text, sizeof text, "%s", why);
	pthread_mutex_lock(&self->mutex);
	was = *self->trouble;
	memcpy(self->trouble, text, sizeof text);
	pthread_mutex_unlock(&self->mutex);
	if (is && !was)
		LOG_ERROR("store.lost", "error=\"%s\" effect=\"messages %s\"", text,
			  self->is_alone ? "are refused until it has one" : "wait until PostgreSQL answers");
	else if (!is && was)
		LOG_INFO("store.back", "effect=\"messages are stored\"");
}

static void run_question(struct postgres_store *self, struct job *job)
{
	struct postgres_writer *writer = &self->writer;
	job->result = STORE_FAILED;
	for (int tries = 0; !postgres_writer_connect(writer); tries++) {
		job->rows = postgres_ask_send(&writer->link, job->query);
		/* The standby may not have yet what another node has stored. */
		if (job->rows && self->node.id && postgres_barrier(&writer->link, self->store.replicas)) {
			libpq.clear(job->rows);
			job->rows = NULL;
		} else if (job->rows || writer->link.conn)
			break;
		note_trouble(self, writer->link.error);
		if (!postgres_writer_rest(writer, tries))
			break;
	}
	if (job->rows)
		job->result = STORE_OK;
	else
		LOG_ERROR("store.read", "question=%d error=\"%s\"", (int)job->query->question,
			  writer->link.error);
}

static void note_standby(struct postgres_store *self, bool has_standby)
{
	self->is_alone = !has_standby && self->store.replicas;
	note_trouble(self, self->is_alone ? POSTGRES_ALONE : NULL);
}

/* The next job; NULL: there is none for LOOK_S, another node has told of something, or none will come. */
static struct job *wait_for_job(struct postgres_store *self, bool *is_closing, bool *is_told)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LOOK_S;
	pthread_mutex_lock(&self->mutex);
	while (!self->jobs.first && !self->is_closing && !self->is_told &&
	       !pthread_cond_timedwait(&self->posted, &self->mutex, &until))
		;
	struct job *job = queue_take(&self->jobs);
	*is_closing = self->is_closing && !job;
	*is_told = self->is_told;
	self->is_told = false;
	pthread_mutex_unlock(&self->mutex);
	return job;
}

void postgres_give_back(struct postgres_store *self, struct job *job)
{
	pthread_mutex_lock(&self->mutex);
	queue_add(&self->returned, job);
	/* Under the lock, so that on_return() can take it back. */
	if (self->wake)
		self->wake(self->wake_context);
	pthread_mutex_unlock(&self->mutex);
}

/* People were shown entries that are no longer stored. The server ends; it starts again under another epoch, and
 * clients load anew. */
static void end_behind(struct postgres_store *self)
{
	struct postgres_link *link = &self->writer.link;
	LOG_ERROR("store.behind", "error=\"the database has gone back to an earlier time\" "
				  "effect=\"the history gets a new name, and this server ends\"");
	postgres_gate_shut(&self->gate);
	for (int tries = 0;
	     postgres_link_open(link) || postgres_run(link, "BEGIN") ||
	     postgres_schema_name_history(link, self->store.epoch) || postgres_run(link, "COMMIT");
	     tries++) {
		note_trouble(self, link->error);
		postgres_link_close(link);
		if (!postgres_writer_rest(&self->writer, tries))
			return;
	}
	_exit(EXIT_FAILURE);
}

/* Invariant 3: this server's memory is not what is stored any more, so it ends. */
static void end_where_over(struct postgres_store *self)
{
	if (self->writer.is_behind)
		end_behind(self);
	if (!self->writer.is_fenced || self->is_over)
		return;
	self->is_over = true;
	LOG_ERROR("store.fenced",
		  "error=\"another brusiod has taken this database over\" effect=\"this one ends\"");
	syscall(SYS_tgkill, getpid(), getpid(), SIGTERM);
}

static void run_job(struct postgres_store *self, struct job *job)
{
	if (job->batch)
		job->result = postgres_writer_run(&self->writer, job->batch,
						  self->node.id ? &job->guards : NULL, &job->arena);
	else if (job->fetching)
		postgres_shared_fetch(self, job);
	else if (job->query->question == STORE_CATCH_UP)
		job->result = postgres_shared_catch_up(self) ? STORE_FAILED : STORE_OK;
	else
		run_question(self, job);
	if (job->batch && self->node.id && job->result == STORE_OK)
		postgres_shared_before(self, job);
	end_where_over(self);
}

/* While nobody says anything, a connection that is gone is noticed, too, and who writes now. */
static void look_at_link(struct postgres_store *self)
{
	struct postgres_writer *writer = &self->writer;
	int has_standby = -1;
	if (!postgres_writer_open(writer) && !postgres_writer_look(writer))
		has_standby = postgres_has_standby(&writer->link);
	if (has_standby >= 0)
		note_standby(self, has_standby);
	else
		note_trouble(self, writer->link.error);
	end_where_over(self);
}

static void *run_writer(void *context)
{
	struct postgres_store *self = context;
	struct timespec looked = {0}, now;
	bool is_closing = false;
	pthread_setname_np(pthread_self(), "postgres");
	while (!is_closing) {
		bool is_told = false, is_batch;
		struct job *job = wait_for_job(self, &is_closing, &is_told);
		if (job) {
			is_batch = job->batch;
			run_job(self, job);
			postgres_give_back(self, job);
			if (is_batch && self->node.id)
				postgres_shared_behind(self);
		}
		if (is_told && !is_closing)
			postgres_shared_catch_up(self);
		end_where_over(self);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (!is_closing && now.tv_sec - looked.tv_sec >= LOOK_S) {
			look_at_link(self);
			looked = now;
		}
	}
	return NULL;
}

static void note_told(void *context)
{
	struct postgres_store *self = context;
	pthread_mutex_lock(&self->mutex);
	self->is_told = true;
	pthread_cond_signal(&self->posted);
	pthread_mutex_unlock(&self->mutex);
}

/* The sandbox begins before there are threads, so the thread begins with the first job. */
void postgres_post(struct postgres_store *self, struct job *job)
{
	pthread_mutex_lock(&self->mutex);
	queue_add(&self->jobs, job);
	pthread_cond_signal(&self->posted);
	pthread_mutex_unlock(&self->mutex);
	if (!self->has_thread && pthread_create(&self->thread, NULL, run_writer, self))
		mem_fail(0);
	if (!self->has_thread && self->node.id)
		postgres_bus_start(&self->bus, note_told, self);
	self->has_thread = true;
}

/* --- the store --- */

static void pg_submit(struct store *store, struct store_batch *batch)
{
	struct job *job = mem_zero(sizeof *job);
	job->batch = batch;
	if (postgres_store_of(store)->node.id)
		postgres_shared_guard(postgres_store_of(store), job);
	postgres_post(postgres_store_of(store), job);
}

static void pg_ask(struct store *store, struct store_query *query)
{
	struct job *job = mem_zero(sizeof *job);
	job->query = query;
	postgres_post(postgres_store_of(store), job);
}

static void postgres_job_free(struct job *job)
{
	if (job->rows)
		libpq.clear(job->rows);
	arena_release(&job->arena);
	postgres_guards_release(&job->guards);
	postgres_news_release(&job->news);
	free(job->lines);
	free(job);
}

static void settle(struct postgres_store *self, struct job *job)
{
	if (self->node.id)
		postgres_shared_settle(self, job);
	if (job->batch) {
		job->batch->done(job->batch, job->result);
	} else if (job->query) {
		job->query->result = job->result;
		if (job->rows)
			postgres_ask_read(job->query, job->rows);
		job->query->done(job->query);
	}
	postgres_job_free(job);
}

static void pg_collect(struct store *store)
{
	struct postgres_store *self = postgres_store_of(store);
	for (;;) {
		pthread_mutex_lock(&self->mutex);
		struct job *job = queue_take(&self->returned);
		pthread_mutex_unlock(&self->mutex);
		if (!job)
			return;
		settle(self, job);
	}
}

static void pg_on_return(struct store *store, void (*wake)(void *context), void *context)
{
	struct postgres_store *self = postgres_store_of(store);
	pthread_mutex_lock(&self->mutex);
	self->wake = wake;
	self->wake_context = context;
	pthread_mutex_unlock(&self->mutex);
}

/* Before anything is shown: what an earlier server or a crash of PostgreSQL has left visible is on the standby, too. No
 * batch of an earlier server is stored any more, since take_node() has waited for the last one. */
static int begin_safely(struct postgres_store *self)
{
	int has_standby = postgres_link_open(&self->link) ? -1 : postgres_has_standby(&self->link);
	if (has_standby < 0 || (has_standby && postgres_confirm(&self->link)) ||
	    (has_standby && self->place.shows_standbys && postgres_barrier(&self->link, true)))
		return STORE_FAILED;
	self->writer.needs_standby = self->gate.needs_standby = self->store.replicas;
	note_standby(self, has_standby);
	if (!has_standby && !self->store.replicas)
		LOG_INFO("store.standby",
			 "is=none effect=\"what is acknowledged is as safe as the disk of the "
			 "PostgreSQL\" see=store_replicas");
	return STORE_OK;
}

static int pg_load(struct store *store, store_visit *visit, void *context)
{
	struct postgres_store *self = postgres_store_of(store);
	int64_t seen = 0;
	int result = begin_safely(self);
	if (result == STORE_OK && self->node.id && postgres_node_look(&self->node, &self->link))
		result = STORE_FAILED;
	if (result == STORE_OK)
		result = postgres_load(&self->link, self->node.id, &seen, visit, context);
	if (result != STORE_OK)
		LOG_ERROR("store.load", "error=\"%s\"", self->link.error);
	self->writer.seen = seen;
	return result;
}

static bool pg_trouble(struct store *store, char trouble[STORE_TROUBLE_BYTES])
{
	struct postgres_store *self = postgres_store_of(store);
	pthread_mutex_lock(&self->mutex);
	memcpy(trouble, self->trouble, STORE_TROUBLE_BYTES);
	pthread_mutex_unlock(&self->mutex);
	return *trouble;
}

/* Somebody who was made an account a moment ago may come in, so it is asked for at once: one question, which is not waited
 * for long. While PostgreSQL is known to be out of reach, nobody is asked. */
static int pg_watch(struct store *store, store_visit *visit, void *context)
{
	struct postgres_store *self = postgres_store_of(store);
	char trouble[STORE_TROUBLE_BYTES];
	if (pg_trouble(store, trouble) && !self->is_alone)
		return STORE_OK;
	int64_t seen = self->writer.seen;
	self->link.patience_ms = WATCH_MS;
	PGresult *notes = postgres_link_open(&self->link) ? NULL : postgres_load_new_notes(&self->link, seen);
	int result = notes ? postgres_load_notes(&self->link, self->node.id, notes, &seen, visit, context)
			   : STORE_FAILED;
	if (notes)
		libpq.clear(notes);
	self->link.patience_ms = POSTGRES_STATEMENT_MS;
	self->writer.seen = seen;
	/* The next ones do not wait, until the writer has seen PostgreSQL again. */
	if (result != STORE_OK)
		note_trouble(self, self->link.error);
	return result;
}

static bool pg_takes(struct store *store)
{
	return !postgres_store_of(store)->is_alone;
}

static bool pg_has_leftovers(struct store *store)
{
	return postgres_store_of(store)->writer.has_leftovers;
}

static void pg_give_up(struct store *store)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	postgres_store_of(store)->writer.give_up_ms =
	    (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + GIVE_UP_MS;
}

#define PORT_USUAL 5432

static void pg_reach(const struct store *store, struct store_reach *reach)
{
	const struct postgres_place *place = &((const struct postgres_store *)store)->place;
	static_assert(STORE_PORTS_MAX >= POSTGRES_TARGETS_MAX, "each target has a port");
	static const char *const files[STORE_READ_MAX] = {"sslrootcert", "sslcert", "sslkey", "sslcrl"};
	*reach = (struct store_reach){.has_local = false};
	for (size_t i = 0; i < STORE_READ_MAX; i++)
		reach->read[i] = postgres_place_option(place, files[i]);
	for (size_t i = 0; i < place->count; i++) {
		const struct postgres_target *target = &place->targets[i];
		bool is_local =
		    !target->address && (!target->host || *target->host == '/' || *target->host == '@');
		unsigned port = target->port ? (unsigned)strtoul(target->port, NULL, 10) : PORT_USUAL;
		reach->has_local |= is_local;
		if (!is_local)
			reach->ports[reach->ports_count++] = port;
	}
}

static int pg_reader_open(struct store *store, struct store_reader **reader)
{
	struct postgres_store *self = postgres_store_of(store);
	return postgres_reader_open(&self->place, &self->gate, self->path, reader);
}

static int pg_indexer_open(struct store *store, struct store_indexer **indexer)
{
	struct postgres_store *self = postgres_store_of(store);
	return postgres_indexer_open(&self->place, &self->gate, self->path, store->epoch, indexer);
}

static void pg_close(struct store *store)
{
	struct postgres_store *self = postgres_store_of(store);
	pg_give_up(store);
	pthread_mutex_lock(&self->mutex);
	self->is_closing = true;
	pthread_cond_signal(&self->posted);
	pthread_mutex_unlock(&self->mutex);
	if (self->has_thread)
		pthread_join(self->thread, NULL);
	postgres_bus_stop(&self->bus);
	/* News that came when the chat had taken all of its own. */
	for (struct job *job; (job = queue_take(&self->returned));)
		postgres_job_free(job);
	postgres_bus_release(&self->bus);
	postgres_node_release(&self->node);
	postgres_writer_release(&self->writer);
	postgres_gate_release(&self->gate);
	postgres_link_close(&self->link);
	postgres_place_release(&self->place);
	pthread_cond_destroy(&self->posted);
	pthread_mutex_destroy(&self->mutex);
	if (self->lock_fd >= 0)
		close(self->lock_fd);
	free(self->path);
	free(self);
}

/* What makes it faster is PostgreSQL's to keep. */
static void pg_rest(struct store *store)
{
	(void)store;
}

static const struct store_ops postgres_ops = {
    .on_return = pg_on_return,
    .collect = pg_collect,
    .close = pg_close,
    .load = pg_load,
    .submit = pg_submit,
    .ask = pg_ask,
    .watch = pg_watch,
    .has_leftovers = pg_has_leftovers,
    .rest = pg_rest,
    .give_up = pg_give_up,
    .takes = pg_takes,
    .trouble = pg_trouble,
    .reach = pg_reach,
    .reader_open = pg_reader_open,
    .indexer_open = pg_indexer_open,
};

/* --- opening --- */

/* The names that the store is known by, and what is left over. */
static int read_names(struct postgres_store *self)
{
	PGresult *row = postgres_query(&self->link,
				       "SELECT (SELECT value FROM meta WHERE key = 'epoch'),"
				       " decode((SELECT value FROM meta WHERE key = 'author_key'), 'hex'),"
				       " EXISTS (SELECT 1 FROM leftovers)",
				       "");
	bool is_good =
	    row && postgres_bytes(row, 0, 1, self->store.author_key, sizeof self->store.author_key);
	if (is_good) {
		snprintf(self->store.epoch, sizeof self->store.epoch, "%s", postgres_text(row, 0, 0));
		self->writer.has_leftovers = postgres_flag(row, 0, 2);
	}
	if (row)
		libpq.clear(row);
	return is_good ? 0 : -1;
}

/* Invariant 3. */
static int take_node(struct postgres_store *self, const char *name, char *problem, size_t problem_bytes)
{
	if (postgres_node_begin(&self->node, &self->link, name, problem, problem_bytes))
		return -1;
	self->writer.incarnation = self->node.incarnation;
	if (!name)
		return 0;
	self->writer.node = (int)self->node.id;
	self->writer.epoch = self->store.epoch;
	self->store.node = &postgres_shared_ops;
	self->gate.is_shared = true;
	if (!postgres_bus_open(&self->bus) && !postgres_bus_take_lease(&self->bus))
		return 0;
	snprintf(problem, problem_bytes, "the database cannot be used: %s", self->bus.link.error);
	return -1;
}

static int pg_open(struct postgres_store *self, const char *url, const char *node, char *problem,
		   size_t problem_bytes)
{
	if (postgres_place_open(&self->place, url, problem, problem_bytes))
		return -1;
	if (postgres_link_open(&self->link)) {
		snprintf(
		    problem, problem_bytes,
		    "PostgreSQL cannot be reached (%s): see that it runs, and that the key store says where",
		    self->link.error);
		return -1;
	}
	if (postgres_schema_check(&self->link, problem, problem_bytes))
		return -1;
	if (take_node(self, node, problem, problem_bytes))
		return -1;
	if (!read_names(self))
		return 0;
	snprintf(problem, problem_bytes, "the database cannot be used: %s", self->link.error);
	return -1;
}

static void init(struct postgres_store *self, const char *directory)
{
	pthread_condattr_t monotonic;
	self->store.ops = &postgres_ops;
	self->path = mem_alloc(strlen(directory) + sizeof "/postgres");
	sprintf(self->path, "%s/postgres", directory);
	queue_init(&self->jobs);
	queue_init(&self->returned);
	pthread_mutex_init(&self->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&self->posted, &monotonic);
	pthread_condattr_destroy(&monotonic);
	postgres_writer_init(&self->writer, &self->place, POSTGRES_NODE);
	postgres_gate_init(&self->gate);
	self->writer.gate = &self->gate;
	self->writer.tell = note_trouble;
	self->writer.tell_context = self;
	postgres_link_init(&self->link, &self->place);
	postgres_node_init(&self->node);
	postgres_bus_init(&self->bus, &self->place, &self->node);
	self->bus.told.hear = postgres_shared_hear;
	self->bus.told.context = self;
}

int postgres_store_open_node(const char *directory, const char *url, const char *node, struct store **store,
			     char *problem, size_t problem_bytes)
{
	struct postgres_store *self = mem_zero(sizeof *self);
	init(self, directory);
	sqlite_begin(directory);
	self->lock_fd = data_directory_take(directory, problem, problem_bytes);
	if (self->lock_fd < 0 || pg_open(self, url, node, problem, problem_bytes)) {
		pg_close(&self->store);
		return STORE_FAILED;
	}
	*store = &self->store;
	return STORE_OK;
}

int postgres_store_open(const char *directory, const char *url, struct store **store, char *problem,
			size_t problem_bytes)
{
	return postgres_store_open_node(directory, url, NULL, store, problem, problem_bytes);
}
