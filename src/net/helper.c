#include "net/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* --- the server's side --- */

/* In the child that fork() made. */
static void become_helper(int fd, const char *program, const char *const words[])
{
	char *const nothing[] = {NULL};
	bool stays = fd == HELPER_FD ? !fcntl(fd, F_SETFD, 0) : dup2(fd, HELPER_FD) >= 0;
	if (stays)
		execve(program, (char *const *)(uintptr_t)words, nothing);
	_exit(1);
}

int helper_start(const char *program, const char *const words[], int *fd)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	pid_t child = fork();
	if (!child)
		become_helper(pair[1], program, words);
	int error = child < 0 ? -errno : 0;
	close(pair[1]);
	if (error)
		close(pair[0]);
	else
		*fd = pair[0];
	return error;
}

/* --- packets --- */

union rights {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(HELPER_FDS_MAX * sizeof(int))];
};

bool helper_send(int fd, const void *bytes, size_t length, const int *fds, size_t fds_count)
{
	struct iovec piece = {(void *)(uintptr_t)bytes, length};
	union rights rights = {0};
	struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
	if (fds_count) {
		message.msg_control = &rights;
		message.msg_controllen = CMSG_SPACE(fds_count * sizeof(int));
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);
		*head = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS,
					 .cmsg_len = CMSG_LEN(fds_count * sizeof(int))};
		memcpy(CMSG_DATA(head), fds, fds_count * sizeof(int));
	}
	ssize_t sent;
	do
		sent = sendmsg(fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)length;
}

bool helper_is_ready(int fd, int wait_ms)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	int ready;
	do
		ready = poll(&wait, 1, wait_ms);
	while (ready < 0 && errno == EINTR);
	if (!ready)
		errno = ETIMEDOUT;
	return ready > 0;
}

ssize_t helper_receive(int fd, void *bytes, size_t room, int *fds, size_t *fds_count)
{
	struct iovec piece = {bytes, room};
	union rights rights = {0};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = &rights,
				 .msg_controllen = sizeof rights.bytes};
	size_t most = fds_count ? *fds_count : 0;
	ssize_t got;
	do
		got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (fds_count)
		*fds_count = 0;
	const struct cmsghdr *head = got >= 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (!head || head->cmsg_type != SCM_RIGHTS)
		return got;
	int came[HELPER_FDS_MAX];
	size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(came, CMSG_DATA(head), count * sizeof(int));
	for (size_t i = 0; i < count; i++)
		if (i < most)
			fds[(*fds_count)++] = came[i];
		else
			close(came[i]);
	return got;
}

/* --- the helper's side --- */

bool helper_is_started(void)
{
	struct stat about;
	return !fstat(HELPER_FD, &about) && S_ISSOCK(about.st_mode);
}

/* Nothing of the server's, and nothing to print on. */
static int leave_descriptors(void)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < HELPER_FD && nothing >= 0; fd++)
		if (dup2(nothing, fd) < 0)
			return -errno;
	return nothing < 0 || syscall(SYS_close_range, HELPER_FD + 1, ~0u, 0) ? -errno : 0;
}

int helper_leave_server(void)
{
	sigset_t masked;
	sigemptyset(&masked);
	sigaddset(&masked, SIGTERM);
	sigaddset(&masked, SIGINT);
	sigaddset(&masked, SIGHUP);
	sigprocmask(SIG_SETMASK, &masked, NULL);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_DFL);
	setrlimit(RLIMIT_CORE, &(struct rlimit){0});
	return leave_descriptors();
}

void helper_keep(const void *died, size_t length)
{
	static const struct timespec rest = {.tv_sec = HELPER_REST_SECONDS};
	for (;;) {
		int status = 0;
		pid_t child = fork();
		if (!child)
			return;
		while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
			continue;
		if (child > 0 && WIFEXITED(status))
			_exit(WEXITSTATUS(status));
		/* Callers that wait for an answer of this one get none. */
		if (!helper_send(HELPER_FD, died, length, NULL, 0))
			_exit(1);
		nanosleep(&rest, NULL);
	}
}
