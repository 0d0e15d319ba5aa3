/* The hash table: what was put in and not taken out is found, whatever its hash. */
#include "base/table.h"

#include "unit.h"

struct thing {
	int number;
	struct table_link link;
	bool is_in;
};

static struct table table;

static int teardown(void **state)
{
	(void)state;
	table_release(&table);
	assert_null(table.buckets);
	return 0;
}

static struct thing *find(uint64_t hash, int number)
{
	for (struct table_link *link = table_first(&table, hash); link; link = table_next(link, hash)) {
		struct thing *thing = TABLE_OF(link, struct thing, link);
		assert_int_equal(link->hash, hash);
		if (thing->number == number)
			return thing;
	}
	return NULL;
}

static size_t walk(bool seen[], size_t count)
{
	size_t found = 0, bucket = 0;
	memset(seen, 0, count * sizeof *seen);
	for (struct table_link *link = NULL; (link = table_walk(&table, &bucket, link)); found++) {
		struct thing *thing = TABLE_OF(link, struct thing, link);
		assert_false(seen[thing->number]);
		seen[thing->number] = true;
	}
	return found;
}

TEST(an_empty_table_holds_nothing)
{
	size_t bucket = 0;
	assert_null(table_first(&table, 5));
	assert_null(table_walk(&table, &bucket, NULL));
}

/* Few hashes for many things, so that most collide. */
TEST(what_is_in_is_found_and_what_is_out_is_not)
{
	enum { THINGS = 500 };
	static struct thing things[THINGS];
	bool seen[THINGS];
	uint64_t dice = 11;
	size_t in = 0;
	for (int turn = 0; turn < 20000; turn++) {
		int number = (int)dice_below(&dice, THINGS);
		struct thing *thing = &things[number];
		uint64_t hash = (uint64_t)number % 37 * UINT64_C(0x100000001);
		thing->number = number;
		assert_ptr_equal(find(hash, number), thing->is_in ? thing : NULL);
		if (thing->is_in)
			table_remove(&table, &thing->link);
		else
			table_insert(&table, &thing->link, hash);
		thing->is_in = !thing->is_in;
		in += thing->is_in ? 1 : -1;
		assert_int_equal(table.count, in);
	}
	assert_int_equal(walk(seen, THINGS), in);
	for (int i = 0; i < THINGS; i++)
		assert_int_equal(seen[i], things[i].is_in);
}

TEST(it_grows_with_what_it_holds)
{
	enum { THINGS = 10000 };
	struct thing *things = calloc(THINGS, sizeof *things);
	for (int i = 0; i < THINGS; i++) {
		things[i].number = i;
		table_insert(&table, &things[i].link, table_hash(&i, sizeof i));
	}
	assert_true(table.size >= THINGS / 2);
	for (int i = 0; i < THINGS; i++)
		assert_ptr_equal(find(table_hash(&i, sizeof i), i), &things[i]);
	free(things);
}

TEST(equal_bytes_have_equal_hashes)
{
	char copy[] = "mario";
	assert_int_equal(table_hash_string("mario"), table_hash_string(copy));
	assert_int_equal(table_hash_string("mario"), table_hash("mario", 5));
	assert_int_not_equal(table_hash_string("mario"), table_hash_string("maria"));
	assert_int_not_equal(table_hash_string(""), table_hash("\0", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(an_empty_table_holds_nothing, teardown),
	    cmocka_unit_test_teardown(what_is_in_is_found_and_what_is_out_is_not, teardown),
	    cmocka_unit_test_teardown(it_grows_with_what_it_holds, teardown),
	    cmocka_unit_test(equal_bytes_have_equal_hashes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
