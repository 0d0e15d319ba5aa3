/* The SQLite backend: one writing connection that belongs to the chat thread.
 *
 *  1. A batch is one transaction; commit returns after the WAL is synced (synchronous=FULL).
 *  2. ends[] is what the database holds plus the open batch; a rollback puts it back.
 *  3. Nothing is committed but by commit(). SQLite ends a transaction by itself when a read in it fails, and
 *     each write behind that would be a transaction of its own: refuse_commit() makes it fail instead.
 *  4. What is found at the opening is synced before anybody sees it: the process before may have died, or
 * been told of an error, between writing and syncing.
 *  5. Readers have connections of their own (sqlite_read.c); WAL lets them read while this one writes. */
#include "store/data_directory.h"
#include "store/entry_checksum.h"
#include "store/sqlite_admin.h"
#include "store/sqlite_call.h"
#include "store/sqlite_change.h"
#include "store/sqlite_log.h"
#include "store/sqlite_people.h"
#include "store/sqlite_read.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_indexer.h"
#include "store/store.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/limits.h"
#include "base/memory.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	WRITE_BEGIN,
	WRITE_COMMIT,
	WRITE_ROLLBACK,
	WRITE_ROOM,
	WRITE_ENTRY,
	WRITE_SEND,
	FIND_SEND,
	WRITE_COUNT
};

