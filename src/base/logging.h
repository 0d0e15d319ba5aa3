/* One line an event, to stderr: time, level, event, fields.
 *
 *   2026-11-22T10:00:00.123Z info connection.open peer=127.0.0.1 dialect=simple
 *
 * Layer: base. Threads: any; a line is one write(2), so lines never mix. A line that would have to wait, since nobody reads
 * the pipe or the terminal stands still, is left out; log.lost counts those before the next line.
 * Never log a message's text, a password, a token or a session. */
#ifndef BRUSIO_BASE_LOGGING_H
#define BRUSIO_BASE_LOGGING_H

#include <stdbool.h>

enum logging_level { LOGGING_ERROR, LOGGING_WARN, LOGGING_INFO, LOGGING_DEBUG };

void logging_set_level(enum logging_level level);
/* Looks whether stderr is systemd's journal ($JOURNAL_STREAM); each line then begins with its priority: "<4>". The
 * journal takes that off again. Called once, by main. */
void logging_find_journal(void);
bool logging_enabled(enum logging_level level);

/* `event` is dotted and stable, for people who search; `format` gives "key=value" fields. */
void logging_write(enum logging_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define LOG_ERROR(event, ...) logging_write(LOGGING_ERROR, event, __VA_ARGS__)
#define LOG_WARN(event, ...)  logging_write(LOGGING_WARN, event, __VA_ARGS__)
#define LOG_INFO(event, ...)  logging_write(LOGGING_INFO, event, __VA_ARGS__)
#define LOG_DEBUG(event, ...)                                             \
	do {                                                              \
		if (logging_enabled(LOGGING_DEBUG))                       \
			logging_write(LOGGING_DEBUG, event, __VA_ARGS__); \
	} while (0)

#endif
