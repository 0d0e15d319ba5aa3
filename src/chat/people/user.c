#include "chat/people/user.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text/name.h"
#include "base/text/utf8.h"
#include "chat/people/block.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static char device_default[] = "default";

void users_init(struct users *users)
{
	*users = (struct users){0};
	users->expiring_last = &users->expiring;
	waiting_init(&users->waiting);
}

static void users_free_session(struct users *users, struct session *session)
{
	if (session->idle)
		waiting_remove(&users->waiting, &session->idle->waiter);
	free(session->idle);
	if (session->device != device_default)
		free(session->device);
	sodium_memzero(session->hash, sizeof session->hash);
	free(session);
}

static void profile_free(struct users *users, struct profile *profile)
{
	if (!profile)
		return;
	if (*profile->display)
		table_remove(&users->by_display, &profile->by_display);
	free(profile->display);
	free(profile->about);
	free(profile->picture);
	free(profile);
}

static void account_free(struct users *users, struct account *account)
{
	if (!account)
		return;
	profile_free(users, account->profile);
	blocks_release(users, account);
	free(account);
}

static void user_free(struct users *users, struct user *user)
{
	for (struct session *session = user->sessions, *next; session; session = next) {
		next = session->next;
		users_free_session(users, session);
	}
	account_free(users, user->account);
	free(user->look);
	free(user->away);
	free(user->name);
	free(user);
}

void users_release(struct users *users)
{
	size_t bucket = 0;
	struct table_link *link;
	while ((link = table_walk(&users->by_id, &bucket, NULL))) {
		table_remove(&users->by_id, link);
		user_free(users, TABLE_OF(link, struct user, by_id));
	}
	table_release(&users->by_id);
	table_release(&users->by_name);
	table_release(&users->by_look);
	table_release(&users->by_display);
	table_release(&users->blocks);
	waiting_release(&users->waiting);
}

const char *user_folded(const struct user *user)
{
	return user->is_folded ? user->name : user->name + strlen(user->name) + 1;
}

struct user *users_find_folded(const struct users *users, const char *folded)
{
	uint64_t hash = name_look_folded(folded);
	for (struct table_link *link = table_first(&users->by_name, hash); link;
	     link = table_next(link, hash)) {
		struct user *user = TABLE_OF(link, struct user, by_name);
		if (!strcmp(user_folded(user), folded))
			return user;
	}
	return NULL;
}

struct user *users_find(const struct users *users, const char *name)
{
	char *folded = utf8_fold(name);
	struct user *found = folded ? users_find_folded(users, folded) : NULL;
	free(folded);
	return found;
}

static struct user *find_by_name(const struct users *users, uint64_t look, const struct user *except)
{
	struct table_link *link = table_first(&users->by_name, look);
	while (link && TABLE_OF(link, struct user, by_name) == except)
		link = table_next(link, look);
	return link ? TABLE_OF(link, struct user, by_name) : NULL;
}

static struct user *find_by_look(const struct users *users, uint64_t look, const struct user *except)
{
	struct table_link *link = table_first(&users->by_look, look);
	while (link && TABLE_OF(link, struct user_look, by_look)->user == except)
		link = table_next(link, look);
	return link ? TABLE_OF(link, struct user_look, by_look)->user : NULL;
}

static struct user *find_by_display(const struct users *users, uint64_t look, const struct user *except)
{
	struct table_link *link = table_first(&users->by_display, look);
	while (link && TABLE_OF(link, struct profile, by_display)->user == except)
		link = table_next(link, look);
	return link ? TABLE_OF(link, struct profile, by_display)->user : NULL;
}

static uint64_t display_look(const char *display)
{
	char plain[NAME_PLAIN_BYTES];
	name_plain(display, plain);
	return name_look(plain).folded;
}

void users_put_profile(struct users *users, struct user *user, const struct store_profile *stored)
{
	struct profile *profile = mem_zero(sizeof *profile);
	profile_free(users, user->account->profile);
	user->account->profile = profile;
	profile->user = user;
	profile->display = mem_string(stored->display);
	profile->about = mem_string(stored->about);
	profile->picture = mem_string(stored->picture);
	memcpy(profile->picture_key, stored->picture_key, sizeof profile->picture_key);
	profile->hides_reading = stored->hides_reading;
	if (*profile->display)
		table_insert(&users->by_display, &profile->by_display, display_look(profile->display));
}

