#include "store/postgres/postgres_ask.h"

#include "store/mentions_sql.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* --- what is sent --- */

typedef PGresult *send_question(struct postgres_link *link, const struct store_query *query);
typedef int read_answer(struct store_query *query, const PGresult *rows);

static PGresult *pg_send_password(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(link, "SELECT password FROM people WHERE id = $1 AND password IS NOT NULL", "i",
			      query->person);
}

static PGresult *pg_send_token(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(link, "SELECT person FROM tokens WHERE hash = $1", "h", query->hash);
}

static PGresult *pg_send_send(struct postgres_link *link, const struct store_query *query)
{
	const struct entry *entry = query->entry;
	const struct store_send_id *id = &query->send_id;
	return postgres_query(
	    link,
	    "SELECT result, a, b, c FROM find_send_v1($1::bigint, $2::text, $3::text, $4::bigint,"
	    " $5::bigint, $6::bigint, $7::bigint, $8::text, $9::text)",
	    "ittiiiitn", id->person, id->device, id->id, entry->room_id, (int64_t)entry->kind,
	    (int64_t)entry->flags, (int64_t)entry->ref, entry->text, entry->file_ids);
}

static PGresult *pg_send_entry(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(link,
			      "SELECT id, time_ms, kind, flags, author, person, ref, latest FROM entries"
			      " WHERE room = $1 AND seq = $2",
			      "ii", query->room_id, (int64_t)query->seq);
}

static PGresult *pg_send_session(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(link, "SELECT person, token FROM sessions WHERE hash = $1", "s", query->hash);
}

static PGresult *pg_send_tokens(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(link,
			      "SELECT label, hash FROM tokens WHERE person = $1 ORDER BY created_ms, label",
			      "i", query->person);
}

static PGresult *pg_send_sessions(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(link,
			      "SELECT hash, device, client, address, token, since_ms, seen_ms FROM sessions"
			      " WHERE person = $1 ORDER BY since_ms, hash",
			      "i", query->person);
}

static PGresult *pg_send_factor(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(link, "SELECT secret, step FROM factors WHERE person = $1", "i", query->person);
}

#define PG_PASSKEY \
	"SELECT person, hash, label, host, key, counter, challenge_ms, made_ms, used_ms FROM passkeys"

static PGresult *pg_send_passkey(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(link, PG_PASSKEY " WHERE hash = $1", "h", query->hash);
}

static PGresult *pg_send_passkeys(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(link, PG_PASSKEY " WHERE person = $1 ORDER BY made_ms, label", "i",
			      query->person);
}

static PGresult *pg_send_settings(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(link, "SELECT key, value FROM settings WHERE person = $1 ORDER BY key", "i",
			      query->person);
}

static PGresult *pg_send_pushes(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(
	    link,
	    "SELECT hash, label, endpoint, point, auth, lang, texts, made_ms, (SELECT t.hash FROM"
	    " tokens t WHERE t.person = p.person AND t.label = p.label) FROM pushes p"
	    " WHERE person = $1 ORDER BY made_ms, label",
	    "i", query->person);
}

static PGresult *pg_send_pins(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(
	    link,
	    "SELECT p.seq, p.by, p.time_ms, e.name, substr(coalesce((SELECT t.text FROM entries t"
	    " WHERE t.room = e.room AND t.seq = e.latest), e.text), 1, 300), e.time_ms FROM pins p"
	    " JOIN entries e ON e.room = p.room AND e.seq = p.seq"
	    " WHERE p.room = $1 AND e.flags & 4 = 0 ORDER BY p.time_ms DESC, p.seq DESC",
	    "i", query->room_id);
}

static PGresult *pg_send_edits(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(
	    link,
	    "WITH RECURSIVE texts(seq, next, flags, time_ms, text, n) AS ("
	    "SELECT seq, latest, flags, time_ms, text, 1 FROM entries WHERE room = $1 AND seq = (SELECT"
	    " CASE WHEN latest <> 0 THEN latest ELSE seq END FROM entries WHERE room = $1 AND seq = $2 AND "
	    "kind = 1"
	    " AND flags & 4 = 0)"
	    " UNION ALL SELECT e.seq, e.latest, e.flags, e.time_ms, e.text, n + 1 FROM texts t JOIN entries e"
	    " ON e.room = $1 AND e.seq = CASE WHEN t.next <> 0 THEN t.next ELSE $2 END"
	    " WHERE t.seq <> $2 AND n < $4 AND t.flags & $3 <> 0)"
	    " SELECT seq, time_ms, text FROM texts ORDER BY n",
	    "iiii", query->room_id, (int64_t)query->seq, (int64_t)ENTRY_KEEPS, (int64_t)query->limit);
}

