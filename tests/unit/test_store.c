/* Writing: numbers without gaps, sends that come again, batches that are all or nothing. */
#include "store_kit.h"

#include <sqlite3.h>

/* A send of mario's phone. */
static int send_as(struct entry *entry, const char *id, bool *is_repeat)
{
	struct store_send_id send_id = {.user = "guest:mario", .device = "phone", .id = id};
	return store->ops->append(store, entry, &send_id, is_repeat);
}

static struct entry message(int64_t room_id, const char *text)
{
	return (struct entry){.kind = ENTRY_MESSAGE,
			      .room_id = room_id,
			      .time_ms = 1000,
			      .name = "mario",
			      .ip = "",
			      .text = text};
}

TEST(numbers_rise_by_one_in_each_room)
{
	int64_t lobby = make_room("#lobby"), ops = make_room("#ops");
	assert_int_not_equal(lobby, ops);
	for (uint64_t seq = 1; seq <= 3; seq++) {
		begin();
		assert_int_equal(say(lobby, "a"), 3 * seq - 2);
		assert_int_equal(say(ops, "b"), seq);
		assert_int_equal(say(lobby, "c"), 3 * seq - 1);
		assert_int_equal(say(lobby, "d"), 3 * seq);
		commit();
	}
}

TEST(ids_rise_over_all_rooms)
{
	int64_t rooms[2] = {make_room("#a"), make_room("#b")}, last = 0;
	begin();
	for (int i = 0; i < 10; i++) {
		bool is_repeat;
		struct entry entry = message(rooms[i % 2], "x");
		assert_int_equal(store->ops->append(store, &entry, NULL, &is_repeat), STORE_OK);
		assert_true(entry.id > last);
		last = entry.id;
	}
	commit();
}

TEST(a_send_that_comes_again_is_the_same_send)
{
	int64_t lobby = make_room("#lobby");
	bool is_repeat;
	struct entry first = message(lobby, "ciao"), again;
	begin();
	assert_int_equal(send_as(&first, "1", &is_repeat), STORE_OK);
	assert_false(is_repeat);
	for (int turn = 0; turn < 3; turn++) {
		again = message(lobby, "ciao");
		again.time_ms = 2000;
		assert_int_equal(send_as(&again, "1", &is_repeat), STORE_OK);
		assert_true(is_repeat);
		assert_int_equal(again.seq, first.seq);
		assert_int_equal(again.time_ms, 1000);
		/* In the same batch, in the next one, and after a restart. */
		commit();
		if (turn) {
			close_store();
			open_store();
		}
		begin();
	}
	assert_int_equal(say(lobby, "next"), first.seq + 1);
	commit();
}

TEST(the_same_id_for_something_else_is_refused)
{
	int64_t lobby = make_room("#lobby"), ops = make_room("#ops");
	bool is_repeat;
	struct entry first = message(lobby, "ciao");
	begin();
	assert_int_equal(send_as(&first, "1", &is_repeat), STORE_OK);
	struct entry others[5];
	for (int i = 0; i < 5; i++)
		others[i] = message(lobby, "ciao");
	others[0].text = "ciao!";
	others[1].room_id = ops;
	others[2].flags = ENTRY_ACTION;
	others[3].ref = 1;
	others[4].kind = ENTRY_TOPIC;
	for (int i = 0; i < 5; i++)
		assert_int_equal(send_as(&others[i], "1", &is_repeat), STORE_ID_REUSED);
	/* The batch goes on. */
	assert_int_equal(say(lobby, "next"), first.seq + 1);
	assert_int_equal(say(ops, "next"), 1);
	commit();
}

