#include "wire/tus.h"

#include "base/memory.h"
#include "wire/irc.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_DIGITS_MAX 18

int64_t tus_number(const struct http_request *request, const char *field)
{
	struct http_text text = http_value(request, field);
	int64_t number = 0;
	if (http_count(request, field) != 1 || !text.bytes || text.bytes > NUMBER_DIGITS_MAX)
		return -1;
	for (size_t i = 0; i < text.bytes; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return -1;
		number = number * 10 + (text.at[i] - '0');
	}
	return number;
}

/* --- metadata --- */

static bool read_value(struct http_text value, struct buffer *to)
{
	char *text = mem_string_n(value.at, value.bytes);
	bool is_read = irc_read_base64(text, to);
	free(text);
	return is_read;
}

static bool read_pair(struct http_text pair, char *name, size_t room)
{
	const char *space = memchr(pair.at, ' ', pair.bytes);
	struct http_text key = {pair.at, space ? (size_t)(space - pair.at) : pair.bytes};
	struct http_text value = {space ? space + 1 : "", space ? pair.bytes - key.bytes - 1 : 0};
	struct buffer decoded = BUFFER_EMPTY;
	bool is_right = key.bytes && read_value(value, &decoded);
	bool is_name = http_text_is(key, "filename") || (!*name && http_text_is(key, "name"));
	size_t bytes = buffer_length(&decoded);
	if (is_right && is_name && bytes && bytes < room && !memchr(buffer_bytes(&decoded), 0, bytes)) {
		memcpy(name, buffer_bytes(&decoded), bytes);
		name[bytes] = '\0';
	}
	buffer_release(&decoded);
	return is_right;
}

bool tus_read_metadata(struct http_text metadata, char *name, size_t room)
{
	*name = '\0';
	while (metadata.bytes) {
		const char *comma = memchr(metadata.at, ',', metadata.bytes);
		size_t bytes = comma ? (size_t)(comma - metadata.at) : metadata.bytes;
		struct http_text pair = {metadata.at, bytes};
		while (pair.bytes && *pair.at == ' ') {
			pair.at++;
			pair.bytes--;
		}
		if (!read_pair(pair, name, room))
			return false;
		metadata.at += bytes + (comma != NULL);
		metadata.bytes -= bytes + (comma != NULL);
	}
	return true;
}

/* --- checksums --- */

static const EVP_MD *algorithm_of(struct http_text name)
{
	return http_text_is(name, "sha1")         ? EVP_sha1()
	       : http_text_is(name, "sha256")     ? EVP_sha256()
	       : http_text_is(name, "blake2b512") ? EVP_blake2b512()
						  : NULL;
}

bool tus_checksum_begin(struct tus_checksum *checksum, const struct http_request *request)
{
	struct http_text field = http_value(request, "upload-checksum");
	*checksum = (struct tus_checksum){0};
	if (!http_count(request, "upload-checksum"))
		return true;
	const char *space = memchr(field.at, ' ', field.bytes);
	if (!space || http_count(request, "upload-checksum") != 1)
		return false;
	struct http_text name = {field.at, (size_t)(space - field.at)};
	size_t bytes = field.bytes - name.bytes - 1;
	const EVP_MD *algorithm = algorithm_of(name);
	if (!algorithm || bytes != 4 * (((size_t)EVP_MD_get_size(algorithm) + 2) / 3))
		return false;
	memcpy(checksum->expected, space + 1, bytes);
	checksum->expected[bytes] = '\0';
	checksum->state = EVP_MD_CTX_new();
	if (checksum->state && EVP_DigestInit_ex(checksum->state, algorithm, NULL))
		return true;
	tus_checksum_release(checksum);
	return false;
}

void tus_checksum_add(struct tus_checksum *checksum, const void *bytes, size_t length)
{
	if (checksum->state && !EVP_DigestUpdate(checksum->state, bytes, length))
		checksum->expected[0] = '\0';
}

bool tus_checksum_fits(struct tus_checksum *checksum)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[TUS_DIGEST_CHARS];
	unsigned bytes = 0;
	if (!checksum->state)
		return true;
	bool is_made = EVP_DigestFinal_ex(checksum->state, digest, &bytes);
	EVP_EncodeBlock((unsigned char *)text, digest, (int)bytes);
	tus_checksum_release(checksum);
	return is_made && !strcmp(text, checksum->expected);
}

void tus_checksum_release(struct tus_checksum *checksum)
{
	EVP_MD_CTX_free(checksum->state);
	checksum->state = NULL;
}
