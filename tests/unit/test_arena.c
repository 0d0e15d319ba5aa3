/* The arena: zeroed, aligned pieces that stay apart until all go at once. */
#include "base/arena.h"

#include "unit.h"

#include <stdalign.h>

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

TEST(pieces_are_zeroed_aligned_and_apart)
{
	uint64_t dice = 3;
	unsigned char *pieces[300];
	size_t sizes[300];
	for (size_t i = 0; i < 300; i++) {
		sizes[i] = 1 + dice_below(&dice, i % 50 ? 200 : 100000);
		pieces[i] = arena_zero(&arena, sizes[i]);
		assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(pieces[i][k], 0);
		memset(pieces[i], (int)(i % 255) + 1, sizes[i]);
	}
	for (size_t i = 0; i < 300; i++)
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(pieces[i][k], i % 255 + 1);
}

TEST(strings_are_copied)
{
	char text[] = "ciao";
	const char *copy = arena_string(&arena, text);
	text[0] = 'x';
	assert_string_equal(copy, "ciao");
	assert_null(arena_string(&arena, NULL));
	assert_string_equal(arena_string(&arena, ""), "");
}

TEST(a_cleared_arena_gives_zeroed_memory_again)
{
	for (int turn = 0; turn < 5; turn++) {
		unsigned char *piece = arena_zero(&arena, 1000);
		for (int i = 0; i < 1000; i++)
			assert_int_equal(piece[i], 0);
		memset(piece, 0xff, 1000);
		arena_clear(&arena);
	}
}

TEST(an_empty_arena_may_be_cleared_and_released)
{
	arena_clear(&arena);
	arena_release(&arena);
	assert_null(arena.blocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(pieces_are_zeroed_aligned_and_apart, teardown),
	    cmocka_unit_test_teardown(strings_are_copied, teardown),
	    cmocka_unit_test_teardown(a_cleared_arena_gives_zeroed_memory_again, teardown),
	    cmocka_unit_test_teardown(an_empty_arena_may_be_cleared_and_released, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
