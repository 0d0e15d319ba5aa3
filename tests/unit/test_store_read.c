/* Reading: rooms at the start, pages from every side, and readers that never see what is not committed. */
#include "store_kit.h"

#include <pthread.h>
#include <sqlite3.h>
#include <unistd.h>

static void page_is(const struct seen *seen, uint64_t first, uint64_t last)
{
	assert_int_equal(seen->count, last + 1 - first);
	for (size_t i = 0; i < seen->count; i++)
		assert_int_equal(seen->seqs[i], first + i);
}

TEST(rooms_come_back_with_their_ends)
{
	loads("");
	int64_t lobby = make_room("#lobby");
	assert_int_equal(CARRY_OUT(.op = STORE_ADD_ROOM, .room = {.name = "#ops",
								  .topic = "work",
								  .is_private = true,
								  .is_read_only = true,
								  .is_topic_locked = true,
								  .keeps_edits = true,
								  .retention_days = 30}),
			 STORE_OK);
	say_many(lobby, 7);
	close_store();
	open_store();
	loads("room 1 #lobby '' 0 0:0 end 7 purged 0\n"
	      "room 2 #ops private read_only topic_locked keep_edits 'work' 30 0:0 end 0 purged 0\n");
}

TEST(numbers_go_on_after_a_restart)
{
	int64_t lobby = make_room("#lobby");
	say_many(lobby, 3);
	close_store();
	open_store();
	assert_int_equal(say(lobby, "next"), 4);
}

