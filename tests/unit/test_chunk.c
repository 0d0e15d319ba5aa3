/* Chunks and logs: what was published stays, what nobody holds goes. */
#include "base/clock.h"
#include "base/limits.h"
#include "chat/chunk.h"

#include "unit.h"

static int setup(void **state)
{
	(void)state;
	clock_fake(1000, 0);
	assert_int_equal(chunk_bytes_total(), 0);
	return 0;
}

/* Each test releases everything that it made. */
static int teardown(void **state)
{
	(void)state;
	assert_int_equal(chunk_bytes_total(), 0);
	return 0;
}

static uint32_t references(const struct chunk *chunk)
{
	return atomic_load(&chunk->references);
}

static struct chunk *next_of(const struct chunk *chunk)
{
	return atomic_load(&chunk->next);
}

static void append(struct log *log, uint64_t seq, size_t length)
{
	char bytes[300000];
	memset(bytes, (int)('a' + seq % 26), length);
	log_append(log, bytes, length, &(struct chunk_item){.seq = seq, .author = 0, .flags = 0}, NULL);
}

TEST(an_item_is_published_with_its_bytes)
{
	struct chunk *chunk = chunk_new(1000, 5, 0);
	const struct chunk_item item = {.seq = 6, .author = 9, .flags = CHUNK_EPHEMERAL};
	assert_int_equal(chunk->count, 0);
	assert_true(chunk_append(chunk, "abc", 3, &item));
	assert_true(chunk_append(chunk, "de", 2, &(struct chunk_item){.seq = 7}));
	assert_int_equal(chunk->count, 2);
	assert_int_equal(chunk->items[0].end, 3);
	assert_int_equal(chunk->items[0].seq, 6);
	assert_int_equal(chunk->items[0].author, 9);
	assert_int_equal(chunk->items[0].flags, CHUNK_EPHEMERAL);
	assert_int_equal(chunk->items[1].end, 5);
	assert_memory_equal(chunk->bytes, "abcde", 5);
	chunk_release(chunk);
}

TEST(what_does_not_fit_changes_nothing)
{
	struct chunk *chunk = chunk_new(10, 0, 0);
	const struct chunk_item item = {.seq = 1};
	assert_false(chunk_append(chunk, "0123456789x", 11, &item));
	assert_int_equal(chunk->count, 0);
	assert_true(chunk_append(chunk, "0123456789", 10, &item));
	assert_false(chunk_append(chunk, "x", 1, &item));
	assert_int_equal(chunk->count, 1);
	chunk_release(chunk);
}

TEST(items_run_out_before_short_bytes_do)
{
	struct chunk *chunk = chunk_new(6400, 0, 0);
	uint32_t taken = 0;
	while (chunk_append(chunk, "x", 1, &(struct chunk_item){.seq = taken + 1}))
		taken++;
	assert_int_equal(taken, chunk->items_max);
	assert_in_range(taken, 100, 6399);
	chunk_release(chunk);
}

TEST(a_chunk_goes_with_its_last_reference)
{
	struct chunk *chunk = chunk_new(100, 0, 0);
	size_t bytes = chunk_bytes_total();
	assert_true(bytes >= 100);
	assert_ptr_equal(chunk_acquire(chunk), chunk);
	chunk_release(chunk);
	assert_int_equal(chunk_bytes_total(), bytes);
	chunk_release(chunk);
	assert_int_equal(chunk_bytes_total(), 0);
	chunk_release(NULL);
}

TEST(a_log_goes_on_in_the_next_chunk)
{
	struct log log;
	log_init(&log, 40);
	struct chunk *first = chunk_acquire(log.tail);
	assert_int_equal(first->base_seq, 40);
	for (uint64_t seq = 41; seq <= 60; seq++)
		append(&log, seq, 500);
	uint64_t expected = 41, bytes = 0;
	for (struct chunk *chunk = first; chunk; chunk = next_of(chunk)) {
		assert_int_equal(chunk->base_seq, expected - 1);
		assert_int_equal(chunk->base_bytes, bytes);
		for (uint32_t i = 0; i < chunk->count; i++)
			assert_int_equal(chunk->items[i].seq, expected++);
		bytes += chunk->items[chunk->count - 1].end;
	}
	assert_int_equal(expected, 61);
	assert_int_equal(bytes, 20 * 500);
	assert_null(next_of(log.tail));
	assert_true(log.tail != first);
	chunk_release(first);
	log_release(&log);
}

TEST(an_item_larger_than_a_chunk_gets_a_chunk_of_its_size)
{
	struct log log;
	log_init(&log, 0);
	append(&log, 1, LIMIT_CHUNK_BYTES_MAX + 1000);
	assert_int_equal(log.tail->items[0].end, LIMIT_CHUNK_BYTES_MAX + 1000);
	append(&log, 2, 10);
	append(&log, 3, 10);
	assert_int_equal(log.tail->base_seq, 1);
	assert_int_equal(log.tail->count, 2);
	log_release(&log);
}

