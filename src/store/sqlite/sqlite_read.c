#include "store/sqlite/sqlite_read.h"

#include "base/limits.h"
#include "base/logging.h"
#include "base/memory.h"
#include "store/sqlite/sqlite_call.h"
#include "store/sqlite/sqlite_entry.h"
#include "store/sqlite/sqlite_file.h"
#include "store/sqlite/sqlite_search.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/* An edit of a deleted message that still waits to be emptied (sqlite_leftover.h) looks as if it were. */
#define WAITS                                                                                       \
	"kind=2 AND EXISTS (SELECT 1 FROM leftovers l WHERE l.kind=1 AND l.number=entries.room AND" \
	" l.seq=entries.ref)"
#define COLUMNS                                                                                        \
	"id, room, seq, time_ms, kind, iif(" WAITS ", flags|4, flags), author, person, ref, name, ip," \
	" iif(" WAITS ", '', " SQLITE_TEXT_SHOWN("entries") "), latest, sid"

/* Every page is a seek in entries_by_room and a walk of at most `limit` steps. A newest-first walk is
 * turned round by the outer SELECT, so that rows are always shown oldest first. */
#define PAGE(filter)                                                                                        \
	"SELECT " COLUMNS " FROM entries WHERE room=?1 AND seq>?2 AND seq<?3" filter " ORDER BY seq LIMIT " \
	"?4"
#define PAGE_NEWEST(filter)                                                                         \
	"SELECT * FROM (SELECT " COLUMNS " FROM entries WHERE room=?1 AND seq>?2 AND seq<?3" filter \
	" ORDER BY seq DESC LIMIT ?4) ORDER BY seq"

enum {
	READ_PAGE,
	READ_PAGE_NEWEST,
	READ_CURRENT,
	READ_CURRENT_NEWEST,
	READ_TEXT,
	READ_REACTIONS,
	READ_BY_ID,
	READ_BY_SEQ,
	READ_ID,
	READ_LAST_ID,
	READ_UNREAD,
	READ_MENTIONS,
	READ_FILES,
	READ_TIME,
	READ_END,
	READ_COUNT
};

static const char *const read_sql[READ_COUNT] = {
    [READ_PAGE] = PAGE(""),
    [READ_PAGE_NEWEST] = PAGE_NEWEST(""),
    [READ_CURRENT] = PAGE(" AND kind=1"),
    [READ_CURRENT_NEWEST] = PAGE_NEWEST(" AND kind=1"),
    [READ_TEXT] = "SELECT text FROM entries WHERE room=?1 AND seq=?2",
    [READ_REACTIONS] = "SELECT emoji, name FROM reactions WHERE entry=?1 ORDER BY emoji, name",
    [READ_BY_ID] = "SELECT " COLUMNS " FROM entries WHERE id=?1 AND EXISTS"
		   " (SELECT 1 FROM rooms WHERE rooms.id=entries.room AND NOT removed)",
    [READ_BY_SEQ] = "SELECT " COLUMNS " FROM entries WHERE room=?1 AND seq=?2",
    [READ_ID] = "SELECT id FROM entries WHERE room=?1 AND seq=?2",
    [READ_LAST_ID] = "SELECT coalesce(max(id), 0) FROM entries",
    [READ_UNREAD] = "SELECT count(*) FROM (SELECT 1 FROM entries WHERE room=?1 AND seq>?2 AND kind=1 AND"
		    " NOT flags&4 AND person<>?3 LIMIT ?4)",
    /* Mentions of person 0 are for everybody in the room except the author. */
    [READ_MENTIONS] =
	"SELECT count(*) FROM (SELECT * FROM (SELECT seq FROM mentions WHERE person=?3 AND room=?1 AND seq>?2"
	" LIMIT ?4) UNION SELECT * FROM (SELECT m.seq FROM mentions m WHERE m.person=0 AND m.room=?1 AND"
	" m.seq>?2 AND EXISTS (SELECT 1 FROM entries e WHERE e.room=m.room AND e.seq=m.seq AND e.person<>?3)"
	" LIMIT ?4) LIMIT ?4)",
    [READ_TIME] = "SELECT seq, time_ms FROM entries WHERE room=?1 AND seq>=?2 ORDER BY seq LIMIT 1",
    [READ_END] = "SELECT coalesce(max(seq), 0) FROM entries WHERE room=?1",
    [READ_FILES] = SQLITE_FILES_OF_ENTRY,
};

struct sqlite_reader {
	struct store_reader reader;
	sqlite3 *db;
	sqlite3 *index; /* for searching; NULL until there is one */
	char *path;
	sqlite3_stmt *statements[READ_COUNT];
	struct entry_file files[LIMIT_FILES]; /* of the entry that is shown; their texts are in `shown` */
	struct sqlite_file_texts shown[LIMIT_FILES];
};

