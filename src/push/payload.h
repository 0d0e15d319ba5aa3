/* The text that a browser's service worker is told: {"room","seq","title","body"}, in the language of the subscription.
 *
 * Layer: push, pure. Threads: any. */
#ifndef BRUSIO_PUSH_PAYLOAD_H
#define BRUSIO_PUSH_PAYLOAD_H

#include "push/pusher.h"

/* Every payload is padded to so many bytes, and none is longer. */
#define PAYLOAD_BYTES 2048

void payload_write(struct buffer *to, const struct push *push);

#endif
