#include "chat/user.h"

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

static void user_free(struct user *user)
{
	free(user->name);
	free(user->folded);
	free(user->away);
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
	table_insert(&users->by_name, &user->by_name, table_hash_string(user->folded));
}

struct user *users_add(struct users *users, const char *name)
{
	struct user *user = mem_zero(sizeof *user);
	randombytes_buf(user->session, sizeof user->session);
	set_name(users, user, name);
	return user;
}

void users_remove(struct users *users, struct user *user)
{
	users_expire_never(users, user);
	table_remove(&users->by_name, &user->by_name);
	user_free(user);
}

void users_rename(struct users *users, struct user *user, const char *name)
{
	table_remove(&users->by_name, &user->by_name);
	free(user->name);
	free(user->folded);
	set_name(users, user, name);
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
