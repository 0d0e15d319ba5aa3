#include "net/range.h"

bool ranges_add(struct ranges *ranges, const char *text)
{
	if (ranges->count == RANGES_MAX || !ip_network_read(&ranges->range[ranges->count], text))
		return false;
	ranges->count++;
	return true;
}

bool ranges_contain(const struct ranges *ranges, const char *host)
{
	struct ip ip;
	if (!ranges->count || !ip_read(&ip, host))
		return false;
	for (size_t i = 0; i < ranges->count; i++)
		if (ip_is_in(&ip, &ranges->range[i]))
			return true;
	return false;
}
