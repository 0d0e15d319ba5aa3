#include "store/sqlite_read.h"

#include "base/logging.h"
#include "base/memory.h"

#include <sqlite3.h>
#include <stdlib.h>

#define COLUMNS "id, room, seq, time_ms, kind, flags, author, account, ref, name, ip, text"

/* Every page is a seek in entries_by_room and a walk of at most `limit` steps. A newest-first walk is
 * turned round by the outer SELECT, so that rows are always shown oldest first. */
#define PAGE(filter)                                                                                         \
	"SELECT " COLUMNS " FROM entries WHERE room=?1 AND seq>?2 AND seq<?3" filter " ORDER BY seq LIMIT ?4"
#define PAGE_NEWEST(filter)                                                                                  \
	"SELECT * FROM (SELECT " COLUMNS " FROM entries WHERE room=?1 AND seq>?2 AND seq<?3" filter          \
	" ORDER BY seq DESC LIMIT ?4) ORDER BY seq"

enum { READ_PAGE, READ_PAGE_NEWEST, READ_CURRENT, READ_CURRENT_NEWEST, READ_COUNT };

static const char *const read_sql[READ_COUNT] = {
    [READ_PAGE] = PAGE(""),
    [READ_PAGE_NEWEST] = PAGE_NEWEST(""),
    [READ_CURRENT] = PAGE(" AND kind=1"),
    [READ_CURRENT_NEWEST] = PAGE_NEWEST(" AND kind=1"),
};

struct sqlite_reader {
	struct store_reader reader;
	sqlite3 *db;
	sqlite3_stmt *statements[READ_COUNT];
};

static const char *text_column(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	return text ? text : "";
}

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
	    .account = sqlite3_column_int64(row, 7),
	    .ref = (uint64_t)sqlite3_column_int64(row, 8),
	    .name = text_column(row, 9),
	    .ip = text_column(row, 10),
	    .text = text_column(row, 11),
	};
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
		if (!visit(context, &entry)) {
			result = SQLITE_DONE;
			break;
		}
	}
	sqlite3_reset(page);
	if (result == SQLITE_DONE)
		return STORE_OK;
	LOG_ERROR("store.read", "room=%lld error=\"%s\"", (long long)range->room_id, sqlite3_errmsg(reader->db));
	return STORE_FAILED;
}

static void reader_close(struct store_reader *base)
{
	struct sqlite_reader *reader = (struct sqlite_reader *)base;
	for (int i = 0; i < READ_COUNT; i++)
		sqlite3_finalize(reader->statements[i]);
	sqlite3_close(reader->db);
	free(reader);
}

static const struct store_reader_ops reader_ops = {.close = reader_close, .page = reader_page};

int sqlite_reader_open(const char *path, struct store_reader **made)
{
	struct sqlite_reader *reader = mem_zero(sizeof *reader);
	reader->reader.ops = &reader_ops;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	int result = sqlite3_open_v2(path, &reader->db, flags, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_exec(reader->db, "PRAGMA query_only=ON; PRAGMA cache_size=-4096;", NULL, NULL,
				      NULL);
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
