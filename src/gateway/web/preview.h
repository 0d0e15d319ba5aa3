/* Previews of pictures over HTTP: `?size=160` or `?size=800` behind the path of a file.
 *
 * Layer: gateway, a part of the web dialect. Threads: the connection's worker's. */
#ifndef BRUSIO_GATEWAY_PREVIEW_H
#define BRUSIO_GATEWAY_PREVIEW_H

#include "base/file.h"
#include "store/blobs/blob.h"
#include "wire/http.h"

/* `"ID-160"` with its quotes, and a NUL. */
#define PREVIEW_TAG_BYTES (FILE_ID_BYTES + 6)

struct transfer;

/* Takes from the request which preview it asks for, if any, and the range of it, unless the client has it. */
void preview_take_conditions(struct transfer *transfer, const struct http_request *request);

/* A descriptor to read it by, and `file` is what it is from now on; or -errno: -ENOENT: its bytes are missing, -ENODATA: the
 * file has no such preview. */
int preview_open(const struct blobs *blobs, enum blob_preview which, struct file *file);

#endif
