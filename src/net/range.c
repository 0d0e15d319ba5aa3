#include "net/range.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define V4_BITS 96 /* of the prefix that makes an IPv4 address an IPv6 one */

static bool parse_address(const char *host, unsigned char bytes[16], bool *is_v4)
{
	static const unsigned char prefix[12] = {[10] = 0xff, [11] = 0xff};
	memcpy(bytes, prefix, sizeof prefix);
	*is_v4 = inet_pton(AF_INET, host, bytes + sizeof prefix) == 1;
	return *is_v4 || inet_pton(AF_INET6, host, bytes) == 1;
}

bool ranges_add(struct ranges *ranges, const char *text)
{
	char host[64];
	struct range range;
	bool is_v4;
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	if (ranges->count == RANGES_MAX || length >= sizeof host)
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	if (!parse_address(host, range.bytes, &is_v4))
		return false;
	unsigned most = is_v4 ? 32 : 128;
	range.bits = most;
	if (slash) {
		size_t digits = strspn(slash + 1, "0123456789");
		if (!digits || digits > 3 || slash[1 + digits])
			return false;
		range.bits = (unsigned)atoi(slash + 1);
	}
	if (range.bits > most)
		return false;
	range.bits += is_v4 ? V4_BITS : 0;
	ranges->range[ranges->count++] = range;
	return true;
}

static bool is_in(const struct range *range, const unsigned char bytes[16])
{
	unsigned whole = range->bits / 8, rest = range->bits % 8;
	if (memcmp(range->bytes, bytes, whole))
		return false;
	return !rest || !((range->bytes[whole] ^ bytes[whole]) >> (8 - rest));
}

bool ranges_contain(const struct ranges *ranges, const char *host)
{
	unsigned char bytes[16];
	bool is_v4;
	if (!ranges->count || !parse_address(host, bytes, &is_v4))
		return false;
	for (size_t i = 0; i < ranges->count; i++)
		if (is_in(&ranges->range[i], bytes))
			return true;
	return false;
}
