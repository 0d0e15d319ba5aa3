/* The cursor: every entry once and in order, in whatever order entries and acks come. */
#include "client/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static struct cursor cursor;
static json_t *object;

static int setup(void **state)
{
	(void)state;
	cursor = (struct cursor){0};
	object = json_object();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cursor_release(&cursor);
	assert_int_equal(object->refcount, 1);
	json_decref(object);
	return 0;
}

/* How many held entries become due. */
static int take_all(void)
{
	int count = 0;
	json_t *taken;
	for (; (taken = cursor_take(&cursor)); count++)
		json_decref(taken);
	return count;
}

static void in_order(void **state)
{
	(void)state;
	assert_int_equal(cursor_entry(&cursor, 1, object), CURSOR_SHOW);
	assert_int_equal(cursor_entry(&cursor, 2, object), CURSOR_SHOW);
	assert_int_equal(cursor_entry(&cursor, 2, object), CURSOR_OLD);
	assert_int_equal(cursor_entry(&cursor, 1, object), CURSOR_OLD);
	assert_int_equal(cursor.last, 2);
}

static void a_hole_holds_back(void **state)
{
	int64_t from, to;
	(void)state;
	cursor_reset(&cursor, 10);
	assert_int_equal(cursor_entry(&cursor, 13, object), CURSOR_WAIT);
	assert_int_equal(cursor_entry(&cursor, 14, object), CURSOR_WAIT);
	assert_true(cursor_gap(&cursor, &from, &to));
	assert_int_equal(from, 11);
	assert_int_equal(to, 12);
	assert_int_equal(take_all(), 0);
	assert_int_equal(cursor_entry(&cursor, 11, object), CURSOR_SHOW);
	assert_int_equal(take_all(), 0);
	assert_int_equal(cursor_entry(&cursor, 12, object), CURSOR_SHOW);
	assert_int_equal(take_all(), 2);
	assert_int_equal(cursor.last, 14);
	assert_false(cursor_gap(&cursor, &from, &to));
}

static void our_own_needs_only_its_ack(void **state)
{
	int64_t from, to;
	(void)state;
	cursor_own(&cursor, 1);
	assert_int_equal(cursor.last, 1);
	assert_int_equal(cursor_entry(&cursor, 3, object), CURSOR_WAIT);
	cursor_own(&cursor, 2);
	assert_int_equal(take_all(), 1);
	assert_int_equal(cursor.last, 3);
	/* Acks overtake the entries of others. */
	cursor_own(&cursor, 6);
	cursor_own(&cursor, 5);
	assert_false(cursor_gap(&cursor, &from, &to));
	assert_int_equal(cursor_entry(&cursor, 4, object), CURSOR_SHOW);
	assert_int_equal(cursor.last, 6);
}

static void a_replay_of_our_own_is_not_shown(void **state)
{
	(void)state;
	cursor_own(&cursor, 3);
	cursor_drop_held(&cursor);
	assert_int_equal(cursor_entry(&cursor, 1, object), CURSOR_SHOW);
	assert_int_equal(cursor_entry(&cursor, 2, object), CURSOR_SHOW);
	assert_int_equal(cursor_entry(&cursor, 3, object), CURSOR_OLD);
	assert_int_equal(cursor_entry(&cursor, 4, object), CURSOR_SHOW);
}

static void held_and_then_our_own(void **state)
{
	(void)state;
	assert_int_equal(cursor_entry(&cursor, 2, object), CURSOR_WAIT);
	cursor_own(&cursor, 2);
	assert_int_equal(cursor_entry(&cursor, 1, object), CURSOR_SHOW);
	assert_int_equal(take_all(), 0);
	assert_int_equal(cursor.last, 2);
}

static void passing_over(void **state)
{
	(void)state;
	cursor_entry(&cursor, 3, object);
	cursor_entry(&cursor, 8, object);
	cursor_pass(&cursor, 5);
	assert_int_equal(take_all(), 0);
	assert_int_equal(cursor.held_count, 1);
	cursor_pass(&cursor, 7);
	assert_int_equal(take_all(), 1);
	cursor_pass(&cursor, 2);
	assert_int_equal(cursor.last, 8);
}

static void holding_even_the_next(void **state)
{
	(void)state;
	cursor_hold(&cursor, 1, object);
	cursor_hold(&cursor, 1, object);
	cursor_hold(&cursor, 2, object);
	assert_int_equal(cursor.held_count, 2);
	assert_int_equal(take_all(), 2);
}

/* Every entry is either ours or another's; acks and entries come in any order. Each of the others' is
 * shown once, in order, and nothing is missing at the end. */
static void any_order(void **state)
{
	enum { ENTRIES = 40, ROUNDS = 2000 };
	(void)state;
	srand(7);
	for (int round = 0; round < ROUNDS; round++) {
		int order[ENTRIES], shown = 0, others = 0;
		bool is_own[ENTRIES];
		for (int i = 0; i < ENTRIES; i++) {
			int at = rand() % (i + 1);
			order[i] = i;
			order[i] = order[at];
			order[at] = i;
			is_own[i] = rand() % 3 == 0;
			others += !is_own[i];
		}
		cursor_reset(&cursor, 0);
		for (int i = 0; i < ENTRIES; i++) {
			int64_t seq = order[i] + 1, last = cursor.last;
			if (is_own[order[i]])
				cursor_own(&cursor, seq);
			else if (cursor_entry(&cursor, seq, object) == CURSOR_SHOW)
				shown++;
			shown += take_all();
			assert_true(cursor.last >= last);
		}
		assert_int_equal(shown, others);
		assert_int_equal(cursor.last, ENTRIES);
		assert_int_equal(cursor.held_count + cursor.own_count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(in_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_hole_holds_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(our_own_needs_only_its_ack, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_replay_of_our_own_is_not_shown, setup, teardown),
	    cmocka_unit_test_setup_teardown(held_and_then_our_own, setup, teardown),
	    cmocka_unit_test_setup_teardown(passing_over, setup, teardown),
	    cmocka_unit_test_setup_teardown(holding_even_the_next, setup, teardown),
	    cmocka_unit_test_setup_teardown(any_order, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
