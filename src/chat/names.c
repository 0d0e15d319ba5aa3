#include "chat/names.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "chat/answer.h"
#include "chat/state.h"

#include <stdlib.h>
#include <string.h>

struct reserved_name {
	struct reserved_name *next;
	batch_mark mark;
	char folded[];
};

/* The server's name, however it is spelt. */
static bool is_reserved(const char *name)
{
	char *folded = utf8_fold(name);
	bool is_servers = folded && !strcmp(folded, CHAT_SERVER_NAME);
	free(folded);
	return is_servers;
}

bool names_check(struct chat *chat, const struct request *request, const char *name)
{
	struct text_args args = {.name = name};
	if (!utf8_is_user_name(name)) {
		answer_error(chat, request, ERROR_BAD_NAME, NULL, &args);
		return false;
	}
	if (is_reserved(name)) {
		answer_error(chat, request, ERROR_NAME_TAKEN, NULL, &args);
		return false;
	}
	return true;
}

bool names_is_taken(const struct chat *chat, const char *name)
{
	return users_find(&chat->users, name) || names_is_reserved(chat, name);
}

bool names_is_reserved(const struct chat *chat, const char *name)
{
	const struct reserved_name *one = chat->names.first;
	char *folded = one ? utf8_fold(name) : NULL;
	while (one && strcmp(one->folded, folded))
		one = one->next;
	free(folded);
	return one != NULL;
}

size_t names_reserved_rooms(const struct chat *chat)
{
	size_t count = 0;
	for (const struct reserved_name *one = chat->names.first; one; one = one->next)
		count += *one->folded == '#';
	return count;
}

void names_reserve(struct chat *chat, const char *folded)
{
	size_t bytes = strlen(folded) + 1;
	struct reserved_name *made = mem_alloc(sizeof *made + bytes);
	made->next = chat->names.first;
	made->mark = batch_mark_now(chat);
	memcpy(made->folded, folded, bytes);
	chat->names.first = made;
}

void names_settle(struct chat *chat)
{
	for (struct reserved_name **at = &chat->names.first; *at;) {
		struct reserved_name *one = *at;
		if (batch_is_under_way(chat, one->mark)) {
			at = &one->next;
			continue;
		}
		*at = one->next;
		free(one);
	}
}
