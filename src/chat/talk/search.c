/* Searches: in all rooms that the asker may read, newest first. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/text/utf8.h"
#include "chat/answer.h"
#include "chat/need.h"
#include "chat/talk/query.h"
#include "chat/state.h"

#include <stdlib.h>
#include <string.h>

#define RESULTS_BYTES_MAX (256 << 10)

struct room_label {
	int64_t id;
	const char *name; /* in the reply's arena */
};

struct search_job {
	struct job job; /* first */
	struct chat *chat;
	unsigned worker;
	struct reply *reply;
	struct query query;
	int64_t person; /* who asks: they see the ids of what they said themselves */
	char *from;     /* folded */
	struct store_search search;
	size_t limit, bytes;
	struct room_label *labels; /* of rooms that the asker may read; sorted by id */
	size_t labels_count;
};

static int compare_labels(const void *a, const void *b)
{
	int64_t left = ((const struct room_label *)a)->id, right = ((const struct room_label *)b)->id;
	return left < right ? -1 : left > right;
}

static const char *label_of(const struct search_job *job, int64_t room_id)
{
	struct room_label key = {.id = room_id};
	const struct room_label *found =
	    bsearch(&key, job->labels, job->labels_count, sizeof key, compare_labels);
	return found ? found->name : NULL;
}

static bool search_take_result(void *context, const struct entry *entry)
{
	struct search_job *job = context;
	struct reply *reply = job->reply;
	struct reply_messages *messages = &reply->messages;
	/* Rooms that the asker may not read have no label. The search goes on behind them. */
	const char *room = label_of(job, entry->room_id);
	if (!room)
		return true;
	if (messages->entries_count == job->limit || job->bytes > RESULTS_BYTES_MAX) {
		messages->has_more = true;
		return false;
	}
	struct reply_entry *to = &messages->entries[messages->entries_count++];
	reply_copy_entry(reply, &to->entry, entry);
	to->entry.room = room;
	to->entry.send_id = entry->person == job->person ? reply_string(reply, entry->send_id) : NULL;
	to->edited_seq = entry->edited_seq;
	job->bytes += reply_text_weight(entry->text);
	messages->next = entry->id;
	return true;
}

static void job_free(struct search_job *job)
{
	query_release(&job->query);
	free(job->from);
	free(job);
}

/* Turns the answer into the error that the query could not be understood, in the words of `key`. */
static void refuse_query(struct reply *reply, enum text key, const char *piece)
{
	struct text_args args = {.text = piece, .field = "query", .number = LIMIT_QUERY_TERMS};
	reply_fail(reply, ERROR_BAD_FIELD, key, &args);
}

static void run_search(struct job *base, struct store_reader *reader)
{
	struct search_job *job = (struct search_job *)base;
	struct reply_messages *messages = &job->reply->messages;
	struct store_search_end end = {.next = 0};
	int result = STORE_FAILED;
	if (reader)
		result = reader->ops->search(reader, &job->search, search_take_result, job, &end);
	messages->lag = end.lag;
	if (end.next) {
		messages->has_more = true;
		messages->next = (int64_t)end.next;
	}
	if (result == STORE_NONE) {
		refuse_query(job->reply, TEXT_error_query_nobody, job->query.from);
	} else if (result != STORE_OK) {
		reply_fail(job->reply, ERROR_STORE_FAILED, TEXT_error_read_failed, NULL);
	}
	mailbox_post_one(job->chat->config.workers[job->worker], &job->reply->mail);
	job_free(job);
}

static void add_label(struct search_job *job, const struct room *room, const struct user *user)
{
	char shown[ROOM_SHOWN_BYTES];
	job->labels[job->labels_count++] = (struct room_label){
	    .id = room->id, .name = reply_string(job->reply, room_name_for(room, user, shown))};
}

/* A public room may be read by everybody who may enter it. */
static bool may_search(struct room *room, const struct peer *peer)
{
	return !room->is_private && (peer->user->is_admin || !room_meets(room, SANCTION_BAN, peer->user,
									 peer->address, clock_wall_ms()));
}

