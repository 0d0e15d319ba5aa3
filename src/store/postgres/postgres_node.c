#include "store/postgres/postgres_node.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "store/postgres/postgres_load.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_BATCHES "256" /* of one node in one go */
#define POLL_COUNT   256

struct followed_room {
	struct table_link by_id;
	int64_t id;
	uint64_t end_seq; /* that was given to the chat */
};

void postgres_node_init(struct postgres_node *node)
{
	*node = (struct postgres_node){0};
	pthread_mutex_init(&node->mutex, NULL);
}

void postgres_node_release(struct postgres_node *node)
{
	size_t bucket = 0;
	struct table_link *link;
	while ((link = table_walk(&node->followed, &bucket, NULL))) {
		table_remove(&node->followed, link);
		free(TABLE_OF(link, struct followed_room, by_id));
		bucket = 0;
	}
	table_release(&node->followed);
	pthread_mutex_destroy(&node->mutex);
	free(node->seen);
}

/* --- who this is --- */

/* 1, or 0; -1 with link->error. */
static int may_see_standbys(struct postgres_link *link)
{
	PGresult *row =
	    postgres_query(link, "SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')", "");
	int may = row ? postgres_flag(row, 0, 0) : -1;
	if (row)
		libpq.clear(row);
	return may;
}

int postgres_node_begin(struct postgres_node *node, struct postgres_link *link, const char *name,
			char *problem, size_t problem_bytes)
{
	int may_see = name ? may_see_standbys(link) : true;
	PGresult *row =
	    may_see > 0 ? postgres_query(link, "SELECT node, incarnation FROM begin_node_v1($1)", "n", name)
			: NULL;
	if (!may_see)
		snprintf(problem, problem_bytes,
			 "a node must see how far standbys are: let the role do so with GRANT pg_monitor TO "
			 "\"%s\"",
			 link->place->user);
	else if (!row)
		snprintf(problem, problem_bytes, "the database cannot be used: %s", link->error);
	if (!row)
		return -1;
	node->id = name ? postgres_number(row, 0, 0) : 0;
	node->incarnation = postgres_number(row, 0, 1);
	libpq.clear(row);
	return 0;
}

static struct postgres_position *seen_of(struct postgres_node *node, int64_t other)
{
	for (size_t i = 0; i < node->count; i++)
		if (node->seen[i].node == other)
			return &node->seen[i];
	node->seen = mem_grow(node->seen, &node->capacity, node->count + 1, sizeof *node->seen);
	node->seen[node->count] = (struct postgres_position){.node = other};
	return &node->seen[node->count++];
}

int postgres_node_look(struct postgres_node *node, struct postgres_link *link)
{
	PGresult *rows = postgres_query(
	    link,
	    "SELECT d.id, b.incarnation, b.n FROM nodes d CROSS JOIN LATERAL (SELECT x.incarnation, x.n FROM"
	    " batches x WHERE x.node = d.id ORDER BY x.incarnation DESC, x.n DESC LIMIT 1) b WHERE d.id <> "
	    "$1",
	    "i", node->id);
	for (int i = 0; rows && i < libpq.ntuples(rows); i++) {
		struct postgres_position *seen = seen_of(node, postgres_number(rows, i, 0));
		seen->incarnation = postgres_number(rows, i, 1);
		seen->n = postgres_number(rows, i, 2);
	}
	if (rows)
		libpq.clear(rows);
	return rows ? 0 : -1;
}

/* --- rooms --- */

static struct followed_room *find_followed(struct postgres_node *node, int64_t room_id)
{
	uint64_t hash = table_hash_id(room_id);
	struct table_link *link = table_first(&node->followed, hash);
	while (link && TABLE_OF(link, struct followed_room, by_id)->id != room_id)
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct followed_room, by_id) : NULL;
}

void postgres_node_follow(struct postgres_node *node, int64_t room_id, uint64_t end_seq, bool is_on)
{
	pthread_mutex_lock(&node->mutex);
	struct followed_room *room = find_followed(node, room_id);
	if (is_on && !room) {
		room = mem_zero(sizeof *room);
		room->id = room_id;
		table_insert(&node->followed, &room->by_id, table_hash_id(room_id));
	}
	if (is_on) {
		room->end_seq = end_seq;
	} else if (room) {
		table_remove(&node->followed, &room->by_id);
		free(room);
	}
	pthread_mutex_unlock(&node->mutex);
}

