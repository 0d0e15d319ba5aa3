/* The full screen without a terminal: bytes of keys and lines of the server in, a screen out. */
#ifndef BRUSIO_FULL_SCREEN_KIT_H
#define BRUSIO_FULL_SCREEN_KIT_H

#include "base/clock.h"
#include "base/memory.h"
#include "front/fullscreen.h"
#include "wire/lang.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static struct client client;
static struct fullscreen *full;
static struct options options;
static struct conf conf;
static struct buffer out;
static int64_t now_ms;
static char last_id[80];
static char shown[1 << 20];

static inline int begin(void **state)
{
	static char program[] = "brusio", address[] = "anna@localhost";
	char *arguments[] = {program, address, NULL};
	const char *culprit;
	struct client_front front;
	(void)state;
	/* Nothing is kept: a home that is not there is not made. */
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", "/nonexistent", 1);
	setenv("TZ", "UTC", 1);
	tzset();
	conf_init(&conf);
	now_ms = 100000;
	clock_fake(now_ms, 1796000000000);
	assert_int_equal(options_read(&options, 2, arguments, &culprit), OPTIONS_RIGHT);
	options.preferences = &conf.preferences;
	full = fullscreen_new_pure(&front, &conf);
	client_init(&client, &options, LANG_EN, &front);
	fullscreen_attach(full, &client);
	session_line_up(client.session, &out, now_ms);
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	fullscreen_free(full);
	client_release(&client);
	options_release(&options);
	conf_release(&conf);
	buffer_release(&out);
	return 0;
}

/* Reads what the client wrote, and keeps the id of the last request of this kind. */
static inline bool asked(const char *op)
{
	bool found = false;
	while (buffer_length(&out)) {
		size_t length = (size_t)((char *)memchr(buffer_bytes(&out), '\n', buffer_length(&out)) -
					 buffer_bytes(&out));
		json_t *request = json_loadb(buffer_bytes(&out), length, 0, NULL);
		if (!strcmp(json_string_value(json_object_get(request, "op")), op)) {
			const char *id = json_string_value(json_object_get(request, "id"));
			snprintf(last_id, sizeof last_id, "%s", id ? id : "");
			found = true;
		}
		json_decref(request);
		buffer_take(&out, length + 1);
	}
	return found;
}

/* A '$' stands for the id of the last request that was asked for. */
static inline void serve(const char *format, ...)
{
	static char text[1 << 16], line[1 << 18];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	const char *dollar = strchr(text, '$');
	snprintf(line, sizeof line, "%.*s%s%s", dollar ? (int)(dollar - text) : 0, text,
		 dollar ? last_id : "", dollar ? dollar + 1 : text);
	assert_true(session_receive(client.session, line, strlen(line), now_ms));
}

static inline void says(const char *room, int seq, const char *name, const char *text)
{
	serve("{\"op\":\"message\",\"room\":\"%s\",\"seq\":%d,\"time\":\"2026-11-30T0%d:%02d:00.000Z\","
	      "\"from\":{\"name\":"
	      "\"%s\",\"ip\":\"::1\"},\"message\":\"%s\"}",
	      room, seq, 1 + seq / 60 % 9, seq % 60, name, text);
}

static inline void join(const char *room, int seq)
{
	assert_true(asked("join"));
	serve("{\"op\":\"joined\",\"id\":\"$\",\"room\":\"%s\",\"seq\":%d,\"topic\":\"All about "
	      "brusio\",\"count\":3}",
	      room, seq);
	if (asked("who"))
		serve("{\"op\":\"who\",\"id\":\"$\",\"room\":\"%s\",\"members\":[{\"name\":\"anna\",\"role\":"
		      "\"member\",\"online\":true},"
		      "{\"name\":\"mario\",\"role\":\"owner\",\"online\":true},{\"name\":\"ugo\",\"role\":"
		      "\"member\",\"online\":false}]}",
		      room);
}

static inline void enter(void)
{
	assert_true(asked("hello"));
	serve("{\"op\":\"welcome\",\"id\":\"$\",\"user\":{\"name\":\"anna\"},\"session\":\"s\",\"epoch\":"
	      "\"e\",\"rooms\":[]}");
	join("#lobby", 0);
}

static inline void press(const char *keys)
{
	fullscreen_take(full, keys, strlen(keys), now_ms);
	now_ms += 100;
	fullscreen_take(full, "", 0, now_ms);
}

static inline const char *screen(size_t columns, size_t rows)
{
	struct buffer text = BUFFER_EMPTY;
	grid_text(fullscreen_draw(full, columns, rows, now_ms), &text);
	snprintf(shown, sizeof shown, "%s", buffer_string(&text));
	buffer_release(&text);
	return shown;
}

static inline void shows(const char *text)
{
	if (!strstr(screen(100, 24), text))
		fail_msg("\"%s\" is not on the screen\n%s", text, shown);
}

static inline void shows_not(const char *text)
{
	if (strstr(screen(100, 24), text))
		fail_msg("\"%s\" is on the screen\n%s", text, shown);
}

static inline void a_day_of_talk(void)
{
	enter();
	says("#lobby", 1, "mario",
	     "ciao a tutti, this is a line that is longer than a narrow terminal has columns");
	says("#lobby", 2, "ugo", "你好世界 and e\u0301 and 👨‍👩‍👧 too");
	serve("{\"op\":\"enter\",\"room\":\"#lobby\",\"name\":\"luca\",\"from\":{\"name\":\"brusio\"},"
	      "\"message\":\"luca joined\"}");
	serve("{\"op\":\"exit\",\"room\":\"#lobby\",\"name\":\"luca\",\"from\":{\"name\":\"brusio\"},"
	      "\"message\":\"luca left\"}");
	serve("{\"op\":\"message\",\"room\":\"#lobby\",\"seq\":3,\"time\":\"2026-12-01T09:00:00Z\",\"from\":{"
	      "\"name\":\"mario\"},"
	      "\"message\":\"anna: what do you think?\",\"reply_to\":2}");
	serve("{\"op\":\"react\",\"room\":\"#lobby\",\"seq\":4,\"target\":1,\"emoji\":\"🎉\",\"on\":true,"
	      "\"from\":{\"name\":\"ugo\"},"
	      "\"message\":\"x\"}");
	serve("{\"op\":\"edit\",\"room\":\"#lobby\",\"seq\":5,\"target\":2,\"from\":{\"name\":\"ugo\"},"
	      "\"message\":\"Hello, world\"}");
	serve("{\"op\":\"message\",\"room\":\"#lobby\",\"seq\":6,\"time\":\"2026-12-01T09:01:00Z\",\"from\":{"
	      "\"name\":\"ugo\"},"
	      "\"message\":\"oops\"}");
	serve("{\"op\":\"delete\",\"room\":\"#lobby\",\"seq\":7,\"target\":6,\"from\":{\"name\":\"ugo\"},"
	      "\"message\":\"x\"}");
	press("/join #ops\r");
	join("#ops", 0);
	press("\033"
	      "1");
	says("#ops", 1, "mario", "anna, look at this");
	press("half a draft, with\033\ra second line");
}

#endif
