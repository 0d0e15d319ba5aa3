#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

void clock_format(int64_t wall_ms, char text[CLOCK_TEXT_BYTES])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	int millis = (int)(wall_ms % 1000);
	struct tm parts;
	if (wall_ms < 0 || !gmtime_r(&seconds, &parts) || parts.tm_year > 8099) {
		memcpy(text, "1970-01-01T00:00:00.000Z", CLOCK_TEXT_BYTES);
		return;
	}
	memcpy(text, "0000-00-00T00:00:00.000Z", CLOCK_TEXT_BYTES);
	put_digits(text, 4, parts.tm_year + 1900);
	put_digits(text + 5, 2, parts.tm_mon + 1);
	put_digits(text + 8, 2, parts.tm_mday);
	put_digits(text + 11, 2, parts.tm_hour);
	put_digits(text + 14, 2, parts.tm_min);
	put_digits(text + 17, 2, parts.tm_sec);
	put_digits(text + 20, 3, millis);
}

/* The zone at the end of an RFC 3339 time, in seconds east of UTC. */
static bool parse_zone(const char *zone, int *east_seconds)
{
	if (!strcmp(zone, "Z") || !strcmp(zone, "z")) {
		*east_seconds = 0;
		return true;
	}
	int hours, minutes, used = 0;
	if ((*zone != '+' && *zone != '-') ||
	    sscanf(zone + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || zone[1 + used])
		return false;
	*east_seconds = (hours * 60 + minutes) * 60 * (*zone == '-' ? -1 : 1);
	return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
}

bool clock_parse(const char *text, int64_t *wall_ms)
{
	struct tm parts = {0};
	const char *rest = strptime(text, "%Y-%m-%d", &parts);
	if (!rest)
		return false;
	int east_seconds = 0;
	int64_t millis = 0;
	if (*rest) {
		if (*rest != 'T' && *rest != 't' && *rest != ' ')
			return false;
		rest = strptime(rest + 1, "%H:%M:%S", &parts);
		if (!rest)
			return false;
		if (*rest == '.') {
			int64_t scale = 100;
			for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10)
				millis += (*rest - '0') * scale;
		}
		if (!parse_zone(rest, &east_seconds))
			return false;
	}
	*wall_ms = ((int64_t)timegm(&parts) - east_seconds) * 1000 + millis;
	return true;
}
