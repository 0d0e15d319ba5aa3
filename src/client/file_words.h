/* The names of files on a command's line: parted by spaces, which stand in a name behind a backslash or between quotes,
 * as in a shell. Nothing else of a shell is meant.
 *
 * Layer: client, pure. */
#ifndef BRUSIO_CLIENT_FILE_WORDS_H
#define BRUSIO_CLIENT_FILE_WORDS_H

#include "base/buffer.h"

#include <stdbool.h>

/* Takes the next word off the line. False where there is none. */
bool file_words_next(const char **line, struct buffer *word);

/* The beginning of the line's last word: its end where a new one would begin. */
const char *file_words_last(const char *line);

/* Adds the name as it has to be typed. */
void file_words_add(struct buffer *to, const char *name);

#endif
