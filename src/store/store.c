#include "store/store_admin.h"

#include "store/data_directory.h"
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_admin.h"
#include "store/postgres/postgres_copy.h"
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_admin.h"
#include "store/store_node.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A kind of database, and how what it offers is opened. */
struct backend {
	const char *scheme; /* of its URLs; "": there is no URL */
	int (*open)(const char *directory, const char *url, struct store **store, char *problem,
		    size_t problem_bytes);
	int (*open_node)(const char *directory, const char *url, const char *node, struct store **store,
			 char *problem, size_t problem_bytes); /* NULL: one server has it alone */
	int (*open_admin)(const char *directory, const char *url, bool may_make, struct store_admin **made,
			  char *problem);
	int (*restore)(const char *directory, const char *file, bool force, FILE *to,
		       char kept[STORE_KEPT_BYTES], char *problem);
	int (*migrate)(const char *url, char done[STORE_DONE_BYTES], char *problem); /* NULL: no need */
	int (*copy)(const char *directory, const char *url, char done[STORE_DONE_BYTES],
		    char *problem); /* NULL: not to this one */
	int (*new_epoch)(const char *directory, const char *url, char done[STORE_DONE_BYTES], char *problem);
};

static const struct backend backends[] = {
    {"", sqlite_store_open, NULL, sqlite_admin_open, sqlite_restore, NULL, NULL, sqlite_new_epoch},
    {"postgres", postgres_store_open, postgres_store_open_node, postgres_admin_open, postgres_restore,
     postgres_migrate, postgres_copy, postgres_new_epoch},
    {"postgresql", postgres_store_open, postgres_store_open_node, postgres_admin_open, postgres_restore,
     postgres_migrate, postgres_copy, postgres_new_epoch},
};

static const struct backend *find_backend(const char *url, char *problem, size_t problem_bytes)
{
	const char *mark = url ? strstr(url, "://") : NULL;
	size_t length = mark ? (size_t)(mark - url) : 0;
	for (size_t i = 0; i < sizeof backends / sizeof *backends; i++)
		if (strlen(backends[i].scheme) == length &&
		    !memcmp(backends[i].scheme, url ? url : "", length) && !length == !url)
			return &backends[i];
	snprintf(
	    problem, problem_bytes,
	    "this brusiod has no store of the kind \"%.*s\": write store = "
	    "postgres://user:password@host/database, or leave it out to keep everything in the directory",
	    (int)length, url);
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

void store_rest(void)
{
	static const struct timespec rest = {.tv_nsec = 200000};
	nanosleep(&rest, NULL);
}

int store_open(const char *directory, const char *url, struct store **store, char *problem,
	       size_t problem_bytes)
{
	const struct backend *backend = find_backend(url, problem, problem_bytes);
	int result = backend ? backend->open(directory, url, store, problem, problem_bytes) : STORE_FAILED;
	assert(result != STORE_OK || is_whole((*store)->ops, sizeof *(*store)->ops));
	return result;
}

int store_open_node(const char *directory, const char *url, const char *node, struct store **store,
		    char *problem, size_t problem_bytes)
{
	const struct backend *backend = find_backend(url, problem, problem_bytes);
	if (backend && !backend->open_node)
		snprintf(problem, problem_bytes,
			 "node = %s is for a server on a PostgreSQL: give it store = postgres://…, or leave "
			 "it out",
			 node);
	if (!backend || !backend->open_node)
		return STORE_FAILED;
	return backend->open_node(directory, url, node, store, problem, problem_bytes);
}

int store_admin_open(const char *directory, const char *url, bool may_make, struct store_admin **made,
		     char *problem)
{
	const struct backend *backend = find_backend(url, problem, ADMIN_PROBLEM_BYTES);
	int result = backend ? backend->open_admin(directory, url, may_make, made, problem) : -1;
	assert(result || is_whole((*made)->ops, sizeof *(*made)->ops));
	return result;
}

int store_try(const char *directory, const char *url, char *problem)
{
	struct store_admin *admin;
	int result = data_directory_try(directory, problem, ADMIN_PROBLEM_BYTES);
	if (result < 0 || !url)
		return result;
	if (store_admin_open(directory, url, false, &admin, problem))
		return -1;
	admin->ops->close(admin);
	return result;
}

int store_restore(const char *directory, const char *url, const char *file, bool force, FILE *to,
		  char kept[STORE_KEPT_BYTES], char *problem)
{
	const struct backend *backend = find_backend(url, problem, ADMIN_PROBLEM_BYTES);
	return backend ? backend->restore(directory, file, force, to, kept, problem) : -1;
}

int store_migrate(const char *url, char done[STORE_DONE_BYTES], char *problem)
{
	const struct backend *backend = find_backend(url, problem, ADMIN_PROBLEM_BYTES);
	if (backend && backend->migrate)
		return backend->migrate(url, done, problem);
	if (backend)
		snprintf(problem, ADMIN_PROBLEM_BYTES,
			 "a database in a directory is brought up by the server that opens it: there is "
			 "nothing to do");
	return -1;
}

int store_new_epoch(const char *directory, const char *url, char done[STORE_DONE_BYTES], char *problem)
{
	const struct backend *backend = find_backend(url, problem, ADMIN_PROBLEM_BYTES);
	return backend ? backend->new_epoch(directory, url, done, problem) : -1;
}

int store_copy(const char *directory, const char *url, char done[STORE_DONE_BYTES], char *problem)
{
	const struct backend *backend = find_backend(url, problem, ADMIN_PROBLEM_BYTES);
	if (backend && backend->copy)
		return backend->copy(directory, url, done, problem);
	if (backend)
		snprintf(problem, ADMIN_PROBLEM_BYTES,
			 "copy --to takes a URL like postgres://user@host/database");
	return -1;
}
