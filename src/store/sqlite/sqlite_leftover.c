#include "store/sqlite/sqlite_leftover.h"

#include "base/memory.h"
#include "store/sqlite/sqlite_entry.h"

#include <assert.h>
#include <stdlib.h>

struct leftover {
	enum leftover_kind kind;
	int64_t number;
	uint64_t seq, next;
};

static int leftover_put(struct sqlite_writer *writer, const struct leftover *left)
{
	writer->has_leftovers = true;
	return statements_run(
	    &writer->statements,
	    "INSERT OR REPLACE INTO leftovers(kind, number, seq, next) VALUES(?1, ?2, ?3, ?4)", "iiii",
	    (int64_t)left->kind, left->number, (int64_t)left->seq, (int64_t)left->next);
}

static int drop(struct sqlite_writer *writer, const struct leftover *left)
{
	return statements_run(&writer->statements,
			      "DELETE FROM leftovers WHERE kind=?1 AND number=?2 AND seq=?3", "iii",
			      (int64_t)left->kind, left->number, (int64_t)left->seq);
}

static int step_edits(struct sqlite_writer *writer, struct leftover *left, size_t limit, bool *is_done)
{
	int result = sqlite_empty_edits(writer, left->number, &left->next, limit);
	*is_done = !left->next;
	return result == STORE_OK && !*is_done ? leftover_put(writer, left) : result;
}

/* Runs a statement that removes up to ?2 rows of ?1; *left is what of the limit is not used up. */
static int remove_some(struct sqlite_writer *writer, const char *sql, int64_t number, size_t *left)
{
	int result =
	    *left ? statements_run(&writer->statements, sql, "ii", number, (int64_t)*left) : STORE_OK;
	if (*left && result == STORE_OK)
		*left -= (size_t)sqlite3_changes(writer->statements.db);
	return result;
}

static int step_person(struct sqlite_writer *writer, struct leftover *left, size_t limit, bool *is_done)
{
	size_t unused = limit;
	int result = remove_some(writer,
				 "DELETE FROM sends WHERE (person, device, id) IN"
				 " (SELECT person, device, id FROM sends WHERE person=?1 LIMIT ?2)",
				 left->number, &unused);
	if (result == STORE_OK)
		result = remove_some(writer,
				     "DELETE FROM mentions WHERE (person, room, seq) IN"
				     " (SELECT person, room, seq FROM mentions WHERE person=?1 LIMIT ?2)",
				     left->number, &unused);
	*is_done = unused > 0;
	return result;
}

static int step_room(struct sqlite_writer *writer, struct leftover *left, size_t limit, bool *is_done)
{
	size_t unused = limit;
	int64_t last;
	int result = remove_some(writer,
				 "DELETE FROM members WHERE (person, room) IN"
				 " (SELECT person, room FROM members WHERE room=?1 LIMIT ?2)",
				 left->number, &unused);
	if (result != STORE_OK || !unused)
		return result;
	result = statements_number(
	    &writer->statements, &last,
	    "SELECT max(seq) FROM (SELECT seq FROM entries WHERE room=?1 ORDER BY seq LIMIT ?2)", "ii",
	    left->number, (int64_t)unused);
	if (result == STORE_OK && last)
		return sqlite_remove_up_to(writer, left->number, (uint64_t)last);
	*is_done = true;
	return result == STORE_OK
		   ? statements_run(&writer->statements, "DELETE FROM rooms WHERE id=?1 AND removed", "i",
				    left->number)
		   : result;
}

/* Drops what the edit has replaced, and that it was kept. */
static int kept_drop(struct sqlite_writer *writer, int64_t room_id, uint64_t seq)
{
	struct entry edit, target = {0};
	int result = sqlite_find_entry(writer, room_id, seq, &edit);
	if (result == STORE_OK)
		result = statements_run(&writer->statements,
					"UPDATE entries SET flags=flags&~?3 WHERE room=?1 AND seq=?2", "iii",
					room_id, (int64_t)seq, (int64_t)ENTRY_KEEPS);
	if (result == STORE_OK)
		result = sqlite_find_entry(writer, room_id, edit.ref, &target);
	if (result != STORE_OK || target.flags & ENTRY_DELETED)
		return result == STORE_NONE ? STORE_OK : result;
	return sqlite_replace_text(writer, room_id, edit.edited_seq ? edit.edited_seq : edit.ref);
}

/* Looks through the room's entries, the newest first. */
static int step_kept(struct sqlite_writer *writer, struct leftover *left, size_t limit, bool *is_done)
{
	uint64_t before = left->next, last = before > limit ? before - limit : 0;
	int result = STORE_OK;
	while (result == STORE_OK) {
		int64_t seq;
		result = statements_number(&writer->statements, &seq,
					   "SELECT seq FROM entries WHERE room=?1 AND seq>=?2 AND seq<?3 AND"
					   " kind=2 AND flags&?4 ORDER BY seq DESC LIMIT 1",
					   "iiii", left->number, (int64_t)last, (int64_t)before,
					   (int64_t)ENTRY_KEEPS);
		if (result == STORE_OK)
			result = kept_drop(writer, left->number, before = (uint64_t)seq);
	}
	if (result != STORE_NONE)
		return result;
	left->next = last;
	*is_done = !last;
	return *is_done ? STORE_OK : leftover_put(writer, left);
}

