#include "gateway/dialect.h"

#include <stdio.h>

static const struct dialect *const dialects[DIALECT_IRC] = {
    [DIALECT_NATIVE] = &dialect_native,
    [DIALECT_TEXT] = &dialect_text,
    [DIALECT_WEBSOCKET] = &dialect_websocket,
};

static const struct dialect *dialect_of(unsigned encoding)
{
	unsigned id = encoding / LANG_COUNT;
	return id >= DIALECT_IRC ? &dialects_irc[id - DIALECT_IRC] : dialects[id];
}

bool dialect_passes(unsigned encoding)
{
	return encoding / LANG_COUNT >= DIALECT_IRC;
}

static char server_ip[64] = "127.0.0.1";

void dialect_encode(unsigned encoding, const struct entry *entry, struct buffer *to)
{
	dialect_of(encoding)->encode(entry, (enum lang)(encoding % LANG_COUNT), to);
}

void dialect_set_server_ip(const char *ip)
{
	snprintf(server_ip, sizeof server_ip, "%s", ip);
}

const char *dialect_server_ip(void)
{
	return server_ip;
}
