#include "store/postgres/postgres_schema.h"

#include "store/postgres/postgres_sql.h"
#include "version.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* Leads from version n to n + 1. Never change one that was released. */
static const char *const steps[] = {postgres_sql_schema,    postgres_sql_schema_2, postgres_sql_schema_3,
				    postgres_sql_schema_4,  postgres_sql_schema_5, postgres_sql_schema_6,
				    postgres_sql_schema_7,  postgres_sql_schema_8, postgres_sql_schema_9,
				    postgres_sql_schema_10, postgres_sql_schema_11};

#define VERSION ((int)(sizeof steps / sizeof *steps))

#define SERVER_LEAST 150000

/* *version 0: there is nothing. */
static int find_version(struct postgres_link *link, int *version)
{
	PGresult *row = postgres_query(link, "SELECT to_regclass('brusio.meta') IS NOT NULL", "");
	bool is_there = row && postgres_flag(row, 0, 0);
	*version = 0;
	if (!row)
		return -1;
	libpq.clear(row);
	if (!is_there)
		return 0;
	row = postgres_query(link, "SELECT value FROM brusio.meta WHERE key = 'version'", "");
	if (!row)
		return -1;
	*version = libpq.ntuples(row) ? (int)postgres_number(row, 0, 0) : 0;
	libpq.clear(row);
	return 0;
}

static int check_server(struct postgres_link *link, char *problem, size_t problem_bytes)
{
	int version = libpq.serverVersion(link->conn);
	PGresult *row = postgres_query(link, "SHOW server_encoding", "");
	bool is_utf8 = row && !strcmp(postgres_text(row, 0, 0), "UTF8");
	if (version < SERVER_LEAST)
		snprintf(problem, problem_bytes,
			 "PostgreSQL here is of version %d: brusiod needs 15 or later", version / 10000);
	else if (!row)
		snprintf(problem, problem_bytes, "PostgreSQL cannot be asked: %s", link->error);
	else if (!is_utf8)
		snprintf(problem, problem_bytes,
			 "the database is in the encoding %.40s: make one with createdb --encoding UTF8 "
			 "--template template0",
			 postgres_text(row, 0, 0));
	if (row)
		libpq.clear(row);
	return version >= SERVER_LEAST && is_utf8 ? 0 : -1;
}

static void refuse_newer_schema(int version, char *problem, size_t problem_bytes)
{
	snprintf(
	    problem, problem_bytes,
	    "the database is of version %d, and this brusiod %s knows up to %d: install the newer brusiod "
	    "that migrated it",
	    version, BRUSIO_VERSION, VERSION);
}

/* Names the functions of this version, which the chat calls without looking. */
static void name_functions(char hex[33])
{
	unsigned char hash[16];
	crypto_generichash(hash, sizeof hash, (const unsigned char *)postgres_sql_functions,
			   strlen(postgres_sql_functions), NULL, 0);
	sodium_bin2hex(hex, 33, hash, sizeof hash);
}

static int check_functions(struct postgres_link *link, char *problem, size_t problem_bytes)
{
	char name[33];
	name_functions(name);
	PGresult *row = postgres_query(link, "SELECT value FROM meta WHERE key = 'functions'", "");
	bool is_same = row && libpq.ntuples(row) && !strcmp(postgres_text(row, 0, 0), name);
	if (!row)
		snprintf(problem, problem_bytes, "the database cannot be read: %s", link->error);
	else if (!is_same)
		snprintf(problem, problem_bytes,
			 "the functions in the database are those of another brusiod: bring them up with "
			 "brusiod migrate");
	if (row)
		libpq.clear(row);
	return is_same ? 0 : -1;
}

int postgres_schema_check(struct postgres_link *link, char *problem, size_t problem_bytes)
{
	int version;
	if (check_server(link, problem, problem_bytes))
		return -1;
	if (find_version(link, &version))
		snprintf(problem, problem_bytes, "the database cannot be read: %s", link->error);
	else if (!version)
		snprintf(problem, problem_bytes,
			 "there is nothing of brusio in this database: make it with brusiod migrate");
	else if (version < VERSION)
		snprintf(
		    problem, problem_bytes,
		    "the database is of version %d, and this brusiod %s needs %d: bring it up with brusiod "
		    "migrate",
		    version, BRUSIO_VERSION, VERSION);
	else if (version > VERSION)
		refuse_newer_schema(version, problem, problem_bytes);
	else
		return check_functions(link, problem, problem_bytes);
	return -1;
}

/* Every database has these from its birth: the name of its history, and a key for hashing authors. */
static int name_history(struct postgres_link *link)
{
	unsigned char bytes[24];
	char hex[sizeof bytes * 2 + 1], sql[200];
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
	snprintf(sql, sizeof sql,
		 "INSERT INTO meta VALUES('epoch', '%.16s'), ('author_key', '%.32s'), ('version', '0')", hex,
		 hex + 16);
	return postgres_run(link, sql);
}

int postgres_schema_name_history(struct postgres_link *link, const char *before)
{
	unsigned char bytes[8];
	char epoch[sizeof bytes * 2 + 1];
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2hex(epoch, sizeof epoch, bytes, sizeof bytes);
	PGresult *result = postgres_query(link,
					  "UPDATE meta SET value = $1 WHERE key = 'epoch' AND"
					  " ($2::text IS NULL OR value = $2)",
					  "tn", epoch, before);
	if (result)
		libpq.clear(result);
	return result ? 0 : -1;
}

static int migrate_from(struct postgres_link *link, int version)
{
	char sql[300], functions[33];
	int result = 0;
	name_functions(functions);
	for (int step = version; step < VERSION && !result; step++) {
		result = postgres_run(link, steps[step]);
		if (!result && !step)
			result = name_history(link);
	}
	snprintf(
	    sql, sizeof sql,
	    "UPDATE meta SET value = '%d' WHERE key = 'version'; INSERT INTO meta VALUES('functions', '%s')"
	    " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
	    VERSION, functions);
	if (!result)
		result = postgres_run(link, postgres_sql_functions);
	return result ? result : postgres_run(link, sql);
}

int postgres_schema_migrate(struct postgres_link *link, int *from, char *problem, size_t problem_bytes)
{
	if (check_server(link, problem, problem_bytes))
		return -1;
	/* Locks of a server that runs are not waited for, since others would wait behind us. */
	int result = postgres_run(link, "BEGIN; SET LOCAL lock_timeout = '2s';"
					"SELECT pg_advisory_xact_lock(7234017);"
					"CREATE SCHEMA IF NOT EXISTS brusio");
	if (!result)
		result = find_version(link, from);
	if (!result && *from > VERSION) {
		refuse_newer_schema(*from, problem, problem_bytes);
		postgres_link_close(link);
		return -1;
	}
	if (!result)
		result = migrate_from(link, *from);
	if (!result)
		result = postgres_run(link, "COMMIT");
	if (!result)
		return 0;
	snprintf(problem, problem_bytes, "the database cannot be migrated, and is as it was: %s",
		 link->error);
	postgres_link_close(link);
	return -1;
}
