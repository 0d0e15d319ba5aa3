/* Masks with '*' (any characters) and '?' (one of them), in which large and small letters of ASCII are the same.
 *
 * Layer: base, pure. */
#ifndef BRUSIO_BASE_MASK_H
#define BRUSIO_BASE_MASK_H

#include <stdbool.h>

bool mask_matches(const char *mask, const char *text);
/* True where it can match more than one text. */
bool mask_is_one(const char *text);

#endif
