#include "base/ip.h"

#include <arpa/inet.h>
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
