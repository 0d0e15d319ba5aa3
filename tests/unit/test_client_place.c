/* The place: every entry once and in order, in whatever order entries and acks come. */
#include "session/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static struct place place;
static json_t *object;

static int setup(void **state)
{
	(void)state;
	place = (struct place){0};
	object = json_object();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	place_release(&place);
	assert_int_equal(object->refcount, 1);
	json_decref(object);
	return 0;
}

/* How many held entries become due. */
static int take_all(void)
{
	int count = 0;
	json_t *taken;
	for (; (taken = place_take(&place)); count++)
		json_decref(taken);
	return count;
}

static void in_order(void **state)
{
	(void)state;
	assert_int_equal(place_entry(&place, 1, object), PLACE_SHOW);
	assert_int_equal(place_entry(&place, 2, object), PLACE_SHOW);
	assert_int_equal(place_entry(&place, 2, object), PLACE_OLD);
	assert_int_equal(place_entry(&place, 1, object), PLACE_OLD);
	assert_int_equal(place.last, 2);
}

static void a_hole_holds_back(void **state)
{
	int64_t from, to;
	(void)state;
	place_reset(&place, 10);
	assert_int_equal(place_entry(&place, 13, object), PLACE_WAIT);
	assert_int_equal(place_entry(&place, 14, object), PLACE_WAIT);
	assert_true(place_gap(&place, &from, &to));
	assert_int_equal(from, 11);
	assert_int_equal(to, 12);
	assert_int_equal(take_all(), 0);
	assert_int_equal(place_entry(&place, 11, object), PLACE_SHOW);
	assert_int_equal(take_all(), 0);
	assert_int_equal(place_entry(&place, 12, object), PLACE_SHOW);
	assert_int_equal(take_all(), 2);
	assert_int_equal(place.last, 14);
	assert_false(place_gap(&place, &from, &to));
}

static void our_own_needs_only_its_ack(void **state)
{
	int64_t from, to;
	(void)state;
	place_own(&place, 1);
	assert_int_equal(place.last, 1);
	assert_int_equal(place_entry(&place, 3, object), PLACE_WAIT);
	place_own(&place, 2);
	assert_int_equal(take_all(), 1);
	assert_int_equal(place.last, 3);
	/* Acks overtake the entries of others. */
	place_own(&place, 6);
	place_own(&place, 5);
	assert_false(place_gap(&place, &from, &to));
	assert_int_equal(place_entry(&place, 4, object), PLACE_SHOW);
	assert_int_equal(place.last, 6);
}

static void a_replay_of_our_own_is_not_shown(void **state)
{
	(void)state;
	place_own(&place, 3);
	place_drop_held(&place);
	assert_int_equal(place_entry(&place, 1, object), PLACE_SHOW);
	assert_int_equal(place_entry(&place, 2, object), PLACE_SHOW);
	assert_int_equal(place_entry(&place, 3, object), PLACE_OLD);
	assert_int_equal(place_entry(&place, 4, object), PLACE_SHOW);
}

static void held_and_then_our_own(void **state)
{
	(void)state;
	assert_int_equal(place_entry(&place, 2, object), PLACE_WAIT);
	place_own(&place, 2);
	assert_int_equal(place_entry(&place, 1, object), PLACE_SHOW);
	assert_int_equal(take_all(), 0);
	assert_int_equal(place.last, 2);
}

static void passing_over(void **state)
{
	(void)state;
	place_entry(&place, 3, object);
	place_entry(&place, 8, object);
	place_pass(&place, 5);
	assert_int_equal(take_all(), 0);
	assert_int_equal(place.held_count, 1);
	place_pass(&place, 7);
	assert_int_equal(take_all(), 1);
	place_pass(&place, 2);
	assert_int_equal(place.last, 8);
}

static void holding_even_the_next(void **state)
{
	(void)state;
	place_hold(&place, 1, object);
	place_hold(&place, 1, object);
	place_hold(&place, 2, object);
	assert_int_equal(place.held_count, 2);
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
		place_reset(&place, 0);
		for (int i = 0; i < ENTRIES; i++) {
			int64_t seq = order[i] + 1, last = place.last;
			if (is_own[order[i]])
				place_own(&place, seq);
			else if (place_entry(&place, seq, object) == PLACE_SHOW)
				shown++;
			shown += take_all();
			assert_true(place.last >= last);
		}
		assert_int_equal(shown, others);
		assert_int_equal(place.last, ENTRIES);
		assert_int_equal(place.held_count + place.own_count, 0);
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
