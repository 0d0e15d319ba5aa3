#include "store/postgres/postgres_writer.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "store/postgres/postgres_row.h"

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAUSE_MS     50   /* before the same is tried again */
#define PAUSE_MS_MAX 1000 /* after it has failed for some time */
#define WARY_MS      60000
#define NOTES_KEPT   1000 /* of the administration, for nodes that have not seen them yet */

enum { ROOMS, OPS, NUMBERS, TEXTS, BYTES, RULES };
enum { TYPE_INT8 = 20, TYPE_INT4 = 23, TYPE_TEXT = 25, TYPE_BYTEA = 17 };
enum { BEGINS = 256, SAVED = 512 };

void postgres_writer_init(struct postgres_writer *writer, struct postgres_place *place, int node)
{
	*writer = (struct postgres_writer){.node = node};
	postgres_link_init(&writer->link, place);
}

void postgres_writer_release(struct postgres_writer *writer)
{
	postgres_link_close(&writer->link);
	for (size_t i = 0; i < sizeof writer->parameters / sizeof *writer->parameters; i++)
		buffer_release(&writer->parameters[i]);
}

void postgres_guards_release(struct postgres_guards *guards)
{
	free(guards->rooms);
	free(guards->rules);
	free(guards->after);
	*guards = (struct postgres_guards){0};
}

/* --- PostgreSQL's binary form --- */

static void add_int4(struct buffer *to, int32_t number)
{
	uint32_t wire = htobe32((uint32_t)number);
	buffer_add(to, &wire, sizeof wire);
}

static void add_int8(struct buffer *to, int64_t number)
{
	uint64_t wire = htobe64((uint64_t)number);
	add_int4(to, sizeof wire);
	buffer_add(to, &wire, sizeof wire);
}

static void add_value(struct buffer *to, const void *bytes, size_t count)
{
	add_int4(to, bytes ? (int32_t)count : -1);
	if (bytes)
		buffer_add(to, bytes, count);
}

/* The elements follow. */
static void begin_array(struct buffer *to, int type, size_t count)
{
	buffer_clear(to);
	add_int4(to, count ? 1 : 0);
	add_int4(to, type == TYPE_TEXT || type == TYPE_BYTEA);
	add_int4(to, type);
	if (!count)
		return;
	add_int4(to, (int32_t)count);
	add_int4(to, 1);
}

static int64_t int_at(const char *bytes, size_t count)
{
	uint64_t wire8;
	uint32_t wire4;
	if (count == sizeof wire4) {
		memcpy(&wire4, bytes, sizeof wire4);
		return (int32_t)be32toh(wire4);
	}
	memcpy(&wire8, bytes, sizeof wire8);
	return (int64_t)be64toh(wire8);
}

/* The elements of an array that is answered, one after the other. */
struct elements {
	const char *at;
};

static struct elements elements_of(const PGresult *result, int column)
{
	return (struct elements){libpq.getvalue(result, 0, column) + 20};
}

/* NULL: SQL's NULL. */
static const char *take_element(struct elements *elements, size_t *count)
{
	int64_t length = int_at(elements->at, 4);
	const char *value = length < 0 ? NULL : elements->at + 4;
	*count = length < 0 ? 0 : (size_t)length;
	elements->at += 4 + *count;
	return value;
}

static int64_t take_number(struct elements *elements)
{
	size_t count;
	const char *value = take_element(elements, &count);
	return value ? int_at(value, count) : 0;
}

/* --- what is sent --- */

static size_t group_end(const struct store_batch *batch, size_t from)
{
	size_t to = from + 1;
	while (to < batch->count && !batch->commands[to].begins_group)
		to++;
	return to;
}

static int flags_of(const struct store_batch *batch, size_t at)
{
	if (at && !batch->commands[at].begins_group)
		return 0;
	for (size_t i = at + 1, end = group_end(batch, at); i < end; i++)
		if (postgres_row_may_refuse(batch->commands[i].op))
			return BEGINS | SAVED;
	return BEGINS;
}

static int compare_rooms(const void *one, const void *other)
{
	int64_t left = *(const int64_t *)one, right = *(const int64_t *)other;
	return (left > right) - (left < right);
}

