#include "store/sqlite/sqlite_entry.h"

#include "store/entry_checksum.h"
#include "store/reacting.h"
#include "store/sqlite/sqlite_call.h"
#include "store/sqlite/sqlite_file.h"
#include "store/sqlite/sqlite_leftover.h"

#include <assert.h>
#include <string.h>

/* --- looking --- */

int sqlite_find_entry(struct sqlite_writer *writer, int64_t room_id, uint64_t seq, struct entry *entry)
{
	sqlite3_stmt *row;
	int result =
	    statements_row(&writer->statements, &row,
			   "SELECT id, time_ms, kind, flags, author, person, ref, latest FROM entries"
			   " WHERE room=?1 AND seq=?2",
			   "ii", room_id, (int64_t)seq);
	if (result != STORE_OK)
		return result;
	*entry = (struct entry){
	    .id = sqlite3_column_int64(row, 0),
	    .room_id = room_id,
	    .seq = seq,
	    .time_ms = sqlite3_column_int64(row, 1),
	    .kind = (enum entry_kind)sqlite3_column_int(row, 2),
	    .flags = (uint32_t)sqlite3_column_int(row, 3),
	    .author = (uint64_t)sqlite3_column_int64(row, 4),
	    .person = sqlite3_column_int64(row, 5),
	    .ref = (uint64_t)sqlite3_column_int64(row, 6),
	    .edited_seq = (uint64_t)sqlite3_column_int64(row, 7),
	    .name = "",
	    .text = "",
	    .ip = "",
	};
	sqlite3_reset(row);
	return STORE_OK;
}

/* A text that was replaced leaves a checksum; one that was deleted leaves nothing. */
static bool is_text_same(sqlite3_stmt *row, uint32_t flags, const char *text)
{
	if (flags & ENTRY_REPLACED && !(flags & ENTRY_DELETED))
		return sqlite3_column_type(row, 8) == SQLITE_NULL ||
		       sqlite3_column_int64(row, 8) == entry_checksum(&(struct entry){.text = text});
	const char *stored = (const char *)sqlite3_column_text(row, 6);
	return flags & ENTRY_DELETED || (stored && !strcmp(stored, text));
}

/* Whether the row of the send is what this entry says. STORE_OK, STORE_ID_REUSED or STORE_FAILED. */
static int compare_send(sqlite3_stmt *row, struct entry *entry)
{
	uint32_t compared = ENTRY_ACTION | ENTRY_ON | ENTRY_QUIET;
	uint32_t flags = (uint32_t)sqlite3_column_int(row, 4);
	/* The text of an entry that was deleted, or purged by retention, cannot be compared any more. */
	bool is_purged = sqlite3_column_type(row, 6) == SQLITE_NULL;
	if (!is_purged && !sqlite3_column_text(row, 6))
		return STORE_FAILED; /* no memory */
	bool is_same = sqlite3_column_int64(row, 0) == entry->room_id &&
		       (is_purged || (sqlite3_column_int(row, 3) == (int)entry->kind &&
				      (flags & compared) == (entry->flags & compared) &&
				      (uint64_t)sqlite3_column_int64(row, 5) == entry->ref &&
				      is_text_same(row, flags, entry->text)));
	entry->seq = (uint64_t)sqlite3_column_int64(row, 1);
	entry->time_ms = sqlite3_column_int64(row, 2);
	entry->id = sqlite3_column_int64(row, 7);
	return is_same ? STORE_OK : STORE_ID_REUSED;
}

int sqlite_find_send(struct sqlite_writer *writer, struct entry *entry, const struct store_send_id *send_id)
{
	sqlite3_stmt *row;
	int result = statements_row(
	    &writer->statements, &row,
	    "SELECT s.room, s.seq, s.time_ms, e.kind, e.flags, e.ref, e.text, e.id, e.said FROM sends s"
	    " LEFT JOIN entries e ON e.room = s.room AND e.seq = s.seq"
	    " WHERE s.person=?1 AND s.device=?2 AND s.id=?3",
	    "itt", send_id->person, send_id->device, send_id->id);
	if (result != STORE_OK)
		return result;
	result = compare_send(row, entry);
	bool has_files = sqlite3_column_int64(row, 4) & ENTRY_FILES || entry->file_ids;
	bool can_compare = entry->id && !(sqlite3_column_int64(row, 4) & ENTRY_DELETED);
	sqlite3_reset(row);
	return result == STORE_OK && has_files && can_compare ? sqlite_compare_files(writer, entry) : result;
}

