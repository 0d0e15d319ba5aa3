/* Base64 as terminals and HTTP read it, with padding.
 *
 * Layer: base, pure. */
#ifndef BRUSIO_BASE_BASE64_H
#define BRUSIO_BASE_BASE64_H

#include "base/buffer.h"

void base64_write(struct buffer *to, const void *bytes, size_t length);

#endif
