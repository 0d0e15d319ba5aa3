/* The courier's sandbox. It keeps nothing, so it writes no file; of files it reads the system's certificates and what
 * tells it how to look up names.
 *
 *  1. no_new_privs, not dumpable, no core.
 *  2. Landlock, where the kernel has it: read the system's own directories and the given file, connect by TCP to the ports
 *     of the hosts and to that of names.
 *  3. seccomp: no programs, no memory that runs, no file opened to write; sockets of TCP and UDP alone.
 *
 * Layer: courier. Threads: none may exist yet. */
#ifndef BRUSIO_COURIER_CONFINE_H
#define BRUSIO_COURIER_CONFINE_H

/* `ca` may be NULL. 0 or -errno. */
int confine_begin(const char *hosts, const char *ca);

#endif
