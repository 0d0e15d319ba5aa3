/* SQLite, the fake store that completes some turns later, and PostgreSQL where there is one, against what every store must
 * do. */
#include "fake_store.h"
#include "postgres_kit.h"
#include "store_conformance.h"

static struct fake_store fake;

static int setup_fake(void **state)
{
	(void)state;
	fake_store_init(&fake);
	store = &fake.store;
	assert_int_equal(store->ops->load(store, pass_command, NULL), STORE_OK);
	fake.delay = 3;
	return 0;
}

static void turn_fake(void)
{
	fake_store_turn(&fake);
}

static int setup_later(void **state)
{
	store_turn = turn_fake;
	return setup_fake(state);
}

static int teardown_fake(void **state)
{
	(void)state;
	store = NULL;
	fake_store_release(&fake);
	return 0;
}

TEST(the_fake_fails_where_it_is_told_to)
{
	int64_t lobby = make_room("#lobby");
	fake.delay = 0;
	fake.fails_after[STORE_APPEND] = 2;
	assert_int_equal(say(lobby, "first"), 1);
	assert_int_equal(try_many(lobby, 3, "lost"), STORE_FAILED);
	fake.fails_after[FAKE_COMMIT] = 1;
	assert_int_equal(try_many(lobby, 3, "lost"), STORE_FAILED);
	assert_int_equal(say(lobby, "second"), 2);
	assert_int_equal(fake_number(&fake, "SELECT count(*) FROM entries"), 2);
}

static int order[2], ordered;

static void note_order(struct store_batch *batch, int result)
{
	assert_int_equal(result, STORE_OK);
	order[ordered++] = (int)batch->commands->room.id;
}

TEST(the_fake_completes_later_and_in_order)
{
	struct store_command commands[2] = {{.op = STORE_ADD_ROOM, .room.name = "#a"},
					    {.op = STORE_ADD_ROOM, .room.name = "#b"}};
	struct store_batch batches[2] = {{&commands[0], 1, note_order}, {&commands[1], 1, note_order}};
	ordered = 0;
	fake.delay = 2;
	store->ops->submit(store, &batches[0]);
	fake.delay = 0;
	store->ops->submit(store, &batches[1]);
	assert_int_equal(ordered, 0);
	assert_true(fake_store_turn(&fake));
	assert_int_equal(ordered, 0);
	assert_false(fake_store_turn(&fake));
	assert_int_equal(ordered, 2);
	assert_int_equal(order[0], 1);
	assert_int_equal(order[1], 2);
}

int main(void)
{
#define CONFORMANCE_SETUP    setup_store
#define CONFORMANCE_TEARDOWN teardown_store
	const struct CMUnitTest sqlite_tests[] = {CONFORMANCE_TESTS};
#undef CONFORMANCE_SETUP
#undef CONFORMANCE_TEARDOWN
#define CONFORMANCE_SETUP    setup_later
#define CONFORMANCE_TEARDOWN teardown_fake
	const struct CMUnitTest fake_tests[] = {
	    CONFORMANCE_TESTS,
	    CONFORMANCE_TEST(the_fake_fails_where_it_is_told_to),
	    CONFORMANCE_TEST(the_fake_completes_later_and_in_order),
	};
#undef CONFORMANCE_SETUP
#undef CONFORMANCE_TEARDOWN
#define CONFORMANCE_SETUP    setup_postgres
#define CONFORMANCE_TEARDOWN teardown_store
	const struct CMUnitTest postgres_tests[] = {CONFORMANCE_TESTS};
	int failed = cmocka_run_group_tests_name("sqlite", sqlite_tests, NULL, NULL);
	failed += cmocka_run_group_tests_name("fake", fake_tests, NULL, NULL);
	if (postgres_kit_begin()) {
		failed += cmocka_run_group_tests_name("postgres", postgres_tests, NULL, NULL);
		postgres_kit_end();
	}
	return failed;
}
