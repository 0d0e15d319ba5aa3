/* An answer with rows of its own: as an object, and as lines for people. */
#include "chat/chat.h"
#include "chat/talk/listing.h"
#include "gateway/connection.h"
#include "gateway/dialect.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

static struct connection connection;

static int setup(void **state)
{
	(void)state;
	dialect_set_server_ip("192.168.1.1");
	connection = (struct connection){.lang = LANG_EN};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buffer_release(&connection.out);
	return 0;
}

static struct request *request;

static struct reply *begin(bool is_command)
{
	request = request_new(REQUEST_ROOMS, 100);
	request->peer = peer_new(&(struct peer_info){.address = "127.0.0.1"});
	request->is_command = is_command;
	request_set_text(request, REQUEST_TEXT_ID, "7", 1);
	return listing_new(request, "rooms", TEXT_answer_rooms);
}

static void answer_is(const struct dialect *dialect, struct reply *reply, const char *expected)
{
	dialect->write_reply(&connection, reply);
	assert_string_equal(buffer_string(&connection.out), expected);
	reply_free(reply);
	free(request->peer);
	request_free(request);
}

static void add_row(struct reply *reply, const char *name, int64_t time_ms)
{
	struct listing_row *row =
	    listing_add(reply, TEXT_answer_left, &(struct text_args){.room = name, .time_ms = time_ms});
	listing_add_text(reply, row, "name", name);
	listing_add_text(reply, row, "reason", NULL);
	listing_add_number(reply, row, "count", 3);
	listing_add_bool(reply, row, "on", time_ms == 0);
	listing_add_time(reply, row, "until", time_ms);
}

TEST(an_object_with_its_rows)
{
	struct reply *reply = begin(false);
	add_row(reply, "#a", 0);
	add_row(reply, "#\"b", INT64_C(1795341600123));
	answer_is(
	    &dialect_native, reply,
	    "{\"op\":\"rooms\",\"id\":\"7\",\"rooms\":[{\"name\":\"#a\",\"count\":3,\"on\":true},"
	    "{\"name\":\"#\\\"b\",\"count\":3,\"on\":false,\"until\":\"2026-11-22T10:00:00.123Z\"}]}\n");
}

TEST(no_rows_and_more_of_them)
{
	struct reply *reply = begin(false);
	reply->listing->is_page = reply->listing->has_more = true;
	answer_is(&dialect_native, reply, "{\"op\":\"rooms\",\"id\":\"7\",\"rooms\":[],\"more\":true}\n");
}

TEST(lines_for_people)
{
	struct reply *reply = begin(true);
	add_row(reply, "#a", 0);
	char expected[200];
	struct buffer head = BUFFER_EMPTY, line = BUFFER_EMPTY;
	lang_write(&head, LANG_EN, TEXT_answer_rooms, &(struct text_args){.number = 1});
	lang_write(&line, LANG_EN, TEXT_answer_left, &(struct text_args){.room = "#a"});
	snprintf(expected, sizeof expected, "* %s\n  %s\n", buffer_string(&head), buffer_string(&line));
	buffer_release(&head);
	buffer_release(&line);
	answer_is(&dialect_text, reply, expected);
}

#define LISTING_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LISTING_TEST(an_object_with_its_rows),
	    LISTING_TEST(no_rows_and_more_of_them),
	    LISTING_TEST(lines_for_people),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
