#include "net/ticket_keys.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

static void wipe(struct ticket_key *key)
{
	OPENSSL_cleanse(key, sizeof *key);
}

/* No timer runs: the time is checked before every use. */
static void age(struct ticket_keys *keys, int64_t mono_ms)
{
	struct ticket_key *sealing = &keys->sealing;
	if (sealing->until_ms && sealing->until_ms <= mono_ms) {
		keys->opening = *sealing;
		keys->opening.until_ms += (int64_t)TICKET_SECONDS * 1000;
		wipe(sealing);
	}
	if (keys->opening.until_ms <= mono_ms)
		wipe(&keys->opening);
	assert(!keys->opening.until_ms || keys->opening.until_ms > mono_ms); /* 2 */
}

const struct ticket_key *ticket_keys_sealing(struct ticket_keys *keys, int64_t mono_ms)
{
	struct ticket_key *key = &keys->sealing;
	age(keys, mono_ms);
	assert(!key->until_ms || key->until_ms > mono_ms); /* 1 */
	if (key->until_ms)
		return key;
	if (RAND_bytes(key->name, sizeof key->name) != 1 ||
	    RAND_priv_bytes(key->cipher, sizeof key->cipher) != 1 ||
	    RAND_priv_bytes(key->digest, sizeof key->digest) != 1) {
		wipe(key);
		return NULL;
	}
	key->until_ms = mono_ms + (int64_t)TICKET_KEY_SECONDS * 1000;
	return key;
}

const struct ticket_key *ticket_keys_find(struct ticket_keys *keys,
					  const unsigned char name[TICKET_KEY_NAME_BYTES], int64_t mono_ms,
					  bool *is_old)
{
	age(keys, mono_ms);
	*is_old = false;
	if (keys->sealing.until_ms && !memcmp(keys->sealing.name, name, TICKET_KEY_NAME_BYTES))
		return &keys->sealing;
	*is_old = true;
	if (keys->opening.until_ms && !memcmp(keys->opening.name, name, TICKET_KEY_NAME_BYTES))
		return &keys->opening;
	return NULL;
}

void ticket_keys_wipe(struct ticket_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof *keys);
}
