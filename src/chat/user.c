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

/* Gives the memory back where nothing is left to say in it. */
static void settle_absence(struct user *user)
{
	struct absence *absence = user->absence;
	if (!absence || absence->away || absence->expires_at)
		return;
	free(absence);
	user->absence = NULL;
}

static struct absence *need_absence(struct user *user)
{
	if (!user->absence) {
		user->absence = mem_zero(sizeof *user->absence);
		user->absence->user = user;
	}
	return user->absence;
}

static void user_free(struct user *user)
{
	if (user->holding)
		free(user->holding->blocked);
	free(user->holding);
	if (user->absence)
		free(user->absence->away);
	free(user->absence);
	free(user->name);
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
		if (!strcmp(user_folded(user), folded))
			found = user;
	}
	free(folded);
	return found;
}

const char *user_folded(const struct user *user)
{
	return user->is_folded ? user->name : user->name + strlen(user->name) + 1;
}

static void set_name(struct users *users, struct user *user, const char *name)
{
	user->since_id = users->newest_id;
	char *folded = utf8_fold(name);
	size_t bytes = strlen(name) + 1, folded_bytes = strlen(folded) + 1;
	user->is_folded = !strcmp(folded, name);
	user->name = mem_alloc(bytes + (user->is_folded ? 0 : folded_bytes));
	memcpy(user->name, name, bytes);
	if (!user->is_folded)
		memcpy(user->name + bytes, folded, folded_bytes);
	table_insert(&users->by_name, &user->by_name, table_hash_string(folded));
	free(folded);
}

const char *user_away(const struct user *user)
{
	return user->absence ? user->absence->away : NULL;
}

void user_set_away(struct user *user, const char *text)
{
	char *away = text && *text ? mem_string(text) : NULL;
	if (away || user->absence) {
		free(need_absence(user)->away);
		user->absence->away = away;
	}
	settle_absence(user);
}

void users_note_entry(struct users *users, int64_t id)
{
	if (!users->oldest_id)
		users->oldest_id = id;
	users->newest_id = id;
}

bool users_owns(const struct users *users, const struct user *user, const struct entry *entry)
{
	if (user->account || entry->account)
		return user->account == entry->account;
	return users->oldest_id && entry->id >= users->oldest_id && entry->id > user->since_id &&
	       !strcmp(entry->name, user->name);
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
	user->holding = mem_zero(sizeof *user->holding);
	user->holding->user = user;
	table_insert(&users->by_account, &user->holding->by_account, hash_of_account(account));
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
	while (link && TABLE_OF(link, struct holding, by_account)->user->account != account)
		link = table_next(link, hash);
	return link ? TABLE_OF(link, struct holding, by_account)->user : NULL;
}

void user_renew_session(struct user *user)
{
	randombytes_buf(user->session, sizeof user->session);
}

bool user_has_blocked(const struct user *user, const struct user *other)
{
	const struct holding *holding = user->holding;
	for (size_t i = 0; holding && i < holding->blocked_count; i++)
		if (other->account && holding->blocked[i] == other->account)
			return true;
	return false;
}

void user_set_blocked(struct user *user, int64_t account, bool on)
{
	struct holding *holding = user->holding;
	size_t at = 0;
	while (at < holding->blocked_count && holding->blocked[at] != account)
		at++;
	if (on && at == holding->blocked_count) {
		holding->blocked =
		    mem_grow(holding->blocked, &holding->blocked_capacity, at + 1, sizeof *holding->blocked);
		holding->blocked[holding->blocked_count++] = account;
	} else if (!on && at < holding->blocked_count) {
		holding->blocked[at] = holding->blocked[--holding->blocked_count];
	}
}

void users_remove(struct users *users, struct user *user)
{
	users_expire_never(users, user);
	table_remove(&users->by_name, &user->by_name);
	if (user->account)
		table_remove(&users->by_account, &user->holding->by_account);
	user_free(user);
}

void users_rename(struct users *users, struct user *user, const char *name)
{
	table_remove(&users->by_name, &user->by_name);
	/* `name` may be part of what is freed. */
	char *old = user->name;
	user->has_suffix = false;
	set_name(users, user, name);
	free(old);
}

void users_expire_at(struct users *users, struct user *user, int64_t mono_ms)
{
	struct absence *absence = need_absence(user);
	absence->expires_ms = mono_ms;
	absence->next = NULL;
	absence->expires_at = users->expiring_last;
	*users->expiring_last = absence;
	users->expiring_last = &absence->next;
}

void users_expire_never(struct users *users, struct user *user)
{
	struct absence *absence = user->absence;
	if (!absence || !absence->expires_at)
		return;
	*absence->expires_at = absence->next;
	if (absence->next)
		absence->next->expires_at = absence->expires_at;
	else
		users->expiring_last = absence->expires_at;
	absence->expires_at = NULL;
	settle_absence(user);
}

struct user *users_expired(const struct users *users, int64_t mono_ms)
{
	const struct absence *first = users->expiring;
	return first && first->expires_ms <= mono_ms ? first->user : NULL;
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
