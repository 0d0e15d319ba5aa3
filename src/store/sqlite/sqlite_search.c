#include "store/sqlite/sqlite_search.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/logging.h"
#include "store/sqlite/sqlite_call.h"
#include "store/sqlite/sqlite_tokenizer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void search_path(const char *path, char index[SEARCH_PATH_BYTES])
{
	const char *slash = strrchr(path, '/');
	snprintf(index, SEARCH_PATH_BYTES, "%.*s/search.db", (int)(slash - path), path);
}

/* FNV-1a: the name as one word. */
void search_name_tag(const char *folded, char tag[SEARCH_TAG_BYTES])
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (const unsigned char *at = (const unsigned char *)folded; *at; at++)
		hash = (hash ^ *at) * UINT64_C(0x100000001b3);
	*tag++ = 'n';
	for (int shift = 60; shift >= 0; shift -= 4)
		*tag++ = "0123456789abcdef"[hash >> shift & 15];
	*tag = '\0';
}

/* Returns SQLITE_ROW with the number, SQLITE_DONE where there is none, or an error. */
static int number_in(sqlite3 *index, const char *sql, int64_t *number)
{
	sqlite3_stmt *row = sqlite_prepare(index, sql, "");
	int result = row ? sqlite3_step(row) : sqlite3_errcode(index);
	*number = result == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
	sqlite3_finalize(row);
	return result;
}

int sqlite_search_last_id(sqlite3 *index, int64_t *id)
{
	int result = number_in(index, "SELECT value FROM meta WHERE key='last_id'", id);
	return result == SQLITE_ROW || result == SQLITE_DONE ? SQLITE_OK : result;
}

