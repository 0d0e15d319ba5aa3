#include "store/postgres/postgres_read.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/logging.h"
#include "base/memory.h"
#include "store/postgres/postgres_entry.h"
#include "store/sqlite/sqlite_search.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/* An index walk of at most `limit` steps, newest first where that is wanted, is shown oldest first. */
#define PAGE(text, filter, order)                                                                        \
	"SELECT * FROM (SELECT " POSTGRES_ENTRY(text) " FROM entries e WHERE room = $1 AND seq > $2 AND" \
						      " seq < $3" filter " ORDER BY seq" order           \
						      " LIMIT $4) page ORDER BY seq"

/* The text that a message has now. */
#define NOW                                                                                                 \
	"CASE WHEN e.flags & 20 = 16 THEN coalesce((SELECT t.text FROM entries t WHERE t.room = e.room AND" \
	" t.seq = e.latest), e.text) ELSE e.text END"

static const char *const pages[] = {
    PAGE(POSTGRES_TEXT_SHOWN, "", ""),
    PAGE(POSTGRES_TEXT_SHOWN, "", " DESC"),
    PAGE(NOW, " AND kind = 1", ""),
    PAGE(NOW, " AND kind = 1", " DESC"),
};

struct postgres_reader {
	struct store_reader reader; /* first */
	struct postgres_link link;
	struct postgres_gate *gate;
	sqlite3 *index; /* for searching; NULL until there is one */
	char *path;
	struct postgres_files files;
};

static struct postgres_reader *reader_of(struct store_reader *base)
{
	return (struct postgres_reader *)base;
}

/* The rows, where they may be shown. */
static PGresult *let_through(struct postgres_reader *reader, PGresult *rows)
{
	if (!rows || postgres_gate_pass_link(reader->gate, &reader->link))
		return rows;
	libpq.clear(rows);
	snprintf(reader->link.error, sizeof reader->link.error,
		 "what was read may not be stored for good: the outcome of a batch is not known");
	return NULL;
}

/* Runs `query`, which names `link`, and once more where the connection turns out to be gone. */
#define ASK(reader, rows, query)                              \
	for (int tries = 0; tries < 2 && !(rows); tries++) {  \
		struct postgres_link *link = &(reader)->link; \
		if (postgres_link_open(link))                 \
			break;                                \
		(rows) = (query);                             \
		if (!(rows) && link->conn)                    \
			break;                                \
	}                                                     \
	(rows) = let_through(reader, rows)

static int read_fail(const struct postgres_reader *reader)
{
	LOG_ERROR("store.read", "error=\"%s\"", reader->link.error);
	return STORE_FAILED;
}

static int pg_page(struct store_reader *base, const struct store_range *range, store_visit_entry *visit,
		   void *context)
{
	struct postgres_reader *reader = reader_of(base);
	const char *sql = pages[2 * range->current + range->newest];
	int64_t before = range->before && range->before < INT64_MAX ? (int64_t)range->before : INT64_MAX;
	int64_t after = range->after < INT64_MAX ? (int64_t)range->after : INT64_MAX;
	PGresult *rows = NULL;
	ASK(reader, rows,
	    postgres_query(link, sql, "iiii", range->room_id, after, before, (int64_t)range->limit));
	if (!rows)
		return read_fail(reader);
	bool goes_on = true;
	for (int i = 0; i < libpq.ntuples(rows) && goes_on; i++) {
		struct entry entry;
		postgres_entry_read(rows, i, &entry, &reader->files);
		goes_on = visit(context, &entry);
	}
	libpq.clear(rows);
	return STORE_OK;
}

static int pg_reactions(struct store_reader *base, int64_t entry_id,
			void (*visit)(void *context, const char *emoji, const char *name), void *context)
{
	struct postgres_reader *reader = reader_of(base);
	PGresult *rows = NULL;
	ASK(reader, rows,
	    postgres_query(link, "SELECT emoji, name FROM reactions WHERE entry = $1 ORDER BY emoji, name",
			   "i", entry_id));
	if (!rows)
		return read_fail(reader);
	for (int i = 0; i < libpq.ntuples(rows); i++)
		visit(context, postgres_text(rows, i, 0), postgres_text(rows, i, 1));
	libpq.clear(rows);
	return STORE_OK;
}

static int64_t pg_entry_id(struct store_reader *base, int64_t room_id, uint64_t seq)
{
	struct postgres_reader *reader = reader_of(base);
	PGresult *rows = NULL;
	ASK(reader, rows,
	    postgres_query(link, "SELECT id FROM entries WHERE room = $1 AND seq = $2", "ii", room_id,
			   seq < INT64_MAX ? (int64_t)seq : INT64_MAX));
	int64_t id = rows && libpq.ntuples(rows) ? postgres_number(rows, 0, 0) : 0;
	if (rows)
		libpq.clear(rows);
	return id;
}

/* --- times --- */

