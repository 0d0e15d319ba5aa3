#include "store/sqlite/sqlite_link.h"

#include "store/sqlite/sqlite_call.h"

#include <assert.h>

#define LINK "SELECT l.hash, l.key, l.maker, l.room, l.uses, l.used, l.made_ms, l.until_ms FROM links l"

int sqlite_put_link(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PUT_LINK);
	const struct store_link *link = &command->link;
	int64_t others;
	int result =
	    statements_number(&writer->statements, &others,
			      "SELECT count(*) FROM links WHERE maker=?1 AND until_ms>?2 AND used<uses", "ii",
			      link->maker, link->made_ms);
	if (result != STORE_OK)
		return STORE_FAILED;
	if (link->most && others >= link->most)
		return STORE_LIMIT;
	result = statements_change(
	    &writer->statements,
	    "INSERT INTO links(hash, key, maker, room, uses, made_ms, until_ms)"
	    " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7"
	    " WHERE (?3=0 OR EXISTS (SELECT 1 FROM people WHERE id=?3 AND kind=1))"
	    " AND (?4=0 OR EXISTS (SELECT 1 FROM rooms WHERE id=?4 AND NOT direct AND NOT removed))",
	    "htiiiii", link->hash, link->key, link->maker, link->room_id, link->uses, link->made_ms,
	    link->until_ms);
	if (result != STORE_OK)
		return result;
	return statements_run(&writer->statements, "DELETE FROM links WHERE until_ms<=?1", "i",
			      link->made_ms);
}

/* A person who came in by the link before may do so again, as long as it is valid. */
int sqlite_use_link(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_USE_LINK);
	struct store_link *link = &command->link;
	int64_t is_known;
	sqlite_writer_resolve(writer, &link->person, NULL);
	int result = statements_number(&writer->statements, &is_known,
				       "SELECT (SELECT count(*) FROM link_uses WHERE link=?1 AND person=?2)"
				       " FROM links WHERE hash=?1 AND until_ms>?3",
				       "hii", link->hash, link->person, link->made_ms);
	if (result != STORE_OK || is_known)
		return result;
	result = statements_change(
	    &writer->statements, "UPDATE links SET used=used+1 WHERE hash=?1 AND used<uses", "h", link->hash);
	if (result != STORE_OK)
		return result;
	return statements_run(&writer->statements, "INSERT INTO link_uses(link, person) VALUES(?1, ?2)", "hi",
			      link->hash, link->person);
}

int sqlite_drop_link(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_DROP_LINK);
	return statements_change(
	    &writer->statements,
	    "DELETE FROM links WHERE key=?1 AND (?2=0 OR maker=?2) AND (?3=0 OR room=?3)", "tii",
	    command->link.key, command->link.maker, command->link.room_id);
}

static int link_show_all(struct store_query *query, sqlite3_stmt *rows)
{
	int result;
	while ((result = statements_next(rows)) == STORE_OK) {
		struct store_command shown = {.op = STORE_PUT_LINK,
					      .link = {.key = sqlite_text(rows, 1),
						       .maker = sqlite3_column_int64(rows, 2),
						       .room_id = sqlite3_column_int64(rows, 3),
						       .uses = sqlite3_column_int64(rows, 4),
						       .used = sqlite3_column_int64(rows, 5),
						       .made_ms = sqlite3_column_int64(rows, 6),
						       .until_ms = sqlite3_column_int64(rows, 7)}};
		sqlite_copy_hash(rows, 0, shown.link.hash, STORE_LINK_BYTES);
		query->visit(query, &shown);
	}
	return result == STORE_NONE ? STORE_OK : result;
}

int sqlite_find_link(struct sqlite_writer *writer, struct store_query *query)
{
	int64_t is_there;
	int result = statements_number(&writer->statements, &is_there, "SELECT 1 FROM links WHERE hash=?1",
				       "h", query->hash);
	if (result != STORE_OK)
		return result;
	result = statements_number(&writer->statements, &query->count,
				   "SELECT count(*) FROM link_uses WHERE link=?1 AND person=?2", "hi",
				   query->hash, query->person);
	if (result != STORE_OK)
		return STORE_FAILED;
	return link_show_all(query,
			     statements_rows(&writer->statements, LINK " WHERE l.hash=?1", "h", query->hash));
}

int sqlite_list_links(struct sqlite_writer *writer, struct store_query *query)
{
	return link_show_all(
	    query,
	    statements_rows(&writer->statements,
			    LINK " WHERE l.used<l.uses AND (?1=0 OR l.maker=?1) AND (?2=0 OR l.room=?2)"
				 " ORDER BY l.made_ms DESC, l.key LIMIT ?3",
			    "iii", query->person, query->room_id, (int64_t)query->limit));
}

int sqlite_list_used_links(struct sqlite_writer *writer, struct store_query *query)
{
	return link_show_all(
	    query,
	    statements_rows(&writer->statements,
			    LINK " JOIN link_uses u ON u.link=l.hash WHERE u.person=?1 AND l.until_ms>?2",
			    "ii", query->person, query->since_ms));
}
