#include "procstat.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* utime and stime in clock ticks: counts threads that ended, but only to a hundredth of a second. */
static uint64_t stat_cpu_ns(pid_t pid)
{
	char path[64], line[1024];
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	uint64_t ticks = 0;
	if (fgets(line, sizeof line, file)) {
		/* The command's name may hold anything, so count the fields from its closing parenthesis. */
		char *after = strrchr(line, ')');
		uint64_t utime = 0, stime = 0;
		if (after &&
		    sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
			   &utime, &stime) == 2)
			ticks = utime + stime;
	}
	fclose(file);
	return ticks * (1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* The scheduler's own count, in nanoseconds, of the threads that are alive. */
static uint64_t schedstat_cpu_ns(pid_t pid)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	DIR *dir = opendir(path);
	if (!dir)
		return 0;
	uint64_t total = 0;
	for (struct dirent *entry; (entry = readdir(dir));) {
		char task[384];
		uint64_t ns = 0;
		snprintf(task, sizeof task, "%s/%s/schedstat", path, entry->d_name);
		FILE *file = entry->d_name[0] == '.' ? NULL : fopen(task, "re");
		if (!file)
			continue;
		if (fscanf(file, "%" SCNu64, &ns) == 1)
			total += ns;
		fclose(file);
	}
	closedir(dir);
	return total;
}

static int read_memory(pid_t pid, struct procstat *out)
{
	char path[64], line[256];
	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return -1;
	while (fgets(line, sizeof line, file)) {
		uint64_t kb;
		if (sscanf(line, "Rss: %" SCNu64, &kb) == 1)
			out->rss_kb = kb;
		else if (sscanf(line, "Private_Clean: %" SCNu64, &kb) == 1 ||
			 sscanf(line, "Private_Dirty: %" SCNu64, &kb) == 1)
			out->private_kb += kb;
	}
	fclose(file);
	return 0;
}

int procstat_read(pid_t pid, struct procstat *out)
{
	memset(out, 0, sizeof *out);
	if (pid <= 0 || read_memory(pid, out) < 0)
		return -1;
	uint64_t coarse = stat_cpu_ns(pid), fine = schedstat_cpu_ns(pid);
	/* The fine count misses threads that ended; when it falls far behind, the coarse one is nearer. */
	out->cpu_ns = coarse > fine + 200000000ull ? coarse : fine;
	return 0;
}
