#include "server/export.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "chat/rooms/permission.h"
#include "gateway/dialect.h"
#include "server/admin_room.h"
#include "server/moved_file.h"
#include "wire/json_out.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct exporting {
	struct store_admin *admin;
	FILE *to;
	struct buffer line;
	struct json_out out; /* of the room's line */
	int64_t since_ms;
	char *problem;
	const char *folder_path;
	struct blobs *blobs;
	int folder; /* -1: files are not exported */
	FILE *notes;
};

/* A failure to write is seen at the end, by ferror(). */
static int export_line(struct exporting *exporting)
{
	size_t length = buffer_length(&exporting->line);
	return fwrite(buffer_bytes(&exporting->line), 1, length, exporting->to) == length ? 0 : -1;
}

static int export_files(struct exporting *exporting, const struct entry *entry)
{
	for (size_t i = 0; i < entry->files_count && exporting->folder >= 0; i++) {
		const char *id = entry->files[i].id;
		int error =
		    exporting->blobs ? moved_file_write(exporting->blobs, exporting->folder, id) : -ENOENT;
		if (error == -ENOENT) {
			fprintf(exporting->notes, "brusiod: the bytes of file %s (%s) are missing\n", id,
				entry->files[i].name);
		} else if (error) {
			snprintf(exporting->problem, ADMIN_PROBLEM_BYTES, "cannot write %.700s/%s: %s",
				 exporting->folder_path, id, strerror(-error));
			return -1;
		}
	}
	return 0;
}

static int export_entry(void *context, const struct entry *entry)
{
	struct exporting *exporting = context;
	buffer_clear(&exporting->line);
	dialect_encode(ENCODING(DIALECT_NATIVE, LANG_EN), entry, &exporting->line);
	return export_files(exporting, entry) || export_line(exporting) ? -1 : 0;
}

static int write_member(void *context, const struct store_admin_member *shown)
{
	struct exporting *exporting = context;
	json_element_begin(&exporting->out);
	json_text(&exporting->out, "name", shown->name);
	json_text(&exporting->out, "role", role_name(shown->member.role));
	json_number(&exporting->out, "read", (int64_t)shown->member.read_seq);
	json_element_end(&exporting->out);
	return 0;
}

/* With a time, the rooms alone in which something was said since. */
static int export_room(void *context, const struct store_admin_room *shown)
{
	struct exporting *exporting = context;
	const struct store_room *room = &shown->room;
	if (exporting->since_ms && shown->said_ms < exporting->since_ms)
		return 0;
	struct json_out *out = &exporting->out;
	buffer_clear(&exporting->line);
	json_open(out, &exporting->line);
	json_text(out, "op", "room");
	json_text(out, "room", room->name);
	json_bool(out, "private", room->is_private);
	json_bool(out, "read_only", room->is_read_only);
	json_bool(out, "topic_locked", room->is_topic_locked);
	json_bool(out, "keep_edits", room->keeps_edits);
	json_number(out, "retention_days", room->retention_days);
	json_text(out, "topic", room->topic);
	json_array_begin(out, "members");
	if (exporting->admin->ops->each_member(exporting->admin, room->id, write_member, exporting,
					       exporting->problem))
		return -1;
	json_array_end(out);
	json_close(out);
	buffer_add(&exporting->line, "\n", 1);
	return export_line(exporting);
}

/* None is dropped until the export is done. */
static int hold_files(struct exporting *exporting, const struct export_wish *wish)
{
	exporting->folder = -1;
	exporting->folder_path = wish->files;
	if (!wish->files)
		return 0;
	exporting->blobs = blobs_look(wish->data);
	int error = exporting->blobs ? blobs_hold(exporting->blobs) : 0;
	if (!error) {
		exporting->folder = moved_file_folder(wish->files, true);
		error = exporting->folder < 0 ? exporting->folder : 0;
	}
	if (error)
		snprintf(exporting->problem, ADMIN_PROBLEM_BYTES, "cannot write into %.700s: %s", wish->files,
			 strerror(-error));
	return error ? -1 : 0;
}

static int export_all(struct exporting *exporting, const struct export_wish *wish)
{
	int64_t room_id;
	if (admin_room_find(exporting->admin, wish->room, &room_id, exporting->problem))
		return -1;
	int result = exporting->admin->ops->each_room(exporting->admin, wish->room, export_room, exporting,
						      exporting->problem);
	if (!result)
		result = exporting->admin->ops->each_entry(exporting->admin, room_id, exporting->since_ms,
							   export_entry, exporting, exporting->problem);
	if (ferror(exporting->to) || fflush(exporting->to)) {
		snprintf(exporting->problem, ADMIN_PROBLEM_BYTES, "cannot write: %s", strerror(errno));
		result = -1;
	}
	return result;
}

int export_rooms(struct store_admin *admin, const struct export_wish *wish, FILE *to, FILE *notes,
		 char *problem)
{
	struct exporting exporting = {.admin = admin, .to = to, .notes = notes, .problem = problem};
	if (wish->since && !clock_parse(wish->since, &exporting.since_ms)) {
		snprintf(problem, ADMIN_PROBLEM_BYTES,
			 "\"%.200s\" is not a time: write 2026-11-22 or 2026-11-22T10:00:00Z", wish->since);
		return -1;
	}
	int result = hold_files(&exporting, wish) ? -1 : export_all(&exporting, wish);
	if (exporting.folder >= 0)
		close(exporting.folder);
	blobs_close(exporting.blobs);
	buffer_release(&exporting.line);
	return result;
}