int sqlite_list_edits(struct sqlite_writer *writer, struct store_query *query)
{
	sqlite3_stmt *rows = statements_rows(
	    &writer->statements,
	    "WITH RECURSIVE texts(seq, next, flags, time_ms, text, n) AS ("
	    "SELECT seq, latest, flags, time_ms, text, 1 FROM entries WHERE room=?1 AND seq=(SELECT"
	    " iif(latest, latest, seq) FROM entries WHERE room=?1 AND seq=?2 AND kind=1 AND NOT flags&4)"
	    " UNION ALL SELECT e.seq, e.latest, e.flags, e.time_ms, e.text, n+1 FROM texts t"
	    " JOIN entries e ON e.room=?1 AND e.seq=iif(t.next, t.next, ?2) WHERE t.seq<>?2 AND t.n<?4"
	    " AND t.flags&?3)"
	    " SELECT seq, time_ms, text FROM texts ORDER BY n",
	    "iiii", query->room_id, (int64_t)query->seq, (int64_t)ENTRY_KEEPS, (int64_t)query->limit);
	size_t count = 0;
	int result;
	while ((result = statements_next(rows)) == STORE_OK) {
		struct entry entry = {.seq = (uint64_t)sqlite3_column_int64(rows, 0),
				      .time_ms = sqlite3_column_int64(rows, 1),
				      .text = sqlite_text(rows, 2)};
		query->visit(query, &(struct store_command){.op = STORE_APPEND, .append = {.entry = &entry}});
		count++;
	}
	return result == STORE_NONE && count ? STORE_OK : result;
}

/* --- appending --- */

static int insert_send(struct sqlite_writer *writer, const struct entry *entry,
		       const struct store_send_id *send_id)
{
	return statements_change(&writer->statements,
				 "INSERT INTO sends(person, device, id, room, seq, time_ms)"
				 " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
				 "ittiii", send_id->person, send_id->device, send_id->id, entry->room_id,
				 (int64_t)entry->seq, entry->time_ms);
}

/* Almost all sends are new, so the insertion is tried first, and the look-up is for repeats alone. */
static int note_send(struct sqlite_writer *writer, struct entry *entry, const struct store_send_id *send_id)
{
	int result = insert_send(writer, entry, send_id);
	if (result != STORE_NONE)
		return result;
	result = sqlite_find_send(writer, entry, send_id);
	return result == STORE_OK ? STORE_REPEAT : result == STORE_NONE ? STORE_FAILED : result;
}

/* SQLite gives the number behind the highest one there is, which is not new where the newest entries were
 * removed: the search index has seen that number. */
static int renumber(struct sqlite_writer *writer, struct entry *entry)
{
	int64_t given = entry->id;
	entry->id = writer->last_entry + 1;
	return statements_run(&writer->statements, "UPDATE entries SET id=?2 WHERE id=?1", "ii", given,
			      entry->id);
}

static int insert_entry(struct sqlite_writer *writer, struct entry *entry, const char *send_id)
{
	int result = statements_run(
	    &writer->statements,
	    "INSERT INTO entries(room, seq, time_ms, kind, flags, author, person, ref, name, ip,"
	    " text, sid, checksum)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
	    "iiiiiiiitttni", entry->room_id, (int64_t)entry->seq, entry->time_ms, (int64_t)entry->kind,
	    (int64_t)entry->flags, (int64_t)entry->author, entry->person, (int64_t)entry->ref, entry->name,
	    entry->ip, entry->text, send_id, entry_checksum(entry));
	entry->id = sqlite3_last_insert_rowid(writer->statements.db);
	return result == STORE_OK && entry->id <= writer->last_entry ? renumber(writer, entry) : result;
}

/* A reaction of another kind than those there are may be one too many. The kinds are stepped through in the
 * index, so that it does not matter how many people gave each. */
static int check_reactions(struct sqlite_writer *writer, const struct entry *target, const char *emoji,
			   size_t most)
{
	int64_t count;
	int result = statements_number(&writer->statements, &count,
				       "SELECT 1 FROM reactions WHERE entry=?1 AND emoji=?2 LIMIT 1", "it",
				       target->id, emoji);
	if (result != STORE_NONE)
		return result;
	result = statements_number(
	    &writer->statements, &count,
	    "WITH RECURSIVE kinds(emoji) AS (SELECT min(emoji) FROM reactions WHERE entry=?1"
	    " UNION ALL SELECT (SELECT min(r.emoji) FROM reactions r WHERE r.entry=?1 AND "
	    "r.emoji>kinds.emoji)"
	    " FROM kinds WHERE kinds.emoji IS NOT NULL) SELECT count(emoji) FROM kinds",
	    "i", target->id);
	if (result != STORE_OK)
		return STORE_FAILED;
	return (size_t)count < most ? STORE_OK : STORE_LIMIT;
}

