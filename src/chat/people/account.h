/* Accounts: what has to be proved, and what ends with a proof.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone; hashes are made by errands. */
#ifndef BRUSIO_CHAT_ACCOUNT_H
#define BRUSIO_CHAT_ACCOUNT_H

#include "base/request.h"
#include "chat/people/user.h"

#include <stdbool.h>

struct chat;
struct change;

/* Has the hash made against which passwords of names without an account are checked: it takes long, so it is the
 * first job of the hasher, before anybody's. */
void account_prepare(struct chat *chat);

/* In place of a hash where an account has no password of its own: none fits it. */
#define ACCOUNT_NO_PASSWORD "*"

/* A hello with a password or a token. */
void account_prove(struct chat *chat, struct request *request);

/* Checks the password of the account that asks. If it is right, `then` goes on, with the hash of `made` where that was
 * given. Else the request is answered, and counts as a guess. */
typedef void account_then(struct chat *chat, struct request *request, const char *hash);
void account_confirm(struct chat *chat, struct request *request, const char *password, const char *made,
		     account_then *then);

/* Checks the password of the account that the request names. If it is right, `shown` goes on, with whose it is, who may be
 * disabled or have a second factor. Else the request is answered, and counts as a guess. */
typedef void account_shown(struct chat *chat, struct request *request, struct user *user);
void account_show(struct chat *chat, struct request *request, account_shown *shown);

/* A code of the second factor was wrong: answered, and counted as a guess. */
void account_failed_code(struct chat *chat, const struct request *request);
/* True where the account has to wait before another guess; it is answered then. Else the guess was counted. */
bool account_must_wait(struct chat *chat, const struct request *request);
/* The guess was right. */
void account_proved(struct chat *chat, const struct request *request);

/* False where secrets must not come over this line. */
bool account_is_line_fit(const struct chat *chat, const struct peer *peer);
/* The same; answers where it is false. */
bool account_check_line(struct chat *chat, const struct request *request);

/* Adds to the change what ends all sessions and tokens of the user, or all but the asking session. */
void account_add_end(struct chat *chat, struct change *change, const struct user *user, bool keeps_own);
/* Another process has ended all sessions of the user (STORE_DROP_SESSIONS), or all tokens (STORE_DROP_TOKENS): those that
 * were made here meanwhile end, too. */
void account_end_again(struct chat *chat, struct user *user, enum store_op what);
/* Has the hash of a password made that somebody else gives an account, and goes on with it; false: answered. */
bool account_make(struct chat *chat, struct request *request, const char *password, account_then *then);

/* False where the account is disabled; answered then. To be asked once they have proved who they are: nobody else learns of it. */
bool account_check_open(struct chat *chat, const struct request *request, const struct user *user);
/* For chat_apply(): nothing lets the account in any more, and its connections are closed; or what let it in does again. */
void account_set_disabled(struct chat *chat, struct user *user, bool is_disabled);

/* For chat_apply(): the session opens nothing any more, and the connections that it let in are closed, but the one
 * that asked for it. */
void account_end_session(struct chat *chat, struct user *user, struct session *session,
			 const struct change *change);

#endif
