/* Landlock, where the kernel has it: what a process may do with files and TCP ports from then on, and its children.
 *
 * Layer: base. Threads: none may exist yet, since it takes nothing from existing threads. Between begin and end nothing
 * is refused; 0 or -errno. Without Landlock (version 0) all do nothing. */
#ifndef BRUSIO_BASE_LANDLOCK_H
#define BRUSIO_BASE_LANDLOCK_H

#include <stdint.h>

struct landlock {
	int version; /* that the kernel has; 0: none */
	int fd;
	uint64_t files, ports, scopes; /* that it knows */
};

enum landlock_rights {
	LANDLOCK_READ,
	LANDLOCK_WRITE, /* and read */
	LANDLOCK_ALTER  /* and make and remove files */
};

int landlock_begin(struct landlock *landlock);
/* A file, or a directory with all below; one that does not exist needs no rights. */
int landlock_allow(const struct landlock *landlock, const char *path, enum landlock_rights rights);
/* To connect to this port of TCP. */
int landlock_allow_port(const struct landlock *landlock, unsigned port);
/* For good, where `result` is 0. Returns that, or what failed now. */
int landlock_end(struct landlock *landlock, int result);

#endif