static const char *const write_sql[WRITE_COUNT] = {
    [WRITE_BEGIN] = "BEGIN IMMEDIATE",
    [WRITE_COMMIT] = "COMMIT",
    [WRITE_ROLLBACK] = "ROLLBACK",
    [WRITE_ROOM] = "INSERT INTO rooms(name, direct, private, topic, retention_days, created_ms)"
		   " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [WRITE_ENTRY] =
	"INSERT INTO entries(room, seq, time_ms, kind, flags, author, account, ref, name, ip, text, checksum)"
	" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [WRITE_SEND] = "INSERT INTO sends(user, device, id, room, seq, time_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
		   " ON CONFLICT DO NOTHING",
    [FIND_SEND] = "SELECT s.room, s.seq, s.time_ms, e.kind, e.flags, e.ref, e.text FROM sends s"
		  " LEFT JOIN entries e ON e.room = s.room AND e.seq = s.seq"
		  " WHERE s.user = ?1 AND s.device = ?2 AND s.id = ?3",
};

/* The end of one room; `committed` is what a rollback returns to. */
struct room_end {
	uint64_t seq, committed;
	bool is_touched;
};

struct sqlite_store {
	struct store store;
	sqlite3 *db;
	char *path;
	sqlite3_stmt *statements[WRITE_COUNT];
	struct room_end *ends; /* by room id */
	size_t ends_capacity;
	int64_t *touched; /* rooms whose ends the open batch moved */
	size_t touched_count, touched_capacity;
	bool in_batch, is_committing;
	char found_name[LIMIT_NAME_BYTES]; /* of the last find_entry() */
	char *swept[3];                    /* how far forget_sends() has come */
	int lock_fd;                       /* of the data directory's lock file */
};

static struct sqlite_store *mine(struct store *store)
{
	return (struct sqlite_store *)store;
}

static struct room_end *end_of(struct sqlite_store *self, int64_t room_id)
{
	size_t old = self->ends_capacity;
	assert(room_id > 0);
	self->ends = mem_grow(self->ends, &self->ends_capacity, (size_t)room_id + 1, sizeof *self->ends);
	memset(self->ends + old, 0, (self->ends_capacity - old) * sizeof *self->ends);
	return &self->ends[room_id];
}

static void settle(struct sqlite_store *self, bool committed)
{
	for (size_t i = 0; i < self->touched_count; i++) {
		struct room_end *end = &self->ends[self->touched[i]];
		if (committed)
			end->committed = end->seq;
		else
			end->seq = end->committed;
		end->is_touched = false;
	}
	self->touched_count = 0;
	self->in_batch = false;
}

/* Runs a statement that gives no rows. */
static int run(struct sqlite_store *self, int which)
{
	int result = sqlite3_step(self->statements[which]);
	sqlite3_reset(self->statements[which]);
	return result == SQLITE_DONE ? STORE_OK : STORE_FAILED;
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	sqlite3_bind_text(statement, index, text ? text : "", -1, SQLITE_STATIC);
}

static void store_rollback(struct store *store)
{
	struct sqlite_store *self = mine(store);
	/* After some errors (a full disk) SQLite has rolled back by itself. */
	if (!sqlite3_get_autocommit(self->db))
		run(self, WRITE_ROLLBACK);
	settle(self, false);
}

static int fail_batch(struct sqlite_store *self, const char *what)
{
	LOG_ERROR("store.write", "doing=%s error=\"%s\"", what, sqlite3_errmsg(self->db));
	store_rollback(&self->store);
	return STORE_FAILED;
}

static int store_begin(struct store *store)
{
	struct sqlite_store *self = mine(store);
	assert(!self->in_batch);
	if (run(self, WRITE_BEGIN) != STORE_OK)
		return fail_batch(self, "begin");
	self->in_batch = true;
	return STORE_OK;
}

static int store_commit(struct store *store)
{
	struct sqlite_store *self = mine(store);
	assert(self->in_batch);
	self->is_committing = true;
	int result = run(self, WRITE_COMMIT);
	self->is_committing = false;
	if (result != STORE_OK)
		return fail_batch(self, "commit");
	settle(self, true);
	return STORE_OK;
}

static int refuse_commit(void *context)
{
	const struct sqlite_store *self = context;
	return !self->is_committing;
}

static int store_create_room(struct store *store, const struct store_room *room, int64_t *id)
{
	struct sqlite_store *self = mine(store);
	sqlite3_stmt *insert = self->statements[WRITE_ROOM];
	bind_text(insert, 1, room->name);
	sqlite3_bind_int(insert, 2, room->is_direct);
	sqlite3_bind_int(insert, 3, room->is_private);
	bind_text(insert, 4, room->topic);
	sqlite3_bind_int64(insert, 5, room->retention_days);
	sqlite3_bind_int64(insert, 6, clock_wall_ms());
	if (run(self, WRITE_ROOM) != STORE_OK)
		return fail_batch(self, "create_room");
	*id = sqlite3_last_insert_rowid(self->db);
	*end_of(self, *id) = (struct room_end){0};
	return STORE_OK;
}

/* Looks for an earlier send with this id. STORE_NONE: there was none. */
static int find_send(struct sqlite_store *self, struct entry *entry, const struct store_send_id *send_id)
{
	sqlite3_stmt *find = self->statements[FIND_SEND];
	bind_text(find, 1, send_id->user);
	bind_text(find, 2, send_id->device);
	bind_text(find, 3, send_id->id);
	int result = sqlite3_step(find), answer = STORE_NONE;
	if (result == SQLITE_ROW) {
		uint32_t compared = ENTRY_ACTION | ENTRY_ON;
		uint32_t flags = (uint32_t)sqlite3_column_int(find, 4);
		/* The text of an entry that was deleted, or purged by retention, cannot be compared any more.
		 */
		bool is_text_gone = sqlite3_column_type(find, 6) == SQLITE_NULL || flags & ENTRY_DELETED;
		const char *text = (const char *)sqlite3_column_text(find, 6);
		bool is_same = sqlite3_column_int64(find, 0) == entry->room_id &&
			       (is_text_gone || (sqlite3_column_int(find, 3) == (int)entry->kind &&
						 (flags & compared) == (entry->flags & compared) &&
						 (uint64_t)sqlite3_column_int64(find, 5) == entry->ref &&
						 text && !strcmp(text, entry->text)));
		entry->seq = (uint64_t)sqlite3_column_int64(find, 1);
		entry->time_ms = sqlite3_column_int64(find, 2);
		answer = is_same ? STORE_OK : text || is_text_gone ? STORE_ID_REUSED : STORE_FAILED;
	} else if (result != SQLITE_DONE) {
		answer = STORE_FAILED;
	}
	sqlite3_reset(find);
	return answer;
}

static int store_find_send(struct store *store, struct entry *entry, const struct store_send_id *send_id)
{
	return find_send(mine(store), entry, send_id);
}

static int store_skip_to(struct store *store, int64_t room_id, uint64_t seq)
{
	struct sqlite_store *self = mine(store);
	int result =
	    sqlite_run(self->db, "UPDATE rooms SET purged_seq=?2 WHERE id=?1", "ii", room_id, (int64_t)seq);
	if (result != SQLITE_OK)
		return fail_batch(self, "skip");
	*end_of(self, room_id) = (struct room_end){.seq = seq, .committed = seq};
	return STORE_OK;
}

static int store_find_entry(struct store *store, int64_t room_id, uint64_t seq, struct entry *entry)
{
	return sqlite_find_entry(mine(store)->db, room_id, seq, entry, mine(store)->found_name);
}

static int insert_entry(struct sqlite_store *self, struct entry *entry)
{
	sqlite3_stmt *insert = self->statements[WRITE_ENTRY];
	const int64_t numbers[] = {entry->room_id,       (int64_t)entry->seq, entry->time_ms,
				   (int64_t)entry->kind, entry->flags,        (int64_t)entry->author,
				   entry->account,       (int64_t)entry->ref};
	for (int i = 0; i < 8; i++)
		sqlite3_bind_int64(insert, i + 1, numbers[i]);
	bind_text(insert, 9, entry->name);
	bind_text(insert, 10, entry->ip);
	bind_text(insert, 11, entry->text);
	sqlite3_bind_int64(insert, 12, entry_checksum(entry));
	return run(self, WRITE_ENTRY);
}

static int insert_send(struct sqlite_store *self, const struct entry *entry,
		       const struct store_send_id *send_id)
{
	sqlite3_stmt *insert = self->statements[WRITE_SEND];
	bind_text(insert, 1, send_id->user);
	bind_text(insert, 2, send_id->device);
	bind_text(insert, 3, send_id->id);
	sqlite3_bind_int64(insert, 4, entry->room_id);
	sqlite3_bind_int64(insert, 5, (int64_t)entry->seq);
	sqlite3_bind_int64(insert, 6, entry->time_ms);
	return run(self, WRITE_SEND);
}

/* Notes the send. Almost all are new, so the insertion is tried first, and the look-up is for repeats alone.
 * STORE_OK: it is new; otherwise what find_send() found. */
static int note_send(struct sqlite_store *self, struct entry *entry, const struct store_send_id *send_id,
		     bool *is_repeat)
{
	if (insert_send(self, entry, send_id) != STORE_OK)
		return STORE_FAILED;
	if (sqlite3_changes(self->db))
		return STORE_OK;
	int found = find_send(self, entry, send_id);
	*is_repeat = found == STORE_OK;
	return found == STORE_NONE ? STORE_FAILED : found;
}

static int store_append(struct store *store, struct entry *entry, const struct store_send_id *send_id,
			bool *is_repeat)
{
	struct sqlite_store *self = mine(store);
	struct room_end *end = end_of(self, entry->room_id);
	*is_repeat = false;
	entry->seq = end->seq + 1;
	if (send_id && send_id->id) {
		int noted = note_send(self, entry, send_id, is_repeat);
		if (noted == STORE_FAILED)
			return fail_batch(self, "append_send");
		if (noted != STORE_OK || *is_repeat)
			return noted;
	}
	if (insert_entry(self, entry) != STORE_OK)
		return fail_batch(self, "append");
	entry->id = sqlite3_last_insert_rowid(self->db);
	if (sqlite_apply_change(self->db, entry, send_id ? send_id->user : "") != STORE_OK)
		return fail_batch(self, "append_target");
	end->seq = entry->seq;
	if (!end->is_touched) {
		self->touched = mem_grow(self->touched, &self->touched_capacity, self->touched_count + 1,
					 sizeof *self->touched);
		self->touched[self->touched_count++] = entry->room_id;
		end->is_touched = true;
	}
	return STORE_OK;
}

static int store_load_rooms(struct store *store, store_visit_room *visit, void *context)
{
	struct sqlite_store *self = mine(store);
	/* max(seq) of one room is one seek to the end of its part of entries_by_room. */
	static const char sql[] =
	    "SELECT id, name, direct, private, topic, retention_days, purged_seq,"
	    " (SELECT max(seq) FROM entries WHERE room = rooms.id) FROM rooms ORDER BY id";
	sqlite3_stmt *rooms;
	int result = sqlite3_prepare_v2(self->db, sql, -1, &rooms, NULL);
	while (result == SQLITE_OK && (result = sqlite3_step(rooms)) == SQLITE_ROW) {
		struct store_room room = {
		    .id = sqlite3_column_int64(rooms, 0),
		    .name = (const char *)sqlite3_column_text(rooms, 1),
		    .is_direct = sqlite3_column_int(rooms, 2),
		    .is_private = sqlite3_column_int(rooms, 3),
		    .topic = (const char *)sqlite3_column_text(rooms, 4),
		    .retention_days = sqlite3_column_int64(rooms, 5),
		    .purged_seq = (uint64_t)sqlite3_column_int64(rooms, 6),
		    .end_seq = (uint64_t)sqlite3_column_int64(rooms, 7),
		};
		if (room.end_seq < room.purged_seq)
			room.end_seq = room.purged_seq;
		*end_of(self, room.id) = (struct room_end){.seq = room.end_seq, .committed = room.end_seq};
		visit(context, &room);
		result = SQLITE_OK;
	}
	sqlite3_finalize(rooms);
	return result == SQLITE_DONE ? STORE_OK : STORE_FAILED;
}

static int store_reader_open(struct store *store, struct store_reader **reader)
{
	return sqlite_reader_open(mine(store)->path, reader);
}

static int store_indexer_open(struct store *store, struct store_indexer **indexer)
{
	return sqlite_indexer_open(mine(store)->path, store->epoch, indexer);
}

static void store_close(struct store *store)
{
	struct sqlite_store *self = mine(store);
	for (int i = 0; i < WRITE_COUNT; i++)
		sqlite3_finalize(self->statements[i]);
	/* Closing the last connection checkpoints the WAL into the database file. */
	if (sqlite3_close(self->db) != SQLITE_OK)
		LOG_ERROR("store.close", "error=\"%s\"", sqlite3_errmsg(self->db));
	for (int i = 0; i < SWEPT_COLUMNS; i++)
		free(self->swept[i]);
	free(self->ends);
	free(self->touched);
	close(self->lock_fd);
	free(self->path);
	free(self);
}

/* --- accounts, memberships, sanctions: sqlite_people.c, with the rollback that a failed batch needs --- */

static int checked(struct store *store, int result, const char *what)
{
	return result == STORE_FAILED ? fail_batch(mine(store), what) : result;
}

static int store_update_room(struct store *store, const struct store_room *room)
{
	int result = sqlite_run(
	    mine(store)->db,
	    "UPDATE rooms SET private=?2, topic=?3, retention_days=?4, name=coalesce(?5, name)"
	    " WHERE id=?1",
	    "iitit", room->id, (int64_t)room->is_private, room->topic, room->retention_days, room->name);
	return checked(store, result == SQLITE_OK ? STORE_OK : STORE_FAILED, "update_room");
}

static int store_add_account(struct store *store, const struct store_account *account, int64_t *id)
{
	return checked(store, sqlite_add_account(mine(store)->db, account, id), "add_account");
}

static int store_rename_account(struct store *store, int64_t account, const char *name, const char *folded)
{
	return checked(store, sqlite_rename_account(mine(store)->db, account, name, folded),
		       "rename_account");
}

static int store_set_password(struct store *store, int64_t account, const char *password)
{
	return checked(store, sqlite_set_password(mine(store)->db, account, password), "set_password");
}

static int store_put_token(struct store *store, int64_t account, const char *label,
			   const unsigned char hash[STORE_TOKEN_BYTES])
{
	return checked(store, sqlite_put_token(mine(store)->db, account, label, hash), "put_token");
}

static int store_drop_token(struct store *store, int64_t account, const char *label,
			    unsigned char hash[STORE_TOKEN_BYTES])
{
	return checked(store, sqlite_drop_token(mine(store)->db, account, label, hash), "drop_token");
}

static int store_put_member(struct store *store, const struct store_member *member)
{
	return checked(store, sqlite_put_member(mine(store)->db, member), "put_member");
}

static int store_drop_member(struct store *store, int64_t account, int64_t room_id)
{
	return checked(store, sqlite_drop_member(mine(store)->db, account, room_id), "drop_member");
}

static int store_put_sanction(struct store *store, const struct store_sanction *sanction)
{
	return checked(store, sqlite_put_sanction(mine(store)->db, sanction), "put_sanction");
}

static int store_drop_sanction(struct store *store, const struct store_sanction *sanction)
{
	return checked(store, sqlite_drop_sanction(mine(store)->db, sanction), "drop_sanction");
}

static int store_put_block(struct store *store, int64_t account, int64_t blocked, bool on)
{
	return checked(store, sqlite_put_block(mine(store)->db, account, blocked, on), "put_block");
}

static int store_add_deed(struct store *store, const struct store_deed *deed)
{
	return checked(store, sqlite_add_deed(mine(store)->db, deed), "add_deed");
}

static int store_load_people(struct store *store, const struct store_people *people)
{
	return sqlite_load_people(mine(store)->db, people);
}

static int store_find_password(struct store *store, int64_t account, char *password, size_t bytes)
{
	return sqlite_find_password(mine(store)->db, account, password, bytes);
}

static int store_find_token(struct store *store, const unsigned char hash[STORE_TOKEN_BYTES],
			    int64_t *account)
{
	return sqlite_find_token(mine(store)->db, hash, account);
}

static int store_list_tokens(struct store *store, int64_t account,
			     void (*visit)(void *context, const char *label), void *context)
{
	return sqlite_list_tokens(mine(store)->db, account, visit, context);
}

static int64_t store_foreign_version(struct store *store)
{
	return sqlite_foreign_version(mine(store)->db);
}

/* --- what time takes away --- */

static int store_purge(struct store *store, int64_t room_id, int64_t before_ms, size_t limit,
		       uint64_t *purged_seq)
{
	return checked(store, sqlite_purge(mine(store)->db, room_id, before_ms, limit, purged_seq), "purge");
}

static int store_forget_sends(struct store *store, int64_t before_ms, size_t limit, bool *is_done)
{
	struct sqlite_store *self = mine(store);
	return checked(store, sqlite_forget_sends(self->db, self->swept, before_ms, limit, is_done),
		       "forget_sends");
}

static const struct store_ops sqlite_ops = {
    .skip_to = store_skip_to,
    .find_entry = store_find_entry,
    .update_room = store_update_room,
    .add_account = store_add_account,
    .rename_account = store_rename_account,
    .set_password = store_set_password,
    .put_token = store_put_token,
    .drop_token = store_drop_token,
    .put_member = store_put_member,
    .drop_member = store_drop_member,
    .put_sanction = store_put_sanction,
    .drop_sanction = store_drop_sanction,
    .put_block = store_put_block,
    .add_deed = store_add_deed,
    .purge = store_purge,
    .forget_sends = store_forget_sends,
    .load_people = store_load_people,
    .find_password = store_find_password,
    .find_token = store_find_token,
    .list_tokens = store_list_tokens,
    .foreign_version = store_foreign_version,

    .close = store_close,
    .load_rooms = store_load_rooms,
    .begin = store_begin,
    .commit = store_commit,
    .rollback = store_rollback,
    .create_room = store_create_room,
    .append = store_append,
    .find_send = store_find_send,
    .reader_open = store_reader_open,
    .indexer_open = store_indexer_open,
};

static int read_meta(struct sqlite_store *self)
{
	sqlite3_stmt *meta;
	int result = sqlite3_prepare_v2(self->db,
					"SELECT (SELECT value FROM meta WHERE key='epoch'), (SELECT value "
					"FROM meta WHERE key='author_key')",
					-1, &meta, NULL);
	if (result == SQLITE_OK && sqlite3_step(meta) == SQLITE_ROW &&
	    sqlite3_column_bytes(meta, 1) == sizeof self->store.author_key) {
		snprintf(self->store.epoch, sizeof self->store.epoch, "%s",
			 (const char *)sqlite3_column_text(meta, 0));
		memcpy(self->store.author_key, sqlite3_column_blob(meta, 1), sizeof self->store.author_key);
	} else {
		result = SQLITE_CORRUPT;
	}
	sqlite3_finalize(meta);
	return result;
}

static int open_database(struct sqlite_store *self, const char *directory, char *problem,
			 size_t problem_bytes)
{
	if (sqlite_restore_was_cut_off(directory)) {
		snprintf(problem, problem_bytes,
			 "a restore was cut off; give brusiod restore the backup once more (what was there "
			 "before lies beside it, in before-restore)");
		return -1;
	}
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int result = sqlite3_open_v2(self->path, &self->db, flags, NULL);
	if (result == SQLITE_OK && sqlite_schema_check(self->db, problem, problem_bytes) != 0)
		return -1;
	if (result == SQLITE_OK)
		result = sqlite_schema_configure(self->db);
	if (result == SQLITE_OK && sqlite_schema_migrate(self->db, problem, problem_bytes) != 0)
		return -1;
	for (int i = 0; i < WRITE_COUNT && result == SQLITE_OK; i++)
		result = sqlite3_prepare_v3(self->db, write_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
					    &self->statements[i], NULL);
	/* The administration writes too: brusiod user. */
	if (result == SQLITE_OK)
		result = sqlite3_busy_timeout(self->db, 5000);
	if (result == SQLITE_OK)
		result = sqlite_log_secure(self->db);
	if (result == SQLITE_OK)
		result = read_meta(self);
	if (result == SQLITE_OK) {
		sqlite3_commit_hook(self->db, refuse_commit, self);
		return 0;
	}
	snprintf(problem, problem_bytes, "%s", sqlite3_errmsg(self->db));
	return -1;
}

int sqlite_store_open(const char *directory, struct store **store, char *problem, size_t problem_bytes)
{
	/* What does not fit into memory goes to a file, which must be where a sandboxed server may write.
	 * SQLite looks at this once, when it is first used. */
	setenv("SQLITE_TMPDIR", directory, 1);
	/* Nobody asks how much memory SQLite has, and counting it takes a lock of all threads for each piece.
	 * Later openings find it set. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	int lock_fd = data_directory_take(directory, problem, problem_bytes);
	if (lock_fd < 0)
		return STORE_FAILED;
	struct sqlite_store *self = mem_zero(sizeof *self);
	self->lock_fd = lock_fd;
	self->store.ops = &sqlite_ops;
	self->path = mem_alloc(strlen(directory) + sizeof "/brusio.db");
	sprintf(self->path, "%s/brusio.db", directory);
	char why[256];
	if (open_database(self, directory, why, sizeof why) != 0) {
		snprintf(problem, problem_bytes, "the database %s cannot be used: %s", self->path, why);
		store_close(&self->store);
		return STORE_FAILED;
	}
	*store = &self->store;
	return STORE_OK;
}
