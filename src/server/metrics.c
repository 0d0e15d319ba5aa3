#include "server/metrics.h"

#include "base/clock.h"
#include "chat/chat.h"
#include "chat/chunk.h"
#include "picture/painter.h"
#include "push/pusher.h"
#include "server/worker.h"
#include "store/blobs/blob_bucket.h"
#include "store/store.h"
#include "store/store_node.h"
#include "version.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

struct metric {
	const char *name, *type, *help;
	size_t offset; /* in struct gateway_counters */
};

#define OF(field) offsetof(struct gateway_counters, field)

static const struct metric worker_metrics[] = {
    {"brusio_connections", "gauge", "Connections now.", OF(connections)},
    {"brusio_connections_accepted_total", "counter", "Connections since the start.", OF(accepted)},
    {"brusio_requests_total", "counter", "Requests that clients made to the chat.", OF(requests)},
    {"brusio_replies_total", "counter", "Answers and private notices to clients.", OF(replies)},
    {"brusio_deliveries_total", "counter", "Entries and events written to connections.", OF(deliveries)},
    {"brusio_received_bytes_total", "counter", "Bytes that came in.", OF(bytes_in)},
    {"brusio_sent_bytes_total", "counter", "Bytes that went out.", OF(bytes_out)},
    {"brusio_uncopied_bytes_total", "counter", "Those of them that the kernel sent as they lie in the log.",
     OF(bytes_uncopied)},
    {"brusio_writes_total", "counter", "System calls that wrote what went out.", OF(writes)},
    {"brusio_lagging_readers_total", "counter", "Times a reader fell behind what memory holds.", OF(lagging)},
    {"brusio_pages_total", "counter", "Pages of log read back from the store.", OF(pages)},
    {"brusio_web_answers_total", "counter", "Answers to HTTP requests.", OF(web_requests)},
    {"brusio_websockets_total", "counter", "WebSocket connections since the start.", OF(websockets)},
};

#undef OF

static void write_one(struct buffer *to, const char *name, const char *type, const char *help, uint64_t value)
{
	buffer_printf(to, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, type, name,
		      (unsigned long long)value);
}

static uint64_t sum(const struct workers *workers, size_t offset)
{
	const struct gateway *gateway;
	uint64_t total = 0;
	for (unsigned i = 0; (gateway = workers_gateway(workers, i)); i++) {
		const _Atomic uint64_t *counter = (const void *)((const char *)&gateway->counters + offset);
		total += atomic_load_explicit(counter, memory_order_relaxed);
	}
	return total;
}

uint64_t metrics_connections(const struct metrics *of)
{
	return sum(of->workers, offsetof(struct gateway_counters, connections));
}

