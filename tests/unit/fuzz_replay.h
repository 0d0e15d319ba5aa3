/* Gives a fuzz target its seeds, and what once broke it, one after the other: a test without clang.
 *
 * The including file has included the target before, and names it in FUZZ_TARGET. */
#ifndef BRUSIO_TESTS_UNIT_FUZZ_REPLAY_H
#define BRUSIO_TESTS_UNIT_FUZZ_REPLAY_H

#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

/* Runs every file of the folder; returns how many there were. The folder may be missing. */
static int replay_folder(const char *folder)
{
	int count = 0;
	DIR *files = opendir(folder);
	for (struct dirent *file; files && (file = readdir(files));) {
		char path[512];
		static uint8_t bytes[1 << 20];
		if (*file->d_name == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
		FILE *from = fopen(path, "rb");
		assert_non_null(from);
		size_t length = fread(bytes, 1, sizeof bytes, from);
		fclose(from);
		print_message("# %s\n", path);
		/* A copy of exactly these bytes, so that reading past them is seen. */
		uint8_t *copy = malloc(length + !length);
		memcpy(copy, bytes, length);
		LLVMFuzzerTestOneInput(copy, length);
		free(copy);
		count++;
	}
	if (files)
		closedir(files);
	return count;
}

/* From the root of the tree, as all unit tests run. */
TEST(seeds_and_regressions_pass)
{
	assert_true(replay_folder("tests/fuzz/corpus/" FUZZ_TARGET) > 0);
	replay_folder("tests/fuzz/regressions/" FUZZ_TARGET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(seeds_and_regressions_pass),
	};
	alarm(240);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
