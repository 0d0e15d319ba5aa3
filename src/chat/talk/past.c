/* Places in the past: up to which moment somebody has read, and which conversations there were in a span. Dialects need
 * them whose clients know times and no numbers. */
#include "chat/talk/past.h"

#include "base/clock.h"
#include "base/memory.h"
#include "chat/answer.h"
#include "chat/errand.h"
#include "chat/talk/listing.h"
#include "chat/need.h"
#include "chat/state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- up to where somebody has read --- */

#define READ_KEY_BYTES (LIMIT_NAME_BYTES + 32)

/* The moment that a client named is remembered as it was said; what is stored is the entry before it. */
static void read_time_key(const struct request *request, char key[READ_KEY_BYTES])
{
	snprintf(key, READ_KEY_BYTES, "%lld %s", (long long)request->peer->user->id,
		 request->text[REQUEST_TEXT_ROOM]);
}

struct mark_errand {
	struct errand errand; /* first */
	int64_t room_id, until_ms, read_ms;
	uint64_t read_seq, until_seq;
	int result;
};

static struct member *find_member(struct chat *chat, const struct user *user, const char *name)
{
	struct user *other;
	const struct room *room =
	    *name == '@' ? need_direct(chat, user, name, &other) : rooms_find(&chat->rooms, name);
	return room && room->is_direct == (*name == '@') ? room_find_member(room, user) : NULL;
}

static void mark_answer(struct chat *chat, const struct request *request, int64_t read_ms)
{
	struct reply *reply = listing_new(request, "mark", TEXT_NONE);
	reply->room = reply_string(reply, request->text[REQUEST_TEXT_ROOM]);
	struct listing_row *row = listing_add(reply, TEXT_NONE, &(struct text_args){0});
	listing_add_time(reply, row, "time", read_ms);
	batch_reply(chat, request->peer, reply);
}

/* The later one of what was said and what is known: a marker never goes back. */
static int64_t note_time(struct chat *chat, const struct request *request, int64_t read_ms)
{
	char key[READ_KEY_BYTES];
	int64_t until_ms = request->number[REQUEST_NUMBER_UNTIL_MS];
	read_time_key(request, key);
	struct mark *known = marks_find(&chat->read_times, key);
	if (known && known->next_ms > read_ms)
		read_ms = known->next_ms;
	if (until_ms <= read_ms)
		return read_ms;
	marks_touch(&chat->read_times, key, clock_mono_ms())->next_ms = until_ms;
	return until_ms;
}

static void tell_read(struct chat *chat, const struct request *request, uint64_t seq)
{
	const struct user *user = request->peer->user;
	struct entry event = {.kind = ENTRY_READ,
			      .room = request->text[REQUEST_TEXT_ROOM],
			      .name = user->name,
			      .ref = seq,
			      .key = TEXT_event_read,
			      .args = {.number = (int64_t)seq}};
	tell_user(chat, user, request->peer, &event);
}

static void then_stored(struct chat *chat, struct change *change)
{
	assert(batch_command(change, 0)->op == STORE_SET_READ);
	const struct request *request = change->request;
	if (change->result == STORE_OK && request->peer->user)
		tell_read(chat, request, batch_command(change, 0)->member.read_seq);
	mark_answer(chat, request, request->number[REQUEST_NUMBER_UNTIL_MS]);
}

static void mark_look_up(struct errand *base, struct store_reader *reader)
{
	struct mark_errand *errand = (struct mark_errand *)base;
	errand->result = reader ? STORE_OK : STORE_FAILED;
	if (!reader)
		return;
	errand->read_ms = reader->ops->time_of(reader, errand->room_id, errand->read_seq);
	if (errand->until_ms)
		errand->until_seq = reader->ops->seq_at_time(reader, errand->room_id, errand->until_ms);
}

static void mark_then_looked_up(struct chat *chat, struct errand *base)
{
	const struct mark_errand *errand = (const struct mark_errand *)base;
	struct request *request = base->request;
	const struct user *user = request->peer->user;
	const struct member *member = user ? find_member(chat, user, request->text[REQUEST_TEXT_ROOM]) : NULL;
	if (errand->result != STORE_OK || !user) {
		answer_read_failed(chat, request);
		return;
	}
	int64_t until_ms = request->number[REQUEST_NUMBER_UNTIL_MS];
	int64_t read_ms = note_time(chat, request, errand->read_ms);
	bool is_later = until_ms && read_ms == until_ms && until_ms > errand->read_ms;
	if (is_later && member && errand->until_seq > member->read_seq) {
		base->request = NULL;
		request->is_kept = false;
		struct change *change = batch_say(chat, request, then_stored);
		batch_add(chat, change, STORE_SET_READ)->member = (struct store_member){
		    .person = user->id, .room_id = member->room->id, .read_seq = errand->until_seq};
		return;
	}
	if (is_later && member)
		tell_read(chat, request, member->read_seq);
	mark_answer(chat, request, read_ms);
}

