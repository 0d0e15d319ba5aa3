#include "server/sandbox.h"

#include "base/landlock.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- files and ports --- */

/* The directory that a file is in, as it is named and as links lead to it: a new file takes its name there.
 */
static int allow_reading(const struct landlock *landlock, const char *path)
{
	char real[PATH_MAX], parent[PATH_MAX];
	struct stat about;
	const char *const forms[] = {path, realpath(path, real) ? real : NULL};
	for (size_t i = 0; i < 2 && forms[i]; i++) {
		snprintf(parent, sizeof parent, "%s", forms[i]);
		char *slash = strrchr(parent, '/');
		if (!stat(parent, &about) && S_ISDIR(about.st_mode))
			slash = NULL;
		else if (!slash)
			strcpy(parent, ".");
		if (slash)
			slash[slash == parent] = '\0';
		int result = landlock_allow(landlock, parent, LANDLOCK_READ);
		if (result)
			return result;
	}
	return 0;
}

static int restrict_files(const struct sandbox *sandbox, int *version)
{
	struct landlock landlock;
	int result = landlock_begin(&landlock);
	*version = landlock.version;
	if (!result)
		result = landlock_allow(&landlock, sandbox->data, LANDLOCK_ALTER);
	if (!result)
		result = landlock_allow(&landlock, "/dev/null", LANDLOCK_WRITE);
	/* libc asks before it returns memory of a thread's heap. */
	if (!result)
		result = landlock_allow(&landlock, "/proc/sys/vm/overcommit_memory", LANDLOCK_READ);
	/* The metrics tell how much memory there is. */
	if (!result)
		result = landlock_allow(&landlock, "/proc/self/statm", LANDLOCK_READ);
	for (size_t i = 0; i < SANDBOX_READ_MAX && !result; i++)
		if (sandbox->read[i])
			result = allow_reading(&landlock, sandbox->read[i]);
	for (size_t i = 0; i < sandbox->ports_count && !result; i++)
		result = landlock_allow_port(&landlock, sandbox->ports[i]);
	return landlock_end(&landlock, result);
}

/* --- seccomp --- */

/* The calls that libc, SQLite, OpenSSL and the server itself use while serving. */
static const char *const calls[] = {
    /* bytes and connections */
    "read",
    "write",
    "readv",
    "writev",
    "recvfrom",
    "recvmsg",
    "sendto",
    "sendmsg",
    "sendfile",
    "listen",
    "accept4",
    "shutdown",
    "close",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    /* waiting */
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "eventfd2",
    "signalfd4",
    "poll",
    "ppoll",
    "futex",
    "nanosleep",
    "clock_nanosleep",
    "clock_gettime",
    "clock_getres",
    "gettimeofday",
    "time",
    "sched_yield",
    "restart_syscall",
    /* files */
    "openat",
    "open",
    "stat",
    "fstat",
    "lstat",
    "newfstatat",
    "statx",
    "access",
    "faccessat",
    "faccessat2",
    "lseek",
    "pread64",
    "pwrite64",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "ftruncate",
    "fallocate",
    "fcntl",
    "flock",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "getdents64",
    "readlink",
    "readlinkat",
    "getcwd",
    "fchmod",
    "fchown",
    "umask",
    "fstatfs",
    "statfs",
    /* memory */
    "brk",
    "mmap",
    "munmap",
    "mremap",
    "mprotect",
    "madvise",
    "mlock",
    "munlock",
    "msync",
    /* threads and signals */
    "set_robust_list",
    "rseq",
    "gettid",
    "exit",
    "exit_group",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigtimedwait",
    "rt_sigreturn",
    "sigaltstack",
    "sched_getaffinity",
    "setpriority",
    "membarrier",
    "get_mempolicy",
    /* itself and the machine */
    "getpid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getrandom",
    "uname",
    "sysinfo",
    "getrusage",
    "getrlimit",
    "capget",
};

static int allow_some(scmp_filter_ctx filter)
{
	const scmp_datum_t thread = CLONE_THREAD | CLONE_VM | CLONE_SIGHAND;
	/* Threads of its own, but no processes; its flags cannot be seen in clone3, and libc then takes
	 * clone. */
	int result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				      SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
	if (!result)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	/* Signals to itself, as abort() sends. */
	if (!result)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
					  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	if (!result)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
					  SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	/* Limits are read, not set. */
	if (!result)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
					  SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0));
	return result;
}

/* Sockets within this machine, and no others. */
static int allow_asking(scmp_filter_ctx filter)
{
	int result =
	    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	return result ? result : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(connect), 0);
}

/* TCP, to the ports that Landlock leaves. */
static int allow_reaching(scmp_filter_ctx filter)
{
	static const scmp_datum_t families[] = {AF_INET, AF_INET6};
	int result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(connect), 0);
	for (size_t i = 0; i < 2 && !result; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
					  SCMP_A0(SCMP_CMP_EQ, families[i]),
					  SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_STREAM));
	return result;
}

/* Questions for names go by UDP. */
static int allow_resolving(scmp_filter_ctx filter)
{
	static const scmp_datum_t families[] = {AF_INET, AF_INET6};
	int result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendmmsg), 0);
	for (size_t i = 0; i < 2 && !result; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
					  SCMP_A0(SCMP_CMP_EQ, families[i]),
					  SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_DGRAM));
	return result;
}

static int restrict_calls(const struct sandbox *sandbox)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return -ENOMEM;
	int result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	for (size_t i = 0; i < sizeof calls / sizeof *calls && !result; i++) {
		int number = seccomp_syscall_resolve_name(calls[i]);
		/* Not every machine has every call. */
		if (number != __NR_SCMP_ERROR && number >= 0)
			result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	if (!result)
		result = allow_some(filter);
	if (!result && sandbox->may_ask)
		result = allow_asking(filter);
	if (!result && sandbox->ports_count)
		result = allow_reaching(filter);
	if (!result && sandbox->may_resolve)
		result = allow_resolving(filter);
	if (!result)
		result = seccomp_load(filter);
	seccomp_release(filter);
	return result;
}

int sandbox_apply(const struct sandbox *sandbox, int *landlock, char *problem, size_t problem_bytes)
{
	const char *step = "no_new_privs";
	int result = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
	if (!result && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		result = -errno;
	if (!result) {
		step = "Landlock";
		result = restrict_files(sandbox, landlock);
	}
	if (!result) {
		step = "seccomp";
		result = restrict_calls(sandbox);
	}
	if (result)
		snprintf(problem, problem_bytes,
			 "cannot begin the sandbox (%s): %s; --sandbox off goes without it", step,
			 strerror(-result));
	return result ? -1 : 0;
}
