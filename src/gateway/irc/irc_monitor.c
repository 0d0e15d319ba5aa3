/* MONITOR: who of some people is here, and when they come and go. */
#include "base/memory.h"
#include "base/text/utf8.h"
#include "gateway/irc/irc.h"

#include <stdlib.h>
#include <string.h>

/* A line of several names has so much of them. */
#define NAMES_BYTES 400

void irc_write_presence(struct connection *connection, const struct entry *event)
{
	struct buffer prefix = BUFFER_EMPTY;
	if (event->kind == ENTRY_ONLINE) {
		irc_add_prefix(&prefix, event->name, event->ip);
		irc_numeric(connection, "730", ":%s", buffer_string(&prefix));
	} else {
		irc_numeric(connection, "731", ":%s", event->name);
	}
	buffer_release(&prefix);
}

/* --- the names as the client wrote them, each with its NUL --- */

/* Compared as the chat compares them, which counts the watches: the list is not longer than what it counts. */
static bool monitor_is_same(const char *one, const char *other)
{
	char *left = utf8_fold(one), *right = utf8_fold(other);
	bool is_same = left && right && !strcmp(left, right);
	free(left);
	free(right);
	return is_same;
}

static char *monitor_find(const struct irc *irc, const char *name)
{
	const struct buffer *names = irc_extra(irc)->monitored;
	size_t left = names ? buffer_length(names) : 0;
	for (char *at = left ? buffer_bytes(names) : NULL; left;) {
		size_t bytes = strlen(at) + 1;
		if (monitor_is_same(at, name))
			return at;
		at += bytes;
		left -= bytes;
	}
	return NULL;
}

static void monitor_forget(struct irc *irc, const char *name)
{
	char *at = monitor_find(irc, name);
	if (!at)
		return;
	struct buffer *names = irc_extra(irc)->monitored;
	size_t bytes = strlen(at) + 1, offset = (size_t)(at - buffer_bytes(names));
	size_t behind = buffer_length(names) - offset - bytes;
	memmove(at, at + bytes, behind);
	names->end -= (uint32_t)bytes;
}

void irc_free_monitored(struct irc *irc)
{
	struct buffer *names = irc_extra(irc)->monitored;
	if (!names)
		return;
	buffer_release(names);
	free(names);
	irc->extra->monitored = NULL;
}

/* --- subcommands --- */

static void then_watched(struct connection *connection, const struct reply *reply, const char *name)
{
	struct irc *irc = irc_of(connection);
	struct entry seen = {.kind = ENTRY_OFFLINE, .name = name};
	struct buffer text = BUFFER_EMPTY;
	if (reply->kind != REPLY_LOOK) {
		irc_numeric(connection, "734", "%d %s :%s", LIMIT_WATCHES, name,
			    irc_error_text(connection, reply, &text));
		buffer_release(&text);
		return;
	}
	struct irc_extra *extra = irc_make_extra(irc);
	if (!extra->monitored)
		extra->monitored = mem_zero(sizeof *extra->monitored);
	if (!monitor_find(irc, name))
		buffer_add(extra->monitored, name, strlen(name) + 1);
	if (reply->look.people.rows_count) {
		const struct reply_row *row = reply->look.people.rows;
		seen = (struct entry){.kind = ENTRY_ONLINE, .name = row->name, .ip = row->ip};
	}
	irc_write_presence(connection, &seen);
}

static void watch(struct connection *connection, const char *name, bool is_on)
{
	if (!utf8_is_user_name(name) || strlen(name) > LIMIT_NAME_BYTES) {
		if (is_on)
			irc_numeric(connection, "731", ":%.64s", name);
		return;
	}
	struct request *request = irc_request(REQUEST_WATCH, REQUEST_TEXT_NAME, name, 0);
	request_set_number(request, REQUEST_NUMBER_ON, is_on);
	if (!is_on)
		monitor_forget(irc_of(connection), name);
	irc_ask(connection, request, is_on ? then_watched : NULL, name);
}

static void monitor_list(struct connection *connection)
{
	const struct buffer *names = irc_extra(irc_of(connection))->monitored;
	struct buffer line = BUFFER_EMPTY;
	size_t left = names ? buffer_length(names) : 0;
	for (const char *at = left ? buffer_bytes(names) : NULL; left;) {
		size_t bytes = strlen(at) + 1;
		buffer_printf(&line, "%s%s", buffer_length(&line) ? "," : "", at);
		at += bytes;
		left -= bytes;
		if (buffer_length(&line) > NAMES_BYTES || !left) {
			irc_numeric(connection, "732", ":%s", buffer_string(&line));
			buffer_clear(&line);
		}
	}
	irc_numeric(connection, "733", ":End of MONITOR list");
	buffer_release(&line);
}

/* Asking for it again tells how they are now. */
static void tell_all(struct connection *connection)
{
	const struct buffer *names = irc_extra(irc_of(connection))->monitored;
	size_t left = names ? buffer_length(names) : 0;
	for (const char *at = left ? buffer_bytes(names) : NULL; left;) {
		size_t bytes = strlen(at) + 1;
		irc_enqueue(connection, "MONITOR + %s", at);
		at += bytes;
		left -= bytes;
	}
}

void irc_run_monitor(struct connection *connection, const struct irc_line *line)
{
	const char *what = line->params[0], *names = line->count > 1 ? line->params[1] : "";
	bool is_on = !strcmp(what, "+"), is_change = is_on || !strcmp(what, "-");
	if (is_change && !irc_split(connection, "MONITOR", is_on ? "+ " : "- ", names, NULL) && *names) {
		watch(connection, names, is_on);
	} else if (irc_is_same(what, "C")) {
		irc_free_monitored(irc_of(connection));
		irc_ask(connection, request_new(REQUEST_WATCH, 0), NULL, "");
	} else if (irc_is_same(what, "L")) {
		monitor_list(connection);
	} else if (irc_is_same(what, "S")) {
		tell_all(connection);
	}
}
