#include "client/when.h"

#include "base/clock.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "#120" */
static bool read_message(const char *text, struct when *when)
{
	size_t digits = strspn(text + 1, "0123456789");
	*when = (struct when){.kind = WHEN_MESSAGE, .seq = strtoll(text + 1, NULL, 10)};
	return digits && digits < 16 && !text[1 + digits] && when->seq > 0;
}

/* "3d": so long ago */
static bool when_read_span(const char *text, int64_t now_ms, struct when *when)
{
	int64_t span_ms;
	if (!clock_parse_span(text, &span_ms))
		return false;
	*when = (struct when){.kind = WHEN_TIME, .time_ms = now_ms - span_ms};
	return true;
}

static bool read_clock(const char *text, struct tm *to)
{
	int used = 0;
	if (!*text) {
		to->tm_hour = to->tm_min = 0;
		return true;
	}
	return sscanf(text, "%2d:%2d%n", &to->tm_hour, &to->tm_min, &used) == 2 && !text[used] &&
	       to->tm_hour >= 0 && to->tm_hour < 24 && to->tm_min >= 0 && to->tm_min < 60;
}

/* In the user's own time zone. */
static bool read_day(const char *text, int64_t now_ms, struct when *when)
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm day;
	int year, month, date, used = 0;
	localtime_r(&now, &day);
	day.tm_sec = 0;
	day.tm_isdst = -1;
	if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &date, &used) == 3) {
		day.tm_year = year - 1900;
		day.tm_mon = month - 1;
		day.tm_mday = date;
		text += used;
		text += strspn(text, " T");
		if (year < 1970 || month < 1 || month > 12 || date < 1 || date > 31)
			return false;
	} else if (!*text)
		return false;
	if (!read_clock(text, &day))
		return false;
	*when = (struct when){.kind = WHEN_TIME, .time_ms = (int64_t)mktime(&day) * 1000};
	return true;
}

bool when_read(const char *text, int64_t now_ms, struct when *when)
{
	*when = (struct when){.kind = !strcmp(text, "end") ? WHEN_END : WHEN_UNREAD};
	if (!strcmp(text, "unread") || !strcmp(text, "end"))
		return true;
	if (*text == '#')
		return read_message(text, when);
	return when_read_span(text, now_ms, when) || read_day(text, now_ms, when);
}
