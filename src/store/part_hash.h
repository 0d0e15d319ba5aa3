/* Hashes uploads while they come, and has the disk begin with them, by one thread: so no worker spends that time.
 *
 *   part_hash_begin() --part_hash_written()--> read back and hashed, piece by piece --part_hash_take()--> the hash
 *                                                                                 --part_hash_forget()--> gone
 *
 * Layer: store, private to it. Threads: any; those that write, take and forget one come after each other.
 *
 *  1. No part has two hashes here.
 *  2. The descriptor is closed once, when the hash was taken or forgotten, and nobody reads by it any more. */
#ifndef BRUSIO_STORE_PART_HASH_H
#define BRUSIO_STORE_PART_HASH_H

#include "base/file.h"

#include <stdint.h>

struct part_hashes;
struct part_hash;

struct part_hashes *part_hashes_new(void);
/* Ends the thread, if there is one, and forgets all. */
void part_hashes_free(struct part_hashes *hashes);

/* The descriptor, to read the part by, is owned from now on. */
struct part_hash *part_hash_begin(struct part_hashes *hashes, const char *id, int fd);
/* So many bytes of it can be read. */
void part_hash_written(struct part_hash *hash, int64_t bytes);
/* The hash of the whole part: what the thread has not come to is read here. How many bytes that are; -ENOENT: the part
 * was not begun here; or another -errno. */
int64_t part_hash_take(struct part_hashes *hashes, const char *id, unsigned char hash[FILE_HASH_BYTES]);
/* Nothing happens where it was not begun, or was taken. */
void part_hash_forget(struct part_hashes *hashes, const char *id);

/* The hash of all of an open file; how many bytes that are, or -errno. */
int64_t part_hash_of(int fd, unsigned char hash[FILE_HASH_BYTES]);

#endif
