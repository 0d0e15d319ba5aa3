/* Decimal: writes whole numbers where printf() would be most of the work.
 *
 * Layer: base. Threads: any. */
#ifndef BRUSIO_BASE_DECIMAL_H
#define BRUSIO_BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DECIMAL_BYTES_MAX 20

/* Writes the digits to `to`, without a NUL, and returns how many there are. */
static inline size_t decimal_write(char to[DECIMAL_BYTES_MAX], uint64_t value)
{
	char digits[DECIMAL_BYTES_MAX];
	size_t first = sizeof digits;
	do {
		digits[--first] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	memcpy(to, digits + first, sizeof digits - first);
	return sizeof digits - first;
}

#endif
