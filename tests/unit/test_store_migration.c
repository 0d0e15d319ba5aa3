/* A database of each version, as that brusiod has left it, and what becomes of it: data/version-1.sql holds
 * accounts with roles, a deleted one among them, guests' conversations, sanctions, reactions, edits. */
#include "store_kit.h"

#include "store/blobs/blob.h"
#include "store/data_directory.h"
#include "store/store_admin.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEWEST "16"

#define DATABASE(n)                                                                \
	__asm__(".section .rodata\n"                                               \
		"version_" #n ": .incbin \"tests/unit/data/version-" #n ".sql\"\n" \
		".byte 0\n"                                                        \
		".section .text\n");                                               \
	extern const char version_##n[] __asm__("version_" #n);

DATABASE(1)
DATABASE(2)
DATABASE(3)
DATABASE(4)
DATABASE(5)
DATABASE(6)
DATABASE(7)
DATABASE(8)
DATABASE(9)
DATABASE(10)
DATABASE(11)
DATABASE(12)
DATABASE(13)
DATABASE(14)
DATABASE(15)

/* One for each version that there was. Whoever adds a migration keeps a database of the version before it here. */
static const char *const versions[] = {version_1,  version_2,  version_3,  version_4,  version_5,
				       version_6,  version_7,  version_8,  version_9,  version_10,
				       version_11, version_12, version_13, version_14, version_15};