struct user *users_find_like(const struct users *users, const char *name, const struct user *except)
{
	struct name_look look = name_look(name);
	struct user *found = find_by_name(users, look.folded, except);
	/* Everybody else is in by_name under both looks. */
	if (!found)
		found = find_by_name(users, look.written, except);
	if (!found)
		found = find_by_look(users, look.written, except);
	return found ? found : find_by_display(users, display_look(name), except);
}

struct user *users_find_id(const struct users *users, int64_t id)
{
	uint64_t hash = table_hash_id(id);
	struct table_link *link = table_first(&users->by_id, hash);
	while (link && TABLE_OF(link, struct user, by_id)->id != id)
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct user, by_id) : NULL;
}

struct user *users_find_gone(const struct users *users, const char *name)
{
	const char *mark = strrchr(name, '!');
	char *end = NULL;
	long long id = mark ? strtoll(mark + 1, &end, 10) : 0;
	struct user *user = mark && end != mark + 1 && !*end ? users_find_id(users, id) : NULL;
	if (!user || !user->is_gone)
		return NULL;
	char *called = mem_string_n(name, (size_t)(mark - name)), *folded = utf8_fold(called);
	bool is_theirs = folded && !strcmp(folded, user_folded(user));
	free(called);
	free(folded);
	return is_theirs ? user : NULL;
}

static void set_name(struct user *user, const char *name)
{
	char *folded = utf8_fold(name);
	size_t bytes = strlen(name) + 1, folded_bytes = strlen(folded) + 1;
	user->is_folded = !strcmp(folded, name);
	user->name = mem_alloc(bytes + (user->is_folded ? 0 : folded_bytes));
	memcpy(user->name, name, bytes);
	if (!user->is_folded)
		memcpy(user->name + bytes, folded, folded_bytes);
	free(folded);
}

static void index_name(struct users *users, struct user *user)
{
	struct name_look look = name_look(user->name);
	table_insert(&users->by_name, &user->by_name, look.folded);
	if (look.written == look.folded)
		return;
	user->look = mem_zero(sizeof *user->look);
	user->look->user = user;
	table_insert(&users->by_look, &user->look->by_look, look.written);
}

static void forget_name(struct users *users, struct user *user)
{
	table_remove(&users->by_name, &user->by_name);
	if (user->look)
		table_remove(&users->by_look, &user->look->by_look);
	free(user->look);
	user->look = NULL;
}

void user_set_away(struct user *user, const char *text)
{
	free(user->away);
	user->away = text && *text ? mem_string(text) : NULL;
}

struct user *users_add(struct users *users, const struct store_person *stored)
{
	struct user *user = mem_zero(sizeof *user);
	/* Invariant 1. */
	assert(stored->id > 0 && stored->id <= INT32_MAX && !users_find_id(users, stored->id));
	user->id = stored->id;
	users_set_rights(users, user, stored->is_admin, stored->has_factor);
	user->is_disabled = stored->is_disabled;
	user->is_gone = stored->kind == PERSON_GONE;
	user->since_ms = clock_wall_ms();
	set_name(user, stored->name);
	table_insert(&users->by_id, &user->by_id, table_hash_id(user->id));
	if (!user->is_gone)
		index_name(users, user);
	if (stored->kind == PERSON_ACCOUNT)
		users_make_account(users, user, stored->made_ms);
	return user;
}

void users_make_account(struct users *users, struct user *user, int64_t made_ms)
{
	if (user->account)
		return;
	user->account = mem_zero(sizeof *user->account);
	user->account->made_ms = made_ms;
	users->accounts++;
	for (struct session *session = user->sessions; session; session = session->next)
		if (session->idle)
			waiting_remove(&users->waiting, &session->idle->waiter);
}

static bool is_admin_by_name(const struct users *users, const struct user *user)
{
	return user->is_named_admin && (user->has_factor || !users->admins_need_factor);
}

static bool has_oper(const struct user *user)
{
	const struct peer *peer = user->peers;
	while (peer && !peer->oper)
		peer = peer->next;
	return peer != NULL;
}

void users_set_rights(const struct users *users, struct user *user, bool is_admin, bool has_factor)
{
	bool was_admin = user->is_admin;
	user->is_named_admin = is_admin;
	user->has_factor = has_factor;
	user->is_admin = is_admin_by_name(users, user) || has_oper(user);
	if (was_admin && !user->is_admin)
		users_end_opers(users, user);
}

