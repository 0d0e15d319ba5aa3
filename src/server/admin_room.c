#include "server/admin_room.h"

#include "base/clock.h"
#include "base/memory.h"
#include "chat/chat.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REMOVAL_PAUSE_NS 2000000

static int take_id(void *context, const struct store_admin_room *shown)
{
	*(int64_t *)context = shown->room.id;
	return 0;
}

int admin_room_find(struct store_admin *admin, const char *name, int64_t *id, char *problem)
{
	*id = 0;
	if (!name || !*name)
		return 0;
	if (admin->ops->each_room(admin, name, take_id, id, problem))
		return -1;
	if (*id)
		return 0;
	snprintf(problem, ADMIN_PROBLEM_BYTES,
		 "%.300s: is not a room here; brusiod room list shows all (in a shell, quote it: '#lobby')",
		 name);
	return -1;
}

/* --- lists --- */

struct listing_rooms {
	int64_t idle_since_ms; /* 0: all rooms */
	char **lines;          /* each begins with the room's name, and is sorted by it */
	struct store_command *removals;
	size_t count, lines_capacity, removals_capacity;
};

static int64_t idle_since(int64_t idle_days)
{
	return idle_days ? clock_wall_ms() - idle_days * CLOCK_DAY_MS : 0;
}

static bool is_room_listed(const struct listing_rooms *rooms, const struct store_admin_room *shown)
{
	int64_t last_ms = shown->said_ms ? shown->said_ms : shown->room.created_ms;
	return !rooms->idle_since_ms ||
	       (last_ms < rooms->idle_since_ms && strcmp(shown->room.name, CHAT_LOBBY) != 0);
}

static int room_add_line(void *context, const struct store_admin_room *shown)
{
	struct listing_rooms *rooms = context;
	char stamp[CLOCK_TEXT_BYTES] = "-", line[512];
	if (!is_room_listed(rooms, shown))
		return 0;
	if (shown->said_ms)
		clock_format(shown->said_ms, stamp);
	snprintf(line, sizeof line, "%s\t%s\t%lld\t%llu\t%s", shown->room.name,
		 shown->room.is_private ? "private" : "public", (long long)shown->members,
		 (unsigned long long)(shown->room.end_seq - shown->room.purged_seq), stamp);
	rooms->lines = mem_grow(rooms->lines, &rooms->lines_capacity, rooms->count + 1, sizeof *rooms->lines);
	rooms->lines[rooms->count++] = mem_string(line);
	return 0;
}

static int by_line(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

int admin_room_list(struct store_admin *admin, int64_t idle_days, FILE *to, char *problem)
{
	struct listing_rooms rooms = {.idle_since_ms = idle_since(idle_days)};
	int result = admin->ops->each_room(admin, NULL, room_add_line, &rooms, problem);
	if (rooms.count)
		qsort(rooms.lines, rooms.count, sizeof *rooms.lines, by_line);
	for (size_t i = 0; i < rooms.count; i++) {
		if (!result)
			fprintf(to, "%s\n", rooms.lines[i]);
		free(rooms.lines[i]);
	}
	free(rooms.lines);
	return result;
}

static int write_deed(void *context, const struct store_admin_deed *shown)
{
	const struct store_deed *deed = &shown->deed;
	char stamp[CLOCK_TEXT_BYTES], until[CLOCK_TEXT_BYTES] = "";
	clock_format(deed->time_ms, stamp);
	if (deed->until_ms)
		clock_format(deed->until_ms, until);
	fprintf(context, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", stamp, shown->room ? shown->room : "-", deed->by,
		deed->op, deed->target, until, deed->reason);
	return 0;
}

int admin_room_record(struct store_admin *admin, const char *name, FILE *to, char *problem)
{
	int64_t room_id;
	if (admin_room_find(admin, name, &room_id, problem))
		return -1;
	return admin->ops->each_deed(admin, room_id, write_deed, to, problem);
}

/* --- removing --- */

static void add_removal(struct listing_rooms *rooms, int64_t room_id)
{
	rooms->removals =
	    mem_grow(rooms->removals, &rooms->removals_capacity, rooms->count + 1, sizeof *rooms->removals);
	rooms->removals[rooms->count++] = (struct store_command){.op = STORE_REMOVE_ROOM, .room.id = room_id};
}

static int remove_idle(void *context, const struct store_admin_room *shown)
{
	if (is_room_listed(context, shown))
		add_removal(context, shown->room.id);
	return 0;
}

/* One after the other, with a pause: a server on the same data writes in between, and waits for one room at most.
 * A room that somebody else removed meanwhile is gone, as it should be. *removed: how many are. */
static int remove_all(struct store_admin *admin, struct listing_rooms *rooms, size_t *removed, char *problem)
{
	static const struct timespec pause = {.tv_nsec = REMOVAL_PAUSE_NS};
	int result = 0;
	for (*removed = 0; *removed < rooms->count && !result; *removed += !result) {
		if (*removed)
			nanosleep(&pause, NULL);
		result = admin->ops->carry_out(admin, &rooms->removals[*removed], 1, problem);
	}
	free(rooms->removals);
	return result;
}

int admin_room_delete(struct store_admin *admin, const char *name, char *problem)
{
	struct listing_rooms rooms = {0};
	int64_t room_id;
	size_t removed;
	if (admin_room_find(admin, name, &room_id, problem))
		return -1;
	if (!strcmp(name, CHAT_LOBBY)) {
		strcpy(problem, CHAT_LOBBY ": is where everybody comes in; it cannot be deleted");
		return -1;
	}
	add_removal(&rooms, room_id);
	return remove_all(admin, &rooms, &removed, problem);
}

int admin_room_delete_idle(struct store_admin *admin, int64_t idle_days, size_t *removed, char *problem)
{
	struct listing_rooms rooms = {.idle_since_ms = idle_since(idle_days)};
	int result = admin->ops->each_room(admin, NULL, remove_idle, &rooms, problem);
	*removed = 0;
	if (!result)
		return remove_all(admin, &rooms, removed, problem);
	free(rooms.removals);
	return result;
}
