/* People, by number and by name; their sessions; and the peers (connections as the chat sees them) of each.
 *
 * Layer: chat. Threads: the chat thread's alone. Only chat_apply() adds, renames and removes people and
 * sessions, with what the store has; peers come and go with their connections.
 *
 *  1. Every user is findable by number; every guest and account by folded name, and there is one a name.
 *  2. A guest is there as long as they have a peer or a session. An account stays.
 *  3. A session without a peer waits in users.expiring, in the order of its end. */
#ifndef BRUSIO_CHAT_USER_H
#define BRUSIO_CHAT_USER_H

#include "base/token_bucket.h"
#include "base/entry.h"
#include "base/limits.h"
#include "base/table.h"
#include "chat/people/waiting.h"
#include "base/file.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

struct member;
struct peer;
struct hold;

#define SESSION_SECRET_BYTES 16
#define SESSION_TEXT_BYTES   (SESSION_SECRET_BYTES * 2 + 1)

/* A batch's number, low bits; see batch_is_under_way(). */
typedef uint32_t batch_mark;

struct user {
	struct table_link by_id;
	struct table_link by_name; /* hashed by the look of the folded name: name_look_folded() */
	struct user_look *look;    /* NULL: the name looks as its folded form does */
	int64_t id;                /* of the store; the same for ever */
	char *name;              /* as they write it; behind its NUL as it is compared, where that differs */
	struct account *account; /* what only accounts have; NULL: a guest, or somebody who is gone */
	struct session *sessions;
	char *away;                       /* their word for it; NULL: not away */
	int64_t since_ms;                 /* wall clock: when this process came to know them */
	struct token_bucket entries_left; /* to store, see account_rate */
	struct token_bucket told;         /* of what others are told besides, see chat/pace.h */
	struct peer *peers;
	struct member *memberships;
	uint16_t rooms_joined;   /* that are not direct conversations */
	uint16_t invitations;    /* that wait for them */
	uint32_t looked;         /* by which look at many they were met last; see chat->looks */
	batch_mark changing;     /* the last batch that changes this person */
	bool is_admin : 1;       /* now: see users_set_rights() */
	bool is_named_admin : 1; /* as the store has it */
	bool has_factor : 1;     /* logging in takes more than the password */
	bool is_disabled : 1;    /* an account that nothing lets in */
	bool is_gone : 1;        /* not in by_name: only their direct conversations are left */
	bool is_folded : 1;      /* the name is its own folded form, as most are */
	bool
	    has_suffix : 1; /* the server put "-NUMBER" behind the name that they wanted, which another had */
	bool is_leaving : 1;   /* their removal is under way */
	bool is_elsewhere : 1; /* a guest of another node: chat/node.h */
	bool has_directs : 1;  /* they are a side of a conversation */
	bool is_distant : 1;   /* they are connected to another node: chat/distant.h */
};

/* Thousands of guests cost this much each: see doc/memory.md. */
_Static_assert(sizeof(struct user) <= 136, "a user fits a block of 144 bytes");

/* How a name looks as it is written, where that is not how it looks folded. */
struct user_look {
	struct table_link by_look;
	struct user *user;
};

/* An account's description of itself. Texts are "" where it says nothing. */
struct profile {
	struct table_link by_display; /* by the look of what name_plain() leaves of the display name */
	struct user *user;
	char *display, *about, *picture;
	char picture_key[FILE_ID_BYTES];
	bool hides_reading;
};

struct account {
	struct profile *profile; /* NULL: it says nothing */
	int64_t made_ms;         /* wall clock */
	struct block **blocked;  /* whose words they do not want: block.h */
	size_t blocked_count, blocked_capacity;
	uint32_t
	    endings; /* how often all their sessions were ended: a proof from before proves nothing any more */
	struct token_bucket programs_left; /* entries that those with a token may store, see token_rate */
	struct token_bucket pushes_left;   /* see LIMIT_PUSHES_PER_SECOND */
	uint32_t pushes_put;               /* how often a browser was to be told while closed */
	bool has_no_push;                  /* the store has said since that none is */
};

/* Lets one device of a user in. */
struct session {
	struct session *next; /* of the same user */
	struct idle *idle;    /* NULL: a peer uses it */
	char *device;
	bool is_elsewhere; /* it was used at another node last */
	uint32_t token;    /* the token that it came in with: low bits of its hash; 0: none */
	unsigned char hash[STORE_SESSION_BYTES];
};

