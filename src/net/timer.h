/* A timer wheel: any number of timers, each set and cleared in constant time.
 *
 * Layer: net. Threads: the loop's alone. A timer is embedded in what it belongs to; zeroed is unset.
 * A tick is 4 ms; a timer fires within a tick after it is due, never before. */
#ifndef BRUSIO_NET_TIMER_H
#define BRUSIO_NET_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMER_TICK_MS 4
#define TIMER_SLOTS   4096 /* a power of two, and a multiple of 64 */

struct timer {
	struct timer *next, **at; /* at: what points to this timer; NULL while unset */
	int64_t due_ms;
	void (*fire)(struct timer *timer);
};

struct timer_wheel {
	int64_t tick; /* all slots before it were looked at */
	struct timer *slots[TIMER_SLOTS];
	uint64_t used[TIMER_SLOTS / 64]; /* bit n: slot n may hold timers */
};

void timer_wheel_init(struct timer_wheel *wheel, int64_t now_ms);

/* Sets it anew where it was set. */
void timer_set(struct timer_wheel *wheel, struct timer *timer, int64_t due_ms);
void timer_clear(struct timer *timer);

static inline bool timer_is_set(const struct timer *timer)
{
	return timer->at != NULL;
}

/* Fires what is due. A timer is unset when it fires, and may set itself again. */
void timer_wheel_run(struct timer_wheel *wheel, int64_t now_ms);

/* Milliseconds until there may be something to fire; -1: no timer is set. */
int timer_wheel_wait_ms(const struct timer_wheel *wheel, int64_t now_ms);

#endif
