/* A disk that is full: what cannot be stored is refused whole, and nothing else changes. */
#include "base/logging.h"

#include "store_kit.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static int64_t lobby;

static int setup(void **state)
{
	signal(SIGXFSZ, SIG_IGN);
	/* Errors are expected here. */
	logging_set_level((enum logging_level) - 1);
	setup_store(state);
	lobby = make_room("#lobby");
	return 0;
}

/* No file grows beyond its present size and `more` bytes. */
static void limit_files(rlim_t more)
{
	struct stat status;
	struct rlimit limit;
	assert_int_equal(stat(directory_file(&directory, "brusio.db-wal"), &status), 0);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = (rlim_t)status.st_size + more;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void lift_limit(void)
{
	struct rlimit limit;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A batch of `count` entries of 4 KiB. */
static int store_batch(int count)
{
	static char text[4097];
	memset(text, 'x', sizeof text - 1);
	return try_many(lobby, count, text);
}

static uint64_t end_of_room(void)
{
	struct store_reader *reader = open_reader();
	struct seen seen = read_page(reader, (struct store_range){.room_id = lobby, .limit = 1000});
	for (size_t i = 0; i < seen.count; i++)
		assert_int_equal(seen.seqs[i], i + 1);
	reader->ops->close(reader);
	return seen.count;
}

TEST(a_batch_that_does_not_fit_is_refused_whole)
{
	assert_int_equal(store_batch(3), STORE_OK);
	limit_files(20000);
	int result = store_batch(50);
	lift_limit();
	assert_int_equal(result, STORE_FAILED);
	assert_int_equal(end_of_room(), 3);
}

TEST(it_goes_on_when_there_is_space_again)
{
	assert_int_equal(store_batch(3), STORE_OK);
	limit_files(4096);
	for (int i = 0; i < 5; i++)
		assert_int_equal(store_batch(10), STORE_FAILED);
	lift_limit();
	assert_int_equal(say(lobby, "next"), 4);
	assert_int_equal(end_of_room(), 4);
	close_store();
	open_store();
	assert_int_equal(end_of_room(), 4);
}

/* Committed entries are there, refused ones are not, and there is no hole. */
TEST(what_was_committed_is_there_and_nothing_else)
{
	uint64_t expected = 0, dice = 31;
	for (int turn = 0; turn < 60 && expected < 900; turn++) {
		int count = 1 + (int)dice_below(&dice, 20);
		if (dice_below(&dice, 2))
			limit_files(dice_below(&dice, 40000));
		if (store_batch(count) == STORE_OK)
			expected += (uint64_t)count;
		lift_limit();
		assert_int_equal(end_of_room(), expected);
	}
	assert_true(expected > 0);
	close_store();
	open_store();
	assert_int_equal(end_of_room(), expected);
}

TEST(a_room_that_cannot_be_stored_is_not_made)
{
	struct store_command room = {.op = STORE_ADD_ROOM, .room.name = "#ops"};
	limit_files(0);
	int result = submit(&room, 1);
	lift_limit();
	assert_int_equal(result, STORE_FAILED);
	assert_int_not_equal(make_room("#ops"), lobby);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_batch_that_does_not_fit_is_refused_whole, setup,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(it_goes_on_when_there_is_space_again, setup, teardown_store),
	    cmocka_unit_test_setup_teardown(what_was_committed_is_there_and_nothing_else, setup,
					    teardown_store),
	    cmocka_unit_test_setup_teardown(a_room_that_cannot_be_stored_is_not_made, setup, teardown_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