/* Returns 0 where the system does not tell. */
static uint64_t resident_bytes(void)
{
	unsigned long long all, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (!file)
		return 0;
	if (fscanf(file, "%llu %llu", &all, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static const char *const refusals[UPLOAD_REFUSED_COUNT] = {
    [UPLOAD_REFUSED_SIZE] = "size", [UPLOAD_REFUSED_DAY] = "day",   [UPLOAD_REFUSED_AT_ONCE] = "at_once",
    [UPLOAD_REFUSED_FULL] = "full", [UPLOAD_REFUSED_DISK] = "disk",
};

static void write_refusals(struct buffer *to, const struct chat_counters *counters)
{
	static const char name[] = "brusio_uploads_refused_total";
	buffer_printf(to, "# HELP %s Files that were refused, by reason.\n# TYPE %s counter\n", name, name);
	for (size_t i = 0; i < UPLOAD_REFUSED_COUNT; i++)
		buffer_printf(to, "%s{reason=\"%s\"} %llu\n", name, refusals[i],
			      (unsigned long long)counters->uploads_refused[i]);
}

static struct painter_counts painter_counts(const struct metrics *of)
{
	struct painter_counts counts = {0};
	if (of->painter)
		painter_count(of->painter, &counts);
	return counts;
}

static void write_painter(struct buffer *to, const struct metrics *of)
{
	struct painter_counts counts = painter_counts(of);
	write_one(to, "brusio_previews_total", "counter", "Pictures that previews were made of.",
		  counts.painted);
	write_one(to, "brusio_previews_failed_total", "counter",
		  "Pictures without one: they are broken, too large, or hostile.", counts.failed);
	write_one(to, "brusio_painter_up", "gauge", "1 while the process that makes previews answers.",
		  counts.is_there);
}

static struct pusher_counts pusher_counts(const struct metrics *of)
{
	struct pusher_counts counts = {0};
	if (of->pusher)
		pusher_count(of->pusher, &counts);
	return counts;
}

static void write_pusher(struct buffer *to, const struct metrics *of)
{
	struct pusher_counts counts = pusher_counts(of);
	write_one(to, "brusio_pushes_total", "counter", "Pushes that push services have taken.", counts.sent);
	write_one(to, "brusio_pushes_failed_total", "counter", "Pushes that were refused or given up.",
		  counts.failed);
	write_one(to, "brusio_pushes_dropped_total", "counter",
		  "Pushes in whose place a newer one went, or for which there was no room.", counts.dropped);
	write_one(to, "brusio_pushes_waiting", "gauge", "Pushes that wait for a push service.",
		  counts.waiting);
	write_one(to, "brusio_courier_up", "gauge",
		  "1 while the process that reaches push services is there.", counts.is_there);
}

static void write_bucket(struct buffer *to)
{
	struct blob_bucket_counts counts;
	if (!blob_bucket_is_set())
		return;
	blob_bucket_count(&counts);
	write_one(to, "brusio_bucket_puts_total", "counter", "Files and previews that went to the bucket.",
		  counts.puts);
	write_one(to, "brusio_bucket_gets_total", "counter", "Files and previews that came from there.",
		  counts.gets);
	write_one(to, "brusio_bucket_drops_total", "counter", "Files that were deleted there.", counts.drops);
	write_one(to, "brusio_bucket_failures_total", "counter",
		  "Questions to the bucket that failed for good.", counts.failures);
	write_one(to, "brusio_bucket_up", "gauge", "1 where the bucket has answered the last question.",
		  counts.is_reached);
}

static void write_bucket_status(struct buffer *to)
{
	struct blob_bucket_counts counts;
	if (!blob_bucket_is_set())
		return;
	blob_bucket_count(&counts);
	buffer_printf(to, "%-28s %llu\n%-28s %llu\n%-28s %llu\n%-28s %llu\n%-28s %d\n", "bucket_puts_total",
		      (unsigned long long)counts.puts, "bucket_gets_total", (unsigned long long)counts.gets,
		      "bucket_drops_total", (unsigned long long)counts.drops, "bucket_failures_total",
		      (unsigned long long)counts.failures, "bucket_up", counts.is_reached);
}

static void write_node(struct buffer *to, const struct metrics *of)
{
	struct store_node_state state;
	if (!of->store->node)
		return;
	of->store->node->look(of->store, &state);
	write_one(to, "brusio_node_lease_age_milliseconds", "gauge",
		  "Since the node's lease was renewed; beyond 5,000 another one fences it.",
		  (uint64_t)state.lease_age_ms);
	write_one(to, "brusio_node_news_age_milliseconds", "gauge",
		  "Since all was known that other nodes had stored.", (uint64_t)state.news_age_ms);
	write_one(to, "brusio_node_others", "gauge", "Other nodes whose people are known here.",
		  state.others);
	write_one(to, "brusio_node_told_bytes", "gauge", "Bytes that wait to be told to other nodes.",
		  state.told_bytes);
	write_one(to, "brusio_node_standbys", "gauge", "Synchronous standbys that the database has.",
		  (uint64_t)state.standbys);
	write_one(to, "brusio_node_snapshot_age_milliseconds", "gauge",
		  "Of the oldest transaction that keeps dead rows in the database.",
		  (uint64_t)state.snapshot_age_ms);
	write_one(to, "brusio_node_barriers_total", "counter",
		  "Waits for a standby to have what was read, before it was shown.",
		  (uint64_t)state.barriers);
	write_one(to, "brusio_node_barrier_microseconds_total", "counter", "What they took.",
		  (uint64_t)state.barrier_us);
}

static void write_chat(struct buffer *to, struct chat *chat)
{
	struct chat_counters counters;
	chat_count(chat, &counters);
	write_one(to, "brusio_entries_total", "counter", "Entries stored and published.", counters.entries);
	write_one(to, "brusio_repeats_total", "counter", "Sends that came again and were not stored again.",
		  counters.repeats);
	write_one(to, "brusio_commits_total", "counter", "Transactions that stored them.", counters.commits);
	write_one(to, "brusio_failed_commits_total", "counter", "Transactions that the disk refused.",
		  counters.failed_commits);
	write_one(to, "brusio_waiting_requests", "gauge", "Requests that wait for the chat thread.",
		  counters.waiting_requests);
	write_one(to, "brusio_uploads_total", "counter", "Files that people sent.", counters.uploads);
	write_one(to, "brusio_file_bytes", "gauge", "Bytes of all files that are kept.", counters.file_bytes);
	write_one(to, "brusio_files_going", "gauge", "Deleted files whose bytes are still to go.",
		  counters.files_going);
	write_refusals(to, &counters);
	write_one(to, "brusio_waiting_jobs", "gauge", "Pages and searches that wait for a job thread.",
		  counters.waiting_jobs);
}

void metrics_write(void *context, struct buffer *to)
{
	const struct metrics *of = context;
	char trouble[STORE_TROUBLE_BYTES];
	buffer_printf(to,
		      "# HELP brusio_info The version that runs.\n# TYPE brusio_info gauge\n"
		      "brusio_info{version=\"%s\"} 1\n",
		      BRUSIO_VERSION);
	for (size_t i = 0; i < sizeof worker_metrics / sizeof *worker_metrics; i++)
		write_one(to, worker_metrics[i].name, worker_metrics[i].type, worker_metrics[i].help,
			  sum(of->workers, worker_metrics[i].offset));
	write_chat(to, of->chat);
	write_painter(to, of);
	write_pusher(to, of);
	write_bucket(to);
	write_node(to, of);
	write_one(to, "brusio_store_out_of_reach", "gauge", "1 while messages wait for the database.",
		  of->store->ops->trouble(of->store, trouble));
	write_one(to, "brusio_log_bytes", "gauge", "Bytes of room logs in memory.", chunk_bytes_total());
	write_one(to, "process_resident_memory_bytes", "gauge", "Memory of the process.", resident_bytes());
}

static double per(uint64_t many, uint64_t few)
{
	return few ? (double)many / (double)few : 0;
}

void metrics_write_status(void *context, struct buffer *to)
{
	const struct metrics *of = context;
	struct chat_counters chat;
	char trouble[STORE_TROUBLE_BYTES];
	chat_count(of->chat, &chat);
	uint64_t writes = sum(of->workers, offsetof(struct gateway_counters, writes));
	uint64_t deliveries = sum(of->workers, offsetof(struct gateway_counters, deliveries));
	buffer_printf(to, "brusiod %s\n", BRUSIO_VERSION);
	if (of->store->ops->trouble(of->store, trouble))
		buffer_printf(to, "messages wait for the database: %s\n", trouble);
	for (size_t i = 0; i < sizeof worker_metrics / sizeof *worker_metrics; i++)
		buffer_printf(to, "%-28s %llu\n", worker_metrics[i].name + sizeof "brusio_" - 1,
			      (unsigned long long)sum(of->workers, worker_metrics[i].offset));
	buffer_printf(to, "%-28s %.2f\n", "deliveries_per_write", per(deliveries, writes));
	buffer_printf(to, "%-28s %llu\n%-28s %llu\n%-28s %llu\n%-28s %llu\n%-28s %.2f\n", "entries_total",
		      (unsigned long long)chat.entries, "repeats_total", (unsigned long long)chat.repeats,
		      "commits_total", (unsigned long long)chat.commits, "failed_commits_total",
		      (unsigned long long)chat.failed_commits, "entries_per_commit",
		      per(chat.entries, chat.commits));
	buffer_printf(to, "%-28s %llu\n%-28s %llu\n%-28s %zu\n%-28s %llu\n", "waiting_requests",
		      (unsigned long long)chat.waiting_requests, "waiting_jobs",
		      (unsigned long long)chat.waiting_jobs, "log_bytes", chunk_bytes_total(),
		      "resident_bytes", (unsigned long long)resident_bytes());
	buffer_printf(to, "%-28s %llu\n%-28s %llu\n%-28s %llu\n", "uploads_total",
		      (unsigned long long)chat.uploads, "file_bytes", (unsigned long long)chat.file_bytes,
		      "files_going", (unsigned long long)chat.files_going);
	write_bucket_status(to);
	struct painter_counts counts = painter_counts(of);
	buffer_printf(to, "%-28s %llu\n%-28s %llu\n%-28s %d\n", "previews_total",
		      (unsigned long long)counts.painted, "previews_failed_total",
		      (unsigned long long)counts.failed, "painter_up", counts.is_there);
	struct pusher_counts pushes = pusher_counts(of);
	buffer_printf(to, "%-28s %llu\n%-28s %llu\n%-28s %d\n", "pushes_total",
		      (unsigned long long)pushes.sent, "pushes_failed_total",
		      (unsigned long long)pushes.failed, "courier_up", pushes.is_there);
	for (size_t i = 0; i < UPLOAD_REFUSED_COUNT; i++)
		buffer_printf(to, "uploads_refused_%-12s %llu\n", refusals[i],
			      (unsigned long long)chat.uploads_refused[i]);
}
