#include "net/loop.h"

#include "base/clock.h"
#include "base/logging.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#define EVENTS_PER_TURN 256

int loop_init(struct loop *loop)
{
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return -errno;
	loop->now_ms = clock_mono_ms();
	timer_wheel_init(&loop->timers, loop->now_ms);
	return 0;
}

void loop_release(struct loop *loop)
{
	close(loop->epoll_fd);
}

int loop_add(struct loop *loop, int fd, struct loop_source *source, uint32_t events)
{
	assert(source->ready);
	struct epoll_event event = {.events = events, .data.ptr = source};
	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

void loop_remove(struct loop *loop, int fd)
{
	assert(fd >= 0);
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

void loop_turn(struct loop *loop, int timeout_ms)
{
	struct epoll_event events[EVENTS_PER_TURN];
	int wait_ms = timer_wheel_wait_ms(&loop->timers, clock_mono_ms());
	if (wait_ms < 0 || (timeout_ms >= 0 && timeout_ms < wait_ms))
		wait_ms = timeout_ms;
	int count = epoll_wait(loop->epoll_fd, events, EVENTS_PER_TURN, wait_ms);
	if (count < 0 && errno != EINTR)
		LOG_ERROR("loop.wait", "error=\"%m\"");
	loop->now_ms = clock_mono_ms();
	for (int i = 0; i < count; i++) {
		struct loop_source *source = events[i].data.ptr;
		source->ready(source, events[i].events);
	}
	timer_wheel_run(&loop->timers, loop->now_ms);
}
