/* IRC with the past: a client that comes back asks for what it has missed, by CHATHISTORY. */
#include "gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stamp.h"

enum { MSGID_BYTES = 64 };

/* All in one piece, as the full form does it: a client that knows where it wants to be need not wait in between. */
static void history_login(struct gen *gen, struct conn *conn)
{
	char lines[512];
	int len = snprintf(lines, sizeof lines,
			   "CAP REQ :batch draft/chathistory message-tags server-time\r\nNICK u%s_%u\r\n"
			   "USER u 0 * :u\r\nCAP END\r\nJOIN %s\r\n",
			   gen->tag, conn->index, conn->room->name);
	if (conn->session)
		len += snprintf(lines + len, sizeof lines - (size_t)len,
				"CHATHISTORY AFTER %s msgid=%s 200\r\n", conn->room->name, conn->session);
	conn_write(gen, conn, lines, (size_t)len);
	conn->merges = conn->session != NULL;
	conn->state = CONN_LOGIN;
}

static bool history_on_line(struct gen *gen, struct conn *conn, const char *line, size_t len)
{
	const char *space = len && *line == ':' ? memchr(line, ' ', len) : NULL;
	size_t left = space ? (size_t)(line + len - space) : 0;
	if (left > 4 && !memcmp(space, " 001", 4))
		return true;
	if (left > 5 && !memcmp(space, " FAIL", 5)) {
		gen_error(gen, line, len);
		return true;
	}
	if (conn->merges && left > 8 && !memcmp(space, " BATCH -", 8)) {
		conn->merges = false;
		if (conn->behind)
			conn_check_behind(gen, conn, stamp_now_ns());
		return true;
	}
	return dialect_irc.on_line(gen, conn, line, len);
}

/* The last message's id is what the client asks from when it comes back. */
static void history_note(struct conn *conn, const char *line, const char *mark)
{
	static const char key[] = "msgid=";
	const char *id = memmem(line, (size_t)(mark - line), key, sizeof key - 1);
	if (!id)
		return;
	id += sizeof key - 1;
	size_t bytes = strcspn(id, "; ");
	if (bytes >= MSGID_BYTES)
		return;
	if (!conn->session)
		conn->session = calloc(1, MSGID_BYTES);
	if (!conn->session)
		abort();
	memcpy(conn->session, id, bytes);
	conn->session[bytes] = '\0';
}

static void history_frame(struct gen *gen, struct sender *sender, struct message_template *out)
{
	dialect_irc.frame(gen, sender, out);
}

const struct dialect dialect_irc_history = {
    .name = "irc-history",
    .has_resume = true,
    .login = history_login,
    .on_line = history_on_line,
    .note = history_note,
    .frame = history_frame,
};
