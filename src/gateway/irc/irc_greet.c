/* From the first line to 001: a name, a user name, maybe a password, and the end of CAP. */
#include "base/memory.h"
#include "base/text/utf8.h"
#include "gateway/irc/irc.h"
#include "gateway/web/web.h"
#include "version.h"
#include "wire/filehost.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of AUTHENTICATE has so much; a shorter one is the last. */
#define SASL_CHUNK     400
#define SASL_BYTES_MAX 4096
#define REAL_NAME_MAX  128

bool irc_is_line_fit(const struct connection *connection)
{
	return transport_is_secure(connection) || connection->gateway->web->allows_insecure_passwords;
}

static void set_text(char **text, const char *to)
{
	mem_free_secret(*text);
	*text = to ? mem_string(to) : NULL;
}

void irc_free_greeting(struct irc *irc)
{
	struct irc_greeting *greeting = irc->greeting;
	if (!greeting)
		return;
	set_text(&greeting->nick, NULL);
	set_text(&greeting->user, NULL);
	set_text(&greeting->real_name, NULL);
	set_text(&greeting->password, NULL);
	set_text(&greeting->away, NULL);
	if (greeting->sasl.data)
		mem_wipe(greeting->sasl.data, greeting->sasl.capacity);
	buffer_release(&greeting->sasl);
	free(greeting);
	irc->greeting = NULL;
}

/* --- 001 and what comes with it --- */

static void take_names(struct connection *connection, const struct reply *reply)
{
	assert(reply->kind == REPLY_WELCOME);
	irc_set_nick(connection, reply->welcome.name);
	irc_of(connection)->is_account = reply->welcome.is_account;
	/* Rooms that an account is in: it sees them as joined, without asking. */
	for (size_t i = 0; i < reply->welcome.rooms.rows_count; i++)
		irc_come_back(connection, &reply->welcome.rooms.rows[i]);
}

static void register_now(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	const char *server = irc_server_name();
	struct buffer prefix = BUFFER_EMPTY;
	irc->is_registered = true;
	irc_add_own_prefix(connection, &prefix);
	irc_numeric(connection, "001", ":Welcome to brusio, %s", buffer_string(&prefix));
	irc_numeric(connection, "002", ":Your host is %s, running brusio %s", server, BRUSIO_VERSION);
	irc_numeric(connection, "003", ":This server keeps what is said");
	irc_numeric(connection, "004", "%s brusio-%s B bimnost ovqb", server, BRUSIO_VERSION);
	irc_write_support(connection);
	if (irc->greeting->away)
		irc_enqueue(connection, "AWAY :%s", irc->greeting->away);
	irc_free_greeting(irc);
	buffer_release(&prefix);
	/* Before the rooms, which wait in line already. */
	if (!irc_greet_metadata(connection))
		irc_ask_counts(connection, true);
}

static void refuse_name(struct connection *connection, const struct reply *reply)
{
	assert(reply->kind == REPLY_ERROR);
	struct irc *irc = irc_of(connection);
	struct buffer text = BUFFER_EMPTY;
	char *nick = mem_string(irc_nick(connection));
	irc_error_text(connection, reply, &text);
	set_text(&irc->greeting->nick, NULL);
	switch (reply->note.error) {
	case ERROR_BAD_NAME:
		irc_numeric(connection, "432", "%s :%s", nick, buffer_string(&text));
		break;
	case ERROR_NAME_TAKEN:
	case ERROR_AUTH_REQUIRED:
		irc_numeric(connection, "433", "%s :%s", nick, buffer_string(&text));
		break;
	case ERROR_AUTH_FAILED:
	case ERROR_INSECURE:
		irc_numeric(connection, "464", ":%s", buffer_string(&text));
		irc_end(connection, buffer_string(&text));
		break;
	default:
		irc_end(connection, buffer_string(&text));
	}
	free(nick);
	buffer_release(&text);
}

static void then_greeted(struct connection *connection, const struct reply *reply, const char *target)
{
	struct irc *irc = irc_of(connection);
	(void)target;
	irc->greeting->is_asked = false;
	if (reply->kind != REPLY_WELCOME) {
		refuse_name(connection, reply);
		return;
	}
	take_names(connection, reply);
	register_now(connection);
}