static PGresult *pg_send_mentions(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(link, STORE_MENTIONS_SQL("$1::bigint", "$2::bigint"), "ii", query->person,
			      (int64_t)query->limit);
}

#define PG_LINK "SELECT l.hash, l.key, l.maker, l.room, l.uses, l.used, l.made_ms, l.until_ms,"

static PGresult *pg_send_link(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(link,
			      PG_LINK " (SELECT count(*) FROM link_uses WHERE link = l.hash AND person = $2)"
				      " FROM links l WHERE hash = $1",
			      "hi", query->hash, query->person);
}

static PGresult *pg_send_links(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(
	    link,
	    PG_LINK " 0 FROM links l WHERE used < uses AND ($1 = 0 OR maker = $1) AND ($2 = 0 OR room = $2)"
		    " ORDER BY made_ms DESC, key LIMIT $3",
	    "iii", query->person, query->room_id, (int64_t)query->limit);
}

static PGresult *pg_send_used_links(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(
	    link,
	    PG_LINK
	    " 0 FROM links l JOIN link_uses u ON u.link = l.hash WHERE u.person = $1 AND l.until_ms > $2",
	    "ii", query->person, query->since_ms);
}

static PGresult *pg_send_file(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(
	    link,
	    "SELECT f.key, f.owner, f.entry, coalesce(e.room, 0), f.name, f.type, f.bytes, f.width,"
	    " f.height, f.hash, f.preview_bytes FROM files f LEFT JOIN entries e ON e.id = f.entry"
	    " WHERE f.id = $1",
	    "t", query->text);
}

static PGresult *pg_send_count(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(
	    link,
	    "SELECT coalesce(sum(bytes), 0), (SELECT value FROM meta WHERE key = 'file_bytes')"
	    " FROM files WHERE owner = $1 AND made_ms >= $2",
	    "ii", query->person, query->since_ms);
}

/* A row without an id says whether there are others. */
static PGresult *pg_send_dropped(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(
	    link,
	    "SELECT '', EXISTS (SELECT 1 FROM files WHERE entry = 0 AND made_ms < unsent_before_v1($1)) "
	    "UNION ALL"
	    " SELECT * FROM (SELECT id, false FROM dropped_files WHERE id > $3 ORDER BY id LIMIT $2) x",
	    "iit", query->since_ms, (int64_t)STORE_DROPS_MAX, query->text);
}

/* Ids are hexadecimal digits, which all come before "g". */
static PGresult *pg_send_files(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(
	    link, "SELECT id, false FROM files WHERE id >= $1 AND id < $1::text || 'g' ORDER BY id", "t",
	    query->text);
}

static PGresult *pg_send_record(struct postgres_link *link, const struct store_query *query)
{
	bool is_bounded = query->before && query->before < INT64_MAX;
	return postgres_query(link,
			      "SELECT id, time_ms, op, by, target, reason, until_ms FROM moderation"
			      " WHERE room = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
			      "iii", query->room_id, is_bounded ? (int64_t)query->before : INT64_MAX,
			      (int64_t)query->limit);
}

/* --- what is read: the first row is there, but for lists --- */

static int pg_read_password(struct store_query *query, const PGresult *rows)
{
	snprintf(query->text, sizeof query->text, "%s", postgres_text(rows, 0, 0));
	return STORE_OK;
}

static int pg_read_person(struct store_query *query, const PGresult *rows)
{
	query->person = postgres_number(rows, 0, 0);
	return STORE_OK;
}

static int pg_read_send(struct store_query *query, const PGresult *rows)
{
	int result = (int)postgres_number(rows, 0, 0);
	if (result == STORE_NONE)
		return result;
	query->entry->seq = (uint64_t)postgres_number(rows, 0, 1);
	query->entry->id = postgres_number(rows, 0, 2);
	query->entry->time_ms = postgres_number(rows, 0, 3);
	return result;
}

