#include "base/rate.h"

#include <assert.h>
#include <stdatomic.h>

int64_t rate_take(struct rate *rate, uint64_t hash, int64_t now_ms, int64_t per_second, int64_t burst,
		  int64_t wait_ms_max)
{
	static_assert(!(RATE_SLOTS & (RATE_SLOTS - 1)), "slots are found by a mask");
	assert(per_second > 0 && burst > 0);
	_Atomic int64_t *slot = &rate->next_us[hash & (RATE_SLOTS - 1)];
	int64_t now_us = now_ms * 1000, step_us = 1000000 / per_second;
	int64_t next_us = atomic_load_explicit(slot, memory_order_relaxed);
	for (;;) {
		int64_t from_us = next_us > now_us ? next_us : now_us;
		int64_t wait_us = from_us - now_us - (burst - 1) * step_us;
		int64_t wait_ms = wait_us > 0 ? (wait_us + 999) / 1000 : 0;
		if (wait_ms > wait_ms_max)
			return -1;
		if (atomic_compare_exchange_weak_explicit(slot, &next_us, from_us + step_us,
							  memory_order_relaxed, memory_order_relaxed))
			return wait_ms;
	}
}
