/* Byte streams: what was taken, what was not, and why. */
#include "net/stream.h"

#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static struct stream stream, peer;

static int setup(void **state)
{
	int fds[2];
	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds))
		return -1;
	stream_init(&stream, fds[0]);
	stream_init(&peer, fds[1]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stream_close(&stream);
	if (peer.fd >= 0)
		stream_close(&peer);
	assert_int_equal(stream.fd, -1);
	return 0;
}

TEST(pieces_are_written_in_order)
{
	char bytes[20];
	char one[] = "one ", two[] = "two ", three[] = "three";
	const struct iovec iov[] = {{one, 4}, {one, 0}, {two, 4}, {three, 5}};
	assert_int_equal(stream_write(&stream, iov, 4), 13);
	assert_int_equal(stream_read(&peer, bytes, sizeof bytes), 13);
	assert_memory_equal(bytes, "one two three", 13);
}

TEST(a_file_is_sent_from_where_it_is_told)
{
	char bytes[20];
	FILE *file = tmpfile();
	assert_non_null(file);
	assert_true(fputs("one two three", file) >= 0 && !fflush(file));
	assert_int_equal(stream_send_file(&stream, fileno(file), 4, 3), 3);
	assert_int_equal(stream_send_file(&stream, fileno(file), 8, 100), 5);
	assert_int_equal(stream_read(&peer, bytes, sizeof bytes), 8);
	assert_memory_equal(bytes, "twothree", 8);
	assert_int_equal(fclose(file), 0);
}

TEST(a_file_to_nobody_is_an_error)
{
	FILE *file = tmpfile();
	assert_non_null(file);
	assert_true(fputs("words", file) >= 0 && !fflush(file));
	stream_close(&peer);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(stream_send_file(&stream, fileno(file), 0, 5), -EPIPE);
	assert_int_equal(fclose(file), 0);
}

TEST(nothing_there_is_eagain_and_the_end_is_0)
{
	char byte;
	assert_int_equal(stream_read(&stream, &byte, 1), -EAGAIN);
	stream_close(&peer);
	assert_int_equal(stream_read(&stream, &byte, 1), 0);
	assert_int_equal(stream_read(&stream, &byte, 1), 0);
}

TEST(a_full_socket_takes_a_part_and_then_nothing)
{
	static char bytes[1 << 20];
	const struct iovec iov = {bytes, sizeof bytes};
	ssize_t taken = stream_write(&stream, &iov, 1);
	assert_in_range(taken, 1, sizeof bytes - 1);
	ssize_t more;
	while ((more = stream_write(&stream, &iov, 1)) > 0)
		taken += more;
	assert_int_equal(more, -EAGAIN);
	ssize_t read = 0, count;
	while ((count = stream_read(&peer, bytes, sizeof bytes)) > 0)
		read += count;
	assert_int_equal(count, -EAGAIN);
	assert_int_equal(read, taken);
}

/* Without a signal: SIGPIPE would end the test. */
TEST(a_closed_peer_breaks_the_stream)
{
	char byte = 'x';
	const struct iovec iov = {&byte, 1};
	stream_close(&peer);
	assert_int_equal(stream_write(&stream, &iov, 1), -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(pieces_are_written_in_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(nothing_there_is_eagain_and_the_end_is_0, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_file_is_sent_from_where_it_is_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_file_to_nobody_is_an_error, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_full_socket_takes_a_part_and_then_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_closed_peer_breaks_the_stream, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