static void run_sql(const char *sql)
{
	sqlite3 *db;
	char *why = NULL;
	assert_int_equal(sqlite3_open(directory_file(&directory, "brusio.db"), &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(db);
}

static int setup(void **state)
{
	(void)state;
	directory_make(&directory);
	run_sql(version_1);
	return 0;
}

static int64_t number_in(const char *file, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *row;
	assert_int_equal(sqlite3_open(directory_file(&directory, file), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	int64_t number = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(db);
	return number;
}

static void check_finds_nothing(void)
{
	struct store_admin *admin;
	char *said;
	size_t bytes;
	int found;
	FILE *to = open_memstream(&said, &bytes);
	assert_int_equal(store_admin_open(directory.path, NULL, false, &admin, problem), 0);
	assert_int_equal(admin->ops->check(admin, to, &found, problem), 0);
	fclose(to);
	if (found)
		fail_msg("%s", said);
	free(said);
	admin->ops->close(admin);
}

/* Anna's and Bruno's conversations with guests are with somebody who is gone, one for each guest; so is
 * Anna's with Emil, whose account was deleted; what two guests said to each other is nobody's any more. */
TEST(everybody_is_who_they_were)
{
	open_store();
	loads("person 1 1 Anna anna admin\n"
	      "person 2 1 bruno bruno\n"
	      "person 3 1 carla carla\n"
	      "person 4 1 dario dario\n"
	      "person 5 2 emil \n"
	      "person 6 2 Luca2 \n"
	      "room 1 #lobby '' 0 0:0 end 0 purged 0\n"
	      "room 2 #ops private 'work' 30 0:0 end 5 purged 0\n"
	      "room 3 #open '' 0 0:0 end 6 purged 0\n"
	      "room 4 #lost '' 0 0:0 end 1 purged 0\n"
	      "room 5 direct:1:2 direct private '' 0 1:2 end 2 purged 0\n"
	      "room 6 direct:1:6 direct private '' 0 1:6 end 3 purged 0\n"
	      "room 7 direct:2:6 direct private '' 0 2:6 end 1 purged 0\n"
	      "room 9 direct:1:5 direct private '' 0 1:5 end 1 purged 0\n"
	      "room 10 direct:2:4 direct private '' 0 2:4 end 1 purged 0\n"
	      "member 1 of 2 role 4 read 0\n"
	      "member 1 of 3 role 4 read 1\n"
	      "member 1 of 5 role 1 read 0\n"
	      "member 1 of 6 role 1 read 0\n"
	      "member 1 of 9 role 1 read 0\n"
	      "member 2 of 2 role 3 read 0\n"
	      "member 2 of 3 role 1 read 0\n"
	      "member 2 of 4 role 4 read 0\n"
	      "member 2 of 5 role 1 read 0\n"
	      "member 2 of 7 role 1 read 0\n"
	      "member 2 of 10 role 1 read 0\n"
	      "member 3 of 2 role 1 read 0\n"
	      "member 3 of 4 role 1 read 0\n"
	      "member 4 of 10 role 1 read 0\n"
	      "sanction 1 in 3 of person:3 () carla by Anna 3: noise\n"
	      "sanction 2 in 3 of name:mara (mara) mara by Anna 3: loud\n"
	      "sanction 1 in 3 of 10.0.0.0/8 () 10.0.0.0/8 by Anna 3: \n");
	/* A number that an account has had is not given again. */
	assert_int_equal(make_person("new", PERSON_GUEST), 7);
	assert_int_equal(make_room("#new"), 11);
}

TEST(what_was_said_is_there)
{
	open_store();
	struct store_reader *reader = open_reader();
	struct seen seen =
	    read_page(reader, (struct store_range){.room_id = 2, .limit = 100, .current = true});
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.last_text, "second");
	seen = read_page(reader, (struct store_range){.room_id = 6, .limit = 100});
	assert_int_equal(seen.count, 3);
	assert_string_equal(seen.last_text, "renamed");
	reader->ops->close(reader);
	/* Anna, a guest and another guest reacted in the same way: three people. */
	assert_int_equal(number_in("brusio.db", "SELECT count(DISTINCT person) FROM reactions WHERE entry=6"),
			 3);
	assert_int_equal(number_in("brusio.db", "SELECT count(*) FROM reactions WHERE person=2"), 1);
	struct store_query password = {.question = STORE_FIND_PASSWORD, .person = 1};
	assert_int_equal(ask_store(&password), STORE_OK);
	assert_memory_equal(password.text, "$argon2id$", 10);
}

TEST(an_accounts_send_is_still_the_same_send)
{
	open_store();
	struct entry entry = {.kind = ENTRY_TOPIC, .room_id = 2, .text = "work"};
	struct store_query query = {.question = STORE_FIND_SEND, .entry = &entry};
	char id[32];
	snprintf(id, sizeof id, "q%lld",
		 (long long)number_in("brusio.db",
				      "SELECT substr(id, 2) FROM sends WHERE person=1 AND room=2 AND seq=1"));
	query.send_id = (struct store_send_id){1, "default", id};
	assert_int_equal(ask_store(&query), STORE_OK);
	assert_int_equal(entry.seq, 1);
	assert_int_equal(number_in("brusio.db", "SELECT count(*) FROM sends WHERE person>5"), 0);
}

TEST(what_nobody_can_read_goes)
{
	open_store();
	assert_true(store->ops->has_leftovers(store));
	struct store_command sweep = {.op = STORE_FORGET_SENDS, .sweep.limit = 1000};
	for (int i = 0; i < 9 && store->ops->has_leftovers(store); i++)
		assert_int_equal(carry_out(&sweep), STORE_OK);
	assert_int_equal(number_in("brusio.db", "SELECT count(*) FROM entries WHERE room=8"), 0);
	assert_int_equal(number_in("brusio.db", "SELECT count(*) FROM rooms WHERE id=8"), 0);
	close_store();
	check_finds_nothing();
}

TEST(a_copy_of_before_is_kept)
{
	open_store();
	close_store();
	assert_int_equal(number_in("brusio.db.before-" NEWEST, "SELECT count(*) FROM accounts"), 4);
	assert_int_equal(
	    number_in("brusio.db.before-" NEWEST, "SELECT user_version FROM pragma_user_version"), 1);
	assert_int_not_equal(access(directory_file(&directory, "brusio.db.before-" NEWEST ".part"), F_OK), 0);
	check_finds_nothing();
	/* A new database has nothing to keep. */
	directory_remove(&directory);
	directory_make(&directory);
	open_store();
	assert_int_not_equal(access(directory_file(&directory, "brusio.db.before-" NEWEST), F_OK), 0);
}

/* A migration that cannot keep a copy does not begin. */
TEST(without_a_copy_nothing_is_changed)
{
	char part[128];
	snprintf(part, sizeof part, "%s", directory_file(&directory, "brusio.db.before-" NEWEST ".part"));
	assert_int_equal(mkdir(part, 0700), 0);
	assert_int_equal(store_open(directory.path, NULL, &store, problem, sizeof problem), STORE_FAILED);
	store = NULL;
	assert_non_null(strstr(problem, "copy"));
	assert_int_equal(number_in("brusio.db", "SELECT count(*) FROM accounts"), 4);
	assert_int_equal(number_in("brusio.db", "SELECT user_version FROM pragma_user_version"), 1);
}

/* Databases that were not as they should be: nothing of it must stop the migration. */
TEST(damaged_rows_do_not_stop_it)
{
	run_sql("INSERT INTO members VALUES(99, 1, 1, 0), (1, 99, 1, 0);"
		"INSERT INTO blocks VALUES(1, 99), (99, 1), (1, 2);"
		"INSERT INTO tokens VALUES(x'00', 99, 'bot', 0);"
		"INSERT INTO rooms(name, direct, created_ms) VALUES('direct:x', 1, 0), ('direct:a1:', 1, 0);"
		"INSERT INTO sends VALUES('account:99', 'd', 'i', 1, 1, 0);"
		"INSERT INTO reactions VALUES(1, 'x', '', 'nobody');");
	open_store();
	close_store();
	check_finds_nothing();
}

/* The newest session of each device of each person is left, as a server of before knew it. */
TEST(sessions_that_were_replaced_go)
{
	directory_remove(&directory);
	directory_make(&directory);
	run_sql(version_5);
	run_sql("DELETE FROM sessions;"
		"INSERT INTO sessions VALUES(x'01', 1, 'a', '', '', NULL, 5, 0), (x'02', 1, 'a', '', '', "
		"NULL, 7, 0),"
		" (x'03', 1, 'a', '', '', NULL, 6, 0), (x'04', 1, 'b', '', '', NULL, 5, 0),"
		" (x'05', 2, 'a', '', '', NULL, 5, 0), (x'06', 2, 'a', '', '', NULL, 5, 0);");
	open_store();
	close_store();
	assert_int_equal(number_in("brusio.db", "SELECT count(*) FROM sessions"), 3);
	assert_int_equal(
	    number_in("brusio.db", "SELECT count(*) FROM sessions WHERE hash IN (x'02', x'04', x'06')"), 3);
}

/* The contents of the two files of a database. */
static void put_bytes(void)
{
	static const char *const ids[] = {"a136633ea2069fdf8dbbb715667577cf",
					  "ddbbecf8c68bcc9ed32c3222c53b13bf"};
	struct blobs *blobs;
	assert_int_equal(blobs_open(directory.path, &blobs, problem, sizeof problem), 0);
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		struct blob_part *part;
		assert_int_equal(blob_part_make(blobs, ids[i], &part), 0);
		assert_int_equal(blob_part_write(part, "ciao\n", 5), 0);
		blob_part_end(part);
		assert_int_equal(blob_keep(blobs, ids[i]), 0);
	}
	blobs_close(blobs);
}

TEST(a_database_of_each_version_opens)
{
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		directory_remove(&directory);
		directory_make(&directory);
		run_sql(versions[i]);
		open_store();
		close_store();
		assert_int_equal(number_in("brusio.db", "SELECT count(*) FROM people WHERE admin"), 1);
		if (number_in("brusio.db", "SELECT count(*) FROM files"))
			put_bytes();
		check_finds_nothing();
	}
	int64_t newest = number_in("brusio.db", "SELECT user_version FROM pragma_user_version");
	assert_true(sizeof versions / sizeof *versions >= (size_t)newest - 1);
}

/* The administration of a new brusiod must not change what an older server still serves. */
TEST(nothing_migrates_under_a_server)
{
	struct store_admin *admin;
	int lock_fd = data_directory_lock(directory.path);
	assert_true(lock_fd >= 0);
	assert_int_equal(store_admin_open(directory.path, NULL, false, &admin, problem), -1);
	assert_non_null(strstr(problem, "restart it"));
	assert_int_equal(number_in("brusio.db", "SELECT user_version FROM pragma_user_version"), 1);
	close(lock_fd);
	check_finds_nothing();
}

/* An older brusiod meets the database of a newer one: it says how to go back, and to what. */
TEST(a_newer_database_names_the_way_back)
{
	struct store_admin *admin;
	open_store();
	close_store();
	run_sql("PRAGMA user_version=1000");
	assert_int_equal(store_admin_open(directory.path, NULL, false, &admin, problem), -1);
	assert_non_null(strstr(problem, "of version 1000"));
	assert_null(strstr(problem, "brusiod restore"));
	char copy[128];
	snprintf(copy, sizeof copy, "%s", directory_file(&directory, "brusio.db.before-1000"));
	assert_int_equal(rename(directory_file(&directory, "brusio.db.before-" NEWEST), copy), 0);
	assert_int_equal(store_open(directory.path, NULL, &store, problem, sizeof problem), STORE_FAILED);
	store = NULL;
	assert_non_null(strstr(problem, copy));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(everybody_is_who_they_were, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(what_was_said_is_there, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(an_accounts_send_is_still_the_same_send, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(what_nobody_can_read_goes, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(a_copy_of_before_is_kept, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(without_a_copy_nothing_is_changed, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(damaged_rows_do_not_stop_it, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(sessions_that_were_replaced_go, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(a_database_of_each_version_opens, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(nothing_migrates_under_a_server, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(a_newer_database_names_the_way_back, setup, teardown_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
