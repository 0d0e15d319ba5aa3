/* The bytes of files: flat files in the folder `files` of the data directory, each named by its id. What they are
 * called, whose they are and who refers to them is the database's.
 *
 *   blob_part_make() --write--> files/7f/7f3a….part --blob_keep(): sync, rename, sync--> files/7f/7f3a…
 *   (half_blob.h)     --write-->        … .part, with files/7f/7f3a….half, --blob_keep()--> the same
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
/* Also: another thread makes the hash of what is written while it comes, for blob_part_hash(). */
int blob_part_make_hashed(const struct blobs *blobs, const char *id, struct blob_part **made);
/* Goes on with a part that has at least so many bytes; what is behind them is cut off. */
int blob_part_resume(const struct blobs *blobs, const char *id, int64_t bytes, struct blob_part **made);
/* Reads back its first bytes; how many there are, or -errno. */
int64_t blob_part_head(const struct blob_part *part, void *bytes, size_t room);
/* Closes it. The bytes stay. */
void blob_part_end(struct blob_part *part);
/* A descriptor to read a part by that nobody writes to any more, or -errno. */
int blob_part_open(const struct blobs *blobs, const char *id);
/* Begins another part of the same blob, which blob_part_replace() puts into the place of the first one once it is
 * ended. 0 or -errno. */
int blob_part_make_again(const struct blobs *blobs, const char *id, struct blob_part **made);
/* Gives up that other part. */
void blob_part_drop_again(const struct blobs *blobs, const char *id);
int blob_part_replace(const struct blobs *blobs, const char *id);
/* 0: it is kept, whatever happens now; or -errno. Nobody writes to it any more. */
int blob_keep(const struct blobs *blobs, const char *id);
/* The bytes of a part that was ended, and their hash; or -errno. */
int64_t blob_part_hash(const struct blobs *blobs, const char *id, unsigned char hash[FILE_HASH_BYTES]);
/* For half_blob.h: opens what stands beside the blob by this ending, with the flags of open(). A descriptor or -errno. */
int blob_open_beside(const struct blobs *blobs, const char *id, const char *ending, int flags);
int blob_rename_beside(const struct blobs *blobs, const char *id, const char *from, const char *to);
int blob_drop_beside(const struct blobs *blobs, const char *id, const char *ending);
/* Syncs the folder of this id, so that the files made in it survive a loss of power. 0 or -errno. */
int blob_sync_folder(const struct blobs *blobs, const char *id);
/* Removes it, whole or part, and what stands beside it; where there is a bucket, there, too, and waits for it. 0, also where there is none; or -errno. */
int blob_drop(const struct blobs *blobs, const char *id);
/* The same of one that was not kept, and so is in no bucket. */
int blob_drop_here(const struct blobs *blobs, const char *id);
/* A descriptor to read it by; -ENOENT: there is none; or another -errno. */
int blob_open(const struct blobs *blobs, const char *id);
/* Tells the hash of a whole one; how many bytes it has, or -errno. */
int64_t blob_hash(const struct blobs *blobs, const char *id, unsigned char hash[FILE_HASH_BYTES]);
/* The mode of one that went from the folder alone (blob_bucket.h): it was not dropped. */
#define BLOB_MODE_MOVED 0400
/* True where the blob that the descriptor was opened for was dropped meanwhile. */
bool blob_is_gone(int fd);

/* The previews of a picture: files beside the blob, "ID.160.webp". They are written before it is kept, and go with it. */
enum blob_preview { BLOB_PREVIEW_SMALL, BLOB_PREVIEW_LARGE, BLOB_PREVIEWS };
/* A descriptor to read and write an empty one by, or -errno. */
int blob_preview_make(const struct blobs *blobs, const char *id, enum blob_preview which);
/* A descriptor to read it by; -ENOENT: there is none; or another -errno. */
int blob_preview_open(const struct blobs *blobs, const char *id, enum blob_preview which);
/* So many bytes both have, once they are on stable storage but for their names, which blob_keep() sees to; or -errno. */
int64_t blob_preview_sync(const struct blobs *blobs, const char *id);
/* So many bytes both have; -ENOENT: one is missing; or another -errno. */
int64_t blob_preview_bytes(const struct blobs *blobs, const char *id);
void blob_preview_drop(const struct blobs *blobs, const char *id);
/* Which preview a file of this name is, and of which blob; BLOB_PREVIEWS: none. */
enum blob_preview blob_preview_of(const char *name, char id[FILE_ID_BYTES]);
/* The name of a preview's file: "ID.160.webp". */
#define BLOB_PREVIEW_NAME_BYTES (FILE_ID_BYTES + 9)
void blob_preview_name(const char *id, enum blob_preview which, char name[BLOB_PREVIEW_NAME_BYTES]);

/* Counts it as new for blobs_sweep(), which spares what nobody knows for some time. */
void blob_renew(const struct blobs *blobs, const char *id);

/* Shows everything that is in the folders, by its name: also parts, and what is not ours. */
typedef void blob_visit(void *context, const char *name);
void blobs_each(const struct blobs *blobs, blob_visit *visit, void *context);

/* Shows every whole blob that is older than LIMIT_UNKNOWN_FILE_DAYS, or every one where they are but copies of what a
 * bucket has, and every part (`is_part`) or its note; those for
 * which the visitor returns false are dropped. No blob may be under way. Returns how many were dropped. */
typedef bool blob_is_kept(void *context, const char *id, bool is_part);
size_t blobs_sweep(const struct blobs *blobs, blob_is_kept *is_kept, void *context);

/* Bytes that are free for us on its file system, and in all. 0 or -errno. */
int blobs_room(const struct blobs *blobs, int64_t *free_bytes, int64_t *all_bytes);

#endif
