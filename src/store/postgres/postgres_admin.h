/* The administration's side of the PostgreSQL backend: store_admin.h.
 *
 * Layer: store, private to it. */
#ifndef BRUSIO_STORE_POSTGRES_ADMIN_H
#define BRUSIO_STORE_POSTGRES_ADMIN_H

#include "store/postgres/postgres_link.h"
#include "store/store_admin.h"

int postgres_admin_open(const char *directory, const char *url, bool may_make, struct store_admin **made,
			char *problem);
/* Refuses, and says what does it. */
int postgres_restore(const char *directory, const char *file, bool force, FILE *to,
		     char kept[STORE_KEPT_BYTES], char *problem);
int postgres_new_epoch(const char *directory, const char *url, char done[STORE_DONE_BYTES], char *problem);
int postgres_migrate(const char *url, char done[STORE_DONE_BYTES], char *problem);

/* The link of an administration that postgres_admin_open() has made. */
struct postgres_link *postgres_admin_link(struct store_admin *admin);

/* Verifies every promise that the database can show. */
int postgres_check(struct postgres_link *link, FILE *to, int *found, char *problem);

/* Operations of store_admin.h that show rows: postgres_admin_show.c. */
int postgres_admin_find_person(struct store_admin *admin, const char *folded, enum person_kind kind,
			       int64_t *id, char *problem);
int postgres_admin_each_account(struct store_admin *admin, store_admin_visit_account *visit, void *context,
				char *problem);
int postgres_admin_each_session(struct store_admin *admin, int64_t person, store_admin_visit_session *visit,
				void *context, char *problem);
int postgres_admin_each_room(struct store_admin *admin, const char *name, store_admin_visit_room *visit,
			     void *context, char *problem);
int postgres_admin_each_member(struct store_admin *admin, int64_t room_id, store_admin_visit_member *visit,
			       void *context, char *problem);
int postgres_admin_each_owned(struct store_admin *admin, int64_t person, store_admin_visit_member *visit,
			      void *context, char *problem);
int postgres_admin_each_entry(struct store_admin *admin, int64_t room_id, int64_t since_ms,
			      store_admin_visit_entry *visit, void *context, char *problem);
int postgres_admin_each_deed(struct store_admin *admin, int64_t room_id, store_admin_visit_deed *visit,
			     void *context, char *problem);
int postgres_admin_each_file(struct store_admin *admin, int64_t person, int64_t room_id, const char *id,
			     store_admin_visit_file *visit, void *context, char *problem);
int postgres_admin_each_link(struct store_admin *admin, int64_t now_ms, store_admin_visit_link *visit,
			     void *context, char *problem);

#endif