TEST(numbers_of_purged_entries_are_not_given_again)
{
	sqlite3 *db;
	int64_t lobby = make_room("#lobby");
	say_many(lobby, 9);
	close_store();
	assert_int_equal(sqlite3_open(directory_file(&directory, "brusio.db"), &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "DELETE FROM entries; UPDATE rooms SET purged_seq = 9", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	open_store();
	loads("room 1 #lobby '' 0 0:0 end 9 purged 9\n");
	assert_int_equal(say(lobby, "next"), 10);
}

TEST(pages_from_every_side)
{
	int64_t lobby = make_room("#lobby"), other = make_room("#other");
	say_many(other, 10);
	say_many(lobby, 50);
	say_many(other, 10);
	static const struct {
		struct store_range range;
		uint64_t first, last;
	} cases[] = {
	    {{.limit = 10}, 1, 10},
	    {{.limit = 100}, 1, 50},
	    {{.limit = 10, .after = 20}, 21, 30},
	    {{.limit = 10, .after = 45}, 46, 50},
	    {{.limit = 10, .before = 20}, 1, 10},
	    {{.limit = 10, .newest = true}, 41, 50},
	    {{.limit = 10, .before = 20, .newest = true}, 10, 19},
	    {{.limit = 10, .before = 5, .newest = true}, 1, 4},
	    {{.limit = 10, .after = 5, .before = 9}, 6, 8},
	    {{.limit = 2, .after = 5, .before = 9, .newest = true}, 7, 8},
	    {{.limit = 10, .before = UINT64_MAX, .newest = true}, 41, 50},
	};
	struct store_reader *reader = open_reader();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct store_range range = cases[i].range;
		range.room_id = lobby;
		struct seen seen = read_page(reader, range);
		page_is(&seen, cases[i].first, cases[i].last);
		range.current = true;
		seen = read_page(reader, range);
		page_is(&seen, cases[i].first, cases[i].last);
	}
	reader->ops->close(reader);
}

TEST(empty_pages)
{
	int64_t lobby = make_room("#lobby");
	say_many(lobby, 5);
	const struct store_range ranges[] = {
	    {.room_id = lobby, .after = 5, .limit = 10},
	    {.room_id = lobby, .after = UINT64_MAX, .limit = 10},
	    {.room_id = lobby, .before = 1, .limit = 10},
	    {.room_id = lobby, .before = 1, .newest = true, .limit = 10},
	    {.room_id = lobby, .after = 2, .before = 3, .limit = 10},
	    {.room_id = lobby + 1, .limit = 10},
	    {.room_id = lobby, .limit = 0},
	};
	struct store_reader *reader = open_reader();
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		assert_int_equal(read_page(reader, ranges[i]).count, 0);
	reader->ops->close(reader);
}

TEST(current_pages_hold_messages_alone)
{
	int64_t lobby = make_room("#lobby");
	say(lobby, "one");
	struct entry topic = {
	    .kind = ENTRY_TOPIC, .room_id = lobby, .name = "mario", .ip = "", .text = "news"};
	append(topic);
	say(lobby, "three");
	struct store_reader *reader = open_reader();
	struct seen all = read_page(reader, (struct store_range){.room_id = lobby, .limit = 10});
	assert_int_equal(all.count, 3);
	struct seen current =
	    read_page(reader, (struct store_range){.room_id = lobby, .limit = 10, .current = true});
	assert_int_equal(current.count, 2);
	assert_int_equal(current.seqs[1], 3);
	reader->ops->close(reader);
}

TEST(a_page_ends_where_its_reader_has_enough)
{
	int64_t lobby = make_room("#lobby");
	say_many(lobby, 20);
	struct store_reader *reader = open_reader();
	struct store_range range = {.room_id = lobby, .limit = 20};
	struct seen seen = {.wanted = 3};
	assert_int_equal(reader->ops->page(reader, &range, see, &seen), STORE_OK);
	page_is(&seen, 1, 3);
	/* The reader can be used again at once, and holds no snapshot. */
	say_many(lobby, 1);
	seen = read_page(reader, (struct store_range){.room_id = lobby, .limit = 100});
	page_is(&seen, 1, 21);
	reader->ops->close(reader);
}

static bool keep_entry(void *context, const struct entry *entry)
{
	struct entry *kept = context;
	*kept = *entry;
	assert_string_equal(entry->name, "Mariò");
	assert_string_equal(entry->ip, "203.0.113.x");
	assert_string_equal(entry->text, "l'\"ultimo\" \\ 👍\n%s");
	assert_string_equal(entry->send_id, "id-1");
	return true;
}

TEST(an_entry_comes_back_as_it_went_in)
{
	int64_t lobby = make_room("#lobby");
	say_many(lobby, 5);
	struct entry entry = {.kind = ENTRY_MESSAGE,
			      .flags = ENTRY_ACTION,
			      .room_id = lobby,
			      .time_ms = INT64_C(1795341600123),
			      .author = INT64_MAX,
			      .person = 77,
			      .ref = 5,
			      .name = "Mariò",
			      .ip = "203.0.113.x",
			      .text = "l'\"ultimo\" \\ 👍\n%s"};
	struct store_command command = append_command(&entry);
	command.append.send_id = (struct store_send_id){77, "phone", "id-1"};
	assert_int_equal(carry_out(&command), STORE_OK);
	struct entry back = {0};
	struct store_reader *reader = open_reader();
	struct store_range range = {.room_id = lobby, .after = 5, .limit = 1};
	assert_int_equal(reader->ops->page(reader, &range, keep_entry, &back), STORE_OK);
	assert_int_equal(back.id, entry.id);
	assert_int_equal(back.room_id, lobby);
	assert_int_equal(back.seq, 6);
	assert_int_equal(back.kind, ENTRY_MESSAGE);
	assert_int_equal(back.flags, ENTRY_ACTION);
	assert_int_equal(back.time_ms, entry.time_ms);
	assert_int_equal(back.author, entry.author);
	assert_int_equal(back.person, 77);
	assert_int_equal(back.ref, 5);
	reader->ops->close(reader);
}

TEST(readers_see_what_is_stored_at_once)
{
	int64_t lobby = make_room("#lobby");
	struct store_reader *readers[2] = {open_reader(), open_reader()};
	const struct store_range all = {.room_id = lobby, .limit = 100};
	for (size_t count = 1; count <= 3; count++) {
		say(lobby, "next");
		for (int i = 0; i < 2; i++)
			assert_int_equal(read_page(readers[i], all).count, count);
	}
	for (int i = 0; i < 2; i++)
		readers[i]->ops->close(readers[i]);
}

static _Atomic uint64_t committed;
static int64_t read_room;

/* A reader sees at least what was committed before it asked, without holes. */
static void *read_all_the_time(void *context)
{
	struct store_reader *reader;
	*(int *)context = -1;
	if (store->ops->reader_open(store, &reader) != STORE_OK)
		return NULL;
	for (uint64_t known = 0; known < 400;) {
		known = committed;
		struct seen *seen = calloc(1, sizeof *seen);
		seen->wanted = SIZE_MAX;
		struct store_range range = {.room_id = read_room, .limit = 1000};
		bool is_good =
		    reader->ops->page(reader, &range, see, seen) == STORE_OK && seen->count >= known;
		for (size_t i = 0; i < seen->count; i++)
			is_good = is_good && seen->seqs[i] == i + 1;
		free(seen);
		if (!is_good) {
			reader->ops->close(reader);
			return NULL;
		}
	}
	reader->ops->close(reader);
	*(int *)context = 0;
	return NULL;
}

TEST(readers_read_while_the_writer_writes)
{
	pthread_t threads[2];
	int results[2];
	read_room = make_room("#lobby");
	committed = 0;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_all_the_time, &results[i]), 0);
	for (int batch = 0; batch < 40; batch++) {
		say_many(read_room, 10);
		committed += 10;
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(results[i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(rooms_come_back_with_their_ends, setup_store, teardown_store),
	    cmocka_unit_test_setup_teardown(numbers_go_on_after_a_restart, setup_store, teardown_store),
	    cmocka_unit_test_setup_teardown(numbers_of_purged_entries_are_not_given_again, setup_store,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(pages_from_every_side, setup_store, teardown_store),
	    cmocka_unit_test_setup_teardown(empty_pages, setup_store, teardown_store),
	    cmocka_unit_test_setup_teardown(current_pages_hold_messages_alone, setup_store, teardown_store),
	    cmocka_unit_test_setup_teardown(a_page_ends_where_its_reader_has_enough, setup_store,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(an_entry_comes_back_as_it_went_in, setup_store, teardown_store),
	    cmocka_unit_test_setup_teardown(readers_see_what_is_stored_at_once, setup_store, teardown_store),
	    cmocka_unit_test_setup_teardown(readers_read_while_the_writer_writes, setup_store,
					    teardown_store),
	};
	alarm(240);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
