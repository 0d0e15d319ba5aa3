#include "base/edits.h"

#include <stdbool.h>
#include <string.h>

static size_t least_of(size_t one, size_t other)
{
	return one < other ? one : other;
}

size_t edits_between(const char *one, const char *other)
{
	size_t rows[3][EDITS_BYTES_MAX + 1], length = strlen(one), width = strlen(other);
	if (length > EDITS_BYTES_MAX || width > EDITS_BYTES_MAX)
		return EDITS_BYTES_MAX;
	for (size_t k = 0; k <= width; k++)
		rows[0][k] = k;
	for (size_t i = 1; i <= length; i++) {
		size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t k = 1; k <= width; k++) {
			bool is_swap =
			    i > 1 && k > 1 && one[i - 1] == other[k - 2] && one[i - 2] == other[k - 1];
			size_t least = least_of(above[k], row[k - 1]) + 1;
			least = least_of(least, above[k - 1] + (one[i - 1] != other[k - 1]));
			row[k] = is_swap ? least_of(least, before[k - 2] + 1) : least;
		}
	}
	return rows[length % 3][width];
}
