#include "chat/files/file.h"

#include "base/clock.h"
#include "base/container_of.h"
#include "base/ip.h"
#include "base/logging.h"
#include "base/memory.h"
#include "chat/people/account.h"
#include "chat/people/address.h"
#include "chat/answer.h"
#include "chat/errand.h"
#include "chat/talk/marks.h"
#include "chat/state.h"
#include "store/blobs/blob.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUM_MS             INT64_C(5000) /* between two looks at how much there is */
#define FILERS             2
#define FILERS_WAITING_MAX 1000

/* A file that is on its way to us. */
struct upload {
	struct upload *next;
	const struct peer *peer;
	int64_t person, bytes; /* as many as it may become */
	char network[INET6_ADDRSTRLEN];
};

static struct jobs *filers(struct chat *chat)
{
	if (!chat->files.filers)
		chat->files.filers = jobs_start(NULL, FILERS, FILERS_WAITING_MAX);
	return chat->files.filers;
}

/* --- who asks --- */

/* By a token or a session, as the field Authorization has it. */
static void ask_person(struct chat *chat, struct request *request, question_then *then, void *context)
{
	const char *secret = request->text[REQUEST_TEXT_TOKEN];
	struct store_query query = {.question = STORE_FIND_SESSION};
	if (!secret) {
		answer_error(chat, request, ERROR_AUTH_REQUIRED, TEXT_error_file_who, NULL);
		free(context);
		return;
	}
	if (!session_hash(secret, query.hash)) {
		query.question = STORE_FIND_TOKEN;
		token_hash(secret, query.hash);
	}
	question_ask(chat, request, &query, then, context);
}

/* NULL: it was answered. */
static struct user *asker_of(struct chat *chat, const struct question *question)
{
	const struct request *request = question->request;
	struct user *user = users_find_id(&chat->users, question->query.person);
	if (question->query.result == STORE_FAILED)
		answer_read_failed(chat, request);
	else if (question->query.result != STORE_OK || !user || user->is_gone)
		answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_error_file_who, NULL);
	else if (user_is_account(user) && !account_is_line_fit(chat, request->peer))
		answer_error(chat, request, ERROR_INSECURE, TEXT_NONE, NULL);
	else
		return user;
	return NULL;
}

static void answer_file(struct chat *chat, const struct request *request, const struct file *file)
{
	struct reply *reply = answer_new(request, REPLY_FILE);
	struct file *copy = arena_zero(&reply->arena, sizeof *copy);
	*copy = *file;
	reply->file = copy;
	batch_reply(chat, request->peer, reply);
}

/* --- may they send one? --- */

struct under_way {
	int64_t all, of_person, of_network, bytes, bytes_of_person;
};

static struct under_way count_uploads(const struct chat *chat, int64_t person, const char *network)
{
	struct under_way count = {0};
	for (const struct upload *one = chat->files.uploads; one; one = one->next) {
		count.all++;
		count.bytes += one->bytes;
		if (one->person == person) {
			count.of_person++;
			count.bytes_of_person += one->bytes;
		}
		count.of_network += !strcmp(one->network, network);
	}
	return count;
}

static void begin_upload(struct chat *chat, struct request *request, const char *network)
{
	struct upload *upload = mem_zero(sizeof *upload);
	upload->peer = request->peer;
	upload->person = request->file->owner;
	upload->bytes = request->file->bytes;
	snprintf(upload->network, sizeof upload->network, "%s", network);
	upload->next = chat->files.uploads;
	chat->files.uploads = upload;
	request->peer->is_uploading = true;
	file_make_id(request->file->id);
	file_make_id(request->file->key);
	answer_file(chat, request, request->file);
}

void file_forget_upload(struct chat *chat, const struct peer *peer)
{
	struct upload **at = &chat->files.uploads;
	while (*at && (*at)->peer != peer)
		at = &(*at)->next;
	struct upload *gone = *at;
	if (gone)
		*at = gone->next;
	free(gone);
}

