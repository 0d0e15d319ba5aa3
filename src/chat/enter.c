/* Coming and going: hello, the simple form's first object, renaming, the end of a connection. */
#include "chat/hub.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "chat/guess.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX_MAX 10000

static uint64_t author_of(const struct chat *chat, const struct user *user, const char *device)
{
	crypto_generichash_state state;
	unsigned char hash[16];
	int64_t account = user->account;
	crypto_generichash_init(&state, chat->config.store->author_key, sizeof chat->config.store->author_key,
				sizeof hash);
	crypto_generichash_update(&state, (const void *)&account, sizeof account);
	/* Accounts may change their names; a guest is his name. */
	if (!account)
		crypto_generichash_update(&state, (const void *)user_folded(user),
					  strlen(user_folded(user)) + 1);
	crypto_generichash_update(&state, (const void *)device, strlen(device));
	crypto_generichash_final(&state, hash, sizeof hash);
	uint64_t author;
	memcpy(&author, hash, sizeof author);
	/* 0 means nobody; SQLite keeps 63 bits and a sign. */
	return (author & INT64_MAX) | 1;
}

static void attach(struct chat *chat, const struct request *request, struct user *user, const char *device)
{
	struct peer *peer = request->peer;
	peer->encoding = request->encoding;
	users_expire_never(&chat->users, user);
	peer_set_device(peer, device);
	if (chat->config.show_all_ips)
		peer->shown_at = 0;
	peer->author = author_of(chat, user, device);
	user_add_peer(user, peer);
}

/* The memberships of a connection that another one replaces: nobody sees them leave and come back. */
static void inherit(struct peer *peer, struct peer *old)
{
	for (struct following *following = old->followings; following; following = following->next)
		following_detach(old, following);
	peer->followings = old->followings;
	old->followings = NULL;
}

/* The user's last connection has gone. */
static void leave_user(struct chat *chat, struct user *user)
{
	if (user->keeps_name || user->account)
		users_expire_at(&chat->users, user,
				clock_mono_ms() + chat->config.limits.session_seconds * 1000);
	else
		hub_forget_user(chat, user);
}

void hub_forget_user(struct chat *chat, struct user *user)
{
	direct_forget_side(user);
	while (user->memberships)
		room_remove_member(user->memberships);
	users_remove(&chat->users, user);
}

static void leave(struct chat *chat, struct peer *peer)
{
	struct user *user = peer->user;
	while (peer->followings)
		hub_leave_room(chat, peer, peer->followings, false);
	if (!user)
		return;
	user_remove_peer(peer);
	if (!user->peers)
		leave_user(chat, user);
}

void hub_expel_peer(struct chat *chat, struct peer *peer, const char *key)
{
	reply_set_text(hub_tell(chat, peer, REPLY_CLOSE), key, NULL);
	leave(chat, peer);
}

static void take_over(struct chat *chat, struct peer *peer, struct peer *old)
{
	inherit(peer, old);
	user_remove_peer(old);
	hub_expel_peer(chat, old, "notice.taken_over");
}

/* The server's name, however it is spelt. */
static bool is_reserved(const char *name)
{
	char *folded = utf8_fold(name);
	bool is_servers = folded && !strcmp(folded, CHAT_SERVER_NAME);
	free(folded);
	return is_servers;
}

/* Answers and returns false where nobody may be called so. */
static bool check_name(struct chat *chat, const struct request *request, const char *name)
{
	struct text_args args = {.name = name};
	if (!utf8_is_user_name(name)) {
		hub_error(chat, request, ERROR_BAD_NAME, NULL, &args);
		return false;
	}
	if (is_reserved(name)) {
		hub_error(chat, request, ERROR_NAME_TAKEN, NULL, &args);
		return false;
	}
	return true;
}

/* The rooms that he is in, with what he has read of them. */
static void add_rooms(struct reply *reply, const struct user *user)
{
	reply->rows = arena_zero(&reply->arena, user->rooms * sizeof *reply->rows);
	for (const struct member *member = user->memberships; member; member = member->next) {
		char shown[ROOM_SHOWN_BYTES];
		reply->rows[reply->rows_count++] = (struct reply_row){
		    .name = reply_string(reply, room_name_for(member->room, user, shown)),
		    .seq = member->room->end_seq,
		    .read = member->read_seq,
		};
	}
}

static void welcome(struct chat *chat, const struct request *request)
{
	struct user *user = request->peer->user;
	struct reply *reply = reply_to(request, REPLY_WELCOME, request->peer->connection);
	char session[SESSION_TEXT_BYTES];
	user_session_text(user, session);
	reply->name = reply_string(reply, user->name);
	reply->session = reply_string(reply, session);
	reply->epoch = reply_string(reply, chat_epoch(chat));
	reply->is_account = user->account != 0;
	reply->is_admin = user->is_admin;
	reply->author = request->peer->author;
	add_rooms(reply, user);
	hub_reply(chat, request->peer, reply);
	sodium_memzero(session, sizeof session);
	LOG_INFO("user.hello", "connection=%llx name=%s account=%lld ip=%s",
		 (unsigned long long)request->peer->connection, user->name, (long long)user->account,
		 request->peer->address);
}

