#include "base/webauthn.h"

#include "unit.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <string.h>

#define NOW        INT64_C(1800000000000)
#define HOST       "chat.example"
#define TEXT_BYTES 2048
#define AUTH_BYTES 200
#define VARIANT    sodium_base64_VARIANT_URLSAFE_NO_PADDING

/* An authenticator with one passkey, and the claim that it makes. */
static struct {
	EVP_PKEY *key;
	unsigned char credential[16], auth[AUTH_BYTES];
	size_t auth_bytes;
	char client[TEXT_BYTES];
	char credential_text[64], key_text[TEXT_BYTES], client_text[TEXT_BYTES], auth_text[TEXT_BYTES],
	    signature_text[TEXT_BYTES];
} device;

static void encode(char *text, const void *bytes, size_t count)
{
	sodium_bin2base64(text, TEXT_BYTES, bytes, count, VARIANT);
}

static void make_device(const char *kind, const char *curve)
{
	unsigned char *der = NULL;
	device.key = curve ? EVP_PKEY_Q_keygen(NULL, NULL, kind, curve)
			   : EVP_PKEY_Q_keygen(NULL, NULL, kind, (size_t)2048);
	assert_non_null(device.key);
	int bytes = i2d_PUBKEY(device.key, &der);
	encode(device.key_text, der, (size_t)bytes);
	OPENSSL_free(der);
	memset(device.credential, 7, sizeof device.credential);
	sodium_bin2base64(device.credential_text, sizeof device.credential_text, device.credential,
			  sizeof device.credential, VARIANT);
}

static void write_client(const char *type, const char *origin, const char *end)
{
	char challenge[WEBAUTHN_CHALLENGE_CHARS + 1];
	webauthn_challenge(NOW, challenge);
	snprintf(device.client, sizeof device.client,
		 "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\"%s", type, challenge, origin, end);
	encode(device.client_text, device.client, strlen(device.client));
}

static void write_auth(const char *host, unsigned char flags, bool has_key)
{
	unsigned char *at = device.auth;
	crypto_hash_sha256(at, (const unsigned char *)host, strlen(host));
	at[32] = flags;
	memcpy(at + 33, "\0\0\1\2", 4);
	device.auth_bytes = 37;
	if (has_key) {
		memset(at + 37, 0, 16);
		memcpy(at + 53, "\0\20", 2);
		memcpy(at + 55, device.credential, 16);
		device.auth_bytes = 71;
	}
	encode(device.auth_text, at, device.auth_bytes);
}

static void sign(void)
{
	unsigned char text[AUTH_BYTES + 32], signature[512];
	size_t bytes = sizeof signature;
	memcpy(text, device.auth, device.auth_bytes);
	crypto_hash_sha256(text + device.auth_bytes, (const unsigned char *)device.client,
			   strlen(device.client));
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_edwards = EVP_PKEY_get_base_id(device.key) == EVP_PKEY_ED25519;
	assert_int_equal(
	    EVP_DigestSignInit(context, NULL, is_edwards ? NULL : EVP_sha256(), NULL, device.key), 1);
	assert_int_equal(EVP_DigestSign(context, signature, &bytes, text, device.auth_bytes + 32), 1);
	EVP_MD_CTX_free(context);
	encode(device.signature_text, signature, bytes);
}

static struct webauthn_claim claim(void)
{
	return (struct webauthn_claim){.credential = device.credential_text,
				       .key = device.key_text,
				       .client_data = device.client_text,
				       .auth_data = device.auth_text,
				       .signature = device.signature_text};
}

static bool is_shown_at(int64_t wall_ms)
{
	struct webauthn_claim shown = claim();
	struct webauthn_fact fact;
	return webauthn_is_shown(&shown, device.key_text, HOST, wall_ms, &fact);
}

/* The claim that a browser sends for a page, signed. */
static bool is_shown(const char *origin, const char *end)
{
	write_client("webauthn.get", origin, end);
	write_auth(HOST, 0x05, false);
	sign();
	return is_shown_at(NOW);
}

static bool is_made(unsigned char flags)
{
	struct webauthn_claim made = claim();
	struct webauthn_fact fact;
	write_client("webauthn.create", "https://" HOST, ",\"crossOrigin\":false}");
	write_auth(HOST, flags, true);
	return webauthn_is_made(&made, NOW, &fact);
}

TEST(keys_of_every_kind_that_is_asked_for)
{
	static const char *const kinds[][2] = {{"EC", "P-256"}, {"ED25519", ""}, {"RSA", NULL}};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		make_device(kinds[i][0], kinds[i][1]);
		assert_true(is_made(0x45));
		assert_true(is_shown("https://" HOST, ",\"crossOrigin\":false}"));
		device.client[3] ^= 1;
		encode(device.client_text, device.client, strlen(device.client));
		assert_false(is_shown_at(NOW));
		EVP_PKEY_free(device.key);
	}
}