/* UPLOAD_REFUSED_COUNT: there is room for so many more bytes. */
static enum upload_refusal find_lack(const struct chat *chat, int64_t wanted, int64_t kept, int64_t under_way)
{
	int64_t free_bytes, all_bytes;
	int64_t most = chat->config.limits.files_bytes_max;
	if (most && wanted > most - kept - under_way)
		return UPLOAD_REFUSED_FULL;
	if (blobs_room(chat->config.blobs, &free_bytes, &all_bytes))
		return UPLOAD_REFUSED_DISK;
	int64_t left = all_bytes / 100 * chat->config.limits.files_free_min;
	return wanted > free_bytes - left - under_way ? UPLOAD_REFUSED_DISK : UPLOAD_REFUSED_COUNT;
}

static void refuse_upload(struct chat *chat, const struct request *request, enum upload_refusal why,
			  int64_t most)
{
	static const struct {
		enum error_code code;
		enum text key;
	} answers[UPLOAD_REFUSED_COUNT] = {
	    [UPLOAD_REFUSED_SIZE] = {ERROR_TOO_LARGE, TEXT_error_file_too_large},
	    [UPLOAD_REFUSED_DAY] = {ERROR_RATE_LIMITED, TEXT_error_files_of_day},
	    [UPLOAD_REFUSED_AT_ONCE] = {ERROR_RATE_LIMITED, TEXT_error_uploads},
	    [UPLOAD_REFUSED_FULL] = {ERROR_LIMIT, TEXT_error_files_full},
	    [UPLOAD_REFUSED_DISK] = {ERROR_LIMIT, TEXT_error_disk_full}};
	chat->files.refused[why]++;
	if (answers[why].code == ERROR_LIMIT)
		answer_limit(chat, request, answers[why].key, 0);
	else
		answer_error(chat, request, answers[why].code, answers[why].key,
			     &(struct text_args){.number = most});
}

static void then_files_counted(struct chat *chat, struct question *question)
{
	struct request *request = question->request;
	const struct limits *limits = &chat->config.limits;
	char network[INET6_ADDRSTRLEN];
	mark_network(request->peer->address, network);
	struct under_way count = count_uploads(chat, request->file->owner, network);
	int64_t of_day = limits->file_user_bytes_per_day, wanted = request->file->bytes;
	enum upload_refusal lack = find_lack(chat, wanted, question->query.total, count.bytes);
	bool is_full_address = count.of_network >= limits->uploads_per_address &&
			       !address_is_machines_own(request->peer->address);
	if (question->query.result != STORE_OK)
		answer_read_failed(chat, request);
	else if (count.of_person >= limits->uploads_per_user || is_full_address ||
		 count.all >= limits->uploads_max)
		refuse_upload(chat, request, UPLOAD_REFUSED_AT_ONCE, limits->uploads_per_user);
	else if (of_day && wanted > of_day - question->query.count - count.bytes_of_person)
		refuse_upload(chat, request, UPLOAD_REFUSED_DAY, of_day >> 20);
	else if (lack != UPLOAD_REFUSED_COUNT)
		refuse_upload(chat, request, lack, 0);
	else
		begin_upload(chat, request, network);
}

int64_t file_bytes_for(const struct chat *chat, const struct user *user)
{
	bool is_refused = !user_is_account(user) && chat->config.refuses_guest_files;
	return chat->config.blobs && !is_refused ? chat->config.limits.file_bytes_max : 0;
}

static void then_may_upload(struct chat *chat, struct question *question)
{
	struct request *request = question->request;
	struct user *user = asker_of(chat, question);
	int64_t most = user ? file_bytes_for(chat, user) : 0;
	if (!user)
		return;
	if (!most) {
		bool is_for_accounts = chat->config.blobs && chat->config.limits.file_bytes_max;
		answer_error(chat, request, ERROR_FORBIDDEN,
			     is_for_accounts ? TEXT_error_no_guest_files : TEXT_error_no_files, NULL);
	} else if (request->file->bytes > most) {
		refuse_upload(chat, request, UPLOAD_REFUSED_SIZE, most);
	} else {
		/* Chunks do not say how many they will be. */
		if (request->file->bytes < 0)
			request->file->bytes = most;
		request->file->owner = user->id;
		question_ask(chat, request,
			     &(struct store_query){.question = STORE_COUNT_FILES,
						   .person = user->id,
						   .since_ms = clock_wall_ms() - CLOCK_DAY_MS},
			     then_files_counted, NULL);
	}
}

