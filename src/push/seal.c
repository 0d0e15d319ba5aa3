#include "push/seal.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sodium.h>
#include <string.h>

#define HASH_BYTES   32
#define KEY_BYTES    16
#define NONCE_BYTES  12
#define TAG_BYTES    16
#define RECORD_BYTES 4096
#define LAST_RECORD  2 /* the delimiter behind its text */

static bool seal_decode(const char *text, unsigned char *bytes, size_t count)
{
	size_t got;
	return !sodium_base642bin(bytes, count, text, strlen(text), "=", &got, NULL,
				  sodium_base64_VARIANT_URLSAFE_NO_PADDING) &&
	       got == count;
}

/* NULL: it is not a point of the curve. */
static EVP_PKEY *key_of_point(const unsigned char point[SEAL_POINT_BYTES])
{
	char group[] = "P-256";
	unsigned char copy[SEAL_POINT_BYTES];
	memcpy(copy, point, sizeof copy);
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
			       OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy, sizeof copy),
			       OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	if (!context || EVP_PKEY_fromdata_init(context) <= 0 ||
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	return key;
}

bool seal_keys_read(struct seal_keys *keys, const char *p256dh, const char *auth)
{
	if (!seal_decode(p256dh, keys->point, sizeof keys->point) ||
	    !seal_decode(auth, keys->auth, sizeof keys->auth) || keys->point[0] != 4)
		return false;
	EVP_PKEY *key = key_of_point(keys->point);
	EVP_PKEY_free(key);
	return key;
}

static bool seal_agree(EVP_PKEY *own, EVP_PKEY *other, unsigned char secret[HASH_BYTES])
{
	size_t bytes = HASH_BYTES;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(own, NULL);
	bool is_agreed = context && EVP_PKEY_derive_init(context) > 0 &&
			 EVP_PKEY_derive_set_peer(context, other) > 0 &&
			 EVP_PKEY_derive(context, secret, &bytes) > 0 && bytes == HASH_BYTES;
	EVP_PKEY_CTX_free(context);
	return is_agreed;
}

static void seal_hmac(const unsigned char *key, size_t key_bytes, const unsigned char *text, size_t bytes,
		      unsigned char mac[HASH_BYTES])
{
	unsigned length = 0;
	HMAC(EVP_sha256(), key, (int)key_bytes, text, bytes, mac, &length);
	assert(length == HASH_BYTES);
}

/* HKDF (RFC 5869) for up to one hash of output: `info` has a free byte behind its `bytes`. */
static void seal_expand(const unsigned char secret[HASH_BYTES], unsigned char *info, size_t bytes,
			unsigned char out[HASH_BYTES])
{
	info[bytes] = 1;
	seal_hmac(secret, HASH_BYTES, info, bytes + 1, out);
}

/* RFC 8291, section 3.4: the keying material that both sides can make, and nobody between them. */
static void seal_mix(const struct seal_keys *keys, const unsigned char own[SEAL_POINT_BYTES],
		     const unsigned char agreed[HASH_BYTES], unsigned char out[HASH_BYTES])
{
	static const char label[] = "WebPush: info"; /* with its NUL */
	unsigned char info[sizeof label + 2 * SEAL_POINT_BYTES + 1], secret[HASH_BYTES];
	memcpy(info, label, sizeof label);
	memcpy(info + sizeof label, keys->point, SEAL_POINT_BYTES);
	memcpy(info + sizeof label + SEAL_POINT_BYTES, own, SEAL_POINT_BYTES);
	seal_hmac(keys->auth, SEAL_AUTH_BYTES, agreed, HASH_BYTES, secret);
	seal_expand(secret, info, sizeof info - 1, out);
	OPENSSL_cleanse(secret, sizeof secret);
}

