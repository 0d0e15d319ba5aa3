/* Listening sockets: opened where they can be, and a reason with a way out where they cannot. */
#include "net/listener.h"

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static struct listener listener;
static char problem[1024];

static int connect_to(unsigned port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof value;
	assert_int_equal(getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

TEST(the_kernel_chooses_a_port)
{
	char expected[64];
	assert_int_equal(listener_open(&listener, "127.0.0.1", 0, problem, sizeof problem), 0);
	assert_in_range(listener_port(&listener), 1, 65535);
	snprintf(expected, sizeof expected, "127.0.0.1:%u", listener_port(&listener));
	assert_string_equal(listener.address, expected);
	listener_close(&listener);
	assert_int_equal(listener.fd, -1);
}

TEST(who_connects_is_accepted)
{
	char host[ADDRESS_TEXT_BYTES] = "";
	assert_int_equal(listener_open(&listener, "127.0.0.1", 0, problem, sizeof problem), 0);
	assert_int_equal(listener_begin(&listener, problem, sizeof problem), 0);
	assert_int_equal(listener_accept(&listener, host), -EAGAIN);
	int client = connect_to(listener_port(&listener));
	struct pollfd wait = {.fd = listener.fd, .events = POLLIN};
	poll(&wait, 1, -1);
	int fd = listener_accept(&listener, host);
	assert_true(fd >= 0);
	assert_string_equal(host, "127.0.0.1");
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(listener_accept(&listener, host), -EAGAIN);
	close(fd);
	close(client);
	listener_close(&listener);
}

TEST(a_port_in_use_is_refused_with_a_way_out)
{
	struct listener second;
	assert_int_equal(listener_open(&listener, "127.0.0.1", 0, problem, sizeof problem), 0);
	assert_int_equal(listener_begin(&listener, problem, sizeof problem), 0);
	assert_int_equal(
	    listener_open(&second, "127.0.0.1", listener_port(&listener), problem, sizeof problem), -1);
	assert_int_equal(second.fd, -EADDRINUSE);
	assert_non_null(strstr(problem, "Address already in use"));
	assert_non_null(strstr(problem, "--port"));
	listener_close(&listener);
}

TEST(of_two_that_have_a_port_one_begins)
{
	struct listener second;
	assert_int_equal(listener_open(&listener, "127.0.0.1", 0, problem, sizeof problem), 0);
	assert_int_equal(
	    listener_open(&second, "127.0.0.1", listener_port(&listener), problem, sizeof problem), 0);
	assert_int_equal(listener_begin(&second, problem, sizeof problem), 0);
	assert_int_equal(listener_begin(&listener, problem, sizeof problem), -1);
	assert_non_null(strstr(problem, listener.address));
	assert_non_null(strstr(problem, "--port"));
	listener_close(&second);
	listener_close(&listener);
}

TEST(a_port_is_free_again_after_its_connections)
{
	char host[ADDRESS_TEXT_BYTES];
	assert_int_equal(listener_open(&listener, "127.0.0.1", 0, problem, sizeof problem), 0);
	assert_int_equal(listener_begin(&listener, problem, sizeof problem), 0);
	unsigned port = listener_port(&listener);
	int client = connect_to(port);
	struct pollfd wait = {.fd = listener.fd, .events = POLLIN};
	poll(&wait, 1, -1);
	int fd = listener_accept(&listener, host);
	listener_close(&listener);
	/* The server's side ends first and goes through TIME_WAIT. */
	close(fd);
	close(client);
	assert_int_equal(listener_open(&listener, "127.0.0.1", port, problem, sizeof problem), 0);
	listener_close(&listener);
}

TEST(an_address_of_another_machine_is_refused)
{
	*problem = '\0';
	assert_int_equal(listener_open(&listener, "192.0.2.1", 0, problem, sizeof problem), -1);
	assert_non_null(strstr(problem, "192.0.2.1"));
}

TEST(a_host_that_is_none_is_refused)
{
	*problem = '\0';
	assert_int_equal(listener_open(&listener, "no such host", 0, problem, sizeof problem), -1);
	assert_non_null(strstr(problem, "no such host"));
	assert_non_null(strstr(problem, "--listen"));
}

TEST(both_families_share_a_port)
{
	struct listener other;
	int probe = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 loopback = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	if (probe < 0 || bind(probe, (struct sockaddr *)&loopback, sizeof loopback)) {
		if (probe >= 0)
			close(probe);
		skip();
	}
	close(probe);
	/* The port that is free in one family may be somebody else's in the other: then another one is tried.
	 */
	int result = -1;
	for (int i = 0; i < 100 && result; i++) {
		assert_int_equal(listener_open(&listener, "::", 0, problem, sizeof problem), 0);
		result = listener_open(&other, "0.0.0.0", listener_port(&listener), problem, sizeof problem);
		listener_close(&listener);
	}
	assert_int_equal(result, 0);
	listener_close(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_kernel_chooses_a_port),
	    cmocka_unit_test(who_connects_is_accepted),
	    cmocka_unit_test(a_port_in_use_is_refused_with_a_way_out),
	    cmocka_unit_test(of_two_that_have_a_port_one_begins),
	    cmocka_unit_test(a_port_is_free_again_after_its_connections),
	    cmocka_unit_test(an_address_of_another_machine_is_refused),
	    cmocka_unit_test(a_host_that_is_none_is_refused),
	    cmocka_unit_test(both_families_share_a_port),
	};
	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
