#include "chat/reply.h"

#include "chat/chunk.h"

#include <assert.h>

/* Enough for the strings of most replies. */
#define REPLY_STRINGS_BYTES 192

/* It lies in its own arena, and what it holds beside it: one piece of memory for most of them. */
struct reply *reply_new(enum reply_kind kind, uint64_t connection)
{
	struct arena arena = {0};
	arena_reserve(&arena, sizeof(struct reply) + REPLY_STRINGS_BYTES);
	struct reply *reply = arena_zero(&arena, sizeof *reply);
	reply->arena = arena;
	reply->kind = kind;
	reply->connection = connection;
	return reply;
}

void reply_free(struct reply *reply)
{
	struct arena arena = reply->arena;
	if (reply->kind == REPLY_JOINED)
		chunk_release(reply->joined.chunk);
	else if (reply->kind == REPLY_PAGE)
		chunk_release(reply->page.chunk);
	arena_release(&arena);
}

struct reply *reply_to(const struct request *request, enum reply_kind kind, uint64_t connection)
{
	assert(request->peer);
	struct reply *reply = reply_new(kind, connection);
	reply->is_answer = true;
	reply->is_command = request->is_command;
	reply->op = request->op;
	reply->request_bytes = request->bytes;
	reply->id = reply_string(reply, request->text[REQUEST_TEXT_ID]);
	return reply;
}

const char *reply_string(struct reply *reply, const char *text)
{
	return arena_string(&reply->arena, text);
}

size_t reply_text_weight(const char *text)
{
	size_t weight = 256;
	for (; *text; text++)
		weight += (unsigned char)*text < 0x20 ? 6 : *text == '"' || *text == '\\' ? 2 : 1;
	return weight;
}

struct text_args reply_copy_args(struct reply *reply, const struct text_args *args)
{
	struct text_args copy = *args;
	copy.name = reply_string(reply, args->name);
	copy.room = reply_string(reply, args->room);
	copy.text = reply_string(reply, args->text);
	copy.by = reply_string(reply, args->by);
	copy.field = reply_string(reply, args->field);
	return copy;
}

void reply_set_text(struct reply *reply, enum text key, const struct text_args *args)
{
	assert(reply->kind == REPLY_OK || reply->kind == REPLY_ERROR || reply->kind == REPLY_NOTICE ||
	       reply->kind == REPLY_CLOSE);
	reply->note.key = key;
	if (args)
		reply->note.args = reply_copy_args(reply, args);
}

void reply_fail(struct reply *reply, enum error_code error, enum text key, const struct text_args *args)
{
	assert(reply->is_answer && reply->kind != REPLY_JOINED);
	reply->kind = REPLY_ERROR;
	reply->note = (struct reply_note){.error = error};
	reply_set_text(reply, key, args);
}

static void reply_copy_file(struct reply *reply, struct entry_file *to, const struct entry_file *from)
{
	*to = *from;
	to->id = reply_string(reply, from->id);
	to->key = reply_string(reply, from->key);
	to->name = reply_string(reply, from->name);
	to->type = reply_string(reply, from->type);
}

void reply_copy_entry(struct reply *reply, struct entry *to, const struct entry *from)
{
	*to = *from;
	to->room = reply_string(reply, from->room);
	to->name = reply_string(reply, from->name);
	to->ip = reply_string(reply, from->ip);
	to->text = reply_string(reply, from->text);
	to->reader = reply_string(reply, from->reader);
	to->send_id = NULL; /* its sender's alone: whoever copies it for them adds it */
	to->args = reply_copy_args(reply, &from->args);
	to->untold = arena_copy(&reply->arena, from->untold, from->untold_count * sizeof *from->untold);
	to->file_ids = NULL;
	to->files =
	    from->files_count ? arena_zero(&reply->arena, from->files_count * sizeof *to->files) : NULL;
	for (size_t i = 0; i < from->files_count; i++)
		reply_copy_file(reply, &to->files[i], &from->files[i]);
}
