#include "client/state_dir.h"

#include "base/memory.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Makes what is missing of the path behind its first `kept` bytes, each part for its owner alone. */
static bool make_parts(char *path, size_t kept)
{
	for (char *slash = path + kept; slash && (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	struct stat made;
	mkdir(path, 0700);
	return !stat(path, &made) && S_ISDIR(made.st_mode);
}

char *state_dir_file(const char *name)
{
	const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char path[PATH_MAX];
	size_t kept = 0;
	int length = -1;
	if (base && *base == '/') {
		length = snprintf(path, sizeof path, "%s/brusio", base);
	} else if (home && *home == '/') {
		kept = strlen(home);
		length = snprintf(path, sizeof path, "%s/.local/state/brusio", home);
	}
	if (length < 0 || length >= (int)sizeof path || !make_parts(path, kept))
		return NULL;
	char *file = mem_alloc((size_t)length + strlen(name) + 2);
	sprintf(file, "%s/%s", path, name);
	return file;
}
