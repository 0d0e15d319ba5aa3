/* The query for what names or answers a person, which SQLite and PostgreSQL both read.
 *
 * Layer: store, private to it. */
#ifndef BRUSIO_STORE_MENTIONS_SQL_H
#define BRUSIO_STORE_MENTIONS_SQL_H

/* No more than the newest `limit` of each room are looked at. Columns: room, seq, name, time_ms, text. A message of
 * files alone reads as the first of them. */
#define STORE_MENTIONS_SQL(person, limit)                                                                  \
	"SELECT r.name, e.seq, e.name, e.time_ms, coalesce(nullif(coalesce((SELECT t.text FROM entries t"  \
	" WHERE t.room = e.room AND t.seq = e.latest), e.text), ''), (SELECT f.name FROM files f WHERE"    \
	" f.entry = e.id AND f.entry <> 0 ORDER BY f.place LIMIT 1), '') FROM members x"                   \
	" JOIN rooms r ON r.id = x.room JOIN entries e ON e.room = x.room AND e.seq IN ("                  \
	"SELECT a.seq FROM (SELECT seq FROM mentions WHERE person = " person " AND room = x.room ORDER BY" \
	" seq DESC LIMIT " limit ") a UNION SELECT b.seq FROM (SELECT seq FROM mentions WHERE person = 0"  \
	" AND room = x.room ORDER BY seq DESC LIMIT " limit ") b)"                                         \
	" WHERE x.person = " person " AND NOT r.direct AND NOT r.removed AND e.flags & 4 = 0"              \
	" AND e.person <> " person " ORDER BY e.id DESC LIMIT " limit

#endif