void hub_enter_user(struct chat *chat, const struct request *request, struct user *user)
{
	const char *device = request->text[REQUEST_TEXT_DEVICE];
	if (!device || !*device)
		device = "default";
	struct peer *old = user_find_device(user, device);
	if (old)
		take_over(chat, request->peer, old);
	user->keeps_name = true;
	if (user->account)
		guesses_know(chat->guesses, user_folded(user), request->peer->address, clock_mono_ms());
	attach(chat, request, user, device);
	welcome(chat, request);
}

void do_hello(struct chat *chat, struct request *request)
{
	const char *name = request->text[REQUEST_TEXT_NAME];
	const char *session = request->text[REQUEST_TEXT_SESSION];
	struct text_args args = {.name = name};
	if (request->peer->user) {
		hub_error(chat, request, ERROR_FORBIDDEN, "error.hello_twice", NULL);
		return;
	}
	if (!check_name(chat, request, name))
		return;
	/* An account that was made or changed a moment ago counts already. */
	if (request->text[REQUEST_TEXT_PASSWORD] || request->text[REQUEST_TEXT_TOKEN])
		hub_look_outside(chat);
	struct user *user = users_find(&chat->users, name);
	bool has_session = user && session && user_has_session(user, session);
	bool has_secret = request->text[REQUEST_TEXT_PASSWORD] || request->text[REQUEST_TEXT_TOKEN];
	if (has_session && user->account && !hub_check_line(chat, request))
		return;
	if (has_session) {
		request->peer->token = hub_token_of(chat, request, user);
		hub_enter_user(chat, request, user);
	} else if (has_secret) {
		hub_prove(chat, request);
	} else if (user) {
		hub_error(chat, request, user->account ? ERROR_AUTH_REQUIRED : ERROR_NAME_TAKEN, NULL, &args);
	} else if (!chat->config.allow_guests) {
		hub_error(chat, request, ERROR_AUTH_REQUIRED, "error.no_guests", &args);
	} else {
		hub_enter_user(chat, request, users_add(&chat->users, name));
	}
}

/* White space inside becomes '_', outside it goes. */
static char *simple_name(const char *name)
{
	while (*name == ' ' || *name == '\t')
		name++;
	size_t length = strlen(name);
	while (length && (name[length - 1] == ' ' || name[length - 1] == '\t'))
		length--;
	char *made = mem_string_n(name, length);
	for (char *at = made; *at; at++)
		if (*at == ' ' || *at == '\t')
			*at = '_';
	return made;
}

/* Cuts the name so that "-NUMBER" still fits. */
static void add_suffix(const char *name, int number, char *made, size_t made_bytes)
{
	char suffix[16];
	int suffix_length = snprintf(suffix, sizeof suffix, "-%d", number);
	size_t bytes = 0;
	for (int count = 0; name[bytes] && count < LIMIT_NAME_CODE_POINTS - suffix_length; count++) {
		bytes++;
		while (((unsigned char)name[bytes] & 0xc0) == 0x80)
			bytes++;
	}
	snprintf(made, made_bytes, "%.*s%s", (int)bytes, name, suffix);
}

static struct user *add_simple_user(struct chat *chat, const char *name)
{
	char made[LIMIT_NAME_BYTES + 16];
	snprintf(made, sizeof made, "%s", name);
	for (int number = 2; users_find(&chat->users, made) && number < SUFFIX_MAX; number++)
		add_suffix(name, number, made, sizeof made);
	struct user *user = users_find(&chat->users, made) ? NULL : users_add(&chat->users, made);
	if (user)
		user->has_suffix = strcmp(made, name) != 0;
	return user;
}

static void enter_simple(struct chat *chat, struct request *request)
{
	struct peer *peer = request->peer;
	const char *given = request->text[REQUEST_TEXT_NAME];
	if (!given) {
		hub_bad_field(chat, request, "from.name");
		return;
	}
	char *name = simple_name(given);
	struct text_args args = {.name = name};
	const struct user *holder = users_find(&chat->users, name);
	if (!check_name(chat, request, name)) {
		/* It was answered. */
	} else if (!chat->config.allow_guests) {
		hub_error(chat, request, ERROR_AUTH_REQUIRED, "error.no_guests", &args);
	} else if (holder && holder->account) {
		hub_error(chat, request, ERROR_NAME_TAKEN, "error.name_of_account", &args);
	} else {
		struct user *user = add_simple_user(chat, name);
		if (!user) {
			hub_error(chat, request, ERROR_NAME_TAKEN, NULL, &args);
		} else {
			peer->is_simple = true;
			attach(chat, request, user, "default");
			struct room *lobby = rooms_find(&chat->rooms, CHAT_LOBBY);
			struct reply *entered = reply_to(request, REPLY_ENTERED, peer->connection);
			entered->is_answer = false;
			entered->name = reply_string(entered, user->name);
			entered->asked = reply_string(entered, name);
			entered->author = peer->author;
			hub_reply(chat, peer, entered);
			hub_join_room(chat, request, lobby);
			LOG_INFO("user.enter", "connection=%llx name=%s ip=%s",
				 (unsigned long long)peer->connection, user->name, peer->address);
		}
	}
	free(name);
}

