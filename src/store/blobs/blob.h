/* The bytes of files: flat files in the folder `files` of the data directory, each named by its id. What they are
 * called, whose they are and who refers to them is the database's.
 *
 *   blob_part_make() --write--> files/7f/7f3a….part --blob_keep(): sync, rename, sync--> files/7f/7f3a…
 *                                                                          --blob_drop()--> gone
 *
 * Layer: store. Threads: any; a blob is written by one at a time.
 *
 *  1. What has the name without ".part" is whole and on stable storage.
 *  2. A blob is kept before its row is stored, and dropped behind the commit that takes its row away: what a process
 *     that died has left over are blobs without rows, which blobs_sweep() finds once they are old.
 *  3. The 256 folders are made when it is opened: a sandboxed server makes none.
 *  4. While another process holds them, as a backup does, the server drops none: what the database had when the hold
 *     began is there until it ends. */
#ifndef BRUSIO_STORE_BLOB_H
#define BRUSIO_STORE_BLOB_H

#include "base/file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blobs;

/* Opens the folder of this data directory, and makes what is missing. -1 with `problem` filled in. */
int blobs_open(const char *directory, struct blobs **made, char *problem, size_t problem_bytes);
/* Opens the folder as it is, and makes nothing. NULL: errno says why (ENOENT: there is none). */
struct blobs *blobs_look(const char *directory);
void blobs_close(struct blobs *blobs);

/* Keeps the server from dropping any, until they are closed. Waits for a drop that is under way. 0 or -errno. */
int blobs_hold(const struct blobs *blobs);
/* False: they are held, so none may be dropped now. True: nobody holds them before blobs_end_drop(). */
bool blobs_begin_drop(const struct blobs *blobs);
void blobs_end_drop(const struct blobs *blobs);

/* A new blob's part, to be written from its beginning on. 0 or -errno. */
struct blob_part;
int blob_part_make(const struct blobs *blobs, const char *id, struct blob_part **made);
int blob_part_write(struct blob_part *part, const void *bytes, size_t length);
/* Reads back its first bytes; how many there are, or -errno. */
int64_t blob_part_head(const struct blob_part *part, void *bytes, size_t room);
/* Closes it, and tells its hash (NULL: nobody asks). The bytes stay. */
void blob_part_end(struct blob_part *part, unsigned char hash[FILE_HASH_BYTES]);
/* 0: it is kept, whatever happens now; or -errno. Nobody writes to it any more. */
int blob_keep(const struct blobs *blobs, const char *id);
/* Removes it, whole or part. 0, also where there is none; or -errno. */
int blob_drop(const struct blobs *blobs, const char *id);
/* A descriptor to read it by; -ENOENT: there is none; or another -errno. */
int blob_open(const struct blobs *blobs, const char *id);
/* Tells the hash of a whole one; how many bytes it has, or -errno. */
int64_t blob_hash(const struct blobs *blobs, const char *id, unsigned char hash[FILE_HASH_BYTES]);
/* True where the blob that the descriptor was opened for was dropped meanwhile. */
bool blob_is_gone(int fd);

/* Counts it as new for blobs_sweep(), which spares what nobody knows for some time. */
void blob_renew(const struct blobs *blobs, const char *id);

/* Shows everything that is in the folders, by its name: also parts, and what is not ours. */
typedef void blob_visit(void *context, const char *name);
void blobs_each(const struct blobs *blobs, blob_visit *visit, void *context);

/* Shows every whole blob that is older than LIMIT_UNKNOWN_FILE_DAYS; those for which the visitor returns false are
 * dropped, as are all parts. No blob may be under way. Returns how many were dropped. */
typedef bool blob_is_kept(void *context, const char *id);
size_t blobs_sweep(const struct blobs *blobs, blob_is_kept *is_kept, void *context);

/* Bytes that are free for us on its file system, and in all. 0 or -errno. */
int blobs_room(const struct blobs *blobs, int64_t *free_bytes, int64_t *all_bytes);

#endif
