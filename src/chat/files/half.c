#include "chat/files/half.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "chat/answer.h"
#include "chat/errand.h"
#include "chat/files/file.h"
#include "chat/talk/marks.h"
#include "chat/state.h"
#include "store/blobs/half_blob.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)

static struct half *add_half(struct chat *chat, const struct file *file, const char *metadata)
{
	struct half *half = mem_zero(sizeof *half);
	half->file = *file;
	half->file.metadata = mem_string(metadata ? metadata : "");
	half->next = chat->files.halves;
	chat->files.halves = half;
	return half;
}

static void remove_half(struct chat *chat, struct half *half)
{
	struct half **at = &chat->files.halves;
	while (*at != half)
		at = &(*at)->next;
	*at = half->next;
	free((char *)(uintptr_t)half->file.metadata);
	free(half);
}

static struct half *find_half(const struct chat *chat, const char *id)
{
	struct half *half = chat->files.halves;
	while (half && strcmp(half->file.id, id) != 0)
		half = half->next;
	return half;
}

static struct half *half_of_peer(const struct chat *chat, const struct peer *peer)
{
	struct half *half = chat->files.halves;
	while (half && half->peer != peer)
		half = half->next;
	return half;
}

bool half_is_known(const struct chat *chat, const char *id)
{
	return find_half(chat, id) != NULL;
}

void half_forget_peer(struct chat *chat, const struct peer *peer)
{
	for (struct half *half = chat->files.halves; half; half = half->next)
		if (half->peer == peer)
			half->peer = NULL;
}

void half_free(struct chat *chat)
{
	while (chat->files.halves)
		remove_half(chat, chat->files.halves);
}

/* --- from the disk, and off it --- */

static void load_one(void *context, const struct file *file)
{
	add_half(context, file, file->metadata);
}

void half_load(struct chat *chat)
{
	if (chat->config.blobs)
		half_blobs_each(chat->config.blobs, chat->config.store->epoch, load_one, chat);
}

struct dropping {
	struct job job; /* first */
	const struct blobs *blobs;
	char id[FILE_ID_BYTES];
};

static void run_drop_half(struct job *job, struct store_reader *reader)
{
	struct dropping *dropping = (struct dropping *)job;
	(void)reader;
	int error = blob_drop_here(dropping->blobs, dropping->id);
	if (error)
		LOG_ERROR("file.drop", "id=%s error=\"%s\"", dropping->id, strerror(-error));
	free(dropping);
}

/* A half that cannot be dropped now is swept at the next start, since no row names it. */
static void drop_half(struct chat *chat, struct half *half)
{
	struct dropping *dropping = mem_zero(sizeof *dropping);
	dropping->job.run = run_drop_half;
	dropping->blobs = chat->config.blobs;
	memcpy(dropping->id, half->file.id, sizeof dropping->id);
	assert(!half->is_busy); /* 2 */
	remove_half(chat, half);
	if (!jobs_post(file_filers(chat), &dropping->job))
		free(dropping);
}

void half_chores(struct chat *chat, int64_t wall_ms)
{
	int64_t since_ms = wall_ms - chat->config.limits.upload_hours * HOUR_MS;
	int64_t empty_since_ms = wall_ms - LIMIT_HALF_EMPTY_MS;
	for (struct half *half = chat->files.halves, *next; half; half = next) {
		const struct user *owner = users_find_id(&chat->users, half->file.owner);
		next = half->next;
		bool is_over = half->file.made_ms < since_ms || !owner || owner->is_gone ||
			       (!half->file.bytes && half->file.made_ms < empty_since_ms);
		if (is_over && !half->is_busy && !half->peer)
			drop_half(chat, half);
	}
}

/* --- one begins --- */

/* A person with too many half uploads loses the oldest one that is at rest. */
static void give_way(struct chat *chat, int64_t person)
{
	struct half *oldest = NULL;
	int64_t count = 0;
	for (struct half *half = chat->files.halves; half; half = half->next) {
		if (half->file.owner != person)
			continue;
		count++;
		if (!half->is_busy && !half->peer && (!oldest || half->file.made_ms < oldest->file.made_ms))
			oldest = half;
	}
	if (oldest && count >= chat->config.limits.uploads_kept_per_user)
		drop_half(chat, oldest);
}

struct half_errand {
	struct errand errand; /* first */
	int error;
};

static void run_make(struct errand *errand, struct store_reader *reader)
{
	const struct chat *chat = errand->chat;
	const struct request *request = errand->request;
	struct file file = *request->file;
	(void)reader;
	file.metadata = request->text[REQUEST_TEXT_MESSAGE];
	((struct half_errand *)errand)->error = half_blob_make(
	    chat->config.blobs, &file, chat->config.store->epoch, request->number[REQUEST_NUMBER_BACK]);
}

static void answer_disk(struct chat *chat, const struct request *request, int error)
{
	bool is_full = error == -ENOSPC || error == -EDQUOT || error == -EFBIG;
	LOG_ERROR("file.write", "id=%s error=\"%s\"", request->file->id, strerror(-error));
	answer_error(chat, request, is_full ? ERROR_LIMIT : ERROR_STORE_FAILED,
		     is_full ? TEXT_error_disk_full : TEXT_NONE, NULL);
}

