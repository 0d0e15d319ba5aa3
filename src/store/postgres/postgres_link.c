#include "store/postgres/postgres_link.h"

#include "base/clock.h"
#include "base/memory.h"

#include <assert.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PARAMETERS_MAX 16

/* Each statement runs by seeks in indexes, whatever the planner believes of a table that has just been filled. */
static const char settings[] =
    "SET search_path = brusio; SET enable_seqscan = off; SET enable_mergejoin = off; SET jit = off;"
    "SET plan_cache_mode = force_generic_plan; SET client_min_messages = warning; SET bytea_output = hex;"
    "SET synchronous_commit = on; SET idle_in_transaction_session_timeout = 60000;"
    "SET client_connection_check_interval = 2000";

void postgres_link_init(struct postgres_link *link, struct postgres_place *place)
{
	assert(place);
	*link = (struct postgres_link){.place = place, .patience_ms = POSTGRES_STATEMENT_MS};
}

void postgres_link_close(struct postgres_link *link)
{
	if (link->conn)
		libpq.finish(link->conn);
	link->conn = NULL;
	memset(link->prepared, 0, sizeof link->prepared);
}

/* --- errors --- */

static void link_fail(struct postgres_link *link, const char *what, const char *why)
{
	snprintf(link->error, sizeof link->error, "%s%.300s", what, why ? why : "");
	link->error[strcspn(link->error, "\n")] = '\0';
}

/* Nothing more is to be had of this connection. */
static void link_lose(struct postgres_link *link, const char *what, const char *why)
{
	link_fail(link, what, why);
	*link->sqlstate = '\0';
	postgres_link_close(link);
}

/* 01000 at a commit: "The transaction has already committed locally, but might not have been replicated". */
static void notice(void *context, const PGresult *result)
{
	struct postgres_link *link = context;
	const char *sqlstate = libpq.resultErrorField(result, LIBPQ_DIAG_SQLSTATE);
	if (sqlstate && !strcmp(sqlstate, "01000"))
		link->is_in_doubt = true;
}

/* --- waiting --- */

/* By the real clock, which tests do not move. */
/* False where the deadline is over. */
static bool link_wait(const PGconn *conn, short events, int64_t deadline_ms)
{
	struct pollfd wait = {.fd = libpq.socket(conn), .events = events};
	int64_t left = deadline_ms - clock_mono_ms();
	int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
	return ready > 0 || (ready < 0 && left > 0);
}

static int connect_until(PGconn *conn, int64_t deadline_ms)
{
	int state = LIBPQ_POLLING_WRITING;
	while (state == LIBPQ_POLLING_WRITING || state == LIBPQ_POLLING_READING) {
		if (!link_wait(conn, state == LIBPQ_POLLING_WRITING ? POLLOUT : POLLIN, deadline_ms))
			return -1;
		state = libpq.connectPoll(conn);
	}
	return state == LIBPQ_POLLING_OK ? 0 : -1;
}

static int send_all(struct postgres_link *link, int64_t deadline_ms)
{
	int left;
	while ((left = libpq.flush(link->conn)) > 0) {
		if (!link_wait(link->conn, POLLIN | POLLOUT, deadline_ms) || !libpq.consumeInput(link->conn))
			return -1;
	}
	return left;
}

/* It may be a primary that has lost its standby, or its machine: another one is tried first from now on. */
static void link_give_up(struct postgres_link *link)
{
	assert(link->place->count);
	link->place->first = (link->target + 1) % (unsigned)link->place->count;
	link_lose(link, "PostgreSQL does not answer", "");
}

/* The next answer; NULL also where there is none any more. *is_lost: the connection is gone, or too slow. */
static PGresult *next_answer(struct postgres_link *link, int64_t deadline_ms, bool *is_lost)
{
	while (libpq.isBusy(link->conn)) {
		if (!link_wait(link->conn, POLLIN, deadline_ms)) {
			link_give_up(link);
			*is_lost = true;
			return NULL;
		}
		if (!libpq.consumeInput(link->conn)) {
			link_lose(link, "", libpq.errorMessage(link->conn));
			*is_lost = true;
			return NULL;
		}
	}
	return libpq.getResult(link->conn);
}

static bool is_good(const PGresult *result)
{
	int status = libpq.resultStatus(result);
	return status == LIBPQ_COMMAND_OK || status == LIBPQ_TUPLES_OK || status == LIBPQ_COPY_IN;
}

