/* The directory that holds everything, and the lock that keeps a second server out of it: two on one history
 * would give the same seq twice.
 *
 * Layer: store. The lock is a descriptor, and goes with the process. */
#ifndef BRUSIO_STORE_DATA_DIRECTORY_H
#define BRUSIO_STORE_DATA_DIRECTORY_H

#include <stddef.h>

/* The lock of a directory that exists: a descriptor, or -errno; -EWOULDBLOCK: another server has it. */
int data_directory_lock(const char *directory);

/* Makes the directory where it is missing, and locks it; it waits a little for whoever has it. -1 with `problem` filled
 * in: what, why, what to do. */
int data_directory_take(const char *directory, char *problem, size_t problem_bytes);

/* Whether data_directory_take() would succeed: it makes nothing. 0; 1 where a server has the directory now; or -1 with
 * `problem` filled in. */
int data_directory_try(const char *directory, char *problem, size_t problem_bytes);

/* Root gives what it has made in the directory to the directory's owner, as whom the server runs. */
void data_directory_give(const char *directory, const char *path);

#endif
