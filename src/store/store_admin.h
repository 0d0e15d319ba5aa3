/* The interface between the administration and a database: what is done beside the server, or instead of it.
 *
 * The meaning of a command of brusiod stands above this, in server/; a backend carries out commands of store.h
 * and shows what it holds. It takes backups, and checks itself, since how that is done is its own.
 *
 * Layer: store. A backend is a file that fills in these operations (sqlite_admin.c).
 * Threads: one. All operations return 0, or -1 with `problem` filled in: what, why, what to do. */
#ifndef BRUSIO_STORE_STORE_ADMIN_H
#define BRUSIO_STORE_STORE_ADMIN_H

#include "store/store.h"

#include <stdio.h>

#define ADMIN_PROBLEM_BYTES 1024

struct store_admin;

/* Strings of these structs are borrowed for the duration of the call that shows them. */
struct store_admin_account {
	const char *name;
	bool is_admin, is_disabled;
	int64_t created_ms;
};

/* A session, or a token. */
struct store_admin_session {
	bool is_token;
	const char *device; /* of a token: its label */
	const char *client, *address;
	int64_t since_ms;
	int64_t seen_ms; /* 0: it has a connection, or is a token */
};

struct store_admin_room {
	struct store_room room;
	int64_t members;
	int64_t said_ms; /* the time of its newest entry; 0 where there is none */
};

struct store_admin_member {
	const char *name; /* of the person */
	struct store_member member;
};

struct store_admin_deed {
	const char *room; /* NULL: it was removed */
	struct store_deed deed;
};

struct store_admin_link {
	const char *room, *maker; /* NULL: none; the administration */
	struct store_link link;
};

/* A file that somebody sent, or has sent up. */
struct store_admin_file {
	struct file file;  /* id, name, type, bytes, made_ms */
	const char *owner; /* "": nobody, as of what was imported */
	const char *room;  /* "": none yet, or a direct conversation */
	uint64_t seq;      /* of its message; 0: none yet */
};

/* Each sees one row, and returns 0, or -1 with the problem filled in, which ends the showing. */
typedef int store_admin_visit_account(void *context, const struct store_admin_account *account);
typedef int store_admin_visit_session(void *context, const struct store_admin_session *session);
typedef int store_admin_visit_room(void *context, const struct store_admin_room *room);
typedef int store_admin_visit_member(void *context, const struct store_admin_member *member);
typedef int store_admin_visit_entry(void *context, const struct entry *entry);
typedef int store_admin_visit_link(void *context, const struct store_admin_link *link);
typedef int store_admin_visit_deed(void *context, const struct store_admin_deed *deed);
typedef int store_admin_visit_file(void *context, const struct store_admin_file *file);

/* One of them, for backends that show all kinds of rows by one loop. */
union store_admin_visit {
	store_admin_visit_account *account;
	store_admin_visit_session *session;
	store_admin_visit_room *room;
	store_admin_visit_member *member;
	store_admin_visit_entry *entry;
	store_admin_visit_deed *deed;
	store_admin_visit_link *link;
	store_admin_visit_file *file;
};