static void note_error(struct postgres_link *link, const PGresult *result)
{
	const char *sqlstate = libpq.resultErrorField(result, LIBPQ_DIAG_SQLSTATE);
	const char *message = libpq.resultErrorField(result, LIBPQ_DIAG_MESSAGE);
	snprintf(link->sqlstate, sizeof link->sqlstate, "%s", sqlstate ? sqlstate : "");
	link_fail(link, "", message ? message : libpq.resultErrorMessage(result));
}

/* All answers of what was sent; the last good one, or NULL where one was not. */
static PGresult *take_answers(struct postgres_link *link, bool stays_open)
{
	int64_t deadline_ms = clock_mono_ms() + link->patience_ms;
	PGresult *last = NULL, *one;
	bool is_bad = false, is_lost = false;
	if (send_all(link, deadline_ms)) {
		link_lose(link, "PostgreSQL does not take what is sent: ", libpq.errorMessage(link->conn));
		return NULL;
	}
	while (!is_lost && (one = next_answer(link, deadline_ms, &is_lost))) {
		bool is_copy = libpq.resultStatus(one) == LIBPQ_COPY_IN;
		if (last)
			libpq.clear(last);
		last = one;
		if (!is_good(one) && !is_bad)
			note_error(link, one);
		is_bad |= !is_good(one);
		if (is_copy && stays_open)
			break;
	}
	if (!is_lost && libpq.status(link->conn) != LIBPQ_CONNECTION_OK) {
		postgres_link_close(link);
		is_bad = true;
	}
	if (last && (is_bad || is_lost)) {
		libpq.clear(last);
		last = NULL;
	}
	return last;
}

/* --- opening --- */

static PGconn *start(const struct postgres_link *link, const struct postgres_target *target)
{
	const char *names[POSTGRES_OPTIONS_MAX + 16], *values[POSTGRES_OPTIONS_MAX + 16];
	const struct postgres_place *place = link->place;
	/* The last of a name wins, so what the URL says wins over these. */
	const char *const own[][2] = {
	    {"application_name", "brusiod"}, {"target_session_attrs", "read-write"},
	    {"keepalives_idle", "1"},        {"keepalives_interval", "1"},
	    {"keepalives_count", "3"},       {"tcp_user_timeout", "3000"},
	    {"user", place->user},           {"password", place->password},
	    {"host", target->host},          {"hostaddr", target->address},
	    {"port", target->port},
	};
	size_t count = 0;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (own[i][1])
			names[count] = own[i][0], values[count++] = own[i][1];
	for (size_t i = 0; i < place->options; i++)
		names[count] = place->names[i], values[count++] = place->values[i];
	names[count] = values[count] = NULL;
	return libpq.connectStartParams(names, values, 0);
}

/* Applies to the first connection, which is made before there are threads or a sandbox. */
static void remember_names(const struct postgres_link *link)
{
	struct postgres_place *place = link->place;
	const char *user = libpq.user(link->conn), *password = libpq.pass(link->conn);
	if (place->user)
		return;
	place->user = mem_string(user ? user : "");
	if (password && *password)
		place->password = mem_string(password);
}

static int try_target(struct postgres_link *link, const struct postgres_target *target)
{
	int patience_ms = link->patience_ms < POSTGRES_CONNECT_MS ? link->patience_ms : POSTGRES_CONNECT_MS;
	link->conn = start(link, target);
	if (!link->conn)
		mem_fail(sizeof *target);
	if (libpq.status(link->conn) == LIBPQ_CONNECTION_BAD ||
	    connect_until(link->conn, clock_mono_ms() + patience_ms)) {
		const char *why = libpq.errorMessage(link->conn);
		link_lose(link, *why ? "" : "PostgreSQL does not answer", why);
		return -1;
	}
	libpq.setNoticeReceiver(link->conn, notice, link);
	libpq.setnonblocking(link->conn, 1);
	if (postgres_run(link, settings)) {
		postgres_link_close(link);
		return -1;
	}
	remember_names(link);
	return 0;
}

int postgres_link_open(struct postgres_link *link)
{
	struct postgres_place *place = link->place;
	unsigned first = place->first;
	if (link->conn && link->generation == place->generation)
		return 0;
	postgres_link_close(link);
	link->generation = place->generation;
	for (size_t i = 0; i < place->count; i++) {
		link->target = (unsigned)((first + i) % place->count);
		if (!try_target(link, &place->targets[link->target]))
			return 0;
	}
	return -1;
}

/* --- statements --- */

