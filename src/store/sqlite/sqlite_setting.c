#include "store/sqlite/sqlite_setting.h"

#include "store/sqlite/sqlite_call.h"
#include "store/sqlite/sqlite_file.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static int setting_remove(struct sqlite_writer *writer, const struct store_setting *setting)
{
	return statements_run(&writer->statements, "DELETE FROM settings WHERE person=?1 AND key=?2", "it",
			      setting->person, setting->key);
}

/* STORE_OK where the account's settings stay within their bounds with this one. */
static int setting_fits(struct sqlite_writer *writer, const struct store_setting *setting)
{
	int64_t count, bytes;
	int result = statements_number(&writer->statements, &count,
				       "SELECT count(*)+1 FROM settings WHERE person=?1 AND key<>?2", "it",
				       setting->person, setting->key);
	if (result == STORE_OK)
		result = statements_number(
		    &writer->statements, &bytes,
		    "SELECT coalesce(sum(length(CAST(key||value AS BLOB))), 0)+length(CAST(?2||?3 AS BLOB))"
		    " FROM settings WHERE person=?1 AND key<>?2",
		    "itt", setting->person, setting->key, setting->value);
	if (result != STORE_OK)
		return STORE_FAILED;
	return count > setting->most || bytes > setting->bytes_most ? STORE_LIMIT : STORE_OK;
}

int sqlite_put_setting(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PUT_SETTING);
	const struct store_setting *setting = &command->setting;
	if (!*setting->value)
		return setting_remove(writer, setting);
	int result = setting_fits(writer, setting);
	if (result != STORE_OK)
		return result;
	return statements_change(&writer->statements,
				 "INSERT INTO settings(person, key, value)"
				 " SELECT id, ?2, ?3 FROM people WHERE id=?1 AND kind=1"
				 " ON CONFLICT(person, key) DO UPDATE SET value=excluded.value",
				 "itt", setting->person, setting->key, setting->value);
}

int sqlite_list_settings(struct sqlite_writer *writer, struct store_query *query)
{
	sqlite3_stmt *rows = statements_rows(&writer->statements,
					     "SELECT key, value FROM settings WHERE person=?1 ORDER BY key",
					     "i", query->person);
	int result;
	while ((result = statements_next(rows)) == STORE_OK) {
		struct store_command row = {.op = STORE_PUT_SETTING,
					    .setting = {.person = query->person,
							.key = sqlite_text(rows, 0),
							.value = sqlite_text(rows, 1)}};
		query->visit(query, &row);
	}
	return result == STORE_NONE ? STORE_OK : result;
}

/* --- profiles --- */

/* STORE_OK where the file may be its owner's picture. */
static int profile_check_picture(struct sqlite_writer *writer, struct store_profile *profile)
{
	struct file file;
	struct store_query query = {.file = &file};
	snprintf(query.text, sizeof query.text, "%s", profile->picture);
	int result = sqlite_find_file(writer, &query);
	if (result == STORE_FAILED)
		return result;
	if (result != STORE_OK || file.entry > 0 || file.owner != profile->person ||
	    strncmp(file.type, "image/", 6) != 0 || file.bytes > profile->picture_bytes_most)
		return STORE_NO_FILE;
	memcpy(profile->picture_key, file.key, sizeof profile->picture_key);
	return STORE_OK;
}

static int profile_write(struct sqlite_writer *writer, const struct store_profile *profile)
{
	struct statements *statements = &writer->statements;
	int result =
	    statements_run(statements,
			   "INSERT OR REPLACE INTO profiles(person, display, about, picture, hides_reading)"
			   " VALUES(?1, ?2, ?3, ?4, ?5)",
			   "ittti", profile->person, profile->display, profile->about, profile->picture,
			   (int64_t)profile->hides_reading);
	if (result == STORE_OK)
		result = statements_run(statements, "UPDATE files SET entry=-1 WHERE id=?1", "t",
					profile->picture);
	if (result == STORE_OK)
		result =
		    statements_run(statements, "DELETE FROM files WHERE owner=?1 AND entry=-1 AND id<>?2",
				   "it", profile->person, profile->picture);
	return result;
}

/* A refused profile writes nothing. */
int sqlite_put_profile(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PUT_PROFILE);
	struct store_profile *profile = &command->profile;
	int64_t person;
	profile->picture_key[0] = '\0';
	int result = statements_number(&writer->statements, &person,
				       "SELECT id FROM people WHERE id=?1 AND kind=1", "i", profile->person);
	if (result == STORE_OK && *profile->picture)
		result = profile_check_picture(writer, profile);
	return result == STORE_OK ? profile_write(writer, profile) : result;
}
