/* Forms with a file: whole, in pieces of any size, hostile. */
#include "base/buffer.h"
#include "wire/multipart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define TYPE "multipart/form-data; boundary=XyZ"
#define FILE_PART(name) \
	"Content-Disposition: form-data; name=\"f\"; filename=\"" name "\"\r\nContent-Type: x/y\r\n\r\n"

static struct multipart form;

static bool begin(const char *type)
{
	return multipart_begin(&form, (struct http_text){type, strlen(type)});
}

/* Reads it in pieces of `step` bytes; false where it is wrong or has no whole file. */
static bool read_form(const char *type, const char *bytes, size_t length, size_t step, struct buffer *content)
{
	struct http_text piece;
	buffer_clear(content);
	assert_true(begin(type));
	for (size_t at = 0; at < length; at += step) {
		size_t used = 0, here = length - at < step ? length - at : step;
		while (used < here) {
			enum multipart_result result = multipart_next(&form, bytes + at, here, &used, &piece);
			if (result == MULTIPART_WRONG)
				return false;
			if (result == MULTIPART_PIECE)
				buffer_add(content, piece.at, piece.bytes);
		}
	}
	return multipart_is_whole(&form);
}

static void check(const char *bytes, const char *name, const char *expected)
{
	struct buffer content = BUFFER_EMPTY;
	size_t length = strlen(bytes);
	for (size_t step = 1; step <= length; step++) {
		assert_int_equal(read_form(TYPE, bytes, length, step, &content), expected != NULL);
		if (!expected)
			continue;
		assert_string_equal(buffer_string(&content), expected);
		assert_string_equal(form.name, name);
	}
	buffer_release(&content);
}

static void a_file_comes_out_whatever_the_pieces(void **state)
{
	(void)state;
	check("--XyZ\r\n" FILE_PART("a.txt") "hello\r\n--XyZ--\r\n", "a.txt", "hello");
	check("--XyZ\r\n" FILE_PART("a.txt") "\r\n--XyZ--", "a.txt", "");
	check("preamble\r\n--XyZ  \r\n" FILE_PART("") "x\r\n--XyZ--epilogue", "", "x");
	check("--XyZ\r\n" FILE_PART("a\\\"b;c") "\r\n-\r\n--\r\n--Xy\r\r\n--XyZ--", "a\"b;c",
	      "\r\n-\r\n--\r\n--Xy\r");
	check("--XyZ\r\nContent-Disposition: form-data; name=room\r\n\r\n#lobby\r\n--XyZ\r\n" FILE_PART(
		  "z") "data\r\n--XyZ\r\n\r\nmore\r\n--XyZ--",
	      "z", "data");
}

static void what_is_no_such_form_is_refused(void **state)
{
	(void)state;
	check("--XyZ\r\n" FILE_PART("a") "1\r\n--XyZ\r\n" FILE_PART("b") "2\r\n--XyZ--", NULL, NULL);
	check("--XyZ\r\n" FILE_PART("a") "never ends", NULL, NULL);
	check("--XyZ\r\n" FILE_PART("a") "1\r\n--XyZ", NULL, NULL);
	check("--XyZ\r\n" FILE_PART("a") "1\r\n--XyZx\r\n", NULL, NULL);
	check("--XyZ\r\n" FILE_PART("a") "1\r\n--XyZ-x", NULL, NULL);
	check("--XyZ\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nno file\r\n--XyZ--", NULL, NULL);
	check("", NULL, NULL);
	check("just text", NULL, NULL);
}

static void a_head_has_an_end(void **state)
{
	static char bytes[2 * MULTIPART_HEAD_BYTES];
	struct buffer content = BUFFER_EMPTY;
	(void)state;
	memset(bytes, 'x', sizeof bytes);
	memcpy(bytes, "--XyZ\r\n", 7);
	for (size_t step = 1; step < sizeof bytes; step = step * 3 + 1)
		assert_false(read_form(TYPE, bytes, sizeof bytes, step, &content));
	buffer_release(&content);
}

static void the_boundary_is_in_the_type(void **state)
{
	static const char *const wrong[] = {"text/plain",
					    "multipart/form-data",
					    "multipart/form-data; boundary=",
					    "multipart/form-data; boundary=\"\"",
					    "multipart/form-data; xboundary=a",
					    "multipart/form-datax; boundary=a",
					    "multipart/form-data; boundary=\"open",
					    "multipart/mixed; boundary=a"};
	static const char *const right[] = {"multipart/form-data; boundary=a b",
					    "Multipart/Form-Data;charset=utf-8;Boundary=\"a b\"; x=y",
					    "multipart/form-data; x=\"; boundary=no\"; boundary=a b"};
	char longest[200] = "multipart/form-data; boundary=";
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(begin(wrong[i]));
	for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
		assert_true(begin(right[i]));
		assert_string_equal(form.delimiter, "\r\n--a b");
	}
	memset(longest + strlen(longest), 'b', MULTIPART_BOUNDARY_BYTES);
	assert_true(begin(longest));
	strcat(longest, "b");
	assert_false(begin(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_comes_out_whatever_the_pieces),
	    cmocka_unit_test(what_is_no_such_form_is_refused),
	    cmocka_unit_test(a_head_has_an_end),
	    cmocka_unit_test(the_boundary_is_in_the_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
