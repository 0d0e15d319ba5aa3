#include "push/courier_start.h"

#include "net/helper.h"
#include "push/courier_socket.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM     "brusio-push"
#define PATIENCE_MS 10000 /* until it says that it is there */

/* Beside this program, as it is built; or where `make install` puts it. */
static void courier_find(const char *given, char path[PATH_MAX])
{
	static const char *const places[] = {"/" PROGRAM, "/../libexec/" PROGRAM};
	char own[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
	char *end = length > 0 ? memrchr(own, '/', (size_t)length) : NULL;
	snprintf(path, PATH_MAX, "%s", given ? given : PROGRAM);
	for (size_t i = 0; i < sizeof places / sizeof *places && end && !given; i++) {
		*end = '\0';
		if (snprintf(path, PATH_MAX, "%s%s", own, places[i]) < PATH_MAX && !access(path, X_OK))
			return;
	}
}

int courier_start(const struct pusher_config *config, char problem[PUSHER_PROBLEM_BYTES])
{
	char path[PATH_MAX];
	const char *const words[] = {PROGRAM,
				     config->hosts,
				     config->allows_private ? "private" : "public",
				     config->is_bare ? "bare" : "sandbox",
				     config->ca ? config->ca : "",
				     NULL};
	struct courier_answer answer;
	int fd;
	courier_find(config->program, path);
	/* Children that end are waited for by nobody. */
	signal(SIGCHLD, SIG_IGN);
	int error = helper_start(path, words, &fd);
	if (!error && helper_is_ready(fd, PATIENCE_MS) && courier_socket_take_answer(fd, &answer) > 0 &&
	    answer.status == COURIER_READY)
		return fd;
	snprintf(problem, PUSHER_PROBLEM_BYTES,
		 "push = yes needs %.200s, which does not start: install libcurl (Debian: libcurl4), or set "
		 "push = no",
		 path);
	if (!error)
		close(fd);
	return -1;
}
