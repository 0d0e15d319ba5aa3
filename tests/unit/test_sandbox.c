/* The sandbox: what it refuses, and that what serving needs still works. Each test is a process of its own, since a
 * sandbox cannot be left. */
#include "server/sandbox.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/brusio-unit-XXXXXX";
static char data[64], other[64], given[64];
static int landlock;

static int setup(void **state)
{
	(void)state;
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(data, sizeof data, "%s/data", directory);
	snprintf(other, sizeof other, "%s/other", directory);
	snprintf(given, sizeof given, "%s/given", directory);
	assert_int_equal(mkdir(data, 0700) | mkdir(other, 0700) | mkdir(given, 0700), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	char command[128];
	snprintf(command, sizeof command, "rm -rf %s", directory);
	return system(command);
}

static int make_file(const char *folder, const char *name)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -errno : 0;
}

/* Runs it inside a sandbox in a process of its own; returns what it returned. */
static int inside(int (*what)(void))
{
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		char key[80], problem[256];
		snprintf(key, sizeof key, "%s/key", given);
		struct sandbox sandbox = {.data = data, .read = {key}};
		if (sandbox_apply(&sandbox, &landlock, problem, sizeof problem)) {
			fprintf(stderr, "%s\n", problem);
			_exit(99);
		}
		_exit(what());
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The error of a call, 0 where it was let through. */
#define ERROR_OF(call) ((call) == -1 ? errno : 0)

static int run_program(void)
{
	char *const arguments[] = {(char *)"/bin/true", NULL}, *const none[] = {NULL};
	return ERROR_OF(execve("/bin/true", arguments, none));
}

static int make_process(void)
{
	pid_t child = fork();
	if (!child)
		_exit(0);
	return ERROR_OF(child);
}

static int make_process_raw(void)
{
	return ERROR_OF(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static int trace(void)
{
	return ERROR_OF(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int open_connection(void)
{
	return ERROR_OF(socket(AF_INET, SOCK_STREAM, 0));
}

static int kill_parent(void)
{
	return ERROR_OF(kill(getppid(), 0));
}

static int kill_threads_of_others(void)
{
	return ERROR_OF((int)syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int become_somebody(void)
{
	return ERROR_OF(setuid(1));
}

static int raise_limits(void)
{
	struct rlimit limit = {.rlim_cur = 10, .rlim_max = 10};
	return ERROR_OF(setrlimit(RLIMIT_NOFILE, &limit));
}

static int be_dumpable(void)
{
	return ERROR_OF(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int mount_something(void)
{
	return ERROR_OF((int)syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL));
}

static int filter_calls(void)
{
	return ERROR_OF((int)syscall(SYS_seccomp, 0, 0, NULL));
}

TEST(calls_are_refused)
{
	static int (*const refused[])(void) = {
	    run_program,     make_process, make_process_raw,       trace,
	    open_connection, kill_parent,  kill_threads_of_others, become_somebody,
	    raise_limits,    be_dumpable,  mount_something,        filter_calls};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_int_equal(inside(refused[i]), EPERM);
}

static int open_passwd(void)
{
	return ERROR_OF(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int open_memory(void)
{
	return ERROR_OF(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
}

static int write_elsewhere(void)
{
	return -make_file(other, "new");
}

static int write_where_it_reads(void)
{
	return -make_file(given, "key");
}

static int leave_upwards(void)
{
	char path[128];
	snprintf(path, sizeof path, "%s/../other/there", data);
	return ERROR_OF(open(path, O_RDONLY | O_CLOEXEC));
}

static int link_out(void)
{
	char path[128];
	snprintf(path, sizeof path, "%s/link", data);
	return ERROR_OF(open(path, O_RDONLY | O_CLOEXEC));
}

TEST(files_of_others_are_refused)
{
	static int (*const refused[])(void) = {open_passwd,          open_memory,   write_elsewhere,
					       write_where_it_reads, leave_upwards, link_out};
	char link[128];
	snprintf(link, sizeof link, "%s/link", data);
	assert_int_equal(make_file(other, "there"), 0);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) <= 0)
		skip();
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_int_equal(inside(refused[i]), EACCES);
}

static void *make_allocations(void *unused)
{
	(void)unused;
	for (size_t i = 1; i <= 100; i++)
		free(malloc(i * 100000));
	return NULL;
}

static int make_thread(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, make_allocations, NULL);
	return error ? error : pthread_join(thread, NULL);
}

static int use_its_files(void)
{
	char path[128], renamed[128];
	snprintf(path, sizeof path, "%s/file", data);
	snprintf(renamed, sizeof renamed, "%s/renamed", data);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || pwrite(fd, "x", 1, 5000) != 1 || ftruncate(fd, 10) || fsync(fd) || close(fd) ||
	    rename(path, renamed) || unlink(renamed))
		return errno;
	return 0;
}

static int read_what_it_was_given(void)
{
	char path[128];
	snprintf(path, sizeof path, "%s/key", given);
	return ERROR_OF(open(path, O_RDONLY | O_CLOEXEC));
}

static int open_null(void)
{
	return ERROR_OF(open("/dev/null", O_RDWR | O_CLOEXEC));
}

TEST(what_serving_needs_works)
{
	static int (*const allowed[])(void) = {make_thread, use_its_files, read_what_it_was_given, open_null};
	assert_int_equal(make_file(given, "key"), 0);
	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		assert_int_equal(inside(allowed[i]), 0);
}

/* A certificate is renewed by putting a new file in the place of the old one, often behind links. */
static int read_the_renewed(void)
{
	char path[128], line[8] = "";
	snprintf(path, sizeof path, "%s/key", given);
	for (int i = 0; i < 2000; i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return errno;
		ssize_t got = read(fd, line, sizeof line);
		close(fd);
		if (got == 3 && !memcmp(line, "new", 3))
			return 0;
		struct timespec pause = {.tv_nsec = 5000000};
		nanosleep(&pause, NULL);
	}
	return ETIMEDOUT;
}

static void *renew(void *unused)
{
	char path[128], beside[128], archive[128];
	(void)unused;
	snprintf(path, sizeof path, "%s/key", given);
	snprintf(beside, sizeof beside, "%s/key.new", given);
	snprintf(archive, sizeof archive, "%s/key2", other);
	FILE *to = fopen(archive, "w");
	fputs("new", to);
	fclose(to);
	if (symlink(archive, beside) || rename(beside, path))
		abort();
	return NULL;
}

TEST(a_renewed_key_is_read)
{
	char archive[128], path[128];
	pthread_t thread;
	snprintf(archive, sizeof archive, "%s/key1", other);
	snprintf(path, sizeof path, "%s/key", given);
	assert_int_equal(make_file(other, "key1"), 0);
	assert_int_equal(symlink(archive, path), 0);
	pid_t child = fork();
	if (!child)
		_exit(inside(read_the_renewed));
	assert_int_equal(pthread_create(&thread, NULL, renew, NULL), 0);
	pthread_join(thread, NULL);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(calls_are_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(files_of_others_are_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_serving_needs_works, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_renewed_key_is_read, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