TEST(a_fact_says_what_was_shown)
{
	struct webauthn_fact fact;
	unsigned char hash[WEBAUTHN_HASH_BYTES];
	make_device("EC", "P-256");
	assert_true(is_shown("https://" HOST ":5000", ",\"crossOrigin\":false,\"more\":1}"));
	struct webauthn_claim shown = claim();
	assert_true(webauthn_is_shown(&shown, device.key_text, HOST, NOW, &fact));
	assert_int_equal(fact.challenge_ms, NOW);
	assert_int_equal(fact.counter, 258);
	assert_string_equal(fact.host, HOST);
	assert_true(webauthn_hash(device.credential_text, hash));
	assert_memory_equal(fact.credential, hash, sizeof hash);
	EVP_PKEY_free(device.key);
}

TEST(pages_are_told_apart)
{
	static const struct {
		const char *origin, *end;
		bool is_right;
	} cases[] = {{"https://" HOST, "}", true},
		     {"https://" HOST ":5000", ",\"crossOrigin\":false}", true},
		     {"https://" HOST, ",\"crossOrigin\":true}", false},
		     {"https://" HOST, ",\"crossOrigin\":falsely}", false},
		     {"https://" HOST, "", false},
		     {"http://" HOST, "}", false},
		     {"https://x" HOST, "}", false},
		     {"https://" HOST ".evil", "}", false},
		     {"https://" HOST "/x", "}", false},
		     {"https://" HOST ":5x", "}", false},
		     {"https://", "}", false},
		     {"ftp://" HOST, "}", false}};
	make_device("EC", "P-256");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (is_shown(cases[i].origin, cases[i].end) != cases[i].is_right)
			fail_msg("%s%s", cases[i].origin, cases[i].end);
	EVP_PKEY_free(device.key);
}

TEST(a_challenge_is_good_for_a_while)
{
	make_device("EC", "P-256");
	assert_true(is_shown("https://" HOST, "}"));
	assert_true(is_shown_at(NOW + WEBAUTHN_CHALLENGE_MS));
	assert_false(is_shown_at(NOW + WEBAUTHN_CHALLENGE_MS + 1));
	/* The clock was set back. */
	assert_true(is_shown_at(NOW - WEBAUTHN_CHALLENGE_MS));
	assert_false(is_shown_at(NOW - WEBAUTHN_CHALLENGE_MS - 1));
	EVP_PKEY_free(device.key);
}

TEST(the_user_was_there_and_verified)
{
	make_device("EC", "P-256");
	assert_true(is_made(0x45));
	assert_false(is_made(0x44));
	assert_false(is_made(0x41));
	assert_false(is_made(0x05));
	EVP_PKEY_free(device.key);
}

TEST(keys_that_authenticators_do_not_have_are_none)
{
	make_device("EC", "P-256");
	assert_true(is_made(0x45));
	strcat(device.key_text, "AAAA");
	assert_false(is_made(0x45));
	strcpy(device.key_text, "MFkw");
	assert_false(is_made(0x45));
	EVP_PKEY_free(device.key);
	make_device("EC", "P-521");
	assert_false(is_made(0x45));
	EVP_PKEY_free(device.key);
	device.key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
	unsigned char *der = NULL;
	int bytes = i2d_PUBKEY(device.key, &der);
	encode(device.key_text, der, (size_t)bytes);
	OPENSSL_free(der);
	assert_false(is_made(0x45));
	EVP_PKEY_free(device.key);
}

/* An exponent of the longest kind makes one look at a signature a thousand times as long. */
TEST(keys_are_looked_at_in_a_moment)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *exponent = BN_new();
	unsigned char *der = NULL;
	assert_int_equal(BN_set_bit(exponent, 64), 1);
	assert_int_equal(BN_add_word(exponent, 13), 1);
	make_device("EC", "P-256");
	EVP_PKEY_free(device.key);
	device.key = NULL;
	assert_int_equal(EVP_PKEY_keygen_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context, exponent), 1);
	assert_int_equal(EVP_PKEY_keygen(context, &device.key), 1);
	int bytes = i2d_PUBKEY(device.key, &der);
	encode(device.key_text, der, (size_t)bytes);
	OPENSSL_free(der);
	assert_false(is_made(0x45));
	EVP_PKEY_free(device.key);
	BN_free(exponent);
	EVP_PKEY_CTX_free(context);
}

/* A message that is cut anywhere is not read beyond its end. */
TEST(halves_are_refused)
{
	char whole[TEXT_BYTES];
	make_device("EC", "P-256");
	assert_true(is_shown("https://" HOST, "}"));
	char *const texts[] = {device.client_text, device.auth_text, device.signature_text,
			       device.credential_text};
	for (size_t i = 0; i + 1 < sizeof texts / sizeof *texts; i++) {
		strcpy(whole, texts[i]);
		for (size_t length = 0; length < strlen(whole); length++) {
			texts[i][length] = '\0';
			assert_false(is_shown_at(NOW));
			strcpy(texts[i], whole);
		}
	}
	assert_true(is_shown_at(NOW));
	EVP_PKEY_free(device.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_of_every_kind_that_is_asked_for),
	    cmocka_unit_test(a_fact_says_what_was_shown),
	    cmocka_unit_test(pages_are_told_apart),
	    cmocka_unit_test(a_challenge_is_good_for_a_while),
	    cmocka_unit_test(the_user_was_there_and_verified),
	    cmocka_unit_test(keys_that_authenticators_do_not_have_are_none),
	    cmocka_unit_test(keys_are_looked_at_in_a_moment),
	    cmocka_unit_test(halves_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
