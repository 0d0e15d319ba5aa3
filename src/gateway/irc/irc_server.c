/* Questions about the server, and what only its operators might do. */
#include "base/clock.h"
#include "base/mask.h"
#include "gateway/irc/irc.h"
#include "version.h"

#include <string.h>
#include <time.h>

/* A server of another name is not known. */
static bool is_elsewhere(struct connection *connection, const struct irc_line *line)
{
	const char *server = line->count ? line->params[0] : "";
	if (!*server || mask_matches(server, irc_server_name()) || irc_is_same(server, irc_nick(connection)))
		return false;
	irc_numeric(connection, "402", "%.64s :No such server", server);
	return true;
}

static void write_motd(struct connection *connection)
{
	irc_numeric(connection, "422", ":MOTD File is missing");
}

void irc_run_motd(struct connection *connection, const struct irc_line *line)
{
	if (!is_elsewhere(connection, line))
		write_motd(connection);
}

static void then_counted(struct connection *connection, const struct reply *reply, const char *behind)
{
	static const struct reply_look unknown;
	const struct reply_look *look = reply->kind == REPLY_LOOK ? &reply->look : &unknown;
	long long people = (long long)look->online, rooms = (long long)look->rooms;
	long long most = (long long)look->online_most;
	irc_numeric(connection, "251", ":There are %lld users and 0 invisible on 1 servers", people);
	irc_numeric(connection, "252", "0 :operator(s) online");
	irc_numeric(connection, "254", "%lld :channels formed", rooms);
	irc_numeric(connection, "255", ":I have %lld clients and 0 servers", people);
	irc_numeric(connection, "265", "%lld %lld :Current local users %lld, max %lld", people, most, people,
		    most);
	irc_numeric(connection, "266", "%lld %lld :Current global users %lld, max %lld", people, most, people,
		    most);
	if (*behind)
		write_motd(connection);
}

void irc_ask_counts(struct connection *connection, bool with_motd)
{
	irc_ask(connection, request_new(REQUEST_LOOK, 0), then_counted, with_motd ? "MOTD" : "");
}

void irc_run_lusers(struct connection *connection, const struct irc_line *line)
{
	(void)line;
	irc_ask_counts(connection, false);
}

void irc_run_version(struct connection *connection, const struct irc_line *line)
{
	if (is_elsewhere(connection, line))
		return;
	irc_numeric(connection, "351", "brusio-%s %s :", BRUSIO_VERSION, irc_server_name());
	irc_write_support(connection);
}

void irc_run_time(struct connection *connection, const struct irc_line *line)
{
	char text[CLOCK_TEXT_BYTES];
	if (is_elsewhere(connection, line))
		return;
	clock_format(clock_wall_ms(), text);
	irc_numeric(connection, "391", "%s :%s", irc_server_name(), text);
}

void irc_run_info(struct connection *connection, const struct irc_line *line)
{
	if (is_elsewhere(connection, line))
		return;
	irc_numeric(connection, "371", ":brusio %s, a chat server that speaks IRC besides its own protocol",
		    BRUSIO_VERSION);
	irc_numeric(connection, "374", ":End of /INFO list");
}

void irc_run_admin(struct connection *connection, const struct irc_line *line)
{
	if (!is_elsewhere(connection, line))
		irc_numeric(connection, "423", "%s :No administrative info available", irc_server_name());
}

void irc_run_links(struct connection *connection, const struct irc_line *line)
{
	(void)line;
	/* There is no other server. */
	irc_numeric(connection, "365", "* :End of /LINKS list");
}

void irc_run_help(struct connection *connection, const struct irc_line *line)
{
	const char *about = line->count && *line->params[0] ? line->params[0] : "*";
	if (strcmp(about, "*") != 0 && !irc_find_command(about)) {
		irc_numeric(connection, "524", "%.64s :There is no help about that", about);
		return;
	}
	irc_numeric(connection, "704", "%s :%s", about,
		    lang_text((enum lang)connection->lang, TEXT_irc_help));
	irc_numeric(connection, "706", "%s :End of /HELP", about);
}

void irc_run_stats(struct connection *connection, const struct irc_line *line)
{
	irc_numeric(connection, "219", "%.16s :End of /STATS report", line->count ? line->params[0] : "*");
}

static void then_oper(struct connection *connection, const struct reply *reply, const char *name)
{
	struct buffer text = BUFFER_EMPTY;
	(void)name;
	if (reply->kind == REPLY_ERROR) {
		irc_numeric(connection, reply->note.error == ERROR_FORBIDDEN ? "491" : "464", ":%s",
			    irc_error_text(connection, reply, &text));
	} else {
		irc_numeric(connection, "381", ":You are now an IRC operator");
		irc_say(connection, "MODE %s :+o", irc_nick(connection));
	}
	buffer_release(&text);
}

/* The password of an administrator's account makes one of this connection's person, while they are here. */
void irc_run_oper(struct connection *connection, const struct irc_line *line)
{
	const char *name = line->params[0], *password = line->params[1];
	if (!irc_is_line_fit(connection)) {
		irc_numeric(connection, "491", ":%s", lang_text((enum lang)connection->lang, TEXT_irc_oper));
		return;
	}
	struct request *request = irc_request(REQUEST_OPER, REQUEST_TEXT_NAME, name, strlen(password));
	request_set_text(request, REQUEST_TEXT_PASSWORD, password, strlen(password));
	irc_ask(connection, request, then_oper, name);
}

static void refuse_operation(struct connection *connection)
{
	irc_numeric(connection, "481", ":Permission Denied- You're not an IRC operator");
}

static void then_operated(struct connection *connection, const struct reply *reply, const char *name)
{
	if (reply->kind == REPLY_ERROR && reply->note.error == ERROR_FORBIDDEN)
		refuse_operation(connection);
	else if (reply->kind == REPLY_ERROR)
		irc_refuse(connection, reply, name);
}

void irc_run_kill(struct connection *connection, const struct irc_line *line)
{
	const char *name = line->params[0], *reason = line->count > 1 ? line->params[1] : "";
	struct request *request = irc_request(REQUEST_KILL, REQUEST_TEXT_NAME, name, strlen(reason));
	request_set_text(request, REQUEST_TEXT_REASON, reason, strlen(reason));
	irc_ask(connection, request, then_operated, name);
}

void irc_run_wallops(struct connection *connection, const struct irc_line *line)
{
	irc_ask(connection, irc_request(REQUEST_WALLOPS, REQUEST_TEXT_MESSAGE, line->params[0], 0),
		then_operated, "*");
}

void irc_run_refused(struct connection *connection, const struct irc_line *line)
{
	(void)line;
	refuse_operation(connection);
}
