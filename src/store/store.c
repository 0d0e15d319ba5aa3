#include "store/store_admin.h"

#include "store/sqlite.h"
#include "store/sqlite_admin.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* A kind of database, and how what it offers is opened. */
struct backend {
	const char *scheme; /* of its URLs; "": a path */
	int (*open)(const char *where, struct store **store, char *problem, size_t problem_bytes);
	int (*open_admin)(const char *where, bool may_make, struct store_admin **made, char *problem);
	int (*restore)(const char *where, const char *file, bool force, FILE *to, char kept[STORE_KEPT_BYTES],
		       char *problem);
};

static const struct backend backends[] = {
    {"", sqlite_store_open, sqlite_admin_open, sqlite_restore},
};

static const struct backend *find_backend(const char *where, char *problem, size_t problem_bytes)
{
	const char *mark = strstr(where, "://");
	size_t length = mark ? (size_t)(mark - where) : 0;
	for (size_t i = 0; i < sizeof backends / sizeof *backends; i++)
		if (strlen(backends[i].scheme) == length && !memcmp(backends[i].scheme, where, length))
			return &backends[i];
	snprintf(problem, problem_bytes,
		 "this brusiod keeps its data in a directory, and has no store of the kind \"%.*s\": give it "
		 "the path of a directory with --data",
		 (int)length, where);
	return NULL;
}

/* No operation of a table may be NULL. */
static bool is_whole(const void *ops, size_t bytes)
{
	void (*operation)(void);
	for (size_t at = 0; at < bytes; at += sizeof operation) {
		memcpy(&operation, (const char *)ops + at, sizeof operation);
		if (!operation)
			return false;
	}
	return true;
}

int store_open(const char *where, struct store **store, char *problem, size_t problem_bytes)
{
	const struct backend *backend = find_backend(where, problem, problem_bytes);
	int result = backend ? backend->open(where, store, problem, problem_bytes) : STORE_FAILED;
	assert(result != STORE_OK || is_whole((*store)->ops, sizeof *(*store)->ops));
	return result;
}

int store_admin_open(const char *where, bool may_make, struct store_admin **made, char *problem)
{
	const struct backend *backend = find_backend(where, problem, ADMIN_PROBLEM_BYTES);
	int result = backend ? backend->open_admin(where, may_make, made, problem) : -1;
	assert(result || is_whole((*made)->ops, sizeof *(*made)->ops));
	return result;
}

int store_restore(const char *where, const char *file, bool force, FILE *to, char kept[STORE_KEPT_BYTES],
		  char *problem)
{
	const struct backend *backend = find_backend(where, problem, ADMIN_PROBLEM_BYTES);
	return backend ? backend->restore(where, file, force, to, kept, problem) : -1;
}
