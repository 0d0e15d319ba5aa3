#include "chat/chat.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/operation.h"
#include "chat/people/account.h"
#include "chat/people/address.h"
#include "chat/answer.h"
#include "chat/apply.h"
#include "chat/chores.h"
#include "chat/configure.h"
#include "chat/people/enter.h"
#include "chat/files/file_sweep.h"
#include "chat/people/guess.h"
#include "chat/pace.h"
#include "chat/indexer.h"
#include "chat/node.h"
#include "chat/state.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_ROUNDS 4

static chat_handler *const handlers[REQUEST_OPS_COUNT] = {
#define X(id, name, ...) [REQUEST_##id] = do_##name,
    OPERATIONS(X) OPERATIONS_INSIDE(X)
#undef X
};

struct peer *peer_new(const struct peer_info *info)
{
	char shown[SHOWN_IP_BYTES];
	address_shown(info->address, false, shown);
	/* Public addresses are followed by the form in which others see them. */
	bool is_hidden = strcmp(shown, info->address) != 0;
	size_t length = strlen(info->address) + 1, shown_bytes = is_hidden ? strlen(shown) + 1 : 0;
	struct peer *peer = mem_zero(offsetof(struct peer, address) + length + shown_bytes);
	peer->connection = info->connection;
	peer->worker = (uint16_t)info->worker;
	peer->is_secure = info->is_secure;
	peer->shown_at = is_hidden ? (uint8_t)length : 0;
	memcpy(peer->address, info->address, length);
	memcpy(peer->address + length, shown, shown_bytes);
	return peer;
}

void peer_free(struct peer *peer)
{
	free(peer->looks);
	free(peer);
}

void peer_set_looks(struct peer *peer, const char *user, const char *real_name)
{
	size_t user_bytes = strlen(user) + 1, real_bytes = strlen(real_name) + 1;
	char *looks = mem_alloc(user_bytes + real_bytes);
	memcpy(looks, user, user_bytes);
	memcpy(looks + user_bytes, real_name, real_bytes);
	free(peer->looks);
	peer->looks = looks;
}

struct peer *peer_vouch(struct peer *peer, const char *name)
{
	size_t used = strlen(peer->address) + 1, bytes = strlen(name) + 1;
	if (peer->shown_at)
		used += strlen(peer_shown_ip(peer)) + 1;
	assert(used <= UINT8_MAX && !peer->user);
	peer = mem_resize(peer, offsetof(struct peer, address) + used + bytes);
	memcpy(peer->address + used, name, bytes);
	peer->vouched_at = (uint8_t)used;
	return peer;
}

void peer_set_secure(struct peer *peer, bool is_secure)
{
	peer->is_secure = is_secure;
}

void peer_set_page(struct peer *peer, bool is_page)
{
	peer->is_page = is_page;
}

const char *peer_address(const struct peer *peer)
{
	return peer->address;
}

uint64_t peer_connection(const struct peer *peer)
{
	return peer->connection;
}

const char *peer_shown_address(const struct peer *peer)
{
	return peer_shown_ip(peer);
}

/* True where the request would not meet the world that its asker knows: what the same connection, or another
 * one of the same user, asked for before it is under way. */
static bool must_wait(const struct chat *chat, const struct request *request)
{
	const struct peer *peer = request->peer;
	const struct user *user = peer->user;
	bool reads_store = operation_is(request->op, OPERATION_PAGES) || request->op == REQUEST_CLOSED ||
			   request->op == REQUEST_QUIT;
	if (peer->hold && request != chat->held.current)
		return true;
	return peer->waits || batch_is_under_way(chat, peer->changing) ||
	       (user && batch_is_under_way(chat, user->changing)) ||
	       (reads_store && batch_is_under_way(chat, peer->sending));
}

void chat_begin_wide(struct chat *chat)
{
	chat->wide = ++chat->wides;
}

void chat_end_wide(struct chat *chat)
{
	chat->wide = 0;
}

void chat_count_online(struct chat *chat, int change)
{
	chat->online += (size_t)change;
	if (chat->online > chat->online_most)
		chat->online_most = chat->online;
}

static void dispatch(struct chat *chat, struct request *request)
{
	bool is_known = request->peer->user;
	chat->answering = request;
	if (request->follows_name && !is_known)
		batch_reply(chat, request->peer, answer_new(request, REPLY_ACK));
	else if (silence_refuses_new(chat, request) || (is_known && !pace_may_tell(chat, request)))
		;
	else if (is_known || operation_is(request->op, OPERATION_GREETS))
		handlers[request->op](chat, request);
	else if (!operation_is(request->op, OPERATION_UNANSWERED))
		answer_error(chat, request, ERROR_NEED_HELLO, TEXT_NONE, NULL);
	chat->answering = NULL;
}

