/* SQLite's temporary files lie in the data directory, the one place where a sandboxed
 * server may write. */
#include "store/store.h"

#include "directory.h"
#include "unit.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

/* True where the process has a file open whose name begins so, also where the file is deleted already. */
static bool has_open_file(const char *beginning)
{
	bool is_found = false;
	DIR *all = opendir("/proc/self/fd");
	assert_non_null(all);
	for (struct dirent *one; (one = readdir(all));) {
		char target[4096] = "";
		if (readlinkat(dirfd(all), one->d_name, target, sizeof target - 1) > 0)
			is_found |= !strncmp(target, beginning, strlen(beginning));
	}
	closedir(all);
	return is_found;
}

TEST(temporary_files_lie_in_the_data_directory)
{
	struct directory directory;
	struct store *store;
	sqlite3 *db;
	char problem[256], beginning[4200];
	directory_make(&directory);
	assert_int_equal(store_open(directory.path, NULL, &store, problem, sizeof problem), STORE_OK);
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db,
			 "PRAGMA temp_store=FILE; PRAGMA temp.cache_size=10;"
			 "CREATE TEMP TABLE much(bytes);"
			 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<500)"
			 "INSERT INTO much SELECT randomblob(4000) FROM n",
			 NULL, NULL, NULL),
	    SQLITE_OK);
	snprintf(beginning, sizeof beginning, "%s/etilqs_", directory.path);
	assert_true(has_open_file(beginning));
	sqlite3_close(db);
	store->ops->close(store);
	directory_remove(&directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(temporary_files_lie_in_the_data_directory)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