/* The rooms that are appended to, each once: their rows are locked first. */
static void add_rooms(struct buffer *to, const struct store_batch *batch)
{
	int64_t *ids = mem_alloc(batch->count * sizeof *ids);
	size_t count = 0, different = 0;
	for (size_t i = 0; i < batch->count; i++)
		if (batch->commands[i].op == STORE_APPEND && batch->commands[i].append.entry->room_id > 0)
			ids[count++] = batch->commands[i].append.entry->room_id;
	qsort(ids, count, sizeof *ids, compare_rooms);
	for (size_t i = 0; i < count; i++)
		if (!different || ids[different - 1] != ids[i])
			ids[different++] = ids[i];
	begin_array(to, TYPE_INT8, different);
	for (size_t i = 0; i < different; i++)
		add_int8(to, ids[i]);
	free(ids);
}

static void add_guards(struct buffer *rooms, struct buffer *rules, const struct postgres_guards *guards)
{
	begin_array(rooms, TYPE_INT8, guards->count);
	begin_array(rules, TYPE_INT8, guards->count);
	for (size_t i = 0; i < guards->count; i++) {
		add_int8(rooms, guards->rooms[i]);
		add_int8(rules, guards->rules[i]);
	}
}

static void write_command(struct postgres_writer *writer, const struct postgres_row *row)
{
	for (size_t i = 0; i < POSTGRES_NUMBERS; i++)
		add_int8(&writer->parameters[NUMBERS], row->number[i]);
	for (size_t i = 0; i < POSTGRES_TEXTS; i++)
		add_value(&writer->parameters[TEXTS], row->text[i], row->text[i] ? strlen(row->text[i]) : 0);
	for (size_t i = 0; i < POSTGRES_BYTES; i++)
		add_value(&writer->parameters[BYTES], row->bytes[i], row->length[i]);
}

static void write_batch(struct postgres_writer *writer, const struct store_batch *batch,
			const struct postgres_guards *guards, struct arena *arena)
{
	struct buffer *to = writer->parameters;
	if (guards)
		add_guards(&to[ROOMS], &to[RULES], guards);
	else
		add_rooms(&to[ROOMS], batch);
	begin_array(&to[OPS], TYPE_INT4, batch->count);
	begin_array(&to[NUMBERS], TYPE_INT8, POSTGRES_NUMBERS * batch->count);
	begin_array(&to[TEXTS], TYPE_TEXT, POSTGRES_TEXTS * batch->count);
	begin_array(&to[BYTES], TYPE_BYTEA, POSTGRES_BYTES * batch->count);
	for (size_t i = 0; i < batch->count; i++) {
		struct postgres_row row;
		postgres_row_write(&batch->commands[i], guards ? writer->seen - NOTES_KEPT : writer->seen,
				   arena, &row);
		add_int4(&to[OPS], sizeof(int32_t));
		add_int4(&to[OPS], postgres_row_code(batch->commands[i].op) | flags_of(batch, i));
		write_command(writer, &row);
	}
}

static PGresult *send_batch(struct postgres_writer *writer, bool has_guards)
{
	assert(writer->link.conn);
	static const char sql[] =
	    "SELECT *, current_setting('synchronous_standby_names') FROM batch_v1($1::int, $2::bigint,"
	    " $3::bigint, $4::bool, $5::bigint[], $6::int[], $7::bigint[], $8::text[], $9::bytea[],"
	    " $10::bigint[])";
	uint32_t node = htobe32((uint32_t)writer->node);
	uint64_t incarnation = htobe64((uint64_t)writer->incarnation), n = htobe64((uint64_t)writer->n);
	char is_outside = !writer->node;
	const char *values[10] = {(const char *)&node, (const char *)&incarnation, (const char *)&n,
				  &is_outside};
	int lengths[10] = {sizeof node, sizeof incarnation, sizeof n, sizeof is_outside};
	for (int i = 0; i < 5 + has_guards; i++) {
		values[4 + i] = buffer_bytes(&writer->parameters[i]);
		lengths[4 + i] = (int)buffer_length(&writer->parameters[i]);
	}
	writer->link.is_in_doubt = false;
	return postgres_query_binary(&writer->link, sql, 10, values, lengths);
}

/* --- what comes back --- */