/* The entry, or the first behind it. False: there is none. */
static bool pg_read_time(struct postgres_reader *reader, int64_t room_id, uint64_t *seq, int64_t *time_ms)
{
	PGresult *rows = NULL;
	ASK(reader, rows,
	    postgres_query(
		link, "SELECT seq, time_ms FROM entries WHERE room = $1 AND seq >= $2 ORDER BY seq LIMIT 1",
		"ii", room_id, *seq < INT64_MAX ? (int64_t)*seq : INT64_MAX));
	bool is_there = rows && libpq.ntuples(rows);
	if (is_there) {
		*seq = (uint64_t)postgres_number(rows, 0, 0);
		*time_ms = postgres_number(rows, 0, 1);
	}
	if (rows)
		libpq.clear(rows);
	return is_there;
}

static int64_t pg_time_of(struct store_reader *base, int64_t room_id, uint64_t seq)
{
	int64_t time_ms = 0;
	if (seq)
		pg_read_time(reader_of(base), room_id, &seq, &time_ms);
	return time_ms;
}

static uint64_t newest_seq(struct postgres_reader *reader, int64_t room_id)
{
	PGresult *rows = NULL;
	ASK(reader, rows,
	    postgres_query(link, "SELECT seq FROM entries WHERE room = $1 ORDER BY seq DESC LIMIT 1", "i",
			   room_id));
	uint64_t seq = rows && libpq.ntuples(rows) ? (uint64_t)postgres_number(rows, 0, 0) : 0;
	if (rows)
		libpq.clear(rows);
	return seq;
}

/* Halves the room's log: the last entry that is not later lies between `early`, which is not, and `late`, which is. */
static uint64_t pg_seq_at_time(struct store_reader *base, int64_t room_id, int64_t time_ms)
{
	struct postgres_reader *reader = reader_of(base);
	uint64_t early = 0, late = newest_seq(reader, room_id) + 1;
	while (late - early > 1) {
		uint64_t middle = early + (late - early) / 2, seq = middle;
		int64_t said_ms;
		if (pg_read_time(reader, room_id, &seq, &said_ms) && seq < late && said_ms <= time_ms)
			early = seq;
		else
			late = middle;
	}
	return early;
}

/* --- what is unread --- */

/* Those of person 0 are for all of the room, but for whoever has written them. */
#define MENTIONS                                                                                            \
	"SELECT count(*) FROM (SELECT * FROM (SELECT seq FROM mentions WHERE person = $3 AND room = $1 AND" \
	" seq > $2 LIMIT $4) a UNION SELECT * FROM (SELECT m.seq FROM mentions m WHERE m.person = 0 AND "   \
	"m.room"                                                                                            \
	" = $1 AND m.seq > $2 AND EXISTS (SELECT 1 FROM entries e WHERE e.room = m.room AND e.seq = m.seq " \
	"AND"                                                                                               \
	" e.person <> $3) LIMIT $4) b LIMIT $4) c"

static int64_t reader_count(struct postgres_reader *reader, const char *sql, const struct store_unread *of)
{
	int64_t read_seq = of->read_seq < INT64_MAX ? (int64_t)of->read_seq : INT64_MAX;
	PGresult *rows = NULL;
	ASK(reader, rows,
	    postgres_query(link, sql, "iiii", of->room_id, read_seq, of->person, (int64_t)STORE_UNREAD_MOST));
	int64_t number = rows ? postgres_number(rows, 0, 0) : -1;
	if (rows)
		libpq.clear(rows);
	return number;
}

static int pg_count_unread(struct store_reader *base, struct store_unread *unread, size_t length)
{
	static const char messages_sql[] =
	    "SELECT count(*) FROM (SELECT 1 FROM entries WHERE room = $1 AND seq > $2 AND kind = 1 AND"
	    " flags & 4 = 0 AND person <> $3 LIMIT $4) x";
	static const char mentions_sql[] = MENTIONS;
	struct postgres_reader *reader = reader_of(base);
	for (size_t i = 0; i < length; i++) {
		struct store_unread *one = &unread[i];
		int64_t messages = reader_count(reader, messages_sql, one);
		/* Whom a message names has it unread: there is nothing to look for where there is none. */
		int64_t mentions =
		    one->is_direct || messages <= 0 ? messages : reader_count(reader, mentions_sql, one);
		if (messages < 0 || mentions < 0)
			return read_fail(reader);
		one->unread = (uint32_t)messages;
		one->mentions = (uint32_t)mentions;
	}
	return STORE_OK;
}

/* --- search --- */

#define HITS_MAX 64 /* that are asked for at once */

struct pg_searching {
	struct postgres_reader *reader;
	const struct store_search *search;
	store_visit_entry *visit;
	void *context;
	struct store_search_end *end;
	size_t left, looks, count;
	int64_t hits[HITS_MAX];
	bool is_failed;
};

/* A document that matched may be out of date: a text that was edited since, or that is gone. An edit stands for its
 * message, as long as it is the newest. */
