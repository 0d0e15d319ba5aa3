/* Capabilities: what a client can read and do besides the oldest form; and what 005 says of the server. */
#include "base/memory.h"
#include "gateway/irc/irc.h"
#include "gateway/web/web.h"
#include "net/tls_context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of CAP LS, with its head, has at most so much of names. */
#define LIST_BYTES 400

struct cap {
	const char *name;
	uint32_t bit;
	const char *value; /* for those who know version 302; NULL: none */
};

static const struct cap caps[] = {
    {"account-notify", IRC_CAP_ACCOUNT_NOTIFY, NULL},
    {"account-tag", IRC_CAP_ACCOUNT_TAG, NULL},
    {"away-notify", IRC_CAP_AWAY_NOTIFY, NULL},
    {"batch", IRC_CAP_BATCH, NULL},
    {"cap-notify", IRC_CAP_CAP_NOTIFY, NULL},
    {"chghost", IRC_CAP_CHGHOST, NULL},
    {"draft/account-registration", IRC_CAP_REGISTER, "before-connect"},
    {"draft/chathistory", IRC_CAP_HISTORY, NULL},
    {"draft/event-playback", IRC_CAP_EVENTS, NULL},
    {"draft/extended-isupport", IRC_CAP_EXTENDED_ISUPPORT, NULL},
    {"draft/message-redaction", IRC_CAP_REDACT, NULL},
    {"draft/metadata-3", IRC_CAP_METADATA, "before-connect,max-subs=50,max-keys=30,max-value-bytes=300"},
    {"draft/multiline", IRC_CAP_MULTILINE, "max-bytes=8192,max-lines=200"},
    {"draft/no-implicit-names", IRC_CAP_NO_NAMES, NULL},
    {"draft/pre-away", IRC_CAP_PRE_AWAY, NULL},
    {"draft/read-marker", IRC_CAP_READ_MARKER, NULL},
    {"echo-message", IRC_CAP_ECHO, NULL},
    {"extended-join", IRC_CAP_EXTENDED_JOIN, NULL},
    {"extended-monitor", IRC_CAP_EXTENDED_MONITOR, NULL},
    {"invite-notify", IRC_CAP_INVITE_NOTIFY, NULL},
    {"labeled-response", IRC_CAP_LABELS, NULL},
    {"message-tags", IRC_CAP_TAGS, NULL},
    {"multi-prefix", IRC_CAP_MULTI_PREFIX, NULL},
    {"sasl", IRC_CAP_SASL, "PLAIN"},
    {"server-time", IRC_CAP_TIME, NULL},
    {"setname", IRC_CAP_SETNAME, NULL},
    {"soju.im/search", IRC_CAP_SEARCH, NULL},
    {"standard-replies", IRC_CAP_STANDARD_REPLIES, NULL},
    {"userhost-in-names", IRC_CAP_USERHOST, NULL},
    {"znc.in/playback", IRC_CAP_PLAYBACK, NULL},
    {"znc.in/self-message", IRC_CAP_SELF_MESSAGE, NULL},
};

#define CAPS (sizeof caps / sizeof *caps)

/* True where it is offered on this line: passwords only where nobody reads along. */
static bool is_offered(const struct connection *connection, const struct cap *cap)
{
	if (cap->bit == IRC_CAP_SASL)
		return irc_is_line_fit(connection);
	if (cap->bit == IRC_CAP_REGISTER)
		return irc_is_line_fit(connection) && !strcmp(connection->gateway->web->registration, "open");
	return true;
}

static const struct cap *find(const struct connection *connection, const char *name, size_t bytes)
{
	for (size_t i = 0; i < CAPS; i++)
		if (strlen(caps[i].name) == bytes && !memcmp(caps[i].name, name, bytes) &&
		    is_offered(connection, &caps[i]))
			return &caps[i];
	return NULL;
}