static void add_labels(struct search_job *job, const struct peer *peer)
{
	struct chat *chat = job->chat;
	const struct user *user = peer->user;
	job->labels = arena_zero(&job->reply->arena, chat->rooms.by_name.count * sizeof *job->labels);
	size_t bucket = 0;
	for (struct table_link *link = NULL; (link = table_walk(&chat->rooms.by_name, &bucket, link));) {
		struct room *room = TABLE_OF(link, struct room, by_name);
		if (may_search(room, peer))
			add_label(job, room, user);
	}
	for (const struct member *member = user->memberships; member; member = member->next)
		if (member->room->is_private)
			add_label(job, member->room, user);
	qsort(job->labels, job->labels_count, sizeof *job->labels, compare_labels);
}

/* The room by the name that the asker has for it; 0 where there is none that they may read. */
static int64_t find_label(const struct search_job *job, const char *name)
{
	int64_t id = 0;
	char *folded = utf8_fold(name);
	for (size_t i = 0; folded && i < job->labels_count && !id; i++) {
		char *other = *job->labels[i].name == *name ? utf8_fold(job->labels[i].name) : NULL;
		if (other && !strcmp(other, folded))
			id = job->labels[i].id;
		free(other);
	}
	free(folded);
	return id;
}

/* Makes of the query and the request's other fields what the store is asked. Returns false where a room is
 * not there. */
static bool make_search(struct search_job *job, const struct request *request, const struct room *room)
{
	const struct query *query = &job->query;
	const char *from = request->text[REQUEST_TEXT_FROM] ? request->text[REQUEST_TEXT_FROM] : query->from;
	int64_t limit = request->number[REQUEST_NUMBER_LIMIT];
	job->limit = limit ? (size_t)limit : LIMIT_PAGE_DEFAULT;
	job->from = from ? utf8_fold(from) : NULL;
	job->search = (struct store_search){.terms = query->terms,
					    .terms_count = query->terms_count,
					    .room_id = query->room ? find_label(job, query->room)
						       : room      ? room->id
								   : 0,
					    .from = job->from,
					    .is_from_unknown = from == query->from && from &&
							       !users_find(&job->chat->users, from),
					    .has_link = query->has_link,
					    .has_file = query->has_file,
					    .has_reaction = query->has_reaction,
					    .since_ms = query->since_ms,
					    .until_ms = query->until_ms,
					    .before = (uint64_t)request->number[REQUEST_NUMBER_BEFORE],
					    .limit = SIZE_MAX};
	return !query->room || job->search.room_id;
}

/* Answers and returns false where the query says something that cannot be looked for. */
static bool search_prepare(struct search_job *job, const struct request *request, const struct room *room)
{
	const char *text = request->text[REQUEST_TEXT_QUERY];
	if (!query_read(&job->query, text)) {
		refuse_query(job->reply, job->query.problem, job->query.piece);
		return false;
	}
	if (!query_wants_something(&job->query) && !request->text[REQUEST_TEXT_FROM]) {
		refuse_query(job->reply, TEXT_error_empty_query, NULL);
		return false;
	}
	add_labels(job, request->peer);
	if (!make_search(job, request, room)) {
		refuse_query(job->reply, TEXT_error_query_no_room, job->query.room);
		return false;
	}
	job->reply->messages.entries =
	    arena_zero(&job->reply->arena, job->limit * sizeof(struct reply_entry));
	return true;
}

void do_search(struct chat *chat, struct request *request)
{
	struct user *user = need_user(chat, request);
	struct room *room = NULL;
	if (!user)
		return;
	if (request->text[REQUEST_TEXT_ROOM] && !(room = need_membership(chat, request)))
		return;
	struct search_job *job = mem_zero(sizeof *job);
	job->job.run = run_search;
	job->chat = chat;
	job->person = user->id;
	job->worker = request->peer->worker;
	job->reply = answer_new(request, REPLY_RESULTS);
	if (search_prepare(job, request, room)) {
		if (jobs_post(chat->jobs, &job->job))
			return;
		reply_fail(job->reply, ERROR_BUSY, TEXT_NONE, NULL);
	}
	batch_reply(chat, request->peer, job->reply);
	job_free(job);
}
