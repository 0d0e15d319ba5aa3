#include "client/trust.h"

#include "base/memory.h"
#include "client/keyed_lines.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

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

static bool trust_remember(const char *file, const char *name, const char *said)
{
	if (file)
		make_directories(file);
	return keyed_lines_replace(file, name, said);
}

enum trust_verdict trust_judge(const char *file, const char *host, const char *port, const char *fingerprint,
			       bool is_certified, const char *asked_for)
{
	char *name = keyed_lines_server(host, port), *known = keyed_lines_find(file, name);
	const char *said = is_certified && !asked_for ? CERTIFIED : fingerprint;
	enum trust_verdict verdict = TRUST_KNOWN;
	if (asked_for && strcmp(asked_for, fingerprint) != 0)
		verdict = TRUST_NOT_ASKED_FOR;
	else if (!asked_for && !is_certified && known && strcmp(known, fingerprint) != 0)
		verdict = strcmp(known, CERTIFIED) ? TRUST_CHANGED : TRUST_NOT_CERTIFIED;
	else if ((!known || strcmp(known, said) != 0) && !trust_remember(file, name, said))
		verdict = known || is_certified || asked_for ? TRUST_KNOWN : TRUST_FORGETFUL;
	else if (!known && !is_certified && !asked_for)
		verdict = TRUST_FIRST;
	free(name);
	free(known);
	return verdict;
}
