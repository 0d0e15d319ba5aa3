/* Opening: a new database, an old one, a newer one, no database at all, and one that somebody else has. */
#include "store_kit.h"

#include <ctype.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

static int setup(void **state)
{
	(void)state;
	directory_make(&directory);
	return 0;
}

/* One value out of the database, by a connection of its own. */
static void ask(const char *sql, char *answer, size_t answer_bytes)
{
	sqlite3 *db;
	sqlite3_stmt *statement;
	assert_int_equal(sqlite3_open(directory_file(&directory, "brusio.db"), &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 2000);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	int result = sqlite3_step(statement);
	assert_true(result == SQLITE_ROW || result == SQLITE_DONE);
	const char *text = result == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
	snprintf(answer, answer_bytes, "%s", text ? text : "");
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

static void answer_is(const char *sql, const char *expected)
{
	char answer[64];
	ask(sql, answer, sizeof answer);
	assert_string_equal(answer, expected);
}

static char *read_file(size_t *bytes)
{
	struct stat status;
	int fd = open(directory_file(&directory, "brusio.db"), O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	char *content = malloc((size_t)status.st_size + 1);
	assert_int_equal(read(fd, content, (size_t)status.st_size), status.st_size);
	close(fd);
	*bytes = (size_t)status.st_size;
	return content;
}

/* Opening fails, says why, and leaves the file as it was. */
static void is_refused_untouched(const char *why)
{
	size_t before_bytes, after_bytes;
	char *before = read_file(&before_bytes);
	assert_int_equal(store_open(directory.path, NULL, &store, problem, sizeof problem), STORE_FAILED);
	if (!strstr(problem, why))
		fail_msg("%s", problem);
	store = NULL;
	char *after = read_file(&after_bytes);
	assert_int_equal(before_bytes, after_bytes);
	assert_memory_equal(before, after, before_bytes);
	free(before);
	free(after);
}

TEST(a_new_database_is_durable_and_named)
{
	static const unsigned char zero[16];
	open_store();
	answer_is("PRAGMA journal_mode", "wal");
	assert_int_equal(strlen(store->epoch), 16);
	for (const char *at = store->epoch; *at; at++)
		assert_true(isxdigit((unsigned char)*at));
	assert_memory_not_equal(store->author_key, zero, sizeof zero);
}

TEST(an_old_database_keeps_its_name_and_key)
{
	char epoch[sizeof store->epoch];
	unsigned char key[sizeof store->author_key];
	open_store();
	memcpy(epoch, store->epoch, sizeof epoch);
	memcpy(key, store->author_key, sizeof key);
	close_store();
	open_store();
	assert_string_equal(store->epoch, epoch);
	assert_memory_equal(store->author_key, key, sizeof key);
	close_store();
	/* Another database is another history. */
	directory_remove(&directory);
	directory_make(&directory);
	open_store();
	assert_string_not_equal(store->epoch, epoch);
}

TEST(missing_directories_are_made_for_their_owner_alone)
{
	struct stat status;
	char path[128];
	snprintf(path, sizeof path, "%s/a/b/c", directory.path);
	assert_int_equal(store_open(path, NULL, &store, problem, sizeof problem), STORE_OK);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
}

static void write_version(int difference)
{
	char sql[64], version[16];
	open_store();
	close_store();
	ask("PRAGMA user_version", version, sizeof version);
	assert_true(atoi(version) >= 1);
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", atoi(version) + difference);
	answer_is(sql, "");
}

TEST(a_database_of_a_newer_version_is_refused_and_untouched)
{
	write_version(1);
	is_refused_untouched("newer brusiod");
}

/* A newer version may have left the journal in another mode. */
TEST(its_journal_is_untouched_too)
{
	write_version(1);
	answer_is("PRAGMA journal_mode = DELETE", "delete");
	is_refused_untouched("newer brusiod");
}

TEST(a_file_that_is_no_database_is_refused_and_untouched)
{
	int fd = open(directory_file(&directory, "brusio.db"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	char text[4096];
	memset(text, 'x', sizeof text);
	assert_int_equal(write(fd, text, sizeof text), sizeof text);
	close(fd);
	is_refused_untouched("brusio.db");
}

TEST(a_refused_database_can_be_opened_when_it_is_mended)
{
	write_version(1);
	assert_int_equal(store_open(directory.path, NULL, &store, problem, sizeof problem), STORE_FAILED);
	store = NULL;
	char sql[64], version[16];
	ask("PRAGMA user_version", version, sizeof version);
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", atoi(version) - 1);
	answer_is(sql, "");
	open_store();
}

TEST(a_store_of_another_kind_is_refused)
{
	assert_int_equal(store_open(directory.path, "oracle://db/brusio", &store, problem, sizeof problem),
			 STORE_FAILED);
	store = NULL;
	assert_non_null(strstr(problem, "\"oracle\""));
	assert_non_null(strstr(problem, "postgres://"));
}

TEST(a_second_server_is_refused)
{
	struct store *second;
	open_store();
	assert_int_equal(store_open(directory.path, NULL, &second, problem, sizeof problem), STORE_FAILED);
	assert_non_null(strstr(problem, "in use"));
	assert_non_null(strstr(problem, "--data"));
	/* The first one is none the worse. */
	make_room("#lobby");
	close_store();
	open_store();
}

TEST(a_directory_that_cannot_be_is_refused)
{
	char path[128];
	int fd = open(directory_file(&directory, "file"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(fd);
	snprintf(path, sizeof path, "%s/file/data", directory.path);
	assert_int_equal(store_open(path, NULL, &store, problem, sizeof problem), STORE_FAILED);
	assert_non_null(strstr(problem, path));
	assert_non_null(strstr(problem, "Not a directory"));
	store = NULL;
}

/* Not every lock that cannot be taken is somebody's: the reason must be the true one. */
TEST(a_lock_file_that_cannot_be_opened_is_no_other_server)
{
	assert_int_equal(mkdir(directory_file(&directory, "lock"), 0700), 0);
	assert_int_equal(store_open(directory.path, NULL, &store, problem, sizeof problem), STORE_FAILED);
	assert_null(strstr(problem, "in use"));
	assert_non_null(strstr(problem, "Is a directory"));
	store = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_new_database_is_durable_and_named, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(an_old_database_keeps_its_name_and_key, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(missing_directories_are_made_for_their_owner_alone, setup,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(a_database_of_a_newer_version_is_refused_and_untouched, setup,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(its_journal_is_untouched_too, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(a_file_that_is_no_database_is_refused_and_untouched, setup,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(a_refused_database_can_be_opened_when_it_is_mended, setup,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(a_store_of_another_kind_is_refused, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(a_second_server_is_refused, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_is_refused, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(a_lock_file_that_cannot_be_opened_is_no_other_server, setup,
					    teardown_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
