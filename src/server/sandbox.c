#include "server/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- Landlock: the library has no wrappers, and older headers not all the names --- */

struct ruleset {
	uint64_t files, ports, scopes;
};

#define FILES_V1  ((UINT64_C(1) << 13) - 1)
#define REFER     (UINT64_C(1) << 13) /* since version 2: link and rename between directories */
#define TRUNCATE  (UINT64_C(1) << 14) /* since version 3 */
#define PORTS     UINT64_C(3)         /* since version 4: bind, connect */
#define CONNECT   UINT64_C(2)
#define PORT_RULE 2                   /* LANDLOCK_RULE_NET_PORT */
#define IOCTL     (UINT64_C(1) << 15) /* since version 5: of devices */
#define SCOPES    UINT64_C(3)         /* since version 6: abstract sockets, signals */
#define EXECUTE   LANDLOCK_ACCESS_FS_EXECUTE
#define READ      (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE     LANDLOCK_ACCESS_FS_WRITE_FILE
#define ALTER     (READ | WRITE | TRUNCATE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)

static struct ruleset rules_of(int version)
{
	struct ruleset rules = {.files = FILES_V1};
	if (version >= 2)
		rules.files |= REFER;
	if (version >= 3)
		rules.files |= TRUNCATE;
	if (version >= 4)
		rules.ports = PORTS;
	if (version >= 5)
		rules.files |= IOCTL;
	if (version >= 6)
		rules.scopes = SCOPES;
	return rules;
}

static int allow(int ruleset, const struct ruleset *rules, const char *path, uint64_t rights)
{
	struct stat about;
	int fd = open(path, O_PATH | O_CLOEXEC);
	/* A path that does not exist needs no rights. */
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	struct landlock_path_beneath_attr rule = {.allowed_access = rights & rules->files, .parent_fd = fd};
	if (!fstat(fd, &about) && !S_ISDIR(about.st_mode))
		rule.allowed_access &= LANDLOCK_ACCESS_FS_READ_FILE | WRITE | TRUNCATE;
	int result =
	    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) ? -errno : 0;
	close(fd);
	return result;
}

/* The directory that a file is in, as it is named and as links lead to it: a new file takes its name there.
 */
static int allow_reading(int ruleset, const struct ruleset *rules, const char *path)
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
		int result = allow(ruleset, rules, parent, READ);
		if (result)
			return result;
	}
	return 0;
}

struct port_rule {
	uint64_t allowed_access, port;
};

static int allow_ports(int ruleset, const struct ruleset *rules, const struct sandbox *sandbox)
{
	for (size_t i = 0; i < sandbox->ports_count && rules->ports; i++) {
		struct port_rule rule = {CONNECT, sandbox->ports[i]};
		if (syscall(SYS_landlock_add_rule, ruleset, PORT_RULE, &rule, 0))
			return -errno;
	}
	return 0;
}

static int restrict_files(const struct sandbox *sandbox, int *version)
{
	*version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (*version <= 0) {
		*version = 0;
		return 0;
	}
	struct ruleset rules = rules_of(*version);
	size_t size = *version >= 6 ? 24 : *version >= 4 ? 16 : 8;
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	if (ruleset < 0)
		return -errno;
	int result = allow(ruleset, &rules, sandbox->data, ALTER);
	if (!result)
		result = allow(ruleset, &rules, "/dev/null", READ | WRITE);
	/* libc asks before it returns memory of a thread's heap. */
	if (!result)
		result = allow(ruleset, &rules, "/proc/sys/vm/overcommit_memory", READ);
	/* The metrics tell how much memory there is. */
	if (!result)
		result = allow(ruleset, &rules, "/proc/self/statm", READ);
	for (size_t i = 0; i < SANDBOX_READ_MAX && !result; i++)
		if (sandbox->read[i])
			result = allow_reading(ruleset, &rules, sandbox->read[i]);
	if (!result)
		result = allow_ports(ruleset, &rules, sandbox);
	if (!result && syscall(SYS_landlock_restrict_self, ruleset, 0))
		result = -errno;
	close(ruleset);
	return result;
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