int sqlite_search_open(const char *path, sqlite3 **index)
{
	char name[SEARCH_PATH_BYTES];
	int64_t format;
	search_path(path, name);
	int result = sqlite3_open_v2(name, index, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (result == SQLITE_OK && sqlite_tokenizer_register(*index) == SQLITE_OK) {
		sqlite3_busy_timeout(*index, 2000);
		if (number_in(*index, "SELECT value FROM meta WHERE key='format'", &format) == SQLITE_ROW &&
		    format == SEARCH_FORMAT)
			return STORE_OK;
	}
	sqlite3_close(*index);
	*index = NULL;
	return STORE_NONE;
}

bool sqlite_search_is_gone(sqlite3 *index)
{
	int has_moved = 0;
	sqlite3_file_control(index, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
	return has_moved;
}

/* --- the expression that FTS5 takes --- */

/* One word or phrase, quoted, so that nothing of it is an operator. */
static void search_add_term(struct buffer *to, const struct store_term *term, const char *operator)
{
	assert(!strchr(term->text, '"'));
	buffer_printf(to, "%sbody : \"%s\"%s", buffer_length(to) ? operator: "", term->text,
		      term->is_prefix ? " *" : "");
}

static void add_terms(struct buffer *to, const struct store_search *search, bool is_excluded)
{
	for (size_t i = 0; i < search->terms_count; i++)
		if (search->terms[i].is_excluded == is_excluded)
			search_add_term(to, &search->terms[i], is_excluded ? " OR " : " AND ");
}

static void add_tag(struct buffer *to, const char *tag)
{
	buffer_printf(to, "%stags : \"%s\"", buffer_length(to) ? " AND " : "", tag);
}

static struct buffer make_expression(const struct store_search *search)
{
	struct buffer wanted = BUFFER_EMPTY, excluded = BUFFER_EMPTY;
	char tag[32];
	add_terms(&wanted, search, false);
	if (search->from) {
		search_name_tag(search->from, tag);
		add_tag(&wanted, tag);
	}
	if (search->has_link)
		add_tag(&wanted, SEARCH_TAG_LINK);
	if (search->has_file)
		add_tag(&wanted, SEARCH_TAG_FILE);
	if (search->room_id) {
		snprintf(tag, sizeof tag, SEARCH_TAG_ROOM "%" PRId64, search->room_id);
		add_tag(&wanted, tag);
	}
	/* Each document has its room. */
	if (!buffer_length(&wanted))
		buffer_add_string(&wanted, "tags : \"" SEARCH_TAG_ROOM "\" *");
	add_terms(&excluded, search, true);
	if (buffer_length(&excluded)) {
		struct buffer both = BUFFER_EMPTY;
		buffer_printf(&both, "(%s) NOT (%s)", buffer_string(&wanted), buffer_string(&excluded));
		buffer_release(&wanted);
		wanted = both;
	}
	buffer_release(&excluded);
	return wanted;
}

/* --- looking --- */

struct looking {
	sqlite3 *index;
	const char *expression;
	int64_t before;
	bool (*hit)(void *context, int64_t id);
	void *context;
};

/* Returns SQLITE_ROW where `hit` has had enough, SQLITE_DONE at the end of the segment. */
static int look_in_segment(const struct looking *looking, int64_t segment)
{
	char sql[192];
	snprintf(sql, sizeof sql,
		 "SELECT rowid FROM segment_%" PRId64 " WHERE segment_%" PRId64 " MATCH ?1 AND rowid<?2"
		 " ORDER BY rowid DESC",
		 segment, segment);
	sqlite3_stmt *rows = sqlite_prepare(looking->index, sql, "ti", looking->expression, looking->before);
	int result = rows ? SQLITE_OK : SQLITE_ERROR;
	while (rows && (result = sqlite3_step(rows)) == SQLITE_ROW)
		if (!looking->hit(looking->context, sqlite3_column_int64(rows, 0)))
			break;
	sqlite3_finalize(rows);
	return result;
}

static sqlite3_stmt *list_segments(sqlite3 *index, const struct store_search *search, int64_t before)
{
	return sqlite_prepare(index,
			      "SELECT number FROM segments WHERE number<=?1 AND last_ms>=?2 AND first_ms<?3"
			      " ORDER BY number DESC",
			      "iii", before / SEARCH_SEGMENT, search->since_ms ? search->since_ms : INT64_MIN,
			      search->until_ms ? search->until_ms : INT64_MAX);
}

/* The segments one after the other, as long as there is time. */
static int look_everywhere(const struct looking *looking, const struct store_search *search,
			   struct store_search_end *end)
{
	int64_t started_ms = clock_mono_ms();
	sqlite3_stmt *segments = list_segments(looking->index, search, looking->before);
	int result = SQLITE_DONE, row = segments ? SQLITE_DONE : SQLITE_ERROR;
	while (segments && result == SQLITE_DONE && (row = sqlite3_step(segments)) == SQLITE_ROW) {
		int64_t segment = sqlite3_column_int64(segments, 0);
		if (clock_mono_ms() - started_ms > LIMIT_SEARCH_MS) {
			end->next = (uint64_t)(segment + 1) * SEARCH_SEGMENT;
			break;
		}
		result = look_in_segment(looking, segment);
	}
	sqlite3_finalize(segments);
	return row == SQLITE_ROW || row == SQLITE_DONE ? result : row;
}

static bool stop_at_hit(void *context, int64_t id)
{
	(void)id;
	*(bool *)context = true;
	return false;
}

/* Whether anybody of the name has said anything that is still there. */
static int find_author(sqlite3 *index, const char *folded, bool *is_there)
{
	char tag[SEARCH_TAG_BYTES], expression[64];
	struct looking looking = {index, expression, INT64_MAX, stop_at_hit, is_there};
	struct store_search all = {.until_ms = 0};
	struct store_search_end end = {.next = 0};
	search_name_tag(folded, tag);
	snprintf(expression, sizeof expression, "tags : \"%s\"", tag);
	*is_there = false;
	int result = look_everywhere(&looking, &all, &end);
	*is_there = *is_there || end.next;
	return result;
}

static int search_run(sqlite3 *index, const struct store_search *search, struct looking *looking,
		      struct store_search_end *end)
{
	bool is_there = true;
	int result = SQLITE_DONE;
	if (search->from && search->is_from_unknown)
		result = find_author(index, search->from, &is_there);
	if (!is_there)
		return STORE_NONE;
	if (result == SQLITE_DONE || result == SQLITE_ROW)
		result = look_everywhere(looking, search, end);
	return result == SQLITE_DONE || result == SQLITE_ROW ? STORE_OK : STORE_FAILED;
}

int sqlite_search_run(sqlite3 *index, const struct store_search *search,
		      bool (*hit)(void *context, int64_t id), void *context, struct store_search_end *end)
{
	struct buffer expression = make_expression(search);
	bool is_bounded = search->before && search->before < INT64_MAX;
	struct looking looking = {.index = index,
				  .expression = buffer_string(&expression),
				  .before = is_bounded ? (int64_t)search->before : INT64_MAX,
				  .hit = hit,
				  .context = context};
	/* Inside one snapshot, since the indexer may make a segment anew meanwhile. */
	int result = sqlite3_exec(index, "BEGIN", NULL, NULL, NULL) == SQLITE_OK
			 ? search_run(index, search, &looking, end)
			 : STORE_FAILED;
	if (result == STORE_FAILED)
		LOG_ERROR("search.run", "error=\"%s\"", sqlite3_errmsg(index));
	if (!sqlite3_get_autocommit(index))
		sqlite3_exec(index, "ROLLBACK", NULL, NULL, NULL);
	buffer_release(&expression);
	return result;
}
