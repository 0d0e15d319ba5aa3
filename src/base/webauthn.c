#include "base/webauthn.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

#define CLIENT_DATA_BYTES_MAX 1024
#define AUTH_DATA_BYTES_MAX   1024
#define CREDENTIAL_BYTES_MAX  1023 /* section 5.8.3 of level 3: no authenticator makes longer ones */
#define SIGNATURE_BYTES_MAX   512
#define KEY_BYTES_MAX         512
#define RSA_BITS_MIN          2048
#define RSA_EXPONENT_BITS_MAX 32 /* with a longer one each look at a signature takes long */

#define MAC_BYTES       24
#define CHALLENGE_BYTES (8 + MAC_BYTES)

/* Offsets and flags in authenticator data (section 6.1). */
#define AUTH_FLAGS       32
#define AUTH_COUNTER     33
#define AUTH_BYTES_MIN   37
#define AUTH_CREDENTIAL  55 /* behind the 16 bytes of the authenticator's model, and a length of two */
#define AUTH_IS_PRESENT  0x01
#define AUTH_IS_VERIFIED 0x04
#define AUTH_HAS_KEY     0x40

struct bytes {
	unsigned char at[CLIENT_DATA_BYTES_MAX];
	size_t count;
};

static_assert(CLIENT_DATA_BYTES_MAX >= AUTH_DATA_BYTES_MAX && CLIENT_DATA_BYTES_MAX >= CREDENTIAL_BYTES_MAX,
	      "struct bytes holds whatever a claim has");

/* --- challenges: the time, and a code that only this process can make of it --- */

static unsigned char challenge_key[crypto_generichash_KEYBYTES];
static pthread_once_t challenge_key_once = PTHREAD_ONCE_INIT;

static void draw_challenge_key(void)
{
	randombytes_buf(challenge_key, sizeof challenge_key);
}

static void write_challenge(int64_t wall_ms, unsigned char bytes[CHALLENGE_BYTES])
{
	pthread_once(&challenge_key_once, draw_challenge_key);
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)((uint64_t)wall_ms >> (56 - 8 * i));
	crypto_generichash(bytes + 8, MAC_BYTES, bytes, 8, challenge_key, sizeof challenge_key);
}

