/* Passkeys: what a browser makes and shows by navigator.credentials (Web Authentication, level 2), as far as a server
 * looks at it.
 *
 * No attestation is asked for, so a new key is the one that the browser reads out by getPublicKey() (section 5.2.1.1).
 * The user must have been verified by the authenticator (a finger, a PIN): a passkey is a proof of two factors.
 *
 * All texts of a claim are base64url without padding, as the wire has them.
 *
 * Layer: base. Threads: any. */
#ifndef BRUSIO_BASE_WEBAUTHN_H
#define BRUSIO_BASE_WEBAUTHN_H

#include <stdbool.h>
#include <stdint.h>

#define WEBAUTHN_CHALLENGE_CHARS 43
#define WEBAUTHN_CHALLENGE_MS    (5 * 60 * 1000) /* how long one may be answered */
#define WEBAUTHN_HOST_BYTES      253
#define WEBAUTHN_HASH_BYTES      32

struct webauthn_claim {
	const char *credential; /* the number of the passkey */
	const char *key; /* a new one's public key (SubjectPublicKeyInfo); not needed where it is known */
	const char *client_data, *auth_data;
	const char *signature; /* of one that is shown */
};

/* The facts in a valid claim. */
struct webauthn_fact {
	unsigned char credential[WEBAUTHN_HASH_BYTES]; /* BLAKE2b of its number */
	int64_t challenge_ms; /* when its challenge was made; of one millisecond they are the same */
	int64_t counter;      /* of the authenticator; 0: it does not count */
	char host[WEBAUTHN_HOST_BYTES + 1]; /* the page's, for which it was made */
};

/* A text that nobody can foresee, and that this process knows again. */
void webauthn_challenge(int64_t wall_ms, char text[WEBAUTHN_CHALLENGE_CHARS + 1]);

/* The hash by which a passkey is known. False where the text is not a number of one. */
bool webauthn_hash(const char *credential, unsigned char hash[WEBAUTHN_HASH_BYTES]);

/* Section 7.1, registering: the claim is of a new passkey. */
bool webauthn_is_made(const struct webauthn_claim *claim, int64_t wall_ms, struct webauthn_fact *fact);

/* Section 7.2, verifying: the claim is of the passkey with this key, which was made for this host. Whoever calls
 * checks that the counter and the challenge are new. */
bool webauthn_is_shown(const struct webauthn_claim *claim, const char *key, const char *host, int64_t wall_ms,
		       struct webauthn_fact *fact);

#endif
