#include "base/ip.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char v4_prefix[IP_V4_FIRST_BYTE] = {[10] = 0xff, [11] = 0xff};

bool ip_read(struct ip *ip, const char *text)
{
	struct ip read;
	memcpy(read.bytes, v4_prefix, sizeof v4_prefix);
	bool is_ip = inet_pton(AF_INET, text, read.bytes + IP_V4_FIRST_BYTE) == 1 ||
		     inet_pton(AF_INET6, text, read.bytes) == 1;
	if (is_ip)
		*ip = read;
	return is_ip;
}

bool ip_is_v4(const struct ip *ip)
{
	return !memcmp(ip->bytes, v4_prefix, sizeof v4_prefix);
}

bool ip_network_read(struct ip_network *network, const char *text)
{
	char address[IP_TEXT_BYTES];
	struct ip_network read;
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	if (length >= sizeof address)
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (!ip_read(&read.ip, address))
		return false;
	/* A prefix counts in the form that it was written with. */
	unsigned skipped = strchr(address, ':') ? 0 : IP_BITS - IP_V4_BITS;
	read.bits = IP_BITS;
	if (slash) {
		size_t digits = strspn(slash + 1, "0123456789");
		if (!digits || digits > 3 || slash[1 + digits])
			return false;
		read.bits = skipped + (unsigned)atoi(slash + 1);
	}
	if (read.bits > IP_BITS)
		return false;
	for (unsigned bit = read.bits; bit < IP_BITS; bit++)
		read.ip.bytes[bit / 8] &= (unsigned char)~(0x80 >> bit % 8);
	*network = read;
	return true;
}

bool ip_is_in(const struct ip *ip, const struct ip_network *network)
{
	unsigned whole = network->bits / 8, rest = network->bits % 8;
	if (memcmp(network->ip.bytes, ip->bytes, whole))
		return false;
	return !rest || !((network->ip.bytes[whole] ^ ip->bytes[whole]) >> (8 - rest));
}

void ip_write(const struct ip *ip, char text[IP_TEXT_BYTES])
{
	if (ip_is_v4(ip))
		inet_ntop(AF_INET, ip->bytes + IP_V4_FIRST_BYTE, text, IP_TEXT_BYTES);
	else
		inet_ntop(AF_INET6, ip->bytes, text, IP_TEXT_BYTES);
}

void ip_network_write(const struct ip_network *network, char text[IP_NETWORK_TEXT_BYTES])
{
	char address[IP_TEXT_BYTES];
	/* A network shorter than the prefix of IPv4 holds more than IPv4. */
	bool is_v4 = ip_is_v4(&network->ip) && network->bits >= IP_BITS - IP_V4_BITS;
	ip_write(&network->ip, address);
	snprintf(text, IP_NETWORK_TEXT_BYTES, "%s/%u", address,
		 is_v4 ? network->bits - (IP_BITS - IP_V4_BITS) : network->bits);
}

/* The special purposes of IANA's registries, and what leads into IPv4 by another way. */
static const char *const not_public[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "2001::/23",     "2001:db8::/32",   "2002::/16",      "3fff::/20"};

static bool ip_is_in_text(const struct ip *ip, const char *text)
{
	struct ip_network network;
	bool is_read = ip_network_read(&network, text);
	assert(is_read);
	return ip_is_in(ip, &network);
}

bool ip_is_public(const struct ip *ip)
{
	/* This part of IPv6 alone is given out. */
	if (!ip_is_v4(ip) && !ip_is_in_text(ip, "2000::/3"))
		return false;
	for (size_t i = 0; i < sizeof not_public / sizeof *not_public; i++)
		if (ip_is_in_text(ip, not_public[i]))
			return false;
	return true;
}