static void write_list(struct connection *connection, const char *subcommand, const struct buffer *list,
		       bool goes_on)
{
	irc_say(connection, "CAP %s %s %s:%.*s", irc_nick(connection), subcommand, goes_on ? "* " : "",
		(int)buffer_length(list), buffer_length(list) ? buffer_bytes(list) : "");
}

/* Strict transport security is told, never asked for: where to come in TLS, and there, for how long. A client that has
 * heard of it takes no certificate that it cannot verify, so there has to be one that it can. */
static void add_sts(const struct connection *connection, struct buffer *list)
{
	const struct transport *transport = connection->gateway->transport;
	int64_t seconds = connection->gateway->limits->irc_sts;
	if (!seconds || !transport->tls || !tls_context_is_given(transport->tls))
		return;
	if (stream_is_encrypted(&connection->stream))
		buffer_printf(list, "sts=duration=%lld", (long long)seconds);
	else
		buffer_printf(list, "sts=port=%u", irc_port());
}

/* All of `mask`, in as many lines as it takes. */
static void list_caps(struct connection *connection, const char *subcommand, uint32_t mask, bool with_values)
{
	struct buffer list = BUFFER_EMPTY;
	if (with_values)
		add_sts(connection, &list);
	for (size_t i = 0; i < CAPS; i++) {
		const struct cap *cap = &caps[i];
		if (!(mask & cap->bit) || !is_offered(connection, cap))
			continue;
		if (buffer_length(&list) > LIST_BYTES - 64 && irc_of(connection)->has_302) {
			write_list(connection, subcommand, &list, true);
			buffer_clear(&list);
		}
		bool has_value = with_values && cap->value;
		buffer_printf(&list, "%s%s%s%s", buffer_length(&list) ? " " : "", cap->name,
			      has_value ? "=" : "", has_value ? cap->value : "");
	}
	write_list(connection, subcommand, &list, false);
	buffer_release(&list);
}

/* Collects the capabilities that the words ask for; false: one of them is unknown. */
static bool read_request(const struct connection *connection, const char *words, uint32_t *on, uint32_t *off)
{
	*on = *off = 0;
	while (*words) {
		size_t bytes = strcspn(words, " ");
		bool is_off = *words == '-';
		const struct cap *cap = bytes ? find(connection, words + is_off, bytes - is_off) : NULL;
		if (bytes && !cap)
			return false;
		if (cap)
			*(is_off ? off : on) |= cap->bit;
		words += bytes + (words[bytes] == ' ');
	}
	return true;
}

static enum dialect_id dialect_for(uint32_t caps_on)
{
	bool has_redact = caps_on & IRC_CAP_REDACT;
	bool has_batch = (caps_on & IRC_CAP_MULTILINE) && (caps_on & IRC_CAP_BATCH);
	bool has_time = caps_on & IRC_CAP_TIME, has_account = caps_on & IRC_CAP_ACCOUNT_TAG;
	/* Two tags are known: a client that reads them can pass over the others. */
	bool has_tags = caps_on & IRC_CAP_TAGS || (has_time && has_account);
	if (!has_tags)
		return has_time ? DIALECT_IRC_TIME : has_account ? DIALECT_IRC_ACCOUNT : DIALECT_IRC;
	if (has_batch)
		return has_redact ? DIALECT_IRC_MODERN : DIALECT_IRC_MULTI;
	return has_redact ? DIALECT_IRC_REDACT : DIALECT_IRC_TAGS;
}

/* CAP LS, REQ and the like have chosen: what the log is read in. */
static void choose_dialect(struct connection *connection)
{
	const struct dialect *chosen = &dialects_irc[dialect_for(irc_of(connection)->caps) - DIALECT_IRC];
	bool has_changed = chosen != connection->dialect;
	connection->dialect = chosen;
	connection->is_echoed = irc_can(connection, IRC_CAP_ECHO);
	feed_set_author(connection, connection->is_author && !connection->is_echoed);
	/* It reads on in the other form from where it is. */
	for (struct subscription *one = connection->subscriptions; has_changed && one; one = one->next)
		irc_enqueue_unasked(connection, "\001FOLLOW %s", one->feed->room);
}

