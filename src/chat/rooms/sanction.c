#include "chat/rooms/sanction.h"

#include "base/memory.h"
#include "chat/people/user.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- networks --- */

bool sanction_target_of_network(const char *text, char target[SANCTION_TARGET_BYTES])
{
	struct ip_network network;
	if (!ip_network_read(&network, text))
		return false;
	ip_network_write(&network, target);
	return true;
}

bool sanction_target_of_address(const char *address, char target[SANCTION_TARGET_BYTES])
{
	struct ip ip;
	char text[IP_NETWORK_TEXT_BYTES];
	if (!ip_read(&ip, address))
		return false;
	snprintf(text, sizeof text, ip_is_v4(&ip) ? "%s" : "%.45s/64", address);
	return sanction_target_of_network(text, target);
}

bool sanction_shown_network(const char *text, char shown[SANCTION_TARGET_BYTES])
{
	if (!sanction_target_of_network(text, shown))
		return false;
	/* All bits of an address are that address. */
	char *prefix = strchr(shown, '/');
	if (!strcmp(prefix, strchr(shown, ':') ? "/128" : "/32"))
		*prefix = '\0';
	return true;
}

void sanction_target_of_person(int64_t person, char target[SANCTION_TARGET_BYTES])
{
	snprintf(target, SANCTION_TARGET_BYTES, "person:%lld", (long long)person);
}

/* --- names that nobody here has --- */

#define NAME_TARGET    "name:"
#define ACCOUNT_TARGET "account:"

bool sanction_target_of_name(const char *folded, bool is_account, char target[SANCTION_TARGET_BYTES])
{
	int bytes = snprintf(target, SANCTION_TARGET_BYTES, "%s%s", is_account ? ACCOUNT_TARGET : NAME_TARGET,
			     folded);
	return bytes < SANCTION_TARGET_BYTES;
}

/* True where a sanction on a name holds for a user of it: that on a guest is theirs, not a later account's. */
static bool holds_for(const struct sanction *sanction, bool is_account)
{
	bool is_of_account = !strncmp(sanction->target, ACCOUNT_TARGET, sizeof ACCOUNT_TARGET - 1);
	bool is_of_name = !strncmp(sanction->target, NAME_TARGET, sizeof NAME_TARGET - 1);
	return is_account ? is_of_account || is_of_name : !is_of_account;
}

/* --- the room's --- */

static void sanction_free(struct sanction *sanction)
{
	free(sanction->target);
	free(sanction->folded);
	free(sanction->name);
	free(sanction->by);
	free(sanction->reason);
	free(sanction);
}

void sanctions_release(struct sanctions *sanctions)
{
	for (struct sanction *one = sanctions->first, *next; one; one = next) {
		next = one->next;
		sanction_free(one);
	}
	table_release(&sanctions->by_target);
	table_release(&sanctions->by_name);
}

static struct sanction *sanction_find(const struct sanctions *sanctions, enum sanction_kind kind,
				      const char *target)
{
	uint64_t hash = table_hash_string(target);
	for (struct table_link *link = table_first(&sanctions->by_target, hash); link;
	     link = table_next(link, hash)) {
		struct sanction *one = TABLE_OF(link, struct sanction, by_target);
		if ((!kind || one->kind == kind) && !strcmp(one->target, target))
			return one;
	}
	return NULL;
}

bool sanctions_have(const struct sanctions *sanctions, enum sanction_kind kind, const char *target)
{
	return sanctions->count && sanction_find(sanctions, kind, target);
}

static void take_out(struct sanctions *sanctions, struct sanction *sanction)
{
	struct sanction **at = &sanctions->first;
	while (*at != sanction)
		at = &(*at)->next;
	*at = sanction->next;
	table_remove(&sanctions->by_target, &sanction->by_target);
	if (*sanction->folded)
		table_remove(&sanctions->by_name, &sanction->by_name);
	sanctions->networks -= sanction->is_network;
	sanctions->count--;
	sanction_free(sanction);
}

bool sanctions_drop(struct sanctions *sanctions, enum sanction_kind kind, const char *target)
{
	struct sanction *sanction = sanction_find(sanctions, kind, target);
	if (sanction)
		take_out(sanctions, sanction);
	return sanction != NULL;
}