void do_upload(struct chat *chat, struct request *request)
{
	ask_person(chat, request, then_may_upload, NULL);
}

/* --- it is here --- */

struct keeping {
	struct errand errand; /* first */
	int error;
};

static void run_keep(struct errand *errand, struct store_reader *reader)
{
	struct keeping *keeping = (struct keeping *)errand;
	(void)reader;
	keeping->error = blob_keep(errand->chat->config.blobs, errand->request->file->id);
}

static void then_added(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	const struct file *file = request->file;
	if (change->result == STORE_OK) {
		chat->files.stored++;
		LOG_INFO("file.stored", "id=%s person=%lld bytes=%lld type=\"%s\"", file->id,
			 (long long)file->owner, (long long)file->bytes, file->type);
		answer_file(chat, request, file);
		return;
	}
	blob_drop(chat->config.blobs, file->id);
	answer_error(chat, request, change->result == STORE_FAILED ? ERROR_STORE_FAILED : ERROR_AUTH_FAILED,
		     TEXT_NONE, NULL);
}

static void then_kept(struct chat *chat, struct errand *errand)
{
	struct request *request = errand->request;
	int error = ((struct keeping *)errand)->error;
	request->is_kept = false;
	if (error) {
		LOG_ERROR("file.keep", "id=%s error=\"%s\"", request->file->id, strerror(-error));
		blob_drop(chat->config.blobs, request->file->id);
		answer_error(chat, request,
			     error == -ENOSPC || error == -EDQUOT ? ERROR_LIMIT : ERROR_STORE_FAILED,
			     error == -ENOSPC || error == -EDQUOT ? TEXT_error_disk_full : TEXT_NONE, NULL);
		return;
	}
	errand->request = NULL;
	request->file->made_ms = clock_wall_ms();
	struct change *change = batch_change(chat, request, then_added);
	change->goes_on = true;
	batch_add(chat, change, STORE_ADD_FILE)->file = request->file;
}

void do_abandon(struct chat *chat, struct request *request)
{
	request->peer->is_uploading = false;
	file_forget_upload(chat, request->peer);
}

void do_uploaded(struct chat *chat, struct request *request)
{
	struct keeping *keeping = mem_zero(sizeof *keeping);
	keeping->errand.work = run_keep;
	keeping->errand.then = then_kept;
	do_abandon(chat, request);
	if (errand_send(chat, filers(chat), &keeping->errand, request))
		return;
	free(keeping);
	blob_drop(chat->config.blobs, request->file->id);
	answer_error(chat, request, ERROR_BUSY, TEXT_NONE, NULL);
}

/* --- may they read it? --- */

static bool may_read(const struct room *room, const struct user *user)
{
	if (!room)
		return false;
	return room->is_direct ? room->sides[0] == user || room->sides[1] == user
			       : room_find_member(room, user) != NULL;
}

/* Only those who may read a file learn that it is there. */
static void answer_no_file(struct chat *chat, const struct request *request)
{
	answer_error(chat, request, ERROR_NO_FILE, TEXT_NONE, NULL);
}

static void then_reader_known(struct chat *chat, struct question *question)
{
	struct file *file = question->context;
	const struct user *user = asker_of(chat, question);
	const struct room *room = rooms_find_by_id(&chat->rooms, file->room_id);
	if (user && (file->entry ? may_read(room, user) : file->owner == user->id))
		answer_file(chat, question->request, file);
	else if (user)
		answer_no_file(chat, question->request);
	free(file);
}

