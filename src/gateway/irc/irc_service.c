/* Accounts: REGISTER, and the service that people know by the name of NickServ. */
#include "base/memory.h"
#include "gateway/irc/irc.h"
#include "gateway/web/web.h"

#include <stdlib.h>
#include <string.h>

bool irc_is_service(const char *name)
{
	static const char *const names[] = {"NickServ", "ChanServ", "MemoServ", "HostServ",
					    "OperServ", "SaslServ", "Services", "Global"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (irc_is_same(name, names[i]))
			return true;
	return false;
}

void irc_write_login(struct connection *connection)
{
	const struct irc *irc = irc_of(connection);
	struct buffer prefix = BUFFER_EMPTY;
	irc_add_own_prefix(connection, &prefix);
	irc_numeric(connection, "900", "%s %s :You are now logged in as %s", buffer_string(&prefix),
		    irc->nick, irc->nick);
	buffer_release(&prefix);
}

static void now_account(struct connection *connection)
{
	struct buffer filehost = BUFFER_EMPTY;
	irc_of(connection)->is_account = true;
	irc_write_login(connection);
	irc_add_filehost(connection, &filehost);
	if (irc_of(connection)->is_registered && buffer_length(&filehost))
		irc_numeric(connection, "005", "%s :are supported by this server", buffer_string(&filehost));
	buffer_release(&filehost);
}

/* --- REGISTER --- */

static void then_registered(struct connection *connection, const struct reply *reply, const char *name)
{
	if (reply->kind != REPLY_ERROR) {
		irc_say(connection, "REGISTER SUCCESS %s :Account created", name);
		now_account(connection);
		return;
	}
	struct buffer text = BUFFER_EMPTY;
	const char *code = reply->note.error == ERROR_BAD_FIELD    ? "WEAK_PASSWORD"
			   : reply->note.error == ERROR_NAME_TAKEN ? "ACCOUNT_EXISTS"
			   : reply->note.error == ERROR_FORBIDDEN  ? "ACCOUNT_EXISTS"
								   : "TEMPORARILY_UNAVAILABLE";
	irc_standard(connection, "FAIL", "REGISTER", code, name, irc_error_text(connection, reply, &text));
	buffer_release(&text);
}

void irc_register(struct connection *connection, const char *password)
{
	irc_ask(connection, irc_request(REQUEST_REGISTER, REQUEST_TEXT_PASSWORD, password, 0),
		then_registered, irc_nick(connection));
}

void irc_run_register(struct connection *connection, const struct irc_line *line)
{
	struct irc *irc = irc_of(connection);
	const char *account = line->params[0], *password = line->params[2];
	const char *lang = lang_text((enum lang)connection->lang, TEXT_irc_register_as_nick);
	const char *nick = irc_nick(connection);
	if (strcmp(connection->gateway->web->registration, "open") != 0 || !irc_is_line_fit(connection))
		irc_standard(connection, "FAIL", "REGISTER", "DISALLOWED", account,
			     "Accounts are not made here");
	else if (irc->is_account)
		irc_standard(connection, "FAIL", "REGISTER", "ALREADY_AUTHENTICATED", account,
			     "You have an account");
	else if (strcmp(account, "*") != 0 && !irc_is_same(account, nick))
		irc_standard(connection, "FAIL", "REGISTER", "ACCOUNT_NAME_MUST_BE_NICK", account, lang);
	else if (strlen(password) > LIMIT_PASSWORD_BYTES)
		irc_standard(connection, "FAIL", "REGISTER", "INVALID_PASSWORD", account,
			     "That password is too long");
	else if (!strcmp(nick, "*"))
		irc_standard(connection, "FAIL", "REGISTER", "NEED_NICK", account, lang);
	else if (!*irc->nick)
		irc_greet_to_register(connection, password);
	else
		irc_register(connection, password);
}

/* --- NickServ --- */

static void answer(struct connection *connection, const char *text)
{
	struct buffer *out = irc_out(connection);
	size_t start = buffer_length(out);
	buffer_printf(out, ":NickServ!services@%s NOTICE %s :%s", irc_server_name(), irc_nick(connection),
		      text);
	irc_end_line(out, start);
}

static void then_served(struct connection *connection, const struct reply *reply, const char *target)
{
	struct buffer text = BUFFER_EMPTY;
	(void)target;
	if (reply->kind == REPLY_ERROR) {
		answer(connection, irc_error_text(connection, reply, &text));
	} else {
		now_account(connection);
		answer(connection, lang_text((enum lang)connection->lang, TEXT_irc_registered));
	}
	buffer_release(&text);
}

void irc_serve(struct connection *connection, const char *service, const char *text)
{
	struct irc *irc = irc_of(connection);
	enum lang lang = (enum lang)connection->lang;
	size_t word = strcspn(text, " ");
	char *password = mem_string(text + word + strspn(text + word, " "));
	bool is_register = word == 8 && !strncasecmp(text, "REGISTER", 8) && irc_is_same(service, "NickServ");
	password[strcspn(password, " ")] = '\0';
	if (!is_register || !*password)
		answer(connection, lang_text(lang, TEXT_irc_services));
	else if (irc->is_account)
		answer(connection, lang_text(lang, TEXT_irc_has_account));
	else if (!irc_is_line_fit(connection))
		answer(connection, lang_text(lang, TEXT_error_insecure));
	else
		irc_ask(connection, irc_request(REQUEST_REGISTER, REQUEST_TEXT_PASSWORD, password, 0),
			then_served, "");
	mem_free_secret(password);
}
