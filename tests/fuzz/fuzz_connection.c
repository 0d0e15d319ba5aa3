/* A whole server, and a few connections that say anything in any pieces: it keeps its promises and its
 * bounds.
 *
 * The input is what they say. A byte 0xff is followed by a sign: a digit chooses the connection that goes on,
 * 'w' lets the server come to rest, 'r' and 'R' read a little or all, 's' and 'm' let a second or a minute
 * pass, 'e' ends this side, 'c' closes, 'f' and 'g' let the next commit or page fail; other signs say
 * themselves. */
#include "small_server.h"

#include "base/logging.h"
#include "base/text/utf8.h"

#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REMOTES 4

static struct remote {
	int fd;
	uint64_t generation; /* of its connection */
	struct buffer in;
	struct {
		char name[64];
		json_int_t seq;
	} rooms[8]; /* the last entry that it was shown of each, since it joined */
} remotes[REMOTES];

static struct small_server *server;

static struct connection *connection_of(const struct remote *remote)
{
	for (size_t i = 0; i < server->gateway.slots_used; i++)
		if (server->gateway.slots[i] &&
		    (server->gateway.slots[i]->id >> 24 & 0xffffffff) == remote->generation)
			return server->gateway.slots[i];
	return NULL;
}

/* Entries of a room come in order, each once; a join sets them back. */
static void check_order(struct remote *remote, const json_t *object)
{
	const char *op = json_string_value(json_object_get(object, "op"));
	const char *room = json_string_value(json_object_get(object, "room"));
	const json_t *seq = json_object_get(object, "seq");
	assert(op);
	bool is_join = !strcmp(op, "joined"), is_entry = false;
	static const char *const entries[] = {"message", "edit", "delete", "react", "topic"};
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
		is_entry = is_entry || !strcmp(op, entries[i]);
	for (size_t i = 0; i < 8 && room && (is_entry || is_join); i++) {
		if (*remote->rooms[i].name && strcmp(remote->rooms[i].name, room))
			continue;
		assert(is_join || json_integer_value(seq) > remote->rooms[i].seq);
		snprintf(remote->rooms[i].name, sizeof remote->rooms[i].name, "%s", room);
		remote->rooms[i].seq = is_join ? 0 : json_integer_value(seq);
		break;
	}
}

/* Every line of the native dialect is an object; every line of plain text is clean. */
static void check_lines(struct remote *remote, bool is_native)
{
	for (char *end; buffer_length(&remote->in) &&
			(end = memchr(buffer_bytes(&remote->in), '\n', buffer_length(&remote->in)));) {
		const char *line = buffer_bytes(&remote->in);
		size_t length = (size_t)(end - line);
		assert(utf8_valid(line, length));
		json_t *object = is_native ? json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL) : NULL;
		assert(!is_native || json_is_object(object));
		if (is_native)
			check_order(remote, object);
		for (size_t i = 0; i < length; i++)
			assert((unsigned char)line[i] >= ' ' || line[i] == '\t' || line[i] == '\r');
		json_decref(object);
		buffer_take(&remote->in, length + 1);
	}
}

static void hear(struct remote *remote, size_t most)
{
	const struct connection *connection = connection_of(remote);
	const struct dialect *dialect = connection ? connection->dialect : NULL;
	bool is_known = dialect == &dialect_native || dialect == &dialect_text;
	ssize_t count = recv(remote->fd, buffer_reserve(&remote->in, most), most, 0);
	buffer_added(&remote->in, count > 0 ? (size_t)count : 0);
	if (is_known)
		check_lines(remote, dialect == &dialect_native);
	else
		buffer_clear(&remote->in);
}

/* One connection makes the server hold a bounded amount, whatever it does. */
static void check_bounds(void)
{
	for (size_t i = 0; i < server->gateway.slots_used; i++) {
		const struct connection *connection = server->gateway.slots[i];
		if (!connection)
			continue;
		assert(connection->in_flight <= LIMIT_IN_FLIGHT + 2);
		assert(connection->in.capacity <= 4 * (LIMIT_OBJECT_BYTES + GATEWAY_READ_BYTES));
		assert(buffer_length(&connection->out) <= LIMIT_REPLY_BYTES + (1 << 20));
		assert(!connection->inside || cursor_is_inside(&connection->inside->cursor));
	}
	assert(!fake_number(&server->fake, "SELECT count(*) FROM (SELECT 1 FROM entries GROUP BY room"
					   " HAVING min(seq) <> 1 OR max(seq) <> count(*))"));
}

static void rest(void)
{
	small_server_settle(server);
	check_bounds();
}

static void begin(struct remote *remote)
{
	buffer_clear(&remote->in);
	memset(remote->rooms, 0, sizeof remote->rooms);
	remote->fd = small_server_connect(server, "192.168.1.20", SOCK_STREAM);
	rest();
	remote->generation = server->gateway.generation;
	/* The kernel's least, so that readers are slow. */
	setsockopt(connection_of(remote)->stream.fd, SOL_SOCKET, SO_SNDBUF, &(int){1}, sizeof(int));
}

static void obey(struct remote **remote, uint8_t sign)
{
	if (sign >= '0' && sign < '0' + REMOTES)
		*remote = &remotes[sign - '0'];
	else if (sign == 'w')
		rest();
	else if (sign == 'r' || sign == 'R')
		hear(*remote, sign == 'r' ? 200 : 1 << 20);
	else if (sign == 's' || sign == 'm')
		small_server_wait(server, sign == 's' ? 1000 : 60000);
	else if (sign == 'e')
		shutdown((*remote)->fd, SHUT_WR);
	else if (sign == 'f' || sign == 'g')
		server->fake.fails_after[sign == 'f' ? FAKE_COMMIT : FAKE_READ] = 1;
	else if (sign == 'c') {
		close((*remote)->fd);
		rest();
		begin(*remote);
	} else if (send((*remote)->fd, &sign, 1, MSG_NOSIGNAL) < 0)
		rest();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	logging_set_level(LOGGING_ERROR);
	server = calloc(1, sizeof *server);
	server->limits = limits_default;
	server->limits.room_log_bytes = 2048;
	small_server_start(server);
	for (int i = 0; i < REMOTES; i++)
		begin(&remotes[i]);
	struct remote *remote = &remotes[0];
	for (size_t at = 0; at < size;) {
		const uint8_t *mark = memchr(data + at, 0xff, size - at);
		size_t length = mark ? (size_t)(mark - data) - at : size - at;
		if (length && send(remote->fd, data + at, length, MSG_NOSIGNAL) < 0)
			rest();
		at += length + (mark ? 2 : 0);
		if (mark && at <= size)
			obey(&remote, mark[1]);
	}
	rest();
	for (int i = 0; i < REMOTES; i++) {
		hear(&remotes[i], 1 << 20);
		close(remotes[i].fd);
		buffer_release(&remotes[i].in);
	}
	rest();
	small_server_stop(server);
	free(server);
	return 0;
}