int postgres_run(struct postgres_link *link, const char *sql)
{
	if (!libpq.sendQuery(link->conn, sql)) {
		link_lose(link, "", libpq.errorMessage(link->conn));
		return -1;
	}
	PGresult *result = take_answers(link, false);
	if (result)
		libpq.clear(result);
	return result ? 0 : -1;
}

/* The name of the statement, which is prepared if it was not; NULL: that failed. */
static const char *prepare(struct postgres_link *link, const char *sql)
{
	size_t at = ((uintptr_t)sql >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 57;
	for (size_t looked = 0; link->prepared[at].sql && link->prepared[at].sql != sql; looked++) {
		assert(looked < POSTGRES_STATEMENTS / 2);
		at = (at + 1) % POSTGRES_STATEMENTS;
	}
	if (link->prepared[at].sql)
		return link->prepared[at].name;
	char name[sizeof link->prepared[at].name];
	snprintf(name, sizeof name, "s%zu", at);
	if (!libpq.sendPrepare(link->conn, name, sql, 0, NULL)) {
		link_lose(link, "", libpq.errorMessage(link->conn));
		return NULL;
	}
	PGresult *result = take_answers(link, false);
	if (!result)
		return NULL;
	libpq.clear(result);
	link->prepared[at].sql = sql;
	memcpy(link->prepared[at].name, name, sizeof name);
	return link->prepared[at].name;
}

static PGresult *call(struct postgres_link *link, const char *sql, int count, const char *const *values,
		      const int *lengths, bool is_binary)
{
	int formats[PARAMETERS_MAX];
	*link->error = *link->sqlstate = '\0';
	const char *name = prepare(link, sql);
	if (!name)
		return NULL;
	assert(count <= PARAMETERS_MAX);
	for (int i = 0; i < count; i++)
		formats[i] = is_binary;
	if (!libpq.sendQueryPrepared(link->conn, name, count, values, lengths, formats, is_binary)) {
		link_lose(link, "", libpq.errorMessage(link->conn));
		return NULL;
	}
	return take_answers(link, false);
}

PGresult *postgres_query_binary(struct postgres_link *link, const char *sql, int count,
				const char *const *values, const int *lengths)
{
	return call(link, sql, count, values, lengths, true);
}

#define VALUE_BYTES 72 /* of a number, or of 32 bytes in hexadecimal digits */

static const char *write_hex(char to[VALUE_BYTES], const unsigned char *bytes, size_t count)
{
	if (!bytes)
		return NULL;
	strcpy(to, "\\x");
	for (size_t i = 0; i < count; i++)
		sprintf(to + 2 + 2 * i, "%02x", bytes[i]);
	return to;
}

PGresult *postgres_query(struct postgres_link *link, const char *sql, const char *types, ...)
{
	char room[PARAMETERS_MAX][VALUE_BYTES];
	const char *values[PARAMETERS_MAX];
	int count = 0;
	va_list given;
	va_start(given, types);
	for (; types[count]; count++) {
		assert(count < PARAMETERS_MAX);
		if (types[count] == 'i') {
			snprintf(room[count], VALUE_BYTES, "%" PRId64, va_arg(given, int64_t));
			values[count] = room[count];
		} else if (types[count] == 'h' || types[count] == 's') {
			values[count] = write_hex(room[count], va_arg(given, const unsigned char *),
						  types[count] == 'h' ? 32 : 16);
		} else {
			values[count] = va_arg(given, const char *);
			if (!values[count] && types[count] == 't')
				values[count] = "";
		}
	}
	va_end(given);
	return call(link, sql, count, values, NULL, false);
}

/* --- standbys --- */

int postgres_confirm(struct postgres_link *link)
{
	link->is_in_doubt = false;
	PGresult *row = postgres_query(link, "SELECT pg_logical_emit_message(true, 'brusio', '')", "");
	if (row)
		libpq.clear(row);
	if (row && link->is_in_doubt)
		link_fail(link, "the standby has not confirmed a commit", "");
	return row && !link->is_in_doubt ? 0 : -1;
}

/* A waiting commit that is visible is flushed here, so all that was read is before this place. */
static int wait_for_standby(struct postgres_link *link, bool needs_standby)
{
	int64_t until_ms = clock_mono_ms() + POSTGRES_BARRIER_MS;
	const struct timespec pause = {.tv_nsec = 500000};
	char place[32] = "";
	bool is_there = false;
	while (!is_there) {
		PGresult *row = postgres_query(
		    link,
		    "SELECT x.at, CASE WHEN current_setting('synchronous_standby_names') = '' THEN "
		    "$2::bigint = 0"
		    " ELSE coalesce((SELECT bool_or(r.flush_lsn >= x.at) FROM pg_stat_replication r WHERE"
		    " r.sync_state IN ('sync', 'quorum')), false) END FROM (SELECT coalesce($1::pg_lsn,"
		    " pg_current_wal_flush_lsn()) AS at) x",
		    "ni", *place ? place : NULL, (int64_t)needs_standby);
		if (!row)
			return -1;
		snprintf(place, sizeof place, "%s", postgres_text(row, 0, 0));
		is_there = postgres_flag(row, 0, 1);
		libpq.clear(row);
		if (!is_there && clock_mono_ms() > until_ms) {
			link_fail(link, "the standby does not have what was read", "");
			return -1;
		}
		if (!is_there)
			nanosleep(&pause, NULL);
	}
	return 0;
}

static int64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int postgres_barrier(struct postgres_link *link, bool needs_standby)
{
	int64_t begin_us = now_us();
	int result = wait_for_standby(link, needs_standby);
	link->place->barriers++;
	link->place->barrier_us += now_us() - begin_us;
	return result;
}

int postgres_has_standby(struct postgres_link *link)
{
	PGresult *row = postgres_query(
	    link,
	    "SELECT current_setting('synchronous_standby_names') <> '',"
	    " (SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')),"
	    " (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start) * 1000)::bigint, 0)"
	    " FROM pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid()),"
	    " pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')",
	    "");
	if (!row)
		return -1;
	int has_standby = postgres_flag(row, 0, 0);
	link->place->standbys = postgres_number(row, 0, 1);
	link->place->snapshot_age_ms = postgres_number(row, 0, 2);
	link->place->shows_standbys = postgres_flag(row, 0, 3);
	libpq.clear(row);
	return has_standby;
}

/* --- COPY --- */

int postgres_copy_begin(struct postgres_link *link, const char *sql)
{
	if (!libpq.sendQuery(link->conn, sql)) {
		link_lose(link, "", libpq.errorMessage(link->conn));
		return -1;
	}
	PGresult *result = take_answers(link, true);
	bool is_begun = result && libpq.resultStatus(result) == LIBPQ_COPY_IN;
	if (result)
		libpq.clear(result);
	return is_begun ? 0 : -1;
}

int postgres_copy_bytes(struct postgres_link *link, const char *bytes, size_t count)
{
	int taken;
	while (!(taken = libpq.putCopyData(link->conn, bytes, (int)count)))
		if (!link_wait(link->conn, POLLOUT, clock_mono_ms() + link->patience_ms))
			break;
	if (taken > 0)
		return 0;
	link_lose(link, "PostgreSQL does not take what is sent: ", libpq.errorMessage(link->conn));
	return -1;
}

int postgres_copy_end(struct postgres_link *link, const char *error)
{
	int taken;
	while (!(taken = libpq.putCopyEnd(link->conn, error)))
		if (!link_wait(link->conn, POLLOUT, clock_mono_ms() + link->patience_ms))
			break;
	PGresult *result = taken > 0 ? take_answers(link, false) : NULL;
	if (result)
		libpq.clear(result);
	return result ? 0 : -1;
}

/* --- rows --- */

int64_t postgres_number(const PGresult *rows, int row, int column)
{
	assert(row >= 0 && row < libpq.ntuples(rows));
	return strtoll(libpq.getvalue(rows, row, column), NULL, 10);
}

bool postgres_flag(const PGresult *rows, int row, int column)
{
	assert(row >= 0 && row < libpq.ntuples(rows));
	return *libpq.getvalue(rows, row, column) == 't';
}

const char *postgres_text(const PGresult *rows, int row, int column)
{
	assert(row >= 0 && row < libpq.ntuples(rows));
	return libpq.getvalue(rows, row, column);
}

bool postgres_bytes(const PGresult *rows, int row, int column, unsigned char *to, size_t count)
{
	assert(row >= 0 && row < libpq.ntuples(rows));
	const char *text = libpq.getvalue(rows, row, column);
	unsigned byte;
	if (libpq.getlength(rows, row, column) != (int)(2 + 2 * count))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (sscanf(text + 2 + 2 * i, "%2x", &byte) != 1)
			return false;
		to[i] = (unsigned char)byte;
	}
	return true;
}
