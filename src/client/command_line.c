#include "client/command_line.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 4

/* A link without a word about arguments is what the command is about: "$@" stands behind it. */
static void exec_shell(const char *command, const char *const *arguments)
{
	const char *words[4 + ARGUMENTS_MAX + 1] = {"sh", "-c", command, "brusio"};
	size_t count = 4;
	while (arguments && *arguments && count < 4 + ARGUMENTS_MAX)
		words[count++] = *arguments++;
	execv("/bin/sh", (char *const *)words);
	_exit(127);
}

static void become_quiet(void)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	int nowhere = open("/dev/null", O_RDWR);
	if (nowhere < 0)
		_exit(127);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(nowhere, fd);
	if (nowhere > STDERR_FILENO)
		close(nowhere);
}

bool command_line_run(const char *command, const char *const *arguments,
		      const struct command_variable *variables)
{
	/* The child that is waited for ends at once, so that its own child is nobody's to wait for. */
	pid_t pid = fork();
	if (pid < 0)
		return false;
	if (!pid) {
		become_quiet();
		pid_t inner = fork();
		if (inner)
			_exit(inner < 0);
		for (; variables && variables->name; variables++)
			setenv(variables->name, variables->value, 1);
		exec_shell(command, arguments);
	}
	int status = 0;
	while (waitpid(pid, &status, 0) < 0)
		continue;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}