/* "name@device", "name/device" or "name": the device is the connection's own where none is said. */
static struct request *hello_new(struct connection *connection, const char *who, const char *password)
{
	char name[LIMIT_NAME_BYTES + 1], device[LIMIT_DEVICE_BYTES + 1];
	size_t bytes = strcspn(who, "@/");
	snprintf(name, sizeof name, "%.*s", (int)bytes, who);
	if (who[bytes] && who[bytes + 1])
		snprintf(device, sizeof device, "%.*s", LIMIT_DEVICE_BYTES, who + bytes + 1);
	else
		snprintf(device, sizeof device, "irc-%llx", (unsigned long long)connection->id);
	size_t password_bytes = password ? strlen(password) : 0;
	struct request *request =
	    irc_request(REQUEST_HELLO, REQUEST_TEXT_NAME, name, strlen(device) + 2 * password_bytes + 8);
	request_set_text(request, REQUEST_TEXT_DEVICE, device, strlen(device));
	request_set_text(request, REQUEST_TEXT_CLIENT, "irc", 3);
	if (password)
		request_set_text(request,
				 filehost_is_token(password) ? REQUEST_TEXT_TOKEN : REQUEST_TEXT_PASSWORD,
				 password, password_bytes);
	request->is_fleeting = !who[bytes] || !who[bytes + 1];
	return request;
}

static void greet_as_guest(struct connection *connection)
{
	struct irc_greeting *greeting = irc_of(connection)->greeting;
	const char *password = greeting->password, *who = greeting->nick;
	char *named = NULL;
	/* PASS name@device:secret */
	const char *colon = password ? strchr(password, ':') : NULL;
	if (colon) {
		named = mem_string_n(password, (size_t)(colon - password));
		who = named;
		password = colon + 1;
	}
	if (!utf8_is_user_name(greeting->nick)) {
		irc_numeric(connection, "432", "%.64s :Erroneous nickname", greeting->nick);
		set_text(&greeting->nick, NULL);
	} else {
		greeting->is_asked = true;
		irc_ask(connection, hello_new(connection, who, password), then_greeted, who);
	}
	free(named);
}

/* The chat has known it since its password: now it hears the rest. */
static void register_proved(struct connection *connection)
{
	const struct irc_greeting *greeting = irc_of(connection)->greeting;
	struct request *request =
	    irc_request(REQUEST_REALNAME, REQUEST_TEXT_MESSAGE, greeting->real_name, strlen(greeting->user));
	request_set_text(request, REQUEST_TEXT_NAME, greeting->user, strlen(greeting->user));
	irc_ask(connection, request, NULL, "");
	register_now(connection);
}

void irc_greet(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	struct irc_greeting *greeting = irc->greeting;
	if (irc->is_registered || greeting->is_asked || greeting->is_negotiating || !greeting->nick ||
	    !greeting->user)
		return;
	if (!connection->is_known)
		peer_set_looks(connection->peer, greeting->user, greeting->real_name);
	if (*irc->nick)
		register_proved(connection);
	else
		greet_as_guest(connection);
}

/* The name is taken as a guest's, and then the account is made of it. */
static void then_greeted_by_name(struct connection *connection, const struct reply *reply,
				 const char *password)
{
	struct irc *irc = irc_of(connection);
	struct buffer text = BUFFER_EMPTY;
	irc->greeting->is_asked = false;
	if (reply->kind == REPLY_WELCOME) {
		take_names(connection, reply);
		irc_register(connection, password);
		return;
	}
	irc_standard(connection, "FAIL", "REGISTER", "ACCOUNT_EXISTS", irc_nick(connection),
		     irc_error_text(connection, reply, &text));
	buffer_release(&text);
}

void irc_greet_to_register(struct connection *connection, const char *password)
{
	struct irc_greeting *greeting = irc_of(connection)->greeting;
	if (!connection->is_known && greeting->user)
		peer_set_looks(connection->peer, greeting->user, greeting->real_name);
	greeting->is_asked = true;
	irc_ask(connection, hello_new(connection, greeting->nick, NULL), then_greeted_by_name, password);
}