/* No operation may be NULL. */
struct store_admin_ops {
	void (*close)(struct store_admin *admin);
	/* Carries the commands out as one batch of store.h and waits for it; servers on the same data are
	 * shown what changed (watch()). 0 also where commands were refused: their results say so. */
	int (*carry_out)(struct store_admin *admin, struct store_command *commands, size_t count,
			 char *problem);
	/* A guest or an account, by the folded name. *id 0: there is none. */
	int (*find_person)(struct store_admin *admin, const char *folded, enum person_kind kind, int64_t *id,
			   char *problem);
	/* By name. */
	int (*each_account)(struct store_admin *admin, store_admin_visit_account *visit, void *context,
			    char *problem);
	/* Sessions first, then tokens; the oldest first. */
	int (*each_session)(struct store_admin *admin, int64_t person, store_admin_visit_session *visit,
			    void *context, char *problem);
	/* Rooms that are not direct conversations, in the order in which they were made; `name`: that one
	 * alone. */
	int (*each_room)(struct store_admin *admin, const char *name, store_admin_visit_room *visit,
			 void *context, char *problem);
	/* The room's members with an account: the highest role first, then who is in it for longest. */
	int (*each_member)(struct store_admin *admin, int64_t room_id, store_admin_visit_member *visit,
			   void *context, char *problem);
	/* The rooms that a person owns, as members. */
	int (*each_owned)(struct store_admin *admin, int64_t person, store_admin_visit_member *visit,
			  void *context, char *problem);
	/* Entries of rooms that are not direct conversations, in the order of storing: of one room or all
	 * (0), from `since_ms` on. */
	int (*each_entry)(struct store_admin *admin, int64_t room_id, int64_t since_ms,
			  store_admin_visit_entry *visit, void *context, char *problem);
	/* The record of moderation, oldest first: of one room or all (0). */
	int (*each_deed)(struct store_admin *admin, int64_t room_id, store_admin_visit_deed *visit,
			 void *context, char *problem);
	/* Invitation links that hold at `now_ms`, newest first. */
	int (*each_link)(struct store_admin *admin, int64_t now_ms, store_admin_visit_link *visit,
			 void *context, char *problem);
	/* Files of messages and those that wait for one, oldest first: of a person or of all (0), of a room or of
	 * all (0), with this id or with any (""). */
	int (*each_file)(struct store_admin *admin, int64_t person, int64_t room_id, const char *id,
			 store_admin_visit_file *visit, void *context, char *problem);
	/* A consistent copy, made while others write; 0600. A file that is there is overwritten with `force`
	 * alone. The bytes of people's files are in it with `has_files`; `to` gets a line for each that is missing
	 * here. */
	int (*backup)(struct store_admin *admin, const char *file, bool force, bool has_files, FILE *to,
		      char *problem);
	/* Verifies every promise that the database can show, and says on `to` what is wrong; SQLite's looks at
	 * the bytes of files, too. *found: how many. */
	int (*check)(struct store_admin *admin, FILE *to, int *found, char *problem);
};

struct store_admin {
	const struct store_admin_ops *ops;
};

/* Whether a server could open what these name: it makes and changes nothing, and disturbs no server. 0; 1 where one runs on
 * the directory; or -1 with `problem` (ADMIN_PROBLEM_BYTES) filled in. */
int store_try(const char *directory, const char *url, char *problem);

/* Opens the data that `directory` and `url` name (as store_open() does), beside a server that may be running on it. Where
 * there is none it is made, if it `may_make` one. */
int store_admin_open(const char *directory, const char *url, bool may_make, struct store_admin **made,
		     char *problem);

/* Makes the tables of a store that has to be prepared, or brings them up to this version; `done` says what it did. */
#define STORE_DONE_BYTES 200
int store_migrate(const char *url, char done[STORE_DONE_BYTES], char *problem);
/* Copies the data in the directory to the store at the URL, with all numbers and the epoch; no server may run on either. */
int store_copy(const char *directory, const char *url, char done[STORE_DONE_BYTES], char *problem);

/* Gives the history another name, so that clients load it anew: it went back to an earlier time by other means than
 * store_restore(). No server may run on a directory; one that runs on a PostgreSQL ends. */
int store_new_epoch(const char *directory, const char *url, char done[STORE_DONE_BYTES], char *problem);

#define STORE_KEPT_BYTES 64

/* Puts a backup in place of the data in the directory, under a new epoch, so that clients load anew. It is
 * checked first; one with faults, which `to` gets, is taken with `force` alone. `to` also gets the files whose bytes
 * are neither in it nor here. What was there is kept under
 * the name that `kept` gets ("" where there was nothing). No server may run on it. */
int store_restore(const char *directory, const char *url, const char *file, bool force, FILE *to,
		  char kept[STORE_KEPT_BYTES], char *problem);

#endif
