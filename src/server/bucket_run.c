#include "base/memory.h"
#include "net/helper.h"
#include "server/bucket_helper.h"
#include "server/sandbox.h"

#include <errno.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NO_QUESTION UINT64_MAX /* 0 is for one that has died */

static bool helper_say(const struct bucket_answer *answer)
{
	return helper_send(HELPER_FD, answer, offsetof(struct bucket_answer, text) + answer->length, NULL, 0);
}

static void say_problem(const char *problem)
{
	struct bucket_answer *answer = mem_zero(sizeof *answer);
	answer->number = NO_QUESTION;
	answer->error = -EINVAL;
	snprintf(answer->text, sizeof answer->text, "%.1000s", problem);
	answer->length = (uint32_t)strlen(answer->text);
	helper_say(answer);
	free(answer);
}

/* libc reads what it needs to find names by when it first does. */
static void prepare_names(const struct bucket_config *config)
{
	struct addrinfo *found = NULL;
	if (!getaddrinfo(config->host, config->port, &(struct addrinfo){.ai_socktype = SOCK_STREAM}, &found))
		freeaddrinfo(found);
}

static int restrict_self(const struct bucket_config *config, char *problem)
{
	int landlock;
	const unsigned port = (unsigned)strtoul(config->port, NULL, 10);
	const struct sandbox sandbox = {.data = "",
					.may_resolve = true,
					.ports = &port,
					.ports_count = 1,
					.read = {"/etc/resolv.conf", "/etc/ssl/certs",
						 "/usr/share/ca-certificates", "/usr/lib/ssl",
						 *config->ca ? config->ca : NULL}};
	return sandbox_apply(&sandbox, &landlock, problem, CONFIG_PROBLEM_BYTES);
}

/* False: the server is gone. */
static bool answer_one_question(struct bucket_client *client, struct bucket_question *question,
				struct bucket_answer *answer)
{
	int fd = -1;
	size_t count = 1, head = offsetof(struct bucket_question, text);
	ssize_t got = helper_receive(HELPER_FD, question, sizeof *question, &fd, &count);
	if (got <= 0)
		return false;
	bool is_asked = (size_t)got >= head && question->length < sizeof question->text &&
			(size_t)got == head + question->length;
	if (is_asked) {
		question->text[question->length] = '\0';
		bucket_client_ask(client, question, count ? fd : -1, answer);
	}
	if (count)
		close(fd);
	return !is_asked || helper_say(answer);
}

static int helper_serve(const struct bucket_config *config, bool is_bare)
{
	char problem[CONFIG_PROBLEM_BYTES] = "";
	struct bucket_client *client = bucket_client_new(config, problem, sizeof problem);
	prepare_names(config);
	if (!client || (!is_bare && restrict_self(config, problem))) {
		say_problem(problem);
		return 1;
	}
	struct bucket_question *question = mem_zero(sizeof *question);
	struct bucket_answer *answer = mem_zero(sizeof *answer);
	answer->number = NO_QUESTION;
	bool goes_on = helper_say(answer);
	while (goes_on)
		goes_on = answer_one_question(client, question, answer);
	free(question);
	free(answer);
	bucket_client_free(client);
	return 0;
}

int bucket_helper_run(int argc, char **argv)
{
	struct bucket_answer *died = mem_zero(sizeof *died);
	struct bucket_config config;
	bool is_bare = argc > 2 && !strcmp(argv[2], "bare");
	if (!helper_is_started()) {
		fputs("brusiod: the server itself starts its " BUCKET_WORD " processes\n", stderr);
		return 1;
	}
	if (helper_leave_server() || (!is_bare && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)) ||
	    helper_receive(HELPER_FD, &config, sizeof config, NULL, NULL) != sizeof config)
		return 1;
	helper_keep(died, offsetof(struct bucket_answer, text));
	free(died);
	int status = helper_serve(&config, is_bare);
	mem_wipe(&config, sizeof config);
	return status;
}
