/* Code points that look like others: the table of Unicode TS 39.
 *
 * Layer: base. Threads: any. */
#ifndef BRUSIO_BASE_CONFUSABLE_H
#define BRUSIO_BASE_CONFUSABLE_H

#include <stdint.h>

/* The sequence that stands for all that look like this code point, in UTF-8; NULL where that is the code
 * point itself. "m" looks like "rn", the Cyrillic "а" like "a". */
const char *confusable_prototype(uint32_t code_point);

#endif
