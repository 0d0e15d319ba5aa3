#include "gateway/sniff.h"

#include <ctype.h>
#include <string.h>

#define THIS_IS      "This is brusio, a chat server"
#define IRC_REFUSAL  "ERROR :" THIS_IS " that speaks IRC, but not between servers or gateways\r\n"
#define MAIL_REFUSAL "554 " THIS_IS ", not a mail server\r\n"
#define POP_REFUSAL  "-ERR " THIS_IS ", not a mail server\r\n"
#define IMAP_REFUSAL "* BYE " THIS_IS ", not a mail server\r\n"
#define SSH_REFUSAL  THIS_IS ", not an SSH server.\r\n"
#define REAL_REFUSAL THIS_IS ". The first line is your name.\r\n"
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
    SPEAKS("QUIT\n", dialects_irc[0]),
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
    REFUSES("@RSYNCD:", REAL_REFUSAL),
    REFUSES("GNUTELLA ", REAL_REFUSAL),
    REFUSES("MGLNDD_", REAL_REFUSAL), /* a scanner's */
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

/* Whole lines, since people may be called like their beginnings. '#' is a digit, '%' a word, '&' a word with a digit
 * in it, '~' whatever follows. Large letters are nobody's way to say such a thing; in small ones, only a word with a
 * digit in front tells a client of IMAP. */
static const struct greeting {
	const char *pattern;
	const char *refusal;
} greetings[] = {
    {"EHLO", MAIL_REFUSAL},
    {"HELO", MAIL_REFUSAL},
    {"LHLO", MAIL_REFUSAL},
    {"CAPA", POP_REFUSAL},
    {"STLS", POP_REFUSAL},
    {"AUTH", POP_REFUSAL},
    {"AUTH %", POP_REFUSAL},
    {"APOP % %", POP_REFUSAL},
    {"CAPABILITY", IMAP_REFUSAL},
    {"% CAPABILITY", IMAP_REFUSAL},
    {"& capability", IMAP_REFUSAL},
    {"% LOGIN % %", IMAP_REFUSAL},
    {"& login % %", IMAP_REFUSAL},
    {"% AUTHENTICATE ~", IMAP_REFUSAL},
    {"& authenticate ~", IMAP_REFUSAL},
    {"% STARTTLS", IMAP_REFUSAL},
    {"& starttls", IMAP_REFUSAL},
    {"% NOOP", IMAP_REFUSAL},
    {"& noop", IMAP_REFUSAL},
    {"% LOGOUT", IMAP_REFUSAL},
    {"& logout", IMAP_REFUSAL},
    {"% ID (~", IMAP_REFUSAL},
    {"& id (~", IMAP_REFUSAL},
    {"CAPABILITIES", REAL_REFUSAL}, /* NNTP */
    {"MODE READER", REAL_REFUSAL},
    {"RFB ###.###", REAL_REFUSAL},
    {"FEAT", REAL_REFUSAL}, /* FTP */
    {"SYST", REAL_REFUSAL},
    {"HELP", REAL_REFUSAL}, /* several, and nmap */
    {"PING", REAL_REFUSAL}, /* Redis */
    {"*#", REAL_REFUSAL},
    {"*##", REAL_REFUSAL},
    {"CONNECT", REAL_REFUSAL}, /* STOMP */
    {"STOMP", REAL_REFUSAL},
    {"gkrellm #~", REAL_REFUSAL},
    {"DIST########~", REAL_REFUSAL}, /* distcc */
    {"WWWOFFLE ~", REAL_REFUSAL},
    {"AUTHENTICATE", REAL_REFUSAL}, /* Tor's control port */
    {"PROTOCOLINFO", REAL_REFUSAL},
    {"PROTOCOLINFO ~", REAL_REFUSAL},
    {"JDWP-Handshake", REAL_REFUSAL},
    {"IHAVEOPT", REAL_REFUSAL}, /* NBD */
    /* Of nmap: NoMachine, JMON, LibreOffice, Niagara */
    {"NXSH-#~", REAL_REFUSAL},
    {"CONNECT## v##", REAL_REFUSAL},
    {"LO_SERVER_CLIENT_PAIR", REAL_REFUSAL},
    {"fox a #~", REAL_REFUSAL},
};

/* The bytes of the word that the line begins with. */
static size_t word_bytes(const char *line, size_t length, bool *has_digit)
{
	size_t bytes = 0;
	for (*has_digit = false; bytes < length && line[bytes] != ' '; bytes++)
		*has_digit |= isdigit((unsigned char)line[bytes]) != 0;
	return bytes;
}

static bool fits(const char *pattern, const char *line, size_t length)
{
	size_t at = 0;
	for (; *pattern && *pattern != '~'; pattern++) {
		bool is_word = *pattern == '%' || *pattern == '&', has_digit = false;
		size_t bytes = is_word ? word_bytes(line + at, length - at, &has_digit) : at < length;
		if (!bytes || (*pattern == '&' && !has_digit) ||
		    (*pattern == '#' && !isdigit((unsigned char)line[at])) ||
		    (!is_word && *pattern != '#' && *pattern != line[at]))
			return false;
		at += bytes;
	}
	return *pattern ? at < length : at == length;
}

/* "METHOD target HTTP/1.1"; RTSP and SIP are built alike. */
static bool is_http(const char *line, size_t length, const char *protocol)
{
	size_t bytes = strlen(protocol) + 3;
	const char *version = length > bytes ? line + length - bytes : NULL;
	if (!version || memcmp(version, protocol, bytes - 3) || version[bytes - 2] != '.')
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
	const char *line = bytes + space;
	for (length -= space; length && strchr(" \t\r\n", line[length - 1]) && line[length - 1]; length--)
		;
	for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++)
		if (fits(greetings[i].pattern, line, length))
			return greetings[i].refusal;
	if (is_http(line, length, " HTTP/"))
		return HTTP_REFUSAL;
	return is_http(line, length, " RTSP/") || is_http(line, length, " SIP/") ? REAL_REFUSAL : NULL;
}
