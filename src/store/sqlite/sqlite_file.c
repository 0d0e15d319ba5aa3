#include "store/sqlite/sqlite_file.h"

#include "base/memory.h"
#include "store/sqlite/sqlite_call.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* --- commands --- */

int sqlite_add_file(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_ADD_FILE);
	const struct file *file = command->file;
	int64_t owner;
	/* An imported file has no owner. */
	int result =
	    file->owner ? statements_number(&writer->statements, &owner,
					    "SELECT id FROM people WHERE id=?1 AND kind<>2", "i", file->owner)
			: STORE_OK;
	if (result != STORE_OK)
		return result;
	return statements_run(
	    &writer->statements,
	    "INSERT INTO files(id, key, owner, name, type, bytes, hash, width, height, made_ms,"
	    " preview_bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	    "ttittihiiii", file->id, file->key, file->owner, file->name, file->type, file->bytes, file->hash,
	    (int64_t)file->width, (int64_t)file->height, file->made_ms, file->preview_bytes);
}

/* The search index knows the message, and its newest edit, by the name of the file, too. */
static int remove_one(struct sqlite_writer *writer, const char *id)
{
	int result = statements_run(
	    &writer->statements,
	    "INSERT OR IGNORE INTO forgotten(entry) SELECT e.id FROM files f JOIN entries m ON m.id=f.entry"
	    " JOIN entries e ON e.room=m.room AND e.seq IN (m.seq, m.latest) WHERE f.id=?1 AND f.entry>0",
	    "t", id);
	if (result == STORE_OK)
		result = statements_run(&writer->statements,
					"UPDATE profiles SET picture='' WHERE picture=?1"
					" AND person IN (SELECT owner FROM files WHERE id=?1)",
					"t", id);
	if (result == STORE_OK)
		result = statements_run(&writer->statements, "DELETE FROM files WHERE id=?1", "t", id);
	return result;
}

int sqlite_sweep_files(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_SWEEP_FILES);
	const struct store_file_sweep *sweep = &command->file_sweep;
	const char *ids = sweep->dropped;
	char id[FILE_ID_BYTES];
	int result = STORE_OK;
	while (result == STORE_OK && file_next_id(&ids, id))
		result =
		    statements_run(&writer->statements, "DELETE FROM dropped_files WHERE id=?1", "t", id);
	for (ids = sweep->removed; result == STORE_OK && file_next_id(&ids, id);)
		result = remove_one(writer, id);
	if (result != STORE_OK)
		return result;
	return statements_run(
	    &writer->statements,
	    "DELETE FROM files WHERE id IN (SELECT id FROM files WHERE entry=0 AND made_ms<?1"
	    " LIMIT 100)",
	    "i", sweep->unsent_before_ms);
}

/* --- questions --- */

static void copy_text(sqlite3_stmt *row, int column, char *to, size_t room)
{
	snprintf(to, room, "%s", sqlite_text(row, column));
}

_Static_assert(LIMIT_FILES == 10, "SQLITE_FILES_OF_ENTRY says so");

void sqlite_show_file(sqlite3_stmt *row, struct sqlite_file_texts *texts, struct entry_file *file)
{
	copy_text(row, 0, texts->id, sizeof texts->id);
	copy_text(row, 1, texts->key, sizeof texts->key);
	copy_text(row, 2, texts->name, sizeof texts->name);
	copy_text(row, 3, texts->type, sizeof texts->type);
	*file = (struct entry_file){.id = texts->id,
				    .key = texts->key,
				    .name = texts->name,
				    .type = texts->type,
				    .bytes = sqlite3_column_int64(row, 4),
				    .width = sqlite3_column_int(row, 5),
				    .height = sqlite3_column_int(row, 6),
				    .preview_bytes = sqlite3_column_int64(row, 7)};
}

int sqlite_find_file(struct sqlite_writer *writer, struct store_query *query)
{
	struct file *file = query->file;
	sqlite3_stmt *row;
	int result = statements_row(
	    &writer->statements, &row,
	    "SELECT f.key, f.owner, f.entry, coalesce(e.room, 0), f.name, f.type, f.bytes, f.width, f.height,"
	    " f.hash, f.preview_bytes FROM files f LEFT JOIN entries e ON e.id=f.entry WHERE f.id=?1",
	    "t", query->text);
	if (result != STORE_OK)
		return result;
	snprintf(file->id, sizeof file->id, "%.32s", query->text);
	copy_text(row, 0, file->key, sizeof file->key);
	file->owner = sqlite3_column_int64(row, 1);
	file->entry = sqlite3_column_int64(row, 2);
	file->room_id = sqlite3_column_int64(row, 3);
	copy_text(row, 4, file->name, sizeof file->name);
	copy_text(row, 5, file->type, sizeof file->type);
	file->bytes = sqlite3_column_int64(row, 6);
	file->width = sqlite3_column_int(row, 7);
	file->height = sqlite3_column_int(row, 8);
	sqlite_copy_hash(row, 9, file->hash, FILE_HASH_BYTES);
	file->preview_bytes = sqlite3_column_int64(row, 10);
	sqlite3_reset(row);
	return STORE_OK;
}