/* Moves what was given up to `end`; returns where it was. *is_followed: somebody follows the room. */
static uint64_t move_end(struct postgres_node *node, int64_t room_id, uint64_t end, bool *is_followed)
{
	uint64_t before = end;
	pthread_mutex_lock(&node->mutex);
	struct followed_room *room = find_followed(node, room_id);
	*is_followed = room;
	if (room) {
		before = room->end_seq;
		if (end > before)
			room->end_seq = end;
	}
	pthread_mutex_unlock(&node->mutex);
	return before;
}

/* After a failure: the same is to be found again. */
static void move_back(struct postgres_node *node, int64_t room_id, uint64_t end)
{
	pthread_mutex_lock(&node->mutex);
	struct followed_room *room = find_followed(node, room_id);
	if (room && end < room->end_seq)
		room->end_seq = end;
	pthread_mutex_unlock(&node->mutex);
}

static int add_entries(struct postgres_node *node, struct postgres_link *link, int64_t room_id, uint64_t end,
		       struct postgres_news *news)
{
	bool is_followed;
	uint64_t before = move_end(node, room_id, end, &is_followed);
	if (!is_followed)
		postgres_news_add(news, &(struct store_command){.op = STORE_SKIP_TO,
								.room = {.id = room_id, .end_seq = end}});
	if (!is_followed || before >= end)
		return 0;
	if (postgres_load_entries(link, room_id, before, end + 1, postgres_news_add, news) == STORE_OK)
		return 0;
	move_back(node, room_id, before);
	return -1;
}

int postgres_node_precede(struct postgres_node *node, struct postgres_link *link,
			  const struct store_batch *batch, struct postgres_news *news)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct store_command *command = &batch->commands[i];
		bool is_followed;
		if (command->op != STORE_APPEND || command->result != STORE_OK)
			continue;
		const struct entry *entry = command->append.entry;
		uint64_t before = move_end(node, entry->room_id, entry->seq, &is_followed);
		if (!is_followed || before + 1 >= entry->seq)
			continue;
		if (postgres_load_entries(link, entry->room_id, before, entry->seq, postgres_news_add,
					  news) == STORE_OK)
			continue;
		move_back(node, entry->room_id, before);
		return -1;
	}
	return 0;
}

/* --- what others have stored --- */

/* "{2,7}" of a member of what was seen. */
static const char *list_seen(const struct postgres_node *node, size_t member, struct buffer *to)
{
	buffer_clear(to);
	for (size_t i = 0; i < node->count; i++)
		buffer_printf(to, "%s%" PRId64, i ? "," : "{",
			      *(const int64_t *)((const char *)&node->seen[i] + member));
	buffer_add_string(to, node->count ? "}" : "{}");
	return buffer_string(to);
}

static PGresult *ask_batches(const struct postgres_node *node, struct postgres_link *link)
{
	struct buffer nodes = BUFFER_EMPTY, incarnations = BUFFER_EMPTY, numbers = BUFFER_EMPTY;
	PGresult *rows = postgres_query(
	    link,
	    "SELECT b.node, b.incarnation, b.n, b.rooms, b.ends, u.note, row_number() OVER (PARTITION BY "
	    "b.node"
	    " ORDER BY b.incarnation, b.n) FROM nodes d LEFT JOIN unnest($2::int[], $3::bigint[], "
	    "$4::bigint[])"
	    " AS k(node, incarnation, n) ON k.node = d.id CROSS JOIN LATERAL (SELECT * FROM batches x WHERE"
	    " x.node = d.id AND (x.incarnation, x.n) > (coalesce(k.incarnation, 0), coalesce(k.n, 0))"
	    " ORDER BY x.incarnation, x.n LIMIT " POLL_BATCHES ") b"
	    " LEFT JOIN LATERAL unnest(b.notes) WITH ORDINALITY AS u(note, i) ON true"
	    " WHERE d.id <> $1 ORDER BY b.node, b.incarnation, b.n, u.i",
	    "ittt", node->id, list_seen(node, offsetof(struct postgres_position, node), &nodes),
	    list_seen(node, offsetof(struct postgres_position, incarnation), &incarnations),
	    list_seen(node, offsetof(struct postgres_position, n), &numbers));
	buffer_release(&nodes);
	buffer_release(&incarnations);
	buffer_release(&numbers);
	return rows;
}

