#include "store/postgres/postgres_ask.h"

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

static PGresult *pg_send_file(struct postgres_link *link, const struct store_query *query)
{
	return postgres_query(
	    link,
	    "SELECT f.key, f.owner, f.entry, coalesce(e.room, 0), f.name, f.type, f.bytes, f.width,"
	    " f.height, f.hash FROM files f LEFT JOIN entries e ON e.id = f.entry"
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
	    "SELECT '', EXISTS (SELECT 1 FROM files WHERE entry = 0 AND made_ms < $1) UNION ALL"
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
    [STORE_LIST_RECORD] = {pg_send_record, pg_read_record, true},
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
