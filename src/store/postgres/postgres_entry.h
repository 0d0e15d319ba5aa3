/* An entry as a row: the columns of a query that shows entries, and reading one of its rows.
 *
 * Layer: store, private to it. Threads: any. */
#ifndef BRUSIO_STORE_POSTGRES_ENTRY_H
#define BRUSIO_STORE_POSTGRES_ENTRY_H

#include "base/entry.h"
#include "base/file.h"
#include "store/postgres/postgres_link.h"

/* An edit of a deleted message that still waits to be emptied looks as if it were. */
#define POSTGRES_WAITS                                                                                       \
	"(e.kind = 2 AND EXISTS (SELECT 1 FROM leftovers l WHERE l.kind = 1 AND l.number = e.room AND l.seq" \
	" = e.ref))"

/* The text of `entries e` as it is shown: one that was replaced reads as its message does now. */
#define POSTGRES_TEXT_SHOWN                                                                              \
	"CASE WHEN e.flags & 4100 = 4096 THEN (SELECT newest.text FROM entries said JOIN entries newest" \
	" ON newest.room = said.room AND newest.seq = said.latest WHERE said.room = e.room AND said.seq" \
	" = CASE WHEN e.kind = 2 THEN e.ref ELSE e.seq END) ELSE e.text END"

/* The files of `entries e`, as postgres_entry_cut_files() takes them. */
#define POSTGRES_FILES                                                                             \
	"CASE WHEN e.kind = 1 AND e.flags & 1028 = 1024 THEN (SELECT"                              \
	" string_agg(concat_ws(E'\\x1f', f.id, f.key, f.name, f.type, f.bytes, f.width, f.height," \
	" f.preview_bytes), E'\\x1e'"                                                              \
	" ORDER BY f.place) FROM files f WHERE f.entry = e.id AND f.entry <> 0) END"

/* The columns that postgres_entry_read() takes, of `entries e`, with this text. */
#define POSTGRES_ENTRY(text)                                                                        \
	"e.id, e.room, e.seq, e.time_ms, e.kind, CASE WHEN " POSTGRES_WAITS                         \
	" THEN e.flags | 4 ELSE e.flags END,"                                                       \
	" e.author, e.person, e.ref, e.name, e.ip, CASE WHEN " POSTGRES_WAITS " THEN '' ELSE " text \
	" END, e.latest, e.sid, " POSTGRES_FILES
#define POSTGRES_ENTRY_COLUMNS 15

/* The files of the entry that is read. */
struct postgres_files {
	struct entry_file each[LIMIT_FILES];
};

/* Strings are valid until the rows are freed. */
void postgres_entry_read(PGresult *rows, int row, struct entry *entry, struct postgres_files *files);

/* Fills in entry->files, which has room, from "id US key US name US type US bytes US width US height US
 * bytes of previews", with RS between
 * files; `rest` is cut into pieces. */
void postgres_entry_cut_files(struct entry *entry, char *rest);

#endif
