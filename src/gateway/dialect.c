#include "gateway/dialect.h"

#include <stdio.h>

static const struct dialect *const dialects[DIALECT_COUNT] = {
    [DIALECT_NATIVE] = &dialect_native,
    [DIALECT_TEXT] = &dialect_text,
    [DIALECT_WEBSOCKET] = &dialect_websocket,
};

static char server_ip[64] = "127.0.0.1";

void dialect_encode(unsigned encoding, const struct entry *entry, struct buffer *to)
{
	dialects[encoding / LANG_COUNT]->encode(entry, (enum lang)(encoding % LANG_COUNT), to);
}

void dialect_set_server_ip(const char *ip)
{
	snprintf(server_ip, sizeof server_ip, "%s", ip);
}

const char *dialect_server_ip(void)
{
	return server_ip;
}