void sanctions_put(struct sanctions *sanctions, const struct store_sanction *stored)
{
	sanctions_drop(sanctions, stored->kind, stored->target);
	struct sanction *made = mem_zero(sizeof *made);
	*made = (struct sanction){.next = sanctions->first,
				  .kind = stored->kind,
				  .by_role = stored->by_role,
				  .time_ms = stored->time_ms,
				  .until_ms = stored->until_ms,
				  .target = mem_string(stored->target),
				  .folded = mem_string(stored->folded ? stored->folded : ""),
				  .name = mem_string(stored->name ? stored->name : ""),
				  .by = mem_string(stored->by ? stored->by : ""),
				  .reason = mem_string(stored->reason ? stored->reason : "")};
	made->is_network = strchr(stored->target, '/') && ip_network_read(&made->network, stored->target);
	sanctions->first = made;
	sanctions->networks += made->is_network;
	sanctions->count++;
	table_insert(&sanctions->by_target, &made->by_target, table_hash_string(made->target));
	if (*made->folded)
		table_insert(&sanctions->by_name, &made->by_name, table_hash_string(made->folded));
}

/* --- whom they meet --- */

static bool is_in_force(const struct sanction *sanction, enum sanction_kind kind, int64_t wall_ms)
{
	return (!kind || sanction->kind == kind) && (!sanction->until_ms || sanction->until_ms > wall_ms);
}

static const struct sanction *find_name(const struct sanctions *sanctions, enum sanction_kind kind,
					const char *folded, bool is_account, int64_t wall_ms)
{
	uint64_t hash = table_hash_string(folded);
	for (struct table_link *link = table_first(&sanctions->by_name, hash); link;
	     link = table_next(link, hash)) {
		const struct sanction *one = TABLE_OF(link, struct sanction, by_name);
		if (is_in_force(one, kind, wall_ms) && holds_for(one, is_account) &&
		    !strcmp(one->folded, folded))
			return one;
	}
	return NULL;
}

const struct sanction *sanctions_find_name(const struct sanctions *sanctions, const char *folded,
					   int64_t wall_ms)
{
	return sanctions->count ? find_name(sanctions, 0, folded, false, wall_ms) : NULL;
}

/* Somebody who comes in again beside themselves gets a suffix, and stays who they are. */
static const struct sanction *meet_name(const struct sanctions *sanctions, enum sanction_kind kind,
					const struct user *user, int64_t wall_ms)
{
	const char *folded = user_folded(user), *dash = user->has_suffix ? strrchr(folded, '-') : NULL;
	bool is_account = user_is_account(user);
	const struct sanction *met = find_name(sanctions, kind, folded, is_account, wall_ms);
	if (met || !dash || is_account)
		return met;
	char *wanted = mem_string_n(folded, (size_t)(dash - folded));
	met = find_name(sanctions, kind, wanted, false, wall_ms);
	free(wanted);
	return met;
}

static const struct sanction *meet_person(const struct sanctions *sanctions, enum sanction_kind kind,
					  const struct user *user, int64_t wall_ms)
{
	char target[SANCTION_TARGET_BYTES];
	sanction_target_of_person(user->id, target);
	uint64_t hash = table_hash_string(target);
	for (struct table_link *link = table_first(&sanctions->by_target, hash); link;
	     link = table_next(link, hash)) {
		const struct sanction *one = TABLE_OF(link, struct sanction, by_target);
		if (is_in_force(one, kind, wall_ms) && !strcmp(one->target, target))
			return one;
	}
	return NULL;
}

static const struct sanction *meet_network(const struct sanctions *sanctions, enum sanction_kind kind,
					   const char *address, int64_t wall_ms)
{
	struct ip ip;
	if (!sanctions->networks || !address || !ip_read(&ip, address))
		return NULL;
	const struct sanction *one = sanctions->first;
	while (one && !(one->is_network && is_in_force(one, kind, wall_ms) && ip_is_in(&ip, &one->network)))
		one = one->next;
	return one;
}

const struct sanction *sanctions_meet(const struct sanctions *sanctions, enum sanction_kind kind,
				      const struct user *user, const char *address, bool is_exempt,
				      int64_t wall_ms)
{
	if (!sanctions->count)
		return NULL;
	const struct sanction *met = meet_person(sanctions, kind, user, wall_ms);
	if (!met)
		met = meet_name(sanctions, kind, user, wall_ms);
	if (!met && !is_exempt)
		met = meet_network(sanctions, kind, address, wall_ms);
	return met;
}