static void then_half_made(struct chat *chat, struct errand *errand)
{
	const struct request *request = errand->request;
	int error = ((struct half_errand *)errand)->error;
	struct half *half = find_half(chat, request->file->id);
	half->is_busy = false;
	if (error) {
		drop_half(chat, half);
		answer_disk(chat, request, error);
		return;
	}
	if (request->number[REQUEST_NUMBER_ON]) {
		half->peer = request->peer;
		request->peer->is_uploading = true;
	}
	file_answer(chat, request, &half->file);
}

/* False: too many wait, and the request was answered. */
static bool send_half_errand(struct chat *chat, struct request *request,
			     void (*work)(struct errand *errand, struct store_reader *reader),
			     void (*then)(struct chat *chat, struct errand *errand))
{
	struct half_errand *one = mem_zero(sizeof *one);
	one->errand.work = work;
	one->errand.then = then;
	if (errand_send(chat, file_filers(chat), &one->errand, request))
		return true;
	free(one);
	if (!operation_is(request->op, OPERATION_UNANSWERED))
		answer_error(chat, request, ERROR_BUSY, TEXT_NONE, NULL);
	return false;
}

void half_make(struct chat *chat, struct request *request, const char *network)
{
	struct file *file = request->file;
	give_way(chat, file->owner);
	file_make_id(file->id);
	file_make_id(file->key);
	file->bytes = 0;
	file->made_ms = clock_wall_ms();
	struct half *half = add_half(chat, file, request->text[REQUEST_TEXT_MESSAGE]);
	snprintf(half->network, sizeof half->network, "%s", network);
	half->is_busy = true;
	if (!send_half_errand(chat, request, run_make, then_half_made))
		remove_half(chat, half);
}

/* --- it rests --- */

static void run_pause(struct errand *errand, struct store_reader *reader)
{
	const struct file *file = errand->request->file;
	(void)reader;
	((struct half_errand *)errand)->error =
	    half_blob_pause(errand->chat->config.blobs, file->id, file->bytes);
}

static void then_paused(struct chat *chat, struct errand *errand)
{
	const struct request *request = errand->request;
	int error = ((struct half_errand *)errand)->error;
	struct half *half = find_half(chat, request->file->id);
	half->is_busy = false;
	if (!error)
		half->file.bytes = request->file->bytes;
	if (operation_is(request->op, OPERATION_UNANSWERED)) {
		if (error)
			LOG_ERROR("file.write", "id=%s error=\"%s\"", half->file.id, strerror(-error));
	} else if (error) {
		answer_disk(chat, request, error);
	} else {
		file_answer(chat, request, &half->file);
	}
}

/* NULL: it was given up meanwhile. */
static struct half *end_coming(struct chat *chat, struct request *request)
{
	struct half *half = half_of_peer(chat, request->peer);
	request->peer->is_uploading = false;
	if (!half)
		return NULL;
	half->peer = NULL;
	memcpy(request->file->id, half->file.id, sizeof half->file.id);
	return half;
}

void half_pause(struct chat *chat, struct request *request)
{
	struct half *half = end_coming(chat, request);
	if (!half && !operation_is(request->op, OPERATION_UNANSWERED))
		file_answer_none(chat, request);
	if (half)
		half->is_busy = send_half_errand(chat, request, run_pause, then_paused);
}

void do_pause(struct chat *chat, struct request *request)
{
	half_pause(chat, request);
}

bool half_complete(struct chat *chat, const struct request *request)
{
	struct half *half = half_of_peer(chat, request->peer);
	if (!half) {
		file_answer_none(chat, request);
		return false;
	}
	half->is_busy = true;
	half->peer = NULL;
	return true;
}

bool half_rest(struct chat *chat, const struct file *file, int64_t bytes)
{
	struct half *half = file->is_half ? find_half(chat, file->id) : NULL;
	if (!half)
		return false;
	half->is_busy = false;
	if (bytes >= 0)
		half->file.bytes = bytes;
	return true;
}

void half_end(struct chat *chat, const struct file *file)
{
	struct half *half = file->is_half ? find_half(chat, file->id) : NULL;
	if (!half)
		return;
	half_blob_end(chat->config.blobs, file->id);
	remove_half(chat, half);
}

/* --- it is looked at, goes on, is given up --- */

/* NULL: the asker has none that is so called, or it was answered that somebody works on it. A connection by which it
 * came may be dead without a word: whoever asks with `ends_other` ends it, and comes again. */
static struct half *take_half(struct chat *chat, struct question *question, bool ends_other,
			      bool *is_answered)
{
	const struct request *request = question->request;
	const struct user *user = file_asker_of(chat, question);
	struct half *half = user ? find_half(chat, request->file->id) : NULL;
	*is_answered = !user;
	if (!user)
		return NULL;
	request->file->owner = user->id;
	if (!half || half->file.owner != user->id)
		return NULL;
	if (!half->is_busy && !half->peer)
		return half;
	if (half->peer && ends_other)
		reply_set_text(tell_peer(chat, half->peer, REPLY_CLOSE), TEXT_NONE, NULL);
	*is_answered = true;
	answer_error(chat, request, ERROR_BUSY, TEXT_error_upload_locked, NULL);
	return NULL;
}

