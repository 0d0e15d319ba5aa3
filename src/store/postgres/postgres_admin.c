#include "store/postgres/postgres_admin.h"

#include "base/memory.h"
#include "store/postgres/postgres_schema.h"
#include "store/postgres/postgres_writer.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATIENCE_MS 30000 /* for a database that is out of reach, before the command fails */

struct postgres_admin {
	struct store_admin admin; /* first */
	struct postgres_place place;
	struct postgres_writer writer;
};

static struct postgres_admin *admin_of(struct store_admin *admin)
{
	return (struct postgres_admin *)admin;
}

struct postgres_link *postgres_admin_link(struct store_admin *admin)
{
	return &admin_of(admin)->writer.link;
}

static void pg_admin_close(struct store_admin *admin)
{
	struct postgres_admin *self = admin_of(admin);
	postgres_writer_release(&self->writer);
	postgres_place_release(&self->place);
	free(self);
}

static int pg_admin_carry_out(struct store_admin *admin, struct store_command *commands, size_t count,
			      char *problem)
{
	struct postgres_admin *self = admin_of(admin);
	struct store_batch batch = {.commands = commands, .count = count};
	struct timespec now;
	/* Strings that are filled in live as long as the process: a command of brusiod. */
	static struct arena arena;
	clock_gettime(CLOCK_MONOTONIC, &now);
	self->writer.give_up_ms = (int64_t)now.tv_sec * 1000 + PATIENCE_MS;
	if (postgres_writer_run(&self->writer, &batch, NULL, &arena) == STORE_OK)
		return 0;
	snprintf(problem, ADMIN_PROBLEM_BYTES,
		 "the database has refused it, or did not answer in time: %.300s", self->writer.link.error);
	return -1;
}

static int pg_admin_backup(struct store_admin *admin, const char *file, bool force, bool has_files, FILE *to,
			   char *problem)
{
	(void)admin;
	(void)file;
	(void)force;
	(void)has_files;
	(void)to;
	strcpy(
	    problem,
	    "the store is a PostgreSQL: make backups of it with pg_dump or pgBackRest, and of the files with "
	    "the data directory");
	return -1;
}

int postgres_restore(const char *directory, const char *file, bool force, FILE *to,
		     char kept[STORE_KEPT_BYTES], char *problem)
{
	(void)directory;
	(void)file;
	(void)force;
	(void)to;
	*kept = '\0';
	strcpy(problem, "the store is a PostgreSQL: restore it with pg_restore or pgBackRest");
	return -1;
}

static int pg_admin_check(struct store_admin *admin, FILE *to, int *found, char *problem)
{
	return postgres_check(postgres_admin_link(admin), to, found, problem);
}

static const struct store_admin_ops postgres_admin_ops = {
    .close = pg_admin_close,
    .carry_out = pg_admin_carry_out,
    .find_person = postgres_admin_find_person,
    .each_account = postgres_admin_each_account,
    .each_session = postgres_admin_each_session,
    .each_room = postgres_admin_each_room,
    .each_member = postgres_admin_each_member,
    .each_owned = postgres_admin_each_owned,
    .each_entry = postgres_admin_each_entry,
    .each_deed = postgres_admin_each_deed,
    .each_link = postgres_admin_each_link,
    .each_file = postgres_admin_each_file,
    .backup = pg_admin_backup,
    .check = pg_admin_check,
};

static int admin_connect(struct postgres_place *place, struct postgres_link *link, const char *url,
			 char *problem)
{
	if (postgres_place_open(place, url, problem, ADMIN_PROBLEM_BYTES))
		return -1;
	if (!postgres_link_open(link))
		return 0;
	snprintf(problem, ADMIN_PROBLEM_BYTES,
		 "PostgreSQL cannot be reached (%s): see that it runs, and that the key store says where",
		 link->error);
	return -1;
}

int postgres_admin_open(const char *directory, const char *url, bool may_make, struct store_admin **made,
			char *problem)
{
	struct postgres_admin *self = mem_zero(sizeof *self);
	(void)directory;
	(void)may_make;
	self->admin.ops = &postgres_admin_ops;
	postgres_writer_init(&self->writer, &self->place, 0);
	/* Two commands at a time must not be one and the same batch. */
	randombytes_buf(&self->writer.incarnation, sizeof self->writer.incarnation);
	if (admin_connect(&self->place, &self->writer.link, url, problem) ||
	    postgres_schema_check(&self->writer.link, problem, ADMIN_PROBLEM_BYTES)) {
		pg_admin_close(&self->admin);
		return -1;
	}
	*made = &self->admin;
	return 0;
}

int postgres_new_epoch(const char *directory, const char *url, char done[STORE_DONE_BYTES], char *problem)
{
	struct store_admin *admin;
	if (postgres_admin_open(directory, url, false, &admin, problem))
		return -1;
	struct postgres_link *link = postgres_admin_link(admin);
	int result = postgres_run(link, "BEGIN; UPDATE nodes SET incarnation = incarnation + 1");
	if (!result)
		result = postgres_schema_name_history(link, NULL);
	if (!result)
		result = postgres_run(link, "COMMIT");
	if (result)
		snprintf(problem, ADMIN_PROBLEM_BYTES, "the database has refused it: %.300s", link->error);
	snprintf(
	    done, STORE_DONE_BYTES,
	    "the history has a new name; clients will load anew. A server that ran on it has ended: start it "
	    "again");
	pg_admin_close(admin);
	return result;
}

int postgres_migrate(const char *url, char done[STORE_DONE_BYTES], char *problem)
{
	struct postgres_place place;
	struct postgres_link link;
	int from = 0;
	postgres_link_init(&link, &place);
	int result = admin_connect(&place, &link, url, problem);
	if (!result)
		result = postgres_schema_migrate(&link, &from, problem, ADMIN_PROBLEM_BYTES);
	if (!result)
		snprintf(done, STORE_DONE_BYTES, "%s",
			 from ? "the database is of this version" : "the tables of brusio were made");
	postgres_link_close(&link);
	postgres_place_release(&place);
	return result;
}
