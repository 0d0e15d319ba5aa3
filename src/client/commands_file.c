/* Commands about files: sending them, saving those of a message, showing them. */
#include "base/limits.h"
#include "base/memory.h"
#include "client/commands.h"
#include "client/file_words.h"

#include <stdlib.h>
#include <string.h>

bool commands_send(struct client *client, const char *argument)
{
	char *paths[LIMIT_FILES];
	struct buffer word = BUFFER_EMPTY;
	size_t count = 0;
	bool is_too_many = false;
	while (file_words_next(&argument, &word)) {
		is_too_many |= count == LIMIT_FILES;
		if (!is_too_many)
			paths[count++] = mem_string(buffer_string(&word));
	}
	buffer_release(&word);
	if (is_too_many)
		client_problem(client, TEXT_client_transfer_too_many,
			       &(struct text_args){.number = LIMIT_FILES});
	else if (count && commands_need_room(client))
		transfer_send(client, client->room, (const char *const *)paths, count, NULL);
	for (size_t i = 0; i < count; i++)
		free(paths[i]);
	return count;
}

/* "12" or "#12", and what stands behind it. The message's files; NULL where there are none, which was told, or where
 * the text is not a number: then *number is 0. */
static const json_t *files_of(struct client *client, const char **argument, int64_t *number)
{
	char *end;
	const char *digits = *argument + (**argument == '#');
	*number = strspn(digits, "0123456789") ? strtoll(digits, &end, 10) : 0;
	if (!*number || (*end && *end != ' ')) {
		*number = 0;
		return NULL;
	}
	*argument = end + strspn(end, " ");
	if (!commands_need_room(client))
		return NULL;
	const struct session_room *room = session_find_room(client->session, client->room);
	const struct roomlog_item *item = room ? roomlog_find(&room->log, *number) : NULL;
	if (item && item->files && !item->is_deleted)
		return item->files;
	client_problem(client, item ? TEXT_client_transfer_no_files : TEXT_client_transfer_not_here,
		       &(struct text_args){.number = *number});
	return NULL;
}

bool commands_save(struct client *client, const char *argument)
{
	struct buffer path = BUFFER_EMPTY, more = BUFFER_EMPTY;
	int64_t number;
	size_t i;
	json_t *file;
	const json_t *files = files_of(client, &argument, &number);
	bool has_path = file_words_next(&argument, &path), is_right = !file_words_next(&argument, &more);
	if (number && is_right)
		json_array_foreach(files, i, file)
		{
			transfer_save(client, file, has_path ? buffer_string(&path) : NULL);
		}
	buffer_release(&path);
	buffer_release(&more);
	return number && is_right;
}

bool commands_open(struct client *client, const char *argument)
{
	int64_t number;
	size_t i;
	json_t *file;
	const json_t *files = files_of(client, &argument, &number);
	if (number && !*argument)
		json_array_foreach(files, i, file)
		{
			transfer_open(client, file);
		}
	return number && !*argument;
}
