/* Searches: in all rooms that the asker may read, newest first. */
#include "chat/hub.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/utf8.h"

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
	struct store_search search;
	uint64_t before_seq; /* in the one room; 0: none */
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

static bool take_result(void *context, const struct entry *entry)
{
	struct search_job *job = context;
	struct reply *reply = job->reply;
	/* Rooms that he may not read have no label. The search goes on behind them. */
	const char *room = label_of(job, entry->room_id);
	if (!room) {
		return true;
	}
	if (reply->entries_count == job->limit || job->bytes > RESULTS_BYTES_MAX) {
		reply->has_more = true;
		return false;
	}
	struct reply_entry *to = &reply->entries[reply->entries_count++];
	reply_copy_entry(reply, &to->entry, entry);
	to->entry.room = room;
	to->edited_seq = entry->edited_seq;
	job->bytes += reply_text_weight(entry->text);
	return true;
}

static void run_search(struct job *base, struct store_reader *reader)
{
	struct search_job *job = (struct search_job *)base;
	struct reply *reply = job->reply;
	int result = STORE_FAILED;
	if (reader && job->before_seq) {
		int64_t id = reader->ops->entry_id(reader, job->search.room_id, job->before_seq);
		job->search.before = (uint64_t)id;
	}
	if (reader)
		result = reader->ops->search(reader, &job->search, take_result, job, &reply->lag);
	if (result != STORE_OK) {
		reply->kind = REPLY_ERROR;
		reply->error = result == STORE_NONE ? ERROR_BAD_FIELD : ERROR_STORE_FAILED;
		reply->key = result == STORE_NONE ? "error.empty_query" : "error.read_failed";
	}
	mailbox_post_one(job->chat->config.workers[job->worker], &reply->mail);
	free((char *)(uintptr_t)job->search.from);
	free((char *)(uintptr_t)job->search.query);
	free(job);
}

static void add_label(struct search_job *job, const struct room *room, const struct user *user)
{
	char shown[ROOM_SHOWN_BYTES];
	job->labels[job->labels_count++] = (struct room_label){
	    .id = room->id, .name = reply_string(job->reply, room_name_for(room, user, shown))};
}

/* A public room may be read by whoever may come in. */
static bool may_read(struct room *room, const struct peer *peer)
{
	return !room->is_private &&
	       (peer->user->is_admin || !room->sanctions ||
		!room_find_sanction(room, SANCTION_BAN, peer->user, peer->address, clock_wall_ms()));
}

static void add_labels(struct search_job *job, const struct peer *peer)
{
	struct chat *chat = job->chat;
	const struct user *user = peer->user;
	job->labels = arena_zero(&job->reply->arena, chat->rooms.by_name.count * sizeof *job->labels);
	size_t bucket = 0;
	for (struct table_link *link = NULL; (link = table_walk(&chat->rooms.by_name, &bucket, link));) {
		struct room *room = TABLE_OF(link, struct room, by_name);
		if (may_read(room, peer))
			add_label(job, room, user);
	}
	for (const struct member *member = user->memberships; member; member = member->next)
		if (member->room->is_private)
			add_label(job, member->room, user);
	qsort(job->labels, job->labels_count, sizeof *job->labels, compare_labels);
}

/* Takes "from:NAME" out of the query, as people type it. */
static char *take_from(char *query)
{
	for (char *at = query; (at = strstr(at, "from:")); at++) {
		size_t length = strcspn(at + 5, " \t");
		if ((at != query && at[-1] != ' ') || !length)
			continue;
		char *name = mem_string_n(at + 5, length);
		memmove(at, at + 5 + length, strlen(at + 5 + length) + 1);
		return name;
	}
	return NULL;
}

void do_search(struct chat *chat, struct request *request)
{
	struct user *user = hub_need_user(chat, request);
	struct room *room = NULL;
	if (!user)
		return;
	if (request->text[REQUEST_TEXT_ROOM] && !(room = hub_need_membership(chat, request)))
		return;
	struct search_job *job = mem_zero(sizeof *job);
	job->job.run = run_search;
	job->chat = chat;
	job->worker = request->peer->worker;
	job->reply = reply_to(request, REPLY_RESULTS, request->peer->connection);
	char *query = mem_string(request->text[REQUEST_TEXT_QUERY]);
	char *from = take_from(query);
	if (request->text[REQUEST_TEXT_FROM]) {
		free(from);
		from = mem_string(request->text[REQUEST_TEXT_FROM]);
	}
	char *folded = from ? utf8_fold(from) : NULL;
	free(from);
	int64_t limit = request->number[REQUEST_NUMBER_LIMIT];
	uint64_t before = (uint64_t)request->number[REQUEST_NUMBER_BEFORE];
	job->limit = limit ? (size_t)limit : LIMIT_PAGE_DEFAULT;
	job->before_seq = room ? before : 0;
	job->search = (struct store_search){.query = query,
					    .from = folded,
					    .room_id = room ? room->id : 0,
					    .before = room ? 0 : before,
					    .limit = SIZE_MAX};
	job->reply->entries = arena_zero(&job->reply->arena, job->limit * sizeof *job->reply->entries);
	add_labels(job, request->peer);
	if (jobs_post(chat->jobs, &job->job))
		return;
	job->reply->kind = REPLY_ERROR;
	job->reply->error = ERROR_BUSY;
	hub_reply(chat, request->peer, job->reply);
	free(folded);
	free(query);
	free(job);
}
