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
#include "chat/files/file_bucket.h"
#include "chat/files/half.h"
#include "chat/talk/marks.h"
#include "chat/files/painters.h"
#include "chat/pace.h"
#include "chat/state.h"
#include "store/blobs/half_blob.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILERS             2
#define FILERS_WAITING_MAX 1000

/* A file that is on its way to us. */
struct upload {
	struct upload *next;
	const struct peer *peer;
	int64_t person, bytes; /* as many as it may become */
	char network[INET6_ADDRSTRLEN];
};

struct jobs *file_filers(struct chat *chat)
{
	if (!chat->files.filers)
		chat->files.filers = jobs_start(NULL, FILERS, FILERS_WAITING_MAX);
	return chat->files.filers;
}

/* --- who asks --- */

/* By a token or a session, as the field Authorization has it. */
void file_ask_person(struct chat *chat, struct request *request, question_then *then, void *context)
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

/* A name beside the secret must be that of the user to whom the secret belongs; it may be missing. */
static bool has_name(const struct chat *chat, const struct request *request, const struct user *user)
{
	const char *name = request->text[REQUEST_TEXT_NAME];
	return !name || users_find(&chat->users, name) == user;
}

/* NULL: it was answered. */
struct user *file_asker_of(struct chat *chat, const struct question *question)
{
	const struct request *request = question->request;
	struct user *user = users_find_id(&chat->users, question->query.person);
	if (question->query.result == STORE_FAILED)
		answer_read_failed(chat, request);
	else if (question->query.result != STORE_OK || !user || user->is_gone || user->is_disabled ||
		 !has_name(chat, request, user))
		answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_error_file_who, NULL);
	else if (user_is_account(user) && !account_is_line_fit(chat, request->peer))
		answer_error(chat, request, ERROR_INSECURE, TEXT_NONE, NULL);
	else
		return user;
	return NULL;
}

void file_answer(struct chat *chat, const struct request *request, const struct file *file)
{
	struct reply *reply = answer_new(request, REPLY_FILE);
	struct file *copy = arena_zero(&reply->arena, sizeof *copy);
	*copy = *file;
	copy->metadata = arena_string(&reply->arena, file->metadata);
	reply->file = copy;
	batch_reply(chat, request->peer, reply);
}

/* --- may they send one? --- */

struct under_way {
	int64_t all, of_person, of_network; /* that come now */
	int64_t bytes, bytes_of_person;     /* reserved */
	int64_t bytes_here;                 /* of those, on the disk already */
	int64_t bytes_of_guests;            /* reserved for guests of the network */
	int64_t halves, halves_of_network;
};

static bool is_of_guest(const struct chat *chat, int64_t person)
{
	const struct user *user = users_find_id(&chat->users, person);
	return user && !user_is_account(user);
}

/* Those that rest keep what has come alone: what nobody sends keeps no room from others. For their own person they
 * count whole. */
static void count_halves(const struct chat *chat, int64_t person, const char *network,
			 struct under_way *count)
{
	for (const struct half *one = chat->files.halves; one; one = one->next) {
		bool is_coming = one->peer != NULL, is_of_network = !strcmp(one->network, network);
		count->halves++;
		count->halves_of_network += is_of_network;
		count->all += is_coming;
		count->of_person += is_coming && one->file.owner == person;
		count->of_network += is_coming && is_of_network;
		int64_t bytes = is_coming || one->is_busy ? one->file.whole : one->file.bytes;
		count->bytes += bytes;
		count->bytes_of_guests += is_of_network && is_of_guest(chat, one->file.owner) ? bytes : 0;
		count->bytes_here += one->file.bytes;
		count->bytes_of_person += one->file.owner == person ? one->file.whole : 0;
	}
}

/* The bytes that it may grow to. */
static int64_t file_wanted(const struct file *file)
{
	return file->is_half ? file->whole : file->bytes;
}

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
		bool is_of_network = !strcmp(one->network, network);
		count.of_network += is_of_network;
		count.bytes_of_guests += is_of_network && is_of_guest(chat, one->person) ? one->bytes : 0;
	}
	count_halves(chat, person, network, &count);
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
	file_answer(chat, request, request->file);
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
	half_forget_peer(chat, peer);
}

