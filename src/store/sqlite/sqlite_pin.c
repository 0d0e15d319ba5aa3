#include "store/sqlite/sqlite_pin.h"

#include "store/sqlite/sqlite_call.h"

#include <assert.h>

/* A message that was deleted or purged is pinned no more; its row goes with the next one that is pinned. */
int sqlite_put_pin(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_PUT_PIN);
	const struct store_pin *pin = &command->pin;
	int64_t is_there, others;
	int result =
	    statements_number(&writer->statements, &is_there,
			      "SELECT 1 FROM entries WHERE room=?1 AND seq=?2 AND kind=1 AND NOT flags&4",
			      "ii", pin->room_id, (int64_t)pin->seq);
	if (result != STORE_OK)
		return result;
	result =
	    statements_number(&writer->statements, &others,
			      "SELECT count(*) FROM pins p JOIN entries e ON e.room=p.room AND e.seq=p.seq"
			      " WHERE p.room=?1 AND p.seq<>?2 AND NOT e.flags&4",
			      "ii", pin->room_id, (int64_t)pin->seq);
	if (result != STORE_OK)
		return STORE_FAILED;
	if (pin->most && others >= pin->most)
		return STORE_LIMIT;
	result = statements_run(&writer->statements,
				"DELETE FROM pins WHERE room=?1 AND NOT EXISTS (SELECT 1 FROM entries e"
				" WHERE e.room=pins.room AND e.seq=pins.seq AND NOT e.flags&4)",
				"i", pin->room_id);
	if (result != STORE_OK)
		return result;
	return statements_run(&writer->statements,
			      "INSERT INTO pins(room, seq, by, time_ms) VALUES(?1, ?2, ?3, ?4)"
			      " ON CONFLICT DO UPDATE SET by=?3, time_ms=?4",
			      "iiti", pin->room_id, (int64_t)pin->seq, pin->by, pin->time_ms);
}

int sqlite_drop_pin(struct sqlite_writer *writer, struct store_command *command)
{
	assert(command->op == STORE_DROP_PIN);
	return statements_change(&writer->statements, "DELETE FROM pins WHERE room=?1 AND seq=?2", "ii",
				 command->pin.room_id, (int64_t)command->pin.seq);
}

int sqlite_list_pins(struct sqlite_writer *writer, struct store_query *query)
{
	sqlite3_stmt *rows = statements_rows(
	    &writer->statements,
	    "SELECT p.seq, p.by, p.time_ms, e.name, substr(coalesce((SELECT t.text FROM entries t"
	    " WHERE t.room=e.room AND t.seq=e.latest), e.text), 1, 300), e.time_ms FROM pins p"
	    " JOIN entries e ON e.room=p.room AND e.seq=p.seq WHERE p.room=?1 AND NOT e.flags&4"
	    " ORDER BY p.time_ms DESC, p.seq DESC",
	    "i", query->room_id);
	int result;
	while ((result = statements_next(rows)) == STORE_OK) {
		struct store_command row = {.op = STORE_PUT_PIN,
					    .pin = {.room_id = query->room_id,
						    .seq = (uint64_t)sqlite3_column_int64(rows, 0),
						    .by = sqlite_text(rows, 1),
						    .time_ms = sqlite3_column_int64(rows, 2),
						    .name = sqlite_text(rows, 3),
						    .text = sqlite_text(rows, 4),
						    .said_ms = sqlite3_column_int64(rows, 5)}};
		query->visit(query, &row);
	}
	return result == STORE_NONE ? STORE_OK : result;
}