static int step(struct sqlite_writer *writer, struct leftover *left, size_t limit)
{
	assert(limit && left->number > 0);
	bool is_done = false;
	int result = left->kind == LEFTOVER_EDITS    ? step_edits(writer, left, limit, &is_done)
		     : left->kind == LEFTOVER_PERSON ? step_person(writer, left, limit, &is_done)
		     : left->kind == LEFTOVER_KEPT   ? step_kept(writer, left, limit, &is_done)
						     : step_room(writer, left, limit, &is_done);
	return result == STORE_OK && is_done ? drop(writer, left) : result;
}

static int leftover_add(struct sqlite_writer *writer, struct leftover *left)
{
	int result = leftover_put(writer, left);
	return result == STORE_OK && left->kind != LEFTOVER_EDITS ? step(writer, left, LEFTOVER_STEP)
								  : result;
}

int leftover_add_edits(struct sqlite_writer *writer, int64_t room_id, uint64_t seq, uint64_t next)
{
	return leftover_add(writer, &(struct leftover){LEFTOVER_EDITS, room_id, seq, next});
}

int leftover_add_person(struct sqlite_writer *writer, int64_t person)
{
	return leftover_add(writer, &(struct leftover){.kind = LEFTOVER_PERSON, .number = person});
}

int leftover_add_room(struct sqlite_writer *writer, int64_t room_id)
{
	int result = statements_run(&writer->statements,
				    "DELETE FROM leftovers WHERE kind IN (1, 4) AND number=?1", "i", room_id);
	return result == STORE_OK
		   ? leftover_add(writer, &(struct leftover){.kind = LEFTOVER_ROOM, .number = room_id})
		   : result;
}

int leftover_add_kept(struct sqlite_writer *writer, int64_t room_id)
{
	uint64_t end = *sqlite_writer_end(writer, room_id);
	return leftover_add(writer,
			    &(struct leftover){.kind = LEFTOVER_KEPT, .number = room_id, .next = end + 1});
}

/* Removes some of what is left, whichever it is; has_leftovers says afterwards whether there is more. */
static int leftover_step(struct sqlite_writer *writer, size_t limit)
{
	sqlite3_stmt *row;
	int result = statements_row(&writer->statements, &row,
				    "SELECT kind, number, seq, next FROM leftovers LIMIT 1", "");
	writer->has_leftovers = result == STORE_OK;
	if (result != STORE_OK)
		return result == STORE_NONE ? STORE_OK : result;
	struct leftover left = {(enum leftover_kind)sqlite3_column_int(row, 0), sqlite3_column_int64(row, 1),
				(uint64_t)sqlite3_column_int64(row, 2),
				(uint64_t)sqlite3_column_int64(row, 3)};
	sqlite3_reset(row);
	return step(writer, &left, limit);
}

void leftover_look(struct sqlite_writer *writer)
{
	int64_t one;
	int result = statements_number(&writer->statements, &one, "SELECT 1 FROM leftovers LIMIT 1", "");
	if (result != STORE_FAILED)
		writer->has_leftovers = result == STORE_OK;
}

/* --- send ids --- */

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* The key that the next `limit` rows end with. STORE_NONE: there are not so many, the round ends here. */
static int find_step_end(struct sqlite_writer *writer, size_t limit, int64_t *person, char **device,
			 char **id)
{
	sqlite3_stmt *row;
	int result = statements_row(
	    &writer->statements, &row,
	    "SELECT person, device, id FROM sends WHERE (person, device, id) > (?1, ?2, ?3)"
	    " ORDER BY person, device, id LIMIT 1 OFFSET ?4",
	    "itti", writer->swept.person, writer->swept.device, writer->swept.id, (int64_t)limit);
	if (result != STORE_OK)
		return result;
	*person = sqlite3_column_int64(row, 0);
	*device = mem_string(or_empty((const char *)sqlite3_column_text(row, 1)));
	*id = mem_string(or_empty((const char *)sqlite3_column_text(row, 2)));
	sqlite3_reset(row);
	return STORE_OK;
}

/* Walks through `sends` in the order of its key, some rows a call. */
static int sweep_sends(struct sqlite_writer *writer, struct store_sweep *sweep)
{
	int64_t person = 0;
	char *device = NULL, *id = NULL;
	int result = find_step_end(writer, sweep->limit, &person, &device, &id);
	sweep->is_done = result == STORE_NONE;
	if (result != STORE_FAILED)
		result =
		    statements_run(&writer->statements,
				   "DELETE FROM sends WHERE (person, device, id) > (?1, ?2, ?3)"
				   " AND (?7 OR (person, device, id) <= (?4, ?5, ?6)) AND time_ms < ?8",
				   "ittittii", writer->swept.person, writer->swept.device, writer->swept.id,
				   person, device, id, (int64_t)sweep->is_done, sweep->before_ms);
	free(writer->swept.device);
	free(writer->swept.id);
	writer->swept.person = person;
	writer->swept.device = device;
	writer->swept.id = id;
	return result;
}

/* Another process's notes that everybody has seen by now. */
static int forget_outside(struct sqlite_writer *writer)
{
	return statements_run(&writer->statements, "DELETE FROM outside WHERE id <= ?1", "i",
			      writer->outside_seen);
}

int sqlite_forget_sends(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_FORGET_SENDS);
	struct store_sweep *sweep = &command->sweep;
	sweep->is_done = false;
	int result = leftover_step(writer, sweep->limit < LEFTOVER_STEP ? sweep->limit : LEFTOVER_STEP);
	if (result == STORE_OK && !writer->has_leftovers)
		result = sweep_sends(writer, sweep);
	if (result == STORE_OK && sweep->is_done)
		result = forget_outside(writer);
	return result;
}
