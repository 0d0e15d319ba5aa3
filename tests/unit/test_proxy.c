/* PROXY headers: whole, cut anywhere, damaged anywhere, and everything that is none. */
#include "wire/proxy.h"

#include "unit.h"

static enum proxy_result parse(const char *bytes, size_t length, struct proxy_header *header)
{
	/* In memory of its own, so that a sanitizer sees every byte that is read too many. */
	char *copy = malloc(length ? length : 1);
	memcpy(copy, bytes, length);
	enum proxy_result result = proxy_parse(copy, length, header);
	free(copy);
	return result;
}

static void expect(const char *bytes, size_t length, const char *host, bool is_secure)
{
	struct proxy_header header;
	char more[4096];
	for (size_t cut = 0; cut < length; cut++)
		assert_int_equal(parse(bytes, cut, &header), PROXY_MORE);
	assert_int_equal(parse(bytes, length, &header), PROXY_FOUND);
	assert_string_equal(header.host, host);
	assert_int_equal(header.is_secure, is_secure);
	assert_int_equal(header.length, length);
	memcpy(more, bytes, length);
	memset(more + length, '\x16', 100);
	assert_int_equal(parse(more, length + 100, &header), PROXY_FOUND);
	assert_int_equal(header.length, length);
}

TEST(lines)
{
	static const struct {
		const char *line, *host;
	} right[] = {
	    {"PROXY TCP4 192.0.2.77 192.0.2.1 4096 5000\r\n", "192.0.2.77"},
	    {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255"},
	    {"PROXY TCP6 2001:DB8:0:0::7 ::1 0 1\r\n", "2001:db8::7"},
	    {"PROXY UNKNOWN\r\n", ""},
	    {"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", ""},
	};
	for (size_t i = 0; i < sizeof right / sizeof *right; i++)
		expect(right[i].line, strlen(right[i].line), right[i].host, false);
}

TEST(wrong_lines)
{
	static const char *const wrong[] = {
	    "PROXY \r\n",
	    "PROXY TCP4\r\n",
	    "PROXY TCP4 192.0.2.77\r\n",
	    "PROXY TCP4 192.0.2.77 192.0.2.1 4096\r\n",
	    "PROXY TCP4 192.0.2.77 192.0.2.1 4096 5000\n",
	    "PROXY TCP4 192.0.2.77 192.0.2.1 4096 5000 \r\n",
	    "PROXY TCP4 192.0.2.77 192.0.2.1 4096 5000 1\r\n",
	    "PROXY TCP4  192.0.2.77 192.0.2.1 4096 5000\r\n",
	    "PROXY TCP4 192.0.2.777 192.0.2.1 4096 5000\r\n",
	    "PROXY TCP4 192.0.2.77 192.0.2.1 4096 65536\r\n",
	    "PROXY TCP4 192.0.2.77 192.0.2.1 -1 5000\r\n",
	    "PROXY TCP4 ::1 ::1 4096 5000\r\n",
	    "PROXY TCP6 192.0.2.77 192.0.2.1 4096 5000\r\n",
	    "PROXY UDP4 192.0.2.77 192.0.2.1 4096 5000\r\n",
	    "PROXY tcp4 192.0.2.77 192.0.2.1 4096 5000\r\n",
	    "{\"op\":\"hello\"}",
	    "\x16\x03\x01",
	    "\r\n{",
	    "PROXX",
	};
	struct proxy_header header;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(parse(wrong[i], strlen(wrong[i]), &header), PROXY_WRONG);
}

TEST(a_line_without_end)
{
	char line[200] = "PROXY UNKNOWN ";
	struct proxy_header header;
	memset(line + 14, 'x', sizeof line - 14);
	assert_int_equal(parse(line, 106, &header), PROXY_MORE);
	assert_int_equal(parse(line, 107, &header), PROXY_WRONG);
	assert_int_equal(parse(line, 200, &header), PROXY_WRONG);
}

#define BEGIN "\r\n\r\n\0\r\nQUIT\n"
#define V4    "\xc0\x00\x02\x4d\xc0\x00\x02\x01\x10\x00\x13\x88"
#define V6                                                                                                 \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x10\x00\x13" \
	"\x88"
#define BYTES(literal) (literal), sizeof(literal) - 1

TEST(binary)
{
	expect(BYTES(BEGIN "\x21\x11\x00\x0c" V4), "192.0.2.77", false);
	expect(BYTES(BEGIN "\x21\x21\x00\x24" V6), "2001:db8::7", false);
	expect(BYTES(BEGIN "\x20\x11\x00\x0c" V4), "", false);
	expect(BYTES(BEGIN "\x20\x00\x00\x00"), "", false);
	expect(BYTES(BEGIN "\x21\x00\x00\x03xyz"), "", false);
	expect(BYTES(BEGIN "\x21\x31\x00\x00"), "", false);
}

TEST(binary_extras)
{
	expect(BYTES(BEGIN "\x21\x11\x00\x14" V4 "\x20\x00\x05\x01\0\0\0\0"), "192.0.2.77", true);
	expect(BYTES(BEGIN "\x21\x11\x00\x14" V4 "\x20\x00\x05\x06\0\0\0\0"), "192.0.2.77", false);
	expect(BYTES(BEGIN "\x21\x11\x00\x16" V4 "\x04\x00\x01x\x20\x00\x03\x01\0\0"), "192.0.2.77", true);
}

TEST(wrong_binary)
{
	static const struct {
		const char *bytes;
		size_t length;
	} wrong[] = {
	    {BYTES(BEGIN "\x11\x11\x00\x0c" V4)}, /* version 1 */
	    {BYTES(BEGIN "\x22\x11\x00\x0c" V4)}, /* no such command */
	    {BYTES(BEGIN "\x21\x11\x00\x0b\xc0\x00\x02\x4d\xc0\x00\x02\x01\x10\x00\x13")}, /* too short */
	    {BYTES(BEGIN "\x21\x21\x00\x0c" V4)},
	    {BYTES(BEGIN "\x21\x11\xff\xff")},                   /* longer than is looked at */
	    {BYTES(BEGIN "\x21\x11\x00\x0f" V4 "\x20\x00\x05")}, /* an extra that ends too late */
	    {BYTES(BEGIN "\x21\x11\x00\x0d" V4 "\x20")},
	};
	struct proxy_header header;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(parse(wrong[i].bytes, wrong[i].length, &header), PROXY_WRONG);
}

/* The header never reaches beyond the bytes that are there, nor the host beyond its text. */
TEST(damaged)
{
	static const char *const seeds[] = {"PROXY TCP4 192.0.2.77 192.0.2.1 4096 5000\r\n",
					    BEGIN "\x21\x11\x00\x14" V4 "\x20\x00\x05\x01\0\0\0\0"};
	static const size_t lengths[] = {43, 36};
	uint64_t dice = 5;
	for (int round = 0; round < 200000; round++) {
		char bytes[64];
		struct proxy_header header;
		size_t seed = dice_below(&dice, 2), length = lengths[seed];
		memcpy(bytes, seeds[seed], length);
		for (size_t wounds = 1 + dice_below(&dice, 3); wounds--;)
			bytes[dice_below(&dice, length)] = (char)dice_below(&dice, 256);
		length = dice_below(&dice, 8) ? length : dice_below(&dice, length);
		if (parse(bytes, length, &header) == PROXY_FOUND) {
			assert_in_range(header.length, 1, length);
			assert_non_null(memchr(header.host, '\0', sizeof header.host));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines),   cmocka_unit_test(wrong_lines),   cmocka_unit_test(a_line_without_end),
	    cmocka_unit_test(binary),  cmocka_unit_test(binary_extras), cmocka_unit_test(wrong_binary),
	    cmocka_unit_test(damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