#define SEARCH_HITS                                                                                          \
	"SELECT " POSTGRES_ENTRY(                                                                            \
	    "hit.text") ", hit.id FROM unnest($1::bigint[]) WITH ORDINALITY w(id, place)"                    \
			" JOIN entries hit ON hit.id = w.id JOIN rooms r ON r.id = hit.room AND NOT "        \
			"r.removed"                                                                          \
			" JOIN entries e ON e.room = hit.room AND e.seq = CASE WHEN hit.kind = 2 THEN "      \
			"hit.ref ELSE hit.seq END"                                                           \
			" WHERE ((hit.kind = 1 AND hit.flags & 20 = 0) OR (hit.kind = 2 AND hit.flags & 4 "  \
			"= 0 AND e.flags & 4 = 0"                                                            \
			" AND e.latest = hit.seq)) AND ($2::bigint = 0 OR e.room = $2) AND ($3::bigint = 0 " \
			"OR e.time_ms >= $3)"                                                                \
			" AND ($4::bigint = 0 OR e.time_ms < $4)"                                            \
			" AND ($5::bigint = 0 OR EXISTS (SELECT 1 FROM reactions x WHERE x.entry = e.id)) "  \
			"ORDER BY w.place"

/* False where enough was shown. */
static bool show_hits(struct pg_searching *searching)
{
	static const char sql[] = SEARCH_HITS;
	const struct store_search *search = searching->search;
	struct buffer ids = BUFFER_EMPTY;
	PGresult *rows = NULL;
	if (!searching->count)
		return true;
	for (size_t i = 0; i < searching->count; i++)
		buffer_printf(&ids, "%c%" PRId64, i ? ',' : '{', searching->hits[i]);
	buffer_add_char(&ids, '}');
	searching->count = 0;
	ASK(searching->reader, rows,
	    postgres_query(link, sql, "tiiii", buffer_string(&ids), search->room_id, search->since_ms,
			   search->until_ms, (int64_t)search->has_reaction));
	buffer_release(&ids);
	searching->is_failed = !rows;
	bool goes_on = rows;
	for (int i = 0; i < (rows ? libpq.ntuples(rows) : 0) && goes_on; i++) {
		struct entry entry;
		postgres_entry_read(rows, i, &entry, &searching->reader->files);
		entry.id =
		    postgres_number(rows, i, POSTGRES_ENTRY_COLUMNS); /* where the search goes on from */
		goes_on = searching->visit(searching->context, &entry) && --searching->left;
	}
	if (rows)
		libpq.clear(rows);
	return goes_on;
}

static bool take_hit(void *context, int64_t id)
{
	struct pg_searching *searching = context;
	if (searching->looks++ == LIMIT_SEARCH_LOOKS) {
		searching->end->next = (uint64_t)id + 1;
		return false;
	}
	searching->hits[searching->count++] = id;
	return searching->count < HITS_MAX || show_hits(searching);
}

static int64_t newest_id(struct postgres_reader *reader)
{
	PGresult *rows = NULL;
	ASK(reader, rows,
	    postgres_query(link, "SELECT coalesce((SELECT id FROM entries ORDER BY id DESC LIMIT 1), 0)",
			   ""));
	int64_t id = rows ? postgres_number(rows, 0, 0) : 0;
	if (rows)
		libpq.clear(rows);
	return id;
}

static int pg_search(struct store_reader *base, const struct store_search *search, store_visit_entry *visit,
		     void *context, struct store_search_end *end)
{
	struct postgres_reader *reader = reader_of(base);
	struct pg_searching searching = {.reader = reader,
					 .search = search,
					 .visit = visit,
					 .context = context,
					 .end = end,
					 .left = search->limit};
	int64_t indexed;
	*end = (struct store_search_end){.lag = newest_id(reader)};
	if (reader->index && sqlite_search_is_gone(reader->index)) {
		sqlite3_close(reader->index);
		reader->index = NULL;
	}
	if (!reader->index && sqlite_search_open(reader->path, &reader->index) != STORE_OK)
		return STORE_OK;
	sqlite_search_last_id(reader->index, &indexed);
	/* An id may have been drawn for what was not stored. */
	end->lag = end->lag > indexed ? end->lag - indexed : 0;
	int result = sqlite_search_run(reader->index, search, take_hit, &searching, end);
	/* A page that is full goes on behind the last one shown, not behind the last one looked at. */
	if (result == STORE_OK && searching.left && !show_hits(&searching))
		end->next = 0;
	return searching.is_failed ? read_fail(reader) : result;
}

/* --- opening --- */

static void pg_reader_close(struct store_reader *base)
{
	struct postgres_reader *reader = reader_of(base);
	postgres_link_close(&reader->link);
	sqlite3_close(reader->index);
	free(reader->path);
	free(reader);
}

static const struct store_reader_ops postgres_reader_ops = {.close = pg_reader_close,
							    .page = pg_page,
							    .reactions = pg_reactions,
							    .search = pg_search,
							    .entry_id = pg_entry_id,
							    .seq_at_time = pg_seq_at_time,
							    .time_of = pg_time_of,
							    .count_unread = pg_count_unread};

int postgres_reader_open(struct postgres_place *place, struct postgres_gate *gate, const char *path,
			 struct store_reader **made)
{
	struct postgres_reader *reader = mem_zero(sizeof *reader);
	reader->reader.ops = &postgres_reader_ops;
	reader->gate = gate;
	reader->path = mem_string(path);
	postgres_link_init(&reader->link, place);
	*made = &reader->reader;
	return STORE_OK;
}
