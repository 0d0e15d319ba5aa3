#include "server/import.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/table.h"
#include "base/text/utf8.h"
#include "chat/chat.h"
#include "picture/painter.h"
#include "server/import_line.h"
#include "server/moved_file.h"
#include "store/store_admin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct known_room;

struct known_account {
	struct table_link link;
	int64_t id;
	const struct known_room *room; /* the last one that has them as a member */
	char folded[];
};

struct known_room {
	struct table_link link;
	struct known_room *next; /* in the order in which they were met */
	int64_t id;              /* -n: it is the n-th that is made */
	bool is_described;
	struct import_log log;
	uint64_t skip_to; /* its first entry begins behind this */
	struct store_room settings;
	struct store_member *members;
	size_t members_count, members_capacity;
	char name[];
};

/* All lines are read and checked before anything is written, and all is written by one group of commands. */
struct importing {
	struct store *store;
	int wake_fd; /* is written to when something has come back from the store */
	struct table rooms, accounts;
	struct known_room *first, **last;
	int64_t new_rooms;
	struct store_command *commands; /* those of the lines */
	size_t count, capacity;
	struct store_command *preparing; /* those that go before them: rooms and their members */
	size_t preparing_count, preparing_capacity;
	struct arena arena;      /* what is kept of the lines */
	struct arena line_arena; /* the line that is read */
	char *problem;
	long line;
	struct painter *painter; /* of previews; NULL: they have none */
	struct blobs *blobs;     /* where the bytes of files go; NULL: they are not imported */
	int folder;              /* ... and come from */
	char (*kept)[FILE_ID_BYTES];
	size_t kept_count, kept_capacity;
};

static int import_wrong(struct importing *importing, const char *what)
{
	snprintf(importing->problem, ADMIN_PROBLEM_BYTES, "line %ld: %s; nothing was imported",
		 importing->line, what);
	return -1;
}

/* --- what is there --- */

static struct known_room *import_add_room(struct importing *importing, const char *name,
					  const struct store_room *room)
{
	struct known_room *known = mem_zero(sizeof *known + strlen(name) + 1);
	strcpy(known->name, name);
	known->id = room ? room->id : -++importing->new_rooms;
	if (room) {
		known->log.end_seq = room->end_seq;
		known->log.purged_seq = room->purged_seq;
	}
	table_insert(&importing->rooms, &known->link, table_hash_string(name));
	*importing->last = known;
	importing->last = &known->next;
	return known;
}

static void know(void *context, const struct store_command *done)
{
	struct importing *importing = context;
	if (done->op == STORE_ADD_ROOM && !done->room.is_direct) {
		import_add_room(importing, done->room.name, &done->room);
	} else if (done->op == STORE_ADD_PERSON && done->person.kind == PERSON_ACCOUNT) {
		const char *folded = done->person.folded;
		struct known_account *account = mem_zero(sizeof *account + strlen(folded) + 1);
		strcpy(account->folded, folded);
		account->id = done->person.id;
		table_insert(&importing->accounts, &account->link, table_hash_string(folded));
	}
}

/* NULL: there is none of this name. */
static struct known_account *import_find_account(const struct importing *importing, const char *name)
{
	char *folded = utf8_fold(name);
	uint64_t hash = folded ? table_hash_string(folded) : 0;
	struct table_link *link = folded ? table_first(&importing->accounts, hash) : NULL;
	while (link && strcmp(TABLE_OF(link, struct known_account, link)->folded, folded))
		link = table_next(link, hash);
	free(folded);
	return link ? TABLE_OF(link, struct known_account, link) : NULL;
}

static struct known_room *known_room_of(struct importing *importing, const char *name)
{
	uint64_t hash = table_hash_string(name);
	struct table_link *link = table_first(&importing->rooms, hash);
	while (link && strcmp(TABLE_OF(link, struct known_room, link)->name, name))
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct known_room, link) : import_add_room(importing, name, NULL);
}

/* --- lines --- */

static struct store_command *import_add_command(struct importing *importing, enum store_op op)
{
	importing->commands = mem_grow(importing->commands, &importing->capacity, importing->count + 1,
				       sizeof *importing->commands);
	struct store_command *command = &importing->commands[importing->count++];
	*command = (struct store_command){.op = op};
	return command;
}

static void import_wake(void *context)
{
	static const uint64_t one = 1;
	const struct importing *importing = context;
	if (write(importing->wake_fd, &one, sizeof one) != sizeof one)
		abort();
}