int sqlite_count_files(struct sqlite_writer *writer, struct store_query *query)
{
	int result =
	    statements_number(&writer->statements, &query->count,
			      "SELECT coalesce(sum(bytes), 0) FROM files WHERE owner=?1 AND made_ms>=?2",
			      "ii", query->person, query->since_ms);
	if (result != STORE_OK)
		return STORE_FAILED;
	return statements_number(&writer->statements, &query->total,
				 "SELECT value FROM meta WHERE key='file_bytes'", "");
}

/* STORE_NONE behind the last one, or STORE_FAILED. */
static int show_ids(sqlite3_stmt *rows, struct store_query *query)
{
	int result;
	while ((result = statements_next(rows)) == STORE_OK) {
		struct file file = {0};
		copy_text(rows, 0, file.id, sizeof file.id);
		query->visit(query, &(struct store_command){.op = STORE_ADD_FILE, .file = &file});
	}
	return result;
}

/* Ids are hexadecimal digits, which all come before "g". */
int sqlite_list_files(struct sqlite_writer *writer, struct store_query *query)
{
	sqlite3_stmt *rows = statements_rows(&writer->statements,
					     "SELECT id FROM files WHERE id>=?1 AND id<?1 || 'g' ORDER BY id",
					     "t", query->text);
	int result = show_ids(rows, query);
	return result == STORE_FAILED ? result : STORE_OK;
}

int sqlite_list_dropped(struct sqlite_writer *writer, struct store_query *query)
{
	sqlite3_stmt *rows = statements_rows(&writer->statements,
					     "SELECT id FROM dropped_files WHERE id>?1 ORDER BY id LIMIT ?2",
					     "ti", query->text, (int64_t)STORE_DROPS_MAX);
	int result = show_ids(rows, query);
	if (result == STORE_FAILED)
		return result;
	result = statements_number(&writer->statements, &query->count,
				   "SELECT 1 FROM files WHERE entry=0 AND made_ms<?1 LIMIT 1", "i",
				   query->since_ms);
	return result == STORE_FAILED ? result : STORE_OK;
}

/* --- of messages --- */

static bool is_twice(const struct entry *entry, const char *id)
{
	for (size_t i = 0; i < entry->files_count; i++)
		if (!strcmp(entry->files[i].id, id))
			return true;
	return false;
}

static void fill_in(struct sqlite_writer *writer, const struct file *file, struct entry_file *to)
{
	*to = (struct entry_file){.id = sqlite_writer_keep(writer, file->id),
				  .key = sqlite_writer_keep(writer, file->key),
				  .name = sqlite_writer_keep(writer, file->name),
				  .type = sqlite_writer_keep(writer, file->type),
				  .bytes = file->bytes,
				  .width = file->width,
				  .height = file->height,
				  .preview_bytes = file->preview_bytes};
}

int sqlite_take_files(struct sqlite_writer *writer, struct entry *entry)
{
	const char *ids = entry->file_ids;
	struct file file;
	struct store_query query = {.file = &file};
	entry->files_count = 0;
	while (ids && *ids) {
		if (entry->files_count == LIMIT_FILES || !file_next_id(&ids, query.text) ||
		    is_twice(entry, query.text))
			return STORE_NO_FILE;
		int result = sqlite_find_file(writer, &query);
		if (result == STORE_FAILED)
			return result;
		if (result != STORE_OK || file.entry || file.owner != entry->person)
			return STORE_NO_FILE;
		fill_in(writer, &file, &entry->files[entry->files_count++]);
	}
	return STORE_OK;
}

int sqlite_attach_files(struct sqlite_writer *writer, const struct entry *entry)
{
	int result = STORE_OK;
	for (size_t i = 0; i < entry->files_count && result == STORE_OK; i++)
		result = statements_change(&writer->statements,
					   "UPDATE files SET entry=?2, place=?3 WHERE id=?1 AND entry=0",
					   "tii", entry->files[i].id, entry->id, (int64_t)i);
	return result == STORE_OK ? result : STORE_FAILED;
}

int sqlite_compare_files(struct sqlite_writer *writer, const struct entry *entry)
{
	const char *ids = entry->file_ids;
	sqlite3_stmt *rows = statements_rows(
	    &writer->statements, "SELECT id FROM files WHERE entry=?1 AND entry<>0 ORDER BY place", "i",
	    entry->id);
	bool is_same = true;
	int result;
	while ((result = statements_next(rows)) == STORE_OK) {
		char id[FILE_ID_BYTES], given[FILE_ID_BYTES];
		copy_text(rows, 0, id, sizeof id);
		is_same &= file_next_id(&ids, given) && !strcmp(id, given);
	}
	if (result == STORE_FAILED)
		return STORE_FAILED;
	return is_same && (!ids || !*ids) ? STORE_OK : STORE_ID_REUSED;
}
