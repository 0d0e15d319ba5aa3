/* Uploads that may be resumed, on the disk: `ID.part` has the bytes that have come, and `ID.half` says whose it is.
 *
 *   half_blob_make() --blob_part_resume(), write--> half_blob_pause() --…--> blob_keep(), half_blob_end()
 *
 * Layer: store. Threads: any; each is worked on by one at a time. Functions return 0 or -errno.
 *
 *  1. What was made is there after a loss of power, and so are the bytes that a pause has told.
 *  2. After a kill, the bytes that have come count, but for those of a piece whose checksum is not known to fit. */
#ifndef BRUSIO_STORE_HALF_BLOB_H
#define BRUSIO_STORE_HALF_BLOB_H

#include "store/blobs/blob.h"

/* `epoch`: the line of the database's history (store.h), as persons have their numbers in it alone. `is_doubted`: as
 * half_blob_doubt() from the beginning. */
int half_blob_make(const struct blobs *blobs, const struct file *file, const char *epoch, bool is_doubted);
/* The bytes from here on are to be cut off after a kill, until the next pause. */
int half_blob_doubt(const struct blobs *blobs, const char *id, int64_t bytes);
/* Cuts off what is behind so many bytes, and syncs. -EIO: there are fewer. */
int half_blob_pause(const struct blobs *blobs, const char *id, int64_t bytes);
/* It is a whole blob now, or gone: the note goes. */
void half_blob_end(const struct blobs *blobs, const char *id);

/* Shows those of this epoch that an earlier process has left, with all that struct file has of them; each is synced. */
typedef void half_blob_visit(void *context, const struct file *file);
void half_blobs_each(const struct blobs *blobs, const char *epoch, half_blob_visit *visit, void *context);

#endif
