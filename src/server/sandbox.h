/* What the server cannot do from its start on, whoever makes it try: run programs, look at other processes,
 * open connections, see files other than its own.
 *
 *  1. no_new_privs: nothing it could run would have more rights.
 *  2. Landlock, where the kernel has it: of the files, the data directory, and reading the directories given;
 * no TCP port beyond those that are open; no signals to others.
 *  3. seccomp: the system calls of a list that serving needs; others fail with EPERM.
 *  4. Not dumpable: no core file holds keys, and no other process of the same user reads its memory.
 *
 * Layer: server. Threads: those that exist keep what Landlock does not take from them, so this is for the
 * time before there are any. */
#ifndef BRUSIO_SERVER_SANDBOX_H
#define BRUSIO_SERVER_SANDBOX_H

#include <stddef.h>

#define SANDBOX_READ_MAX 8

struct sandbox {
	const char *data;                   /* read and written, with all below */
	const char *read[SANDBOX_READ_MAX]; /* directories, or files in directories that are read as a whole
					       since files are replaced; NULL: none */
};

/* For good. Returns 0, or -1 with `problem` filled in. `*landlock` is the version that the kernel has, 0:
 * none. */
int sandbox_apply(const struct sandbox *sandbox, int *landlock, char *problem, size_t problem_bytes);

#endif