static void then_file_found(struct chat *chat, struct question *question)
{
	struct file *file = question->context;
	struct request *request = question->request;
	const char *key = request->file->key;
	bool is_there = question->query.result == STORE_OK;
	if (is_there && !*key) {
		ask_person(chat, request, then_reader_known, file);
		return;
	}
	bool has_key = is_there && file->entry && !chat->config.refuses_file_links &&
		       rooms_find_by_id(&chat->rooms, file->room_id) &&
		       !sodium_memcmp(key, file->key, FILE_ID_BYTES - 1);
	if (question->query.result == STORE_FAILED)
		answer_read_failed(chat, request);
	else if (has_key)
		answer_file(chat, request, file);
	else
		answer_no_file(chat, request);
	free(file);
}

void do_fetch(struct chat *chat, struct request *request)
{
	struct store_query query = {.question = STORE_FIND_FILE};
	snprintf(query.text, sizeof query.text, "%s", request->file->id);
	query.file = mem_zero(sizeof *query.file);
	question_ask(chat, request, &query, then_file_found, query.file);
}

/* --- those that go --- */

struct file_drops {
	struct store_query query; /* first */
	struct job job;
	struct chat *chat;
	char after
	    [FILE_ID_BYTES]; /* those up to this one had their turn: what cannot be dropped holds up no others */
	char ids[STORE_DROPS_MAX * FILE_ID_BYTES + 1]; /* "ID ID", those that are done */
	char list[STORE_DROPS_MAX][FILE_ID_BYTES];
	size_t count;
	_Atomic bool is_done;
	bool is_under_way;
	struct store_query sum; /* of all files that there are */
	bool is_summing;
	int64_t summed_ms; /* wall clock */
};

static void run_drop(struct job *job, struct store_reader *reader)
{
	struct file_drops *drops = CONTAINER_OF(job, struct file_drops, job);
	size_t used = 0;
	(void)reader;
	const struct blobs *blobs = drops->chat->config.blobs;
	/* A backup that copies them has them stay: they are listed again. */
	bool may_drop = blobs_begin_drop(blobs);
	for (size_t i = 0; may_drop && i < drops->count; i++) {
		int error = blob_drop(blobs, drops->list[i]);
		if (error)
			LOG_ERROR("file.drop", "id=%s error=\"%s\"", drops->list[i], strerror(-error));
		else
			used += (size_t)snprintf(drops->ids + used, sizeof drops->ids - used,
						 used ? " %s" : "%s", drops->list[i]);
	}
	if (may_drop)
		blobs_end_drop(blobs);
	drops->is_done = true;
}

static void take_dropped(struct store_query *query, const struct store_command *row)
{
	struct file_drops *drops = (struct file_drops *)query;
	if (drops->count < STORE_DROPS_MAX)
		memcpy(drops->list[drops->count++], row->file->id, FILE_ID_BYTES);
}

static void add_sweep(struct chat *chat, const char *ids, int64_t unsent_before_ms)
{
	struct change *change = batch_change(chat, NULL, NULL);
	batch_add(chat, change, STORE_SWEEP_FILES)->file_sweep =
	    (struct store_file_sweep){.unsent_before_ms = unsent_before_ms,
				      .dropped = ids ? arena_string(batch_arena(chat), ids) : NULL};
}

static void drops_listed(struct store_query *query)
{
	struct file_drops *drops = (struct file_drops *)query;
	bool is_last = drops->count < STORE_DROPS_MAX;
	snprintf(drops->after, sizeof drops->after, "%s", is_last ? "" : drops->list[drops->count - 1]);
	if (query->result != STORE_OK || !drops->count) {
		drops->is_under_way = false;
		if (query->result == STORE_OK && query->count)
			add_sweep(drops->chat, NULL, query->since_ms);
		return;
	}
	drops->job.run = run_drop;
	drops->is_under_way = jobs_post(filers(drops->chat), &drops->job);
}

