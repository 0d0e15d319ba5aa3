/* A directory of a test's own, gone when the test is. */
#ifndef BRUSIO_TESTS_UNIT_DIRECTORY_H
#define BRUSIO_TESTS_UNIT_DIRECTORY_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct directory {
	char path[64];
};

static inline void directory_make(struct directory *directory)
{
	strcpy(directory->path, "/tmp/brusio-unit-XXXXXX");
	if (!mkdtemp(directory->path)) {
		perror(directory->path);
		abort();
	}
}

static inline int directory_remove_one(const char *path, const struct stat *status, int flag,
				       struct FTW *place)
{
	(void)status;
	(void)flag;
	(void)place;
	return remove(path);
}

static inline void directory_remove(const struct directory *directory)
{
	nftw(directory->path, directory_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* "DIRECTORY/name", valid until the next call. */
static inline const char *directory_file(const struct directory *directory, const char *name)
{
	static char path[128];
	snprintf(path, sizeof path, "%s/%s", directory->path, name);
	return path;
}

#endif
