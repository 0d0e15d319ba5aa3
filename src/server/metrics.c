#include "server/metrics.h"

#include "base/clock.h"
#include "chat/chunk.h"
#include "server/worker.h"
#include "version.h"

#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

struct metric {
	const char *name, *type, *help;
	size_t offset; /* in struct gateway_counters */
};

#define OF(field) offsetof(struct gateway_counters, field)

static const struct metric metrics[] = {
    {"brusio_connections", "gauge", "Connections now.", OF(connections)},
    {"brusio_connections_accepted_total", "counter", "Connections since the start.", OF(accepted)},
    {"brusio_requests_total", "counter", "Requests that clients made to the chat.", OF(requests)},
    {"brusio_replies_total", "counter", "Answers and private notices to clients.", OF(replies)},
    {"brusio_deliveries_total", "counter", "Entries and events written to connections.", OF(deliveries)},
    {"brusio_received_bytes_total", "counter", "Bytes that came in.", OF(bytes_in)},
    {"brusio_sent_bytes_total", "counter", "Bytes that went out.", OF(bytes_out)},
    {"brusio_writes_total", "counter", "System calls that wrote them.", OF(writes)},
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

/* 0 where the system does not say. */
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

void metrics_write(void *workers, struct buffer *to)
{
	buffer_printf(to,
		      "# HELP brusio_info The version that runs.\n# TYPE brusio_info gauge\n"
		      "brusio_info{version=\"%s\"} 1\n",
		      BRUSIO_VERSION);
	for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++)
		write_one(to, metrics[i].name, metrics[i].type, metrics[i].help,
			  sum(workers, metrics[i].offset));
	write_one(to, "brusio_log_bytes", "gauge", "Bytes of room logs in memory.", chunk_bytes_total());
	write_one(to, "process_resident_memory_bytes", "gauge", "Memory of the process.", resident_bytes());
}
