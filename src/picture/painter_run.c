#include "base/limits.h"
#include "picture/painter.h"
#include "picture/painter_socket.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define NICENESS 10 /* a picture can wait, a message cannot */

/* --- what each may do --- */

/* The process of one picture: bytes, memory, the end. */
static const char *const painting[] = {
    "read", "pread64", "write", "lseek",        "fstat", "newfstatat", "munmap",        "mremap",
    "brk",  "madvise", "futex", "rt_sigreturn", "exit",  "exit_group", "clock_gettime", "getrandom"};

/* The helper: hears a question, makes such a process, waits for it, answers. It opens nothing. */
static const char *const helping[] = {
    "recvmsg",         "sendto",          "close",     "clone",   "wait4",           "rt_sigaction",
    "rt_sigprocmask",  "set_robust_list", "rseq",      "gettid",  "getpid",          "setitimer",
    "prctl",           "prlimit64",       "setrlimit", "seccomp", "restart_syscall", "sendmsg",
    "clock_nanosleep", "nanosleep"};

static int allow_calls(scmp_filter_ctx filter, const char *const *calls, size_t count)
{
	int result = 0;
	for (size_t i = 0; i < count && !result; i++) {
		int number = seccomp_syscall_resolve_name(calls[i]);
		/* Not every machine has every call. */
		if (number != __NR_SCMP_ERROR && number >= 0)
			result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	return result;
}

/* Memory that is never run. */
static int allow_memory(scmp_filter_ctx filter)
{
	static const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
	int result = 0;
	for (size_t i = 0; i < sizeof calls / sizeof *calls && !result; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
					  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return result;
}

static int painter_restrict(uint32_t otherwise, bool is_helper)
{
	scmp_filter_ctx filter = seccomp_init(otherwise);
	int result = filter ? allow_calls(filter, painting, sizeof painting / sizeof *painting) : -ENOMEM;
	if (!result)
		result = allow_memory(filter);
	if (!result && is_helper)
		result = allow_calls(filter, helping, sizeof helping / sizeof *helping);
	if (!result)
		result = seccomp_load(filter);
	seccomp_release(filter);
	return result;
}

static int bound(int what, rlim_t most)
{
	const struct rlimit limit = {most, most};
	return setrlimit((__rlimit_resource_t)what, &limit);
}

/* --- one picture --- */

static void paint_one(enum paint_kind kind, const int fds[PAINTER_FDS], bool is_bare)
{
	const struct itimerval end = {.it_value = {.tv_sec = LIMIT_PAINT_SECONDS}};
	bool is_bound = !setitimer(ITIMER_REAL, &end, NULL) && !bound(RLIMIT_CPU, LIMIT_PAINT_CPU_SECONDS) &&
			!bound(RLIMIT_FSIZE, LIMIT_PREVIEW_BYTES);
	close(HELPER_FD);
	if (is_bound && !is_bare)
		is_bound =
		    !bound(RLIMIT_AS, LIMIT_PAINT_MEMORY) && !painter_restrict(SCMP_ACT_KILL_PROCESS, false);
	if (!is_bound)
		_exit(1);
	paint(kind, fds[0], fds[1], fds[2]);
	_exit(0);
}

static bool has_painted(enum paint_kind kind, const int fds[PAINTER_FDS], bool is_bare)
{
	int status = 1;
	pid_t child = fork();
	if (!child)
		paint_one(kind, fds, is_bare);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	return child > 0 && WIFEXITED(status) && !WEXITSTATUS(status);
}

/* --- the helper --- */

static int begin_helping(bool is_bare)
{
	int result = helper_leave_server();
	setpriority(PRIO_PROCESS, 0, NICENESS);
	if (!result && !is_bare &&
	    (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)))
		result = -errno;
	return result || is_bare ? result : painter_restrict(SCMP_ACT_ERRNO(EPERM), true);
}

static bool tell_server(uint64_t number, bool is_painted)
{
	const struct painter_answer words = {.number = number, .is_painted = is_painted, .is_there = true};
	return helper_send(HELPER_FD, &words, sizeof words, NULL, 0);
}

/* False: the server is gone. */
static bool answer_one(bool is_bare)
{
	struct painter_question question;
	int fds[PAINTER_FDS];
	size_t count = PAINTER_FDS;
	ssize_t got = helper_receive(HELPER_FD, &question, sizeof question, fds, &count);
	if (got <= 0)
		return false;
	bool is_asked = got == sizeof question && question.kind < PAINT_KINDS && count == PAINTER_FDS;
	bool is_painted = is_asked && has_painted((enum paint_kind)question.kind, fds, is_bare);
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
	return tell_server(is_asked ? question.number : 0, is_painted);
}

int painter_run(int argc, char **argv)
{
	static const struct painter_answer died = {0};
	bool is_bare = argc > 2 && !strcmp(argv[2], "bare");
	if (!helper_is_started()) {
		fputs("brusiod: the server itself starts its " PAINTER_WORD "\n", stderr);
		return 1;
	}
	if (begin_helping(is_bare))
		return 1;
	helper_keep(&died, sizeof died);
	if (!tell_server(0, false))
		return 1;
	while (answer_one(is_bare))
		continue;
	return 0;
}
