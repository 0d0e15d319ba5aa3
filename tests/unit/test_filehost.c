/* Uploads of IRC clients: the login, the file's name, and the links that they put into messages. */
#include "wire/filehost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "unit.h"

#define ID    "0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210"

static struct http_request request;
static char head[4096];

static void parse(const char *field)
{
	size_t scanned = 0;
	snprintf(head, sizeof head, "GET /files HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n", field);
	assert_true(http_parse(head, strlen(head), &scanned, &request) > 0);
}

static const char *login(const char *coded)
{
	static char text[2000];
	struct filehost_login found;
	char field[2000];
	snprintf(field, sizeof field, "Authorization: %s", coded);
	parse(field);
	if (!filehost_read_login(&request, &found))
		return NULL;
	snprintf(text, sizeof text, "%s|%s|%d", found.name, found.secret, found.is_token);
	return text;
}

static const char *name(const char *value)
{
	static char text[64];
	char field[2000];
	snprintf(field, sizeof field, "Content-Disposition: %s", value);
	parse(field);
	return filehost_read_name(&request, text, sizeof text) < 0 ? NULL : text;
}

/* "ids|rest" */
static const char *links(const char *text)
{
	static char found[4000];
	char ids[FILEHOST_IDS_BYTES];
	struct buffer rest = BUFFER_EMPTY;
	bool has_links = filehost_take_links(text, &rest, ids);
	snprintf(found, sizeof found, "%s|%s", ids, buffer_string(&rest));
	buffer_release(&rest);
	return has_links ? found : NULL;
}

TEST(a_login_is_a_name_and_a_secret)
{
	assert_string_equal(login("Basic YW5uYTpzZWNyZXQ="), "anna|secret|0");
	assert_string_equal(login("basic YW5uYUBwaG9uZTphOmI="), "anna|a:b|0");
	assert_string_equal(login("Basic YW5uYTo="), "anna||0");
	assert_null(login("Bearer YW5uYTpzZWNyZXQ="));
	assert_null(login("Basic "));
	assert_null(login("Basic YW5uYQ=="));
	assert_null(login("Basic OnNlY3JldA=="));
	assert_null(login("Basic YW5u!TpzZWNyZXQ="));
	assert_null(login("Basic YW5uYTpzAGVjcmV0"));
}

TEST(a_file_is_called_what_its_head_says)
{
	assert_string_equal(name("attachment; filename=\"cat.jpg\""), "cat.jpg");
	assert_string_equal(name("attachment; filename=cat.jpg"), "cat.jpg");
	assert_string_equal(name("attachment; filename*=UTF-8''gatto%20%C3%A8.jpg"), "gatto \xc3\xa8.jpg");
	assert_string_equal(name("attachment; filename=\"a\"; filename*=utf-8'it'b%25"), "b%");
	assert_null(name("attachment"));
	assert_null(name("attachment; filename*=UTF-8''%zz"));
}

TEST(links_at_the_beginning_and_the_end_are_taken_out)
{
	assert_string_equal(links("https://c.example/f/" ID "/" OTHER "/cat.jpg"), ID "|");
	assert_string_equal(links("look: http://c:5000/f/" ID "/" OTHER "/cat.jpg"), ID "|look:");
	assert_string_equal(links("http://c/files/" ID " http://c/files/" OTHER "\nlook  here"),
			    ID " " OTHER "|look  here");
	assert_string_equal(links("see http://c/files/" ID " here"), ID "|see http://c/files/" ID " here");
	assert_string_equal(links("see (http://c/files/" ID ")"), ID "|see (http://c/files/" ID ")");
	assert_string_equal(links("http://c/files/" ID " http://c/files/" ID), ID "|");
}

TEST(what_only_looks_like_a_link_is_text)
{
	assert_null(links(""));
	assert_null(links("hello"));
	assert_null(links("http://c/f/" ID));
	assert_null(links("http://c/f/" ID "/short/x"));
	assert_null(links("http://c/files/"
			  "0123"));
	assert_null(links("ftp://c/files/" ID));
	assert_null(links("http://c/a/files/" ID));
	assert_null(links("http:// /files/" ID));
}

TEST(more_links_than_a_message_has_files_are_text)
{
	char text[1000] = "";
	for (int i = 0; i <= LIMIT_FILES; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "http://c/files/%032x ", i);
	assert_null(links(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_login_is_a_name_and_a_secret),
					   cmocka_unit_test(a_file_is_called_what_its_head_says),
					   cmocka_unit_test(links_at_the_beginning_and_the_end_are_taken_out),
					   cmocka_unit_test(what_only_looks_like_a_link_is_text),
					   cmocka_unit_test(more_links_than_a_message_has_files_are_text)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
