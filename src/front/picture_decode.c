#include "front/picture_decode.h"

#include "base/memory.h"
#include "front/picture_format.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CPU_SECONDS_MAX 5
#define MEMORY_MAX      (512u << 20)

bool picture_decode_knows(const char *type)
{
	return picture_format_find(type);
}

/* --- pixels ---------------------------------------------------------------------- */

/* The mean of the pixels that become one. */
static void shrink_one(const struct picture_source *from, unsigned left, unsigned right, unsigned top,
		       unsigned bottom, unsigned char *to)
{
	uint64_t sums[PICTURE_PIXEL_BYTES] = {0}, count = (uint64_t)(right - left) * (bottom - top);
	for (unsigned y = top; y < bottom; y++)
		for (unsigned x = left; x < right; x++)
			for (unsigned i = 0; i < PICTURE_PIXEL_BYTES; i++)
				sums[i] +=
				    from->pixels[((size_t)y * from->width + x) * PICTURE_PIXEL_BYTES + i];
	for (unsigned i = 0; i < PICTURE_PIXEL_BYTES; i++)
		to[i] = (unsigned char)(sums[i] / count);
}

static void shrink(const struct picture_source *from, unsigned width, unsigned height, unsigned char *to)
{
	for (unsigned y = 0; y < height; y++) {
		unsigned top = (unsigned)((uint64_t)y * from->height / height);
		unsigned bottom = (unsigned)((uint64_t)(y + 1) * from->height / height);
		for (unsigned x = 0; x < width; x++) {
			unsigned left = (unsigned)((uint64_t)x * from->width / width);
			unsigned right = (unsigned)((uint64_t)(x + 1) * from->width / width);
			shrink_one(from, left, right > left ? right : left + 1, top,
				   bottom > top ? bottom : top + 1,
				   to + ((size_t)y * width + x) * PICTURE_PIXEL_BYTES);
		}
	}
}

bool picture_decode_pixels(const unsigned char *bytes, size_t length, const char *type, unsigned width,
			   unsigned height, unsigned char *pixels)
{
	struct picture_source source = {.wanted_width = width, .wanted_height = height};
	const struct picture_format *format = picture_format_find(type);
	assert(width && height);
	bool is_read = format && format->read(bytes, length, &source);
	if (is_read)
		shrink(&source, width, height, pixels);
	free(source.pixels);
	return is_read;
}

/* --- the process --------------------------------------------------------------------- */

/* Leaves memory and the two descriptors of the system. All else fails. */
static bool confine(void)
{
	static const int allowed[] = {SCMP_SYS(read),     SCMP_SYS(write),      SCMP_SYS(brk),
				      SCMP_SYS(mmap),     SCMP_SYS(mmap2),      SCMP_SYS(munmap),
				      SCMP_SYS(mremap),   SCMP_SYS(madvise),    SCMP_SYS(futex),
				      SCMP_SYS(exit),     SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn),
				      SCMP_SYS(sigreturn)};
	struct rlimit cpu = {CPU_SECONDS_MAX, CPU_SECONDS_MAX}, none = {0, 0};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool is_made = filter && !setrlimit(RLIMIT_CPU, &cpu) && !setrlimit(RLIMIT_CORE, &none);
	for (size_t i = 0; is_made && i < sizeof allowed / sizeof *allowed; i++)
		is_made = !seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
#ifndef __SANITIZE_ADDRESS__
	/* A sanitizer maps far more than it uses. */
	struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};
	is_made = is_made && !setrlimit(RLIMIT_AS, &memory);
#endif
	is_made = is_made && !seccomp_load(filter);
	return is_made;
}

static bool read_source(unsigned char *bytes, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t got = read(STDIN_FILENO, bytes + done, length - done);
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

static void write_pixels(const unsigned char *bytes, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t wrote = write(STDOUT_FILENO, bytes + done, length - done);
		if (wrote <= 0)
			return;
		done += (size_t)wrote;
	}
}

__attribute__((noreturn)) static void be_decoder(int file, int pipe, size_t length, const char *type,
						 const struct picture_size *size)
{
	size_t pixel_bytes = (size_t)size->width * size->height * PICTURE_PIXEL_BYTES;
	bool has_two = dup2(pipe, STDOUT_FILENO) >= 0 && dup2(file, STDIN_FILENO) >= 0 &&
		       !lseek(STDIN_FILENO, 0, SEEK_SET) && !close_range(STDERR_FILENO, ~0u, 0);
	unsigned char *bytes = mem_alloc(length), *pixels = mem_zero(pixel_bytes);
	if (has_two && confine() && read_source(bytes, length) &&
	    picture_decode_pixels(bytes, length, type, size->width, size->height, pixels))
		write_pixels(pixels, pixel_bytes);
	_exit(0);
}

bool picture_decode_begin(struct picture_decode *decode, int file, const char *type,
			  const struct picture_size *size)
{
	struct stat about;
	int ends[2];
	assert(!decode->pid && !decode->pixels);
	if (fstat(file, &about) || about.st_size <= 0 || about.st_size > PICTURE_SOURCE_BYTES ||
	    pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return false;
	pid_t pid = fork();
	if (!pid) {
		/* The side that writes waits. */
		fcntl(ends[1], F_SETFL, 0);
		be_decoder(file, ends[1], (size_t)about.st_size, type, size);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return false;
	}
	size_t bytes = (size_t)size->width * size->height * PICTURE_PIXEL_BYTES;
	*decode =
	    (struct picture_decode){.pid = pid, .fd = ends[0], .bytes = bytes, .pixels = mem_alloc(bytes)};
	return true;
}

/* The process has nothing more to say, or must not. */
static void reap(struct picture_decode *decode)
{
	assert(decode->pid > 0 && decode->fd >= 0);
	close(decode->fd);
	kill(decode->pid, SIGKILL);
	while (waitpid(decode->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	decode->pid = 0;
	decode->fd = -1;
}

enum picture_state picture_decode_ready(struct picture_decode *decode)
{
	assert(decode->pid && decode->got < decode->bytes);
	ssize_t got = read(decode->fd, decode->pixels + decode->got, decode->bytes - decode->got);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return PICTURE_RUNNING;
	decode->got += got > 0 ? (size_t)got : 0;
	if (got > 0 && decode->got < decode->bytes)
		return PICTURE_RUNNING;
	reap(decode);
	if (decode->got == decode->bytes)
		return PICTURE_DONE;
	free(decode->pixels);
	decode->pixels = NULL;
	return PICTURE_FAILED;
}

void picture_decode_stop(struct picture_decode *decode)
{
	if (decode->pid)
		reap(decode);
	free(decode->pixels);
	*decode = (struct picture_decode){0};
}
