#include "client/trust.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define CERTIFIED "certified"

char *trust_file(void)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char path[PATH_MAX];
	if (base && *base == '/')
		snprintf(path, sizeof path, "%s/brusio/known_hosts", base);
	else if (home && *home)
		snprintf(path, sizeof path, "%s/.config/brusio/known_hosts", home);
	else
		return NULL;
	return mem_string(path);
}

bool trust_read_fingerprint(const char *text, char fingerprint[96])
{
	size_t digits = 0;
	if (!strncasecmp(text, "SHA256:", 7))
		text += 7;
	for (; *text; text++) {
		if (*text == ':' && digits && digits % 2 == 0 && text[1])
			continue;
		if (!isxdigit((unsigned char)*text) || digits == 64)
			return false;
		fingerprint[digits / 2 * 3 + digits % 2] = (char)toupper((unsigned char)*text);
		if (digits % 2)
			fingerprint[digits / 2 * 3 + 2] = ':';
		digits++;
	}
	fingerprint[95] = '\0';
	return digits == 64;
}

/* "chat.example:5000", in small letters; an IPv6 address in brackets. */
static char *name_of(const char *host, const char *port)
{
	struct buffer name = BUFFER_EMPTY;
	buffer_printf(&name, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
	char *text = mem_string(buffer_string(&name));
	for (char *at = text; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	buffer_release(&name);
	return text;
}

/* What the line says of this name; NULL where it is about something else. The line is cut. */
static const char *said_of(char *line, const char *name)
{
	size_t length = strlen(name);
	line[strcspn(line, "\r\n")] = '\0';
	if (strncmp(line, name, length) || line[length] != ' ')
		return NULL;
	return line + length + 1 + strspn(line + length + 1, " ");
}

/* What the file says of this name; the caller frees; NULL where it says nothing. */
static char *find(const char *file, const char *name)
{
	FILE *from = file ? fopen(file, "re") : NULL;
	char *line = NULL, *found = NULL;
	size_t bytes = 0;
	while (from && !found && getline(&line, &bytes, from) >= 0) {
		const char *said = said_of(line, name);
		if (said)
			found = mem_string(said);
	}
	free(line);
	if (from)
		fclose(from);
	return found;
}

/* "brusio" and what it stands in; a home that does not exist is not ours to make. What cannot be made is
 * found out when the file is opened. */
static void make_directories(const char *file)
{
	char *inner = mem_string(file), *outer;
	*strrchr(inner, '/') = '\0';
	outer = mem_string(inner);
	*strrchr(outer, '/') = '\0';
	mkdir(outer, 0700);
	mkdir(inner, 0700);
	free(outer);
	free(inner);
}

/* All lines but those of this name. */
static void copy_others(FILE *to, const char *file, const char *name)
{
	FILE *from = fopen(file, "re");
	char *line = NULL;
	size_t bytes = 0;
	while (from && getline(&line, &bytes, from) >= 0)
		if (!said_of(line, name))
			fprintf(to, "%s\n", line);
	free(line);
	if (from)
		fclose(from);
}

/* Written beside and then put in its place, so that the file is whole at any time. */
static bool remember(const char *file, const char *name, const char *said)
{
	if (!file)
		return false;
	make_directories(file);
	char *beside = mem_alloc(strlen(file) + 32);
	sprintf(beside, "%s.%ld", file, (long)getpid());
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
	bool is_written = false;
	if (to) {
		copy_others(to, file, name);
		fprintf(to, "%s %s\n", name, said);
		is_written = !fflush(to) && !fsync(fd) && !ferror(to);
		is_written = !fclose(to) && is_written && !rename(beside, file);
		if (!is_written)
			unlink(beside);
	} else if (fd >= 0) {
		close(fd);
	}
	free(beside);
	return is_written;
}

enum trust_verdict trust_judge(const char *file, const char *host, const char *port, const char *fingerprint,
			       bool is_certified, const char *asked_for)
{
	char *name = name_of(host, port), *known = find(file, name);
	const char *said = is_certified && !asked_for ? CERTIFIED : fingerprint;
	enum trust_verdict verdict = TRUST_KNOWN;
	if (asked_for && strcmp(asked_for, fingerprint) != 0)
		verdict = TRUST_NOT_ASKED_FOR;
	else if (!asked_for && !is_certified && known && strcmp(known, fingerprint) != 0)
		verdict = strcmp(known, CERTIFIED) ? TRUST_CHANGED : TRUST_NOT_CERTIFIED;
	else if ((!known || strcmp(known, said) != 0) && !remember(file, name, said))
		verdict = known || is_certified || asked_for ? TRUST_KNOWN : TRUST_FORGETFUL;
	else if (!known && !is_certified && !asked_for)
		verdict = TRUST_FIRST;
	free(name);
	free(known);
	return verdict;
}
