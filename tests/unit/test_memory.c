/* Memory that is there, or the process is not. */
#include "base/memory.h"

#include "unit.h"

#include <sys/wait.h>
#include <unistd.h>

TEST(strings_are_copied)
{
	char *whole = mem_string("ciao"), *part = mem_string_n("ciao", 2), *none = mem_string_n("", 0);
	assert_string_equal(whole, "ciao");
	assert_string_equal(part, "ci");
	assert_string_equal(none, "");
	free(whole);
	free(part);
	free(none);
}

TEST(zeroed_memory_is_zero)
{
	char *memory = mem_zero(333);
	for (int i = 0; i < 333; i++)
		assert_int_equal(memory[i], 0);
	free(memory);
}

TEST(nothing_is_still_a_pointer)
{
	void *alloc = mem_alloc(0), *zero = mem_zero(0), *resized = mem_resize(NULL, 0);
	assert_non_null(alloc);
	assert_non_null(zero);
	assert_non_null(resized);
	free(alloc);
	free(zero);
	free(resized);
}

TEST(an_array_grows_to_what_is_needed_and_keeps_what_it_has)
{
	int *numbers = NULL;
	size_t capacity = 0, resizes = 0;
	for (size_t i = 0; i < 1000; i++) {
		size_t before = capacity;
		numbers = mem_grow(numbers, &capacity, i + 1, sizeof *numbers);
		resizes += capacity != before;
		assert_true(capacity > i);
		numbers[i] = (int)i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(numbers[i], i);
	assert_in_range(resizes, 1, 12);
	numbers = mem_grow(numbers, &capacity, 100000, sizeof *numbers);
	assert_int_equal(capacity, 100000);
	free(numbers);
}

TEST(an_allocation_that_fails_ends_the_process)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		/* The sanitizers' and mem_alloc()'s lines about it are not for the test's reader. */
		close(STDERR_FILENO);
		char *memory = mem_alloc(SIZE_MAX / 4);
		*memory = 1;
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(strings_are_copied),
	    cmocka_unit_test(zeroed_memory_is_zero),
	    cmocka_unit_test(nothing_is_still_a_pointer),
	    cmocka_unit_test(an_array_grows_to_what_is_needed_and_keeps_what_it_has),
	    cmocka_unit_test(an_allocation_that_fails_ends_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
