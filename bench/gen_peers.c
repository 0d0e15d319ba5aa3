/* The dialects of the peers, and the one of the bare loop, which has none. */
#include "gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stamp.h"

static void build_frame(struct gen *gen, struct sender *sender, struct message_template *out,
			const char *before)
{
	size_t before_len = strlen(before);
	out->len = (unsigned)(before_len + gen->text_bytes + 2);
	out->bytes = malloc(out->len);
	if (!out->bytes)
		abort();
	memcpy(out->bytes, before, before_len);
	stamp_init(out->bytes + before_len, gen->text_bytes, (unsigned)(sender - sender->room->senders));
	memcpy(out->bytes + before_len + gen->text_bytes, "\r\n", 2);
	out->text_at = (unsigned)before_len;
	out->id_at = 0;
}

/* --- IRC --- */

static void irc_login(struct gen *gen, struct conn *conn)
{
	char line[128];
	int len = snprintf(line, sizeof line, "NICK u%s_%u\r\nUSER u 0 * :u\r\n", gen->tag, conn->index);
	conn_write(gen, conn, line, (size_t)len);
	conn->state = CONN_LOGIN;
}

static void irc_numeric(struct gen *gen, struct conn *conn, const char *line, size_t len, unsigned numeric)
{
	char join[64];
	switch (numeric) {
	case 1: /* RPL_WELCOME */
		conn_write(gen, conn, join,
			   (size_t)snprintf(join, sizeof join, "JOIN %s\r\n", conn->room->name));
		break;
	case 366: /* RPL_ENDOFNAMES ends the answer to a JOIN */
		conn_ready(gen, conn);
		break;
	case 422: /* ERR_NOMOTD */
		break;
	default:
		if (numeric >= 400 && numeric < 600)
			gen_error(gen, line, len);
	}
}

static bool irc_on_line(struct gen *gen, struct conn *conn, const char *line, size_t len)
{
	if (len > 5 && memcmp(line, "PING ", 5) == 0) {
		char pong[256];
		int n = snprintf(pong, sizeof pong, "PONG %.*s\r\n", (int)(len - 5), line + 5);
		conn_write(gen, conn, pong, (size_t)n < sizeof pong ? (size_t)n : sizeof pong - 1);
		return true;
	}
	if (len > 5 && memcmp(line, "ERROR", 5) == 0) {
		gen_error(gen, line, len);
		return true;
	}
	const char *space = line[0] == ':' ? memchr(line, ' ', len) : NULL;
	if (space && (size_t)(line + len - space) > 4 && space[4] == ' ')
		irc_numeric(gen, conn, line, len, (unsigned)atoi(space + 1));
	return true;
}

static void irc_frame(struct gen *gen, struct sender *sender, struct message_template *out)
{
	char before[64];
	snprintf(before, sizeof before, "PRIVMSG %s :", sender->room->name);
	build_frame(gen, sender, out, before);
}

const struct dialect dialect_irc = {
    .name = "irc",
    .login = irc_login,
    .on_line = irc_on_line,
    .frame = irc_frame,
};

/* --- NATS --- */

static void nats_login(struct gen *gen, struct conn *conn)
{
	char lines[256];
	int len = snprintf(lines, sizeof lines,
			   "CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false}\r\n");
	if (conn->receiver)
		len +=
		    snprintf(lines + len, sizeof lines - (size_t)len, "SUB %s 1\r\n", conn->room->name + 1);
	len += snprintf(lines + len, sizeof lines - (size_t)len, "PING\r\n");
	conn_write(gen, conn, lines, (size_t)len);
	conn->state = CONN_LOGIN;
}

static bool nats_on_line(struct gen *gen, struct conn *conn, const char *line, size_t len)
{
	if (len >= 4 && memcmp(line, "MSG ", 4) == 0)
		return false; /* the line before each message's own */
	if (len >= 4 && memcmp(line, "PONG", 4) == 0)
		conn_ready(gen, conn);
	else if (len >= 4 && memcmp(line, "PING", 4) == 0)
		conn_write(gen, conn, "PONG\r\n", 6);
	else if (len >= 4 && memcmp(line, "-ERR", 4) == 0)
		gen_error(gen, line, len);
	return true;
}

static void nats_frame(struct gen *gen, struct sender *sender, struct message_template *out)
{
	char before[64];
	/* A subject is the room's name without its `#`. */
	snprintf(before, sizeof before, "PUB %s %u\r\n", sender->room->name + 1, gen->text_bytes);
	build_frame(gen, sender, out, before);
}

const struct dialect dialect_nats = {
    .name = "nats",
    .login = nats_login,
    .on_line = nats_on_line,
    .frame = nats_frame,
};

/* --- Redis: pub/sub in RESP --- */

static void redis_login(struct gen *gen, struct conn *conn)
{
	static const char ping[] = "*1\r\n$4\r\nPING\r\n";
	char line[128];
	const char *channel = conn->room->name;
	if (conn->receiver)
		conn_write(gen, conn, line,
			   (size_t)snprintf(line, sizeof line, "*2\r\n$9\r\nSUBSCRIBE\r\n$%zu\r\n%s\r\n",
					    strlen(channel), channel));
	else
		conn_write(gen, conn, ping, sizeof ping - 1);
	conn->state = CONN_LOGIN;
}

static bool redis_on_line(struct gen *gen, struct conn *conn, const char *line, size_t len)
{
	if (len > 0 && *line == '-') {
		gen_error(gen, line, len);
		return true;
	}
	/* The end of the answer to SUBSCRIBE or to PING; or to a PUBLISH, for how many it was. */
	if (len > 0 && (*line == ':' || *line == '+')) {
		if (conn->state == CONN_LOGIN)
			conn_ready(gen, conn);
		return true;
	}
	/* An array's and each string's length, "message" and the channel stand before every text. */
	return false;
}

static void redis_frame(struct gen *gen, struct sender *sender, struct message_template *out)
{
	char before[128];
	const char *channel = sender->room->name;
	snprintf(before, sizeof before, "*3\r\n$7\r\nPUBLISH\r\n$%zu\r\n%s\r\n$%u\r\n", strlen(channel),
		 channel, gen->text_bytes);
	build_frame(gen, sender, out, before);
}

const struct dialect dialect_redis = {
    .name = "redis",
    .login = redis_login,
    .on_line = redis_on_line,
    .frame = redis_frame,
};

/* --- the bare loop: whoever connects gets the stream --- */

static void raw_login(struct gen *gen, struct conn *conn)
{
	conn_ready(gen, conn);
}

static bool raw_on_line(struct gen *gen, struct conn *conn, const char *line, size_t len)
{
	(void)gen;
	(void)conn;
	(void)line;
	(void)len;
	return true;
}

static void raw_frame(struct gen *gen, struct sender *sender, struct message_template *out)
{
	build_frame(gen, sender, out, "");
}

const struct dialect dialect_raw = {
    .name = "raw",
    .login = raw_login,
    .on_line = raw_on_line,
    .frame = raw_frame,
};
