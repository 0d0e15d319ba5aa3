/* A session against a server that is played by the test. What the client writes is in `out`, what its hooks
 * were told in `told`: "welcome joined:#lobby m5 acked:ciao". */
#ifndef BRUSIO_TESTS_UNIT_PLAYED_SERVER_H
#define BRUSIO_TESTS_UNIT_PLAYED_SERVER_H

#include "session/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct session *session;
static struct buffer out;
static struct buffer told;
static int64_t now_ms;

static inline void tell(const char *format, ...)
{
	char text[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	buffer_add_string(&told, buffer_length(&told) ? " " : "");
	buffer_add_string(&told, text);
}

static inline void on_welcomed(void *owner, bool again)
{
	(void)owner;
	tell(again ? "back" : "welcome");
}

static inline void on_refused(void *owner, const char *code, const char *message)
{
	(void)owner;
	(void)message;
	tell("refused:%s", code);
}

static inline void on_joined(void *owner, const struct session_room *room, enum session_join how)
{
	static const char *const words[] = {"joined", "rejoined", "reset"};
	(void)owner;
	tell("%s:%s", words[how], room->name);
}

static inline void on_entered(void *owner, const struct session_room *room)
{
	(void)owner;
	tell("entered:%s", room->name);
}

static inline void on_join_refused(void *owner, const char *room, const char *message)
{
	(void)owner;
	tell("outside:%s:%s", room, message);
}

static inline void on_entry(void *owner, const json_t *object, bool is_history)
{
	(void)owner;
	tell("%c%d", is_history ? 'h' : 'm', (int)json_integer_value(json_object_get(object, "seq")));
}

static inline void on_pushed(void *owner, const json_t *object)
{
	(void)owner;
	tell("pushed:%s", json_string_value(json_object_get(object, "op")));
}

static inline void on_answered(void *owner, const struct session_question *question, const json_t *object)
{
	(void)owner;
	tell("%s:%s", question->op, object ? json_string_value(json_object_get(object, "op")) : "lost");
}

static inline void on_settled(void *owner, const struct outbox_item *item, const json_t *error)
{
	(void)owner;
	tell("%s:%s", error ? "unsent" : "acked", item->text);
}

static inline void on_expelled(void *owner, const struct session_room *room, const json_t *object)
{
	(void)owner;
	(void)object;
	tell("expelled:%s", room->name);
}

static inline void on_renamed(void *owner, const char *old_name)
{
	(void)owner;
	tell("was:%s", old_name);
}

static inline void on_room_renamed(void *owner, const char *old_name, const char *name)
{
	(void)owner;
	tell("%s=%s", old_name, name);
}

static inline void on_invited(void *owner, const char *room, const char *by)
{
	(void)owner;
	tell("invited:%s:%s", room, by);
}

static inline void on_paged(void *owner, const struct session_room *room)
{
	(void)owner;
	tell("paged:%s", room->name);
}

static inline void on_noticed(void *owner, const struct session_room *room, const json_t *object,
			      bool is_meant)
{
	(void)owner;
	(void)object;
	if (is_meant)
		tell("meant:%s", room->name);
}

static inline void on_missed(void *owner, const char *room, int64_t unread, int64_t mentions)
{
	(void)owner;
	(void)room;
	assert_true(unread >= 0 && mentions >= 0);
}

static const struct session_hooks hooks = {.welcomed = on_welcomed,
					   .name_refused = on_refused,
					   .hello_refused = on_refused,
					   .joined = on_joined,
					   .entered = on_entered,
					   .join_refused = on_join_refused,
					   .entry = on_entry,
					   .pushed = on_pushed,
					   .answered = on_answered,
					   .expelled = on_expelled,
					   .room_renamed = on_room_renamed,
					   .invited = on_invited,
					   .paged = on_paged,
					   .noticed = on_noticed,
					   .missed = on_missed,
					   .renamed = on_renamed,
					   .settled = on_settled};

static inline void begin(unsigned history)
{
	struct session_settings settings = {
	    .name = "anna", .client = "test", .lang = "en", .history = history, .hooks = hooks};
	session = session_new(&settings);
	now_ms = 1000;
}

static inline int end(void **state)
{
	(void)state;
	session_free(session);
	session = NULL;
	buffer_release(&out);
	buffer_release(&told);
	return 0;
}

/* The hooks were told exactly this since the last time. */
static inline void expect_told(const char *expected)
{
	assert_string_equal(buffer_string(&told), expected);
	buffer_clear(&told);
}

/* The next request that the client wrote; NULL where there is none. The caller frees it. */
static inline json_t *next_request(void)
{
	size_t length = buffer_length(&out);
	char *newline = length ? memchr(buffer_bytes(&out), '\n', length) : NULL;
	if (!newline)
		return NULL;
	size_t line = (size_t)(newline - buffer_bytes(&out));
	json_t *request = json_loadb(buffer_bytes(&out), line, 0, NULL);
	assert_non_null(request);
	buffer_take(&out, line + 1);
	return request;
}

static char last_id[80];

/* The next request is this one: every field of `json` is in it as it stands there. */
static inline void expect_request(const char *json)
{
	json_t *request = next_request(), *wanted = json_loads(json, 0, NULL);
	assert_non_null(request);
	assert_non_null(wanted);
	const char *key;
	json_t *value;
	json_object_foreach(wanted, key, value)
	{
		if (!json_equal(json_object_get(request, key), value)) {
			char *text = json_dumps(request, 0);
			fail_msg("%s is not in %s as in %s", key, text, json);
		}
	}
	const char *id = json_string_value(json_object_get(request, "id"));
	snprintf(last_id, sizeof last_id, "%s", id ? id : "");
	json_decref(request);
	json_decref(wanted);
}

static inline void expect_silence(void)
{
	assert_null(next_request());
}

/* The server says this; a '$' stands for the id of the last request seen. */
static inline void serve(const char *format, ...)
{
	char text[4096], line[4200];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	const char *dollar = strchr(text, '$');
	if (dollar)
		snprintf(line, sizeof line, "%.*s%s%s", (int)(dollar - text), text, last_id, dollar + 1);
	else
		snprintf(line, sizeof line, "%s", text);
	assert_true(session_receive(session, line, strlen(line), now_ms));
}

static inline void serve_message(int seq, const char *name, const char *text)
{
	serve("{\"op\":\"message\",\"room\":\"#lobby\",\"seq\":%d,\"from\":{\"name\":\"%s\",\"ip\":\"::1\"},"
	      "\"message\":\"%s\"}",
	      seq, name, text);
}

static inline void line_up(void)
{
	buffer_clear(&out);
	session_line_up(session, &out, now_ms);
	expect_request("{\"op\":\"hello\",\"name\":\"anna\"}");
	serve("{\"op\":\"welcome\",\"id\":\"$\",\"user\":{\"name\":\"anna\"},\"session\":\"secret\","
	      "\"epoch\":\"e1\"}");
}

/* Inside #lobby, whose last entry is `seq`. */
static inline void enter_lobby(int seq)
{
	session_join(session, "#lobby");
	line_up();
	expect_request("{\"op\":\"join\",\"room\":\"#lobby\"}");
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"#lobby\",\"seq\":%d,\"topic\":\"\",\"count\":1}",
	      seq);
	expect_told("welcome joined:#lobby entered:#lobby");
}

#define TEST(FUNCTION) cmocka_unit_test_teardown(FUNCTION, end)

#endif