static void then_file_seen(struct chat *chat, struct question *question)
{
	struct file *file = question->context;
	if (question->query.result == STORE_FAILED)
		answer_read_failed(chat, question->request);
	else if (question->query.result == STORE_OK && file->owner == question->request->file->owner)
		file_answer(chat, question->request, file);
	else
		file_answer_none(chat, question->request);
	free(file);
}

/* One that was whole when its client heard nothing any more is a file by now. */
static void then_looker_known(struct chat *chat, struct question *question)
{
	bool is_answered;
	const struct half *half = take_half(chat, question, true, &is_answered);
	if (half) {
		file_answer(chat, question->request, &half->file);
	} else if (!is_answered) {
		struct store_query query = {.question = STORE_FIND_FILE};
		snprintf(query.text, sizeof query.text, "%s", question->request->file->id);
		query.file = mem_zero(sizeof *query.file);
		question_ask(chat, question->request, &query, then_file_seen, query.file);
	}
}

void do_half(struct chat *chat, struct request *request)
{
	file_ask_person(chat, request, then_looker_known, NULL);
}

static void run_doubt(struct errand *errand, struct store_reader *reader)
{
	const struct file *file = errand->request->file;
	(void)reader;
	((struct half_errand *)errand)->error =
	    half_blob_doubt(errand->chat->config.blobs, file->id, file->bytes);
}

static void let_come(struct chat *chat, const struct request *request, struct half *half)
{
	half->peer = request->peer;
	mark_network(request->peer->address, half->network);
	request->peer->is_uploading = true;
	file_answer(chat, request, &half->file);
}

static void then_doubted(struct chat *chat, struct errand *errand)
{
	struct half *half = find_half(chat, errand->request->file->id);
	int error = ((struct half_errand *)errand)->error;
	half->is_busy = false;
	if (error)
		answer_disk(chat, errand->request, error);
	else
		let_come(chat, errand->request, half);
}

/* Meanwhile another one may have begun to send it, or given it up. */
static void then_room_known(struct chat *chat, struct question *question)
{
	struct request *request = question->request;
	struct half *half = find_half(chat, request->file->id);
	if (question->query.result != STORE_OK)
		answer_read_failed(chat, request);
	else if (!half)
		file_answer_none(chat, request);
	else if (half->is_busy || half->peer || half->file.bytes != request->file->bytes)
		answer_error(chat, request, ERROR_BUSY, TEXT_error_upload_locked, NULL);
	else if (file_refuse_lack(chat, request, half->file.whole - half->file.bytes, question->query.total))
		return;
	else if (request->number[REQUEST_NUMBER_BACK])
		half->is_busy = send_half_errand(chat, request, run_doubt, then_doubted);
	else
		let_come(chat, request, half);
}

static void then_resumer_known(struct chat *chat, struct question *question)
{
	bool is_answered;
	struct request *request = question->request;
	struct half *half = take_half(chat, question, false, &is_answered);
	if (!half && !is_answered)
		file_answer_none(chat, request);
	/* The server may have come back with other limits. */
	if (!half ||
	    file_refuse_size(chat, request, users_find_id(&chat->users, half->file.owner),
			     half->file.whole) ||
	    file_refuse_crowd(chat, request, half->file.owner))
		return;
	if (half->file.bytes != request->file->bytes)
		answer_error(chat, request, ERROR_BAD_FIELD, TEXT_error_upload_offset,
			     &(struct text_args){.number = half->file.bytes});
	else if (request->file->whole > half->file.whole - half->file.bytes)
		answer_error(chat, request, ERROR_TOO_LARGE, TEXT_error_upload_longer,
			     &(struct text_args){.number = half->file.whole});
	else
		question_ask(chat, request,
			     &(struct store_query){.question = STORE_COUNT_FILES, .person = half->file.owner},
			     then_room_known, NULL);
}

/* The request's file says: `bytes`, where they go on; `whole`, at least so many are to come. */
void do_resume(struct chat *chat, struct request *request)
{
	file_ask_person(chat, request, then_resumer_known, NULL);
}

static void then_giver_known(struct chat *chat, struct question *question)
{
	const struct request *request = question->request;
	const struct user *user = file_asker_of(chat, question);
	struct half *half = user ? find_half(chat, request->file->id) : NULL;
	if (!user)
		return;
	if (!half || half->file.owner != user->id) {
		file_answer_none(chat, request);
	} else if (half->is_busy) {
		answer_error(chat, request, ERROR_BUSY, TEXT_error_upload_locked, NULL);
	} else {
		/* The sender goes on writing to a part that nobody can open any more. */
		if (half->peer)
			reply_set_text(tell_peer(chat, half->peer, REPLY_CLOSE), TEXT_NONE, NULL);
		file_answer(chat, request, &half->file);
		drop_half(chat, half);
	}
}

void do_discard(struct chat *chat, struct request *request)
{
	file_ask_person(chat, request, then_giver_known, NULL);
}