static int pg_read_entry(struct store_query *query, const PGresult *rows)
{
	query->found = (struct entry){.room_id = query->room_id,
				      .seq = query->seq,
				      .id = postgres_number(rows, 0, 0),
				      .time_ms = postgres_number(rows, 0, 1),
				      .kind = (enum entry_kind)postgres_number(rows, 0, 2),
				      .flags = (uint32_t)postgres_number(rows, 0, 3),
				      .author = (uint64_t)postgres_number(rows, 0, 4),
				      .person = postgres_number(rows, 0, 5),
				      .ref = (uint64_t)postgres_number(rows, 0, 6),
				      .edited_seq = (uint64_t)postgres_number(rows, 0, 7),
				      .name = "",
				      .text = "",
				      .ip = ""};
	return STORE_OK;
}

static int pg_read_session(struct store_query *query, const PGresult *rows)
{
	query->person = postgres_number(rows, 0, 0);
	query->has_token = postgres_bytes(rows, 0, 1, query->token, STORE_TOKEN_BYTES);
	return STORE_OK;
}

static int pg_read_tokens(struct store_query *query, const PGresult *rows)
{
	for (int i = 0; i < libpq.ntuples(rows); i++) {
		struct store_command row = {
		    .op = STORE_PUT_TOKEN,
		    .token = {.person = query->person, .label = postgres_text(rows, i, 0)}};
		postgres_bytes(rows, i, 1, row.token.hash, STORE_TOKEN_BYTES);
		query->visit(query, &row);
	}
	return STORE_OK;
}

static int pg_read_sessions(struct store_query *query, const PGresult *rows)
{
	for (int i = 0; i < libpq.ntuples(rows); i++) {
		struct store_command row = {.op = STORE_PUT_SESSION,
					    .session = {.person = query->person,
							.device = postgres_text(rows, i, 1),
							.client = postgres_text(rows, i, 2),
							.address = postgres_text(rows, i, 3),
							.since_ms = postgres_number(rows, i, 5),
							.seen_ms = postgres_number(rows, i, 6)}};
		postgres_bytes(rows, i, 0, row.session.hash, STORE_SESSION_BYTES);
		row.session.has_token = postgres_bytes(rows, i, 4, row.session.token, STORE_TOKEN_BYTES);
		query->visit(query, &row);
	}
	return STORE_OK;
}

static int pg_read_factor(struct store_query *query, const PGresult *rows)
{
	query->factor = (struct store_factor){.person = query->person, .step = postgres_number(rows, 0, 1)};
	snprintf(query->factor.secret, sizeof query->factor.secret, "%s", postgres_text(rows, 0, 0));
	return STORE_OK;
}

static int pg_read_passkeys(struct store_query *query, const PGresult *rows)
{
	for (int i = 0; i < libpq.ntuples(rows); i++) {
		struct store_command row = {.op = STORE_PUT_PASSKEY,
					    .passkey = {.person = postgres_number(rows, i, 0),
							.label = postgres_text(rows, i, 2),
							.host = postgres_text(rows, i, 3),
							.key = postgres_text(rows, i, 4),
							.counter = postgres_number(rows, i, 5),
							.challenge_ms = postgres_number(rows, i, 6),
							.made_ms = postgres_number(rows, i, 7),
							.used_ms = postgres_number(rows, i, 8)}};
		postgres_bytes(rows, i, 1, row.passkey.hash, STORE_PASSKEY_BYTES);
		query->visit(query, &row);
	}
	return STORE_OK;
}

static int pg_read_settings(struct store_query *query, const PGresult *rows)
{
	for (int i = 0; i < libpq.ntuples(rows); i++) {
		struct store_command row = {.op = STORE_PUT_SETTING,
					    .setting = {.person = query->person,
							.key = postgres_text(rows, i, 0),
							.value = postgres_text(rows, i, 1)}};
		query->visit(query, &row);
	}
	return STORE_OK;
}

