#include "base/clock.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SPAN_DIGITS 9 /* milliseconds of so many days are a number */

static _Atomic bool faked;
static _Atomic int64_t fake_mono, fake_wall;

static int64_t read_ms(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_mono_ms(void)
{
	return faked ? fake_mono : read_ms(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
	return faked ? fake_wall : read_ms(CLOCK_REALTIME);
}

void clock_fake(int64_t mono_ms, int64_t wall_ms)
{
	fake_mono = mono_ms;
	fake_wall = wall_ms;
	faked = true;
}

static void put_digits(char *at, int width, int value)
{
	for (int i = width - 1; i >= 0; i--, value /= 10)
		at[i] = (char)('0' + value % 10);
}

/* The end of the year 9999: later ones have no place in the form. */
#define LAST_SHOWN_MS INT64_C(253402300799999)

/* All but the milliseconds. */
static void format_second(time_t second, char text[CLOCK_TEXT_BYTES])
{
	struct tm parts;
	gmtime_r(&second, &parts);
	put_digits(text, 4, parts.tm_year + 1900);
	put_digits(text + 5, 2, parts.tm_mon + 1);
	put_digits(text + 8, 2, parts.tm_mday);
	put_digits(text + 11, 2, parts.tm_hour);
	put_digits(text + 14, 2, parts.tm_min);
	put_digits(text + 17, 2, parts.tm_sec);
}

void clock_format(int64_t wall_ms, char text[CLOCK_TEXT_BYTES])
{
	/* Most times are of the same second as the one before. */
	static _Thread_local struct {
		int64_t second;
		char text[CLOCK_TEXT_BYTES];
	} last = {0, "1970-01-01T00:00:00.000Z"};
	bool is_shown = wall_ms >= 0 && wall_ms <= LAST_SHOWN_MS;
	int64_t second = is_shown ? wall_ms / 1000 : 0;
	if (second != last.second) {
		format_second((time_t)second, last.text);
		last.second = second;
	}
	memcpy(text, last.text, CLOCK_TEXT_BYTES);
	put_digits(text + 20, 3, is_shown ? (int)(wall_ms % 1000) : 0);
}

/* Takes exactly `width` digits that make a number from `low` to `high`. */
static bool clock_take_number(const char **at, int width, int low, int high, int *number)
{
	*number = 0;
	for (int i = 0; i < width; i++, ++*at) {
		if (**at < '0' || **at > '9')
			return false;
		*number = *number * 10 + (**at - '0');
	}
	return *number >= low && *number <= high;
}

static bool take_sign(const char **at, char sign)
{
	return *(*at)++ == sign;
}

static int days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && is_leap);
}

static bool take_date(const char **at, struct tm *parts)
{
	int year, month, day;
	if (!clock_take_number(at, 4, 0, 9999, &year) || !take_sign(at, '-') ||
	    !clock_take_number(at, 2, 1, 12, &month) || !take_sign(at, '-') ||
	    !clock_take_number(at, 2, 1, days_of(year, month), &day))
		return false;
	parts->tm_year = year - 1900;
	parts->tm_mon = month - 1;
	parts->tm_mday = day;
	return true;
}

/* Second 60 is a leap second, and the first instant of the next minute here. */
static bool take_time(const char **at, struct tm *parts, int *millis)
{
	if (!clock_take_number(at, 2, 0, 23, &parts->tm_hour) || !take_sign(at, ':') ||
	    !clock_take_number(at, 2, 0, 59, &parts->tm_min) || !take_sign(at, ':') ||
	    !clock_take_number(at, 2, 0, 60, &parts->tm_sec))
		return false;
	*millis = 0;
	if (**at != '.')
		return true;
	const char *first = ++*at;
	for (int scale = 100; **at >= '0' && **at <= '9'; ++*at, scale /= 10)
		*millis += (**at - '0') * scale;
	return *at > first;
}

/* The zone at the end of an RFC 3339 time, in seconds east of UTC. */
static bool take_zone(const char **at, int *east_seconds)
{
	int hours, minutes, sign = **at == '-' ? -1 : 1;
	*east_seconds = 0;
	if (**at == 'Z' || **at == 'z') {
		++*at;
		return true;
	}
	if (**at != '+' && **at != '-')
		return false;
	++*at;
	if (!clock_take_number(at, 2, 0, 23, &hours) || !take_sign(at, ':') ||
	    !clock_take_number(at, 2, 0, 59, &minutes))
		return false;
	*east_seconds = (hours * 60 + minutes) * 60 * sign;
	return true;
}

bool clock_parse(const char *text, int64_t *wall_ms)
{
	struct tm parts = {0};
	int east_seconds = 0, millis = 0;
	if (!take_date(&text, &parts))
		return false;
	if (*text) {
		if (*text != 'T' && *text != 't' && *text != ' ')
			return false;
		text++;
		if (!take_time(&text, &parts, &millis) || !take_zone(&text, &east_seconds) || *text)
			return false;
	}
	*wall_ms = ((int64_t)timegm(&parts) - east_seconds) * 1000 + millis;
	return true;
}

bool clock_parse_span(const char *text, int64_t *ms)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', CLOCK_DAY_MS}};
	size_t digits = strspn(text, "0123456789");
	for (size_t i = 0; digits && digits <= SPAN_DIGITS && i < sizeof units / sizeof *units; i++)
		if (text[digits] == units[i].unit && !text[digits + 1]) {
			*ms = strtoll(text, NULL, 10) * units[i].ms;
			return true;
		}
	return false;
}