static void read_results(struct postgres_writer *writer, const struct store_batch *batch,
			 const PGresult *result, struct arena *arena)
{
	assert(libpq.ntuples(result) == 1);
	struct elements results = elements_of(result, 0), numbers = elements_of(result, 1),
			texts = elements_of(result, 2);
	struct postgres_added added = {0};
	for (size_t i = 0; i < batch->count; i++) {
		struct postgres_outcome outcome = {.result = (int)take_number(&results)};
		if (!i || batch->commands[i].begins_group)
			added.person = 0, added.count = 0;
		outcome.a = take_number(&numbers);
		outcome.b = take_number(&numbers);
		outcome.c = take_number(&numbers);
		outcome.d = take_number(&numbers);
		outcome.text = take_element(&texts, &outcome.text_bytes);
		postgres_row_read(&batch->commands[i], &outcome, &added, arena);
	}
	free(added.rooms);
	writer->has_leftovers = *libpq.getvalue(result, 0, 3);
}

/* A batch that is answered again does not say which rules hold now. */
static void read_rules(struct postgres_guards *guards, const PGresult *result)
{
	bool is_known = guards->count && !libpq.getisnull(result, 0, 4);
	struct elements rules = {0};
	if (is_known)
		rules = elements_of(result, 4);
	for (size_t i = 0; i < guards->count; i++)
		guards->after[i] = is_known ? take_number(&rules) : -1;
}

#define RACES_MAX 5

/* Failures that another try may mend: a server that stops, starts, is full or is not the primary any more; for some tries a
 * deadlock or a race. */
static bool is_passing(const char *sqlstate, int tries)
{
	static const char *const races[] = {"40001", "40P01", "23505", "55P03", "57014", "26000"};
	for (size_t i = 0; i < sizeof races / sizeof *races; i++)
		if (!strcmp(sqlstate, races[i]))
			return tries < RACES_MAX;
	return !*sqlstate || !strncmp(sqlstate, "08", 2) || !strncmp(sqlstate, "57P", 3) ||
	       !strcmp(sqlstate, "25006") || !strcmp(sqlstate, "53300");
}

/* --- trying again --- */

bool postgres_writer_is_given_up(const struct postgres_writer *writer)
{
	int64_t until = writer->give_up_ms;
	return until && clock_mono_ms() >= until;
}

bool postgres_writer_rest(const struct postgres_writer *writer, int tries)
{
	if (postgres_writer_is_given_up(writer))
		return false;
	int ms = tries > 20 ? PAUSE_MS_MAX : PAUSE_MS * (1 + tries);
	struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
	nanosleep(&pause, NULL);
	return true;
}

static void writer_tell(struct postgres_writer *writer, const char *why)
{
	if (writer->tell)
		writer->tell(writer->tell_context, why);
}

int postgres_writer_look(struct postgres_writer *writer)
{
	PGresult *row =
	    postgres_query(&writer->link,
			   "SELECT coalesce((SELECT incarnation FROM nodes WHERE id = $1), 0),"
			   " $3::bigint = 0 OR EXISTS (SELECT 1 FROM batches WHERE node = $1 AND"
			   " incarnation = $2 AND n = $3), $4::text IS NOT NULL AND EXISTS (SELECT 1"
			   " FROM meta WHERE key = 'epoch' AND value <> $4)",
			   "iiin", (int64_t)writer->node, writer->incarnation, writer->known, writer->epoch);
	if (!row)
		return -1;
	int64_t incarnation = postgres_number(row, 0, 0);
	writer->is_fenced |= incarnation > writer->incarnation;
	/* The server that took it over may have removed the rows that are asked for. */
	writer->is_behind |= postgres_flag(row, 0, 2) || incarnation < writer->incarnation ||
			     (incarnation == writer->incarnation && !postgres_flag(row, 0, 1));
	libpq.clear(row);
	return 0;
}

static void be_wary(struct postgres_writer *writer)
{
	writer->wary_until_ms = clock_mono_ms() + WARY_MS;
}

/* Invariant 4. Readers follow to where the writer is: what it is told is stored may not be elsewhere. */
int postgres_writer_open(struct postgres_writer *writer)
{
	struct postgres_link *link = &writer->link;
	if (link->conn)
		return 0;
	if (postgres_link_open(link))
		return -1;
	be_wary(writer);
	if (!writer->node)
		return 0;
	link->generation = ++link->place->generation;
	if (!postgres_writer_look(writer))
		return 0;
	postgres_link_close(link);
	return -1;
}