void irc_set_greeted_away(struct connection *connection, const char *text)
{
	if (irc_can(connection, IRC_CAP_PRE_AWAY))
		set_text(&irc_of(connection)->greeting->away, *text ? text : NULL);
	else
		irc_numeric(connection, "451", ":You have not registered");
}

/* --- NICK, USER, PASS --- */

static void then_renamed(struct connection *connection, const struct reply *reply, const char *target)
{
	struct irc *irc = irc_of(connection);
	struct buffer text = BUFFER_EMPTY;
	if (reply->kind == REPLY_OK) {
		irc_say_own(connection, "NICK :%s", target);
		irc_write_user_change(connection, irc->is_account ? target : NULL, irc->nick, target,
				      peer_shown_address(connection->peer));
		irc_set_nick(connection, target);
		return;
	}
	irc_error_text(connection, reply, &text);
	const char *numeric = reply->note.error == ERROR_BAD_NAME                                     ? "432"
			      : reply->note.error == ERROR_NAME_TAKEN                                 ? "433"
			      : reply->note.error == ERROR_BANNED || reply->note.error == ERROR_MUTED ? "435"
												      : NULL;
	if (numeric)
		irc_numeric(connection, numeric, "%s :%s", target, buffer_string(&text));
	else
		irc_refuse(connection, reply, target);
	buffer_release(&text);
}

void irc_run_nick(struct connection *connection, const struct irc_line *line)
{
	struct irc *irc = irc_of(connection);
	const char *nick = line->count ? line->params[0] : "";
	if (!*nick) {
		irc_numeric(connection, "431", ":No nickname given");
	} else if (!utf8_is_user_name(nick)) {
		irc_numeric(connection, "432", "%.64s :Erroneous nickname", strchr(nick, ' ') ? "*" : nick);
	} else if (!irc->is_registered) {
		set_text(&irc->greeting->nick, nick);
		irc_greet(connection);
	} else if (strcmp(nick, irc->nick) != 0) {
		irc_ask(connection, irc_request(REQUEST_NICK, REQUEST_TEXT_NAME, nick, 0), then_renamed,
			nick);
	}
}

/* Keeps the characters that a user name may have in a prefix. */
static void clean_user(char *user)
{
	assert(user);
	char *to = user;
	for (const char *at = user; *at; at++)
		if (strchr("!@ :*?", *at) == NULL && (unsigned char)*at > ' ' && to - user < 20)
			*to++ = *at;
	*to = '\0';
}

void irc_run_user(struct connection *connection, const struct irc_line *line)
{
	struct irc *irc = irc_of(connection);
	if (irc->is_registered) {
		irc_numeric(connection, "462", ":You may not reregister");
		return;
	}
	struct irc_greeting *greeting = irc->greeting;
	if (!*line->params[3]) {
		irc_numeric(connection, "461", "USER :Not enough parameters");
		return;
	}
	set_text(&greeting->user, line->params[0]);
	clean_user(greeting->user);
	if (!*greeting->user)
		set_text(&greeting->user, "u");
	set_text(&greeting->real_name, line->params[3]);
	greeting->real_name[utf8_prefix(greeting->real_name, strlen(greeting->real_name), REAL_NAME_MAX)] =
	    '\0';
	irc_greet(connection);
}

void irc_run_pass(struct connection *connection, const struct irc_line *line)
{
	struct irc *irc = irc_of(connection);
	if (irc->is_registered)
		irc_numeric(connection, "462", ":You may not reregister");
	else if (!*line->params[0])
		irc_numeric(connection, "461", "PASS :Not enough parameters");
	else
		set_text(&irc->greeting->password, line->params[0]);
}

/* --- SASL PLAIN --- */

static void reset_sasl(struct irc_greeting *greeting)
{
	if (greeting->sasl.data)
		mem_wipe(greeting->sasl.data, greeting->sasl.capacity);
	buffer_release(&greeting->sasl);
	greeting->is_in_sasl = false;
}