void do_simple(struct chat *chat, struct request *request)
{
	const char *message = request->text[REQUEST_TEXT_MESSAGE];
	/* A first object only names; its message comes as a request of its own behind it. */
	bool is_naming = request->text[REQUEST_TEXT_NAME] != NULL;
	if (!request->peer->user)
		enter_simple(chat, request);
	else if (is_naming || !message || !*message)
		hub_ok(chat, request);
	else
		do_send(chat, request);
}

void do_closed(struct chat *chat, struct request *request)
{
	struct peer *peer = request->peer;
	leave(chat, peer);
	peer->is_closed = true;
	hub_release_peer(peer);
}

void hub_release_peer(struct peer *peer)
{
	if (!peer->is_closed || peer->proofs)
		return;
	peer_free_device(peer);
	free(peer);
}

/* Who says goodbye needs no name kept for him. He has left before he hears "bye", so that the next to
 * come can have the name at once: scripts that say one thing each depend on that. */
void do_quit(struct chat *chat, struct request *request)
{
	struct user *user = request->peer->user;
	if (user && user->peers == request->peer && !request->peer->next)
		user->keeps_name = false;
	leave(chat, request->peer);
	hub_reply(chat, request->peer, reply_to(request, REPLY_BYE, request->peer->connection));
}

static void tell_renamed(struct chat *chat, const struct request *request, const char *name)
{
	const struct user *user = request->peer->user;
	for (struct member *member = user->memberships; member; member = member->next) {
		struct entry event = {.kind = ENTRY_NICK,
				      .author = request->peer->author,
				      .name = user->name,
				      .key = "event.nick",
				      .args = {.name = name, .by = user->name, .room = member->room->name}};
		hub_event(chat, member->room, &event);
	}
}

/* Whoever is banned or muted somewhere must not slip out of it under another name. */
static bool may_rename(struct chat *chat, const struct request *request)
{
	size_t bucket = 0;
	for (struct table_link *link = NULL; (link = table_walk(&chat->rooms.by_name, &bucket, link));) {
		struct room *room = TABLE_OF(link, struct room, by_name);
		const struct sanction *sanction =
		    room->sanctions ? room_find_sanction(room, 0, request->peer->user, NULL, clock_wall_ms())
				    : NULL;
		if (!sanction)
			continue;
		struct text_args args = {.room = room->name, .time_ms = sanction->until_ms};
		hub_error(chat, request, sanction->kind == SANCTION_BAN ? ERROR_BANNED : ERROR_MUTED,
			  sanction->kind == SANCTION_BAN ? "error.banned_rename" : "error.muted_rename",
			  &args);
		return false;
	}
	return true;
}

/* A name that is banned or muted in a room where he is would shut him up there. */
static bool check_new_name(struct chat *chat, const struct request *request, const char *name)
{
	char *folded = utf8_fold(name);
	const struct user named = {.name = folded, .is_folded = true};
	const struct sanction *sanction = NULL;
	for (const struct member *member = request->peer->user->memberships; member && !sanction;
	     member = member->next) {
		sanction = room_find_sanction(member->room, 0, &named, NULL, clock_wall_ms());
		struct text_args args = {.name = name, .room = member->room->name};
		if (sanction)
			hub_error(chat, request, sanction->kind == SANCTION_BAN ? ERROR_BANNED : ERROR_MUTED,
				  "error.name_banned", &args);
	}
	free(folded);
	return !sanction;
}

void do_nick(struct chat *chat, struct request *request)
{
	struct user *user = hub_need_user(chat, request);
	const char *name = request->text[REQUEST_TEXT_NAME];
	if (!user || !check_name(chat, request, name))
		return;
	struct user *other = users_find(&chat->users, name);
	struct text_args args = {.name = name};
	if (other && other != user) {
		hub_error(chat, request, ERROR_NAME_TAKEN, NULL, &args);
		return;
	}
	if (!may_rename(chat, request) || !check_new_name(chat, request, name))
		return;
	if (user->account) {
		char *folded = utf8_fold(name);
		struct store *store = chat->config.store;
		int result = hub_begin(chat, request)
				 ? STORE_FAILED
				 : store->ops->rename_account(store, user->account, name, folded);
		free(folded);
		if (result == STORE_EXISTS) {
			hub_rollback(chat);
			hub_error(chat, request, ERROR_NAME_TAKEN, NULL, &args);
			return;
		}
		if (hub_finish(chat, request, result))
			return;
	}
	tell_renamed(chat, request, name);
	hub_notice(chat, request, "notice.nick", &args);
	users_rename(&chat->users, user, name);
}
