#include "server/export.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "chat/permission.h"
#include "gateway/dialect.h"
#include "server/admin_room.h"
#include "wire/json_out.h"

#include <errno.h>
#include <string.h>

struct exporting {
	struct store_admin *admin;
	FILE *to;
	struct buffer line;
	struct json_out out; /* of the room's line */
	int64_t since_ms;
	char *problem;
};

/* A failure to write is seen at the end, by ferror(). */
static int export_line(struct exporting *exporting)
{
	size_t length = buffer_length(&exporting->line);
	return fwrite(buffer_bytes(&exporting->line), 1, length, exporting->to) == length ? 0 : -1;
}

static int export_entry(void *context, const struct entry *entry)
{
	struct exporting *exporting = context;
	buffer_clear(&exporting->line);
	dialect_encode(ENCODING(DIALECT_NATIVE, LANG_EN), entry, &exporting->line);
	return export_line(exporting);
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

int export_rooms(struct store_admin *admin, const char *room, const char *since, FILE *to, char *problem)
{
	struct exporting exporting = {.admin = admin, .to = to, .problem = problem};
	int64_t room_id;
	if (since && !clock_parse(since, &exporting.since_ms)) {
		snprintf(problem, ADMIN_PROBLEM_BYTES,
			 "\"%.200s\" is not a time: write 2026-11-22 or 2026-11-22T10:00:00Z", since);
		return -1;
	}
	if (admin_room_find(admin, room, &room_id, problem))
		return -1;
	int result = admin->ops->each_room(admin, room, export_room, &exporting, problem);
	if (!result)
		result = admin->ops->each_entry(admin, room_id, exporting.since_ms, export_entry, &exporting,
						problem);
	if (ferror(to) || fflush(to)) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "cannot write: %s", strerror(errno));
		result = -1;
	}
	buffer_release(&exporting.line);
	return result;
}
