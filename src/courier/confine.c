#include "courier/confine.h"

#include "base/landlock.h"
#include "push/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT_OF_NAMES   53
#define DESCRIPTORS_MAX 256

/* Certificates and their library, who is who in the net, and where systemd and others put resolv.conf. */
static const char *const readable[] = {
    "/etc", "/usr", "/lib", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/dev/urandom"};

static const char *const courier_calls[] = {
    /* the daemon, and push services */
    "read", "write", "readv", "writev", "recvfrom", "recvmsg", "sendto", "sendmsg", "sendmmsg", "connect",
    "shutdown", "close", "getsockname", "getpeername", "getsockopt", "setsockopt", "bind", "pipe2",
    "eventfd2", "poll", "ppoll", "futex", "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres",
    "gettimeofday", "time", "restart_syscall",
    /* files */
    "stat", "fstat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "lseek", "pread64",
    "fcntl", "getdents64", "readlink", "readlinkat",
    /* memory, threads, signals */
    "brk", "munmap", "mremap", "madvise", "set_robust_list", "rseq", "gettid", "exit", "exit_group",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "sched_getaffinity", "sched_yield",
    "membarrier",
    /* itself, and the next one in its place */
    "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getrandom", "uname", "sysinfo", "wait4",
    "clone"};

/* Memory that is never run, and files that are only read. */
static int allow_reading_alone(scmp_filter_ctx filter)
{
	static const int memory[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
	const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;
	int result = 0;
	for (size_t i = 0; i < sizeof memory / sizeof *memory && !result; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, memory[i], 1,
					  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!result)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
					  SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
	return result;
}

static int allow_sockets(scmp_filter_ctx filter)
{
	static const scmp_datum_t families[] = {AF_INET, AF_INET6}, kinds[] = {SOCK_STREAM, SOCK_DGRAM};
	int result = 0;
	for (size_t i = 0; i < 4 && !result; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
					  SCMP_A0(SCMP_CMP_EQ, families[i / 2]),
					  SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, kinds[i % 2]));
	/* Threads wake each other by a pair. */
	if (!result)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
					  SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	if (!result)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
					  SCMP_A1(SCMP_CMP_EQ, FIONREAD));
	return result;
}

/* Signals to itself, as abort() sends; names of threads, and the end with the process before. */
static int allow_itself(scmp_filter_ctx filter)
{
	static const scmp_datum_t wishes[] = {PR_SET_NAME, PR_SET_PDEATHSIG};
	int result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	for (size_t i = 0; i < 2 && !result; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
					  SCMP_A0(SCMP_CMP_EQ, wishes[i]));
	if (!result)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
					  SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0));
	return result;
}

static int confine_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int result = filter ? 0 : -ENOMEM;
	for (size_t i = 0; i < sizeof courier_calls / sizeof *courier_calls && !result; i++) {
		int number = seccomp_syscall_resolve_name(courier_calls[i]);
		/* Not every machine has every call. */
		if (number != __NR_SCMP_ERROR && number >= 0)
			result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	if (!result)
		result = allow_reading_alone(filter);
	if (!result)
		result = allow_sockets(filter);
	if (!result)
		result = allow_itself(filter);
	if (!result)
		result = seccomp_load(filter);
	seccomp_release(filter);
	return result;
}

/* A port that a host of the list is at. */
static int allow_host(void *context, const struct endpoint_rule *rule)
{
	return landlock_allow_port(context, rule->port);
}

static int confine_files(const char *hosts, const char *ca)
{
	struct landlock landlock;
	int result = landlock_begin(&landlock);
	for (size_t i = 0; i < sizeof readable / sizeof *readable && !result; i++)
		result = landlock_allow(&landlock, readable[i], LANDLOCK_READ);
	if (!result && ca)
		result = landlock_allow(&landlock, ca, LANDLOCK_READ);
	if (!result)
		result = landlock_allow_port(&landlock, PORT_OF_NAMES);
	if (!result)
		result = endpoint_each_host(hosts, allow_host, &landlock);
	return landlock_end(&landlock, result);
}

int confine_begin(const char *hosts, const char *ca)
{
	const struct rlimit nothing = {0, 0}, descriptors = {DESCRIPTORS_MAX, DESCRIPTORS_MAX};
	if (setrlimit(RLIMIT_CORE, &nothing) || setrlimit(RLIMIT_FSIZE, &nothing) ||
	    setrlimit(RLIMIT_NOFILE, &descriptors) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return -errno;
	int result = confine_files(hosts, ca);
	return result ? result : confine_calls();
}
