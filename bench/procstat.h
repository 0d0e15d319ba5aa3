/*
 * The kernel's figures for another process: CPU time used and memory held.
 */
#ifndef BENCH_PROCSTAT_H
#define BENCH_PROCSTAT_H

#include <stdint.h>
#include <sys/types.h>

struct procstat {
	uint64_t cpu_ns;     /* of all its threads, those that ended included */
	uint64_t rss_kb;     /* resident */
	uint64_t private_kb; /* resident and not shared with a file: what the process itself costs */
};

/* Fills `out`; -1 when the process is not there (out is then all zero). */
int procstat_read(pid_t pid, struct procstat *out);

#endif