/* Rooms and ends, "{7,12}" and "{31,4}". */
static int add_ends(struct postgres_node *node, struct postgres_link *link, const char *rooms,
		    const char *ends, struct postgres_news *news)
{
	while (*rooms && *ends) {
		char *next_room, *next_end;
		int64_t room_id = strtoll(rooms + 1, &next_room, 10);
		uint64_t end = strtoull(ends + 1, &next_end, 10);
		if (next_room == rooms + 1 || next_end == ends + 1)
			return 0;
		if (add_entries(node, link, room_id, end, news))
			return -1;
		rooms = next_room;
		ends = next_end;
	}
	return 0;
}

static bool is_same_batch(const PGresult *rows, int one, int other)
{
	for (int column = 0; column < 3; column++)
		if (strcmp(postgres_text(rows, one, column), postgres_text(rows, other, column)))
			return false;
	return true;
}

/* The changes first: what is said may be said by somebody who is new. */
static int add_news_of(struct postgres_node *node, struct postgres_link *link, const PGresult *rows,
		       struct postgres_news *news)
{
	int count = libpq.ntuples(rows);
	for (int i = 0; i < count; i++)
		if (*postgres_text(rows, i, 5) &&
		    postgres_load_note(link, node->id, postgres_text(rows, i, 5), postgres_news_add, news) !=
			STORE_OK)
			return -1;
	for (int i = 0; i < count; i++)
		if ((!i || !is_same_batch(rows, i - 1, i)) &&
		    add_ends(node, link, postgres_text(rows, i, 3), postgres_text(rows, i, 4), news))
			return -1;
	return 0;
}

static void note_seen(struct postgres_node *node, const PGresult *rows, bool *has_more)
{
	for (int i = 0; i < libpq.ntuples(rows); i++) {
		struct postgres_position *seen = seen_of(node, postgres_number(rows, i, 0));
		seen->incarnation = postgres_number(rows, i, 1);
		seen->n = postgres_number(rows, i, 2);
		*has_more |= postgres_number(rows, i, 6) >= POLL_COUNT;
	}
}

/* On failure, entries that were read are given to nobody: rooms go back to where they were. */
static void forget_entries(struct postgres_node *node, const struct postgres_news *news, size_t from)
{
	for (size_t i = from; i < news->count; i++)
		if (news->commands[i].op == STORE_APPEND)
			move_back(node, news->commands[i].append.entry->room_id,
				  news->commands[i].append.entry->seq - 1);
}

int postgres_node_poll(struct postgres_node *node, struct postgres_link *link, bool needs_standby,
		       struct postgres_news *news, bool *has_more)
{
	size_t from = news->count;
	*has_more = false;
	PGresult *rows = ask_batches(node, link);
	if (!rows)
		return -1;
	/* Whom the bus fences meanwhile is for the next call. */
	bool adopts = atomic_exchange(&node->adopts, false);
	int result = add_news_of(node, link, rows, news);
	if (!result && adopts && postgres_load_adopted(link, node->id, postgres_news_add, news) != STORE_OK)
		result = -1;
	if (!result && news->count > from)
		result = postgres_barrier(link, needs_standby);
	if (!result) {
		note_seen(node, rows, has_more);
	} else {
		if (adopts)
			node->adopts = true;
		forget_entries(node, news, from);
		news->count = from;
	}
	libpq.clear(rows);
	return result;
}

/* --- what the chat misses --- */

int postgres_node_fetch(struct postgres_node *node, struct postgres_link *link, int64_t room_id,
			bool needs_standby, struct postgres_news *news)
{
	bool is_followed;
	uint64_t before = move_end(node, room_id, 0, &is_followed);
	if (!is_followed)
		return 0;
	if (postgres_load_entries(link, room_id, before, INT64_MAX, postgres_news_add, news) != STORE_OK)
		return -1;
	if (!news->count)
		return 0;
	if (postgres_barrier(link, needs_standby)) {
		news->count = 0;
		return -1;
	}
	move_end(node, room_id, news->commands[news->count - 1].append.entry->seq, &is_followed);
	return 0;
}
