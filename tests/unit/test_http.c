/* HTTP heads: what is taken, however it arrives, and what is refused because two parsers could differ. */
#include "wire/http.h"

#include "unit.h"

#include <stdio.h>

/* The whole head at once. */
static int parse_bytes(const char *bytes, size_t length, struct http_request *request)
{
	size_t scanned = 0;
	return http_parse(bytes, length, &scanned, request);
}

static int parse(const char *text, struct http_request *request)
{
	return parse_bytes(text, strlen(text), request);
}

static void refused(int status, const char *text)
{
	struct http_request request;
	int result = parse(text, &request);
	if (result != -status)
		fail_msg("%d instead of %d for: %s", result, -status, text);
}

static void taken(const char *text)
{
	struct http_request request;
	int result = parse(text, &request);
	if (result != (int)strlen(text))
		fail_msg("%d for: %s", result, text);
}

static const char browser[] = "GET /ws?v=1 HTTP/1.1\r\n"
			      "Host: chat.example:5000\r\n"
			      "Connection: keep-alive, Upgrade\r\n"
			      "UPGRADE: websocket\r\n"
			      "Accept-Encoding: gzip, deflate;q=0.5, br ;q=0\r\n"
			      "X-Empty:\r\n"
			      "X-Spaced: \t a b \t \r\n"
			      "\r\n";

static void check_browser(const struct http_request *request)
{
	assert_true(http_text_is(request->path, "/ws"));
	assert_true(http_text_is(request->host, "chat.example:5000"));
	assert_false(request->is_head);
	assert_false(request->is_1_0);
	assert_true(request->keeps_alive);
	assert_true(http_has_token(request, "connection", "upgrade"));
	assert_false(http_has_token(request, "connection", "up"));
	assert_true(http_has_token(request, "upgrade", "WebSocket"));
	assert_true(http_text_is(http_value(request, "x-spaced"), "a b"));
	assert_int_equal(http_value(request, "x-empty").bytes, 0);
	assert_int_equal(http_count(request, "x-empty"), 1);
	assert_int_equal(http_count(request, "x-nothing"), 0);
	assert_true(http_accepts(request, "gzip"));
	assert_true(http_accepts(request, "deflate"));
	assert_false(http_accepts(request, "br"));
	assert_false(http_accepts(request, "zstd"));
}

TEST(a_browser_is_understood)
{
	struct http_request request;
	assert_int_equal(parse(browser, &request), sizeof browser - 1);
	check_browser(&request);
}

TEST(a_head_may_come_byte_by_byte)
{
	struct http_request request;
	size_t scanned = 0, length = sizeof browser - 1;
	for (size_t have = 0; have < length; have++)
		assert_int_equal(http_parse(browser, have, &scanned, &request), 0);
	assert_int_equal(http_parse(browser, length, &scanned, &request), length);
	check_browser(&request);
	assert_int_equal(scanned, 0);
}

TEST(a_head_may_be_split_anywhere)
{
	uint64_t dice = 7;
	for (int round = 0; round < 500; round++) {
		struct http_request request;
		size_t scanned = 0, have = 0, length = sizeof browser - 1;
		int result = 0;
		while (!result) {
			have += 1 + dice_below(&dice, 40);
			result = http_parse(browser, have < length ? have : length, &scanned, &request);
		}
		assert_int_equal(result, length);
		check_browser(&request);
	}
}

/* A wrong request is refused as soon as it is there, in any pieces, with the same status. */
TEST(pieces_change_nothing)
{
	static const char *const heads[] = {
	    "GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "PUT / HTTP/1.1\r\nHost: a\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"};
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		struct http_request request;
		size_t scanned = 0, have = 0;
		int result = 0, whole = parse(heads[i], &request);
		while (!result && have < strlen(heads[i]))
			result = http_parse(heads[i], ++have, &scanned, &request);
		assert_int_equal(result, whole);
		assert_true(result < 0);
	}
}

TEST(what_follows_is_not_touched)
{
	struct http_request request;
	char two[] = "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n";
	int first = parse(two, &request);
	assert_int_equal(first, (int)(sizeof two - 1) / 2);
	assert_true(http_text_is(request.path, "/a"));
	assert_int_equal(parse(two + first, &request), first);
	assert_true(http_text_is(request.path, "/b"));
}

