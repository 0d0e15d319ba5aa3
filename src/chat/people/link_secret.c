#include "chat/people/link_secret.h"

#include "chat/people/user.h"

#include <sodium.h>

void link_secret_draw(struct link_secret *drawn, unsigned char hash[STORE_LINK_BYTES])
{
	unsigned char bytes[LINK_SECRET_BYTES];
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2base64(drawn->text, sizeof drawn->text, bytes, sizeof bytes,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(bytes, sizeof bytes);
	token_hash(drawn->text, hash);
	sodium_bin2hex(drawn->key, sizeof drawn->key, hash, STORE_LINK_KEY_CHARS / 2);
}
