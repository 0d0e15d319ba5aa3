#include "store/postgres/postgres_admin.h"

#include "store/check_promise.h"

#include <stdio.h>

/* The promises that PostgreSQL's own sequence shows. */
static const char *const postgres_promises[] = {
    /* Those of a person who is gone keep the number. */
    "SELECT 'reaction to entry ' || entry || ': person ' || person || ' never was' FROM reactions"
    " WHERE person > (SELECT last_value FROM people_id)",
    "SELECT 'mention of person ' || person || ' in room ' || room || ': there is no such person' FROM "
    "mentions"
    " WHERE person <> 0 AND person > (SELECT last_value FROM people_id)",
};

static int pg_report(struct postgres_link *link, const char *sql, FILE *to, int *found, char *problem)
{
	PGresult *rows = postgres_query(link, sql, "");
	if (!rows) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "cannot check: %.300s", link->error);
		return -1;
	}
	for (int i = 0; i < libpq.ntuples(rows); i++)
		fprintf(to, "%s\n", postgres_text(rows, i, 0));
	*found += libpq.ntuples(rows);
	libpq.clear(rows);
	return 0;
}

int postgres_check(struct postgres_link *link, FILE *to, int *found, char *problem)
{
	int result = 0;
	*found = 0;
	link->patience_ms = 24 * 3600 * 1000;
	/* One snapshot for all questions, which look at whole tables. */
	if (postgres_run(link,
			 "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL enable_seqscan = on;"
			 "SET LOCAL enable_mergejoin = on")) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "cannot check: %.300s", link->error);
		return -1;
	}
	for (size_t i = 0; i < sizeof postgres_promises / sizeof *postgres_promises && !result; i++)
		result = pg_report(link, postgres_promises[i], to, found, problem);
	for (const char *const *one = check_promises; *one && !result; one++)
		result = pg_report(link, *one, to, found, problem);
	if (link->conn && postgres_run(link, "ROLLBACK") && !result) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "cannot check: %.300s", link->error);
		result = -1;
	}
	return result;
}