TEST(versions_and_keeping_the_line)
{
	struct http_request request;
	assert_true(parse("GET / HTTP/1.0\r\n\r\n", &request) > 0);
	assert_true(request.is_1_0);
	assert_false(request.keeps_alive);
	assert_true(parse("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n", &request) > 0);
	assert_true(request.is_head);
	assert_false(request.keeps_alive);
	refused(505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n");
	refused(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	refused(400, "GET / HTTP/1\r\nHost: a\r\n\r\n");
	refused(400, "GET / http/1.1\r\nHost: a\r\n\r\n");
	refused(400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n");
	refused(400, "GET /\r\n\r\n");
}

TEST(methods)
{
	static const char *const known[] = {"PUT", "TRACE", "CONNECT"};
	struct http_request request;
	assert_true(parse("PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", &request) > 0);
	assert_true(request.is_patch && request.has_length && request.body_bytes == 3 &&
		    !http_is_get(&request));
	assert_true(parse("DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", &request) > 0);
	assert_true(request.is_delete && !http_is_get(&request));
	assert_true(parse("OPTIONS / HTTP/1.1\r\nHost: a\r\n\r\n", &request) > 0);
	assert_true(request.is_options && !http_is_get(&request));
	refused(405, "DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
	refused(405, "OPTIONS / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		char text[64];
		snprintf(text, sizeof text, "%s / HTTP/1.1\r\nHost: a\r\n\r\n", known[i]);
		refused(405, text);
	}
	refused(501, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(501, "get / HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(400, "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

#define POST "POST /files HTTP/1.1\r\nHost: a\r\n"

TEST(a_post_says_what_follows_it)
{
	struct http_request request;
	assert_true(parse(POST "\r\n", &request) > 0);
	assert_true(request.is_post && !request.has_length && !request.is_chunked);
	assert_true(parse(POST "Content-Length: 00\r\n\r\n", &request) > 0);
	assert_true(request.has_length && !request.body_bytes);
	assert_true(
	    parse(POST "Content-Length: 123456789012345678\r\nExpect: 100-Continue\r\n\r\n", &request) > 0);
	assert_true(request.body_bytes == INT64_C(123456789012345678) && request.awaits_go_on);
	assert_true(parse(POST "transfer-encoding: Chunked\r\n\r\n", &request) > 0);
	assert_true(request.is_chunked && !request.has_length && !request.awaits_go_on);
	assert_true(parse("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", &request) >
		    0);
	assert_false(request.awaits_go_on);
}

TEST(bodies_that_two_readers_could_see_differently_are_refused)
{
	static const char *const wrong[] = {"Content-Length: 3\r\nContent-Length: 3\r\n",
					    "Content-Length: 3, 3\r\n",
					    "Content-Length: +3\r\n",
					    "Content-Length: -3\r\n",
					    "Content-Length: 0x3\r\n",
					    "Content-Length: 3 \t4\r\n",
					    "Content-Length:\r\n",
					    "Content-Length: 1234567890123456789\r\n",
					    "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
					    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"};
	static const char *const codings[] = {"gzip, chunked", "chunked, chunked", "xchunked",
					      "chunked;a=b",   "identity",         "\"chunked\""};
	char text[256];
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		snprintf(text, sizeof text, POST "%s\r\n", wrong[i]);
		refused(400, text);
	}
	for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
		snprintf(text, sizeof text, POST "Transfer-Encoding: %s\r\n\r\n", codings[i]);
		refused(501, text);
	}
	refused(417, POST "Content-Length: 3\r\nExpect: magic\r\n\r\n");
	refused(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
}

TEST(values_of_a_query)
{
	struct http_text query = {"a=1&name=x%20y%2fz&b", 20};
	char value[16];
	assert_int_equal(http_query_value(query, "name", value, sizeof value), 5);
	assert_string_equal(value, "x y/z");
	assert_int_equal(http_query_value(query, "a", value, sizeof value), 1);
	assert_int_equal(http_query_value(query, "b", value, sizeof value), -1);
	assert_int_equal(http_query_value(query, "nam", value, sizeof value), -1);
	assert_int_equal(http_query_value(query, "name", value, 5), -1);
	static const char *const wrong[] = {"n=%", "n=%4", "n=%4g", "n=%00", "n=a%0"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(http_query_value((struct http_text){wrong[i], strlen(wrong[i])}, "n", value,
						  sizeof value),
				 -1);
}

TEST(ranges)
{
	static const struct {
		const char *value;
		enum http_range result;
		int64_t first, length;
	} cases[] = {{"bytes=0-0", HTTP_RANGE_PART, 0, 1},
		     {"bytes=5-", HTTP_RANGE_PART, 5, 95},
		     {"bytes=-5", HTTP_RANGE_PART, 95, 5},
		     {"bytes=-500", HTTP_RANGE_PART, 0, 100},
		     {"bytes=90-200", HTTP_RANGE_PART, 90, 10},
		     {"bytes=100-", HTTP_RANGE_NONE, 0, 0},
		     {"bytes=10000000000000000000-", HTTP_RANGE_NONE, 0, 0},
		     {"bytes=10000000000000000000-5", HTTP_RANGE_NONE, 0, 0},
		     {"bytes=-0", HTTP_RANGE_NONE, 0, 0},
		     {"bytes=5-4", HTTP_RANGE_WHOLE, 0, 0},
		     {"bytes=0-1,4-5", HTTP_RANGE_WHOLE, 0, 0},
		     {"bytes=-", HTTP_RANGE_WHOLE, 0, 0},
		     {"bytes=", HTTP_RANGE_WHOLE, 0, 0},
		     {"lines=0-1", HTTP_RANGE_WHOLE, 0, 0},
		     {"bytes=a-b", HTTP_RANGE_WHOLE, 0, 0},
		     {"BYTES=5-9", HTTP_RANGE_PART, 5, 5},
		     {"bytes=3-18446744073709551615", HTTP_RANGE_PART, 3, 97},
		     {"bytes=-18446744073709551615", HTTP_RANGE_PART, 0, 100},
		     {"bytes=0-18446744073709551615x", HTTP_RANGE_WHOLE, 0, 0}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t first = 0, length = 0;
		struct http_text value = {cases[i].value, strlen(cases[i].value)};
		enum http_range result = http_range(value, 100, &first, &length);
		if (result != cases[i].result)
			fail_msg("%d for %s", (int)result, cases[i].value);
		if (result == HTTP_RANGE_PART)
			assert_true(first == cases[i].first && length == cases[i].length);
	}
	int64_t first, length;
	assert_int_equal(http_range((struct http_text){"bytes=-1", 8}, 0, &first, &length), HTTP_RANGE_NONE);
}

TEST(targets_are_paths)
{
	taken("GET /a-b_c.d/%20?x={y}|z HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(400, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(400, "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(400, "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(400, "GET http://a/ HTTP/1.1\r\n\r\n");
	refused(400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(400, "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(400, "GET /#top HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(400, "GET /\\..\\ HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(400, "GET /\xc3\xa8 HTTP/1.1\r\nHost: a\r\n\r\n");
	refused(400, "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST(line_ends_are_cr_lf)
{
	refused(400, "GET / HTTP/1.1\nHost: a\n\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\rX: b\r\n\r\n");
	refused(400, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST(fields_have_one_reading)
{
	struct http_request request;
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nX\t: b\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tfolded\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nX(: b\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n");
	taken("GET / HTTP/1.1\r\nHost: a\r\nX: \xff\xc3\xa8\tb\r\n\r\n");
	char nul[] = "GET / HTTP/1.1\r\nHost: a\r\nX: a?b\r\n\r\n";
	*strchr(nul, '?') = '\0';
	assert_int_equal(parse_bytes(nul, sizeof nul - 1, &request), -400);
}

TEST(bodies_are_refused)
{
	taken("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: identity\r\n\r\n");
}

TEST(there_is_one_host)
{
	taken("GET / HTTP/1.0\r\n\r\n");
	taken("GET / HTTP/1.1\r\nhost: [::1]:5000\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost:\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n");
	refused(400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\"><script>\r\n\r\n");
}

/* "GET /" and a path of so many bytes in all. */
static int parse_path_of(size_t bytes)
{
	struct http_request request;
	char *text = malloc(bytes + 64);
	memcpy(text, "GET ", 4);
	memset(text + 4, 'a', bytes);
	text[4] = '/';
	strcpy(text + 4 + bytes, " HTTP/1.1\r\nHost: a\r\n\r\n");
	int result = parse(text, &request);
	free(text);
	return result;
}

TEST(everything_has_a_limit)
{
	struct http_request request;
	static char text[HTTP_HEAD_BYTES_MAX * 2];
	assert_true(parse_path_of(HTTP_TARGET_BYTES_MAX) > 0);
	assert_int_equal(parse_path_of(HTTP_TARGET_BYTES_MAX + 1), -414);

	for (int extra = 0; extra < 2; extra++) {
		size_t at = (size_t)sprintf(text, "GET / HTTP/1.1\r\nHost: a\r\n");
		for (int i = 1; i < HTTP_FIELDS_MAX + extra; i++)
			at += (size_t)sprintf(text + at, "X: y\r\n");
		strcpy(text + at, "\r\n");
		assert_int_equal(parse(text, &request), extra ? -431 : (int)at + 2);
	}

	memset(text, 'a', sizeof text);
	memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
	assert_int_equal(parse_bytes(text, HTTP_HEAD_BYTES_MAX, &request), 0);
	assert_int_equal(parse_bytes(text, HTTP_HEAD_BYTES_MAX + 1, &request), -431);
}

static bool accepts(const char *value, const char *coding)
{
	struct http_request request;
	char text[256];
	snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: %s\r\n\r\n", value);
	assert_true(parse(text, &request) > 0);
	return http_accepts(&request, coding);
}

TEST(codings_are_accepted_by_name_or_all)
{
	assert_true(accepts("br", "br"));
	assert_true(accepts("GZIP;q=0.001", "gzip"));
	assert_true(accepts("*", "gzip"));
	assert_true(accepts("*;q=0, gzip", "gzip"));
	assert_false(accepts("*;q=0, gzip", "br"));
	assert_false(accepts("gzip;q=0, *", "gzip"));
	assert_false(accepts("*, gzip;q=0", "gzip"));
	assert_false(accepts("gzip;q=0.000", "gzip"));
	assert_false(accepts("gzip ; Q=0", "gzip"));
	assert_false(accepts("x-gzip", "gzip"));
	assert_false(accepts("", "gzip"));
	assert_false(accepts(",,", "gzip"));
}

static bool is_known(const char *value)
{
	struct http_request request;
	char text[256];
	snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: %s\r\n\r\n", value);
	assert_true(parse(text, &request) > 0);
	return http_matches(&request, "\"abc\"");
}

TEST(tags_are_compared_weakly)
{
	assert_true(is_known("\"abc\""));
	assert_true(is_known("W/\"abc\""));
	assert_true(is_known("\"x\", W/\"y\" , \"abc\""));
	assert_true(is_known("*"));
	assert_false(is_known("\"abcd\""));
	assert_false(is_known("abc"));
	assert_false(is_known("W/"));
	assert_false(is_known(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_browser_is_understood),
	    cmocka_unit_test(a_head_may_come_byte_by_byte),
	    cmocka_unit_test(a_head_may_be_split_anywhere),
	    cmocka_unit_test(pieces_change_nothing),
	    cmocka_unit_test(what_follows_is_not_touched),
	    cmocka_unit_test(versions_and_keeping_the_line),
	    cmocka_unit_test(methods),
	    cmocka_unit_test(a_post_says_what_follows_it),
	    cmocka_unit_test(bodies_that_two_readers_could_see_differently_are_refused),
	    cmocka_unit_test(values_of_a_query),
	    cmocka_unit_test(ranges),
	    cmocka_unit_test(targets_are_paths),
	    cmocka_unit_test(line_ends_are_cr_lf),
	    cmocka_unit_test(fields_have_one_reading),
	    cmocka_unit_test(bodies_are_refused),
	    cmocka_unit_test(there_is_one_host),
	    cmocka_unit_test(everything_has_a_limit),
	    cmocka_unit_test(codings_are_accepted_by_name_or_all),
	    cmocka_unit_test(tags_are_compared_weakly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
