#include "net/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

void address_host(const struct sockaddr_storage *address, char text[ADDRESS_TEXT_BYTES])
{
	const struct sockaddr_in6 *v6 = (const void *)address;
	const struct sockaddr_in *v4 = (const void *)address;
	strcpy(text, "?");
	if (address->ss_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, text, ADDRESS_TEXT_BYTES);
	else if (address->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text, ADDRESS_TEXT_BYTES);
	else if (address->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &v6->sin6_addr, text, ADDRESS_TEXT_BYTES);
}

void address_host_port(const struct sockaddr_storage *address, char text[ADDRESS_TEXT_BYTES])
{
	char host[ADDRESS_TEXT_BYTES];
	address_host(address, host);
	unsigned port = ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
	snprintf(text, ADDRESS_TEXT_BYTES, strchr(host, ':') ? "[%.50s]:%u" : "%.50s:%u", host, port);
}

void address_of_socket(int fd, char text[ADDRESS_TEXT_BYTES])
{
	struct sockaddr_storage own = {0};
	socklen_t length = sizeof own;
	getsockname(fd, (struct sockaddr *)&own, &length);
	address_host_port(&own, text);
}

bool address_is_loopback(const char *host)
{
	return !strncmp(host, "127.", 4) || !strcmp(host, "::1");
}

void address_of_machine(char text[ADDRESS_TEXT_BYTES])
{
	struct ifaddrs *all = NULL;
	strcpy(text, "127.0.0.1");
	if (getifaddrs(&all))
		return;
	for (struct ifaddrs *one = all; one; one = one->ifa_next) {
		if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET ||
		    (one->ifa_flags & (IFF_LOOPBACK | IFF_UP)) != IFF_UP)
			continue;
		struct sockaddr_storage address = {0};
		memcpy(&address, one->ifa_addr, sizeof(struct sockaddr_in));
		address_host(&address, text);
		break;
	}
	freeifaddrs(all);
}