/* RFC 8188, sections 2.2 and 2.3; there is one record, so its number changes nothing. */
static void seal_keys_of_record(const unsigned char salt[SEAL_SALT_BYTES],
				const unsigned char material[HASH_BYTES], unsigned char key[HASH_BYTES],
				unsigned char nonce[HASH_BYTES])
{
	unsigned char key_info[] = "Content-Encoding: aes128gcm\0",
		      nonce_info[] = "Content-Encoding: nonce\0";
	unsigned char secret[HASH_BYTES];
	seal_hmac(salt, SEAL_SALT_BYTES, material, HASH_BYTES, secret);
	seal_expand(secret, key_info, sizeof key_info - 1, key);
	seal_expand(secret, nonce_info, sizeof nonce_info - 1, nonce);
	OPENSSL_cleanse(secret, sizeof secret);
}

static bool seal_encrypt(const unsigned char *key, const unsigned char *nonce, const unsigned char *text,
			 size_t bytes, unsigned char *out)
{
	int length = 0;
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	bool is_sealed = context && EVP_EncryptInit_ex2(context, EVP_aes_128_gcm(), key, nonce, NULL) > 0 &&
			 EVP_EncryptUpdate(context, out, &length, text, (int)bytes) > 0 &&
			 (size_t)length == bytes && EVP_EncryptFinal_ex(context, out + bytes, &length) > 0 &&
			 EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, out + bytes) > 0;
	EVP_CIPHER_CTX_free(context);
	return is_sealed;
}

/* Salt, size of a record, and the key of the sender: RFC 8188, section 2.1. */
static void seal_add_header(struct buffer *to, const unsigned char salt[SEAL_SALT_BYTES],
			    const unsigned char own[SEAL_POINT_BYTES])
{
	static const unsigned char sizes[] = {RECORD_BYTES >> 24, RECORD_BYTES >> 16 & 255,
					      RECORD_BYTES >> 8 & 255, RECORD_BYTES & 255, SEAL_POINT_BYTES};
	buffer_add(to, salt, SEAL_SALT_BYTES);
	buffer_add(to, sizes, sizeof sizes);
	buffer_add(to, own, SEAL_POINT_BYTES);
}

bool seal_write_with(struct buffer *to, const struct seal_keys *keys, EVP_PKEY *pair,
		     const unsigned char salt[SEAL_SALT_BYTES], const void *text, size_t bytes, size_t padded)
{
	unsigned char own[SEAL_POINT_BYTES], agreed[HASH_BYTES], material[HASH_BYTES], key[HASH_BYTES],
	    nonce[HASH_BYTES];
	unsigned char plain[SEAL_TEXT_BYTES_MAX + 1] = {0}, out[sizeof plain + TAG_BYTES];
	size_t own_bytes = 0;
	assert(bytes <= padded && padded <= SEAL_TEXT_BYTES_MAX);
	static_assert(KEY_BYTES <= HASH_BYTES && NONCE_BYTES <= HASH_BYTES, "one hash holds either");
	EVP_PKEY *other = key_of_point(keys->point);
	bool is_sealed =
	    other &&
	    EVP_PKEY_get_octet_string_param(pair, OSSL_PKEY_PARAM_PUB_KEY, own, sizeof own, &own_bytes) > 0 &&
	    own_bytes == sizeof own && seal_agree(pair, other, agreed);
	if (is_sealed) {
		seal_mix(keys, own, agreed, material);
		seal_keys_of_record(salt, material, key, nonce);
		memcpy(plain, text, bytes);
		plain[bytes] = LAST_RECORD;
		is_sealed = seal_encrypt(key, nonce, plain, padded + 1, out);
	}
	if (is_sealed) {
		seal_add_header(to, salt, own);
		buffer_add(to, out, padded + 1 + TAG_BYTES);
	}
	EVP_PKEY_free(other);
	OPENSSL_cleanse(agreed, sizeof agreed);
	OPENSSL_cleanse(material, sizeof material);
	OPENSSL_cleanse(key, sizeof key);
	OPENSSL_cleanse(plain, sizeof plain);
	ERR_clear_error();
	return is_sealed;
}

bool seal_write(struct buffer *to, const struct seal_keys *keys, const void *text, size_t bytes,
		size_t padded)
{
	unsigned char salt[SEAL_SALT_BYTES];
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	bool is_sealed = pair && RAND_bytes(salt, sizeof salt) == 1 &&
			 seal_write_with(to, keys, pair, salt, text, bytes, padded);
	EVP_PKEY_free(pair);
	return is_sealed;
}
