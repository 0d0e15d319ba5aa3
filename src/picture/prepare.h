/* Prepares a file before it is kept: a picture loses what a camera wrote about it (wire/strip.h), and gets its previews
 * (picture/painter.h).
 *
 * Layer: picture. Threads: any, each with a file of its own. */
#ifndef BRUSIO_PICTURE_PREPARE_H
#define BRUSIO_PICTURE_PREPARE_H

#include "base/file.h"
#include "store/blobs/blob.h"

/* `painter` is a struct painter; NULL: no previews are made. */

/* The file's bytes are in a part that is ended; its type, hash and size are known. What is changed of its bytes is
 * changed there, too. 0 or -errno; then the part is as it was. A picture that no preview can be made of has none. */
int prepare_file(void *painter, const struct blobs *blobs, struct file *file);

/* May it take longer than what is done with other files? */
bool prepare_is_slow(const void *painter, const struct file *file);

#endif
