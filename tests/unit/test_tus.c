/* The fields of tus: numbers, what is said of an upload, checksums. */
#include "wire/tus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "unit.h"

static struct http_request request;
static char head[4096];

static void parse(const char *fields)
{
	size_t scanned = 0;
	snprintf(head, sizeof head, "PATCH /files/1 HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
	assert_true(http_parse(head, strlen(head), &scanned, &request) > 0);
}

static int64_t number(const char *fields)
{
	parse(fields);
	return tus_number(&request, "upload-offset");
}

TEST(a_number_is_digits_alone)
{
	assert_int_equal(number("Upload-Offset: 0\r\n"), 0);
	assert_int_equal(number("Upload-Offset: 123456789012345678\r\n"), INT64_C(123456789012345678));
	assert_int_equal(number(""), -1);
	assert_int_equal(number("Upload-Offset:\r\n"), -1);
	assert_int_equal(number("Upload-Offset: -1\r\n"), -1);
	assert_int_equal(number("Upload-Offset: +1\r\n"), -1);
	assert_int_equal(number("Upload-Offset: 1 2\r\n"), -1);
	assert_int_equal(number("Upload-Offset: 1234567890123456789\r\n"), -1);
	assert_int_equal(number("Upload-Offset: 1\r\nUpload-Offset: 1\r\n"), -1);
}

/* The name that it says; NULL: it is not of the form. */
static const char *name_of(const char *metadata)
{
	static char name[32];
	return tus_read_metadata((struct http_text){metadata, strlen(metadata)}, name, sizeof name) ? name
												    : NULL;
}

TEST(a_name_is_found_in_what_is_said)
{
	assert_string_equal(name_of(""), "");
	assert_string_equal(name_of("filename YS50eHQ="), "a.txt");
	assert_string_equal(name_of("name Yg==,filename YS50eHQ=,filetype dGV4dA=="), "a.txt");
	assert_string_equal(name_of("name Yg==, is_private"), "b");
	assert_string_equal(name_of("filename YQBi"), "");
	assert_string_equal(name_of("filename YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"), "");
	assert_null(name_of("filename !!!!"));
	assert_null(name_of("filename YQ"));
	assert_null(name_of(",filename YQ=="));
	assert_null(name_of("filename YQ== YQ=="));
}

/* 1: it fits; 0: it does not; -1: it is none. */
static int fits(const char *field, const char *content)
{
	struct tus_checksum checksum;
	char fields[256];
	snprintf(fields, sizeof fields, "Upload-Checksum: %s\r\n", field);
	parse(*field ? fields : "");
	if (!tus_checksum_begin(&checksum, &request))
		return -1;
	for (; *content; content++)
		tus_checksum_add(&checksum, content, 1);
	return tus_checksum_fits(&checksum);
}

TEST(a_checksum_fits_or_does_not)
{
	assert_int_equal(fits("", "anything"), 1);
	assert_int_equal(fits("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "hello world"), 1);
	assert_int_equal(fits("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "hello worlD"), 0);
	assert_int_equal(fits("sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=", "hello world"), 1);
	assert_int_equal(fits("blake2b512 Ahzth5kpbOylV4MquUGlC0oR+DR4zxQfUfkz9lOrn7zAWgN83b7QbjCb8zSULE5Y"
			      "zfGkbiN5EczX/Pl4fLx/0A==",
			      "hello world"),
			 1);
	assert_int_equal(fits("md5 XrY7u+Ae7tCTyyK7j1rNww==", "hello world"), -1);
	assert_int_equal(fits("sha1", ""), -1);
	assert_int_equal(fits("sha1 ", ""), -1);
	assert_int_equal(fits("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0", ""), -1);
	assert_int_equal(fits("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0==", ""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_number_is_digits_alone),
					   cmocka_unit_test(a_name_is_found_in_what_is_said),
					   cmocka_unit_test(a_checksum_fits_or_does_not)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