void users_set_oper(const struct users *users, struct peer *peer, const struct user *admin)
{
	assert(peer->user && admin->id > 0);
	if (!is_admin_by_name(users, peer->user))
		peer->oper = (uint32_t)admin->id;
	peer->user->is_admin = true;
}

void users_end_opers(const struct users *users, const struct user *admin)
{
	size_t bucket = 0;
	for (struct table_link *link = NULL; (link = table_walk(&users->by_id, &bucket, link));) {
		struct user *user = TABLE_OF(link, struct user, by_id);
		bool has_ended = false;
		for (struct peer *peer = user->peers; peer; peer = peer->next) {
			if (peer->oper != (uint32_t)admin->id)
				continue;
			peer->oper = 0;
			has_ended = true;
		}
		if (has_ended)
			users_set_rights(users, user, user->is_named_admin, user->has_factor);
	}
}

void users_rename(struct users *users, struct user *user, const char *name)
{
	assert(!user->is_gone);
	/* `name` may be part of what is freed. */
	char *old = user->name;
	forget_name(users, user);
	user->has_suffix = false;
	set_name(user, name);
	index_name(users, user);
	free(old);
}

static void drop_sessions(struct users *users, struct user *user)
{
	while (user->sessions)
		users_drop_session(users, user, user->sessions);
}

static void drop_account(struct users *users, struct user *user)
{
	users->accounts -= user->account != NULL;
	account_free(users, user->account);
	user->account = NULL;
}

void users_make_gone(struct users *users, struct user *user)
{
	assert(!user->peers);
	drop_sessions(users, user);
	drop_account(users, user);
	user_set_away(user, NULL);
	blocks_forget(users, user->id);
	forget_name(users, user);
	user->is_gone = true;
	users_set_rights(users, user, false, false);
}

void users_remove(struct users *users, struct user *user)
{
	assert(!user->peers && !user->memberships); /* 2 */
	users_set_rights(users, user, false, false);
	drop_sessions(users, user);
	drop_account(users, user);
	blocks_forget(users, user->id);
	table_remove(&users->by_id, &user->by_id);
	if (!user->is_gone)
		forget_name(users, user);
	user_free(users, user);
}

/* --- sessions --- */

void token_hash(const char *token, unsigned char hash[STORE_TOKEN_BYTES])
{
	crypto_generichash(hash, STORE_TOKEN_BYTES, (const unsigned char *)token, strlen(token), NULL, 0);
}

bool session_hash(const char *text, unsigned char hash[STORE_SESSION_BYTES])
{
	unsigned char secret[SESSION_SECRET_BYTES];
	size_t length = 0;
	bool is_form = !sodium_hex2bin(secret, sizeof secret, text, strlen(text), NULL, &length, NULL) &&
		       length == sizeof secret;
	if (is_form)
		crypto_generichash(hash, STORE_SESSION_BYTES, secret, sizeof secret, NULL, 0);
	sodium_memzero(secret, sizeof secret);
	return is_form;
}

struct session *user_find_session(const struct user *user, const unsigned char hash[STORE_SESSION_BYTES])
{
	struct session *session = user->sessions;
	while (session && sodium_memcmp(session->hash, hash, STORE_SESSION_BYTES))
		session = session->next;
	return session;
}

uint32_t user_token_bits(const unsigned char hash[STORE_TOKEN_BYTES])
{
	uint32_t bits;
	memcpy(&bits, hash, sizeof bits);
	return bits ? bits : 1;
}

struct session *users_put_session(struct users *users, struct user *user, const struct store_session *stored)
{
	struct session *session = user_find_session(user, stored->hash);
	if (!session) {
		session = mem_zero(sizeof *session);
		memcpy(session->hash, stored->hash, sizeof session->hash);
		session->device =
		    strcmp(stored->device, device_default) ? mem_string(stored->device) : device_default;
		session->next = user->sessions;
		user->sessions = session;
	}
	session->token = stored->has_token ? user_token_bits(stored->token) : 0;
	for (struct session *one = user->sessions, *next; one; one = next) {
		next = one->next;
		if (one == session || strcmp(one->device, session->device))
			continue;
		/* Peers that came in by it are on that device. */
		for (struct peer *peer = user->peers; peer; peer = peer->next)
			if (peer->session == one)
				peer->session = session;
		users_drop_session(users, user, one);
	}
	return session;
}

