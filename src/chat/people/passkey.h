/* Passkeys of accounts (base/webauthn.h): made by those who are in and know the password, shown in place of a name and a
 * password.
 *
 * Layer: chat, private to it. Threads: the chat thread's alone.
 *
 *  1. A proof lets in once: the store takes its challenge, which must be newer than the last, in the same group as the
 *     session.
 *  2. A wrong proof is not a guess: nobody guesses a signature, so others wait for nothing because of it. */
#ifndef BRUSIO_CHAT_PASSKEY_H
#define BRUSIO_CHAT_PASSKEY_H

#include "base/request.h"
#include "store/store.h"

#include <stdbool.h>

struct chat;

/* A hello that shows a passkey. */
void passkey_enter(struct chat *chat, struct request *request);

/* The store did not take the proof: it was shown before. */
void passkey_refuse(struct chat *chat, const struct request *request);

#endif
