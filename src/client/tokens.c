#include "client/tokens.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void token_release(struct token *token)
{
	if (token->secret)
		explicit_bzero(token->secret, strlen(token->secret));
	free(token->secret);
	free(token->label);
	*token = (struct token){0};
}

/* "chat.example:5000 anna": how the lines about this name begin. */
static char *owner_of(const char *host, const char *port, const char *name)
{
	struct buffer owner = BUFFER_EMPTY;
	char *folded = utf8_fold(name);
	buffer_printf(&owner, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
	for (char *at = (char *)buffer_string(&owner); *at; at++)
		*at = (char)tolower((unsigned char)*at);
	buffer_printf(&owner, " %s", folded ? folded : name);
	char *text = mem_string(buffer_string(&owner));
	free(folded);
	buffer_release(&owner);
	return text;
}

/* What the line says behind its owner; NULL where it is about another. The line is cut at its end. */
static char *said_of(char *line, const char *owner)
{
	size_t length = strlen(owner);
	line[strcspn(line, "\r\n")] = '\0';
	return !strncmp(line, owner, length) && line[length] == ' ' ? line + length + 1 : NULL;
}

static void free_line(char *line, size_t bytes)
{
	if (line)
		explicit_bzero(line, bytes);
	free(line);
}

bool tokens_find(const char *file, const char *host, const char *port, const char *name, struct token *token)
{
	FILE *from = file ? fopen(file, "re") : NULL;
	char *owner = owner_of(host, port, name), *line = NULL;
	size_t bytes = 0;
	*token = (struct token){0};
	while (from && !token->secret && getline(&line, &bytes, from) >= 0) {
		const char *said = said_of(line, owner);
		size_t length = said ? strcspn(said, " ") : 0;
		if (!length)
			continue;
		token->secret = mem_string_n(said, length);
		token->label = mem_string(said[length] ? said + length + 1 : "");
	}
	free_line(line, bytes);
	free(owner);
	if (from)
		fclose(from);
	return token->secret;
}

static void copy_others(FILE *to, const char *file, const char *owner)
{
	FILE *from = fopen(file, "re");
	char *line = NULL;
	size_t bytes = 0;
	while (from && getline(&line, &bytes, from) >= 0)
		if (!said_of(line, owner))
			fprintf(to, "%s\n", line);
	free_line(line, bytes);
	if (from)
		fclose(from);
}

/* Written beside and then put in its place, so that the file is whole at any time. */
static bool write_beside(const char *file, const char *beside, const char *owner, const struct token *token)
{
	unlink(beside);
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
	if (!to) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	copy_others(to, file, owner);
	if (token)
		fprintf(to, "%s %s %s\n", owner, token->secret, token->label);
	bool is_written = !fflush(to) && !fsync(fd) && !ferror(to);
	is_written = !fclose(to) && is_written && !rename(beside, file);
	if (!is_written)
		unlink(beside);
	return is_written;
}

/* The lock keeps two runs from writing over each other; it is another file, since this one is replaced. */
static bool replace(const char *file, const char *host, const char *port, const char *name,
		    const struct token *token)
{
	struct buffer path = BUFFER_EMPTY;
	if (!file)
		return false;
	buffer_printf(&path, "%s.lock", file);
	int lock_fd = open(buffer_string(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	while (lock_fd >= 0 && flock(lock_fd, LOCK_EX) != 0 && errno == EINTR)
		continue;
	char *owner = owner_of(host, port, name);
	buffer_clear(&path);
	buffer_printf(&path, "%s.new", file);
	bool is_written = lock_fd >= 0 && write_beside(file, buffer_string(&path), owner, token);
	if (lock_fd >= 0)
		close(lock_fd);
	free(owner);
	buffer_release(&path);
	return is_written;
}

bool tokens_keep(const char *file, const char *host, const char *port, const char *name,
		 const struct token *token)
{
	return replace(file, host, port, name, token);
}

bool tokens_forget(const char *file, const char *host, const char *port, const char *name)
{
	struct token token;
	bool is_there = tokens_find(file, host, port, name, &token);
	token_release(&token);
	return !is_there || replace(file, host, port, name, NULL);
}

char *tokens_read_file(const char *path)
{
	FILE *from = fopen(path, "re");
	char *line = NULL, *token = NULL;
	size_t bytes = 0;
	if (from && getline(&line, &bytes, from) >= 0) {
		size_t begin = strspn(line, " \t"), length = strcspn(line + begin, " \t\r\n");
		token = length ? mem_string_n(line + begin, length) : NULL;
	}
	free_line(line, bytes);
	if (from)
		fclose(from);
	return token;
}