/* Until something came back that was not there when it was asked for. */
static void wait_for(struct importing *importing, const bool *is_done)
{
	uint64_t count;
	while (!*is_done)
		if (read(importing->wake_fd, &count, sizeof count) == sizeof count)
			importing->store->ops->collect(importing->store);
		else if (errno != EINTR)
			abort();
}

struct import_query {
	struct store_query query; /* first */
	bool is_done;
};

static void note_answer(struct store_query *query)
{
	((struct import_query *)query)->is_done = true;
}

/* An entry that was in the database before. */
static int ask_target(struct importing *importing, const struct known_room *room, uint64_t seq,
		      enum import_target *target)
{
	struct import_query asked = {
	    .query = {.question = STORE_FIND_ENTRY, .room_id = room->id, .seq = seq, .done = note_answer}};
	const struct store_query *query = &asked.query;
	importing->store->ops->ask(importing->store, &asked.query);
	wait_for(importing, &asked.is_done);
	*target = query->result != STORE_OK || query->found.kind != ENTRY_MESSAGE ? IMPORT_TARGET_NONE
		  : query->found.flags & ENTRY_DELETED                            ? IMPORT_TARGET_DELETED
										  : IMPORT_TARGET_MESSAGE;
	return query->result == STORE_FAILED
		   ? import_wrong(importing, "the database cannot be read; the log says why")
		   : 0;
}

/* Adds a file that the message is about to name. */
static int import_one_file(struct importing *importing, const struct import_file *given, char *ids)
{
	struct file *file = arena_zero(&importing->arena, sizeof *file);
	char why[100 + FILE_ID_BYTES];
	file_clean_name(given->name, file->name);
	file->made_ms = clock_wall_ms();
	int error = moved_file_take(importing->painter, importing->blobs, importing->folder, given->id, file);
	if (error) {
		snprintf(why, sizeof why, "its file %s cannot be taken: %.60s", given->id, strerror(-error));
		return import_wrong(importing, why);
	}
	importing->kept = mem_grow(importing->kept, &importing->kept_capacity, importing->kept_count + 1,
				   sizeof *importing->kept);
	memcpy(importing->kept[importing->kept_count++], file->id, FILE_ID_BYTES);
	import_add_command(importing, STORE_ADD_FILE)->file = file;
	sprintf(ids + strlen(ids), *ids ? " %s" : "%s", file->id);
	return 0;
}

/* "look", and "b.txt, a.txt" below it. */
static const char *text_with_names(struct importing *importing, const struct import_line *line)
{
	struct buffer text = BUFFER_EMPTY;
	char name[LIMIT_FILE_NAME_BYTES + 1];
	buffer_add_string(&text, line->said ? line->said : "");
	for (size_t i = 0; i < line->files_count; i++) {
		file_clean_name(line->files[i].name, name);
		if (buffer_length(&text) + strlen(name) + 2 > LIMIT_MESSAGE_BYTES)
			break;
		if (buffer_length(&text))
			buffer_add_string(&text, i ? ", " : "\n");
		buffer_add_string(&text, name);
	}
	const char *kept = arena_string(&importing->arena, buffer_string(&text));
	buffer_release(&text);
	return kept;
}

static int import_files(struct importing *importing, const struct import_line *line, struct entry *kept)
{
	char ids[LIMIT_FILES * FILE_ID_BYTES + 1] = "";
	if (line->files_count && !importing->blobs)
		kept->text = text_with_names(importing, line);
	if (!line->files_count || !importing->blobs)
		return 0;
	for (size_t i = 0; i < line->files_count; i++)
		if (import_one_file(importing, &line->files[i], ids))
			return -1;
	kept->text = arena_string(&importing->arena, line->said ? line->said : "");
	kept->flags |= ENTRY_FILES;
	kept->file_ids = arena_string(&importing->arena, ids);
	kept->files = arena_zero(&importing->arena, LIMIT_FILES * sizeof *kept->files);
	return 0;
}