void users_drop_session(struct users *users, struct user *user, struct session *session)
{
	assert(session && user->sessions);
	struct session **at = &user->sessions;
	while (*at != session)
		at = &(*at)->next;
	*at = session->next;
	for (struct peer *peer = user->peers; peer; peer = peer->next)
		if (peer->session == session)
			peer->session = NULL;
	users_expire_never(users, session);
	users_free_session(users, session);
}

void users_expire_at(struct users *users, struct user *user, struct session *session, int64_t mono_ms,
		     const char *address)
{
	assert(mono_ms > 0);
	users_expire_never(users, session);
	struct idle *idle = mem_zero(sizeof *idle), **at = users->expiring_last;
	*idle = (struct idle){.session = session, .user = user, .expires_ms = mono_ms};
	/* Nearly all wait equally long; those that a restart found go in their place. */
	if (users->expiring && mono_ms < TABLE_OF(at, struct idle, next)->expires_ms)
		for (at = &users->expiring; *at && (*at)->expires_ms <= mono_ms;)
			at = &(*at)->next;
	idle->next = *at;
	idle->at = at;
	*at = idle;
	if (idle->next)
		idle->next->at = &idle->next;
	else
		users->expiring_last = &idle->next;
	session->idle = idle;
	if (!user_is_account(user))
		waiting_add(&users->waiting, &idle->waiter, address);
	assert(!idle->next || idle->next->expires_ms >= mono_ms); /* 3 */
}

void users_expire_never(struct users *users, struct session *session)
{
	struct idle *idle = session->idle;
	if (!idle)
		return;
	*idle->at = idle->next;
	if (idle->next)
		idle->next->at = idle->at;
	else
		users->expiring_last = idle->at;
	waiting_remove(&users->waiting, &idle->waiter);
	free(idle);
	session->idle = NULL;
}

struct idle *users_expired(const struct users *users, int64_t mono_ms)
{
	struct idle *first = users->expiring;
	return first && first->expires_ms <= mono_ms ? first : NULL;
}

struct idle *users_surplus(const struct users *users, const char *address, const struct limits *limits)
{
	struct waiter *waiter = waiting_surplus(&users->waiting, address, (size_t)limits->guests_waiting_max,
						(size_t)limits->guests_waiting_per_address);
	return waiter ? CONTAINER_OF(waiter, struct idle, waiter) : NULL;
}

bool user_has_place(const struct user *user, const char *device, bool has_token, int64_t most,
		    struct session **gives_way)
{
	int64_t count = 0;
	*gives_way = NULL;
	for (struct session *one = user->sessions; one; one = one->next) {
		/* One of the same device ends in any case. */
		if ((one->token != 0) != has_token || !strcmp(one->device, device))
			continue;
		count++;
		if (one->idle && (!*gives_way || one->idle->expires_ms < (*gives_way)->idle->expires_ms))
			*gives_way = one;
	}
	if (count < most)
		*gives_way = NULL;
	return count < most || *gives_way;
}

/* --- peers --- */

const char *peer_device(const struct peer *peer)
{
	return peer->session ? peer->session->device : device_default;
}

const char *peer_real_name(const struct peer *peer)
{
	const char *display = user_display(peer->user);
	if (peer->looks)
		return peer->looks + strlen(peer->looks) + 1;
	return display ? display : peer->user->name;
}

const char *peer_user_name(const struct peer *peer)
{
	return peer->looks ? peer->looks : "u";
}

uint64_t author_of(int64_t person, const char *device)
{
	/* FNV-1a: the same in every process, since the store keeps it. */
	uint32_t hash = 2166136261u;
	for (; *device; device++)
		hash = (hash ^ (unsigned char)*device) * 16777619u;
	assert(person > 0 && person <= INT32_MAX);
	return (uint64_t)person << 32 | hash;
}

void user_add_peer(struct user *user, struct peer *peer)
{
	assert(!peer->user && !user->is_gone);
	peer->user = user;
	peer->next = user->peers;
	user->peers = peer;
}

void user_remove_peer(struct peer *peer)
{
	assert(peer->user && peer->user->peers);
	struct peer **at = &peer->user->peers;
	while (*at != peer)
		at = &(*at)->next;
	*at = peer->next;
	peer->user = NULL;
	peer->next = NULL;
	peer->oper = 0;
}