/* STORE_FORBIDDEN where somebody else's message is that of a person who has blocked them. */
static int check_welcome(struct sqlite_writer *writer, const struct entry *target, int64_t person)
{
	int64_t is_blocked;
	int result = statements_number(&writer->statements, &is_blocked,
				       "SELECT 1 FROM blocks WHERE person=?1 AND blocked=?2", "ii",
				       target->person, person);
	return result == STORE_OK ? STORE_FORBIDDEN : result == STORE_NONE ? STORE_OK : result;
}

/* The conditions of store_append, points 2 to 4. */
static int check_target(struct sqlite_writer *writer, struct store_append *append, struct entry *target)
{
	const struct entry *entry = append->entry;
	int result = sqlite_find_entry(writer, entry->room_id, entry->ref, target);
	if (result == STORE_OK)
		append->target_author = target->person;
	if (append->is_unchecked && result == STORE_NONE)
		target->id = 0;
	if (append->is_unchecked)
		return result == STORE_NONE ? STORE_OK : result;
	if (result != STORE_OK)
		return result;
	bool is_deleted = target->flags & ENTRY_DELETED;
	if (target->kind != ENTRY_MESSAGE || (is_deleted && entry->kind != ENTRY_MESSAGE))
		return STORE_NONE;
	bool is_own = target->person && target->person == entry->person;
	if ((entry->kind == ENTRY_EDIT || entry->kind == ENTRY_DELETE) && !is_own &&
	    !append->may_change_others)
		return STORE_FORBIDDEN;
	/* What they gave before they were blocked they may take back. */
	if (entry->kind != ENTRY_REACT || !(entry->flags & ENTRY_ON))
		return STORE_OK;
	result = check_welcome(writer, target, entry->person);
	if (result == STORE_OK && append->reactions_most)
		return check_reactions(writer, target, entry->text, append->reactions_most);
	return result;
}

/* --- what an entry does to its target --- */

int sqlite_replace_text(struct sqlite_writer *writer, int64_t room_id, uint64_t seq)
{
	int result =
	    statements_run(&writer->statements,
			   "UPDATE entries SET said=entry_checksum(0, 0, 0, 0, 0, 0, '', '', text), text='',"
			   " flags=flags|?3, checksum=entry_checksum(room, seq,"
			   " time_ms, kind, flags|?3, ref, name, ip, '') WHERE room=?1 AND seq=?2",
			   "iii", room_id, (int64_t)seq, (int64_t)ENTRY_REPLACED);
	if (result == STORE_OK)
		result = statements_run(&writer->statements,
					"INSERT OR IGNORE INTO forgotten(entry)"
					" SELECT id FROM entries WHERE room=?1 AND seq=?2",
					"ii", room_id, (int64_t)seq);
	return result;
}

/* The edits of a message are a chain, newest first, through `latest`. */
static int apply_edit(struct sqlite_writer *writer, const struct entry *entry, const struct entry *target)
{
	int result = statements_run(&writer->statements, "UPDATE entries SET latest=?2 WHERE id=?1", "ii",
				    entry->id, (int64_t)target->edited_seq);
	if (result == STORE_OK)
		result = statements_run(&writer->statements,
					"UPDATE entries SET latest=?2, flags=flags|?3 WHERE id=?1", "iii",
					target->id, (int64_t)entry->seq, (int64_t)ENTRY_EDITED);
	if (result == STORE_OK && !(entry->flags & ENTRY_KEEPS))
		result = sqlite_replace_text(writer, target->room_id,
					     target->edited_seq ? target->edited_seq : target->seq);
	return result;
}

/* Takes the text out of one entry, and notes that it must go from the search index. */
static int empty(struct sqlite_writer *writer, int64_t id)
{
	int result = statements_run(
	    &writer->statements,
	    "UPDATE entries SET text='', said=NULL, flags=flags|?2, checksum=entry_checksum(room,"
	    " seq, time_ms, kind, flags, ref, name, ip, '') WHERE id=?1",
	    "ii", id, (int64_t)ENTRY_DELETED);
	if (result == STORE_OK)
		result = statements_run(&writer->statements,
					"INSERT OR IGNORE INTO forgotten(entry) VALUES(?1)", "i", id);
	return result;
}

