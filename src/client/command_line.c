#include "client/command_line.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

void command_line_exec(const char *command, const char *argument)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execl("/bin/sh", "sh", "-c", command, "brusio", argument, NULL);
	_exit(127);
}

static void become_quiet(void)
{
	setsid();
	int nowhere = open("/dev/null", O_RDWR);
	if (nowhere < 0)
		_exit(127);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(nowhere, fd);
	if (nowhere > STDERR_FILENO)
		close(nowhere);
}

bool command_line_run(const char *command, const char *argument, const struct command_variable *variables)
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
		command_line_exec(command, argument);
	}
	int status = 0;
	while (waitpid(pid, &status, 0) < 0)
		continue;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}
