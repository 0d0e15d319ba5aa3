/* The event loop: what is ready is told, what is due fires, and what was taken out stays silent. */
#include "base/clock.h"
#include "net/loop.h"

#include "unit.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

struct watched {
	struct loop_source source; /* first */
	int fd, told;
	uint32_t events;
};

static struct loop loop;
static struct watched watched;
static int peer_fd;

static void on_ready(struct loop_source *source, uint32_t events)
{
	struct watched *self = (struct watched *)source;
	self->told++;
	self->events |= events;
}

static int setup(void **state)
{
	int fds[2];
	(void)state;
	watched = (struct watched){.source.ready = on_ready};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds))
		return -1;
	watched.fd = fds[0];
	peer_fd = fds[1];
	return loop_init(&loop);
}

static int teardown(void **state)
{
	(void)state;
	loop_release(&loop);
	close(watched.fd);
	close(peer_fd);
	return 0;
}

TEST(a_ready_descriptor_is_told)
{
	assert_int_equal(loop_add(&loop, watched.fd, &watched.source, EPOLLIN | EPOLLET), 0);
	loop_turn(&loop, 0);
	assert_int_equal(watched.told, 0);
	assert_int_equal(write(peer_fd, "x", 1), 1);
	loop_turn(&loop, -1);
	assert_int_equal(watched.told, 1);
	assert_int_equal(watched.events, EPOLLIN);
	/* Edge-triggered: the same byte is not told again, the next one is. */
	loop_turn(&loop, 0);
	assert_int_equal(watched.told, 1);
	assert_int_equal(write(peer_fd, "y", 1), 1);
	loop_turn(&loop, -1);
	assert_int_equal(watched.told, 2);
}

TEST(the_end_of_the_peer_is_told)
{
	assert_int_equal(loop_add(&loop, watched.fd, &watched.source, EPOLLIN | EPOLLRDHUP | EPOLLET), 0);
	shutdown(peer_fd, SHUT_WR);
	loop_turn(&loop, -1);
	assert_true(watched.events & EPOLLRDHUP);
}

TEST(a_removed_descriptor_is_silent)
{
	assert_int_equal(loop_add(&loop, watched.fd, &watched.source, EPOLLIN), 0);
	assert_int_equal(write(peer_fd, "x", 1), 1);
	loop_remove(&loop, watched.fd);
	loop_turn(&loop, 0);
	assert_int_equal(watched.told, 0);
}

TEST(a_wrong_descriptor_is_an_error)
{
	assert_true(loop_add(&loop, -1, &watched.source, EPOLLIN) < 0);
	assert_int_equal(loop_add(&loop, watched.fd, &watched.source, EPOLLIN), 0);
	assert_true(loop_add(&loop, watched.fd, &watched.source, EPOLLIN) < 0);
}

static int fired;

static void on_timer(struct timer *timer)
{
	(void)timer;
	fired++;
}

TEST(a_turn_ends_when_a_timer_is_due)
{
	struct timer timer = {.fire = on_timer};
	fired = 0;
	int64_t due_ms = loop.now_ms + 20;
	timer_set(&loop.timers, &timer, due_ms);
	while (!fired)
		loop_turn(&loop, -1);
	assert_true(clock_mono_ms() >= due_ms);
	assert_true(loop.now_ms >= due_ms);
}

TEST(more_descriptors_than_one_turn_tells_are_all_told)
{
	enum { PAIRS = 300 };
	static struct watched many[PAIRS];
	int told = 0, peers[PAIRS];
	for (int i = 0; i < PAIRS; i++) {
		int fds[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		many[i] = (struct watched){.source.ready = on_ready, .fd = fds[0]};
		peers[i] = fds[1];
		assert_int_equal(loop_add(&loop, fds[0], &many[i].source, EPOLLIN | EPOLLET), 0);
		assert_int_equal(write(fds[1], "x", 1), 1);
	}
	for (int turn = 0; turn < 3; turn++)
		loop_turn(&loop, 0);
	for (int i = 0; i < PAIRS; i++) {
		told += many[i].told;
		close(many[i].fd);
		close(peers[i]);
	}
	assert_int_equal(told, PAIRS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_ready_descriptor_is_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_end_of_the_peer_is_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_removed_descriptor_is_silent, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_wrong_descriptor_is_an_error, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_turn_ends_when_a_timer_is_due, setup, teardown),
	    cmocka_unit_test_setup_teardown(more_descriptors_than_one_turn_tells_are_all_told, setup,
					    teardown),
	};
	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