int sqlite_empty_edits(struct sqlite_writer *writer, int64_t room_id, uint64_t *seq, size_t limit)
{
	int result = STORE_OK;
	for (; *seq && limit && result == STORE_OK; limit--) {
		struct entry edit;
		result = sqlite_find_entry(writer, room_id, *seq, &edit);
		if (result == STORE_NONE) {
			*seq = 0;
			return STORE_OK;
		}
		if (result == STORE_OK)
			result = empty(writer, edit.id);
		if (result == STORE_OK)
			*seq = edit.edited_seq;
	}
	return result;
}

static int drop_mentions(struct sqlite_writer *writer, const struct entry *target)
{
	return statements_run(&writer->statements, "DELETE FROM mentions WHERE room=?1 AND seq=?2", "ii",
			      target->room_id, (int64_t)target->seq);
}

static int apply_delete(struct sqlite_writer *writer, const struct entry *target)
{
	uint64_t next = target->edited_seq;
	int result = empty(writer, target->id);
	if (result == STORE_OK && target->flags & ENTRY_FILES)
		result = statements_run(&writer->statements, "DELETE FROM files WHERE entry=?1 AND entry<>0",
					"i", target->id);
	if (result == STORE_OK)
		result = sqlite_empty_edits(writer, target->room_id, &next, LEFTOVER_STEP);
	if (result == STORE_OK && next)
		result = leftover_add_edits(writer, target->room_id, target->seq, next);
	if (result == STORE_OK)
		result = statements_run(&writer->statements, "DELETE FROM reactions WHERE entry=?1", "i",
					target->id);
	return result == STORE_OK ? drop_mentions(writer, target) : result;
}

static int apply_reaction(struct sqlite_writer *writer, const struct entry *entry, const struct entry *target)
{
	int result;
	if (entry->flags & ENTRY_ON)
		result = statements_run(&writer->statements,
					"INSERT OR IGNORE INTO reactions(entry, emoji, person, name)"
					" VALUES(?1, ?2, ?3, ?4)",
					"itit", target->id, entry->text, reacting_number(entry), entry->name);
	else
		result = statements_run(&writer->statements,
					"DELETE FROM reactions WHERE entry=?1 AND emoji=?2 AND person=?3",
					"iti", target->id, entry->text, reacting_number(entry));
	if (result == STORE_OK)
		result = statements_run(&writer->statements, "UPDATE entries SET flags=flags|?2 WHERE id=?1",
					"ii", target->id, (int64_t)ENTRY_REACTED);
	return result;
}

static int apply_to_target(struct sqlite_writer *writer, const struct entry *entry,
			   const struct entry *target)
{
	assert(target->id && target->room_id == entry->room_id);
	switch (entry->kind) {
	case ENTRY_EDIT:
		return apply_edit(writer, entry, target);
	case ENTRY_DELETE:
		return apply_delete(writer, target);
	case ENTRY_REACT:
		return apply_reaction(writer, entry, target);
	default:
		return STORE_OK;
	}
}

/* --- mentions --- */

static int mention(struct sqlite_writer *writer, const struct entry *entry, int64_t person, uint64_t seq)
{
	if (person == entry->person)
		return STORE_OK;
	return statements_run(&writer->statements,
			      "INSERT OR IGNORE INTO mentions(person, room, seq) VALUES(?1, ?2, ?3)", "iii",
			      person, entry->room_id, (int64_t)seq);
}

/* Notes whom the message names and whom it answers; an edit changes whom its target names. */
static int note_mentions(struct sqlite_writer *writer, const struct store_append *append,
			 const struct entry *target)
{
	const struct entry *entry = append->entry;
	bool is_edit = entry->kind == ENTRY_EDIT && target->id;
	uint64_t seq = is_edit ? target->seq : entry->seq;
	int64_t answered = entry->kind == ENTRY_MESSAGE ? append->target_author : 0;
	int result = STORE_OK;
	if (entry->kind != ENTRY_MESSAGE && !is_edit)
		return STORE_OK;
	if (is_edit) {
		struct entry first;
		result = drop_mentions(writer, target);
		if (result == STORE_OK && target->ref)
			result = sqlite_find_entry(writer, entry->room_id, target->ref, &first);
		if (result == STORE_OK && target->ref)
			answered = first.person;
		if (result == STORE_NONE)
			result = STORE_OK;
	}
	for (size_t i = 0; i < append->mentioned_count && result == STORE_OK; i++)
		result = mention(writer, entry, append->mentioned[i], seq);
	if (answered && result == STORE_OK)
		result = mention(writer, entry, answered, seq);
	return result;
}

/* --- commands --- */

