/* Answers of the full form about an account's proofs: tokens, the second factor, passkeys.
 *
 * Layer: gateway, private to it. Threads: a worker's. Each writes the fields of one kind of answer into an object that
 * is open. */
#ifndef BRUSIO_GATEWAY_NATIVE_ACCOUNT_H
#define BRUSIO_GATEWAY_NATIVE_ACCOUNT_H

#include "chat/reply.h"
#include "wire/lang.h"
#include "wire/json_out.h"

void native_write_token(struct json_out *out, const struct reply *reply, enum lang lang);
void native_write_totp(struct json_out *out, const struct reply *reply, enum lang lang);
void native_write_passkeys(struct json_out *out, const struct reply *reply, enum lang lang);
void native_write_link(struct json_out *out, const struct reply *reply, enum lang lang);

#endif