void webauthn_challenge(int64_t wall_ms, char text[WEBAUTHN_CHALLENGE_CHARS + 1])
{
	unsigned char bytes[CHALLENGE_BYTES];
	write_challenge(wall_ms, bytes);
	sodium_bin2base64(text, WEBAUTHN_CHALLENGE_CHARS + 1, bytes, sizeof bytes,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static bool webauthn_decode(const char *text, size_t most, struct bytes *bytes)
{
	return text &&
	       !sodium_base642bin(bytes->at, most, text, strlen(text), NULL, &bytes->count, NULL,
				  sodium_base64_VARIANT_URLSAFE_NO_PADDING) &&
	       bytes->count;
}

/* A clock that was set back a little must not spoil a challenge. */
static bool read_challenge(const char *text, int64_t wall_ms, int64_t *made_ms)
{
	char alone[WEBAUTHN_CHALLENGE_CHARS + 1];
	struct bytes bytes;
	unsigned char right[CHALLENGE_BYTES];
	uint64_t time = 0;
	memcpy(alone, text, WEBAUTHN_CHALLENGE_CHARS);
	alone[WEBAUTHN_CHALLENGE_CHARS] = '\0';
	if (!webauthn_decode(alone, CHALLENGE_BYTES, &bytes) || bytes.count != CHALLENGE_BYTES)
		return false;
	for (int i = 0; i < 8; i++)
		time = time << 8 | bytes.at[i];
	*made_ms = (int64_t)time;
	write_challenge(*made_ms, right);
	return !sodium_memcmp(right, bytes.at, sizeof right) && wall_ms - *made_ms <= WEBAUTHN_CHALLENGE_MS &&
	       *made_ms - wall_ms <= WEBAUTHN_CHALLENGE_MS;
}

/* --- client data --- */

static bool skip_text(const char **at, const char *expected)
{
	size_t length = strlen(expected);
	bool is_there = !strncmp(*at, expected, length);
	*at += is_there ? length : 0;
	return is_there;
}

/* The host of "https://chat.example:5000". Browsers let "http://localhost" have passkeys, too. */
static bool webauthn_read_origin(const char **at, char host[WEBAUTHN_HOST_BYTES + 1])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
	bool is_secure = skip_text(at, "https://");
	if (!is_secure && !skip_text(at, "http://"))
		return false;
	size_t length = strspn(*at, letters);
	if (!length || length > WEBAUTHN_HOST_BYTES)
		return false;
	memcpy(host, *at, length);
	host[length] = '\0';
	*at += length;
	if (skip_text(at, ":"))
		*at += strspn(*at, "0123456789");
	return is_secure || !strcmp(host, "localhost");
}

/* Client data always begin alike (section 5.8.1.1), so they are compared instead of parsed (5.8.1.2). */
static bool read_client_data(const struct bytes *data, const char *type, int64_t wall_ms,
			     struct webauthn_fact *fact)
{
	char text[CLIENT_DATA_BYTES_MAX + 1];
	const char *at = text;
	memcpy(text, data->at, data->count);
	text[data->count] = '\0';
	if (!skip_text(&at, "{\"type\":\"") || !skip_text(&at, type) ||
	    !skip_text(&at, "\",\"challenge\":\"") || strcspn(at, "\"") != WEBAUTHN_CHALLENGE_CHARS ||
	    !read_challenge(at, wall_ms, &fact->challenge_ms))
		return false;
	at += WEBAUTHN_CHALLENGE_CHARS;
	if (!skip_text(&at, "\",\"origin\":\"") || !webauthn_read_origin(&at, fact->host) ||
	    !skip_text(&at, "\""))
		return false;
	/* Some leave out that it is the page itself that asks, and not another one's frame. */
	return !strcmp(at, "}") || (skip_text(&at, ",\"crossOrigin\":false") && (*at == ',' || *at == '}'));
}

/* --- authenticator data --- */

static bool read_auth_data(const struct bytes *data, struct webauthn_fact *fact)
{
	unsigned char host[crypto_hash_sha256_BYTES];
	if (data->count < AUTH_BYTES_MIN)
		return false;
	crypto_hash_sha256(host, (const unsigned char *)fact->host, strlen(fact->host));
	unsigned wanted = AUTH_IS_PRESENT | AUTH_IS_VERIFIED;
	const unsigned char *counter = data->at + AUTH_COUNTER;
	fact->counter =
	    (int64_t)counter[0] << 24 | (int64_t)counter[1] << 16 | (int64_t)counter[2] << 8 | counter[3];
	return !memcmp(host, data->at, sizeof host) && (data->at[AUTH_FLAGS] & wanted) == wanted;
}

/* Whether it was made for the passkey of this number. */
static bool auth_data_has(const struct bytes *data, const struct bytes *credential)
{
	if (data->count < AUTH_CREDENTIAL + credential->count || !(data->at[AUTH_FLAGS] & AUTH_HAS_KEY))
		return false;
	size_t length = (size_t)data->at[AUTH_CREDENTIAL - 2] << 8 | data->at[AUTH_CREDENTIAL - 1];
	return length == credential->count && !memcmp(data->at + AUTH_CREDENTIAL, credential->at, length);
}

/* --- keys --- */

/* ES256, EdDSA, RS256: kinds whose signatures are looked at in a moment, whatever the key's numbers are. */
static bool is_key_fit(const EVP_PKEY *key)
{
	char curve[32];
	size_t length;
	BIGNUM *exponent = NULL;
	int kind = EVP_PKEY_get_base_id(key);
	if (kind == EVP_PKEY_EC)
		return EVP_PKEY_get_group_name(key, curve, sizeof curve, &length) == 1 &&
		       !strcmp(curve, "prime256v1");
	if (kind != EVP_PKEY_RSA)
		return kind == EVP_PKEY_ED25519;
	bool is_short = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
			BN_num_bits(exponent) <= RSA_EXPONENT_BITS_MAX;
	BN_free(exponent);
	return is_short && EVP_PKEY_get_bits(key) >= RSA_BITS_MIN;
}

/* The key, to be freed; NULL: it is none, or of a kind that authenticators do not use. */
static EVP_PKEY *webauthn_read_key(const char *text)
{
	struct bytes der;
	if (!webauthn_decode(text, KEY_BYTES_MAX, &der))
		return NULL;
	const unsigned char *at = der.at;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)der.count);
	if (key && is_key_fit(key) && at == der.at + der.count)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static bool is_signed(EVP_PKEY *key, const struct bytes *signature, const unsigned char *text, size_t bytes)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const EVP_MD *hash = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
	bool is_right = context && EVP_DigestVerifyInit(context, NULL, hash, NULL, key) == 1 &&
			EVP_DigestVerify(context, signature->at, signature->count, text, bytes) == 1;
	EVP_MD_CTX_free(context);
	return is_right;
}

