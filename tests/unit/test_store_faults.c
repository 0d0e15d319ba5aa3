/* The store on a disk that fails at the worst moment. test_fault_schedules.c looks for such moments; here
 * stands what it found. */
#include "faulty_disk.h"

#include "base/logging.h"
#include "store/sqlite/sqlite_tokenizer.h"

#include "store_kit.h"

#define ENTRIES 300 /* of 4 KB: most of them are not in the page cache of a store that was just opened */

static int64_t lobby;
static struct store_indexer *indexer;

static void fill_room(void)
{
	char text[4096];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_int_equal(try_many(lobby, ENTRIES, text), STORE_OK);
}

static int setup(void **state)
{
	logging_set_level((enum logging_level) - 1);
	disk_format(7);
	setup_store(state);
	lobby = make_room("#lobby");
	return 0;
}

static int teardown(void **state)
{
	disk_calm();
	if (indexer)
		indexer->ops->close(indexer);
	indexer = NULL;
	teardown_store(state);
	/* A test that failed may have left something open. */
	disk.handles = 0;
	disk_restart(false);
	return 0;
}

/* Closes without a last word to the disk, and opens again. */
static void crash(bool is_power_cut)
{
	disk_cut();
	if (indexer)
		indexer->ops->close(indexer);
	indexer = NULL;
	close_store();
	disk_restart(is_power_cut);
	open_store();
}

static uint64_t entries_stored(void)
{
	struct store_reader *reader = open_reader();
	struct seen seen = read_page(reader, (struct store_range){.room_id = lobby, .limit = 1000});
	reader->ops->close(reader);
	for (size_t i = 0; i < seen.count; i++)
		assert_int_equal(seen.seqs[i], i + 1);
	return seen.count;
}

/* A connection as those of other processes are. */
static void run_elsewhere(const char *sql, char *answer, size_t bytes)
{
	sqlite3 *db;
	sqlite3_stmt *row;
	char path[300];
	snprintf(path, sizeof path, "%s/brusio.db", directory.path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
	*answer = '\0';
	while (sqlite3_step(row) == SQLITE_ROW)
		snprintf(answer, bytes, "%s", (const char *)sqlite3_column_text(row, 0));
	assert_int_equal(sqlite3_finalize(row), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* What a commit has gathered for the log and cannot write is void, also where another connection writes next. */
TEST(a_commit_that_fails_writes_over_nobody)
{
	char answer[100];
	fill_room();
	disk_arm(&(struct disk_odds){.write = 1}, 0, 0);
	assert_int_equal(try_many(lobby, 30, "void"), STORE_FAILED);
	disk_calm();
	run_elsewhere("UPDATE entries SET text='theirs' WHERE seq%10=0", answer, sizeof answer);
	assert_int_equal(say(lobby, "next"), ENTRIES + 1);
	assert_int_equal(entries_stored(), ENTRIES + 1);
	run_elsewhere("SELECT count(*) FROM entries WHERE text='theirs'", answer, sizeof answer);
	assert_string_equal(answer, "30");
	run_elsewhere("PRAGMA integrity_check", answer, sizeof answer);
	assert_string_equal(answer, "ok");
}

static void fail_all_reads(void)
{
	disk_arm(&(struct disk_odds){.read = 1}, 0, 0);
}

/* SQLite ends the transaction when a read in it fails; what comes next must not go without one. */
TEST(a_read_that_fails_takes_the_whole_batch_with_it)
{
	fill_room();
	close_store();
	open_store();
	struct entry entries[] = {message(lobby, "before"), message(lobby, "an answer"),
				  message(lobby, "behind")};
	struct store_command commands[3];
	for (int i = 0; i < 3; i++)
		commands[i] = append_command(&entries[i]);
	entries[1].ref = 10;
	fail_all_reads();
	assert_int_equal(submit(commands, 3), STORE_FAILED);
	disk_calm();
	assert_int_equal(entries_stored(), ENTRIES);
	assert_int_equal(say(lobby, "next"), ENTRIES + 1);
	assert_int_equal(entries_stored(), ENTRIES + 1);
}

/* The process died between writing and syncing: the next one must not show what only the page cache has. */
TEST(what_is_shown_after_a_kill_outlives_a_power_cut)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		disk.dice = seed;
		disk_arm(&(struct disk_odds){.sync = 1}, 0, 0);
		assert_int_equal(try_many(lobby, 1, "half way"), STORE_FAILED);
		crash(false);
		uint64_t shown = entries_stored();
		crash(true);
		assert_true(entries_stored() >= shown);
	}
}

static void index_all(void)
{
	size_t did = 1;
	if (!indexer)
		assert_int_equal(store->ops->indexer_open(store, &indexer), STORE_OK);
	while (did)
		assert_int_equal(indexer->ops->step(indexer, 100, &did), STORE_OK);
}

static bool is_in_index(const char *word)
{
	char name[128];
	sqlite3 *db;
	sqlite3_stmt *find;
	snprintf(name, sizeof name, "%s", directory_file(&directory, "search.db"));
	assert_int_equal(sqlite3_open(name, &db), SQLITE_OK);
	assert_int_equal(sqlite_tokenizer_register(db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, "SELECT 1 FROM segment_0 WHERE segment_0 MATCH ?1", -1, &find, NULL),
	    SQLITE_OK);
	sqlite3_bind_text(find, 1, word, -1, SQLITE_STATIC);
	bool is_there = sqlite3_step(find) == SQLITE_ROW;
	sqlite3_finalize(find);
	sqlite3_close(db);
	return is_there;
}

/* Its result, or that of the batch where that failed. */
static int try_change(enum entry_kind kind, uint64_t target, const char *text)
{
	struct entry entry = {
	    .kind = kind, .room_id = lobby, .ref = target, .name = "m", .ip = "", .text = text};
	struct store_command command = append_command(&entry);
	command.append.may_change_others = true;
	submit(&command, 1);
	return command.result;
}

static void change(enum entry_kind kind, uint64_t target, const char *text)
{
	assert_int_equal(try_change(kind, target, text), STORE_OK);
}

/* The index is synced before the note is torn up that says what is to be taken out of it. */
TEST(a_forgotten_word_does_not_come_back_by_a_power_cut)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		disk.dice = seed;
		say(lobby, "other");
		uint64_t seq = say(lobby, "secret");
		index_all();
		assert_true(is_in_index("secret"));
		change(ENTRY_DELETE, seq, "");
		index_all();
		crash(true);
		index_all();
		assert_false(is_in_index("secret"));
	}
}