static void row_to_entry(sqlite3_stmt *row, struct entry *entry)
{
	*entry = (struct entry){
	    .id = sqlite3_column_int64(row, 0),
	    .room_id = sqlite3_column_int64(row, 1),
	    .seq = (uint64_t)sqlite3_column_int64(row, 2),
	    .time_ms = sqlite3_column_int64(row, 3),
	    .kind = (enum entry_kind)sqlite3_column_int(row, 4),
	    .flags = (uint32_t)sqlite3_column_int(row, 5),
	    .author = (uint64_t)sqlite3_column_int64(row, 6),
	    .person = sqlite3_column_int64(row, 7),
	    .ref = (uint64_t)sqlite3_column_int64(row, 8),
	    .name = sqlite_text(row, 9),
	    .ip = sqlite_text(row, 10),
	    .text = sqlite_text(row, 11),
	    .edited_seq = (uint64_t)sqlite3_column_int64(row, 12),
	    .send_id = sqlite_text(row, 13),
	};
}

/* Adds the files of a message that has some. SQLITE_ROW, or an error. */
static int add_files(struct sqlite_reader *reader, struct entry *entry)
{
	if (!(entry->flags & ENTRY_FILES) || entry->flags & ENTRY_DELETED || entry->kind != ENTRY_MESSAGE)
		return SQLITE_ROW;
	sqlite3_stmt *rows = reader->statements[READ_FILES];
	int result;
	sqlite3_bind_int64(rows, 1, entry->id);
	entry->files = reader->files;
	while ((result = sqlite3_step(rows)) == SQLITE_ROW && entry->files_count < LIMIT_FILES) {
		size_t i = entry->files_count++;
		sqlite_show_file(rows, &reader->shown[i], &reader->files[i]);
	}
	sqlite3_reset(rows);
	return result == SQLITE_DONE ? SQLITE_ROW : result;
}

static void bind_two(sqlite3_stmt *statement, int64_t first, int64_t second)
{
	sqlite3_bind_int64(statement, 1, first);
	sqlite3_bind_int64(statement, 2, second);
}

/* Gives an edited message the text that it has now; the statement READ_TEXT holds it until it is reset.
 * SQLITE_ROW, or an error. */
static int make_current(struct sqlite_reader *reader, struct entry *entry)
{
	if (!(entry->flags & ENTRY_EDITED) || entry->flags & ENTRY_DELETED)
		return SQLITE_ROW;
	sqlite3_stmt *text = reader->statements[READ_TEXT];
	bind_two(text, entry->room_id, (int64_t)entry->edited_seq);
	int result = sqlite3_step(text);
	if (result == SQLITE_ROW)
		entry->text = sqlite_text(text, 0);
	return result == SQLITE_DONE ? SQLITE_ROW : result;
}

static int reader_page(struct store_reader *base, const struct store_range *range, store_visit_entry *visit,
		       void *context)
{
	struct sqlite_reader *reader = (struct sqlite_reader *)base;
	sqlite3_stmt *page = reader->statements[(range->current ? READ_CURRENT : READ_PAGE) + range->newest];
	uint64_t before = range->before && range->before < INT64_MAX ? range->before : INT64_MAX;
	uint64_t after = range->after < INT64_MAX ? range->after : INT64_MAX;
	sqlite3_bind_int64(page, 1, range->room_id);
	sqlite3_bind_int64(page, 2, (sqlite3_int64)after);
	sqlite3_bind_int64(page, 3, (sqlite3_int64)before);
	sqlite3_bind_int64(page, 4, (sqlite3_int64)range->limit);
	int result;
	while ((result = sqlite3_step(page)) == SQLITE_ROW) {
		struct entry entry;
		row_to_entry(page, &entry);
		result = add_files(reader, &entry);
		if (result == SQLITE_ROW && range->current)
			result = make_current(reader, &entry);
		if (result != SQLITE_ROW)
			break;
		bool goes_on = visit(context, &entry);
		sqlite3_reset(reader->statements[READ_TEXT]);
		if (!goes_on) {
			result = SQLITE_DONE;
			break;
		}
	}
	sqlite3_reset(reader->statements[READ_TEXT]);
	sqlite3_reset(page);
	if (result == SQLITE_DONE)
		return STORE_OK;
	LOG_ERROR("store.read", "room=%lld error=\"%s\"", (long long)range->room_id,
		  sqlite3_errmsg(reader->db));
	return STORE_FAILED;
}

static void reader_close(struct store_reader *base)
{
	struct sqlite_reader *reader = (struct sqlite_reader *)base;
	for (int i = 0; i < READ_COUNT; i++)
		sqlite3_finalize(reader->statements[i]);
	sqlite3_close(reader->db);
	sqlite3_close(reader->index);
	free(reader->path);
	free(reader);
}