static int import_entry(struct importing *importing, struct known_room *room, const struct import_line *line)
{
	const struct entry *entry = &line->entry;
	enum import_target target = IMPORT_TARGET_NONE;
	/* A room that is made, or in which nothing was said yet, such as the lobby. */
	if (!room->log.end_seq)
		room->log.end_seq = room->log.purged_seq = room->skip_to = entry->seq - 1;
	if (import_log_refers(&room->log, entry) && !import_log_find(&room->log, entry->ref, &target) &&
	    room->id > 0 && ask_target(importing, room, entry->ref, &target))
		return -1;
	const char *why = import_log_check(&room->log, entry, target);
	if (why)
		return import_wrong(importing, why);
	import_log_add(&room->log, entry);
	struct entry *kept = arena_zero(&importing->arena, sizeof *kept);
	*kept = *entry;
	kept->room_id = room->id;
	kept->name = arena_string(&importing->arena, entry->name);
	kept->ip = arena_string(&importing->arena, entry->ip);
	kept->text = arena_string(&importing->arena, entry->text);
	if (import_files(importing, line, kept))
		return -1;
	import_add_command(importing, STORE_APPEND)->append =
	    (struct store_append){.entry = kept, .is_unchecked = true};
	if (entry->kind == ENTRY_TOPIC)
		import_add_command(importing, STORE_UPDATE_ROOM)->room =
		    (struct store_room){.id = room->id, .topic = kept->text, .fields = STORE_ROOM_TOPIC};
	return 0;
}

static void import_add_member(struct known_room *room, int64_t person, const struct import_member *member)
{
	room->members =
	    mem_grow(room->members, &room->members_capacity, room->members_count + 1, sizeof *room->members);
	room->members[room->members_count++] =
	    (struct store_member){.person = person, .role = member->role, .read_seq = member->read_seq};
}

/* Members without an account here are left out. If no owner is left, the first of the highest role is one. */
static int import_room(struct importing *importing, struct known_room *room, const struct import_line *line)
{
	if (room->is_described || (room->id < 0 && room->log.end_seq))
		return import_wrong(importing, "a room's line stands once, before its entries");
	room->is_described = true;
	room->settings = line->settings;
	room->settings.name = room->name;
	room->settings.topic = arena_string(&importing->arena, line->settings.topic);
	for (const struct import_member *member = line->members; member; member = member->next) {
		struct known_account *account = import_find_account(importing, member->name);
		/* If a name occurs in several spellings, the first one counts. */
		if (account && account->room != room)
			import_add_member(room, account->id, member);
		if (account)
			account->room = room;
	}
	struct store_member *highest = room->members;
	for (size_t i = 1; i < room->members_count; i++)
		if (room->members[i].role > highest->role)
			highest = &room->members[i];
	/* The lobby has no owner. */
	if (highest && strcmp(room->name, CHAT_LOBBY))
		highest->role = ROLE_OWNER;
	return 0;
}

static int import_line(struct importing *importing, const char *bytes, size_t length)
{
	struct import_line line;
	arena_clear(&importing->line_arena);
	const char *why = import_line_read(bytes, length, &importing->line_arena, &line);
	if (why)
		return import_wrong(importing, why);
	struct known_room *room = known_room_of(importing, line.room);
	return line.is_room ? import_room(importing, room, &line) : import_entry(importing, room, &line);
}

static int import_lines(struct importing *importing, FILE *from)
{
	char *line = NULL;
	size_t capacity = 0;
	int result = 0;
	for (ssize_t length; !result && (length = getline(&line, &capacity, from)) > 0;) {
		importing->line++;
		if (strspn(line, " \t\r\n") == (size_t)length)
			continue;
		result = import_line(importing, line, (size_t)length);
	}
	free(line);
	return !result && ferror(from) ? import_wrong(importing, "the file cannot be read") : result;
}

/* --- writing --- */

static struct store_command *add_preparing(struct importing *importing, enum store_op op)
{
	importing->preparing = mem_grow(importing->preparing, &importing->preparing_capacity,
					importing->preparing_count + 1, sizeof *importing->preparing);
	struct store_command *command = &importing->preparing[importing->preparing_count++];
	*command = (struct store_command){.op = op};
	return command;
}

/* Makes the room with its settings and members, or says where the log of an empty one begins. */
static void prepare_room(struct importing *importing, const struct known_room *room)
{
	if (room->id < 0) {
		struct store_room *made = &add_preparing(importing, STORE_ADD_ROOM)->room;
		*made = room->settings;
		made->name = room->name;
		if (!made->topic)
			made->topic = "";
	}
	if (room->skip_to)
		add_preparing(importing, STORE_SKIP_TO)->room =
		    (struct store_room){.id = room->id, .end_seq = room->skip_to};
	for (size_t i = 0; room->id < 0 && i < room->members_count; i++) {
		struct store_member *member = &add_preparing(importing, STORE_PUT_MEMBER)->member;
		*member = room->members[i];
		member->room_id = room->id;
	}
}

struct import_batch {
	struct store_batch batch; /* first */
	bool is_done;
	int result;
};

static void note_result(struct store_batch *batch, int result)
{
	struct import_batch *import = (struct import_batch *)batch;
	import->result = result;
	import->is_done = true;
}

