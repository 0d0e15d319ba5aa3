/* Shared by the tests of the gateway: a small server, and remotes that talk to it and keep what
 * they are told. */
#ifndef BRUSIO_TESTS_UNIT_GATEWAY_KIT_H
#define BRUSIO_TESTS_UNIT_GATEWAY_KIT_H

#include "small_server.h"
#include "lifted.h"
#include "unit.h"

#include "base/logging.h"

#include <errno.h>
#include <jansson.h>

#define REMOTES_MAX 32

struct remote {
	int fd;
	struct buffer in; /* what it was told and has not looked at */
	bool has_ended;   /* the server's side */
};

static struct small_server *server;
static struct remote remotes[REMOTES_MAX];
static size_t remotes_count;

static inline int setup_gateway(void **state)
{
	(void)state;
	logging_set_level(LOGGING_ERROR);
	server = calloc(1, sizeof *server);
	server->limits = limits_lifted();
	remotes_count = 0;
	small_server_start(server);
	return 0;
}

static inline int teardown_gateway(void **state)
{
	(void)state;
	for (size_t i = 0; i < remotes_count; i++) {
		if (remotes[i].fd >= 0)
			close(remotes[i].fd);
		buffer_release(&remotes[i].in);
	}
	small_server_stop(server);
	free(server);
	return 0;
}

#define GATEWAY_TEST(name) cmocka_unit_test_setup_teardown(name, setup_gateway, teardown_gateway)

static inline struct remote *connect_remote(int type)
{
	assert_true(remotes_count < REMOTES_MAX);
	struct remote *remote = &remotes[remotes_count++];
	*remote = (struct remote){.fd = small_server_connect(server, "192.168.1.20", type)};
	return remote;
}

static inline void settle(void)
{
	small_server_settle(server);
}

/* Writes all of it, or as much as the socket takes; returns how much. */
static inline size_t write_some(struct remote *remote, const char *bytes, size_t length)
{
	ssize_t count = send(remote->fd, bytes, length, MSG_NOSIGNAL);
	if (count < 0)
		assert_int_equal(errno, EAGAIN);
	return count < 0 ? 0 : (size_t)count;
}

/* Says something and lets the server come to rest; long texts go in pieces. */
static inline void say_bytes(struct remote *remote, const char *bytes, size_t length)
{
	for (size_t done = 0; done < length;) {
		size_t count = write_some(remote, bytes + done, length - done);
		done += count;
		/* The server has closed its side, or does not read any more. */
		if (!count) {
			settle();
			count = write_some(remote, bytes + done, length - done);
			done += count;
			if (!count)
				return;
		}
	}
	settle();
}

static inline void say(struct remote *remote, const char *text)
{
	say_bytes(remote, text, strlen(text));
}

/* Reads what is there now, at most `most` bytes. */
static inline size_t hear_some(struct remote *remote, size_t most)
{
	size_t total = 0;
	while (total < most && !remote->has_ended) {
		size_t wanted = most - total < 65536 ? most - total : 65536;
		ssize_t count = recv(remote->fd, buffer_reserve(&remote->in, wanted), wanted, 0);
		if (count < 0)
			break;
		remote->has_ended = count == 0;
		buffer_added(&remote->in, (size_t)count);
		total += (size_t)count;
	}
	return total;
}

/* Reads until nothing more comes. */
static inline void hear_all(struct remote *remote)
{
	while (hear_some(remote, SIZE_MAX))
		settle();
}

/* The next line without its newline; "" where there is none. Valid until the next call. */
static inline const char *next_line(struct remote *remote)
{
	static char line[70000];
	hear_all(remote);
	const char *bytes = buffer_bytes(&remote->in);
	const char *end = buffer_length(&remote->in) ? memchr(bytes, '\n', buffer_length(&remote->in)) : NULL;
	size_t length = end ? (size_t)(end - bytes) : 0;
	assert_true(length < sizeof line);
	if (length)
		memcpy(line, bytes, length);
	line[length] = '\0';
	if (end)
		buffer_take(&remote->in, length + 1);
	return line;
}

static inline void line_is(struct remote *remote, const char *expected)
{
	assert_string_equal(next_line(remote), expected);
}

static inline void nothing_is_said(struct remote *remote)
{
	line_is(remote, "");
	assert_int_equal(buffer_length(&remote->in), 0);
}

/* The next object, as jansson reads it; of this kind. The caller frees it. */
static inline json_t *next_object(struct remote *remote, const char *op)
{
	const char *line = next_line(remote);
	json_t *object = json_loads(line, 0, NULL);
	const char *is = json_string_value(json_object_get(object, "op"));
	if (!object || !is || strcmp(is, op))
		fail_msg("\"%s\" instead of %s", line, op);
	return object;
}

static inline int64_t number_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static inline const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	assert_non_null(text);
	return text;
}

/* An object of this kind, of which nothing else matters. */
static inline void hears(struct remote *remote, const char *op)
{
	json_decref(next_object(remote, op));
}

/* A message with this text; returns its seq. */
static inline int64_t hears_message(struct remote *remote, const char *text)
{
	json_t *object = next_object(remote, "message");
	assert_string_equal(text_of(object, "message"), text);
	int64_t seq = number_of(object, "seq");
	json_decref(object);
	return seq;
}

/* A remote that has said hello in the full form and is in the lobby. */
static inline struct remote *full_remote(const char *name)
{
	struct remote *remote = connect_remote(SOCK_STREAM);
	char text[200];
	snprintf(text, sizeof text,
		 "{\"op\":\"hello\",\"id\":\"h\",\"name\":\"%s\"}\n{\"op\":\"join\",\"id\":\"j\",\"room\":\"#"
		 "lobby\"}\n",
		 name);
	say(remote, text);
	hears(remote, "welcome");
	hears(remote, "joined");
	return remote;
}

/* The connection of this remote in the gateway, by the order of connecting; NULL where it is gone. */
static inline struct connection *connection_of(const struct remote *remote)
{
	uint64_t generation = (uint64_t)(remote - remotes) + 1;
	for (size_t i = 0; i < server->gateway.slots_used; i++)
		if (server->gateway.slots[i] &&
		    (server->gateway.slots[i]->id >> 24 & 0xffffffff) == generation)
			return server->gateway.slots[i];
	return NULL;
}

#endif
