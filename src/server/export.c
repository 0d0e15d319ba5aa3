#include "server/export.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "chat/permission.h"
#include "gateway/dialect.h"
#include "wire/json_out.h"

#include <errno.h>
#include <string.h>

struct exporting {
	struct sqlite_admin *admin;
	FILE *to;
	struct buffer line;
	struct json_out out; /* of the room's line */
	char *problem;
};

static bool export_line(struct exporting *exporting)
{
	size_t length = buffer_length(&exporting->line);
	return fwrite(buffer_bytes(&exporting->line), 1, length, exporting->to) == length;
}

static bool export_entry(void *context, const struct entry *entry)
{
	struct exporting *exporting = context;
	buffer_clear(&exporting->line);
	dialect_encode(ENCODING(DIALECT_NATIVE, LANG_EN), entry, &exporting->line);
	return export_line(exporting);
}

static void write_member(void *context, const struct sqlite_admin_member *member)
{
	struct exporting *exporting = context;
	json_element_begin(&exporting->out);
	json_text(&exporting->out, "name", member->name);
	json_text(&exporting->out, "role", role_name(member->role));
	json_number(&exporting->out, "read", (int64_t)member->read_seq);
	json_element_end(&exporting->out);
}

static int export_room(void *context, const struct store_room *room)
{
	struct exporting *exporting = context;
	struct json_out *out = &exporting->out;
	buffer_clear(&exporting->line);
	json_open(out, &exporting->line);
	json_text(out, "op", "room");
	json_text(out, "room", room->name);
	json_bool(out, "private", room->is_private);
	json_bool(out, "read_only", room->is_read_only);
	json_bool(out, "topic_locked", room->is_topic_locked);
	json_number(out, "retention_days", room->retention_days);
	json_text(out, "topic", room->topic);
	json_array_begin(out, "members");
	if (sqlite_admin_each_member(exporting->admin, room->id, write_member, exporting, exporting->problem))
		return -1;
	json_array_end(out);
	json_close(out);
	buffer_add(&exporting->line, "\n", 1);
	/* A failure to write is seen at the end, by ferror(). */
	export_line(exporting);
	return 0;
}

int export_rooms(struct sqlite_admin *admin, const char *room, const char *since, FILE *to, char *problem)
{
	struct exporting exporting = {.admin = admin, .to = to, .problem = problem};
	int64_t since_ms = 0;
	if (since && !clock_parse(since, &since_ms)) {
		snprintf(problem, ADMIN_PROBLEM_BYTES,
			 "\"%.200s\" is not a time: write 2026-11-22 or 2026-11-22T10:00:00Z", since);
		return -1;
	}
	int result = sqlite_admin_each_room(admin, room, since_ms, export_room, &exporting, problem);
	if (!result)
		result = sqlite_admin_export(admin, room, since_ms, export_entry, &exporting, problem);
	if (!result && (ferror(to) || fflush(to))) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "cannot write: %s", strerror(errno));
		result = -1;
	}
	buffer_release(&exporting.line);
	return result;
}
