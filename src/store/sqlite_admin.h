/* Care of the data: what an administrator does with the database, with or without a server running on it.
 *
 * Layer: store. Threads: one. All return 0, or -1 with `problem` filled in: what, why, what to do. */
#ifndef BRUSIO_STORE_SQLITE_ADMIN_H
#define BRUSIO_STORE_SQLITE_ADMIN_H

#include "base/entry.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdio.h>

struct sqlite_admin;

#define ADMIN_PROBLEM_BYTES 1024

/* Opens the database of the directory; a server may be running on it. Where there is none it is made, with
 * its directory, if it `may_make` one. */
int sqlite_admin_open(const char *directory, bool may_make, struct sqlite_admin **made, char *problem);
void sqlite_admin_close(struct sqlite_admin *admin);

/* Accounts, by any spelling of the name. `password` is a hash. */
int sqlite_admin_add_user(struct sqlite_admin *admin, const char *name, const char *password, char *problem);
int sqlite_admin_set_password(struct sqlite_admin *admin, const char *name, const char *password,
			      char *problem);
/* Turns its second factor off. */
int sqlite_admin_drop_factor(struct sqlite_admin *admin, const char *name, char *problem);
int sqlite_admin_set_admin(struct sqlite_admin *admin, const char *name, bool on, char *problem);
int sqlite_admin_delete_user(struct sqlite_admin *admin, const char *name, char *problem);
/* Writes a line for each session and token: what it is, device or label, client, address, since, last seen.
 */
int sqlite_admin_list_sessions(struct sqlite_admin *admin, const char *name, FILE *to, char *problem);
/* Ends all of them, and the connections with them. */
int sqlite_admin_end_sessions(struct sqlite_admin *admin, const char *name, char *problem);
int sqlite_admin_list_users(struct sqlite_admin *admin, FILE *to, char *problem);

/* A consistent copy, made while others write; 0600. A file that is there is overwritten with `force` alone.
 */
int sqlite_admin_backup(struct sqlite_admin *admin, const char *file, bool force, char *problem);

#define SQLITE_KEPT_BYTES 64

/* Puts a backup in place of the directory's database, under a new epoch, so that clients load anew. It is
 * checked first; one with faults, which `to` gets, is taken with `force` alone. The old database stays in a
 * directory of its own in `directory`, whose name `kept` gets ("" where there was none). No server may run on
 * it. */
int sqlite_admin_restore(const char *directory, const char *file, bool force, FILE *to,
			 char kept[SQLITE_KEPT_BYTES], char *problem);
/* True where one has moved the old database away and not put the new one in its place. */
bool sqlite_restore_was_cut_off(const char *directory);

/* Verifies every promise that the database can show, and says on `to` what is wrong. *found: how many. */
int sqlite_admin_check(struct sqlite_admin *admin, FILE *to, int *found, char *problem);

/* Shows the rooms that are not direct conversations, or the one of that name: with `since_ms` those alone in
 * which something was said since. The visitor returns 0, or -1 with the problem filled in. */
typedef int sqlite_admin_visit_room(void *context, const struct store_room *room);
int sqlite_admin_each_room(struct sqlite_admin *admin, const char *room, int64_t since_ms,
			   sqlite_admin_visit_room *visit, void *context, char *problem);

struct sqlite_admin_member {
	const char *name;
	enum role role;
	uint64_t read_seq;
};

/* Shows the room's members with an account, the highest role first, then who is in it for longest. */
typedef void sqlite_admin_visit_member(void *context, const struct sqlite_admin_member *member);
int sqlite_admin_each_member(struct sqlite_admin *admin, int64_t room_id, sqlite_admin_visit_member *visit,
			     void *context, char *problem);

/* Shows entries in the order of storing: of one room or all (NULL), from `since_ms` on. */
int sqlite_admin_export(struct sqlite_admin *admin, const char *room, int64_t since_ms,
			store_visit_entry *visit, void *context, char *problem);

/* Writes the record of moderation, a line each: time, room, by whom, what, whom, until when, why. Of one
 * room, or of all (NULL). */
int sqlite_admin_record(struct sqlite_admin *admin, const char *room, FILE *to, char *problem);

/* Writes a line a room: name, public or private, members, entries, when something was last said. With
 * `idle_days` those alone in which nothing was said for so long. */
int sqlite_admin_list_rooms(struct sqlite_admin *admin, int64_t idle_days, FILE *to, char *problem);
/* Removes a room with its history, or all that are idle; never the lobby. */
int sqlite_admin_delete_room(struct sqlite_admin *admin, const char *name, char *problem);
int sqlite_admin_delete_idle_rooms(struct sqlite_admin *admin, int64_t idle_days, size_t *removed,
				   char *problem);

#endif