static void fail_sasl(struct connection *connection, const char *numeric, const char *text)
{
	reset_sasl(irc_of(connection)->greeting);
	irc_numeric(connection, numeric, ":%s", text);
}

static void then_proved(struct connection *connection, const struct reply *reply, const char *target)
{
	struct irc *irc = irc_of(connection);
	struct buffer text = BUFFER_EMPTY;
	(void)target;
	irc->greeting->is_asked = false;
	if (reply->kind != REPLY_WELCOME) {
		irc_error_text(connection, reply, &text);
		fail_sasl(connection, "904", buffer_string(&text));
		buffer_release(&text);
		return;
	}
	take_names(connection, reply);
	irc_write_login(connection);
	irc_numeric(connection, "903", ":SASL authentication successful");
	reset_sasl(irc_of(connection)->greeting);
	irc_greet(connection);
}

/* authzid NUL authcid NUL password */
static void prove(struct connection *connection)
{
	struct irc *irc = irc_of(connection);
	struct irc_greeting *greeting = irc->greeting;
	struct buffer plain = BUFFER_EMPTY;
	bool is_read = irc_read_base64(buffer_string(&greeting->sasl), &plain);
	size_t bytes = buffer_length(&plain);
	const char *authzid = buffer_string(&plain);
	const char *authcid = authzid + strlen(authzid) + 1;
	const char *password = authcid < authzid + bytes ? authcid + strlen(authcid) + 1 : authcid;
	bool is_form = is_read && password <= authzid + bytes && authcid < password && *authcid &&
		       strlen(password) == (size_t)(authzid + bytes - password) && utf8_valid(authzid, bytes);
	if (!is_form || (*authzid && strcmp(authzid, authcid) != 0) ||
	    strlen(password) > LIMIT_PASSWORD_BYTES) {
		fail_sasl(connection, "904", "SASL authentication failed");
	} else {
		if (!connection->is_known && greeting->user)
			peer_set_looks(connection->peer, greeting->user, greeting->real_name);
		greeting->is_asked = true;
		irc_ask(connection, hello_new(connection, authcid, password), then_proved, authcid);
	}
	if (plain.data)
		mem_wipe(plain.data, plain.capacity);
	buffer_release(&plain);
}

static void take_chunk(struct connection *connection, const char *chunk)
{
	struct irc_greeting *greeting = irc_of(connection)->greeting;
	size_t bytes = strlen(chunk);
	bool is_last = bytes < SASL_CHUNK;
	if (bytes > SASL_CHUNK || buffer_length(&greeting->sasl) + bytes > SASL_BYTES_MAX) {
		fail_sasl(connection, bytes > SASL_CHUNK ? "905" : "904", "SASL message too long");
		return;
	}
	if (strcmp(chunk, "+") != 0)
		buffer_add_string(&greeting->sasl, chunk);
	if (is_last)
		prove(connection);
}

void irc_run_authenticate(struct connection *connection, const struct irc_line *line)
{
	struct irc *irc = irc_of(connection);
	const char *text = line->params[0];
	if (irc->is_registered)
		irc_numeric(connection, "462", ":Come again to log in");
	else if (irc->is_account)
		irc_numeric(connection, "907", ":You have already authenticated");
	else if (!irc_is_line_fit(connection) || !irc->greeting)
		irc_numeric(connection, "904",
			    ":SASL authentication failed: not on this line, or not any more");
	else if (!irc_can(connection, IRC_CAP_SASL))
		irc_numeric(connection, "904", ":SASL authentication failed: ask for the capability first");
	else if (!strcmp(text, "*"))
		fail_sasl(connection, "906", "SASL authentication aborted");
	else if (irc->greeting->is_in_sasl)
		take_chunk(connection, text);
	else if (!irc_is_same(text, "PLAIN")) {
		irc_numeric(connection, "908", "PLAIN :are available SASL mechanisms");
		fail_sasl(connection, "904", "SASL authentication failed");
	} else {
		irc->greeting->is_in_sasl = true;
		buffer_add_string(irc_out(connection), "AUTHENTICATE +\r\n");
	}
}