int postgres_writer_connect(struct postgres_writer *writer)
{
	for (int tries = 0; postgres_writer_open(writer); tries++) {
		writer_tell(writer, writer->link.error);
		if (!postgres_writer_rest(writer, tries))
			return -1;
	}
	return writer->is_behind ? -1 : 0;
}

static bool writer_has(const struct postgres_writer *writer, const char *sqlstate)
{
	return !strncmp(writer->link.sqlstate, sqlstate, strlen(sqlstate));
}

/* Whether the try that has just failed may have been stored: its answer was lost, or the server ended meanwhile. */
static bool may_be_stored(const struct postgres_writer *writer)
{
	return !writer->link.conn || !*writer->link.sqlstate || writer_has(writer, "57P") ||
	       writer_has(writer, "08");
}

/* Behind a failover, and where settings have just named a standby, a commit may wait for nobody yet: PostgreSQL goes by
 * what its checkpointer has last seen of them. */
static bool has_waited(struct postgres_writer *writer)
{
	return !writer->needs_standby || !writer->link.place->shows_standbys ||
	       clock_mono_ms() >= writer->wary_until_ms || !postgres_barrier(&writer->link, true);
}

/* Invariant 2: whether the answer of a commit leaves open that a standby has it. */
static bool is_doubtful(struct postgres_writer *writer, const PGresult *result)
{
	bool has_no_standby = writer->needs_standby && !libpq.getlength(result, 0, 5);
	if (has_no_standby)
		be_wary(writer);
	if (!has_no_standby && !writer->link.is_in_doubt && has_waited(writer))
		return false;
	snprintf(writer->link.error, sizeof writer->link.error, "%s",
		 has_no_standby ? POSTGRES_ALONE : "the standby has not confirmed a commit");
	*writer->link.sqlstate = '\0';
	return true;
}

/* STORE_OK with *result; STORE_FAILED: refused, or given up. What may be stored already is not refused any more. */
static int send_until_known(struct postgres_writer *writer, bool has_guards, PGresult **result)
{
	bool is_unknown = false;
	for (int tries = 0;; tries++) {
		if (postgres_writer_connect(writer))
			return STORE_FAILED;
		*result = send_batch(writer, has_guards);
		if (*result && !is_doubtful(writer, *result))
			return STORE_OK;
		if (*result)
			libpq.clear(*result);
		else if (writer_has(writer, "BR001") ||
			 (!is_unknown && !is_passing(writer->link.sqlstate, tries)))
			return STORE_FAILED;
		is_unknown |= may_be_stored(writer);
		writer_tell(writer, writer->link.error);
		if (writer_has(writer, "57P") || writer_has(writer, "25006") || writer_has(writer, "26000"))
			postgres_link_close(&writer->link);
		if (!postgres_writer_rest(writer, tries))
			return STORE_FAILED;
	}
}

/* The gate learns the outcome unless the batch was given up or another server has taken over: then it may be stored. */
static void tell_gate(struct postgres_writer *writer, int result)
{
	if (result == STORE_OK ||
	    (!postgres_writer_is_given_up(writer) && !writer->is_behind && !writer_has(writer, "BR001")))
		postgres_gate_know(writer->gate);
	else
		postgres_gate_shut(writer->gate);
}

int postgres_writer_run(struct postgres_writer *writer, struct store_batch *batch,
			struct postgres_guards *guards, struct arena *arena)
{
	PGresult *answer = NULL;
	assert(batch->count);
	writer->n++;
	write_batch(writer, batch, guards, arena);
	if (writer->gate)
		postgres_gate_send(writer->gate);
	int result = send_until_known(writer, guards, &answer);
	if (writer->gate)
		tell_gate(writer, result);
	if (result == STORE_OK) {
		writer->known = writer->n;
		read_results(writer, batch, answer, arena);
		if (guards)
			read_rules(guards, answer);
		libpq.clear(answer);
		writer_tell(writer, NULL);
		return STORE_OK;
	}
	writer->is_fenced |= !strcmp(writer->link.sqlstate, "BR001");
	LOG_ERROR("store.write", "error=\"%s\" sqlstate=%s", writer->link.error, writer->link.sqlstate);
	for (size_t i = 0; i < batch->count; i++)
		batch->commands[i].result = STORE_FAILED;
	return STORE_FAILED;
}
