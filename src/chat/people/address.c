#include "chat/people/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool is_local_v4(uint32_t host_order)
{
	return host_order >> 24 == 127 || host_order >> 24 == 10 || host_order >> 20 == 0xac1 ||
	       host_order >> 16 == 0xc0a8 || host_order >> 16 == 0xa9fe;
}

static bool is_local_v6(const unsigned char bytes[16])
{
	static const unsigned char loopback[16] = {[15] = 1};
	return !memcmp(bytes, loopback, 16) || (bytes[0] & 0xfe) == 0xfc ||
	       (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80);
}

/* Private, link-local and loopback addresses tell nothing to the world outside; of public ones only
 * the network is shown: "203.0.113.x", "2001:db8:1::x". */
void address_shown(const char *address, bool show_all, char shown[SHOWN_IP_BYTES])
{
	struct in_addr v4;
	struct in6_addr v6;
	snprintf(shown, SHOWN_IP_BYTES, "%s", address);
	if (show_all)
		return;
	if (inet_pton(AF_INET, address, &v4) == 1) {
		if (!is_local_v4(ntohl(v4.s_addr)))
			strcpy(strrchr(shown, '.'), ".x");
	} else if (inet_pton(AF_INET6, address, &v6) == 1 && !is_local_v6(v6.s6_addr)) {
		const unsigned char *b = v6.s6_addr;
		snprintf(shown, SHOWN_IP_BYTES, "%x:%x:%x::x", b[0] << 8 | b[1], b[2] << 8 | b[3],
			 b[4] << 8 | b[5]);
	}
}

bool address_is_machines_own(const char *address)
{
	return !strcmp(address, "127.0.0.1") || !strcmp(address, "::1");
}
