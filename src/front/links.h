/* Finds links in what people write.
 *
 * Layer: front, pure. */
#ifndef BRUSIO_FRONT_LINKS_H
#define BRUSIO_FRONT_LINKS_H

#include "base/buffer.h"

/* The first "http://..." or "https://..." in the text and how long it is, without the full stop or the bracket
 * that ends the sentence; NULL where there is none. */
const char *links_find(const char *text, size_t *bytes);

/* Adds the link as an address in plain ASCII. */
void links_write(struct buffer *to, const char *link, size_t bytes);

#endif
