#include "store/blobs/bucket_sign.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DIGEST_BYTES 32
#define SIGNED       "host;x-amz-content-sha256;x-amz-date"

static void hex(const unsigned char digest[DIGEST_BYTES], char text[BUCKET_HASH_BYTES])
{
	for (size_t i = 0; i < DIGEST_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

void bucket_hash(const void *bytes, size_t length, char hash[BUCKET_HASH_BYTES])
{
	unsigned char digest[DIGEST_BYTES] = {0};
	EVP_Digest(bytes, length, digest, NULL, EVP_sha256(), NULL);
	hex(digest, hash);
}

int64_t bucket_hash_file(int fd, char hash[BUCKET_HASH_BYTES])
{
	unsigned char digest[DIGEST_BYTES] = {0};
	char piece[65536];
	int64_t bytes = 0;
	ssize_t got;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	if (!context || !EVP_DigestInit_ex(context, EVP_sha256(), NULL)) {
		EVP_MD_CTX_free(context);
		return -1;
	}
	while ((got = pread(fd, piece, sizeof piece, bytes)) > 0 || (got < 0 && errno == EINTR)) {
		if (got < 0)
			continue;
		EVP_DigestUpdate(context, piece, (size_t)got);
		bytes += got;
	}
	EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	hex(digest, hash);
	return got < 0 ? -1 : bytes;
}

static void mac(const void *key, size_t key_bytes, const char *text, unsigned char digest[DIGEST_BYTES])
{
	unsigned int bytes = DIGEST_BYTES;
	HMAC(EVP_sha256(), key, (int)key_bytes, (const unsigned char *)text, strlen(text), digest, &bytes);
}

/* The key for this day, region and service. */
static void derive(const struct bucket_config *config, const char *day, unsigned char key[DIGEST_BYTES])
{
	char first[sizeof config->secret + 4];
	unsigned char next[DIGEST_BYTES];
	snprintf(first, sizeof first, "AWS4%s", config->secret);
	mac(first, strlen(first), day, key);
	OPENSSL_cleanse(first, sizeof first);
	mac(key, DIGEST_BYTES, config->region, next);
	mac(next, DIGEST_BYTES, "s3", key);
	mac(key, DIGEST_BYTES, "aws4_request", next);
	memcpy(key, next, DIGEST_BYTES);
}

void bucket_sign(const struct bucket_config *config, const char *host, const char *method, const char *path,
		 const char *query, const char *hash, time_t now, struct bucket_signature *signature)
{
	char canonical[2048], scope[128], to_sign[512], request_hash[BUCKET_HASH_BYTES],
	    text[BUCKET_HASH_BYTES];
	unsigned char key[DIGEST_BYTES], digest[DIGEST_BYTES];
	struct tm utc;
	gmtime_r(&now, &utc);
	strftime(signature->date, sizeof signature->date, "%Y%m%dT%H%M%SZ", &utc);
	snprintf(scope, sizeof scope, "%.8s/%s/s3/aws4_request", signature->date, config->region);
	snprintf(canonical, sizeof canonical,
		 "%s\n%s\n%s\nhost:%s\nx-amz-content-sha256:%s\nx-amz-date:%s\n\n" SIGNED "\n%s", method,
		 path, query, host, hash, signature->date, hash);
	bucket_hash(canonical, strlen(canonical), request_hash);
	snprintf(to_sign, sizeof to_sign, "AWS4-HMAC-SHA256\n%s\n%s\n%s", signature->date, scope,
		 request_hash);
	char day[9];
	snprintf(day, sizeof day, "%.8s", signature->date);
	derive(config, day, key);
	mac(key, DIGEST_BYTES, to_sign, digest);
	OPENSSL_cleanse(key, sizeof key);
	hex(digest, text);
	snprintf(signature->authorization, sizeof signature->authorization,
		 "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=" SIGNED ", Signature=%s", config->key,
		 scope, text);
}
