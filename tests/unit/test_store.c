/* SQLite's own: what a restart finds, what a rollback leaves, and what other processes change. The rest of
 * what a store must do is in store_conformance.h. */
#include "store_kit.h"

#include "server/admin_user.h"

#include <sqlite3.h>

static void run_sql(const char *sql)
{
	sqlite3 *db;
	char *why = NULL;
	assert_int_equal(sqlite3_open(directory_file(&directory, "brusio.db"), &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 2000);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(db);
}

static int send_as(struct entry *entry, int64_t person, const char *id)
{
	struct store_command command = append_command(entry);
	command.append.send_id = (struct store_send_id){person, "phone", id};
	return carry_out(&command);
}

TEST(a_send_is_the_same_send_after_a_restart)
{
	int64_t lobby = make_room("#lobby"), mario = make_person("mario", PERSON_GUEST);
	struct entry first = message(lobby, "ciao"), again = message(lobby, "ciao");
	assert_int_equal(send_as(&first, mario, "1"), STORE_OK);
	close_store();
	open_store();
	assert_int_equal(send_as(&again, mario, "1"), STORE_REPEAT);
	assert_int_equal(again.seq, first.seq);
	assert_int_equal(say(lobby, "next"), first.seq + 1);
}

TEST(a_send_whose_text_is_gone_is_still_the_same_send)
{
	int64_t lobby = make_room("#lobby"), mario = make_person("mario", PERSON_GUEST);
	struct entry first = message(lobby, "ciao"), again = message(lobby, "ciao");
	assert_int_equal(send_as(&first, mario, "1"), STORE_OK);
	run_sql("DELETE FROM entries");
	assert_int_equal(send_as(&again, mario, "1"), STORE_REPEAT);
	assert_int_equal(again.seq, first.seq);
}

/* Another process keeps the database for itself, so that the batch cannot begin, or not be stored. */
TEST(a_batch_that_fails_leaves_nothing)
{
	int64_t lobby = make_room("#lobby"), mario = make_person("mario", PERSON_GUEST);
	join(mario, lobby, ROLE_MEMBER);
	say_many(lobby, 2);
	run_sql("CREATE TRIGGER stop BEFORE INSERT ON sanctions BEGIN SELECT raise(ABORT, 'no'); END");
	struct entry entries[2] = {message(lobby, "lost"), message(0, "lost")};
	struct store_command commands[] = {
	    append_command(&entries[0]),
	    {.op = STORE_ADD_ROOM, .begins_group = true, .room.name = "#new"},
	    append_command(&entries[1]),
	    {.op = STORE_PUT_SANCTION,
	     .sanction = {.room_id = lobby, .target = "", .folded = "", .name = "", .by = "", .reason = ""}},
	};
	entries[0].person = mario;
	commands[0].append.send_id = (struct store_send_id){mario, "phone", "1"};
	commands[0].append.moves_read = true;
	commands[2].begins_group = false;
	assert_int_equal(submit(commands, 4), STORE_FAILED);
	for (int i = 0; i < 4; i++)
		assert_int_equal(commands[i].result, STORE_FAILED);
	run_sql("DROP TRIGGER stop");
	struct entry entry = message(lobby, "another text");
	assert_int_equal(send_as(&entry, mario, "1"), STORE_OK);
	assert_int_equal(entry.seq, 3);
	assert_int_equal(say(make_room("#new"), "first"), 1);
	assert_non_null(strstr(shown_by(store->ops->load), "member 1 of 1 role 1 read 0\n"));
}

/* --- other processes --- */

static struct store_admin *admin;

static int setup_both(void **state)
{
	setup_store(state);
	assert_int_equal(store_admin_open(directory.path, NULL, false, &admin, problem), 0);
	return 0;
}

static int teardown_both(void **state)
{
	admin->ops->close(admin);
	return teardown_store(state);
}

static void watches(const char *expected)
{
	assert_string_equal(shown_by(store->ops->watch), expected);
	assert_string_equal(shown_by(store->ops->watch), "");
}

TEST(what_the_administration_changes_is_shown_one_by_one)
{
	watches("");
	assert_int_equal(admin_user_add(admin, "Anna", "hash", problem), 0);
	watches("person 1 1 Anna anna\n");
	assert_int_equal(admin_user_set_admin(admin, "anna", true, problem), 0);
	watches("person 1 1 Anna anna admin\n");
	assert_int_equal(admin_user_set_password(admin, "anna", "another", problem), 0);
	watches("no sessions of 1\nno tokens of 1\n");
	/* One that is disabled keeps its tokens. */
	assert_int_equal(admin_user_set_disabled(admin, "anna", true, problem), 0);
	assert_int_equal(admin_user_set_disabled(admin, "anna", false, problem), 0);
	watches("person 1 1 Anna anna admin\nno sessions of 1\nperson 1 1 Anna anna admin\n");
	assert_int_equal(admin_user_add(admin, "anna", "hash", problem), -1);
	watches("");
	assert_int_equal(admin_user_delete(admin, "anna", problem), 0);
	watches("no person 1\n");
}

TEST(a_guest_gives_way_to_a_new_account)
{
	int64_t anna = make_person("anna", PERSON_GUEST);
	assert_int_equal(admin_user_add(admin, "Anna", "hash", problem), 0);
	watches("no person 1\nperson 2 1 Anna anna\n");
	assert_int_equal(anna, 1);
}

TEST(a_room_of_such_a_guest_gets_another_owner)
{
	int64_t ops = make_room("#ops"), anna = make_person("anna", PERSON_GUEST),
		bruno = make_person("bruno", PERSON_ACCOUNT);
	join(anna, ops, ROLE_OWNER);
	join(bruno, ops, ROLE_MEMBER);
	assert_int_equal(admin_user_add(admin, "anna", "hash", problem), 0);
	watches("no person 1\nmember 2 of 1 role 4 read 0\nperson 3 1 anna anna\n");
}

TEST(a_room_gets_another_owner_where_its_own_is_deleted)
{
	int64_t lobby = make_room("#ops"), anna = make_person("anna", PERSON_ACCOUNT),
		bruno = make_person("bruno", PERSON_ACCOUNT);
	join(anna, lobby, ROLE_OWNER);
	join(bruno, lobby, ROLE_SPEAKER);
	assert_int_equal(admin_user_delete(admin, "anna", problem), 0);
	watches("no person 1\nmember 2 of 1 role 4 read 0\n");
	assert_true(bruno == 2);
}

TEST(what_was_changed_before_the_start_is_not_shown_again)
{
	assert_int_equal(admin_user_add(admin, "anna", "hash", problem), 0);
	close_store();
	open_store();
	watches("");
	assert_int_equal(admin_user_add(admin, "bruno", "hash", problem), 0);
	watches("person 2 1 bruno bruno\n");
}

/* The indexer writes through a connection of its own. */
TEST(the_indexer_is_no_other_process)
{
	struct store_indexer *indexer;
	int64_t lobby = make_room("#lobby"), mario = make_person("mario", PERSON_GUEST);
	struct entry first = message(lobby, "secret");
	first.person = mario;
	uint64_t seq = append(first);
	assert_int_equal(store->ops->indexer_open(store, &indexer), STORE_OK);
	struct entry delete = {
	    .kind = ENTRY_DELETE, .room_id = lobby, .ref = seq, .person = mario, .name = "", .text = ""};
	append(delete);
	for (size_t did = 1; did;)
		assert_int_equal(indexer->ops->step(indexer, 100, &did), STORE_OK);
	watches("");
	indexer->ops->close(indexer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_send_is_the_same_send_after_a_restart, setup_store,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(a_send_whose_text_is_gone_is_still_the_same_send, setup_store,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(a_batch_that_fails_leaves_nothing, setup_store, teardown_store),
	    cmocka_unit_test_setup_teardown(what_the_administration_changes_is_shown_one_by_one, setup_both,
					    teardown_both),
	    cmocka_unit_test_setup_teardown(a_guest_gives_way_to_a_new_account, setup_both, teardown_both),
	    cmocka_unit_test_setup_teardown(a_room_of_such_a_guest_gets_another_owner, setup_both,
					    teardown_both),
	    cmocka_unit_test_setup_teardown(a_room_gets_another_owner_where_its_own_is_deleted, setup_both,
					    teardown_both),
	    cmocka_unit_test_setup_teardown(what_was_changed_before_the_start_is_not_shown_again, setup_both,
					    teardown_both),
	    cmocka_unit_test_setup_teardown(the_indexer_is_no_other_process, setup_both, teardown_both),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
