#include "store/data_directory.h"

#include "base/limits.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A server checks this often, and for this long in all, whether the directory has been released. */
#define LOOK_MS 20

/* Makes the directory and its parents; 0700, since everything that was said is in there. */
static int make(const char *directory)
{
	char *path = mem_string(directory);
	int result = 0;
	for (char *slash = strchr(path + 1, '/'); slash && !result; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		result = mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
		*slash = '/';
	}
	if (!result)
		result = mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
	free(path);
	return result;
}

void data_directory_give(const char *directory, const char *path)
{
	struct stat owner;
	/* If this fails, the server says what it cannot open. */
	if (geteuid() == 0 && !stat(directory, &owner) && lchown(path, owner.st_uid, owner.st_gid))
		return;
}

int data_directory_lock(const char *directory)
{
	char *path = mem_alloc(strlen(directory) + sizeof "/lock");
	sprintf(path, "%s/lock", directory);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int error = fd < 0 ? -errno : 0;
	if (!error)
		data_directory_give(directory, path);
	free(path);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
		error = -errno;
		close(fd);
	}
	return error ? error : fd;
}

/* A command of brusiod, or a server that is stopping, has it for a moment only. */
static int lock_soon(const char *directory)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	int fd = data_directory_lock(directory);
	for (int waited_ms = 0; fd == -EWOULDBLOCK && waited_ms < LIMIT_LOCK_WAIT_MS; waited_ms += LOOK_MS) {
		nanosleep(&pause, NULL);
		fd = data_directory_lock(directory);
	}
	return fd;
}

static int cannot_write(const char *directory, int error, char *problem, size_t problem_bytes)
{
	snprintf(
	    problem, problem_bytes,
	    "the data directory %s cannot be written (%s): make it writable, or choose another with --data",
	    directory, strerror(error));
	return -1;
}

/* 0 or an errno: that of the directory, or of the nearest above it that is there, in which it can be made. */
static int directory_look(const char *directory)
{
	struct stat found;
	char *path = mem_string(directory);
	int error;
	while ((error = stat(path, &found) ? errno : 0) == ENOENT && strcmp(path, "/") && strcmp(path, ".")) {
		char *slash = strrchr(path, '/');
		if (!slash)
			strcpy(path, ".");
		else
			slash[slash == path] = '\0';
	}
	if (!error)
		error = !S_ISDIR(found.st_mode) ? ENOTDIR : access(path, W_OK | X_OK) ? errno : 0;
	free(path);
	return error;
}

int data_directory_try(const char *directory, char *problem, size_t problem_bytes)
{
	int error = directory_look(directory);
	if (error)
		return cannot_write(directory, error, problem, problem_bytes);
	char *path = mem_alloc(strlen(directory) + sizeof "/lock");
	sprintf(path, "%s/lock", directory);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	/* Shared, and for a moment: whoever starts meanwhile waits for it. */
	bool is_taken = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	if (fd >= 0)
		close(fd);
	return is_taken;
}

int data_directory_take(const char *directory, char *problem, size_t problem_bytes)
{
	int made = make(directory);
	if (made || access(directory, W_OK | X_OK))
		return cannot_write(directory, made ? -made : errno, problem, problem_bytes);
	int fd = lock_soon(directory);
	if (fd == -EWOULDBLOCK)
		snprintf(problem, problem_bytes,
			 "the data directory %s is in use by another brusiod: stop it, or choose another "
			 "with --data",
			 directory);
	else if (fd < 0)
		snprintf(problem, problem_bytes,
			 "the data directory %s cannot be locked (%s): mend %s/lock, or choose another with "
			 "--data",
			 directory, strerror(-fd), directory);
	return fd < 0 ? -1 : fd;
}
