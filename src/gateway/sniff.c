#include "gateway/sniff.h"

#include <string.h>

struct signature {
	const char *prefix;
	const struct dialect *dialect; /* NULL: refused */
	const char *refusal;
};

#define IRC_REFUSAL "ERROR :This is brusio, which does not speak IRC. Join it with: brusio HOST\r\n"

/* What begins with none of these is plain text. */
static const struct signature signatures[] = {
    {"{", &dialect_native, NULL},
    /* All that a browser can be made to send, allowed or not: none of it may be taken for chat. */
    {"GET ", &dialect_web, NULL},
    {"HEAD ", &dialect_web, NULL},
    {"POST ", &dialect_web, NULL},
    {"PUT ", &dialect_web, NULL},
    {"DELETE ", &dialect_web, NULL},
    {"PATCH ", &dialect_web, NULL},
    {"OPTIONS ", &dialect_web, NULL},
    {"TRACE ", &dialect_web, NULL},
    {"CONNECT ", &dialect_web, NULL},
    {"PRI * HTTP/2.0", &dialect_web, NULL},
    {"CAP ", NULL, IRC_REFUSAL},
    {"NICK ", NULL, IRC_REFUSAL},
    {"USER ", NULL, IRC_REFUSAL},
    {"PASS ", NULL, IRC_REFUSAL},
};

size_t sniff_space(const char *bytes, size_t length)
{
	size_t at = 0;
	while (at < length && strchr(" \t\r\n", bytes[at]) && bytes[at])
		at++;
	return at;
}

static const struct signature *match(const char *bytes, size_t length, bool *may_become)
{
	*may_become = false;
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
		size_t whole = strlen(signatures[i].prefix);
		size_t compared = length < whole ? length : whole;
		if (memcmp(bytes, signatures[i].prefix, compared))
			continue;
		if (compared == whole)
			return &signatures[i];
		*may_become = true;
	}
	return NULL;
}

enum sniff_result sniff(const char *bytes, size_t length, const struct dialect **dialect)
{
	size_t space = sniff_space(bytes, length);
	bool may_become;
	if (space == length)
		return SNIFF_MORE;
	const struct signature *found = match(bytes + space, length - space, &may_become);
	if (!found && may_become)
		return SNIFF_MORE;
	if (found && !found->dialect)
		return SNIFF_REFUSED;
	*dialect = found ? found->dialect : &dialect_text;
	return SNIFF_FOUND;
}

const char *sniff_refusal(const char *bytes, size_t length)
{
	size_t space = sniff_space(bytes, length);
	bool may_become;
	return match(bytes + space, length - space, &may_become)->refusal;
}
