#include "chat/chat.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/operation.h"
#include "chat/guess.h"
#include "chat/hub.h"
#include "chat/indexer.h"

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
	free(peer);
}

void peer_set_secure(struct peer *peer, bool is_secure)
{
	peer->is_secure = is_secure;
}

const char *peer_address(const struct peer *peer)
{
	return peer->address;
}

static void handle(struct chat *chat, struct request *request)
{
	bool is_known = request->peer && request->peer->user;
	chat->handled++;
	if (request->follows_name && !request->peer->user)
		hub_reply(chat, request->peer, reply_to(request, REPLY_ACK, request->peer->connection));
	else if (is_known || operation_is(request->op, OPERATION_GREETS))
		handlers[request->op](chat, request);
	else if (!operation_is(request->op, OPERATION_UNANSWERED))
		hub_error(chat, request, ERROR_NEED_HELLO, NULL, NULL);
	if (!request->is_kept)
		request_free(request);
}

static void expire_users(struct chat *chat)
{
	struct user *user;
	while ((user = users_expired(&chat->users, clock_mono_ms()))) {
		if (user->account) {
			users_expire_never(&chat->users, user);
			user_renew_session(user);
		} else {
			hub_forget_user(chat, user);
		}
	}
}

static int wait_ms(const struct chat *chat)
{
	int64_t wait = hub_chores_wait_ms(chat);
	if (chat->users.expiring && chat->users.expiring->expires_ms - clock_mono_ms() + 1 < wait)
		wait = chat->users.expiring->expires_ms - clock_mono_ms() + 1;
	return wait < 0 ? 0 : (int)wait;
}

/* What comes while a batch is handled goes along with it, since a commit costs more than many requests; but
 * only some rounds of it, so that those who came first do not wait for a flood to end. */
static void handle_all(struct chat *chat, struct mail *mail)
{
	for (int round = 0; mail; mail = ++round < BATCH_ROUNDS ? mailbox_take_more(&chat->inbox) : NULL)
		for (struct mail *next; mail; mail = next) {
			next = mail->next;
			handle(chat, (struct request *)mail);
		}
	hub_flush(chat);
}

static void *run_chat(void *context)
{
	pthread_setname_np(pthread_self(), "chat");
	struct chat *chat = context;
	for (;;) {
		/* Read before the box is emptied: what was posted before the stop is still handled. */
		bool is_last = chat->is_stopping;
		struct mail *mail = mailbox_take(&chat->inbox);
		if (!mail && is_last)
			return NULL;
		handle_all(chat, mail);
		expire_users(chat);
		hub_do_chores(chat);
		chat->rooms_count = chat->rooms.by_id.count;
		chat->turns++;
		/* Asked anew: taking the mail may have taken the wake that came with the stop. */
		if (!chat->is_stopping)
			mailbox_wait(&chat->inbox, wait_ms(chat));
	}
}

static void load_room(void *context, const struct store_room *room)
{
	struct chat *chat = context;
	rooms_add(&chat->rooms, room);
}

/* The lobby is there before anybody comes. */
static int make_lobby(struct chat *chat)
{
	struct store *store = chat->config.store;
	struct store_room lobby = {.name = CHAT_LOBBY};
	if (rooms_find(&chat->rooms, CHAT_LOBBY))
		return STORE_OK;
	int result = store->ops->begin(store);
	if (result == STORE_OK)
		result = store->ops->create_room(store, &lobby, &lobby.id);
	if (result == STORE_OK)
		result = store->ops->commit(store);
	if (result == STORE_OK)
		rooms_add(&chat->rooms, &lobby);
	return result;
}

int chat_start(const struct chat_config *config, struct chat **made, char *problem, size_t problem_bytes)
{
	struct chat *chat = mem_zero(sizeof *chat);
	chat->config = *config;
	users_init(&chat->users);
	rooms_init(&chat->rooms, config->encodings, config->workers_count);
	chat->out = mem_zero(config->workers_count * sizeof *chat->out);
	chat->put_off = mem_zero(config->workers_count * sizeof *chat->put_off);
	*made = chat;
	int result = mailbox_init(&chat->inbox);
	if (result) {
		snprintf(problem, problem_bytes, "no mailbox: %s", strerror(-result));
		return -1;
	}
	if (config->store->ops->load_rooms(config->store, load_room, chat) != STORE_OK ||
	    make_lobby(chat) != STORE_OK || hub_load_people(chat) != STORE_OK) {
		snprintf(problem, problem_bytes, "the database cannot be read and written; the log says why");
		chat_free(chat);
		return -1;
	}
	chat->rooms_count = chat->rooms.by_id.count;
	chat->guesses = guesses_new(
	    &(struct guess_rates){.proofs_per_second = config->limits.logins_per_second,
				  .wrong_per_minute = config->limits.wrong_passwords_per_minute,
				  .registrations_per_hour = config->limits.registrations_per_hour});
	chat->indexer = indexer_start(config->store);
	chat->hashers = jobs_start(config->store, 1, 1000);
	chat->jobs =
	    jobs_start(config->store, (unsigned)config->limits.jobs, (size_t)config->limits.jobs_max);
	result = pthread_create(&chat->thread, NULL, run_chat, chat);
	if (result) {
		snprintf(problem, problem_bytes, "no thread: %s", strerror(result));
		return -1;
	}
	return 0;
}

void chat_stop(struct chat *chat)
{
	chat->is_stopping = true;
	mailbox_wake(&chat->inbox);
	pthread_join(chat->thread, NULL);
	/* Proofs that were under way have come back meanwhile; this thread is the chat thread now. */
	jobs_stop(chat->hashers);
	handle_all(chat, mailbox_take(&chat->inbox));
	jobs_stop(chat->jobs);
	indexer_stop(chat->indexer);
}

void chat_free(struct chat *chat)
{
	rooms_release(&chat->rooms);
	users_release(&chat->users);
	if (chat->guesses)
		guesses_free(chat->guesses);
	mailbox_release(&chat->inbox);
	arena_release(&chat->arena);
	buffer_release(&chat->encoded);
	free(chat->out);
	free(chat->put_off);
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
	    .waiting_jobs = jobs_waiting(chat->jobs),
	    .turns = chat->turns,
	    .rooms = chat->rooms_count,
	};
}

const char *chat_epoch(const struct chat *chat)
{
	return chat->config.store->epoch;
}

const struct limits *chat_limits(const struct chat *chat)
{
	return &chat->config.limits;
}

const char *chat_server_ip(const struct chat *chat)
{
	return chat->config.server_ip;
}
