/* Limits on connections: in all, per address, per /64, through proxies; and nothing stays counted. */
#include "server/admission.h"

#include "unit.h"

#include <stdio.h>

static struct limits limits;
static struct ranges proxies;
static struct admission *admission;

static int setup(void **state)
{
	(void)state;
	limits = limits_default;
	limits.connections_max = 10;
	limits.connections_per_address = 3;
	proxies = (struct ranges){0};
	assert_true(ranges_add(&proxies, "198.51.100.0/24"));
	admission = admission_new(&limits, &proxies);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	admission_free(admission);
	return 0;
}

static void enter(const char *host, int count)
{
	for (int i = 0; i < count; i++)
		assert_true(admission_enter(admission, host));
}

TEST(per_address)
{
	enter("192.0.2.1", 3);
	assert_false(admission_enter(admission, "192.0.2.1"));
	enter("192.0.2.2", 3);
	admission_leave(admission, "192.0.2.1");
	enter("192.0.2.1", 1);
	assert_false(admission_enter(admission, "192.0.2.1"));
}

TEST(per_network)
{
	enter("2001:db8:1:2::1", 1);
	enter("2001:db8:1:2:3::1", 1);
	enter("2001:db8:1:2:ffff:ffff:ffff:ffff", 1);
	assert_false(admission_enter(admission, "2001:db8:1:2::9"));
	enter("2001:db8:1:3::1", 1);
}

TEST(in_all)
{
	char host[32];
	for (int i = 0; i < 10; i++) {
		snprintf(host, sizeof host, "192.0.2.%d", i);
		enter(host, 1);
	}
	assert_false(admission_enter(admission, "192.0.2.77"));
	assert_false(admission_enter(admission, "198.51.100.1"));
	admission_leave(admission, "192.0.2.1");
	enter("192.0.2.77", 1);
}

/* How many the address gets. */
static int64_t enter_all(const char *host)
{
	int64_t count = 0;
	while (admission_enter(admission, host))
		count++;
	return count;
}

TEST(two_places_keep_nobody_out)
{
	limits.connections_max = limits_default.connections_max;
	limits.connections_per_address = limits_default.connections_per_address;
	int64_t first = enter_all("192.0.2.1"), second = enter_all("2001:db8::1");
	assert_int_equal(first, limits.connections_per_address);
	assert_int_equal(first + second, limits.connections_max / 10 * 9);
	enter("192.0.2.2", 100);
	enter("192.0.2.3", 100);
	assert_false(admission_enter(admission, "2001:db8::1"));
}

TEST(a_place_of_a_small_server_may_have_a_few)
{
	limits.connections_max = limits.connections_per_address = 20;
	enter("198.51.100.1", 18);
	enter("192.0.2.1", 2);
	admission_leave(admission, "192.0.2.1");
	admission_leave(admission, "192.0.2.1");
	/* The one that moves is none of the others. */
	for (int i = 0; i < 9; i++)
		assert_true(admission_move(admission, "198.51.100.1", "192.0.2.1"));
	assert_false(admission_enter(admission, "192.0.2.1"));
	enter("192.0.2.2", 2);
}

TEST(through_a_proxy)
{
	enter("198.51.100.1", 8);
	for (int i = 0; i < 3; i++)
		assert_true(admission_move(admission, "198.51.100.1", "192.0.2.1"));
	assert_false(admission_move(admission, "198.51.100.1", "192.0.2.1"));
	assert_false(admission_enter(admission, "192.0.2.1"));
	for (int i = 0; i < 3; i++)
		admission_leave(admission, "192.0.2.1");
	for (int i = 0; i < 5; i++)
		admission_leave(admission, "198.51.100.1");
	enter("192.0.2.1", 3);
	enter("192.0.2.2", 3);
}

TEST(handshakes_wait_their_turn)
{
	limits.handshakes_per_second = 1;
	limits.greet_seconds = 2;
	assert_int_equal(admission_handshake_wait_ms(admission, "192.0.2.1"), 0);
	assert_int_equal(admission_handshake_wait_ms(admission, "192.0.2.1"), 0);
	int64_t third = admission_handshake_wait_ms(admission, "192.0.2.1");
	assert_in_range(third, 1, 1000);
	assert_in_range(admission_handshake_wait_ms(admission, "192.0.2.1"), third, 2000);
	assert_int_equal(admission_handshake_wait_ms(admission, "192.0.2.1"), -1);
	assert_int_equal(admission_handshake_wait_ms(admission, "192.0.2.2"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(per_address, setup, teardown),
	    cmocka_unit_test_setup_teardown(per_network, setup, teardown),
	    cmocka_unit_test_setup_teardown(in_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(two_places_keep_nobody_out, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_place_of_a_small_server_may_have_a_few, setup, teardown),
	    cmocka_unit_test_setup_teardown(through_a_proxy, setup, teardown),
	    cmocka_unit_test_setup_teardown(handshakes_wait_their_turn, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
