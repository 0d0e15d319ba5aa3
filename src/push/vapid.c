#include "push/vapid.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/pem_file.h"
#include "wire/json_out.h"

#include <assert.h>
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POINT_BYTES   65
#define NUMBER_BYTES  32    /* of a signature */
#define HOLDS_SECONDS 43200 /* the RFC lets it be a day at most */
#define RENEW_SECONDS 3600  /* before its end */
#define KEPT          8
#define DER_BYTES_MAX 80

/* A signature for a push service. */
struct signed_for {
	struct endpoint endpoint;
	int64_t until_s;
	char text[VAPID_AUTHORIZATION_BYTES];
};

struct vapid {
	EVP_PKEY *key;
	char public_text[VAPID_PUBLIC_CHARS + 1];
	char contact[VAPID_CONTACT_BYTES];
	struct signed_for kept[KEPT];
	size_t next;
};

static void add_base64url(struct buffer *to, const void *bytes, size_t count)
{
	size_t room = sodium_base64_ENCODED_LEN(count, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_bin2base64(buffer_reserve(to, room), room, bytes, count,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	buffer_added(to, room - 1);
}

/* False: it is not a key on P-256. */
static bool write_public(struct vapid *vapid)
{
	unsigned char point[POINT_BYTES];
	char group[32] = "";
	size_t bytes = 0;
	if (EVP_PKEY_get_utf8_string_param(vapid->key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
					   NULL) <= 0 ||
	    strcmp(group, "prime256v1") != 0 ||
	    EVP_PKEY_get_octet_string_param(vapid->key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point,
					    &bytes) <= 0 ||
	    bytes != sizeof point)
		return false;
	sodium_bin2base64(vapid->public_text, sizeof vapid->public_text, point, sizeof point,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	return true;
}

int vapid_open(const char *path, const char *contact, struct vapid **made, char *problem,
	       size_t problem_bytes)
{
	struct vapid *vapid = mem_zero(sizeof *vapid);
	bool is_there = !access(path, F_OK);
	snprintf(vapid->contact, sizeof vapid->contact, "%s", contact);
	vapid->key = is_there ? pem_file_read_key(path) : EVP_EC_gen("P-256");
	if (vapid->key && write_public(vapid) && (is_there || !pem_file_write_key(path, vapid->key))) {
		*made = vapid;
		return 0;
	}
	if (is_there)
		snprintf(problem, problem_bytes,
			 "cannot use the key %s: it is not a PEM key on P-256 without a password; mend or "
			 "remove it",
			 path);
	else
		snprintf(problem, problem_bytes, "cannot write %s: %s", path, strerror(errno));
	ERR_clear_error();
	vapid_close(vapid);
	return -1;
}

void vapid_close(struct vapid *vapid)
{
	if (!vapid)
		return;
	EVP_PKEY_free(vapid->key);
	sodium_memzero(vapid, sizeof *vapid);
	free(vapid);
}

const char *vapid_public(const struct vapid *vapid)
{
	return vapid->public_text;
}

/* --- signing --- */

/* The two numbers of a signature one behind the other, as RFC 7518 has them. */
static bool split_signature(const unsigned char *der, size_t bytes, unsigned char out[2 * NUMBER_BYTES])
{
	const BIGNUM *r, *s;
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)bytes);
	if (!signature)
		return false;
	ECDSA_SIG_get0(signature, &r, &s);
	bool is_split = BN_bn2binpad(r, out, NUMBER_BYTES) == NUMBER_BYTES &&
			BN_bn2binpad(s, out + NUMBER_BYTES, NUMBER_BYTES) == NUMBER_BYTES;
	ECDSA_SIG_free(signature);
	return is_split;
}

static bool add_signature(struct buffer *to, EVP_PKEY *key)
{
	unsigned char der[DER_BYTES_MAX], numbers[2 * NUMBER_BYTES];
	size_t bytes = sizeof der;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_signed = context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) > 0 &&
			 EVP_DigestSign(context, der, &bytes, (const unsigned char *)buffer_bytes(to),
					buffer_length(to)) > 0 &&
			 split_signature(der, bytes, numbers);
	EVP_MD_CTX_free(context);
	if (is_signed) {
		buffer_add_char(to, '.');
		add_base64url(to, numbers, sizeof numbers);
	}
	return is_signed;
}

static bool sign_for(struct vapid *vapid, struct signed_for *to)
{
	static const char header[] = "{\"typ\":\"JWT\",\"alg\":\"ES256\"}";
	struct buffer claims = BUFFER_EMPTY, token = BUFFER_EMPTY;
	char audience[ENDPOINT_HOST_BYTES + 16];
	struct json_out out;
	int used = snprintf(audience, sizeof audience, "https://%s", to->endpoint.host);
	if (to->endpoint.port != ENDPOINT_PORT)
		snprintf(audience + used, sizeof audience - (size_t)used, ":%u", to->endpoint.port);
	json_open(&out, &claims);
	json_text(&out, "aud", audience);
	json_number(&out, "exp", to->until_s);
	json_text(&out, "sub", vapid->contact);
	json_close(&out);
	add_base64url(&token, header, sizeof header - 1);
	buffer_add_char(&token, '.');
	add_base64url(&token, buffer_bytes(&claims), buffer_length(&claims));
	bool is_signed = add_signature(&token, vapid->key);
	int length = snprintf(to->text, sizeof to->text, "vapid t=%s, k=%s", buffer_string(&token),
			      vapid->public_text);
	buffer_release(&claims);
	buffer_release(&token);
	ERR_clear_error();
	return is_signed && length < (int)sizeof to->text;
}

static bool is_signed_for(const struct signed_for *one, const struct endpoint *endpoint)
{
	return one->endpoint.port == endpoint->port && !strcmp(one->endpoint.host, endpoint->host);
}

const char *vapid_authorization(struct vapid *vapid, const struct endpoint *endpoint, int64_t wall_ms)
{
	int64_t now_s = wall_ms / 1000;
	struct signed_for *place = NULL;
	for (size_t i = 0; i < KEPT && !place; i++)
		if (is_signed_for(&vapid->kept[i], endpoint))
			place = &vapid->kept[i];
	/* A clock that was set back leaves one that holds too long. */
	if (place && place->until_s > now_s + RENEW_SECONDS && place->until_s <= now_s + HOLDS_SECONDS)
		return place->text;
	if (!place)
		place = &vapid->kept[vapid->next++ % KEPT];
	place->endpoint = *endpoint;
	place->until_s = now_s + HOLDS_SECONDS;
	if (sign_for(vapid, place))
		return place->text;
	place->until_s = 0;
	return NULL;
}
