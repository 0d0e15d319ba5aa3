/* The hash of an upload that is made while it comes is that of its bytes, however they came, and whatever others do. */
#include "directory.h"
#include "store/blobs/blob.h"
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <unistd.h>

#define LARGE   (7 * 1024 * 1024 + 5)
#define WRITERS 6
#define ROUNDS  8

static struct directory directory;
static struct blobs *blobs;
static unsigned char *bytes;

static int setup(void **state)
{
	char problem[512];
	(void)state;
	if (sodium_init() < 0)
		return -1;
	directory_make(&directory);
	bytes = malloc(LARGE);
	randombytes_buf(bytes, LARGE);
	return blobs_open(directory.path, &blobs, problem, sizeof problem);
}

static int teardown(void **state)
{
	(void)state;
	blobs_close(blobs);
	free(bytes);
	directory_remove(&directory);
	return 0;
}

static int count_descriptors(void)
{
	int count = 0;
	DIR *folder = opendir("/proc/self/fd");
	while (folder && readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* Writes so many of the bytes in pieces, and ends the part. */
static void bring(const char *id, size_t length, size_t piece)
{
	struct blob_part *part;
	assert_int_equal(blob_part_make_hashed(blobs, id, &part), 0);
	for (size_t at = 0; at < length; at += piece)
		assert_int_equal(blob_part_write(part, bytes + at, length - at < piece ? length - at : piece),
				 0);
	blob_part_end(part);
}

static void expect_hash(const char *id, size_t length)
{
	unsigned char wanted[FILE_HASH_BYTES], hash[FILE_HASH_BYTES];
	crypto_generichash(wanted, sizeof wanted, bytes, length, NULL, 0);
	assert_int_equal(blob_part_hash(blobs, id, hash), length);
	assert_memory_equal(hash, wanted, sizeof wanted);
}

TEST(the_hash_is_that_of_all_bytes_whatever_their_pieces)
{
	static const size_t lengths[] = {0, 1, 65536, 2 * 1024 * 1024, 2 * 1024 * 1024 + 1, LARGE};
	static const size_t pieces[] = {4099, 65536, LARGE};
	char id[FILE_ID_BYTES];
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		for (size_t j = 0; j < sizeof pieces / sizeof *pieces; j++) {
			file_make_id(id);
			bring(id, lengths[i], pieces[j]);
			expect_hash(id, lengths[i]);
			/* It was taken: now the part is read. */
			expect_hash(id, lengths[i]);
			assert_int_equal(blob_keep(blobs, id), 0);
		}
}

/* Also from a new part of the same name. */
TEST(a_dropped_part_has_no_hash_any_more)
{
	char id[FILE_ID_BYTES];
	unsigned char hash[FILE_HASH_BYTES];
	file_make_id(id);
	bring(id, LARGE, 65536);
	assert_int_equal(blob_drop_here(blobs, id), 0);
	assert_int_equal(blob_part_hash(blobs, id, hash), -ENOENT);
	bring(id, 5, 5);
	expect_hash(id, 5);
}

static void *write_many(void *context)
{
	unsigned seed = *(unsigned *)context;
	char id[FILE_ID_BYTES];
	for (int i = 0; i < ROUNDS; i++) {
		size_t length = (size_t)rand_r(&seed) % LARGE;
		file_make_id(id);
		bring(id, length, 1 + (size_t)rand_r(&seed) % 300000);
		if (rand_r(&seed) % 3)
			expect_hash(id, length);
		assert_int_equal(blob_drop_here(blobs, id), 0);
	}
	return NULL;
}

TEST(many_come_at_once_and_some_are_given_up)
{
	pthread_t threads[WRITERS];
	unsigned seeds[WRITERS];
	for (unsigned i = 0; i < WRITERS; i++) {
		seeds[i] = i + 1;
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, &seeds[i]), 0);
	}
	for (unsigned i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
}

/* What was dropped, the thread may have read to the end of its turn. */
TEST(what_nobody_took_is_let_go_at_the_end)
{
	char ids[2][FILE_ID_BYTES], problem[512];
	int before = count_descriptors();
	blobs_close(blobs);
	assert_int_equal(blobs_open(directory.path, &blobs, problem, sizeof problem), 0);
	for (int i = 0; i < 2; i++) {
		file_make_id(ids[i]);
		bring(ids[i], LARGE, 65536);
	}
	assert_int_equal(blob_drop_here(blobs, ids[0]), 0);
	blobs_close(blobs);
	assert_int_equal(blobs_open(directory.path, &blobs, problem, sizeof problem), 0);
	assert_int_equal(count_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_hash_is_that_of_all_bytes_whatever_their_pieces, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(a_dropped_part_has_no_hash_any_more, setup, teardown),
	    cmocka_unit_test_setup_teardown(many_come_at_once_and_some_are_given_up, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_nobody_took_is_let_go_at_the_end, setup, teardown),
	};
	alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
