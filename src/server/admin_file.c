#include "server/admin_file.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "server/admin_room.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REMOVED_AT_ONCE 64
#define REMOVAL_REST_NS 2000000

/* Which are meant. */
struct file_choice {
	int64_t person, room_id;
	const char *id;
};

static int choose_person(struct store_admin *admin, const char *name, int64_t *id, char *problem)
{
	char *folded = utf8_fold(name);
	*id = 0;
	int result = folded ? admin->ops->find_person(admin, folded, PERSON_ACCOUNT, id, problem) : 0;
	if (folded && !result && !*id)
		result = admin->ops->find_person(admin, folded, PERSON_GUEST, id, problem);
	free(folded);
	if (result || *id)
		return result;
	snprintf(problem, ADMIN_PROBLEM_BYTES, "%.300s: nobody here is called so", name);
	return -1;
}

static int choose_files(struct store_admin *admin, const char *which, struct file_choice *choice,
			char *problem)
{
	*choice = (struct file_choice){.id = ""};
	if (!which)
		return 0;
	if (*which == '@')
		return choose_person(admin, which + 1, &choice->person, problem);
	if (*which == '#')
		return admin_room_find(admin, which, &choice->room_id, problem);
	choice->id = which;
	if (file_is_id(which))
		return 0;
	snprintf(
	    problem, ADMIN_PROBLEM_BYTES,
	    "%.300s: say an id that brusiod files list shows, '@NAME' or '#ROOM' (in a shell, quote them)",
	    which);
	return -1;
}

/* --- a list --- */

static int admin_write_file(void *context, const struct store_admin_file *shown)
{
	const struct file *file = &shown->file;
	char stamp[CLOCK_TEXT_BYTES];
	clock_format(file->made_ms, stamp);
	fprintf(context, "%s\t%" PRId64 "\t%s\t%s\t%s\t%" PRIu64 "\t%s\t%s\n", file->id, file->bytes, stamp,
		*shown->owner ? shown->owner : "-", *shown->room ? shown->room : "-", shown->seq, file->type,
		file->name);
	return 0;
}

int admin_file_list(struct store_admin *admin, const char *which, FILE *to, char *problem)
{
	struct file_choice choice;
	if (choose_files(admin, which, &choice, problem))
		return -1;
	return admin->ops->each_file(admin, choice.person, choice.room_id, choice.id, admin_write_file, to,
				     problem);
}

/* --- removing --- */

struct file_removal {
	char (*ids)[FILE_ID_BYTES];
	size_t count, capacity;
};

static int note_file(void *context, const struct store_admin_file *shown)
{
	struct file_removal *removal = context;
	removal->ids = mem_grow(removal->ids, &removal->capacity, removal->count + 1, sizeof *removal->ids);
	memcpy(removal->ids[removal->count++], shown->file.id, FILE_ID_BYTES);
	return 0;
}

/* Some at a time, with a rest: a server on the same data writes in between. */
static int remove_files(struct store_admin *admin, const struct file_removal *removal, char *problem)
{
	static const struct timespec rest = {.tv_nsec = REMOVAL_REST_NS};
	for (size_t at = 0; at < removal->count;) {
		char ids[REMOVED_AT_ONCE * FILE_ID_BYTES + 1];
		size_t used = 0;
		for (size_t i = 0; i < REMOVED_AT_ONCE && at < removal->count; i++, at++)
			used += (size_t)snprintf(ids + used, sizeof ids - used, used ? " %s" : "%s",
						 removal->ids[at]);
		struct store_command command = {.op = STORE_SWEEP_FILES, .file_sweep.removed = ids};
		if (admin->ops->carry_out(admin, &command, 1, problem))
			return -1;
		nanosleep(&rest, NULL);
	}
	return 0;
}

int admin_file_delete(struct store_admin *admin, const char *which, size_t *removed, char *problem)
{
	struct file_choice choice;
	struct file_removal removal = {0};
	*removed = 0;
	if (choose_files(admin, which, &choice, problem))
		return -1;
	int result = admin->ops->each_file(admin, choice.person, choice.room_id, choice.id, note_file,
					   &removal, problem);
	if (!result && *choice.id && !removal.count) {
		snprintf(problem, ADMIN_PROBLEM_BYTES, "%s: there is no such file", choice.id);
		result = -1;
	}
	if (!result)
		result = remove_files(admin, &removal, problem);
	*removed = removal.count;
	free(removal.ids);
	return result;
}
