/* Bans and mutes of one room, found by hash for people and names, and by comparison for networks.
 *
 * Layer: chat. Threads: the chat thread's alone. */
#ifndef BRUSIO_CHAT_SANCTION_H
#define BRUSIO_CHAT_SANCTION_H

#include "base/ip.h"
#include "base/table.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct user;

#define SANCTION_TARGET_BYTES 256

struct sanction {
	struct table_link by_target, by_name;
	struct sanction *next; /* of the room */
	enum sanction_kind kind;
	enum role by_role; /* what the one who set it was */
	bool is_network;
	struct ip_network network;
	int64_t time_ms, until_ms; /* 0: without end */
	char *target;              /* as in struct store_sanction */
	char *folded;              /* the name for which it holds, too; "" */
	char *name, *by, *reason;
};

struct sanctions {
	struct sanction *first;
	struct table by_target, by_name;
	size_t networks, count;
};

void sanctions_release(struct sanctions *sanctions);
/* One of the same kind and target is replaced. */
void sanctions_put(struct sanctions *sanctions, const struct store_sanction *stored);
bool sanctions_have(const struct sanctions *sanctions, enum sanction_kind kind, const char *target);
/* False where there was none. */
bool sanctions_drop(struct sanctions *sanctions, enum sanction_kind kind, const char *target);
/* Any that holds for this folded name. */
const struct sanction *sanctions_find_name(const struct sanctions *sanctions, const char *folded,
					   int64_t wall_ms);

/* One that is in force now for this person. `kind` 0: any. `address` may be NULL; networks do not meet
 * those who keep order in the room (`is_exempt`): they are banned and muted by those above them, in person. */
const struct sanction *sanctions_meet(const struct sanctions *sanctions, enum sanction_kind kind,
				      const struct user *user, const char *address, bool is_exempt,
				      int64_t wall_ms);

/* The target of a sanction on a person, and on an address or network ("10.1.2.3", "10.0.0.0/8",
 * "2001:db8::/32"; an IPv4-mapped IPv6 address is the IPv4 address). False: not an address. */
void sanction_target_of_person(int64_t person, char target[SANCTION_TARGET_BYTES]);
bool sanction_target_of_network(const char *text, char target[SANCTION_TARGET_BYTES]);
/* The same as people read it: the one form of an address or network, however it was written. */
bool sanction_shown_network(const char *text, char shown[SANCTION_TARGET_BYTES]);
/* The target of a sanction on a folded name that nobody here has: it applies to everybody who comes by it, or
 * (`is_account`) only to the account. False: it is too long. */
bool sanction_target_of_name(const char *folded, bool is_account, char target[SANCTION_TARGET_BYTES]);
/* The network that a guest at this address shares with nobody: the address, or its IPv6 /64. */
bool sanction_target_of_address(const char *address, char target[SANCTION_TARGET_BYTES]);

#endif
