#include "gen.h"

#include <inttypes.h>

static void print_latency(FILE *out, const char *name, const struct histogram *hist)
{
	if (hist->count == 0)
		return;
	fprintf(out,
		",\"%s\":{\"count\":%" PRIu64
		",\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}",
		name, hist->count, (double)histogram_percentile(hist, 500) / 1e3,
		(double)histogram_percentile(hist, 900) / 1e3, (double)histogram_percentile(hist, 990) / 1e3,
		(double)histogram_percentile(hist, 999) / 1e3, (double)hist->max_ns / 1e3);
}

static void print_group(const struct gen *gen, const struct group *group, FILE *out, double seconds)
{
	fprintf(out, "{\"rooms\":%u,\"receivers\":%u,\"senders\":%u,\"window\":%u,\"rate\":%g", group->rooms,
		group->receivers, group->senders, group->window, group->rate);
	fprintf(out, ",\"sent\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"acked\":%" PRIu64, group->sent,
		group->delivered, group->acked);
	if (seconds > 0)
		fprintf(out, ",\"sent_per_s\":%.1f,\"deliveries_per_s\":%.1f,\"acks_per_s\":%.1f",
			(double)group->measured_sent / seconds, (double)group->measured_delivered / seconds,
			(double)group->measured_acked / seconds);
	fprintf(out,
		",\"lost\":%" PRIu64 ",\"reordered\":%" PRIu64 ",\"repeated\":%" PRIu64
		",\"corrupt\":%" PRIu64 ",\"uneven\":%u",
		gen_lost(gen, group), group->reordered, group->repeated, group->corrupt,
		gen_uneven(gen, group));
	print_latency(out, gen->storm ? "before_us" : "latency_us", &group->latency[0]);
	print_latency(out, "during_us", &group->latency[1]);
	print_latency(out, "after_us", &group->latency[2]);
	print_latency(out, "ack_us", &group->ack_latency);
	fprintf(out, "}");
}

static void print_server(const struct gen *gen, FILE *out, uint64_t deliveries, double seconds)
{
	const struct procstat *from = &gen->from.server, *to = &gen->to.server;
	double cpu_s = (double)(to->cpu_ns - from->cpu_ns) / 1e9;
	if (gen->pid <= 0 || to->rss_kb == 0)
		return;
	fprintf(out, ",\"server\":{\"cpu_s\":%.4f,\"cpu_share\":%.3f", cpu_s,
		seconds > 0 ? cpu_s / seconds : 0);
	if (deliveries > 0)
		fprintf(out, ",\"cpu_us_per_delivery\":%.4f", cpu_s * 1e6 / (double)deliveries);
	fprintf(out, ",\"private_kb\":[%" PRIu64 ",%" PRIu64 "],\"rss_kb\":[%" PRIu64 ",%" PRIu64 "]}",
		from->private_kb, to->private_kb, from->rss_kb, to->rss_kb);
}

static void print_also(const struct gen *gen, FILE *out)
{
	for (unsigned i = 0; i < gen->also_count; i++)
		fprintf(out, "%s%.4f", i ? "," : ",\"also_cpu_s\":[",
			(double)(gen->to.also_ns[i] - gen->from.also_ns[i]) / 1e9);
	if (gen->also_count)
		fprintf(out, "]");
}

void gen_report(const struct gen *gen, FILE *out)
{
	double seconds = (double)(gen->to.at_ns - gen->from.at_ns) / 1e9;
	uint64_t bytes = gen->to.bytes_in - gen->from.bytes_in, deliveries = 0;

	for (unsigned g = 0; g < gen->groups; g++)
		deliveries += gen->group[g].measured_delivered;
	fprintf(out, "{\"dialect\":\"%s\",\"text_bytes\":%u,\"connections\":%u,\"seconds\":%.3f,\"groups\":[",
		gen->dialect->name, gen->text_bytes, gen->conn_count, seconds);
	for (unsigned g = 0; g < gen->groups; g++) {
		fprintf(out, g ? "," : "");
		print_group(gen, &gen->group[g], out, seconds);
	}
	fprintf(out, "],\"deliveries_per_s\":%.1f", seconds > 0 ? (double)deliveries / seconds : 0);
	if (deliveries > 0)
		fprintf(out, ",\"bytes_per_delivery\":%.1f,\"deliveries_per_read\":%.2f",
			(double)bytes / (double)deliveries,
			(double)deliveries / (double)(gen->to.reads - gen->from.reads));
	print_server(gen, out, deliveries, seconds);
	print_also(gen, out);
	fprintf(out, ",\"generator_cpu_share\":%.3f",
		seconds > 0 ? (double)(gen->to.own_cpu_ns - gen->from.own_cpu_ns) / 1e9 / seconds : 0);
	if (gen->storm)
		fprintf(out,
			",\"storm\":{\"clients\":%u,\"seconds\":%.3f,\"still_behind\":%u,\"retries\":%" PRIu64
			"}",
			gen->storm_count, (double)gen->storm_ns / 1e9, gen->behind_count, gen->retries);
	if (gen->stalled_count)
		fprintf(out, ",\"stalled\":{\"receivers\":%u,\"caught_up\":%u,\"disconnected\":%u}",
			gen->stalled_count, gen->stalled_caught_up, gen->stalled_lost);
	fprintf(out, ",\"disconnected\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"first_error\":\"%s\"}\n",
		gen->disconnected, gen->errors, gen->first_error);
}
