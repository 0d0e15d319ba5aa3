#include "store/sqlite_change.h"

#include "base/memory.h"
#include "store/sqlite_call.h"

#include <stdio.h>
#include <stdlib.h>

int sqlite_find_entry(sqlite3 *db, int64_t room_id, uint64_t seq, struct entry *entry,
		      char name[LIMIT_NAME_BYTES])
{
	sqlite3_stmt *find = sqlite_prepare(db,
					    "SELECT id, time_ms, kind, flags, author, account, ref, latest, "
					    "name FROM entries WHERE room=?1 AND seq=?2",
					    "ii", room_id, (int64_t)seq);
	int result = find ? sqlite3_step(find) : SQLITE_ERROR;
	if (result == SQLITE_ROW) {
		snprintf(name, LIMIT_NAME_BYTES, "%s", sqlite_text(find, 8));
		*entry = (struct entry){
		    .id = sqlite3_column_int64(find, 0),
		    .room_id = room_id,
		    .seq = seq,
		    .time_ms = sqlite3_column_int64(find, 1),
		    .kind = (enum entry_kind)sqlite3_column_int(find, 2),
		    .flags = (uint32_t)sqlite3_column_int(find, 3),
		    .author = (uint64_t)sqlite3_column_int64(find, 4),
		    .account = sqlite3_column_int64(find, 5),
		    .ref = (uint64_t)sqlite3_column_int64(find, 6),
		    .edited_seq = (uint64_t)sqlite3_column_int64(find, 7),
		    .name = name,
		    .text = "",
		    .ip = "",
		};
	}
	sqlite3_finalize(find);
	return result == SQLITE_ROW ? STORE_OK : result == SQLITE_DONE ? STORE_NONE : STORE_FAILED;
}

/* The edits of a message are a chain, newest first, through `latest`. */
static int apply_edit(sqlite3 *db, const struct entry *entry, const struct entry *target)
{
	int result = sqlite_run(db, "UPDATE entries SET latest=?2 WHERE id=?1", "ii", entry->id,
				(int64_t)target->edited_seq);
	if (result == SQLITE_OK)
		result = sqlite_run(db, "UPDATE entries SET latest=?2, flags=flags|?3 WHERE id=?1", "iii",
				    target->id, (int64_t)entry->seq, (int64_t)ENTRY_EDITED);
	return result;
}

/* Takes the text out of one entry, and notes that it must go from the search index. */
static int forget(sqlite3 *db, int64_t id)
{
	int result = sqlite_run(db,
				"UPDATE entries SET text='', flags=flags|?2, checksum=entry_checksum(room,"
				" seq, time_ms, kind, flags, ref, name, ip, '') WHERE id=?1",
				"ii", id, (int64_t)ENTRY_DELETED);
	if (result == SQLITE_OK)
		result = sqlite_run(db, "INSERT OR IGNORE INTO forgotten(entry) VALUES(?1)", "i", id);
	return result;
}

static int apply_delete(sqlite3 *db, const struct entry *target)
{
	int result = forget(db, target->id);
	char name[LIMIT_NAME_BYTES];
	struct entry edit = {0};
	for (uint64_t seq = target->edited_seq; seq && result == SQLITE_OK; seq = edit.edited_seq) {
		int found = sqlite_find_entry(db, target->room_id, seq, &edit, name);
		if (found == STORE_NONE)
			break;
		result = found == STORE_OK ? forget(db, edit.id) : SQLITE_ERROR;
	}
	if (result == SQLITE_OK)
		result = sqlite_run(db, "DELETE FROM reactions WHERE entry=?1", "i", target->id);
	return result;
}

static int apply_reaction(sqlite3 *db, const struct entry *entry, const struct entry *target,
			  const char *user)
{
	int result;
	if (entry->flags & ENTRY_ON)
		result = sqlite_run(
		    db, "INSERT OR IGNORE INTO reactions(entry, emoji, user, name) VALUES(?1, ?2, ?3, ?4)",
		    "ittt", target->id, entry->text, user, entry->name);
	else
		result = sqlite_run(db, "DELETE FROM reactions WHERE entry=?1 AND emoji=?2 AND user=?3",
				    "itt", target->id, entry->text, user);
	if (result == SQLITE_OK)
		result = sqlite_run(db, "UPDATE entries SET flags=flags|?2 WHERE id=?1", "ii", target->id,
				    (int64_t)ENTRY_REACTED);
	return result;
}