void chat_handle(struct chat *chat, struct request *request)
{
	if (request->op != REQUEST_DONE && must_wait(chat, request))
		hold_request(chat, request);
	else
		dispatch(chat, request);
	if (!request->is_kept)
		request_free(request);
}

static int wait_ms(const struct chat *chat)
{
	int64_t wait = chores_wait_ms(chat);
	if (chat->users.expiring && chat->users.expiring->expires_ms - clock_mono_ms() + 1 < wait)
		wait = chat->users.expiring->expires_ms - clock_mono_ms() + 1;
	return wait < 0 ? 0 : (int)wait;
}

/* Requests that come while a batch is filled go along with it, since a commit costs more than many requests; but
 * only some rounds of it, so that those who came first do not wait for a flood to end. */
static void handle_all(struct chat *chat, struct mail *mail)
{
	hold_run(chat);
	for (int round = 0; mail; mail = ++round < BATCH_ROUNDS ? mailbox_take_more(&chat->inbox) : NULL)
		for (struct mail *next; mail; mail = next) {
			next = mail->next;
			struct request *request = (struct request *)mail;
			request->arrival = ++chat->handled;
			chat_handle(chat, request);
			if (batch_is_full(chat))
				batch_flush(chat);
		}
	hold_run_late(chat);
	batch_flush(chat);
	if (silence_is(chat))
		batch_refuse(chat);
}

/* True while held requests can go on at once: nothing is with the store that they could wait for. */
static bool has_more_turns(const struct chat *chat)
{
	return !chat->batches.stored && (held_can_go_on(chat) || batch_is_filled(chat));
}

static void take_turn(struct chat *chat, struct mail *mail)
{
	handle_all(chat, mail);
	/* At the end nothing is begun any more that the store would have to finish. */
	if (!chat->is_stopping && !silence_is(chat)) {
		enter_expire(chat);
		chores_run(chat);
	}
	batch_send_ready(chat);
	chat->rooms_count = chat->rooms.by_id.count;
	chat->turns++;
}

/* Takes in what the store and the mailbox have; goes on until all that is left has to wait for others. A flood
 * may never let it end, so what the chat does by itself has its place in each turn. */
static void take_turns(struct chat *chat, struct mail *mail)
{
	chat->config.store->ops->collect(chat->config.store);
	take_turn(chat, mail);
	while (has_more_turns(chat))
		take_turn(chat, mailbox_take_more(&chat->inbox));
}

static void *run_chat(void *context)
{
	pthread_setname_np(pthread_self(), "chat");
	struct chat *chat = context;
	for (;;) {
		/* Read before the box is emptied: what was posted before the stop is still handled. */
		bool is_last = chat->is_stopping;
		struct mail *mail = mailbox_take(&chat->inbox);
		if (!mail && is_last && !chat->batches.stored)
			return NULL;
		take_turns(chat, mail);
		/* An empty batch would let out the wakes that wait for the next one. */
		if (batch_is_filled(chat))
			batch_flush(chat);
		/* Asked anew: taking the mail may have taken the wake that came with the stop. */
		if (!chat->is_stopping || chat->batches.stored)
			mailbox_wait(&chat->inbox, wait_ms(chat));
	}
}

static void wake_chat(void *context)
{
	struct chat *chat = context;
	mailbox_wake(&chat->inbox);
}

/* --- start and stop --- */

/* The batch of something that is made at the start, before there is a thread. */
struct first_batch {
	struct store_batch batch; /* first */
	int result;
	bool is_done;
};

static void first_done(struct store_batch *batch, int result)
{
	struct first_batch *first = (struct first_batch *)batch;
	first->result = result;
	first->is_done = true;
}

/* The lobby is there before anybody comes. */
static int make_lobby(struct chat *chat)
{
	struct store *store = chat->config.store;
	struct store_command command = {.op = STORE_ADD_ROOM, .room = {.name = CHAT_LOBBY, .topic = ""}};
	struct first_batch first = {.batch = {.commands = &command, .count = 1, .done = first_done}};
	if (rooms_find(&chat->rooms, CHAT_LOBBY))
		return STORE_OK;
	if (!store->ops->takes(store))
		return STORE_FAILED;
	store->ops->submit(store, &first.batch);
	for (store->ops->collect(store); !first.is_done; store->ops->collect(store))
		store_rest();
	if (first.result == STORE_OK && command.result == STORE_OK)
		chat_apply(chat, NULL, &command);
	return first.result == STORE_OK ? command.result : first.result;
}

static int load(struct chat *chat, char *problem, size_t problem_bytes)
{
	if (apply_load(chat) != STORE_OK || make_lobby(chat) != STORE_OK) {
		snprintf(problem, problem_bytes, "the database cannot be read and written; the log says why");
		return -1;
	}
	return 0;
}

