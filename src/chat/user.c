#include "chat/user.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void users_init(struct users *users)
{
	*users = (struct users){0};
	users->expiring_last = &users->expiring;
}

/* Most names are their own folded form: one string serves for both. */
static void free_names(struct user *user)
{
	if (user->folded != user->name)
		free(user->folded);
	free(user->name);
}

static void user_free(struct user *user)
{
	free_names(user);
	free(user->away);
	free(user->blocked);
	sodium_memzero(user->session, sizeof user->session);
	free(user);
}

void users_release(struct users *users)
{
	size_t bucket = 0;
	struct table_link *link;
	while ((link = table_walk(&users->by_name, &bucket, NULL))) {
		table_remove(&users->by_name, link);
		user_free(TABLE_OF(link, struct user, by_name));
	}
	table_release(&users->by_name);
	table_release(&users->by_account);
}

struct user *users_find(const struct users *users, const char *name)
{
	char *folded = utf8_fold(name);
	if (!folded)
		return NULL;
	uint64_t hash = table_hash_string(folded);
	struct user *found = NULL;
	for (struct table_link *link = table_first(&users->by_name, hash); link && !found;
	     link = table_next(link, hash)) {
		struct user *user = TABLE_OF(link, struct user, by_name);
		if (!strcmp(user->folded, folded))
			found = user;
	}
	free(folded);
	return found;
}

static void set_name(struct users *users, struct user *user, const char *name)
{
	user->name = mem_string(name);
	user->folded = utf8_fold(name);
	if (!strcmp(user->folded, user->name)) {
		free(user->folded);
		user->folded = user->name;
	}
	table_insert(&users->by_name, &user->by_name, table_hash_string(user->folded));
}

struct user *users_add(struct users *users, const char *name)
{
	struct user *user = mem_zero(sizeof *user);
	user->since_ms = clock_wall_ms();
	user_renew_session(user);
	set_name(users, user, name);
	return user;
}

static uint64_t hash_of_account(int64_t account)
{
	return table_hash(&account, sizeof account);
}

void users_make_account(struct users *users, struct user *user, int64_t account)
{
	user->account = account;
	table_insert(&users->by_account, &user->by_account, hash_of_account(account));
}

struct user *users_add_account(struct users *users, int64_t account, const char *name)
{
	struct user *user = users_add(users, name);
	users_make_account(users, user, account);
	return user;
}

struct user *users_find_account(const struct users *users, int64_t account)
{
	uint64_t hash = hash_of_account(account);
	struct table_link *link = table_first(&users->by_account, hash);
	while (link && TABLE_OF(link, struct user, by_account)->account != account)
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct user, by_account) : NULL;
}

void user_renew_session(struct user *user)
{
	randombytes_buf(user->session, sizeof user->session);
}

bool user_has_blocked(const struct user *user, const struct user *other)
{
	for (size_t i = 0; i < user->blocked_count; i++)
		if (other->account && user->blocked[i] == other->account)
			return true;
	return false;
}

void user_set_blocked(struct user *user, int64_t account, bool on)
{
	size_t at = 0;
	while (at < user->blocked_count && user->blocked[at] != account)
		at++;
	if (on && at == user->blocked_count) {
		user->blocked =
		    mem_grow(user->blocked, &user->blocked_capacity, at + 1, sizeof *user->blocked);
		user->blocked[user->blocked_count++] = account;
	} else if (!on && at < user->blocked_count) {
		user->blocked[at] = user->blocked[--user->blocked_count];
	}
}

void users_remove(struct users *users, struct user *user)
{
	users_expire_never(users, user);
	table_remove(&users->by_name, &user->by_name);
	if (user->account)
		table_remove(&users->by_account, &user->by_account);
	user_free(user);
}

void users_rename(struct users *users, struct user *user, const char *name)
{
	table_remove(&users->by_name, &user->by_name);
	/* `name` may be part of what is freed. */
	char *renamed = mem_string(name);
	free_names(user);
	set_name(users, user, renamed);
	free(renamed);
}

void users_expire_at(struct users *users, struct user *user, int64_t mono_ms)
{
	user->expires_ms = mono_ms;
	user->expires_next = NULL;
	user->expires_at = users->expiring_last;
	*users->expiring_last = user;
	users->expiring_last = &user->expires_next;
}

void users_expire_never(struct users *users, struct user *user)
{
	if (!user->expires_at)
		return;
	*user->expires_at = user->expires_next;
	if (user->expires_next)
		user->expires_next->expires_at = user->expires_at;
	else
		users->expiring_last = user->expires_at;
	user->expires_at = NULL;
	user->expires_next = NULL;
}

struct user *users_expired(const struct users *users, int64_t mono_ms)
{
	return users->expiring && users->expiring->expires_ms <= mono_ms ? users->expiring : NULL;
}

void user_session_text(const struct user *user, char text[SESSION_TEXT_BYTES])
{
	sodium_bin2hex(text, SESSION_TEXT_BYTES, user->session, SESSION_BYTES);
}

bool user_has_session(const struct user *user, const char *text)
{
	unsigned char given[SESSION_BYTES];
	size_t length = 0;
	if (sodium_hex2bin(given, sizeof given, text, strlen(text), NULL, &length, NULL) ||
	    length != sizeof given)
		return false;
	return !sodium_memcmp(given, user->session, sizeof given);
}

static char device_default[] = "default";

void peer_set_device(struct peer *peer, const char *device)
{
	peer_free_device(peer);
	peer->device = strcmp(device, device_default) ? mem_string(device) : device_default;
}

void peer_free_device(struct peer *peer)
{
	if (peer->device != device_default)
		free(peer->device);
	peer->device = NULL;
}

void user_add_peer(struct user *user, struct peer *peer)
{
	peer->user = user;
	peer->next = user->peers;
	user->peers = peer;
}

void user_remove_peer(struct peer *peer)
{
	struct peer **at = &peer->user->peers;
	while (*at != peer)
		at = &(*at)->next;
	*at = peer->next;
	peer->user = NULL;
	peer->next = NULL;
}

struct peer *user_find_device(const struct user *user, const char *device)
{
	struct peer *peer = user->peers;
	while (peer && strcmp(peer->device, device))
		peer = peer->next;
	return peer;
}