static int pg_read_pins(struct store_query *query, const PGresult *rows)
{
	for (int i = 0; i < libpq.ntuples(rows); i++) {
		struct store_command row = {.op = STORE_PUT_PIN,
					    .pin = {.room_id = query->room_id,
						    .seq = (uint64_t)postgres_number(rows, i, 0),
						    .by = postgres_text(rows, i, 1),
						    .time_ms = postgres_number(rows, i, 2),
						    .name = postgres_text(rows, i, 3),
						    .text = postgres_text(rows, i, 4),
						    .said_ms = postgres_number(rows, i, 5)}};
		query->visit(query, &row);
	}
	return STORE_OK;
}

static int pg_read_pushes(struct store_query *query, const PGresult *rows)
{
	for (int i = 0; i < libpq.ntuples(rows); i++) {
		struct store_command row = {.op = STORE_PUT_PUSH,
					    .push = {.person = query->person,
						     .label = postgres_text(rows, i, 1),
						     .endpoint = postgres_text(rows, i, 2),
						     .point = postgres_text(rows, i, 3),
						     .auth = postgres_text(rows, i, 4),
						     .lang = postgres_text(rows, i, 5),
						     .shows_text = postgres_number(rows, i, 6),
						     .made_ms = postgres_number(rows, i, 7)}};
		postgres_bytes(rows, i, 0, row.push.hash, STORE_PUSH_BYTES);
		postgres_bytes(rows, i, 8, row.push.token, STORE_TOKEN_BYTES);
		query->visit(query, &row);
	}
	return STORE_OK;
}

static int pg_read_edits(struct store_query *query, const PGresult *rows)
{
	for (int i = 0; i < libpq.ntuples(rows); i++) {
		struct entry entry = {.seq = (uint64_t)postgres_number(rows, i, 0),
				      .time_ms = postgres_number(rows, i, 1),
				      .text = postgres_text(rows, i, 2)};
		query->visit(query, &(struct store_command){.op = STORE_APPEND, .append = {.entry = &entry}});
	}
	return STORE_OK;
}

static int pg_read_mentions(struct store_query *query, const PGresult *rows)
{
	for (int i = 0; i < libpq.ntuples(rows); i++) {
		struct entry entry = {.room = postgres_text(rows, i, 0),
				      .seq = (uint64_t)postgres_number(rows, i, 1),
				      .name = postgres_text(rows, i, 2),
				      .time_ms = postgres_number(rows, i, 3),
				      .text = postgres_text(rows, i, 4)};
		query->visit(query, &(struct store_command){.op = STORE_APPEND, .append = {.entry = &entry}});
	}
	return STORE_OK;
}

static int pg_read_links(struct store_query *query, const PGresult *rows)
{
	for (int i = 0; i < libpq.ntuples(rows); i++) {
		struct store_command row = {.op = STORE_PUT_LINK,
					    .link = {.key = postgres_text(rows, i, 1),
						     .maker = postgres_number(rows, i, 2),
						     .room_id = postgres_number(rows, i, 3),
						     .uses = postgres_number(rows, i, 4),
						     .used = postgres_number(rows, i, 5),
						     .made_ms = postgres_number(rows, i, 6),
						     .until_ms = postgres_number(rows, i, 7)}};
		postgres_bytes(rows, i, 0, row.link.hash, STORE_LINK_BYTES);
		query->count = postgres_number(rows, i, 8);
		query->visit(query, &row);
	}
	return STORE_OK;
}

static int pg_read_file(struct store_query *query, const PGresult *rows)
{
	struct file *file = query->file;
	snprintf(file->id, sizeof file->id, "%.32s", query->text);
	snprintf(file->key, sizeof file->key, "%s", postgres_text(rows, 0, 0));
	file->owner = postgres_number(rows, 0, 1);
	file->entry = postgres_number(rows, 0, 2);
	file->room_id = postgres_number(rows, 0, 3);
	snprintf(file->name, sizeof file->name, "%s", postgres_text(rows, 0, 4));
	snprintf(file->type, sizeof file->type, "%s", postgres_text(rows, 0, 5));
	file->bytes = postgres_number(rows, 0, 6);
	file->width = (int32_t)postgres_number(rows, 0, 7);
	file->height = (int32_t)postgres_number(rows, 0, 8);
	postgres_bytes(rows, 0, 9, file->hash, FILE_HASH_BYTES);
	file->preview_bytes = postgres_number(rows, 0, 10);
	return STORE_OK;
}

