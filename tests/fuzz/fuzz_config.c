/* The configuration file: good, or refused with the line that is wrong; never anything else. */
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
		assert(!strncmp(problem, path, strlen(path)) && problem[strlen(path)] == ':');
		int line = atoi(problem + strlen(path) + 1);
		assert(line >= 1 && line <= lines_of(data, size));
	} else {
		assert(!*problem && action == CONFIG_RUN);
		assert(config.port <= 65535 && config.workers <= LIMIT_WORKERS && *config.data);
		assert(config.listen_count <= LISTENERS_MAX && config.log_level <= LOGGING_DEBUG);
		check_limits(&config.limits);
	}
	config_release(&config);
	close(fd);
	return 0;
}