static struct chat *chat_new(const struct chat_config *config)
{
	struct chat *chat = mem_zero(sizeof *chat);
	chat->config = *config;
	chat->has_strays = true; /* guests without a session, whom an earlier process has left */
	chat->has_deserted = true;
	users_init(&chat->users);
	chat->users.admins_need_factor = config->admins_need_factor;
	rooms_init(&chat->rooms, config->encodings, config->workers_count);
	held_init(&chat->held);
	batches_init(chat, config->workers_count);
	return chat;
}

int chat_start(const struct chat_config *config, struct chat **made, char *problem, size_t problem_bytes)
{
	struct chat *chat = *made = chat_new(config);
	int result = mailbox_init(&chat->inbox);
	if (result) {
		snprintf(problem, problem_bytes, "no mailbox: %s", strerror(-result));
		return -1;
	}
	config->store->ops->on_return(config->store, wake_chat, chat);
	chat->pace = pace_new();
	chat->read_times.most = LIMIT_READ_TIMES;
	chat->seen.most = LIMIT_SEEN;
	properties_init(&chat->properties);
	chat->guesses = guesses_new(
	    &(struct guess_rates){.proofs_per_second = config->limits.logins_per_second,
				  .wrong_per_minute = config->limits.wrong_passwords_per_minute,
				  .registrations_per_hour = config->limits.registrations_per_hour});
	configure_begin(chat);
	node_begin(chat);
	if (load(chat, problem, problem_bytes)) {
		chat_free(chat);
		return -1;
	}
	file_sweep(chat);
	chat->rooms_count = chat->rooms.by_id.count;
	chat->indexer = indexer_start(config->store);
	chat->hashers = jobs_start(NULL, 1, 1000);
	account_prepare(chat);
	chat->jobs =
	    jobs_start(config->store, (unsigned)config->limits.jobs, (size_t)config->limits.jobs_max);
	result = pthread_create(&chat->thread, NULL, run_chat, chat);
	if (result) {
		snprintf(problem, problem_bytes, "no thread: %s", strerror(result));
		return -1;
	}
	return 0;
}

/* Errands that were under way have come back meanwhile; the caller is the chat thread now. */
static void end_jobs(struct chat *chat, struct jobs **jobs)
{
	struct jobs *ended = *jobs;
	*jobs = NULL;
	jobs_stop(ended);
	take_turns(chat, mailbox_take(&chat->inbox));
}

void chat_begin_stop(struct chat *chat)
{
	chat->is_going = true;
}

void chat_stop(struct chat *chat)
{
	chat->is_stopping = true;
	chat->config.store->ops->give_up(chat->config.store);
	mailbox_wake(&chat->inbox);
	pthread_join(chat->thread, NULL);
	chat->config.store->ops->on_return(chat->config.store, NULL, NULL);
	end_jobs(chat, &chat->hashers);
	end_jobs(chat, &chat->jobs);
	if (chat->files.filers)
		end_jobs(chat, &chat->files.filers);
	if (chat->files.painters)
		end_jobs(chat, &chat->files.painters);
	if (chat->files.fetchers)
		end_jobs(chat, &chat->files.fetchers);
	told_end(chat);
	indexer_stop(chat->indexer);
}

void chat_free(struct chat *chat)
{
	held_release(&chat->held);
	rooms_release(&chat->rooms);
	users_release(&chat->users);
	distants_release(&chat->distants);
	told_release(&chat->told);
	if (chat->guesses)
		guesses_free(chat->guesses);
	if (chat->pace)
		pace_free(chat->pace);
	marks_release(&chat->read_times);
	marks_release(&chat->seen);
	gone_release(&chat->gone);
	properties_release(&chat->properties);
	table_release(&chat->watches);
	file_free(chat);
	mailbox_release(&chat->inbox);
	batches_release(chat);
	buffer_release(&chat->encoded);
	free(chat);
}

void chat_post(struct chat *chat, struct mail_chain *requests)
{
	mailbox_post(&chat->inbox, requests);
}

void chat_count(struct chat *chat, struct chat_counters *counters)
{
	*counters = (struct chat_counters){
	    .requests = chat->handled,
	    .entries = chat->entries,
	    .repeats = chat->repeats,
	    .commits = chat->commits,
	    .failed_commits = chat->failed_commits,
	    .waiting_requests = mailbox_length(&chat->inbox),
	    .waiting_jobs = chat->jobs ? jobs_waiting(chat->jobs) : 0,
	    .turns = chat->turns,
	    .rooms = chat->rooms_count,
	    .uploads = chat->files.stored,
	    .file_bytes = chat->files.bytes,
	    .files_going = chat->files.going,
	};
	for (size_t i = 0; i < UPLOAD_REFUSED_COUNT; i++)
		counters->uploads_refused[i] = chat->files.refused[i];
}

const char *chat_epoch(const struct chat *chat)
{
	return chat->config.store->epoch;
}
