#include "gateway/sniff.h"

#include <string.h>

#define THIS_IS      "This is brusio, a chat server"
#define IRC_REFUSAL  "ERROR :" THIS_IS " that speaks IRC, but not between servers or gateways\r\n"
#define MAIL_REFUSAL "554 " THIS_IS ", not a mail server\r\n"
#define SSH_REFUSAL  THIS_IS ", not an SSH server.\r\n"
#define XMPP_REFUSAL THIS_IS " that does not speak XMPP.\r\n"
#define HTTP_REFUSAL "HTTP/1.1 501 Not Implemented: this is brusio, a chat server\r\n\r\n"
#define PROXY_REFUSAL                                                                  \
	THIS_IS ". It takes PROXY headers only from the addresses of its proxy_from, " \
		"and this connection does not come from one.\r\n"

#define MARK       "\xef\xbb\xbf"
#define MARK_BYTES 3

struct signature {
	const char *prefix;
	size_t bytes;
	const struct dialect *dialect; /* NULL: refused */
	const char *refusal;
};

#define SPEAKS(prefix, dialect)                              \
	{                                                    \
		prefix, sizeof(prefix) - 1, &(dialect), NULL \
	}
#define REFUSES(prefix, refusal)                          \
	{                                                 \
		prefix, sizeof(prefix) - 1, NULL, refusal \
	}

/* Everything else is plain text. */
static const struct signature signatures[] = {
    SPEAKS("{", dialect_native),
    /* All that a browser can be made to send, allowed or not: none of it may be taken for chat. */
    SPEAKS("GET ", dialect_web),
    SPEAKS("HEAD ", dialect_web),
    SPEAKS("POST ", dialect_web),
    SPEAKS("PUT ", dialect_web),
    SPEAKS("DELETE ", dialect_web),
    SPEAKS("PATCH ", dialect_web),
    SPEAKS("OPTIONS ", dialect_web),
    SPEAKS("TRACE ", dialect_web),
    SPEAKS("CONNECT ", dialect_web),
    SPEAKS("PRI * HTTP/2.0", dialect_web),
    SPEAKS("CAP ", dialects_irc[0]),
    SPEAKS("CAP\r", dialects_irc[0]),
    SPEAKS("CAP\n", dialects_irc[0]),
    SPEAKS("NICK ", dialects_irc[0]),
    SPEAKS("NICK\r", dialects_irc[0]),
    SPEAKS("NICK\n", dialects_irc[0]),
    SPEAKS("USER ", dialects_irc[0]),
    SPEAKS("PASS ", dialects_irc[0]),
    SPEAKS("AUTHENTICATE ", dialects_irc[0]),
    SPEAKS("PING ", dialects_irc[0]),
    SPEAKS("JOIN ", dialects_irc[0]),
    SPEAKS("QUIT\r", dialects_irc[0]),
    SPEAKS("@label=", dialects_irc[0]),
    REFUSES("WEBIRC ", IRC_REFUSAL),
    REFUSES("PROTOCTL ", IRC_REFUSAL),
    REFUSES("STARTTLS", IRC_REFUSAL),
    REFUSES("EHLO ", MAIL_REFUSAL),
    REFUSES("HELO ", MAIL_REFUSAL),
    REFUSES("LHLO ", MAIL_REFUSAL),
    REFUSES("EHLO\r", MAIL_REFUSAL),
    REFUSES("HELO\r", MAIL_REFUSAL),
    REFUSES("SSH-", SSH_REFUSAL),
    REFUSES("<?xml", XMPP_REFUSAL),
    REFUSES("<stream:", XMPP_REFUSAL),
    REFUSES("PROXY ", PROXY_REFUSAL),
    /* Version 2 begins with line ends, which are passed over. */
    REFUSES("\0\r\nQUIT\n", PROXY_REFUSAL),
};

size_t sniff_space(const char *bytes, size_t length)
{
	size_t at = length >= MARK_BYTES && !memcmp(bytes, MARK, MARK_BYTES) ? MARK_BYTES : 0;
	while (at < length && strchr(" \t\r\n", bytes[at]) && bytes[at])
		at++;
	return at;
}

static const struct signature *match(const char *bytes, size_t length, bool *may_become)
{
	*may_become = length < MARK_BYTES && !memcmp(bytes, MARK, length);
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
		size_t whole = signatures[i].bytes;
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

/* "METHOD target HTTP/1.1" */
static bool is_http(const char *line, size_t length)
{
	const char *version = length > 9 ? line + length - 9 : NULL;
	if (!version || memcmp(version, " HTTP/", 6) || version[7] != '.')
		return false;
	const char *space = memchr(line, ' ', length);
	return space < version && space > line;
}

const char *sniff_refusal(const char *bytes, size_t length)
{
	size_t space = sniff_space(bytes, length);
	bool may_become;
	const struct signature *found = match(bytes + space, length - space, &may_become);
	if (found)
		return found->refusal;
	return is_http(bytes + space, length - space) ? HTTP_REFUSAL : NULL;
}
