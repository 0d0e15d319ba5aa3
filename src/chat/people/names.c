#include "chat/people/names.h"

#include "base/memory.h"
#include "base/text/name.h"
#include "base/text/utf8.h"
#include "chat/answer.h"
#include "chat/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct reserved_name {
	struct reserved_name *next;
	batch_mark mark;
	struct name_look look;
	char folded[];
};

bool names_check(struct chat *chat, const struct request *request, const char *name)
{
	static const struct {
		enum error_code code;
		enum text key;
	} answers[] = {
	    [NAME_BAD] = {ERROR_BAD_NAME, TEXT_NONE},
	    [NAME_MIXED] = {ERROR_BAD_NAME, TEXT_error_name_mixed},
	    [NAME_MARKS] = {ERROR_BAD_NAME, TEXT_error_name_marks},
	    [NAME_RESERVED] = {ERROR_NAME_TAKEN, TEXT_error_name_reserved},
	};
	enum name_verdict verdict = name_check(name);
	struct text_args args = {.name = name, .number = NAME_MARKS_MAX};
	if (verdict != NAME_OK)
		answer_error(chat, request, answers[verdict].code, answers[verdict].key, &args);
	return verdict == NAME_OK;
}

bool names_is_taken(const struct chat *chat, const char *name, const struct user *except)
{
	const struct reserved_name *one = chat->names.first;
	if (users_find_like(&chat->users, name, except))
		return true;
	if (!one)
		return false;
	struct name_look look = name_look(name);
	while (one && !name_look_is_like(one->look, look))
		one = one->next;
	return one != NULL;
}

void names_refuse_taken(struct chat *chat, const struct request *request, const char *name)
{
	bool is_same = users_find(&chat->users, name);
	answer_error(chat, request, ERROR_NAME_TAKEN, is_same ? TEXT_NONE : TEXT_error_name_alike,
		     &(struct text_args){.name = name});
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
	assert(folded && *folded);
	size_t bytes = strlen(folded) + 1;
	struct reserved_name *made = mem_alloc(sizeof *made + bytes);
	made->next = chat->names.first;
	made->mark = batch_mark_now(chat);
	made->look = name_look(folded);
	memcpy(made->folded, folded, bytes);
	chat->names.first = made;
}

void names_settle(struct chat *chat)
{
	assert(!chat->batches.stored);
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
