/* The keys under which a server's session tickets are sealed, and their ageing.
 *
 * Layer: net. Threads: one owner at a time; tls_context.c keeps them under its lock.
 *
 *   SEALING --TICKET_KEY_SECONDS--> OPENING --TICKET_SECONDS--> wiped
 *
 *  1. A key seals tickets for TICKET_KEY_SECONDS and opens them for TICKET_SECONDS more, which is as long as
 * the last of them is good: resumption goes on over a rotation.
 * 2. Then it is wiped: earlier traffic cannot be read by somebody who gets the memory later. Keys are in memory
 * alone. */
#ifndef BRUSIO_NET_TICKET_KEYS_H
#define BRUSIO_NET_TICKET_KEYS_H

#include <stdbool.h>
#include <stdint.h>

/* A ticket lets a client come back within this time without a whole handshake. */
#define TICKET_SECONDS     (12 * 3600)
#define TICKET_KEY_SECONDS (24 * 3600)

#define TICKET_KEY_NAME_BYTES 16

struct ticket_key {
	unsigned char name[TICKET_KEY_NAME_BYTES]; /* stands in the ticket, readable */
	unsigned char cipher[32], digest[32];
	int64_t until_ms; /* monotonic: when its time at this place is over; 0: there is no key */
};

struct ticket_keys {
	struct ticket_key sealing, opening;
};

/* The key for new tickets; makes one where there is none, or where its time is over. NULL: no random bytes.
 */
const struct ticket_key *ticket_keys_sealing(struct ticket_keys *keys, int64_t mono_ms);
/* The key of that name, or NULL. `is_old`: it no longer seals, so the client should get another ticket. */
const struct ticket_key *ticket_keys_find(struct ticket_keys *keys,
					  const unsigned char name[TICKET_KEY_NAME_BYTES], int64_t mono_ms,
					  bool *is_old);
void ticket_keys_wipe(struct ticket_keys *keys);

#endif
