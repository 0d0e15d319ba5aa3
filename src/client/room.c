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
	free(room->epoch);
	free(room->topic);
	free(room->name);
	free(room);
}

void room_line_broke(struct room *room)
{
	room->state = ROOM_OUTSIDE;
	room->is_loading = room->is_filling = false;
	room->gap_from = 0;
	cursor_drop_held(&room->cursor);
}
