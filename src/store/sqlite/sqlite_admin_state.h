/* The inside of an administration, for the files that share it.
 *
 * Layer: store, private to it. Threads: one. */
#ifndef BRUSIO_STORE_SQLITE_ADMIN_STATE_H
#define BRUSIO_STORE_SQLITE_ADMIN_STATE_H

#include "store/sqlite/sqlite_admin.h"
#include "store/sqlite/sqlite_writer.h"

struct sqlite_admin {
	struct store_admin admin; /* first */
	sqlite3 *db;
	struct sqlite_writer writer;
	char directory[4096];
};

static inline struct sqlite_admin *sqlite_admin_of(struct store_admin *admin)
{
	return (struct sqlite_admin *)admin;
}

/* Operations of store_admin.h that show rows. */
int sqlite_admin_find_person(struct store_admin *admin, const char *folded, enum person_kind kind,
			     int64_t *id, char *problem);
int sqlite_admin_each_account(struct store_admin *admin, store_admin_visit_account *visit, void *context,
			      char *problem);
int sqlite_admin_each_session(struct store_admin *admin, int64_t person, store_admin_visit_session *visit,
			      void *context, char *problem);
int sqlite_admin_each_room(struct store_admin *admin, const char *name, store_admin_visit_room *visit,
			   void *context, char *problem);
int sqlite_admin_each_member(struct store_admin *admin, int64_t room_id, store_admin_visit_member *visit,
			     void *context, char *problem);
int sqlite_admin_each_owned(struct store_admin *admin, int64_t person, store_admin_visit_member *visit,
			    void *context, char *problem);
int sqlite_admin_each_entry(struct store_admin *admin, int64_t room_id, int64_t since_ms,
			    store_admin_visit_entry *visit, void *context, char *problem);
int sqlite_admin_each_deed(struct store_admin *admin, int64_t room_id, store_admin_visit_deed *visit,
			   void *context, char *problem);
int sqlite_admin_each_file(struct store_admin *admin, int64_t person, int64_t room_id, const char *id,
			   store_admin_visit_file *visit, void *context, char *problem);
int sqlite_admin_each_link(struct store_admin *admin, int64_t now_ms, store_admin_visit_link *visit,
			   void *context, char *problem);

#endif
