/* The second factor of an account: codes of an authenticator app (base/totp.h), and recovery codes for when the phone
 * is lost.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone.
 *
 *  1. A code lets in once: the store takes its step, or the recovery code, in the same group as the session.
 *  2. A wrong code is a guess, as a wrong password is. */
#ifndef BRUSIO_CHAT_FACTOR_H
#define BRUSIO_CHAT_FACTOR_H

#include "base/request.h"
#include "chat/people/user.h"

#include <stdbool.h>

struct chat;

/* A hello whose password is right, for an account with a second factor: lets it in with the code that it shows. */
void factor_enter(struct chat *chat, struct request *request, struct user *user);

/* True for the command that takes a code that was shown. */
bool factor_is_shown(const struct store_command *command);

/* Tells an administrator who lacks the second factor that is demanded of them. */
void factor_remind(struct chat *chat, const struct peer *peer);

#endif