static int pg_read_count(struct store_query *query, const PGresult *rows)
{
	query->count = postgres_number(rows, 0, 0);
	query->total = postgres_number(rows, 0, 1);
	return STORE_OK;
}

static int pg_read_dropped(struct store_query *query, const PGresult *rows)
{
	for (int i = 0; i < libpq.ntuples(rows); i++) {
		struct file file = {0};
		snprintf(file.id, sizeof file.id, "%s", postgres_text(rows, i, 0));
		if (*file.id)
			query->visit(query, &(struct store_command){.op = STORE_ADD_FILE, .file = &file});
		else
			query->count = postgres_flag(rows, i, 1);
	}
	return STORE_OK;
}

static int pg_read_record(struct store_query *query, const PGresult *rows)
{
	for (int i = 0; i < libpq.ntuples(rows); i++) {
		struct store_command row = {.op = STORE_ADD_DEED,
					    .deed = {.id = postgres_number(rows, i, 0),
						     .room_id = query->room_id,
						     .time_ms = postgres_number(rows, i, 1),
						     .op = postgres_text(rows, i, 2),
						     .by = postgres_text(rows, i, 3),
						     .target = postgres_text(rows, i, 4),
						     .reason = postgres_text(rows, i, 5),
						     .until_ms = postgres_number(rows, i, 6)}};
		query->visit(query, &row);
	}
	return STORE_OK;
}

/* --- all of them --- */

static const struct {
	send_question *send;
	read_answer *read;
	bool is_list; /* no row is an answer, too */
} questions[] = {
    [STORE_FIND_PASSWORD] = {pg_send_password, pg_read_password, false},
    [STORE_FIND_TOKEN] = {pg_send_token, pg_read_person, false},
    [STORE_FIND_SEND] = {pg_send_send, pg_read_send, false},
    [STORE_FIND_ENTRY] = {pg_send_entry, pg_read_entry, false},
    [STORE_FIND_SESSION] = {pg_send_session, pg_read_session, false},
    [STORE_LIST_TOKENS] = {pg_send_tokens, pg_read_tokens, true},
    [STORE_LIST_SESSIONS] = {pg_send_sessions, pg_read_sessions, true},
    [STORE_FIND_FACTOR] = {pg_send_factor, pg_read_factor, false},
    [STORE_FIND_PASSKEY] = {pg_send_passkey, pg_read_passkeys, false},
    [STORE_LIST_PASSKEYS] = {pg_send_passkeys, pg_read_passkeys, true},
    [STORE_FIND_FILE] = {pg_send_file, pg_read_file, false},
    [STORE_COUNT_FILES] = {pg_send_count, pg_read_count, false},
    [STORE_LIST_FILES] = {pg_send_files, pg_read_dropped, true},
    [STORE_LIST_DROPPED] = {pg_send_dropped, pg_read_dropped, true},
    [STORE_FIND_LINK] = {pg_send_link, pg_read_links, false},
    [STORE_LIST_LINKS] = {pg_send_links, pg_read_links, true},
    [STORE_LIST_PINS] = {pg_send_pins, pg_read_pins, true},
    [STORE_LIST_PUSHES] = {pg_send_pushes, pg_read_pushes, true},
    [STORE_LIST_EDITS] = {pg_send_edits, pg_read_edits, false},
    [STORE_LIST_MENTIONS] = {pg_send_mentions, pg_read_mentions, true},
    [STORE_LIST_USED_LINKS] = {pg_send_used_links, pg_read_links, true},
    [STORE_LIST_RECORD] = {pg_send_record, pg_read_record, true},
    [STORE_LIST_SETTINGS] = {pg_send_settings, pg_read_settings, true},
};

PGresult *postgres_ask_send(struct postgres_link *link, const struct store_query *query)
{
	assert((size_t)query->question < sizeof questions / sizeof *questions);
	return questions[query->question].send(link, query);
}

void postgres_ask_read(struct store_query *query, const PGresult *rows)
{
	if (!questions[query->question].is_list && !libpq.ntuples(rows))
		query->result = STORE_NONE;
	else
		query->result = questions[query->question].read(query, rows);
}
