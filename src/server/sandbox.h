/* The sandbox: what the server cannot do from its start on, even when an attacker controls it. It cannot run
 * programs, look at other processes, open connections (but for those to a helper, if it `may_ask`, and to the ports of a database), or see files other than its own.
 *
 *  1. no_new_privs: no program that it could run would have more rights.
 *  2. Landlock, where the kernel has it: read and write the data directory, read the given directories, open
 *     no further TCP port, send no signal to others.
 *  3. seccomp: only the system calls of a list; others fail with EPERM.
 *  4. Not dumpable: no core file holds keys, and no other process of the same user can read its memory.
 *
 * Layer: server. Threads: none may exist yet, since Landlock takes nothing from existing threads. */
#ifndef BRUSIO_SERVER_SANDBOX_H
#define BRUSIO_SERVER_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#define SANDBOX_READ_MAX 8

struct sandbox {
	bool may_ask;          /* connect to Unix sockets */
	bool may_resolve;      /* ask for the addresses of names */
	const unsigned *ports; /* of TCP, to connect to */
	size_t ports_count;
	const char *data;                   /* read and written, with all below */
	const char *read[SANDBOX_READ_MAX]; /* directories, or files in directories that are read as a whole
					       since files are replaced; NULL: none */
};

/* For good. Returns 0, or -1 with `problem` filled in. `*landlock` is the version that the kernel has, 0:
 * none. */
int sandbox_apply(const struct sandbox *sandbox, int *landlock, char *problem, size_t problem_bytes);

#endif