int sqlite_apply_change(sqlite3 *db, const struct entry *entry, const char *user)
{
	struct entry target;
	char name[LIMIT_NAME_BYTES];
	if (entry->kind != ENTRY_EDIT && entry->kind != ENTRY_DELETE && entry->kind != ENTRY_REACT)
		return STORE_OK;
	int found = sqlite_find_entry(db, entry->room_id, entry->ref, &target, name);
	/* Retention may have taken the target: what is imported tells of it all the same. */
	if (found != STORE_OK)
		return found == STORE_NONE ? STORE_OK : STORE_FAILED;
	int result = entry->kind == ENTRY_EDIT     ? apply_edit(db, entry, &target)
		     : entry->kind == ENTRY_DELETE ? apply_delete(db, &target)
						   : apply_reaction(db, entry, &target, user);
	return result == SQLITE_OK ? STORE_OK : STORE_FAILED;
}

int sqlite_purge(sqlite3 *db, int64_t room_id, int64_t before_ms, size_t limit, uint64_t *purged_seq)
{
	static const char *const steps[] = {
	    "INSERT OR IGNORE INTO forgotten(entry) SELECT id FROM entries WHERE room=?1 AND seq<=?2",
	    "DELETE FROM reactions WHERE entry IN (SELECT id FROM entries WHERE room=?1 AND seq<=?2)",
	    "DELETE FROM entries WHERE room=?1 AND seq<=?2",
	    "UPDATE rooms SET purged_seq=?2 WHERE id=?1",
	};
	*purged_seq = 0;
	/* The oldest ones that are old enough, without a hole: the first young one ends the run. */
	sqlite3_stmt *oldest =
	    sqlite_prepare(db, "SELECT seq, time_ms FROM entries WHERE room=?1 ORDER BY seq LIMIT ?2", "ii",
			   room_id, (int64_t)limit);
	int result = oldest ? SQLITE_OK : SQLITE_ERROR;
	while (oldest && (result = sqlite3_step(oldest)) == SQLITE_ROW &&
	       sqlite3_column_int64(oldest, 1) < before_ms)
		*purged_seq = (uint64_t)sqlite3_column_int64(oldest, 0);
	sqlite3_finalize(oldest);
	if (result != SQLITE_DONE && result != SQLITE_ROW)
		return STORE_FAILED;
	for (size_t i = 0; *purged_seq && i < sizeof steps / sizeof *steps; i++)
		if (sqlite_run(db, steps[i], "ii", room_id, (int64_t)*purged_seq) != SQLITE_OK)
			return STORE_FAILED;
	return STORE_OK;
}

/* Walks through `sends` in the order of its key, some rows a call. */
int sqlite_forget_sends(sqlite3 *db, char *swept[SWEPT_COLUMNS], int64_t before_ms, size_t limit,
			bool *is_done)
{
	const char *from[SWEPT_COLUMNS], *to[SWEPT_COLUMNS];
	char *next[SWEPT_COLUMNS] = {NULL};
	for (int i = 0; i < SWEPT_COLUMNS; i++)
		from[i] = swept[i] ? swept[i] : "";
	sqlite3_stmt *last =
	    sqlite_prepare(db,
			   "SELECT user, device, id FROM sends WHERE (user, device, id) > (?1, ?2, ?3)"
			   " ORDER BY user, device, id LIMIT 1 OFFSET ?4",
			   "ttti", from[0], from[1], from[2], (int64_t)limit);
	int result = last ? sqlite3_step(last) : SQLITE_ERROR;
	for (int i = 0; i < SWEPT_COLUMNS; i++) {
		if (result == SQLITE_ROW)
			next[i] = mem_string(sqlite_text(last, i));
		to[i] = next[i] ? next[i] : "";
	}
	sqlite3_finalize(last);
	*is_done = result == SQLITE_DONE;
	if (result == SQLITE_ROW || result == SQLITE_DONE)
		result = sqlite_run(db,
				    "DELETE FROM sends WHERE (user, device, id) > (?1, ?2, ?3)"
				    " AND (?7 OR (user, device, id) <= (?4, ?5, ?6)) AND time_ms < ?8",
				    "ttttttii", from[0], from[1], from[2], to[0], to[1], to[2],
				    (int64_t)*is_done, before_ms);
	for (int i = 0; i < SWEPT_COLUMNS; i++) {
		free(swept[i]);
		swept[i] = next[i];
	}
	return result == SQLITE_OK ? STORE_OK : STORE_FAILED;
}
