/*
 * The generator's own check: a feeder process on loopback sends a stream with
 * faults that are known, cut at random places, and the counts must name
 * exactly those faults. A generator that finds nothing wrong with such a
 * stream would prove nothing about a server.
 */
#include "gen.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stamp.h"

enum { MESSAGES = 5000, RECEIVERS = 3, TEXT_BYTES = 60, LINE_BYTES = TEXT_BYTES + 16, LATE_MS = 80 };

enum fault { CLEAN, LOST, SWAPPED, REPEATED, TORN, LATE, WEIGHED, SHORT, FAULTS };

static const struct {
	const char *name;
	unsigned lost, reordered, repeated, corrupt; /* for each receiver */
	bool is_weighed;                             /* all but one of them */
	unsigned uneven;                             /* receivers */
} expected[FAULTS] = {
    [CLEAN] = {.name = "clean stream"},
    [LOST] = {.name = "three lost messages", .lost = 3},
    [SWAPPED] = {.name = "two swapped messages", .reordered = 1},
    [REPEATED] = {.name = "a repeated message", .repeated = 1},
    [TORN] = {.name = "a torn text", .lost = 1, .corrupt = 1},
    [LATE] = {.name = "late messages"},
    [WEIGHED] = {.name = "weighed receivers", .is_weighed = true},
    [SHORT] = {.name = "one of them gets less", .is_weighed = true, .uneven = 1},
};

/* Writes message number `seq` of the stream at `out` and returns its length. */
static size_t put_line(char *out, uint32_t seq, uint64_t due_ns)
{
	size_t len = 0;
	/* Prefixes of several lengths, and now and then a line that is not a message. */
	if (seq % 97 == 0)
		len += (size_t)sprintf(out, "a notice of no use\r\n");
	len += (size_t)sprintf(out + len, "%s:", seq % 31 == 0 ? "longer" : "short");
	stamp_init(out + len, TEXT_BYTES, 0);
	stamp_set(out + len, seq, due_ns);
	len += TEXT_BYTES;
	out[len++] = '\n';
	return len;
}

static size_t build_stream(char *out, enum fault fault)
{
	size_t len = 0;
	uint64_t due_ns = stamp_now_ns() - (fault == LATE ? LATE_MS * 1000000ull : 0);
	for (uint32_t i = 0; i < MESSAGES; i++) {
		uint32_t seq = i;
		if (fault == LOST && (i == 1000 || i == 1001 || i == 4000))
			continue;
		if (fault == SWAPPED && (i == 2000 || i == 2001))
			seq = 4001 - i;
		size_t line = put_line(out + len, seq, due_ns);
		if (fault == TORN && i == 3000)
			out[len + line - 2] = '.';
		len += line;
		if (fault == REPEATED && i == 2500)
			len += put_line(out + len, seq, due_ns);
	}
	return len;
}

/* Serves RECEIVERS connections, each the same stream in pieces of random length, then waits to be ended. */
static void feed(int listener, int start, enum fault fault)
{
	static char stream[(MESSAGES + 1) * (LINE_BYTES + 24)];
	int fd[RECEIVERS];
	for (int i = 0; i < RECEIVERS; i++)
		fd[i] = accept(listener, NULL, NULL);
	char byte;
	if (read(start, &byte, 1) != 1)
		return;
	size_t len = build_stream(stream, fault), at[RECEIVERS] = {0};
	if (fault == SHORT)
		at[0] = LINE_BYTES / 2;
	srandom((unsigned)fault + 1);
	for (int done = 0; done < RECEIVERS;) {
		int i = (int)(random() % RECEIVERS);
		size_t piece = 1 + (size_t)random() % 700;
		if (at[i] == len)
			continue;
		piece = piece < len - at[i] ? piece : len - at[i];
		ssize_t n = send(fd[i], stream + at[i], piece, MSG_NOSIGNAL);
		at[i] += n > 0 ? (size_t)n : 0;
		if (n < 0 || at[i] == len)
			done++;
	}
	pause();
}

static int check(const struct gen *gen, enum fault fault)
{
	const struct group *group = &gen->group[0];
	uint64_t checked = expected[fault].is_weighed ? 1 : RECEIVERS;
	uint64_t want_delivered = checked * (MESSAGES - expected[fault].lost);
	uint64_t p50_ns = histogram_percentile(&group->latency[0], 500);
	bool late = p50_ns >= LATE_MS * 1000000ull * 0.98;
	bool good = gen_lost(gen, group) == checked * expected[fault].lost &&
		    group->reordered == checked * expected[fault].reordered &&
		    group->repeated == checked * expected[fault].repeated &&
		    group->corrupt == checked * expected[fault].corrupt &&
		    gen_uneven(gen, group) == expected[fault].uneven && group->delivered == want_delivered &&
		    late == (fault == LATE) && group->latency[0].count == group->delivered;
	printf(
	    "%-22s delivered %lu lost %lu reordered %lu repeated %lu corrupt %lu uneven %u p50 %.1f ms: %s\n",
	    expected[fault].name, (unsigned long)group->delivered, (unsigned long)gen_lost(gen, group),
	    (unsigned long)group->reordered, (unsigned long)group->repeated, (unsigned long)group->corrupt,
	    gen_uneven(gen, group), (double)p50_ns / 1e6, good ? "found" : "NOT AS FED");
	return good ? 0 : 1;
}

static int run_one(enum fault fault)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
	    listen(listener, RECEIVERS) < 0 || getsockname(listener, (struct sockaddr *)&address, &len) < 0) {
		perror("loadgen: self-test");
		return 1;
	}
	/* Messages from before the measurement would not be in its latencies, so the feeder is told when.
	 */
	int start[2];
	fflush(stdout);
	if (pipe(start) < 0)
		return 1;
	pid_t feeder = fork();
	if (feeder == 0) {
		feed(listener, start[0], fault);
		_exit(0);
	}
	close(listener);
	close(start[0]);
	struct gen *gen = malloc(sizeof *gen);
	if (!gen)
		abort();
	*gen = (struct gen){.dialect = &dialect_raw,
			    .server = address,
			    .text_bytes = TEXT_BYTES,
			    .sources = 2,
			    .burst = RECEIVERS,
			    .seconds = 1.0,
			    .groups = 1,
			    .tag = "self"};
	gen->group[0] = (struct group){.rooms = 1,
				       .receivers = RECEIVERS,
				       .senders = 1,
				       .check = expected[fault].is_weighed ? RECEIVERS : 1};
	gen_build(gen);
	int failed = gen_join_all(gen) < 0;
	gen->group[0].room[0].senders[0].next_seq = MESSAGES;
	failed |= write(start[1], "g", 1) != 1;
	close(start[1]);
	gen_measure(gen);
	failed |= check(gen, fault);
	gen_free(gen);
	free(gen);
	kill(feeder, SIGTERM);
	waitpid(feeder, NULL, 0);
	return failed;
}

int gen_selftest(void)
{
	int failed = 0;
	for (int fault = 0; fault < FAULTS; fault++)
		failed |= run_one((enum fault)fault);
	puts(failed ? "self-test failed" : "self-test passed");
	return failed;
}
