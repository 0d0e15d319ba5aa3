#include "store/sqlite/sqlite_factor.h"

#include "store/sqlite/sqlite_call.h"

#include <assert.h>
#include <stdio.h>

static int factor_drop(struct sqlite_writer *writer, int64_t person)
{
	int result =
	    statements_run(&writer->statements, "DELETE FROM recovery_codes WHERE person=?1", "i", person);
	return result == STORE_OK ? statements_change(&writer->statements,
						      "DELETE FROM factors WHERE person=?1", "i", person)
				  : result;
}

int sqlite_drop_factor(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_DROP_FACTOR);
	return factor_drop(writer, command->factor.person);
}

int sqlite_put_factor(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PUT_FACTOR);
	const struct store_factor *factor = &command->factor;
	int result = factor_drop(writer, factor->person);
	if (result == STORE_OK || result == STORE_NONE)
		result = statements_change(
		    &writer->statements,
		    "INSERT INTO factors SELECT id, ?2, ?3 FROM people WHERE id=?1 AND kind=1", "iti",
		    factor->person, factor->secret, factor->step);
	for (size_t i = 0; i < factor->recovery_count && result == STORE_OK; i++)
		result = statements_run(&writer->statements, "INSERT INTO recovery_codes VALUES(?1, ?2)",
					"is", factor->person, factor->recovery[i]);
	return result;
}

int sqlite_use_factor(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_USE_FACTOR);
	return statements_change(&writer->statements,
				 "UPDATE factors SET step=?2 WHERE person=?1 AND step<?2", "ii",
				 command->factor.person, command->factor.step);
}

int sqlite_use_recovery(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_USE_RECOVERY);
	return statements_change(&writer->statements,
				 "DELETE FROM recovery_codes WHERE person=?1 AND hash=?2", "is",
				 command->factor.person, command->factor.used);
}

int sqlite_find_factor(struct sqlite_writer *writer, int64_t person, struct store_factor *found)
{
	sqlite3_stmt *row;
	int result = statements_row(&writer->statements, &row,
				    "SELECT secret, step FROM factors WHERE person=?1", "i", person);
	if (result != STORE_OK)
		return result;
	*found = (struct store_factor){.person = person, .step = sqlite3_column_int64(row, 1)};
	snprintf(found->secret, sizeof found->secret, "%s", sqlite_text(row, 0));
	sqlite3_reset(row);
	return STORE_OK;
}
