/* Helper processes: programs of their own beside the server, which do for it what it may not do itself, and share no
 * memory with it.
 *
 *   server --packet, descriptors--> the helper, kept -----------> does it, answers
 *                                     its keeper: starts it anew when it died, HELPER_REST_SECONDS later
 *
 * Layer: net. Threads: a socket is one's at a time. */
#ifndef BRUSIO_NET_HELPER_H
#define BRUSIO_NET_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define HELPER_FD           3 /* of the helper's end */
#define HELPER_FDS_MAX      4 /* that come with one packet */
#define HELPER_REST_SECONDS 1

#define HELPER_OWN_PROGRAM "/proc/self/exe"

/* Starts the program at this path with these words, NULL behind the last, no environment, and HELPER_FD alone. *fd: our
 * end. 0 or -errno. For a process that has no sandbox yet. */
int helper_start(const char *program, const char *const words[], int *fd);

/* One packet with descriptors, which stay the caller's. */
bool helper_send(int fd, const void *bytes, size_t length, const int *fds, size_t fds_count);
/* Waits until something is there to be read; false: not within this time, or errno. */
bool helper_is_ready(int fd, int wait_ms);
/* Waits for the next packet; its length, 0: the other side is gone, or -1. The descriptors are the caller's from now on;
 * fds_count: as many as may come, and then as many as came. */
ssize_t helper_receive(int fd, void *bytes, size_t room, int *fds, size_t *fds_count);

/* In the helper: false where the server did not start it. */
bool helper_is_started(void);
/* In the helper: leaves all that is the server's but the socket, and stops for no signal that is for both: it ends with the
 * socket. 0 or -errno. */
int helper_leave_server(void);
/* In the helper, from then on: returns in a process that does the work. Its keeper stays behind and, where that process dies
 * without having ended, says `died` on the socket and starts the next one. */
void helper_keep(const void *died, size_t length);

#endif
