#include "client/signals.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void caught(sigset_t *set)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH};
	sigemptyset(set);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		sigaddset(set, numbers[i]);
}

int signals_open(void)
{
	sigset_t set;
	caught(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* A closed pipe or line is seen where it is written to. */
	signal(SIGPIPE, SIG_IGN);
	int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		abort(); /* no descriptor at the very start: nothing would work */
	return fd;
}

void signals_close(int fd)
{
	sigset_t set;
	caught(&set);
	close(fd);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int signals_take(int fd)
{
	struct signalfd_siginfo came;
	return read(fd, &came, sizeof came) == sizeof came ? (int)came.ssi_signo : 0;
}

void signals_stop(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	kill(0, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
}