static int reader_reactions(struct store_reader *base, int64_t entry_id,
			    void (*visit)(void *context, const char *emoji, const char *name), void *context)
{
	struct sqlite_reader *reader = (struct sqlite_reader *)base;
	sqlite3_stmt *rows = reader->statements[READ_REACTIONS];
	int result;
	sqlite3_bind_int64(rows, 1, entry_id);
	while ((result = sqlite3_step(rows)) == SQLITE_ROW)
		visit(context, sqlite_text(rows, 0), sqlite_text(rows, 1));
	sqlite3_reset(rows);
	return result == SQLITE_DONE ? STORE_OK : STORE_FAILED;
}

static int64_t read_number(sqlite3_stmt *statement)
{
	int64_t number = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_reset(statement);
	return number;
}

static int64_t reader_entry_id(struct store_reader *base, int64_t room_id, uint64_t seq)
{
	struct sqlite_reader *reader = (struct sqlite_reader *)base;
	bind_two(reader->statements[READ_ID], room_id, (int64_t)seq);
	return read_number(reader->statements[READ_ID]);
}

/* --- times --- */

/* The entry, or the first behind it. False: there is none. */
static bool read_time(struct sqlite_reader *reader, int64_t room_id, uint64_t *seq, int64_t *time_ms)
{
	sqlite3_stmt *row = reader->statements[READ_TIME];
	bind_two(row, room_id, (int64_t)*seq);
	bool is_there = sqlite3_step(row) == SQLITE_ROW;
	if (is_there) {
		*seq = (uint64_t)sqlite3_column_int64(row, 0);
		*time_ms = sqlite3_column_int64(row, 1);
	}
	sqlite3_reset(row);
	return is_there;
}

static int64_t reader_time_of(struct store_reader *base, int64_t room_id, uint64_t seq)
{
	int64_t time_ms = 0;
	if (seq)
		read_time((struct sqlite_reader *)base, room_id, &seq, &time_ms);
	return time_ms;
}

/* Halves the room's log: the last entry that is not later lies between `early`, which is not, and `late`, which is. */
static uint64_t reader_seq_at_time(struct store_reader *base, int64_t room_id, int64_t time_ms)
{
	struct sqlite_reader *reader = (struct sqlite_reader *)base;
	sqlite3_bind_int64(reader->statements[READ_END], 1, room_id);
	uint64_t early = 0, late = (uint64_t)read_number(reader->statements[READ_END]) + 1;
	while (late - early > 1) {
		uint64_t middle = early + (late - early) / 2, seq = middle;
		int64_t said_ms;
		if (read_time(reader, room_id, &seq, &said_ms) && seq < late && said_ms <= time_ms)
			early = seq;
		else
			late = middle;
	}
	return early;
}

/* --- what is unread --- */

/* Counts up to STORE_UNREAD_MOST; a negative number where that failed. */
static int64_t count(struct sqlite_reader *reader, int which, const struct store_unread *of)
{
	sqlite3_stmt *statement = reader->statements[which];
	bind_two(statement, of->room_id, of->read_seq < INT64_MAX ? (int64_t)of->read_seq : INT64_MAX);
	sqlite3_bind_int64(statement, 3, of->person);
	sqlite3_bind_int64(statement, 4, STORE_UNREAD_MOST);
	int64_t number = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
	sqlite3_reset(statement);
	return number;
}

static int reader_count_unread(struct store_reader *base, struct store_unread *unread, size_t length)
{
	struct sqlite_reader *reader = (struct sqlite_reader *)base;
	for (size_t i = 0; i < length; i++) {
		struct store_unread *one = &unread[i];
		int64_t messages = count(reader, READ_UNREAD, one);
		/* Whom a message names has it unread: there is nothing to look for where there is none. */
		int64_t mentions =
		    one->is_direct || messages <= 0 ? messages : count(reader, READ_MENTIONS, one);
		if (messages < 0 || mentions < 0) {
			LOG_ERROR("store.read", "room=%lld error=\"%s\"", (long long)one->room_id,
				  sqlite3_errmsg(reader->db));
			return STORE_FAILED;
		}
		one->unread = (uint32_t)messages;
		one->mentions = (uint32_t)mentions;
	}
	return STORE_OK;
}

/* --- search --- */

struct searching {
	struct sqlite_reader *reader;
	const struct store_search *search;
	store_visit_entry *visit;
	void *context;
	struct store_search_end *end;
	size_t left, looks;
};

/* The message that the document is about, as it reads now, in *entry; the statements hold its texts until
 * they are reset. A document that matched may be out of date: a text that was edited since, or that is gone.
 */
