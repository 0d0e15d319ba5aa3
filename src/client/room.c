#include "client/room.h"

#include "base/memory.h"

#include <stdlib.h>

struct room *room_new(const char *name)
{
	struct room *room = mem_zero(sizeof *room);
	room->name = mem_string(name);
	return room;
}

void room_free(struct room *room)
{
	cursor_release(&room->cursor);
	names_release(&room->members);
	recent_release(&room->recent);
	free(room->epoch);
	free(room->topic);
	free(room->name);
	free(room);
}

bool room_is_direct(const struct room *room)
{
	return *room->name == '@';
}

void room_mark_read(struct room *room, int64_t seq)
{
	if (seq <= room->read)
		return;
	room->read = seq;
	/* Entries that are no messages count here, so this is the most that can be unread. */
	int64_t behind = room->cursor.last > seq ? room->cursor.last - seq : 0;
	if (room->unread > behind)
		room->unread = behind;
}

void room_line_broke(struct room *room)
{
	room->state = ROOM_OUTSIDE;
	room->is_loading = room->is_filling = false;
	room->gap_from = 0;
	cursor_drop_held(&room->cursor);
}