/* A session that waits for its user to come back. */
struct idle {
	struct session *session;
	struct user *user;
	int64_t expires_ms;
	struct idle *next, **at; /* in users.expiring */
	struct waiter waiter;    /* in users.waiting, where the user is a guest */
};

struct users {
	struct table by_id, by_name, by_look, by_display;
	struct table blocks; /* by whom they are about: block.h */
	size_t accounts;     /* how many of them have one */
	struct idle *expiring, **expiring_last;
	struct waiting waiting;
	bool admins_need_factor; /* an administrator without a second factor is none */
};

void users_init(struct users *users);
void users_release(struct users *users);

/* The name as it is compared. */
const char *user_folded(const struct user *user);
/* NULL or "": they are back. */
void user_set_away(struct user *user, const char *text);

/* They are connected, here or to another node. */
static inline bool user_is_online(const struct user *user)
{
	return user->peers || user->is_distant;
}

static inline bool user_is_account(const struct user *user)
{
	return user->account != NULL;
}

/* By the name as utf8_fold() makes it; NULL where nobody is called so. */
struct user *users_find_folded(const struct users *users, const char *folded);
/* By any spelling of the name; NULL where nobody is called so. */
struct user *users_find(const struct users *users, const char *name);
/* Somebody else than `except` (or NULL) whose name, or display name, cannot be told from this one; NULL: it is like no
 * other. */
struct user *users_find_like(const struct users *users, const char *name, const struct user *except);
struct user *users_find_id(const struct users *users, int64_t id);
/* By "luca!7": somebody who is gone. */
struct user *users_find_gone(const struct users *users, const char *name);

/* Adds somebody whom the store has. Their number and name are new. */
struct user *users_add(struct users *users, const struct store_person *stored);
/* `made_ms`: wall clock. Somebody who has one keeps it. */
void users_make_account(struct users *users, struct user *user, int64_t made_ms);
/* The store's row about them. They are an administrator by it, or while a connection of theirs is by users_set_oper(). */
void users_set_rights(const struct users *users, struct user *user, bool is_admin, bool has_factor);
/* The connection has proved that it may act for an administrator. It may until it goes, or users_end_opers(). */
void users_set_oper(const struct users *users, struct peer *peer, const struct user *admin);
/* No connection acts for them any more. users_set_rights() does the same where they are no administrator any more. */
void users_end_opers(const struct users *users, const struct user *admin);
/* The store's row about them, who have an account. */
void users_put_profile(struct users *users, struct user *user, const struct store_profile *stored);
void users_rename(struct users *users, struct user *user, const char *name);
/* Their name is free for others; their direct conversations still name them. */
void users_make_gone(struct users *users, struct user *user);
/* They have no peers and no memberships. */
void users_remove(struct users *users, struct user *user);

/* The profile of somebody; NULL: they have none. */
static inline const struct profile *user_profile(const struct user *user)
{
	return user->account ? user->account->profile : NULL;
}
/* The name that they want to be shown by; NULL: their name. */
static inline const char *user_display(const struct user *user)
{
	const struct profile *profile = user_profile(user);
	return profile && *profile->display ? profile->display : NULL;
}

/* --- sessions --- */

/* The hash by which a token is known. */
void token_hash(const char *token, unsigned char hash[STORE_TOKEN_BYTES]);
/* How a session remembers the token that it came in with: low bits of its hash, never 0. */
uint32_t user_token_bits(const unsigned char hash[STORE_TOKEN_BYTES]);
/* The hash by which a session's secret is known; false where the text is not a secret's form. */
bool session_hash(const char *text, unsigned char hash[STORE_SESSION_BYTES]);
struct session *user_find_session(const struct user *user, const unsigned char hash[STORE_SESSION_BYTES]);
/* Adds it, or changes the one of this hash. Others of the same device are dropped. */
struct session *users_put_session(struct users *users, struct user *user, const struct store_session *stored);
void users_drop_session(struct users *users, struct user *user, struct session *session);

/* Its last peer, of this address, has gone: it is kept until then. */
void users_expire_at(struct users *users, struct user *user, struct session *session, int64_t mono_ms,
		     const char *address);