static bool read_hit(struct sqlite_reader *reader, int64_t id, struct entry *entry)
{
	sqlite3_stmt *by_id = reader->statements[READ_BY_ID], *by_seq = reader->statements[READ_BY_SEQ];
	sqlite3_bind_int64(by_id, 1, id);
	if (sqlite3_step(by_id) != SQLITE_ROW)
		return false;
	row_to_entry(by_id, entry);
	if (entry->kind == ENTRY_MESSAGE)
		return !(entry->flags & (ENTRY_EDITED | ENTRY_DELETED)) &&
		       add_files(reader, entry) == SQLITE_ROW;
	if (entry->kind != ENTRY_EDIT || entry->flags & ENTRY_DELETED)
		return false;
	struct entry edit = *entry;
	bind_two(by_seq, edit.room_id, (int64_t)edit.ref);
	if (sqlite3_step(by_seq) != SQLITE_ROW)
		return false;
	row_to_entry(by_seq, entry);
	entry->text = edit.text;
	return !(entry->flags & ENTRY_DELETED) && entry->edited_seq == edit.seq &&
	       add_files(reader, entry) == SQLITE_ROW;
}

static bool has_reaction(const struct sqlite_reader *reader, int64_t entry_id)
{
	sqlite3_stmt *rows = reader->statements[READ_REACTIONS];
	sqlite3_bind_int64(rows, 1, entry_id);
	bool has_one = sqlite3_step(rows) == SQLITE_ROW;
	sqlite3_reset(rows);
	return has_one;
}

static bool is_wanted(const struct searching *searching, const struct entry *entry)
{
	const struct store_search *search = searching->search;
	return (!search->room_id || entry->room_id == search->room_id) &&
	       (!search->since_ms || entry->time_ms >= search->since_ms) &&
	       (!search->until_ms || entry->time_ms < search->until_ms) &&
	       (!search->has_reaction || has_reaction(searching->reader, entry->id));
}

static bool show_hit(void *context, int64_t id)
{
	struct searching *searching = context;
	struct sqlite_reader *reader = searching->reader;
	struct entry entry;
	bool goes_on = true;
	if (searching->looks++ == LIMIT_SEARCH_LOOKS) {
		searching->end->next = (uint64_t)id + 1;
		return false;
	}
	if (read_hit(reader, id, &entry) && is_wanted(searching, &entry)) {
		entry.id = id; /* where the search goes on from */
		goes_on = searching->visit(searching->context, &entry) && --searching->left;
	}
	sqlite3_reset(reader->statements[READ_BY_ID]);
	sqlite3_reset(reader->statements[READ_BY_SEQ]);
	return goes_on;
}

static int reader_search(struct store_reader *base, const struct store_search *search,
			 store_visit_entry *visit, void *context, struct store_search_end *end)
{
	struct sqlite_reader *reader = (struct sqlite_reader *)base;
	struct searching searching = {.reader = reader,
				      .search = search,
				      .visit = visit,
				      .context = context,
				      .end = end,
				      .left = search->limit};
	*end = (struct store_search_end){.lag = read_number(reader->statements[READ_LAST_ID])};
	if (reader->index && sqlite_search_is_gone(reader->index)) {
		sqlite3_close(reader->index);
		reader->index = NULL;
	}
	if (!reader->index && sqlite_search_open(reader->path, &reader->index) != STORE_OK)
		return STORE_OK;
	int64_t last_id;
	sqlite_search_last_id(reader->index, &last_id);
	end->lag -= last_id;
	return sqlite_search_run(reader->index, search, show_hit, &searching, end);
}

static const struct store_reader_ops reader_ops = {.close = reader_close,
						   .page = reader_page,
						   .reactions = reader_reactions,
						   .search = reader_search,
						   .seq_at_time = reader_seq_at_time,
						   .time_of = reader_time_of,
						   .entry_id = reader_entry_id,
						   .count_unread = reader_count_unread};

int sqlite_reader_open(const char *path, struct store_reader **made)
{
	struct sqlite_reader *reader = mem_zero(sizeof *reader);
	reader->reader.ops = &reader_ops;
	reader->path = mem_string(path);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	int result = sqlite3_open_v2(path, &reader->db, flags, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_exec(reader->db, "PRAGMA query_only=ON; PRAGMA cache_size=-4096;", NULL,
				      NULL, NULL);
	for (int i = 0; i < READ_COUNT && result == SQLITE_OK; i++)
		result = sqlite3_prepare_v3(reader->db, read_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
					    &reader->statements[i], NULL);
	if (result != SQLITE_OK) {
		LOG_ERROR("store.reader", "error=\"%s\"", sqlite3_errmsg(reader->db));
		reader_close(&reader->reader);
		return STORE_FAILED;
	}
	sqlite3_busy_timeout(reader->db, 2000);
	*made = &reader->reader;
	return STORE_OK;
}
