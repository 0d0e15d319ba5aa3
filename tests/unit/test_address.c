/* Addresses as text: here, and as others are shown them. */
#include "chat/people/address.h"
#include "net/address.h"

#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static struct sockaddr_storage v4(const char *text, uint16_t port)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in *address = (void *)&storage;
	address->sin_family = AF_INET;
	address->sin_port = htons(port);
	assert_int_equal(inet_pton(AF_INET, text, &address->sin_addr), 1);
	return storage;
}

static struct sockaddr_storage v6(const char *text, uint16_t port)
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in6 *address = (void *)&storage;
	address->sin6_family = AF_INET6;
	address->sin6_port = htons(port);
	assert_int_equal(inet_pton(AF_INET6, text, &address->sin6_addr), 1);
	return storage;
}

static void host_is(struct sockaddr_storage address, const char *expected)
{
	char text[ADDRESS_TEXT_BYTES];
	address_host(&address, text);
	assert_string_equal(text, expected);
}

static void host_port_is(struct sockaddr_storage address, const char *expected)
{
	char text[ADDRESS_TEXT_BYTES];
	address_host_port(&address, text);
	assert_string_equal(text, expected);
}

TEST(hosts)
{
	host_is(v4("192.168.1.20", 5000), "192.168.1.20");
	host_is(v6("2001:db8::1", 5000), "2001:db8::1");
	host_is(v6("::ffff:10.0.0.7", 5000), "10.0.0.7");
	host_is((struct sockaddr_storage){.ss_family = AF_UNIX}, "?");
}

TEST(hosts_with_ports)
{
	host_port_is(v4("0.0.0.0", 5000), "0.0.0.0:5000");
	host_port_is(v6("::", 65535), "[::]:65535");
	host_port_is(v6("2001:0db8:1111:2222:3333:4444:5555:6666", 65535),
		     "[2001:db8:1111:2222:3333:4444:5555:6666]:65535");
	host_port_is(v6("::ffff:10.0.0.7", 1), "10.0.0.7:1");
}

TEST(loopback)
{
	assert_true(address_is_loopback("127.0.0.1"));
	assert_true(address_is_loopback("127.9.9.9"));
	assert_true(address_is_loopback("::1"));
	assert_false(address_is_loopback("128.0.0.1"));
	assert_false(address_is_loopback("10.0.0.1"));
	assert_false(address_is_loopback("::"));
	assert_false(address_is_loopback("::10"));
}

TEST(this_machine_has_an_address)
{
	char text[ADDRESS_TEXT_BYTES];
	struct in_addr address;
	address_of_machine(text);
	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
}

static void shown_as(const char *address, const char *expected)
{
	char shown[SHOWN_IP_BYTES];
	address_shown(address, false, shown);
	assert_string_equal(shown, expected);
	address_shown(address, true, shown);
	assert_string_equal(shown, address);
}

TEST(private_addresses_are_shown_as_they_are)
{
	static const char *const private[] = {"127.0.0.1",   "10.1.2.3",    "172.16.0.1", "172.31.255.255",
					      "192.168.1.1", "169.254.1.1", "::1",        "fe80::1",
					      "febf::1",     "fc00::1",     "fdff::1"};
	for (size_t i = 0; i < sizeof private / sizeof *private; i++)
		shown_as(private[i], private[i]);
}

TEST(of_public_addresses_only_the_network_is_shown)
{
	shown_as("203.0.113.77", "203.0.113.x");
	shown_as("172.15.255.1", "172.15.255.x");
	shown_as("172.32.0.1", "172.32.0.x");
	shown_as("11.0.0.1", "11.0.0.x");
	shown_as("2001:db8:1:2:3:4:5:6", "2001:db8:1::x");
	shown_as("fec0::1", "fec0:0:0::x");
	shown_as("::2", "0:0:0::x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hosts),
	    cmocka_unit_test(hosts_with_ports),
	    cmocka_unit_test(loopback),
	    cmocka_unit_test(this_machine_has_an_address),
	    cmocka_unit_test(private_addresses_are_shown_as_they_are),
	    cmocka_unit_test(of_public_addresses_only_the_network_is_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