static void request(struct connection *connection, const char *words)
{
	struct irc *irc = irc_of(connection);
	uint32_t on, off;
	if (!read_request(connection, words, &on, &off)) {
		irc_say(connection, "CAP %s NAK :%s", irc_nick(connection), words);
		return;
	}
	irc->caps = (irc->caps | on) & ~off;
	irc_say(connection, "CAP %s ACK :%s", irc_nick(connection), words);
	choose_dialect(connection);
}

void irc_run_cap(struct connection *connection, const struct irc_line *line)
{
	struct irc *irc = irc_of(connection);
	const char *what = line->params[0], *rest = line->count > 1 ? line->params[1] : "";
	bool is_list = irc_is_same(what, "LS"), is_request = irc_is_same(what, "REQ");
	if ((is_list || is_request) && irc->greeting)
		irc->greeting->is_negotiating = true;
	if (is_list) {
		irc->has_302 |= atoi(rest) >= 302;
		if (irc->has_302)
			irc->caps |= IRC_CAP_CAP_NOTIFY;
		list_caps(connection, "LS", UINT32_MAX, irc->has_302);
	} else if (is_request) {
		request(connection, rest);
	} else if (irc_is_same(what, "LIST")) {
		list_caps(connection, "LIST", irc->caps, false);
	} else if (!irc_is_same(what, "END")) {
		irc_numeric(connection, "410", "%.64s :Invalid CAP command", what);
	} else if (irc->greeting) {
		irc->greeting->is_negotiating = false;
		irc_greet(connection);
	}
}

static void write_support_line(struct connection *connection, const char *words, bool is_batch)
{
	if (is_batch)
		buffer_add_string(irc_out(connection), "@batch=s ");
	irc_numeric(connection, "005", "%s :are supported by this server", words);
}

void irc_write_support(struct connection *connection)
{
	/* At most 13 in a line, which has 15 parameters. */
	static const char *const lines[] = {
	    "AWAYLEN=512 BOT=B CASEMAPPING=ascii CHANLIMIT=#:200 CHANMODES=b,,,imnst CHANNELLEN=49 "
	    "CHANTYPES=# CHATHISTORY=200 "
	    "CLIENTTAGDENY=*,-reply,-draft/reply,-draft/react,-draft/unreact,-typing ELIST=CMNTU",
	    "ACCOUNTEXTBAN=a EXTBAN=,ma HOSTLEN=64 KICKLEN=512 MAXLIST=b:1000 MAXTARGETS=20 MODES=20 "
	    "MONITOR=100 MSGREFTYPES=msgid,timestamp NETWORK=brusio NICKLEN=32",
	    "PREFIX=(qov)~@+ SAFELIST SAFERATE "
	    "TARGMAX=JOIN:,KICK:,LIST:1,NAMES:1,NOTICE:20,PART:,PRIVMSG:20,TAGMSG:20,WHOIS:1 TOPICLEN=512 "
	    "USERLEN=32 UTF8ONLY WHOX",
	};
	bool is_batch = irc_can(connection, IRC_CAP_EXTENDED_ISUPPORT | IRC_CAP_BATCH);
	struct buffer filehost = BUFFER_EMPTY;
	irc_add_filehost(connection, &filehost);
	if (is_batch)
		irc_say(connection, "BATCH +s draft/isupport");
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		write_support_line(connection, lines[i], is_batch);
	if (buffer_length(&filehost))
		write_support_line(connection, buffer_string(&filehost), is_batch);
	if (is_batch)
		irc_say(connection, "BATCH -s");
	buffer_release(&filehost);
}

void irc_run_isupport(struct connection *connection, const struct irc_line *line)
{
	(void)line;
	irc_write_support(connection);
}
