#include "client/keyed_lines.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

char *keyed_lines_server(const char *host, const char *port)
{
	struct buffer name = BUFFER_EMPTY;
	buffer_printf(&name, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
	char *text = mem_string(buffer_string(&name));
	for (char *at = text; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	buffer_release(&name);
	return text;
}

char *keyed_lines_key(const char *host, const char *port, char between, const char *what)
{
	char *server = keyed_lines_server(host, port), *folded = utf8_fold(what);
	struct buffer key = BUFFER_EMPTY;
	buffer_printf(&key, "%s%c%s", server, between, folded ? folded : what);
	char *text = mem_string(buffer_string(&key));
	buffer_release(&key);
	free(folded);
	free(server);
	return text;
}

/* The value in a line of this key; NULL where it is of another. The line is cut at its end. */
static const char *value_in(char *line, const char *key)
{
	size_t length = strlen(key);
	line[strcspn(line, "\r\n")] = '\0';
	if (strncmp(line, key, length) != 0 || line[length] != ' ')
		return NULL;
	return line + length + 1 + strspn(line + length + 1, " ");
}

static void free_line(char *line, size_t bytes)
{
	if (line)
		explicit_bzero(line, bytes);
	free(line);
}

char *keyed_lines_find(const char *file, const char *key)
{
	FILE *from = file ? fopen(file, "re") : NULL;
	char *line = NULL, *found = NULL;
	size_t bytes = 0;
	while (from && !found && getline(&line, &bytes, from) >= 0) {
		const char *value = value_in(line, key);
		if (value)
			found = mem_string(value);
	}
	free_line(line, bytes);
	if (from)
		fclose(from);
	return found;
}

/* False where they cannot all be read, which would lose them. */
static bool copy_others(FILE *to, const char *file, const char *key)
{
	FILE *from = fopen(file, "re");
	if (!from)
		return errno == ENOENT;
	char *line = NULL;
	size_t bytes = 0;
	while (getline(&line, &bytes, from) >= 0)
		if (!value_in(line, key))
			fprintf(to, "%s\n", line);
	free_line(line, bytes);
	bool is_read = !ferror(from);
	fclose(from);
	return is_read;
}

/* Written beside and then put in its place. */
static bool write_beside(const char *file, const char *beside, const char *key, const char *value)
{
	unlink(beside);
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
	if (!to) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	bool is_written = copy_others(to, file, key);
	if (value)
		fprintf(to, "%s %s\n", key, value);
	is_written = is_written && !fflush(to) && !fsync(fd) && !ferror(to);
	is_written = !fclose(to) && is_written && !rename(beside, file);
	if (!is_written)
		unlink(beside);
	return is_written;
}

/* The lock keeps two runs from writing over each other; it is another file, since this one is replaced. */
bool keyed_lines_replace(const char *file, const char *key, const char *value)
{
	struct buffer path = BUFFER_EMPTY;
	if (!file)
		return false;
	buffer_printf(&path, "%s.lock", file);
	int lock_fd = open(buffer_string(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	while (lock_fd >= 0 && flock(lock_fd, LOCK_EX) != 0 && errno == EINTR)
		continue;
	buffer_clear(&path);
	buffer_printf(&path, "%s.new", file);
	bool is_written = lock_fd >= 0 && write_beside(file, buffer_string(&path), key, value);
	if (lock_fd >= 0)
		close(lock_fd);
	buffer_release(&path);
	return is_written;
}
