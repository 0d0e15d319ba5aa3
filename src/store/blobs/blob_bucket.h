/* The bucket behind the folder of blobs, where there is one: it has every blob and its previews, and the folder is a cache of
 * them.
 *
 *   blob_keep() --> the bucket has it --> the folder has it
 *   blob_open() <-- the folder; blob_bucket_fetch() brings there what it has no more
 *   blobs_trim() takes from the folder what was not read for longest
 *
 * Layer: store. Threads: as blob.h; what asks the bucket waits for it, and is nothing for a thread that serves connections.
 *
 * Functions that ask return -EHOSTDOWN where the bucket does not answer as it should: later it may.
 *
 *  1. A blob that is kept is in the bucket: its folder may be lost.
 *  2. What is dropped goes from the folder, then from the bucket, and again from the folder, where it may have come back
 *     from the bucket meanwhile. What remains of a drop that failed is found by its row. */
#ifndef BRUSIO_STORE_BLOB_BUCKET_H
#define BRUSIO_STORE_BLOB_BUCKET_H

#include "store/blobs/blob.h"
#include "store/blobs/bucket.h"

/* From the start on, for all blobs of this process; NULL: none. Before there are threads. */
void blob_bucket_set(const struct bucket *bucket);
bool blob_bucket_is_set(void);
/* Like blob_bucket_is_set(), and this process may wait for it anywhere. */
bool blob_bucket_is_direct(void);

struct blob_bucket_counts {
	uint64_t puts, gets, drops, failures; /* since the start */
	bool is_reached;                      /* the last time that it was asked */
};
void blob_bucket_count(struct blob_bucket_counts *counts);

/* Puts a part and its previews there. 0 or -errno. For blob_keep(). */
int blob_bucket_put(const struct blobs *blobs, const char *id);
/* -ENOENT: it has none. */
int blob_bucket_put_preview(const struct blobs *blobs, const char *id, enum blob_preview which);
/* Is it, or one of its previews, in the folder? */
bool blob_bucket_is_here(const struct blobs *blobs, const char *id, enum blob_preview which);
/* Brings it into the folder; BLOB_PREVIEWS: itself. `hash`: as it has to be; NULL: unknown. 0, -ENOENT, or another -errno. */
int blob_bucket_fetch(const struct blobs *blobs, const char *id, enum blob_preview which,
		      const unsigned char hash[FILE_HASH_BYTES]);
/* What is on its way into the folder, of this id, does not come there. For blob_drop_here(). */
void blob_bucket_call_off(const char *id);
/* A descriptor of a copy that has no name, or -errno. */
int blob_bucket_copy(const struct blobs *blobs, const char *id);
/* Drops these, with their previews: LIMIT_BUCKET_DROPS at most. 0: none of them is there any more. */
int blob_bucket_drop(const char (*ids)[FILE_ID_BYTES], size_t count);

/* Shows the names of the folder of this id's first two digits behind `after`, some; *count: how many. 0 or -errno. */
typedef void blob_bucket_visit(void *context, const char *name, int64_t seconds);
int blob_bucket_list(const char *id, const char *after, blob_bucket_visit *visit, void *context,
		     size_t *count);

/* Takes from the folder what was not read for longest until no more than so many bytes are there; what was read in the last
 * LIMIT_CACHE_SECONDS stays. Running downloads go on. Returns how many files went. */
size_t blobs_trim(const struct blobs *blobs, int64_t bytes_max);

#endif
