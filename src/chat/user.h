/* Users, by name; and the peers (connections as the chat sees them) that each one has.
 *
 * Layer: chat. Threads: the chat thread's alone.
 *
 *  1. Every user in the table is findable by his folded name, and there is one user a name.
 *  2. A user without peers is a guest whose session keeps his name until expires_ms, or is gone. */
#ifndef BRUSIO_CHAT_USER_H
#define BRUSIO_CHAT_USER_H

#include "base/allowance.h"
#include "base/entry.h"
#include "base/table.h"

#include <stdbool.h>
#include <stdint.h>

struct member;
struct peer;

#define SESSION_BYTES      16
#define SESSION_TEXT_BYTES (SESSION_BYTES * 2 + 1)

struct user {
	struct table_link by_name;
	char *name;              /* as he writes it; behind its NUL as it is compared, where that differs */
	int64_t account;         /* 0: a guest */
	struct holding *holding; /* of his account; NULL: a guest */
	struct absence *absence; /* NULL: he is here and does not say otherwise */
	int64_t since_ms;        /* wall clock: when he came */
	int64_t since_id;        /* entries of his name up to this one are another's: see users_owns() */
	struct allowance allowance; /* of entries that he stores, see account_rate */
	unsigned char session[SESSION_BYTES];
	struct peer *peers;
	struct member *memberships;
	uint32_t rooms; /* length of memberships */
	bool is_admin;
	bool is_folded;  /* the name is its own folded form, as most are */
	bool keeps_name; /* a client that knows about sessions has this name */
	bool has_suffix; /* the server put "-NUMBER" behind the name that he wanted, which another had */
};

/* What a user has only where he has an account. */
struct holding {
	struct table_link by_account;
	struct user *user;
	int64_t *blocked; /* accounts whose direct messages he does not want */
	size_t blocked_count, blocked_capacity;
	bool is_present; /* marks while accounts are compared with the store's */
};

/* What a user has only while he is away or without a connection. */
struct absence {
	struct user *user;
	char *away;                         /* his word for it; NULL: he is not away */
	int64_t expires_ms;                 /* while he has no peers */
	struct absence *next, **expires_at; /* in users.expiring; NULL while he has peers */
};

struct users {
	struct table by_name, by_account;
	/* In the order of expires_ms, since all wait equally long. */
	struct absence *expiring, **expiring_last;
	int64_t oldest_id, newest_id; /* entries that were stored since the start; 0: none */
};

/* An entry was stored. */
void users_note_entry(struct users *users, int64_t id);
/* A guest's own are those that were said under this name since it is his. The order of storing tells, and not
 * the clock, which may be set back; guests do not outlive the process. */
bool users_owns(const struct users *users, const struct user *user, const struct entry *entry);

void users_init(struct users *users);
void users_release(struct users *users);

/* His name as it is compared. */
const char *user_folded(const struct user *user);

/* Why he is away; NULL: he is not. */
const char *user_away(const struct user *user);
/* NULL or "": he is back. */
void user_set_away(struct user *user, const char *text);

/* By any spelling of the name; NULL where nobody is called so. */
struct user *users_find(const struct users *users, const char *name);

/* A new guest with a session of his own. Nobody has that name. */
struct user *users_add(struct users *users, const char *name);
/* The user of an account, who stays when he goes. */
struct user *users_add_account(struct users *users, int64_t account, const char *name);
/* The guest has become an account. */
void users_make_account(struct users *users, struct user *user, int64_t account);
struct user *users_find_account(const struct users *users, int64_t account);
/* Another session secret: the old one opens nothing any more. */
void user_renew_session(struct user *user);

bool user_has_blocked(const struct user *user, const struct user *other);
void user_set_blocked(struct user *user, int64_t account, bool on);

void users_remove(struct users *users, struct user *user);
void users_rename(struct users *users, struct user *user, const char *name);

/* His last peer has gone: the name stays his until then. */
void users_expire_at(struct users *users, struct user *user, int64_t mono_ms);
/* A peer has come back. */
void users_expire_never(struct users *users, struct user *user);
/* The next user whose time has come, or NULL. */
struct user *users_expired(const struct users *users, int64_t mono_ms);

void user_session_text(const struct user *user, char text[SESSION_TEXT_BYTES]);
/* In constant time. */
bool user_has_session(const struct user *user, const char *text);

#define PEER_TOKEN_NONE    0u /* a password, or nothing */
#define PEER_TOKEN_UNKNOWN 1u /* a session, which anybody of the user's may have opened */

/* One connection. Made by a gateway (chat.h), then the chat's. */
struct peer {
	struct peer *next; /* of the same user */
	struct user *user; /* NULL before hello, and after another connection took its place */
	struct following *followings;
	struct room *room; /* where its plain messages go, or NULL; simple and text forms */
	uint64_t connection;
	uint64_t author; /* hash of user and device */
	char *device;
	uint32_t typing_ms; /* low bits of when it last told that it types; 0: it does not */
	uint32_t token;     /* which one it came in with: low bits of the hash; or PEER_TOKEN_… */
	uint16_t worker;
	uint16_t proofs; /* password jobs under way */
	uint8_t encoding;
	bool is_secure : 1;
	bool is_simple : 1;
	bool is_closed : 1; /* the gateway has let go; it is freed when no proof is under way any more */
	uint8_t shown_at;   /* where in `address` the form begins in which others see it; 0: it is the same */
	char address[];     /* numeric */
};

static inline const char *peer_shown_ip(const struct peer *peer)
{
	return peer->address + peer->shown_at;
}

/* Almost all connections have the default device, which costs no memory. */
void peer_set_device(struct peer *peer, const char *device);
void peer_free_device(struct peer *peer);

void user_add_peer(struct user *user, struct peer *peer);
void user_remove_peer(struct peer *peer);
/* The peer of this device, or NULL. */
struct peer *user_find_device(const struct user *user, const char *device);

#endif