TEST(a_chunk_that_begins_with_an_event_begins_behind_its_entry)
{
	struct log log;
	log_init(&log, 0);
	append(&log, 1, LIMIT_CHUNK_BYTES_MIN);
	log_append(&log, "joined", 6, &(struct chunk_item){.seq = 1, .author = 0, .flags = CHUNK_EPHEMERAL},
		   NULL);
	assert_int_equal(log.tail->base_seq, 1);
	assert_int_equal(log.tail->items[0].seq, 1);
	log_release(&log);
}

TEST(who_holds_a_chunk_can_walk_to_the_end)
{
	struct log log;
	log_init(&log, 0);
	struct chunk *held = chunk_acquire(log.tail);
	for (uint64_t seq = 1; seq <= 100; seq++)
		append(&log, seq, 4000);
	size_t with_first = chunk_bytes_total();
	struct chunk *second = chunk_acquire(next_of(held));
	assert_int_equal(references(held), 1);
	chunk_release(held);
	assert_true(chunk_bytes_total() < with_first);
	/* The log itself goes, the reader's part stays. */
	log_release(&log);
	uint64_t last = 0;
	for (struct chunk *chunk = second; chunk; chunk = next_of(chunk))
		last = chunk->items[chunk->count - 1].seq;
	assert_int_equal(last, 100);
	chunk_release(second);
}

TEST(a_long_chain_is_freed_without_recursion)
{
	struct log log;
	log_init(&log, 0);
	struct chunk *first = chunk_acquire(log.tail);
	for (int i = 0; i < 50000; i++)
		log_seal(&log, 0);
	log_release(&log);
	assert_true(chunk_bytes_total() > 50000 * (size_t)LIMIT_CHUNK_BYTES_MIN);
	chunk_release(first);
}

TEST(a_sealed_log_begins_a_new_chunk)
{
	struct log log;
	log_init(&log, 0);
	append(&log, 1, 10);
	struct chunk *old = chunk_acquire(log.tail);
	log_seal(&log, 1);
	assert_ptr_equal(next_of(old), log.tail);
	assert_int_equal(log.tail->base_seq, 1);
	assert_int_equal(log.tail->base_bytes, 10);
	append(&log, 2, 10);
	assert_int_equal(old->count, 1);
	chunk_release(old);
	log_release(&log);
}

static uint32_t size_after(struct log *log, uint64_t *seq, int64_t *now_ms, int64_t wait_ms)
{
	struct chunk *full = log->tail;
	*now_ms += wait_ms;
	clock_fake(*now_ms, 0);
	while (log->tail == full)
		append(log, ++*seq, 1000);
	return log->tail->bytes_max;
}

TEST(busy_rooms_get_large_chunks_and_quiet_ones_small)
{
	struct log log;
	uint64_t seq = 0;
	int64_t now_ms = 1000;
	log_init(&log, 0);
	assert_int_equal(log.tail->bytes_max, LIMIT_CHUNK_BYTES_MIN);
	assert_int_equal(size_after(&log, &seq, &now_ms, 10), 2 * LIMIT_CHUNK_BYTES_MIN);
	assert_int_equal(size_after(&log, &seq, &now_ms, 10), 4 * LIMIT_CHUNK_BYTES_MIN);
	assert_int_equal(size_after(&log, &seq, &now_ms, 20000), 4 * LIMIT_CHUNK_BYTES_MIN);
	assert_int_equal(size_after(&log, &seq, &now_ms, 100000), 2 * LIMIT_CHUNK_BYTES_MIN);
	for (int i = 0; i < 10; i++)
		size_after(&log, &seq, &now_ms, 10);
	assert_int_equal(log.tail->bytes_max, LIMIT_CHUNK_BYTES_MAX);
	for (int i = 0; i < 10; i++)
		size_after(&log, &seq, &now_ms, 100000);
	assert_int_equal(log.tail->bytes_max, LIMIT_CHUNK_BYTES_MIN);
	log_release(&log);
}

TEST(events_alone_do_not_make_chunks_large)
{
	struct log log;
	char bytes[200] = {0};
	clock_fake(1000, 0);
	log_init(&log, 7);
	for (int i = 0; i < 1000; i++)
		log_append(&log, bytes, sizeof bytes,
			   &(struct chunk_item){.seq = 7, .author = 0, .flags = CHUNK_EPHEMERAL}, NULL);
	assert_int_equal(log.tail->bytes_max, LIMIT_CHUNK_BYTES_MIN);
	log_release(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(an_item_is_published_with_its_bytes, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_does_not_fit_changes_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(items_run_out_before_short_bytes_do, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_chunk_goes_with_its_last_reference, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_log_goes_on_in_the_next_chunk, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_item_larger_than_a_chunk_gets_a_chunk_of_its_size, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(a_chunk_that_begins_with_an_event_begins_behind_its_entry, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(who_holds_a_chunk_can_walk_to_the_end, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_long_chain_is_freed_without_recursion, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_sealed_log_begins_a_new_chunk, setup, teardown),
	    cmocka_unit_test_setup_teardown(events_alone_do_not_make_chunks_large, setup, teardown),
	    cmocka_unit_test_setup_teardown(busy_rooms_get_large_chunks_and_quiet_ones_small, setup,
					    teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