/* --- claims --- */

/* Reads and checks the parts that both kinds of claims have. */
static bool read_claim(const struct webauthn_claim *claim, const char *type, int64_t wall_ms,
		       struct bytes *client, struct bytes *auth, struct webauthn_fact *fact)
{
	return webauthn_hash(claim->credential, fact->credential) &&
	       webauthn_decode(claim->client_data, CLIENT_DATA_BYTES_MAX, client) &&
	       webauthn_decode(claim->auth_data, AUTH_DATA_BYTES_MAX, auth) &&
	       read_client_data(client, type, wall_ms, fact) && read_auth_data(auth, fact);
}

bool webauthn_hash(const char *credential, unsigned char hash[WEBAUTHN_HASH_BYTES])
{
	struct bytes bytes;
	if (!webauthn_decode(credential, CREDENTIAL_BYTES_MAX, &bytes))
		return false;
	crypto_generichash(hash, WEBAUTHN_HASH_BYTES, bytes.at, bytes.count, NULL, 0);
	return true;
}

bool webauthn_is_made(const struct webauthn_claim *claim, int64_t wall_ms, struct webauthn_fact *fact)
{
	struct bytes client, auth, credential;
	if (!read_claim(claim, "webauthn.create", wall_ms, &client, &auth, fact) ||
	    !webauthn_decode(claim->credential, CREDENTIAL_BYTES_MAX, &credential) ||
	    !auth_data_has(&auth, &credential))
		return false;
	EVP_PKEY *key = webauthn_read_key(claim->key);
	EVP_PKEY_free(key);
	return key;
}

bool webauthn_is_shown(const struct webauthn_claim *claim, const char *key_text, const char *host,
		       int64_t wall_ms, struct webauthn_fact *fact)
{
	struct bytes client, auth, signature;
	unsigned char text[AUTH_DATA_BYTES_MAX + crypto_hash_sha256_BYTES];
	if (!read_claim(claim, "webauthn.get", wall_ms, &client, &auth, fact) ||
	    strcmp(fact->host, host) != 0 ||
	    !webauthn_decode(claim->signature, SIGNATURE_BYTES_MAX, &signature))
		return false;
	EVP_PKEY *key = webauthn_read_key(key_text);
	if (!key)
		return false;
	memcpy(text, auth.at, auth.count);
	crypto_hash_sha256(text + auth.count, client.at, client.count);
	bool is_right = is_signed(key, &signature, text, auth.count + crypto_hash_sha256_BYTES);
	EVP_PKEY_free(key);
	return is_right;
}
