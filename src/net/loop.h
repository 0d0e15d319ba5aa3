/* The event loop of one worker: epoll, edge-triggered, and a timer wheel.
 *
 * Layer: net. Threads: a loop and all its sources belong to one thread. */
#ifndef BRUSIO_NET_LOOP_H
#define BRUSIO_NET_LOOP_H

#include "net/timer.h"

#include <stdint.h>
#include <sys/epoll.h>

/* Embedded in whatever waits for a descriptor; stays valid until the end of the turn in which it was
 * taken out of the loop. */
struct loop_source {
	void (*ready)(struct loop_source *source, uint32_t events);
};

struct loop {
	int epoll_fd;
	int64_t now_ms; /* clock_mono_ms() at the beginning of this turn */
	struct timer_wheel timers;
};

/* Returns 0 or -errno. */
int loop_init(struct loop *loop);
void loop_release(struct loop *loop);

/* `events` as epoll_ctl(2) has them. Returns 0 or -errno. */
int loop_add(struct loop *loop, int fd, struct loop_source *source, uint32_t events);
void loop_remove(struct loop *loop, int fd);

/* Waits until something is ready, a timer is due, or `timeout_ms` passed (-1: no limit), and handles it. */
void loop_turn(struct loop *loop, int timeout_ms);

#endif
