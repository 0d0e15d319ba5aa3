#include "store/sqlite/sqlite_call.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static sqlite3_stmt *call_prepare(sqlite3 *db, const char *sql, const char *types, va_list values)
{
	sqlite3_stmt *statement;
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return NULL;
	assert(sqlite3_bind_parameter_count(statement) >= (int)strlen(types));
	for (int i = 1; *types; types++, i++) {
		if (*types == 'i')
			sqlite3_bind_int64(statement, i, va_arg(values, int64_t));
		else if (*types == 't')
			sqlite3_bind_text(statement, i, va_arg(values, const char *), -1, SQLITE_STATIC);
		else {
			assert(*types == 'h');
			sqlite3_bind_blob(statement, i, va_arg(values, const void *), 32, SQLITE_STATIC);
		}
	}
	return statement;
}

sqlite3_stmt *sqlite_prepare(sqlite3 *db, const char *sql, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	sqlite3_stmt *statement = call_prepare(db, sql, types, values);
	va_end(values);
	return statement;
}

int sqlite_run(sqlite3 *db, const char *sql, const char *types, ...)
{
	va_list values;
	va_start(values, types);
	sqlite3_stmt *statement = call_prepare(db, sql, types, values);
	va_end(values);
	if (!statement)
		return sqlite3_errcode(db);
	int result = sqlite3_step(statement);
	sqlite3_finalize(statement);
	return result == SQLITE_DONE ? SQLITE_OK : result;
}

const char *sqlite_text(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	return text ? text : "";
}

bool sqlite_copy_hash(sqlite3_stmt *row, int column, unsigned char *hash, int bytes)
{
	assert(bytes > 0);
	const void *blob = sqlite3_column_blob(row, column);
	if (!blob || sqlite3_column_bytes(row, column) != bytes)
		return false;
	memcpy(hash, blob, (size_t)bytes);
	return true;
}
