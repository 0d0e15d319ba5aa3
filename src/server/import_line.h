/* One line of an import, and whether it may stand where it does.
 *
 * Everything that `brusiod check` would object to afterwards is refused here, with a reason that names the
 * line. The form is that of doc/protocol.md section 4, with a line "op":"room" for a room and its members.
 *
 * Layer: server. Pure: texts lie in the arena that is given. Functions return NULL, or what is wrong. */
#ifndef BRUSIO_SERVER_IMPORT_LINE_H
#define BRUSIO_SERVER_IMPORT_LINE_H

#include "base/arena.h"
#include "base/entry.h"
#include "base/file.h"
#include "store/store.h"

struct import_member {
	struct import_member *next;
	const char *name;
	enum role role;
	uint64_t read_seq;
};

struct import_file {
	char id[FILE_ID_BYTES];
	const char *name;
};

struct import_line {
	const char *room;
	bool is_room; /* settings and members count, else entry */
	struct store_room settings;
	struct import_member *members; /* in the order of the line */
	struct entry entry;
	/* The files of a message, and the words beside them: `entry` has its text with a line for each. */
	struct import_file files[LIMIT_FILES];
	size_t files_count;
	const char *said;
};

const char *import_line_read(const char *bytes, size_t length, struct arena *arena, struct import_line *line);

/* --- what a room's log holds, as far as later lines may speak of it --- */

enum import_target {
	IMPORT_TARGET_NONE, /* an entry that is not a message */
	IMPORT_TARGET_MESSAGE,
	IMPORT_TARGET_DELETED
};

/* Zeroed: a room without entries. */
struct import_log {
	uint64_t purged_seq; /* entries up to here are gone by retention, or never were here */
	uint64_t end_seq;
	uint64_t first_seq; /* of kinds[0]; what is before that was in the database already */
	unsigned char *kinds;
	size_t count, capacity;
};

void import_log_release(struct import_log *log);

/* The kind of an entry before this one; false: the log does not know, since it was in the database already. */
bool import_log_find(const struct import_log *log, uint64_t seq, enum import_target *target);

/* The entry follows the log's end, and may say what it says about `target`, which it refers to (NONE where it
 * refers to nothing). */
const char *import_log_check(const struct import_log *log, const struct entry *entry,
			     enum import_target target);

/* True where the entry speaks of one that has to be looked for. */
bool import_log_refers(const struct import_log *log, const struct entry *entry);

/* It is the end of the log now. */
void import_log_add(struct import_log *log, const struct entry *entry);

#endif