static void list_drops(struct chat *chat, int64_t unsent_before_ms)
{
	struct file_drops *drops = chat->files.drops;
	if (!drops)
		drops = chat->files.drops = mem_zero(sizeof *drops);
	drops->query = (struct store_query){.question = STORE_LIST_DROPPED,
					    .since_ms = unsent_before_ms,
					    .visit = take_dropped,
					    .done = drops_listed};
	memcpy(drops->query.text, drops->after, sizeof drops->after);
	drops->chat = chat;
	drops->count = 0;
	drops->ids[0] = '\0';
	drops->is_done = false;
	drops->is_under_way = true;
	chat->config.store->ops->ask(chat->config.store, &drops->query);
}

static void files_summed(struct store_query *query)
{
	struct file_drops *drops = CONTAINER_OF(query, struct file_drops, sum);
	if (query->result == STORE_OK)
		drops->chat->files.bytes = (uint64_t)query->total;
	drops->is_summing = false;
}

static void sum_files(struct chat *chat, int64_t wall_ms)
{
	struct file_drops *drops = chat->files.drops;
	bool is_due = wall_ms - drops->summed_ms > SUM_MS || wall_ms < drops->summed_ms;
	if (drops->is_summing || !is_due)
		return;
	drops->sum =
	    (struct store_query){.question = STORE_COUNT_FILES, .since_ms = INT64_MAX, .done = files_summed};
	drops->is_summing = true;
	drops->summed_ms = wall_ms;
	chat->config.store->ops->ask(chat->config.store, &drops->sum);
}

void file_chores(struct chat *chat, int64_t wall_ms)
{
	struct file_drops *drops = chat->files.drops;
	int64_t unsent_before_ms = wall_ms - LIMIT_FILE_UNSENT_MS;
	if (!chat->config.blobs)
		return;
	if (drops && drops->is_done) {
		add_sweep(chat, drops->ids, unsent_before_ms);
		drops->is_done = drops->is_under_way = false;
	} else if (!drops || !drops->is_under_way) {
		list_drops(chat, unsent_before_ms);
	}
	sum_files(chat, wall_ms);
}

/* --- what an earlier process left --- */

/* The ids that the store has of one folder of blobs: those that begin with its two digits. */
struct folder {
	struct store_query query; /* first */
	char (*ids)[FILE_ID_BYTES];
	size_t count, capacity;
	bool is_known, is_done;
	struct store *store;
};

static void folder_add(struct store_query *query, const struct store_command *row)
{
	struct folder *folder = (struct folder *)query;
	folder->ids = mem_grow(folder->ids, &folder->capacity, folder->count + 1, sizeof *folder->ids);
	memcpy(folder->ids[folder->count++], row->file->id, FILE_ID_BYTES);
}

static void folder_done(struct store_query *query)
{
	((struct folder *)query)->is_done = true;
}

static void folder_read(struct folder *folder, const char *id)
{
	folder->query = (struct store_query){
	    .question = STORE_LIST_FILES, .text = {id[0], id[1]}, .visit = folder_add, .done = folder_done};
	folder->count = 0;
	folder->is_known = true;
	folder->is_done = false;
	folder->store->ops->ask(folder->store, &folder->query);
	for (folder->store->ops->collect(folder->store); !folder->is_done;
	     folder->store->ops->collect(folder->store))
		store_rest();
}

static int compare_ids(const void *one, const void *other)
{
	return memcmp(one, other, FILE_ID_BYTES);
}

static bool has_row(void *context, const char *id)
{
	struct folder *folder = context;
	if (!folder->is_known || strncmp(folder->query.text, id, 2) != 0)
		folder_read(folder, id);
	/* In doubt it stays. */
	return folder->query.result != STORE_OK ||
	       (folder->count && bsearch(id, folder->ids, folder->count, sizeof *folder->ids, compare_ids));
}

void file_sweep(struct chat *chat)
{
	struct folder folder = {.store = chat->config.store};
	size_t dropped = chat->config.blobs ? blobs_sweep(chat->config.blobs, has_row, &folder) : 0;
	free(folder.ids);
	if (dropped)
		LOG_INFO("file.sweep", "dropped=%zu why=\"an earlier process left them\"", dropped);
}

void file_free(struct chat *chat)
{
	while (chat->files.uploads)
		file_forget_upload(chat, chat->files.uploads->peer);
	free(chat->files.drops);
}