/* Rooms are made in the order of their numbers. */
static int write_all(struct importing *importing)
{
	struct import_batch batch = {.batch.done = note_result};
	for (const struct known_room *room = importing->first; room; room = room->next)
		prepare_room(importing, room);
	batch.batch.count = importing->preparing_count + importing->count;
	if (!batch.batch.count)
		return 0;
	importing->preparing = mem_grow(importing->preparing, &importing->preparing_capacity,
					batch.batch.count, sizeof *importing->preparing);
	if (importing->count)
		memcpy(importing->preparing + importing->preparing_count, importing->commands,
		       importing->count * sizeof *importing->commands);
	batch.batch.commands = importing->preparing;
	importing->store->ops->submit(importing->store, &batch.batch);
	wait_for(importing, &batch.is_done);
	for (size_t i = 0; i < batch.batch.count && batch.result == STORE_OK; i++)
		batch.result = batch.batch.commands[i].result;
	if (batch.result == STORE_OK)
		return 0;
	snprintf(importing->problem, ADMIN_PROBLEM_BYTES,
		 "the database refused, and the log says why; nothing was imported");
	return -1;
}

/* --- all of it --- */

static void release_accounts(struct importing *importing)
{
	size_t bucket = 0;
	for (struct table_link *link = table_walk(&importing->accounts, &bucket, NULL), *next; link;
	     link = next) {
		next = table_walk(&importing->accounts, &bucket, link);
		free(TABLE_OF(link, struct known_account, link));
	}
	table_release(&importing->accounts);
}

static void importing_release(struct importing *importing)
{
	if (importing->store)
		importing->store->ops->close(importing->store);
	if (importing->wake_fd >= 0)
		close(importing->wake_fd);
	for (struct known_room *room = importing->first, *next; room; room = next) {
		next = room->next;
		import_log_release(&room->log);
		free(room->members);
		free(room);
	}
	table_release(&importing->rooms);
	release_accounts(importing);
	free(importing->commands);
	free(importing->preparing);
	arena_release(&importing->arena);
	arena_release(&importing->line_arena);
}

static int import_open(struct importing *importing, const char *directory, const char *url)
{
	importing->wake_fd = eventfd(0, EFD_CLOEXEC);
	if (importing->wake_fd < 0) {
		snprintf(importing->problem, ADMIN_PROBLEM_BYTES, "cannot begin: %s", strerror(errno));
		return -1;
	}
	if (store_open(directory, url, &importing->store, importing->problem, ADMIN_PROBLEM_BYTES) !=
	    STORE_OK)
		return -1;
	importing->store->ops->on_return(importing->store, import_wake, importing);
	if (importing->store->ops->load(importing->store, know, importing) == STORE_OK)
		return 0;
	snprintf(importing->problem, ADMIN_PROBLEM_BYTES, "the rooms cannot be read; the log says why");
	return -1;
}

static int import_open_files(struct importing *importing, const struct config *config)
{
	const char *files = config->files;
	if (!files)
		return 0;
	/* Without it the pictures come without previews, as on a server that cannot make them. */
	if (!config->refuses_previews && painter_start(config->has_no_sandbox, &importing->painter))
		importing->painter = NULL;
	importing->folder = moved_file_folder(files, false);
	if (importing->folder < 0) {
		snprintf(importing->problem, ADMIN_PROBLEM_BYTES, "cannot read the folder %.700s: %s", files,
			 strerror(-importing->folder));
		return -1;
	}
	return blobs_open(config->data, &importing->blobs, importing->problem, ADMIN_PROBLEM_BYTES);
}

/* Files that were taken over for nothing go again. */
static void import_close_files(struct importing *importing, bool is_done)
{
	for (size_t i = 0; i < importing->kept_count && !is_done; i++)
		blob_drop(importing->blobs, importing->kept[i]);
	free(importing->kept);
	painter_stop(importing->painter);
	blobs_close(importing->blobs);
	if (importing->folder >= 0)
		close(importing->folder);
}

int import_file(const struct config *config, const char *file, char *problem)
{
	struct importing importing = {.problem = problem, .folder = -1};
	FILE *from = strcmp(file, "-") ? fopen(file, "re") : stdin;
	importing.last = &importing.first;
	if (!from) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "cannot read %.700s: %s", file, strerror(errno));
		return -1;
	}
	int result = import_open(&importing, config->data, config->store);
	if (!result)
		result = import_open_files(&importing, config);
	if (!result)
		result = import_lines(&importing, from);
	if (!result)
		result = write_all(&importing);
	import_close_files(&importing, !result);
	importing_release(&importing);
	if (from != stdin)
		fclose(from);
	return result;
}