/* A peer uses it again. */
void users_expire_never(struct users *users, struct session *session);
/* The next session whose time has come, or NULL. */
struct idle *users_expired(const struct users *users, int64_t mono_ms);
/* A guest's session that ends before its time, since too many wait: see waiting_surplus(); or NULL. */
struct idle *users_surplus(const struct users *users, const char *address, const struct limits *limits);

/* False where the user has so many sessions, with a token or without, that none can be added on this device. Else
 * `gives_way` is the one that has been away for longest and ends for it, or NULL where there is room. */
bool user_has_place(const struct user *user, const char *device, bool has_token, int64_t most,
		    struct session **gives_way);

/* --- peers --- */

/* One connection. Made by a gateway (chat.h), then the chat's. */
struct peer {
	struct peer *next; /* of the same user */
	struct user *user; /* NULL before hello, and after another connection took its place */
	struct following *followings;
	struct room *room;       /* where its plain messages go, or NULL; simple and text forms */
	struct session *session; /* that it came in with; NULL: a simple form */
	char *looks;             /* user name, NUL, real name, as its client says them; NULL: it does not */
	struct watch *watches;   /* whom it wants to know of, see watch.h */
	struct hold *hold;       /* requests that wait for their turn; NULL: none */
	uint64_t connection;
	uint64_t author;     /* see author_of() */
	uint32_t token;      /* that a page has made: low bits of its hash; 0: none */
	uint32_t oper;       /* the administrator's account whose password it knows, and acts for; 0: none */
	uint32_t typing_ms;  /* low bits of when it last told that it types; 0: never */
	batch_mark sending;  /* the last batch with an entry of it */
	batch_mark changing; /* the last batch with another change that it asked for */
	batch_mark answered; /* the last batch with an answer to it */
	uint16_t worker;
	uint16_t waits;  /* questions and jobs under way for it */
	uint16_t turns;  /* that its requests took from others' while they were held: see hold.h */
	uint16_t rested; /* since which batch none is held, low bits */
	uint8_t encoding;
	bool is_secure : 1;
	bool is_simple : 1;
	bool is_uploading : 1;     /* a file comes by it */
	bool is_bot : 1;           /* a program, as it says itself */
	bool is_typing : 1;        /* as others were told last */
	bool is_fleeting : 1;      /* its session ends with it */
	bool follows_settings : 1; /* it wants to know what another connection sets: own_settings.c */
	bool
	    follows_profiles : 1; /* it wants to know what others say of themselves, and have read: profile.c */
	bool is_page : 1;         /* a browser's page */
	bool is_hidden : 1;       /* a page that nobody looks at, as it says */
	bool is_closed : 1;       /* the gateway has let go; it is freed when nothing waits for it any more */
	uint8_t shown_at;   /* where in `address` the form begins in which others see it; 0: it is the same */
	uint8_t vouched_at; /* where in `address` the name begins that a proxy vouches for; 0: none does */
	char address[];     /* numeric */
};

static inline const char *peer_shown_ip(const struct peer *peer)
{
	return peer->address + peer->shown_at;
}

/* It is a page, and has not said yet that somebody looks at it, or that nobody does. */
static inline bool peer_says_anew(const struct peer *peer, bool is_visible)
{
	return peer->is_page && peer->is_hidden == is_visible;
}

/* The real name that its client says; the user's display name, or their name, where it says none. */
const char *peer_real_name(const struct peer *peer);
/* The user name likewise, in the form of IRC. */
const char *peer_user_name(const struct peer *peer);
/* NULL: nobody vouches for it. */
static inline const char *peer_vouched_name(const struct peer *peer)
{
	return peer->vouched_at ? peer->address + peer->vouched_at : NULL;
}

/* It came in by a token, as programs do. */
static inline bool peer_has_token(const struct peer *peer)
{
	return peer->session && peer->session->token;
}

/* "default" where it has no session. */
const char *peer_device(const struct peer *peer);

/* The author of an entry: the user in the upper half, the device in the lower one. The readers of a log
 * compare it: a connection does not get its own entries, and a user's other devices know them as their own.
 */
uint64_t author_of(int64_t person, const char *device);

void user_add_peer(struct user *user, struct peer *peer);
void user_remove_peer(struct peer *peer);

#endif
