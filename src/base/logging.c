#include "base/logging.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static _Atomic int current_level = LOGGING_INFO;
static bool is_journal;
/* Guards lost_lines, and the moment between asking whether a line can be written and writing it. */
static pthread_mutex_t put_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned long lost_lines;
/* Priorities as syslog(3) counts them. */
static const int priorities[] = {
    [LOGGING_ERROR] = 3, [LOGGING_WARN] = 4, [LOGGING_INFO] = 6, [LOGGING_DEBUG] = 7};
static const char *const level_names[] = {"error", "warn", "info", "debug"};

void logging_set_level(enum logging_level level)
{
	current_level = level;
}

void logging_find_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat about;
	is_journal = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
		     !fstat(STDERR_FILENO, &about) && about.st_dev == device && about.st_ino == inode;
}

bool logging_enabled(enum logging_level level)
{
	return (int)level <= current_level;
}

/* False where writing would wait: nobody reads the pipe behind stderr, or the terminal stands still. */
static bool logging_can_write(void)
{
	struct pollfd where = {.fd = STDERR_FILENO, .events = POLLOUT};
	return poll(&where, 1, 0) != 0;
}

static void put_line(const char *line, size_t length)
{
	/* An error here cannot be reported: stderr is the only place for it. */
	if (write(STDERR_FILENO, line, length) < 0)
		return;
}

/* Says how many lines are missing before the next one that is there. */
static void put_lost(const char *stamp)
{
	char line[128];
	int length = is_journal ? snprintf(line, sizeof line, "<%d>", priorities[LOGGING_WARN]) : 0;
	length += snprintf(line + length, sizeof line - (size_t)length,
			   "%s warn log.lost lines=%lu note=\"nobody read the log\"\n", stamp, lost_lines);
	put_line(line, (size_t)length);
	lost_lines = 0;
}

/* A log that nobody reads must not stop the threads that write to it. */
static void logging_put(const char *stamp, const char *line, size_t length)
{
	pthread_mutex_lock(&put_lock);
	if (lost_lines && logging_can_write())
		put_lost(stamp);
	if (logging_can_write())
		put_line(line, length);
	else
		lost_lines++;
	pthread_mutex_unlock(&put_lock);
}

void logging_write(enum logging_level level, const char *event, const char *format, ...)
{
	assert(event && format);
	if (!logging_enabled(level))
		return;
	int saved_errno = errno;
	char line[1024], stamp[CLOCK_TEXT_BYTES];
	clock_format(clock_wall_ms(), stamp);
	int length = is_journal ? snprintf(line, sizeof line, "<%d>", priorities[level]) : 0;
	length += snprintf(line + length, sizeof line - (size_t)length, "%s %s %s ", stamp,
			   level_names[level], event);
	va_list args;
	va_start(args, format);
	errno = saved_errno; /* for %m */
	length += vsnprintf(line + length, sizeof line - (size_t)length, format, args);
	va_end(args);
	if (length > (int)sizeof line - 2)
		length = (int)sizeof line - 2;
	/* Text from outside must not forge a second line or control a terminal. */
	for (int i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[length++] = '\n';
	logging_put(stamp, line, (size_t)length);
	errno = saved_errno;
}
