/* Sets of addresses: what they take, and whom they contain. */
#include "net/range.h"

#include "unit.h"

static bool is_in(const char *range, const char *host)
{
	struct ranges ranges = {0};
	assert_true(ranges_add(&ranges, range));
	return ranges_contain(&ranges, host);
}

TEST(single_addresses)
{
	assert_true(is_in("192.0.2.1", "192.0.2.1"));
	assert_false(is_in("192.0.2.1", "192.0.2.2"));
	assert_true(is_in("::1", "::1"));
	assert_true(is_in("2001:DB8::0:1", "2001:db8::1"));
	assert_false(is_in("::1", "::2"));
}

TEST(networks)
{
	assert_true(is_in("10.0.0.0/8", "10.255.0.1"));
	assert_false(is_in("10.0.0.0/8", "11.0.0.1"));
	assert_true(is_in("192.0.2.128/25", "192.0.2.200"));
	assert_false(is_in("192.0.2.128/25", "192.0.2.127"));
	assert_true(is_in("192.0.2.77/25", "192.0.2.1"));
	assert_true(is_in("0.0.0.0/0", "203.0.113.9"));
	assert_false(is_in("0.0.0.0/0", "2001:db8::1"));
	assert_true(is_in("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(is_in("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(is_in("::/0", "2001:db8::1"));
}

TEST(what_is_no_range)
{
	static const char *const wrong[] = {
	    "",          "host",          "10.0.0.0/33",
	    "10.0.0.0/", "10.0.0.0/x",    "10.0.0.0/-1",
	    "10.0.0/8",  "::1/129",       "10.0.0.0/8 ",
	    "/8",        "10.0.0.0/0008", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dd"};
	struct ranges ranges = {0};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(ranges_add(&ranges, wrong[i]));
	assert_int_equal(ranges.count, 0);
	assert_false(ranges_contain(&ranges, "10.0.0.1"));
}

TEST(several_and_full)
{
	struct ranges ranges = {0};
	for (int i = 0; i < RANGES_MAX; i++)
		assert_true(ranges_add(&ranges, i % 2 ? "192.0.2.1" : "2001:db8::/32"));
	assert_false(ranges_add(&ranges, "192.0.2.2"));
	assert_true(ranges_contain(&ranges, "192.0.2.1"));
	assert_true(ranges_contain(&ranges, "2001:db8::2"));
	assert_false(ranges_contain(&ranges, "192.0.2.2"));
	assert_false(ranges_contain(&ranges, "?"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(single_addresses),
	    cmocka_unit_test(networks),
	    cmocka_unit_test(what_is_no_range),
	    cmocka_unit_test(several_and_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
