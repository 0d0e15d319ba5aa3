/* The native protocol's two forms: what the original Python chat speaks, and the one with acknowledgements.
 */
#include "gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stamp.h"

static bool contains(const char *line, size_t len, const char *what)
{
	return memmem(line, len, what, strlen(what)) != NULL;
}

static void build_frame(struct gen *gen, struct sender *sender, struct message_template *out,
			const char *before, const char *id_key)
{
	char *text = malloc(gen->text_bytes + 1);
	if (!text)
		abort();
	stamp_init(text, gen->text_bytes, (unsigned)(sender - sender->room->senders));
	text[gen->text_bytes] = 0;
	int len = asprintf(&out->bytes, "%s\"message\":\"%s\"}\n", before, text);
	if (len < 0)
		abort();
	free(text);
	out->len = (unsigned)len;
	out->text_at = (unsigned)((char *)memchr(out->bytes, STAMP_MARK, (size_t)len) - out->bytes);
	const char *id = id_key ? strstr(out->bytes, id_key) : NULL;
	out->id_at = id ? (unsigned)(id - out->bytes) : 0;
}

/* --- the simple form --- */

static void simple_login(struct gen *gen, struct conn *conn)
{
	char line[128];
	int len =
	    snprintf(line, sizeof line, "{\"from\":{\"name\":\"u%s_%u\",\"ip\":\"\"},\"message\":\"\"}\n",
		     gen->tag, conn->index);
	conn_write(gen, conn, line, (size_t)len);
	/* Nothing in this form says that one is in; the barrier finds out. */
	conn_ready(gen, conn);
}

static bool simple_on_line(struct gen *gen, struct conn *conn, const char *line, size_t len)
{
	(void)conn;
	if (contains(line, len, "\"op\":\"error\""))
		gen_error(gen, line, len);
	return true;
}

static void simple_frame(struct gen *gen, struct sender *sender, struct message_template *out)
{
	char before[96];
	snprintf(before, sizeof before, "{\"from\":{\"name\":\"u%s_%u\",\"ip\":\"\"},", gen->tag,
		 sender->conn->index);
	build_frame(gen, sender, out, before, NULL);
}

const struct dialect dialect_simple = {
    .name = "simple",
    .one_room = true,
    .login = simple_login,
    .on_line = simple_on_line,
    .frame = simple_frame,
};

/* --- the full form --- */

/* hello and join go out together: a client that knows where it wants to be need not wait in between. */
static void full_login(struct gen *gen, struct conn *conn)
{
	char line[512];
	int len = snprintf(line, sizeof line, "{\"op\":\"hello\",\"id\":\"h\",\"name\":\"u%s_%u\"", gen->tag,
			   conn->index);
	if (conn->session)
		len += snprintf(line + len, sizeof line - (size_t)len, ",\"session\":\"%s\"", conn->session);
	len += snprintf(line + len, sizeof line - (size_t)len,
			"}\n{\"op\":\"join\",\"id\":\"j\",\"room\":\"%s\"", conn->room->name);
	if (conn->room_seq > 0)
		len += snprintf(line + len, sizeof line - (size_t)len, ",\"after\":%llu",
				(unsigned long long)conn->room_seq);
	len += snprintf(line + len, sizeof line - (size_t)len, "}\n");
	conn_write(gen, conn, line, (size_t)len);
	conn->state = CONN_LOGIN;
}

static void keep_session(struct conn *conn, const char *line, size_t len)
{
	static const char key[] = "\"session\":\"";
	const char *at = memmem(line, len, key, sizeof key - 1);
	const char *end =
	    at ? memchr(at + sizeof key - 1, '"', len - (size_t)(at - line) - (sizeof key - 1)) : NULL;
	if (!end)
		return;
	free(conn->session);
	conn->session = strndup(at + sizeof key - 1, (size_t)(end - at) - (sizeof key - 1));
}

static void take_ack(struct gen *gen, struct conn *conn, const char *line, size_t len)
{
	static const char key[] = "\"id\":\"";
	const char *at = memmem(line, len, key, sizeof key - 1);
	size_t tag_len = strlen(gen->tag);
	if (!conn->sender || !at || (size_t)(line + len - at) < sizeof key - 1 + tag_len + 9)
		return;
	uint32_t seq = stamp_get_hex8(at + sizeof key - 1 + tag_len + 1);
	sender_acked(gen, conn->sender, seq, stamp_now_ns());
}

static bool full_on_line(struct gen *gen, struct conn *conn, const char *line, size_t len)
{
	static const char ack[] = "{\"op\":\"ack\"";
	if (len > sizeof ack && memcmp(line, ack, sizeof ack - 1) == 0)
		take_ack(gen, conn, line, len);
	else if (contains(line, len, "\"op\":\"welcome\""))
		keep_session(conn, line, len);
	else if (contains(line, len, "\"op\":\"joined\"")) {
		if (conn->room_seq > 0 && contains(line, len, "\"reset\":true"))
			gen_error(gen, line, len);
		conn_ready(gen, conn);
	} else if (contains(line, len, "\"op\":\"error\"") || contains(line, len, "\"op\":\"gap\""))
		gen_error(gen, line, len);
	return true;
}

/* The server's own number of an entry. */
static void full_note(struct conn *conn, const char *line, const char *mark)
{
	static const char key[] = "\"seq\":";
	const char *found = memmem(line, (size_t)(mark - line), key, sizeof key - 1);
	if (found)
		conn->room_seq = strtoull(found + sizeof key - 1, NULL, 10);
}

static void full_frame(struct gen *gen, struct sender *sender, struct message_template *out)
{
	char before[128];
	/* The id holds the run's tag, since a server rightly answers a repeated id with the first one's ack.
	 */
	snprintf(before, sizeof before, "{\"op\":\"send\",\"id\":\"%s-xxxxxxxx\",\"room\":\"%s\",", gen->tag,
		 sender->room->name);
	build_frame(gen, sender, out, before, "xxxxxxxx");
}

const struct dialect dialect_full = {
    .name = "full",
    .has_ack = true,
    .has_resume = true,
    .login = full_login,
    .on_line = full_on_line,
    .note = full_note,
    .frame = full_frame,
};