int sqlite_append(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_APPEND);
	struct store_append *append = &command->append;
	struct entry *entry = append->entry, target = {0};
	struct store_send_id *send_id = &append->send_id;
	bool has_id = send_id->id && *send_id->id;
	int result = STORE_OK;
	sqlite_writer_resolve(writer, NULL, &entry->room_id);
	sqlite_writer_resolve(writer, &send_id->person, NULL);
	assert(!has_id || send_id->person);
	append->target_author = 0;
	entry->seq = *sqlite_writer_end(writer, entry->room_id) + 1;
	/* The id goes first, and nothing may be written before a refusal. */
	if (has_id && (entry->ref || entry->files)) {
		result = sqlite_find_send(writer, entry, send_id);
		if (result != STORE_NONE)
			return result == STORE_OK ? STORE_REPEAT : result;
		result = STORE_OK;
	}
	if (entry->ref)
		result = check_target(writer, append, &target);
	if (result == STORE_OK && entry->files)
		result = sqlite_take_files(writer, entry);
	if (result == STORE_OK && has_id)
		result = note_send(writer, entry, send_id);
	if (result != STORE_OK)
		return result;
	result = insert_entry(writer, entry, has_id ? send_id->id : NULL);
	if (result == STORE_OK && entry->files)
		result = sqlite_attach_files(writer, entry);
	if (result == STORE_OK && target.id)
		result = apply_to_target(writer, entry, &target);
	if (result == STORE_OK && (append->mentioned_count || entry->ref))
		result = note_mentions(writer, append, &target);
	if (result != STORE_OK)
		return STORE_FAILED;
	sqlite_writer_move_end(writer, entry->room_id, entry->seq);
	if (append->moves_read)
		sqlite_writer_move_read(writer, entry->person, entry->room_id, entry->seq);
	return STORE_OK;
}

int sqlite_remove_up_to(struct sqlite_writer *writer, int64_t room_id, uint64_t seq)
{
	assert(room_id > 0 && seq);
	static const char *const steps[] = {
	    "INSERT OR IGNORE INTO forgotten(entry) SELECT id FROM entries WHERE room=?1 AND seq<=?2",
	    "DELETE FROM reactions WHERE entry IN (SELECT id FROM entries WHERE room=?1 AND seq<=?2)",
	    "DELETE FROM mentions WHERE room=?1 AND seq<=?2",
	    ("DELETE FROM files WHERE entry<>0 AND entry IN"
	     " (SELECT id FROM entries WHERE room=?1 AND seq<=?2 AND flags&1024)"),
	    "DELETE FROM entries WHERE room=?1 AND seq<=?2",
	};
	int64_t last;
	int result = statements_number(&writer->statements, &last, "SELECT max(id) FROM entries", "");
	/* The newest of all may be among those that go. A rollback leaves a gap in the numbers at worst. */
	if (last > writer->last_entry)
		writer->last_entry = last;
	if (result == STORE_OK)
		result = statements_run(&writer->statements,
					"INSERT INTO meta(key, value) VALUES('last_entry', ?1)"
					" ON CONFLICT DO UPDATE SET value=max(value, ?1)",
					"i", last);
	for (size_t i = 0; i < sizeof steps / sizeof *steps && result == STORE_OK; i++)
		result = statements_run(&writer->statements, steps[i], "ii", room_id, (int64_t)seq);
	return result;
}

int sqlite_purge(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PURGE);
	struct store_purge *purge = &command->purge;
	uint64_t last = 0;
	purge->purged_seq = 0;
	/* The oldest ones that are old enough, without a hole: the first young one ends the run. */
	sqlite3_stmt *oldest = statements_rows(
	    &writer->statements, "SELECT seq, time_ms FROM entries WHERE room=?1 ORDER BY seq LIMIT ?2", "ii",
	    purge->room_id, (int64_t)purge->limit);
	int result;
	while ((result = statements_next(oldest)) == STORE_OK &&
	       sqlite3_column_int64(oldest, 1) < purge->before_ms)
		last = (uint64_t)sqlite3_column_int64(oldest, 0);
	sqlite3_reset(oldest);
	if (result == STORE_FAILED)
		return STORE_FAILED;
	if (!last)
		return STORE_OK;
	result = sqlite_remove_up_to(writer, purge->room_id, last);
	if (result == STORE_OK)
		result = statements_run(&writer->statements, "UPDATE rooms SET purged_seq=?2 WHERE id=?1",
					"ii", purge->room_id, (int64_t)last);
	purge->purged_seq = last;
	return result;
}
