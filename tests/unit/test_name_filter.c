/* The filter that tells words from names. */
#include "chat/talk/name_filter.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

static uint32_t hash_of(const char *name)
{
	uint32_t hash = NAME_FILTER_START;
	for (; *name; name++)
		hash = name_filter_step(hash, (unsigned char)*name);
	return hash;
}

static bool passes(const struct name_filter *filter, const char *name)
{
	return name_filter_passes(filter, hash_of(name), strlen(name));
}

TEST(nothing_passes_before_a_name_is_added)
{
	struct name_filter filter = {0};
	assert_true(name_filter_is_full(&filter));
	assert_false(passes(&filter, "anna"));
	assert_false(passes(&filter, ""));
	name_filter_empty(&filter, 1);
	assert_false(passes(&filter, "anna"));
	name_filter_release(&filter);
}

TEST(every_name_passes_and_few_other_words_do)
{
	struct name_filter filter = {0};
	char name[32];
	size_t passed = 0, count = 1000;
	name_filter_empty(&filter, count);
	for (size_t i = 0; i < count; i++) {
		assert_false(name_filter_is_full(&filter));
		snprintf(name, sizeof name, "user%zu", i);
		name_filter_add(&filter, hash_of(name), strlen(name));
	}
	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof name, "user%zu", i);
		assert_true(passes(&filter, name));
		snprintf(name, sizeof name, "w%zuord", i);
		passed += passes(&filter, name);
	}
	assert_in_range(passed, 0, count / 25);
	name_filter_release(&filter);
}

TEST(it_is_full_before_too_much_passes_and_empty_again)
{
	struct name_filter filter = {0};
	char name[32];
	size_t added = 0;
	name_filter_empty(&filter, 4);
	while (!name_filter_is_full(&filter)) {
		snprintf(name, sizeof name, "user%zu", added++);
		name_filter_add(&filter, hash_of(name), strlen(name));
	}
	assert_in_range(added, 4, 8);
	name_filter_empty(&filter, 4);
	assert_false(passes(&filter, "user0"));
	name_filter_release(&filter);
}

TEST(a_word_longer_than_all_names_does_not_pass)
{
	struct name_filter filter = {0};
	name_filter_empty(&filter, 1);
	name_filter_add(&filter, hash_of("anna"), 4);
	assert_true(passes(&filter, "anna"));
	assert_false(name_filter_passes(&filter, hash_of("anna"), 5));
	name_filter_release(&filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_passes_before_a_name_is_added),
	    cmocka_unit_test(every_name_passes_and_few_other_words_do),
	    cmocka_unit_test(it_is_full_before_too_much_passes_and_empty_again),
	    cmocka_unit_test(a_word_longer_than_all_names_does_not_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
