/* The bytes of files that an export writes into a folder, FOLDER/ID, and an import takes from there.
 *
 * Layer: server. Threads: one. */
#ifndef BRUSIO_SERVER_MOVED_FILE_H
#define BRUSIO_SERVER_MOVED_FILE_H

#include "store/blobs/blob.h"

/* Opens the folder; with `may_make` it is made where it is missing. A descriptor, or -errno. */
int moved_file_folder(const char *path, bool may_make);

/* Writes the bytes of a file there; one that is there stays. 0 or -errno; -ENOENT: they are missing here. */
int moved_file_write(const struct blobs *blobs, int folder, const char *id);

/* Makes a blob of FOLDER/`id`, and fills in what `made`, whose name is set, has of it: another id, a key, the type, the
 * size. 0 or -errno. */
int moved_file_take(void *painter, const struct blobs *blobs, int folder, const char *id, struct file *made);

#endif
