#include "store/sqlite/statements.h"

#include "store/store.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

void statements_release(struct statements *statements)
{
	for (int i = 0; i < STATEMENTS_MAX; i++)
		sqlite3_finalize(statements->slots[i].statement);
	memset(statements->slots, 0, sizeof statements->slots);
}

static sqlite3_stmt *statement_find(struct statements *statements, const char *sql)
{
	size_t at = (uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15) >> 40;
	for (int tries = 0;; at++, tries++) {
		assert(tries < STATEMENTS_MAX);
		if (statements->slots[at % STATEMENTS_MAX].sql == sql)
			return statements->slots[at % STATEMENTS_MAX].statement;
		if (!statements->slots[at % STATEMENTS_MAX].sql)
			break;
	}
	sqlite3_stmt *made = NULL;
	if (sqlite3_prepare_v3(statements->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, NULL) != SQLITE_OK)
		return NULL;
	statements->slots[at % STATEMENTS_MAX].sql = sql;
	statements->slots[at % STATEMENTS_MAX].statement = made;
	return made;
}

static sqlite3_stmt *bind(struct statements *statements, const char *sql, const char *types, va_list values)
{
	sqlite3_stmt *statement = statement_find(statements, sql);
	assert(!statement || sqlite3_bind_parameter_count(statement) == (int)strlen(types));
	for (int i = 1; statement && *types; types++, i++) {
		const char *text;
		switch (*types) {
		case 'i':
			sqlite3_bind_int64(statement, i, va_arg(values, int64_t));
			break;
		case 't':
			text = va_arg(values, const char *);
			sqlite3_bind_text(statement, i, text ? text : "", -1, SQLITE_STATIC);
			break;
		case 'n':
			sqlite3_bind_text(statement, i, va_arg(values, const char *), -1, SQLITE_STATIC);
			break;
		default:
			assert(*types == 'h' || *types == 's');
			sqlite3_bind_blob(statement, i, va_arg(values, const void *),
					  *types == 's' ? STORE_SESSION_BYTES : STORE_TOKEN_BYTES,
					  SQLITE_STATIC);
		}
	}
	return statement;
}

static int statements_step(sqlite3_stmt *statement)
{
	if (!statement)
		return STORE_FAILED;
	int result = sqlite3_step(statement);
	sqlite3_reset(statement);
	return result == SQLITE_DONE ? STORE_OK : STORE_FAILED;
}

int statements_run(struct statements *statements, const char *sql, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	int result = statements_step(bind(statements, sql, types, values));
	va_end(values);
	return result;
}

int statements_change(struct statements *statements, const char *sql, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	int result = statements_step(bind(statements, sql, types, values));
	va_end(values);
	return result == STORE_OK && !sqlite3_changes(statements->db) ? STORE_NONE : result;
}

int statements_next(sqlite3_stmt *rows)
{
	int result = rows ? sqlite3_step(rows) : SQLITE_ERROR;
	if (result == SQLITE_ROW)
		return STORE_OK;
	sqlite3_reset(rows);
	return result == SQLITE_DONE ? STORE_NONE : STORE_FAILED;
}

int statements_row(struct statements *statements, sqlite3_stmt **row, const char *sql, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	*row = bind(statements, sql, types, values);
	va_end(values);
	return statements_next(*row);
}

int statements_number(struct statements *statements, int64_t *number, const char *sql, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	sqlite3_stmt *row = bind(statements, sql, types, values);
	va_end(values);
	int result = statements_next(row);
	*number = result == STORE_OK ? sqlite3_column_int64(row, 0) : 0;
	if (result == STORE_OK)
		sqlite3_reset(row);
	return result;
}

sqlite3_stmt *statements_rows(struct statements *statements, const char *sql, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	sqlite3_stmt *rows = bind(statements, sql, types, values);
	va_end(values);
	return rows;
}
