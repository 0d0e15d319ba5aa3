/* Sendable memory: what was sent from it stays what it was, whatever becomes of the memory. */
#include "base/sendable.h"
#include "base/limits.h"
#include "chat/chunk.h"

#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES 40000

static int ours, theirs;

static int setup(void **state)
{
	int fds[2];
	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return -1;
	ours = fds[0];
	theirs = fds[1];
	return sendable_open();
}

static int teardown(void **state)
{
	(void)state;
	close(ours);
	close(theirs);
	return 0;
}

static void send_from(int64_t offset, size_t bytes)
{
	off_t at = offset;
	assert_int_equal(sendfile(ours, sendable_file(), &at, bytes), bytes);
}

static void expect_all(char letter, size_t bytes)
{
	char got[BYTES];
	for (size_t left = bytes; left;) {
		ssize_t length = read(theirs, got, left);
		assert_true(length > 0);
		for (ssize_t i = 0; i < length; i++)
			assert_int_equal(got[i], letter);
		left -= (size_t)length;
	}
}

TEST(before_it_is_opened_there_is_none)
{
	int64_t offset;
	assert_null(sendable_new(BYTES, &offset));
	/* A limit on the length of files holds for this one, too. */
	struct rlimit old, none;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	int error = sendable_open();
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(error, -EFBIG);
	assert_null(sendable_new(BYTES, &offset));
	struct chunk *chunk = chunk_new(LIMIT_CHUNK_BYTES_SENDABLE, 0, 0);
	assert_int_equal(chunk->file_offset, -1);
	chunk_release(chunk);
}

TEST(what_was_sent_outlives_the_memory)
{
	int64_t offset;
	char *memory = sendable_new(BYTES, &offset);
	assert_non_null(memory);
	for (size_t i = 0; i < BYTES; i++)
		assert_int_equal(memory[i], 0);
	memset(memory, 'a', BYTES);
	send_from(offset, BYTES);
	sendable_free(memory, BYTES, offset);
	expect_all('a', BYTES);
}

TEST(no_place_of_the_file_is_used_twice)
{
	int64_t end = 0;
	for (int i = 0; i < 100; i++) {
		int64_t offset;
		char *memory = sendable_new(BYTES, &offset);
		assert_non_null(memory);
		assert_true(offset >= end);
		end = offset + BYTES;
		memset(memory, 'a' + i % 26, BYTES);
		if (i % 2)
			send_from(offset, 100);
		sendable_free(memory, BYTES, offset);
	}
	for (int i = 1; i < 100; i += 2)
		expect_all((char)('a' + i % 26), 100);
}

TEST(pages_given_back_take_no_memory)
{
	int64_t offset;
	struct stat before, during, after;
	assert_int_equal(fstat(sendable_file(), &before), 0);
	char *memory = sendable_new(BYTES, &offset);
	assert_int_equal(fstat(sendable_file(), &during), 0);
	assert_true((during.st_blocks - before.st_blocks) * 512 >= BYTES);
	sendable_free(memory, BYTES, offset);
	assert_int_equal(fstat(sendable_file(), &after), 0);
	assert_int_equal(after.st_blocks, before.st_blocks);
}

TEST(a_busy_rooms_chunk_can_be_sent_as_it_lies)
{
	struct chunk *small = chunk_new(LIMIT_CHUNK_BYTES_SENDABLE - 1, 0, 0);
	assert_int_equal(small->file_offset, -1);
	struct chunk *large = chunk_new(LIMIT_CHUNK_BYTES_SENDABLE, 0, 0);
	assert_true(large->file_offset >= 0);
	char bytes[3000];
	for (int letter = 'a'; letter < 'f'; letter++) {
		memset(bytes, letter, sizeof bytes);
		assert_true(chunk_append(large, bytes, sizeof bytes, &(struct chunk_item){.seq = 1}));
	}
	send_from(large->file_offset + 3000, 6000);
	chunk_release(small);
	chunk_release(large);
	expect_all('b', 3000);
	expect_all('c', 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(before_it_is_opened_there_is_none),
	    cmocka_unit_test_setup_teardown(what_was_sent_outlives_the_memory, setup, teardown),
	    cmocka_unit_test_setup_teardown(no_place_of_the_file_is_used_twice, setup, teardown),
	    cmocka_unit_test_setup_teardown(pages_given_back_take_no_memory, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_busy_rooms_chunk_can_be_sent_as_it_lies, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
