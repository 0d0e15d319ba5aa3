/* How far two words are from each other, for "did you mean?".
 *
 * Layer: base, pure. */
#ifndef BRUSIO_BASE_EDITS_H
#define BRUSIO_BASE_EDITS_H

#include <stddef.h>

#define EDITS_BYTES_MAX 32 /* of each word; longer ones are EDITS_BYTES_MAX from everything */

/* Letters to add, drop, replace or swap with the next one to make one word of the other. */
size_t edits_between(const char *one, const char *other);

#endif
