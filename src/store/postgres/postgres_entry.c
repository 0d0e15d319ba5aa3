#include "store/postgres/postgres_entry.h"

#include <stdlib.h>
#include <string.h>

/* Cuts the part before the sign off; "" where nothing is left. */
static char *cut_off(char **at, char end)
{
	static char nothing[1];
	char *from = *at, *to = from ? strchr(from, end) : NULL;
	if (to)
		*to++ = '\0';
	*at = to;
	return from ? from : nothing;
}

void postgres_entry_cut_files(struct entry *entry, char *rest)
{
	entry->files_count = 0;
	while (rest && *rest && entry->files_count < LIMIT_FILES) {
		char *one = cut_off(&rest, '\x1e');
		struct entry_file *file = &entry->files[entry->files_count++];
		file->id = cut_off(&one, '\x1f');
		file->key = cut_off(&one, '\x1f');
		file->name = cut_off(&one, '\x1f');
		file->type = cut_off(&one, '\x1f');
		file->bytes = strtoll(cut_off(&one, '\x1f'), NULL, 10);
		file->width = (int32_t)strtol(cut_off(&one, '\x1f'), NULL, 10);
		file->height = (int32_t)strtol(cut_off(&one, '\x1f'), NULL, 10);
		file->preview_bytes = strtoll(cut_off(&one, '\x1f'), NULL, 10);
	}
}

void postgres_entry_read(PGresult *rows, int row, struct entry *entry, struct postgres_files *files)
{
	*entry = (struct entry){
	    .id = postgres_number(rows, row, 0),
	    .room_id = postgres_number(rows, row, 1),
	    .seq = (uint64_t)postgres_number(rows, row, 2),
	    .time_ms = postgres_number(rows, row, 3),
	    .kind = (enum entry_kind)postgres_number(rows, row, 4),
	    .flags = (uint32_t)postgres_number(rows, row, 5),
	    .author = (uint64_t)postgres_number(rows, row, 6),
	    .person = postgres_number(rows, row, 7),
	    .ref = (uint64_t)postgres_number(rows, row, 8),
	    .name = postgres_text(rows, row, 9),
	    .ip = postgres_text(rows, row, 10),
	    .text = postgres_text(rows, row, 11),
	    .edited_seq = (uint64_t)postgres_number(rows, row, 12),
	    .send_id = postgres_text(rows, row, 13),
	};
	if (libpq.getisnull(rows, row, 14))
		return;
	entry->files = files->each;
	postgres_entry_cut_files(entry, libpq.getvalue(rows, row, 14));
}