/* UPLOAD_REFUSED_COUNT: there is room for so many more bytes. */
static enum upload_refusal find_lack(const struct chat *chat, int64_t wanted, int64_t kept,
				     const struct under_way *under_way)
{
	int64_t free_bytes, all_bytes;
	int64_t most = chat->config.limits.files_bytes_max;
	if (most && wanted > most - kept - under_way->bytes)
		return UPLOAD_REFUSED_FULL;
	if (blobs_room(chat->config.blobs, &free_bytes, &all_bytes))
		return UPLOAD_REFUSED_DISK;
	int64_t left = all_bytes / 100 * chat->config.limits.files_free_min;
	int64_t to_come = under_way->bytes - under_way->bytes_here;
	return wanted > free_bytes - left - to_come ? UPLOAD_REFUSED_DISK : UPLOAD_REFUSED_COUNT;
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

bool file_refuse_crowd(struct chat *chat, const struct request *request, int64_t person)
{
	const struct limits *limits = &chat->config.limits;
	char network[INET6_ADDRSTRLEN];
	mark_network(request->peer->address, network);
	struct under_way count = count_uploads(chat, person, network);
	bool is_full_address = count.of_network >= limits->uploads_per_address &&
			       !address_is_machines_own(request->peer->address);
	bool is_crowd = count.of_person >= limits->uploads_per_user || is_full_address ||
			count.all >= limits->uploads_max;
	if (is_crowd)
		refuse_upload(chat, request, UPLOAD_REFUSED_AT_ONCE, limits->uploads_per_user);
	return is_crowd;
}

static bool file_has_many_halves(const struct request *request, const struct under_way *count)
{
	bool is_full_network = count->halves_of_network >= LIMIT_HALVES_PER_ADDRESS &&
			       !address_is_machines_own(request->peer->address);
	return request->file->is_half && (count->halves >= LIMIT_HALVES || is_full_network);
}

bool file_refuse_lack(struct chat *chat, const struct request *request, int64_t wanted, int64_t kept)
{
	struct under_way count = count_uploads(chat, 0, "");
	enum upload_refusal lack = find_lack(chat, wanted, kept, &count);
	if (lack != UPLOAD_REFUSED_COUNT)
		refuse_upload(chat, request, lack, 0);
	return lack != UPLOAD_REFUSED_COUNT;
}

/* True where the guests of the address together have sent enough: answered. */
static bool is_of_crowd(struct chat *chat, const struct request *request, int64_t wanted)
{
	const struct user *user = users_find_id(&chat->users, request->file->owner);
	bool is_refused = user && !pace_may_upload(chat, request, user, wanted);
	if (!is_refused)
		return false;
	chat->files.refused[UPLOAD_REFUSED_DAY]++;
	answer_error(chat, request, ERROR_RATE_LIMITED, TEXT_error_files_of_guests, NULL);
	return true;
}

static void file_begin(struct chat *chat, struct request *request, const char *network)
{
	if (request->file->is_half)
		half_make(chat, request, network);
	else
		begin_upload(chat, request, network);
}

static void then_files_counted(struct chat *chat, struct question *question)
{
	struct request *request = question->request;
	char network[INET6_ADDRSTRLEN];
	mark_network(request->peer->address, network);
	struct under_way count = count_uploads(chat, request->file->owner, network);
	int64_t of_day = chat->config.limits.file_user_bytes_per_day, wanted = file_wanted(request->file);
	enum upload_refusal lack = find_lack(chat, wanted, question->query.total, &count);
	if (question->query.result != STORE_OK)
		answer_read_failed(chat, request);
	else if (file_refuse_crowd(chat, request, request->file->owner))
		return;
	else if (file_has_many_halves(request, &count))
		refuse_upload(chat, request, UPLOAD_REFUSED_AT_ONCE, chat->config.limits.uploads_per_user);
	else if (of_day && wanted > of_day - question->query.count - count.bytes_of_person)
		refuse_upload(chat, request, UPLOAD_REFUSED_DAY, of_day >> 20);
	else if (lack != UPLOAD_REFUSED_COUNT)
		refuse_upload(chat, request, lack, 0);
	else if (!is_of_crowd(chat, request, wanted + count.bytes_of_guests))
		file_begin(chat, request, network);
}

int64_t file_bytes_for(const struct chat *chat, const struct user *user)
{
	bool is_refused = !user_is_account(user) && chat->config.refuses_guest_files;
	return chat->config.blobs && !is_refused ? chat->config.limits.file_bytes_max : 0;
}

bool file_refuse_size(struct chat *chat, const struct request *request, const struct user *user,
		      int64_t wanted)
{
	int64_t most = file_bytes_for(chat, user);
	bool is_for_accounts = chat->config.blobs && chat->config.limits.file_bytes_max;
	if (!most)
		answer_error(chat, request, ERROR_FORBIDDEN,
			     is_for_accounts ? TEXT_error_no_guest_files : TEXT_error_no_files, NULL);
	else if (wanted > most)
		refuse_upload(chat, request, UPLOAD_REFUSED_SIZE, most);
	return !most || wanted > most;
}

static void count_before_upload(struct chat *chat, struct request *request, const struct user *user)
{
	if (file_refuse_size(chat, request, user, file_wanted(request->file)))
		return;
	/* Chunks do not say how many they will be. */
	if (request->file->bytes < 0)
		request->file->bytes = file_bytes_for(chat, user);
	request->file->owner = user->id;
	question_ask(chat, request,
		     &(struct store_query){.question = STORE_COUNT_FILES,
					   .person = user->id,
					   .since_ms = clock_wall_ms() - CLOCK_DAY_MS},
		     then_files_counted, NULL);
}

static void then_may_upload(struct chat *chat, struct question *question)
{
	const struct user *user = file_asker_of(chat, question);
	if (user)
		count_before_upload(chat, question->request, user);
}

/* A password alone is not enough where a code is asked for besides: their programs have tokens. */
static void then_password_right(struct chat *chat, struct request *request, struct user *user)
{
	if (user->has_factor)
		answer_error(chat, request, ERROR_AUTH_FAILED, TEXT_error_file_who, NULL);
	else if (account_check_open(chat, request, user))
		count_before_upload(chat, request, user);
}

void do_upload(struct chat *chat, struct request *request)
{
	if (request->text[REQUEST_TEXT_PASSWORD])
		account_show(chat, request, then_password_right);
	else
		file_ask_person(chat, request, then_may_upload, NULL);
}

/* --- it is here --- */

struct keeping {
	struct errand errand; /* first */
	void *context;        /* of prepare_file() */
	int error;
	bool may_rest; /* the disk is full, and what has come is there still */
};

static bool is_disk_full(int error)
{
	return error == -ENOSPC || error == -EDQUOT;
}

/* Later, the same may succeed. */
static bool may_pass(int error)
{
	return is_disk_full(error) || error == -EHOSTDOWN;
}

static enum error_code error_code_of(int error)
{
	return is_disk_full(error) ? ERROR_LIMIT : error == -EHOSTDOWN ? ERROR_BUSY : ERROR_STORE_FAILED;
}

/* All but its last byte, which is sent again: a half that is there whole would look like a file. */
static int64_t rest_bytes(const struct file *file)
{
	return file->whole ? file->whole - 1 : 0;
}

static void run_keep(struct errand *errand, struct store_reader *reader)
{
	struct keeping *keeping = (struct keeping *)errand;
	struct file *file = errand->request->file;
	(void)reader;
	const struct chat_config *config = &errand->chat->config;
	/* A kill during the steps below leaves bytes from which the upload cannot be resumed. */
	if (file->is_half)
		keeping->error = half_blob_doubt(config->blobs, file->id, 0);
	int64_t bytes = blob_part_hash(config->blobs, file->id, file->hash);
	if (!keeping->error && bytes != file_wanted(file))
		keeping->error = bytes < 0 ? (int)bytes : -EIO;
	if (!keeping->error && config->prepare_file)
		keeping->error = config->prepare_file(keeping->context, config->blobs, file);
	if (!keeping->error)
		keeping->error = blob_keep(config->blobs, file->id);
	keeping->may_rest = file->is_half && may_pass(keeping->error) &&
			    !half_blob_pause(config->blobs, file->id, rest_bytes(file));
	if (keeping->may_rest)
		blob_preview_drop(config->blobs, file->id);
}

static void then_added(struct chat *chat, struct change *change)
{
	const struct request *request = change->request;
	const struct file *file = request->file;
	half_end(chat, file);
	if (change->result == STORE_OK) {
		const struct user *user = users_find_id(&chat->users, file->owner);
		chat->files.stored++;
		if (user)
			pace_note_upload(chat, request, user, file->bytes);
		LOG_INFO("file.stored", "id=%s person=%lld bytes=%lld type=\"%s\"", file->id,
			 (long long)file->owner, (long long)file->bytes, file->type);
		file_answer(chat, request, file);
		return;
	}
	file_drop_later(chat, file->id);
	answer_error(chat, request, change->result == STORE_FAILED ? ERROR_STORE_FAILED : ERROR_AUTH_FAILED,
		     TEXT_NONE, NULL);
}

static void drop_kept(struct chat *chat, const struct file *file)
{
	half_end(chat, file);
	file_drop_later(chat, file->id);
}

static void then_kept(struct chat *chat, struct errand *errand)
{
	struct request *request = errand->request;
	int error = ((struct keeping *)errand)->error;
	request->is_kept = false;
	if (error) {
		LOG_ERROR("file.keep", "id=%s error=\"%s\"", request->file->id, strerror(-error));
		bool may_rest = ((struct keeping *)errand)->may_rest;
		if (!may_rest || !half_rest(chat, request->file, rest_bytes(request->file)))
			drop_kept(chat, request->file);
		answer_error(chat, request, error_code_of(error),
			     is_disk_full(error) ? TEXT_error_disk_full : TEXT_NONE, NULL);
		return;
	}
	errand->request = NULL;
	request->file->made_ms = clock_wall_ms();
	struct change *change = batch_change(chat, request, then_added);
	change->goes_on = true;
	batch_add(chat, change, STORE_ADD_FILE)->file = request->file;
}

static void end_upload(struct chat *chat, struct peer *peer)
{
	peer->is_uploading = false;
	file_forget_upload(chat, peer);
}

void do_abandon(struct chat *chat, struct request *request)
{
	if (request->file && request->file->is_half)
		half_pause(chat, request);
	end_upload(chat, request->peer);
}

void do_uploaded(struct chat *chat, struct request *request)
{
	if (request->file->is_half && !half_complete(chat, request))
		return;
	struct keeping *keeping = mem_zero(sizeof *keeping);
	keeping->errand.work = run_keep;
	keeping->errand.then = then_kept;
	end_upload(chat, request->peer);
	if (painters_take(chat, &keeping->errand, request, &keeping->context) ||
	    errand_send(chat, file_filers(chat), &keeping->errand, request))
		return;
	free(keeping);
	if (!half_rest(chat, request->file, -1))
		drop_kept(chat, request->file);
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

void file_answer_none(struct chat *chat, const struct request *request)
{
	answer_error(chat, request, ERROR_NO_FILE, TEXT_NONE, NULL);
}

static void then_reader_known(struct chat *chat, struct question *question)
{
	struct file *file = question->context;
	const struct user *user = file_asker_of(chat, question);
	const struct room *room = rooms_find_by_id(&chat->rooms, file->room_id);
	bool is_picture = file->entry < 0;
	if (user && (is_picture || (file->entry ? may_read(room, user) : file->owner == user->id)))
		file_bucket_give(chat, question->request, file);
	else if (user)
		file_answer_none(chat, question->request);
	free(file);
}

static void then_file_found(struct chat *chat, struct question *question)
{
	struct file *file = question->context;
	struct request *request = question->request;
	const char *key = request->file->key;
	bool is_there = question->query.result == STORE_OK;
	if (is_there && !*key) {
		file_ask_person(chat, request, then_reader_known, file);
		return;
	}
	/* Pictures of people are for all who have their link, wherever they were met. Only its sender knows the link of a file
	 * that is not sent yet. */
	bool has_key = is_there && !chat->config.refuses_file_links &&
		       (file->entry <= 0 || rooms_find_by_id(&chat->rooms, file->room_id)) &&
		       !sodium_memcmp(key, file->key, FILE_ID_BYTES - 1);
	if (question->query.result == STORE_FAILED)
		answer_read_failed(chat, request);
	else if (has_key)
		file_bucket_give(chat, request, file);
	else
		file_answer_none(chat, request);
	free(file);
}

void do_fetch(struct chat *chat, struct request *request)
{
	struct store_query query = {.question = STORE_FIND_FILE};
	snprintf(query.text, sizeof query.text, "%s", request->file->id);
	query.file = mem_zero(sizeof *query.file);
	question_ask(chat, request, &query, then_file_found, query.file);
}

void file_free(struct chat *chat)
{
	while (chat->files.uploads)
		file_forget_upload(chat, chat->files.uploads->peer);
	free(chat->files.drops);
	file_bucket_free(chat);
	half_free(chat);
}