TEST(an_id_belongs_to_its_user_and_device)
{
	int64_t lobby = make_room("#lobby");
	const struct store_send_id ids[] = {{"guest:mario", "phone", "1"},
					    {"guest:anna", "phone", "1"},
					    {"guest:mario", "desk", "1"},
					    {"guest:mario", "phone", "2"},
					    {"account:1", "phone", "1"}};
	begin();
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		bool is_repeat;
		struct entry entry = message(lobby, "ciao");
		assert_int_equal(store->ops->append(store, &entry, &ids[i], &is_repeat), STORE_OK);
		assert_false(is_repeat);
		assert_int_equal(entry.seq, i + 1);
	}
	commit();
}

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

TEST(a_send_whose_text_is_gone_is_still_the_same_send)
{
	int64_t lobby = make_room("#lobby");
	bool is_repeat;
	struct entry first = message(lobby, "ciao"), again = message(lobby, "ciao");
	begin();
	assert_int_equal(send_as(&first, "1", &is_repeat), STORE_OK);
	commit();
	run_sql("DELETE FROM entries");
	begin();
	assert_int_equal(send_as(&again, "1", &is_repeat), STORE_OK);
	assert_true(is_repeat);
	assert_int_equal(again.seq, first.seq);
	commit();
}

TEST(a_batch_that_is_rolled_back_leaves_nothing)
{
	int64_t lobby = make_room("#lobby");
	bool is_repeat;
	struct store_room room = {.name = "#new"};
	struct entry entry = message(lobby, "lost");
	say_many(lobby, 2);
	begin();
	assert_int_equal(say(lobby, "lost"), 3);
	assert_int_equal(send_as(&entry, "1", &is_repeat), STORE_OK);
	assert_int_equal(entry.seq, 4);
	assert_int_equal(store->ops->create_room(store, &room, &room.id), STORE_OK);
	assert_int_equal(say(room.id, "lost"), 1);
	store->ops->rollback(store);
	begin();
	assert_int_equal(say(lobby, "kept"), 3);
	entry = message(lobby, "another text");
	assert_int_equal(send_as(&entry, "1", &is_repeat), STORE_OK);
	assert_false(is_repeat);
	assert_int_equal(entry.seq, 4);
	assert_int_equal(store->ops->create_room(store, &room, &room.id), STORE_OK);
	assert_int_equal(say(room.id, "first"), 1);
	commit();
}

TEST(what_was_not_committed_is_gone_after_a_restart)
{
	int64_t lobby = make_room("#lobby");
	say_many(lobby, 5);
	begin();
	say(lobby, "never committed");
	close_store();
	open_store();
	struct store_reader *reader = open_reader();
	assert_int_equal(read_page(reader, (struct store_range){.room_id = lobby, .limit = 100}).count, 5);
	reader->ops->close(reader);
}

TEST(a_room_that_exists_is_not_made_again)
{
	struct store_room room = {.name = "#lobby"};
	int64_t lobby = make_room("#lobby");
	begin();
	assert_int_equal(say(lobby, "lost with the batch"), 1);
	assert_int_equal(store->ops->create_room(store, &room, &room.id), STORE_FAILED);
	begin();
	assert_int_equal(say(lobby, "first"), 1);
	commit();
}

TEST(an_empty_batch_commits)
{
	begin();
	commit();
	begin();
	store->ops->rollback(store);
	begin();
	commit();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(numbers_rise_by_one_in_each_room, setup_store, teardown_store),
	    cmocka_unit_test_setup_teardown(ids_rise_over_all_rooms, setup_store, teardown_store),
	    cmocka_unit_test_setup_teardown(a_send_that_comes_again_is_the_same_send, setup_store,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(the_same_id_for_something_else_is_refused, setup_store,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(an_id_belongs_to_its_user_and_device, setup_store,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(a_send_whose_text_is_gone_is_still_the_same_send, setup_store,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(a_batch_that_is_rolled_back_leaves_nothing, setup_store,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(what_was_not_committed_is_gone_after_a_restart, setup_store,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(a_room_that_exists_is_not_made_again, setup_store,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(an_empty_batch_commits, setup_store, teardown_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
