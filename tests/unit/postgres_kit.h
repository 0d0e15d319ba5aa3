/* A PostgreSQL for the tests of a program, and a database of its own for each test.
 *
 * On a machine without PostgreSQL, postgres_kit_begin() says so and returns false. */
#ifndef BRUSIO_TESTS_UNIT_POSTGRES_KIT_H
#define BRUSIO_TESTS_UNIT_POSTGRES_KIT_H

#include "store_kit.h"

#include "store/postgres/postgres_link.h"
#include "store/store_admin.h"

#include <semaphore.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct directory cluster_directory;
static struct postgres_place cluster_place;
static struct postgres_link cluster_link;
static char postgres_url[200];
static int databases;

static inline int cluster_call(const char *word)
{
	char line[200];
	snprintf(line, sizeof line, "python3 tests/integration/brusio_test/cluster.py %s %s >/dev/null", word,
		 cluster_directory.path);
	int status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void cluster_run(const char *sql)
{
	if (postgres_link_open(&cluster_link) || postgres_run(&cluster_link, sql))
		fail_msg("%s: %s", sql, cluster_link.error);
}

static inline void cluster_url(char url[200], const char *database)
{
	snprintf(url, 200, "postgres://brusio@/%s?host=%s", database, cluster_directory.path);
}

static inline bool postgres_kit_begin(void)
{
	char done[STORE_DONE_BYTES], url[200];
	directory_make(&cluster_directory);
	if (cluster_call("start")) {
		puts("# there is no PostgreSQL here: its tests are left out");
		directory_remove(&cluster_directory);
		return false;
	}
	cluster_url(url, "postgres");
	if (postgres_place_open(&cluster_place, url, problem, sizeof problem)) {
		puts(problem);
		exit(1);
	}
	postgres_link_init(&cluster_link, &cluster_place);
	cluster_run("CREATE DATABASE origin");
	cluster_url(url, "origin");
	if (store_migrate(url, done, problem)) {
		puts(problem);
		exit(1);
	}
	return true;
}

static inline void postgres_kit_end(void)
{
	postgres_link_close(&cluster_link);
	postgres_place_release(&cluster_place);
	cluster_call("stop");
	directory_remove(&cluster_directory);
}

static sem_t returned;

static inline void note_returned(void *context)
{
	(void)context;
	sem_post(&returned);
}

/* Waits until something has come back. */
static inline void postgres_turn(void)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 10;
	sem_timedwait(&returned, &until);
	store->ops->collect(store);
}

static inline void open_postgres(void)
{
	if (store_open(directory.path, postgres_url, &store, problem, sizeof problem) != STORE_OK)
		fail_msg("%s", problem);
	store->ops->on_return(store, note_returned, NULL);
	assert_int_equal(store->ops->load(store, pass_command, NULL), STORE_OK);
}

/* An empty database. */
static inline int setup_postgres(void **state)
{
	char sql[80], name[20];
	(void)state;
	snprintf(name, sizeof name, "test%d", ++databases);
	snprintf(sql, sizeof sql, "CREATE DATABASE %s TEMPLATE origin", name);
	cluster_run(sql);
	cluster_url(postgres_url, name);
	store_turn = postgres_turn;
	directory_make(&directory);
	open_postgres();
	return 0;
}

#endif
