/* Numeric addresses: one form for each. */
#include "base/ip.h"

#include "unit.h"

static void is_written(const char *text, const char *expected)
{
	struct ip ip;
	char written[IP_TEXT_BYTES];
	assert_true(ip_read(&ip, text));
	ip_write(&ip, written);
	assert_string_equal(written, expected);
}

TEST(an_address_has_one_form)
{
	is_written("10.7.7.7", "10.7.7.7");
	is_written("::ffff:10.7.7.7", "10.7.7.7");
	is_written("::FFFF:a07:707", "10.7.7.7");
	is_written("0:0:0:0:0:ffff:10.7.7.7", "10.7.7.7");
	is_written("2001:DB8:0:0::1", "2001:db8::1");
	is_written("::1", "::1");
	is_written("::", "::");
	/* Not mapped: another address. */
	is_written("::10.7.7.7", "::10.7.7.7");
}

TEST(what_is_not_an_address)
{
	static const char *const texts[] = {"",     "10.7.7",    "10.7.7.7.7",       "010.7.7.7x", "a.b.c.d",
					    "1:2",  ":::",       "fe80::1%lo",       "10.7.7.7/8", "[::1]",
					    " ::1", "256.1.1.1", "::ffff:10.7.7.777"};
	struct ip ip;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (ip_read(&ip, texts[i]))
			fail_msg("%s", texts[i]);
}

static void network_is(const char *text, const char *expected)
{
	struct ip_network network;
	char written[IP_NETWORK_TEXT_BYTES];
	assert_true(ip_network_read(&network, text));
	ip_network_write(&network, written);
	assert_string_equal(written, expected);
}

TEST(a_network_has_one_form)
{
	network_is("10.7.7.7", "10.7.7.7/32");
	network_is("10.7.7.7/8", "10.0.0.0/8");
	network_is("::ffff:10.7.7.7", "10.7.7.7/32");
	network_is("::ffff:10.7.7.7/104", "10.0.0.0/8");
	network_is("2001:db8:1:2::/33", "2001:db8::/33");
	network_is("::/0", "::/0");
	network_is("0.0.0.0/0", "0.0.0.0/0");
	static const char *const wrong[] = {"",       "/8",          "10.0.0.0/",   "10.0.0.0/33",
					    "::/129", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/0008"};
	struct ip_network network;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (ip_network_read(&network, wrong[i]))
			fail_msg("%s", wrong[i]);
}

static bool is_in(const char *address, const char *text)
{
	struct ip ip;
	struct ip_network network;
	assert_true(ip_read(&ip, address) && ip_network_read(&network, text));
	return ip_is_in(&ip, &network);
}

TEST(an_address_is_in_a_network_in_both_forms)
{
	assert_true(is_in("10.7.7.7", "::ffff:10.7.7.7"));
	assert_true(is_in("::ffff:10.7.7.7", "10.0.0.0/8"));
	assert_true(is_in("10.7.7.7", "10.7.7.7"));
	assert_true(is_in("10.7.7.7", "0.0.0.0/0"));
	assert_true(is_in("10.7.7.7", "::/0"));
	assert_true(is_in("10.7.7.7", "10.7.7.4/30"));
	assert_false(is_in("10.7.7.8", "10.7.7.4/30"));
	assert_false(is_in("11.7.7.7", "10.0.0.0/8"));
	assert_false(is_in("2001:db8::1", "0.0.0.0/0"));
	assert_true(is_in("2001:db8:1::1", "2001:db8::/32"));
}

TEST(public_addresses_are_told_from_all_others)
{
	static const char *const yes[] = {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111",
					  "2a00:1450::1"};
	static const char *const no[] = {
	    "0.0.0.0",        "10.1.2.3",        "127.0.0.1",   "169.254.169.254",
	    "172.16.0.1",     "172.31.255.255",  "192.168.0.1", "100.64.0.1",
	    "224.0.0.1",      "255.255.255.255", "::",          "::1",
	    "fe80::1",        "fc00::1",         "ff02::1",     "::ffff:10.0.0.1",
	    "64:ff9b::a00:1", "2002:a00:1::",    "2001::1",     "2001:db8::1"};
	struct ip ip;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		if (!ip_read(&ip, yes[i]) || !ip_is_public(&ip))
			fail_msg("%s", yes[i]);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		if (!ip_read(&ip, no[i]) || ip_is_public(&ip))
			fail_msg("%s", no[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_has_one_form),
	    cmocka_unit_test(what_is_not_an_address),
	    cmocka_unit_test(a_network_has_one_form),
	    cmocka_unit_test(an_address_is_in_a_network_in_both_forms),
	    cmocka_unit_test(public_addresses_are_told_from_all_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
