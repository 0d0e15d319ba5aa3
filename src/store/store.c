#include "store/store.h"

#include "store/sqlite.h"

#include <stdio.h>
#include <string.h>

int store_open(const char *where, struct store **store, char *problem, size_t problem_bytes)
{
	const char *mark = strstr(where, "://");
	if (!mark)
		return sqlite_store_open(where, store, problem, problem_bytes);
	snprintf(problem, problem_bytes,
		 "this brusiod keeps its data in a directory, and has no store of the kind \"%.*s\": give it "
		 "the path of a directory with --data",
		 (int)(mark - where), where);
	return STORE_FAILED;
}
