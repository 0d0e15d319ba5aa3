#include "store/reacting.h"

int64_t reacting_number(const struct entry *entry)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (const char *at = entry->name; at && *at; at++)
		hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
	return entry->person ? entry->person : -(int64_t)(hash >> 2 | 1);
}
