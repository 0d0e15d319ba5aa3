#include "net/timer.h"

#include <assert.h>
#include <stddef.h>

#define SLOT(tick) ((size_t)((tick) & (TIMER_SLOTS - 1)))

void timer_wheel_init(struct timer_wheel *wheel, int64_t now_ms)
{
	*wheel = (struct timer_wheel){.tick = now_ms / TIMER_TICK_MS};
}

void timer_clear(struct timer *timer)
{
	if (!timer->at)
		return;
	*timer->at = timer->next;
	if (timer->next)
		timer->next->at = timer->at;
	timer->at = NULL;
	timer->next = NULL;
}

static void timer_put(struct timer_wheel *wheel, struct timer *timer, int64_t tick)
{
	size_t slot = SLOT(tick);
	timer->next = wheel->slots[slot];
	timer->at = &wheel->slots[slot];
	if (timer->next)
		timer->next->at = &timer->next;
	wheel->slots[slot] = timer;
	wheel->used[slot / 64] |= UINT64_C(1) << slot % 64;
}

void timer_set(struct timer_wheel *wheel, struct timer *timer, int64_t due_ms)
{
	assert(timer->fire && due_ms >= 0);
	timer_clear(timer);
	timer->due_ms = due_ms;
	/* Rounded up, and never into the slot that is being run. */
	int64_t tick = (due_ms + TIMER_TICK_MS - 1) / TIMER_TICK_MS;
	timer_put(wheel, timer, tick > wheel->tick ? tick : wheel->tick + 1);
}

/* Fires the due timers of one slot; those of later rounds stay. */
static void run_slot(struct timer_wheel *wheel, size_t slot, int64_t now_ms)
{
	struct timer *waiting = wheel->slots[slot];
	wheel->slots[slot] = NULL;
	wheel->used[slot / 64] &= ~(UINT64_C(1) << slot % 64);
	/* The list hangs on a local head, so that a timer that fires may clear any other. */
	if (waiting)
		waiting->at = &waiting;
	while (waiting) {
		struct timer *timer = waiting;
		assert(timer->at == &waiting && timer->fire);
		timer_clear(timer);
		if (timer->due_ms > now_ms)
			timer_put(wheel, timer, (int64_t)slot);
		else
			timer->fire(timer);
	}
}

void timer_wheel_run(struct timer_wheel *wheel, int64_t now_ms)
{
	int64_t now = now_ms / TIMER_TICK_MS;
	if (now - wheel->tick > TIMER_SLOTS)
		wheel->tick = now - TIMER_SLOTS;
	while (wheel->tick < now) {
		size_t slot = SLOT(++wheel->tick);
		if (wheel->used[slot / 64] >> slot % 64 & 1)
			run_slot(wheel, slot, now_ms);
	}
}

int timer_wheel_wait_ms(const struct timer_wheel *wheel, int64_t now_ms)
{
	for (int64_t ahead = 1; ahead <= TIMER_SLOTS; ahead++) {
		size_t slot = SLOT(wheel->tick + ahead);
		if (!wheel->used[slot / 64]) {
			ahead += 63 - (int64_t)(slot % 64);
			continue;
		}
		if (wheel->used[slot / 64] >> slot % 64 & 1) {
			int64_t wait = (wheel->tick + ahead) * TIMER_TICK_MS - now_ms;
			return wait > 0 ? (int)wait : 0;
		}
	}
	return -1;
}
