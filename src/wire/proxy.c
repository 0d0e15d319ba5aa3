#include "wire/proxy.h"

#include "base/ip.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdint.h>
#include <string.h>

#define V1_BYTES_MAX 107 /* as the specification has it, with the CR LF */
#define V2_FIXED     16

static const char v1_begin[] = "PROXY ";
static const char v2_begin[12] = "\r\n\r\n\0\r\nQUIT\n";

static unsigned number_at(const unsigned char *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

/* --- version 1: "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n" --- */

/* The next word of the line, up to one space or the end. False where there is none. */
static bool proxy_take_word(const char **at, const char *end, char *word, size_t bytes)
{
	const char *space = memchr(*at, ' ', (size_t)(end - *at));
	size_t length = (size_t)((space ? space : end) - *at);
	if (!length || length >= bytes)
		return false;
	memcpy(word, *at, length);
	word[length] = '\0';
	*at = space ? space + 1 : end;
	return true;
}

static bool is_port(const char *word)
{
	size_t digits = strspn(word, "0123456789");
	unsigned long number = 0;
	if (!digits || word[digits] || digits > 5)
		return false;
	for (; *word; word++)
		number = number * 10 + (unsigned long)(*word - '0');
	return number <= 65535;
}

/* Each address in one form only, since limits and bans go by it. */
static void write_host(int family, const unsigned char *address, char host[PROXY_HOST_BYTES])
{
	struct ip ip;
	bool is_read = inet_ntop(family, address, host, PROXY_HOST_BYTES) && ip_read(&ip, host);
	assert(is_read);
	ip_write(&ip, host);
}

static bool parse_line(const char *at, const char *end, struct proxy_header *header)
{
	char word[PROXY_HOST_BYTES];
	unsigned char address[16];
	if (!proxy_take_word(&at, end, word, sizeof word))
		return false;
	/* The rest is to be ignored. */
	if (!strcmp(word, "UNKNOWN"))
		return true;
	int family = !strcmp(word, "TCP4") ? AF_INET : !strcmp(word, "TCP6") ? AF_INET6 : AF_UNSPEC;
	if (family == AF_UNSPEC || !proxy_take_word(&at, end, header->host, sizeof header->host) ||
	    inet_pton(family, header->host, address) != 1)
		return false;
	write_host(family, address, header->host);
	if (!proxy_take_word(&at, end, word, sizeof word) || inet_pton(family, word, address) != 1)
		return false;
	for (int i = 0; i < 2; i++)
		if (!proxy_take_word(&at, end, word, sizeof word) || !is_port(word))
			return false;
	return at == end && end[-1] != ' ';
}

static enum proxy_result parse_v1(const char *bytes, size_t length, struct proxy_header *header)
{
	size_t seen = length < V1_BYTES_MAX ? length : V1_BYTES_MAX;
	const char *end = memchr(bytes, '\n', seen);
	if (!end)
		return seen < V1_BYTES_MAX ? PROXY_MORE : PROXY_WRONG;
	header->length = (size_t)(end - bytes) + 1;
	if (end[-1] != '\r' || !parse_line(bytes + sizeof v1_begin - 1, end - 1, header))
		return PROXY_WRONG;
	return PROXY_FOUND;
}

/* --- version 2: binary --- */

#define TLV_SSL        0x20
#define TLV_CLIENT_SSL 0x01

/* The addresses are followed by records of type, length and value. */
static bool parse_extras(const unsigned char *at, const unsigned char *end, struct proxy_header *header)
{
	while (end - at >= 3) {
		unsigned length = number_at(at + 1);
		if (length > (size_t)(end - at - 3))
			return false;
		if (*at == TLV_SSL && length)
			header->is_secure = at[3] & TLV_CLIENT_SSL;
		at += 3 + length;
	}
	return at == end;
}

static enum proxy_result parse_v2(const unsigned char *bytes, size_t length, struct proxy_header *header)
{
	if (length < V2_FIXED)
		return PROXY_MORE;
	unsigned command = bytes[12], family = bytes[13] >> 4, rest = number_at(bytes + 14);
	header->length = V2_FIXED + rest;
	if ((command != 0x20 && command != 0x21) || header->length > PROXY_BYTES_MAX)
		return PROXY_WRONG;
	if (length < header->length)
		return PROXY_MORE;
	/* LOCAL: the proxy itself, to see whether we live. */
	if (command == 0x20 || (family != 1 && family != 2))
		return PROXY_FOUND;
	unsigned addresses = family == 1 ? 12 : 36;
	if (rest < addresses)
		return PROXY_WRONG;
	write_host(family == 1 ? AF_INET : AF_INET6, bytes + V2_FIXED, header->host);
	return parse_extras(bytes + V2_FIXED + addresses, bytes + header->length, header) ? PROXY_FOUND
											  : PROXY_WRONG;
}

enum proxy_result proxy_parse(const char *bytes, size_t length, struct proxy_header *header)
{
	size_t v1 = length < sizeof v1_begin - 1 ? length : sizeof v1_begin - 1;
	size_t v2 = length < sizeof v2_begin ? length : sizeof v2_begin;
	*header = (struct proxy_header){0};
	if (!memcmp(bytes, v1_begin, v1))
		return v1 < sizeof v1_begin - 1 ? PROXY_MORE : parse_v1(bytes, length, header);
	if (!memcmp(bytes, v2_begin, v2))
		return v2 < sizeof v2_begin ? PROXY_MORE
					    : parse_v2((const unsigned char *)bytes, length, header);
	return PROXY_WRONG;
}
