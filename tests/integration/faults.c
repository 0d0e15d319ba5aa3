/* Stands between the real brusiod and libc, by LD_PRELOAD: calls are interrupted, come short or fail, memory
 * runs out, and the wall clock jumps, as a file says that the test and the server share.
 *
 * The file is mapped before the server shuts itself in, so that the sandbox stays as it is. All odds are "one
 * in so many calls"; 0 is never. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct control {
	volatile int64_t shift_ms; /* of the wall clock */
	volatile int64_t interrupted, brief, refused, memory, sync;
};

static const struct control *control;
static _Thread_local uint64_t dice;

/* The function here that libc's callers are given instead, and the way to libc's own. */
#define REAL(name)    static __typeof__(&(name)) real_##name
#define INSTEAD(name) __typeof__(name) faulty_##name __asm__(#name)
INSTEAD(clock_gettime);
INSTEAD(gettimeofday);
INSTEAD(time);
INSTEAD(read);
INSTEAD(write);
INSTEAD(recv);
INSTEAD(send);
INSTEAD(sendmsg);
INSTEAD(sendfile);
INSTEAD(accept4);
INSTEAD(epoll_wait);
INSTEAD(poll);
INSTEAD(pread64);
INSTEAD(pwrite64);
INSTEAD(fdatasync);
INSTEAD(fsync);
INSTEAD(malloc);
INSTEAD(calloc);
INSTEAD(realloc);

REAL(clock_gettime);
REAL(read);
REAL(write);
REAL(recv);
REAL(send);
REAL(sendmsg);
REAL(sendfile);
REAL(accept4);
REAL(epoll_wait);
REAL(poll);
REAL(pread64);
REAL(pwrite64);
REAL(fdatasync);
REAL(fsync);

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("BRUSIO_TEST_FAULTS");
#define FIND(name) real_##name = (__typeof__(real_##name))dlsym(RTLD_NEXT, #name)
	FIND(clock_gettime);
	FIND(read);
	FIND(write);
	FIND(recv);
	FIND(send);
	FIND(sendmsg);
	FIND(sendfile);
	FIND(accept4);
	FIND(epoll_wait);
	FIND(poll);
	FIND(pread64);
	FIND(pwrite64);
	FIND(fdatasync);
	FIND(fsync);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *shared = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *control, PROT_READ, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED)
		abort();
	close(fd);
	control = shared;
}

static bool hits(int64_t odds)
{
	if (odds <= 0)
		return false;
	if (!dice)
		dice = (uint64_t)(uintptr_t)&dice * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)getpid();
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return dice % (uint64_t)odds == 0;
}

static bool fails(int64_t odds, int error)
{
	if (!hits(odds))
		return false;
	errno = error;
	return true;
}

static size_t cut(size_t bytes)
{
	return bytes > 1 && hits(control->brief) ? 1 + (size_t)(dice >> 20) % bytes : bytes;
}

/* --- the wall clock, and no other --- */

int faulty_clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = real_clock_gettime(clock, now);
	if (result || !control || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
		return result;
	int64_t shift_ms = control->shift_ms;
	now->tv_sec += shift_ms / 1000;
	now->tv_nsec += shift_ms % 1000 * 1000000;
	if (now->tv_nsec < 0) {
		now->tv_nsec += 1000000000;
		now->tv_sec--;
	} else if (now->tv_nsec >= 1000000000) {
		now->tv_nsec -= 1000000000;
		now->tv_sec++;
	}
	return 0;
}

int faulty_gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec exact;
	(void)zone;
	clock_gettime(CLOCK_REALTIME, &exact);
	*now = (struct timeval){.tv_sec = exact.tv_sec, .tv_usec = exact.tv_nsec / 1000};
	return 0;
}

time_t faulty_time(time_t *to)
{
	struct timespec exact;
	clock_gettime(CLOCK_REALTIME, &exact);
	if (to)
		*to = exact.tv_sec;
	return exact.tv_sec;
}

/* --- descriptors --- */

/* A part of an event counter or a signal cannot be read, so these are interrupted and no more. */
ssize_t faulty_read(int fd, void *to, size_t bytes)
{
	return fails(control->interrupted, EINTR) ? -1 : real_read(fd, to, bytes);
}

ssize_t faulty_write(int fd, const void *from, size_t bytes)
{
	return fails(control->interrupted, EINTR) ? -1 : real_write(fd, from, bytes);
}

ssize_t faulty_recv(int fd, void *to, size_t bytes, int flags)
{
	if (fails(control->interrupted, EINTR) || fails(control->refused, ENOMEM))
		return -1;
	return real_recv(fd, to, bytes, flags);
}

ssize_t faulty_send(int fd, const void *from, size_t bytes, int flags)
{
	if (fails(control->interrupted, EINTR) || fails(control->refused, ENOBUFS))
		return -1;
	return real_send(fd, from, bytes, flags);
}

ssize_t faulty_sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (fails(control->interrupted, EINTR) || fails(control->refused, ENOBUFS))
		return -1;
	return real_sendmsg(fd, message, flags);
}

/* That it comes short promises nothing. */
ssize_t faulty_sendfile(int fd, int file, off_t *offset, size_t bytes)
{
	if (fails(control->interrupted, EINTR) || fails(control->refused, ENOBUFS) ||
	    fails(control->refused, EINVAL))
		return -1;
	return real_sendfile(fd, file, offset, cut(bytes));
}

int faulty_accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict length, int flags)
{
	if (fails(control->interrupted, EINTR) || fails(control->refused, ECONNABORTED) ||
	    fails(control->refused, ENOMEM))
		return -1;
	int accepted = real_accept4(fd, address, length, flags);
	/* With epoll a count that comes short promises that nothing is left (epoll(7)), so that cannot be
	 * made up: the kernel is given hardly any room, and makes every call come short by itself. */
	const int least = 1;
	if (accepted >= 0 && control->brief) {
		setsockopt(accepted, SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
		setsockopt(accepted, SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
	}
	return accepted;
}

int faulty_epoll_wait(int fd, struct epoll_event *events, int count, int timeout)
{
	return fails(control->interrupted, EINTR) ? -1 : real_epoll_wait(fd, events, count, timeout);
}

int faulty_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	return fails(control->interrupted, EINTR) ? -1 : real_poll(fds, count, timeout);
}

/* --- files --- */

ssize_t faulty_pread64(int fd, void *to, size_t bytes, off64_t at)
{
	return fails(control->interrupted, EINTR) ? -1 : real_pread64(fd, to, cut(bytes), at);
}

ssize_t faulty_pwrite64(int fd, const void *from, size_t bytes, off64_t at)
{
	return fails(control->interrupted, EINTR) ? -1 : real_pwrite64(fd, from, cut(bytes), at);
}

int faulty_fdatasync(int fd)
{
	return fails(control->sync, EIO) ? -1 : real_fdatasync(fd);
}

int faulty_fsync(int fd)
{
	return fails(control->sync, EIO) ? -1 : real_fsync(fd);
}

/* --- memory --- */

static bool has_no_memory(void)
{
	return control && control->memory && fails(control->memory, ENOMEM);
}

void *faulty_malloc(size_t bytes)
{
	return has_no_memory() ? NULL : __libc_malloc(bytes);
}

void *faulty_calloc(size_t count, size_t bytes)
{
	return has_no_memory() ? NULL : __libc_calloc(count, bytes);
}

void *faulty_realloc(void *old, size_t bytes)
{
	return has_no_memory() ? NULL : __libc_realloc(old, bytes);
}
