/* Signs of life: PING and PONG, both ways. */
#include "gateway/irc/irc.h"

/* After so much silence it is pinged, and after so much more it is closed. */
#define SILENCE_MS  120000
#define PATIENCE_MS 60000

static void on_silence(struct timer *timer)
{
	struct connection *connection = connection_of_timer(timer);
	struct irc *irc = irc_of(connection);
	/* A client that we do not read cannot be heard. */
	bool is_alive = irc->has_heard || !connection_can_take(connection);
	if (!is_alive && irc->is_pinged) {
		irc_end(connection, "Ping timeout");
		return;
	}
	irc->has_heard = false;
	irc->is_pinged = !is_alive;
	/* Its PONG tells what it has read, too. */
	bool is_asked = irc->is_registered && irc_is_replayed(connection);
	if (!is_alive || is_asked) {
		irc_begin(connection);
		irc->is_unasked = true;
		buffer_printf(irc_out(connection), "PING :%s\r\n", irc_server_name());
		irc->is_unasked = false;
		if (is_asked)
			irc_note_seen(connection);
		gateway_make_ready(connection->gateway, connection);
	}
	irc_end_turn(connection);
	connection_set_timer(connection, on_silence, is_alive ? SILENCE_MS : PATIENCE_MS);
}

void irc_rest(struct connection *connection)
{
	connection_set_timer(connection, on_silence, SILENCE_MS);
}

static void then_pinged(struct connection *connection, const struct reply *reply, const char *token)
{
	(void)reply;
	irc_say(connection, "PONG %s :%s", irc_server_name(), token);
}

/* The answer comes by the chat: behind all that others had done before. */
void irc_run_ping(struct connection *connection, const struct irc_line *line)
{
	if (!line->count || !*line->params[0])
		irc_numeric(connection, "409", ":No origin specified");
	else if (irc_of(connection)->is_registered)
		irc_ask(connection, request_new(REQUEST_PING, 0), then_pinged, line->params[0]);
	else
		then_pinged(connection, NULL, line->params[0]);
}

void irc_run_pong(struct connection *connection, const struct irc_line *line)
{
	(void)line;
	irc_of(connection)->is_pinged = false;
	irc_confirm_seen(connection);
}

/* An ERROR of a client's says nothing that we could mend. */
void irc_run_nothing(struct connection *connection, const struct irc_line *line)
{
	(void)connection;
	(void)line;
}
