/* The configuration file: good, or refused with each line that is wrong; never anything else. */
#include "server/config.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int lines_of(const uint8_t *data, size_t size)
{
	int lines = 1;
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	return lines;
}

static void check_limits(const struct limits *limits)
{
#define X(name, value, low, high, help) assert(limits->name >= (low) && limits->name <= (high));
	LIMITS(X)
#undef X
}

/* Every problem begins with the file and its line, in their order. */
static void check_problem(char *problem, const char *path, int lines)
{
	char *rest = NULL;
	int before = 0;
	for (char *one = strtok_r(problem, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest)) {
		if (!strcmp(one, "there are more problems; mend these first"))
			break;
		assert(!strncmp(one, path, strlen(path)) && one[strlen(path)] == ':');
		int line = atoi(one + strlen(path) + 1);
		assert(line > before && line <= lines);
		before = line;
	}
	assert(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64], problem[CONFIG_PROBLEM_BYTES];
	char program[] = "brusiod", option[] = "--config";
	struct config config;
	enum config_action action;
	int fd = memfd_create("config", MFD_CLOEXEC);
	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	char *argv[] = {program, option, path, NULL};
	if (config_read(&config, 3, argv, &action, problem)) {
		check_problem(problem, path, lines_of(data, size));
	} else {
		assert(!*problem && action == CONFIG_RUN);
		assert(config.port <= 65535 && config.workers <= LIMIT_WORKERS && *config.data);
		assert(config.listen.count <= LISTENERS_MAX && config.log_level <= LOGGING_DEBUG);
		check_limits(&config.limits);
	}
	config_release(&config);
	close(fd);
	return 0;
}
