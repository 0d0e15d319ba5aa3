/* Times from outside: what is taken for one is written and read back as the same. */
#include "base/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LAST_MS INT64_C(253402300799999) /* of the year 9999 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char stamp[CLOCK_TEXT_BYTES], *text = malloc(size + 1);
	int64_t wall_ms, again_ms;
	memcpy(text, data, size);
	text[size] = '\0';
	if (clock_parse(text, &wall_ms)) {
		/* At least as long as a bare date, and never far from the years 0 to 9999. */
		assert(strlen(text) >= 10);
		assert(wall_ms > INT64_C(-62170000000000) && wall_ms < LAST_MS + 90000000);
		clock_format(wall_ms, stamp);
		assert(clock_parse(stamp, &again_ms));
		assert(again_ms == wall_ms || wall_ms < 0 || wall_ms > LAST_MS);
	}
	if (size >= sizeof wall_ms) {
		memcpy(&wall_ms, data, sizeof wall_ms);
		clock_format(wall_ms, stamp);
		assert(strlen(stamp) == CLOCK_TEXT_BYTES - 1 && clock_parse(stamp, &again_ms));
	}
	free(text);
	return 0;
}