void do_mark(struct chat *chat, struct request *request)
{
	const struct user *user = need_user(chat, request);
	if (!user)
		return;
	const struct member *member = find_member(chat, user, request->text[REQUEST_TEXT_ROOM]);
	if (!member) {
		/* Two who have said nothing to each other yet may do so before that time. */
		bool is_direct = *request->text[REQUEST_TEXT_ROOM] == '@';
		mark_answer(chat, request, is_direct ? note_time(chat, request, 0) : 0);
		return;
	}
	struct mark_errand *errand = mem_zero(sizeof *errand);
	errand->errand.work = mark_look_up;
	errand->errand.then = mark_then_looked_up;
	errand->room_id = member->room->id;
	errand->read_seq = member->read_seq;
	errand->until_ms = request->number[REQUEST_NUMBER_UNTIL_MS];
	if (errand_send(chat, chat->jobs, &errand->errand, request))
		return;
	answer_error(chat, request, ERROR_BUSY, TEXT_NONE, NULL);
	free(errand);
}

/* --- what a client has confirmed to have seen, where it has no marker of its own --- */

#define SEEN_KEY_BYTES (LIMIT_DEVICE_BYTES + 64)

/* Connections without a device of their own count as one. */
static void seen_key(const struct peer *peer, const struct room *room, char key[SEEN_KEY_BYTES])
{
	snprintf(key, SEEN_KEY_BYTES, "%lld %lld %s", (long long)peer->user->id, (long long)room->id,
		 peer->is_fleeting ? "" : peer_device(peer));
}

uint64_t past_seen(struct chat *chat, const struct peer *peer, const struct room *room)
{
	char key[SEEN_KEY_BYTES];
	seen_key(peer, room, key);
	const struct mark *mark = marks_find(&chat->seen, key);
	return mark ? (uint64_t)mark->next_ms : 0;
}

void do_seen(struct chat *chat, struct request *request)
{
	const struct peer *peer = request->peer;
	const struct member *member =
	    peer->user ? find_member(chat, peer->user, request->text[REQUEST_TEXT_ROOM]) : NULL;
	int64_t seq = request->number[REQUEST_NUMBER_SEQ];
	char key[SEEN_KEY_BYTES];
	if (!member || !user_is_account(peer->user))
		return;
	seen_key(peer, member->room, key);
	struct mark *mark = marks_touch(&chat->seen, key, clock_mono_ms());
	if (mark->next_ms < seq)
		mark->next_ms = seq;
}

/* --- which conversations there were in a span --- */

struct target {
	int64_t room_id, last_ms;
	const char *name; /* in the reply's arena */
};

struct targets_job {
	struct job job; /* first */
	struct chat *chat;
	unsigned worker;
	struct reply *reply;
	int64_t since_ms, until_ms, last_ms;
	size_t limit, count;
	struct target targets[];
};

static bool take_last(void *context, const struct entry *entry)
{
	((struct targets_job *)context)->last_ms = entry->time_ms;
	return false;
}

static int compare_targets(const void *a, const void *b)
{
	int64_t left = ((const struct target *)a)->last_ms, right = ((const struct target *)b)->last_ms;
	return left < right ? -1 : left > right;
}

static bool read_targets(struct targets_job *job, struct store_reader *reader)
{
	for (size_t i = 0; i < job->count; i++) {
		struct store_range newest = {
		    .room_id = job->targets[i].room_id, .newest = true, .current = true, .limit = 1};
		job->last_ms = 0;
		if (reader->ops->page(reader, &newest, take_last, job) != STORE_OK)
			return false;
		job->targets[i].last_ms = job->last_ms;
	}
	qsort(job->targets, job->count, sizeof *job->targets, compare_targets);
	return true;
}

static void run_targets(struct job *base, struct store_reader *reader)
{
	struct targets_job *job = (struct targets_job *)base;
	bool is_read = reader && read_targets(job, reader);
	size_t shown = 0;
	for (size_t i = 0; is_read && i < job->count && shown < job->limit; i++) {
		const struct target *target = &job->targets[i];
		if (target->last_ms <= job->since_ms || target->last_ms >= job->until_ms)
			continue;
		struct listing_row *row = listing_add(job->reply, TEXT_NONE, &(struct text_args){0});
		listing_add_text(job->reply, row, "name", target->name);
		listing_add_time(job->reply, row, "time", target->last_ms);
		shown++;
	}
	if (!is_read)
		reply_fail(job->reply, ERROR_STORE_FAILED, TEXT_error_read_failed, NULL);
	mailbox_post_one(job->chat->config.workers[job->worker], &job->reply->mail);
	free(job);
}

void do_targets(struct chat *chat, struct request *request)
{
	const struct user *user = need_user(chat, request);
	if (!user)
		return;
	struct targets_job *job = mem_zero(sizeof *job + user_count_rooms(user) * sizeof *job->targets);
	job->job.run = run_targets;
	job->chat = chat;
	job->worker = request->peer->worker;
	job->reply = listing_new(request, "targets", TEXT_NONE);
	job->since_ms = request->number[REQUEST_NUMBER_SINCE_MS];
	job->until_ms = request->number[REQUEST_NUMBER_UNTIL_MS];
	job->limit = (size_t)request->number[REQUEST_NUMBER_LIMIT];
	for (const struct member *member = user->memberships; member; member = member->next) {
		char shown[ROOM_SHOWN_BYTES];
		job->targets[job->count++] = (struct target){
		    .room_id = member->room->id,
		    .name = reply_string(job->reply, room_name_for(member->room, user, shown))};
	}
	if (jobs_post(chat->jobs, &job->job))
		return;
	reply_fail(job->reply, ERROR_BUSY, TEXT_NONE, NULL);
	batch_reply(chat, request->peer, job->reply);
	free(job);
}