/* Searches through a reader that has looked before. */
static bool take_hit(void *context, const struct entry *entry)
{
	(void)entry;
	++*(int *)context;
	return true;
}

static int hits(struct store_reader *reader, const char *word)
{
	int count = 0;
	struct store_search_end end;
	const struct store_term term = {.text = word};
	struct store_search search = {.terms = &term, .terms_count = 1, .limit = 10};
	reader->ops->search(reader, &search, take_hit, &count, &end);
	return count;
}

TEST(a_damaged_index_is_made_anew)
{
	struct store_reader *reader = open_reader();
	say(lobby, "needle");
	index_all();
	assert_int_equal(hits(reader, "needle"), 1);
	indexer->ops->close(indexer);
	/* Everything but the header of the file. */
	struct disk_file *file = disk_find(directory_file(&directory, "search.db"));
	struct disk_file *log = disk_find(directory_file(&directory, "search.db-wal"));
	content_resize(&log->seen, 0, 0);
	memset(file->seen.bytes + 100, 0x5a, file->seen.size - 100);
	reader->ops->close(reader);
	reader = open_reader();
	assert_int_equal(store->ops->indexer_open(store, &indexer), STORE_FAILED);
	hits(reader, "needle");
	indexer = NULL;
	index_all();
	assert_int_equal(hits(reader, "needle"), 1);
	assert_true(is_in_index("needle"));
	reader->ops->close(reader);
}

/* Memory that runs out makes one of the reads fail, and leaves the transaction as it is. */
TEST(a_deletion_that_cannot_find_an_edit_fails)
{
	for (int odds = 2; odds < 40; odds++) {
		disk_calm();
		uint64_t seq = say(lobby, "first");
		change(ENTRY_EDIT, seq, "second");
		change(ENTRY_EDIT, seq, "third");
		disk_arm(&(struct disk_odds){.memory = (unsigned)odds}, 0, 0);
		int result = try_change(ENTRY_DELETE, seq, "");
		disk_calm();
		struct store_reader *reader = open_reader();
		struct seen seen =
		    read_page(reader, (struct store_range){.room_id = lobby, .after = seq, .limit = 1});
		reader->ops->close(reader);
		assert_string_equal(seen.last_text, result == STORE_OK ? "" : "third");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_read_that_fails_takes_the_whole_batch_with_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_commit_that_fails_writes_over_nobody, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_is_shown_after_a_kill_outlives_a_power_cut, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_forgotten_word_does_not_come_back_by_a_power_cut, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(a_damaged_index_is_made_anew, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_deletion_that_cannot_find_an_edit_fails, setup, teardown),
	};
	disk_install();
	alarm(120);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	disk_format(1);
	return failed;
}
