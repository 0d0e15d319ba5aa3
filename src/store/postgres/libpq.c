#include "store/postgres/libpq.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#ifndef BRUSIO_STATIC
#include <dlfcn.h>
#endif

struct libpq libpq;

#ifdef BRUSIO_STATIC

int libpq_load(char *problem, size_t problem_bytes)
{
	snprintf(problem, problem_bytes,
		 "this brusiod is the static one, which has no PostgreSQL: take the one of a package, or "
		 "build it with make");
	return -1;
}

#else

int libpq_load(char *problem, size_t problem_bytes)
{
	static const char *const names[] = {
#define X(name, type, parameters) "PQ" #name,
	    LIBPQ_FUNCTIONS(X)
#undef X
	};
	void *places[sizeof names / sizeof *names];
	static_assert(sizeof places == sizeof libpq, "libpq has functions alone");
	if (libpq.finish)
		return 0;
	void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		snprintf(problem, problem_bytes,
			 "PostgreSQL's client library is not here (%.200s): install the package libpq5",
			 dlerror());
		return -1;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		places[i] = dlsym(library, names[i]);
		if (!places[i]) {
			snprintf(problem, problem_bytes,
				 "PostgreSQL's client library is too old, it has no %s: install libpq5 of "
				 "PostgreSQL 15 or later",
				 names[i]);
			dlclose(library);
			return -1;
		}
	}
	memcpy(&libpq, places, sizeof libpq);
	return 0;
}

#endif
