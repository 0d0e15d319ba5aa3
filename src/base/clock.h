/* The two clocks: one that only goes forward, for waiting; one that people read, for stamping.
 *
 * Layer: base. Threads: any. Tests move both with clock_fake(). */
#ifndef BRUSIO_BASE_CLOCK_H
#define BRUSIO_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_DAY_MS INT64_C(86400000)

/* Milliseconds since an arbitrary start; never goes back (CLOCK_MONOTONIC). */
int64_t clock_mono_ms(void);

/* Milliseconds since 1970-01-01T00:00:00Z; may jump when somebody sets the clock. */
int64_t clock_wall_ms(void);

/* The earlier of two deadlines; INT64_MAX is "never". */
static inline int64_t clock_earlier(int64_t one, int64_t other)
{
	return one < other ? one : other;
}

/* From now on both clocks stand still at these values. For tests alone. */
void clock_fake(int64_t mono_ms, int64_t wall_ms);

/* RFC 3339 with milliseconds and Z: "2026-11-22T10:00:00.123Z". */
#define CLOCK_TEXT_BYTES 25
void clock_format(int64_t wall_ms, char text[CLOCK_TEXT_BYTES]);

/* Reads RFC 3339 ("2026-11-22T10:00:00.123Z", "2026-11-22T10:00:00+01:00") or a bare date,
 * which means its first instant in UTC. Returns false where the text is neither. */
bool clock_parse(const char *text, int64_t *wall_ms);

/* Reads a span, "90s", "10m", "2h" or "7d". Returns false where the text is not one. */
bool clock_parse_span(const char *text, int64_t *ms);

#endif
