#include "store/postgres/postgres_gate.h"

#include <assert.h>
#include <time.h>

void postgres_gate_init(struct postgres_gate *gate)
{
	pthread_condattr_t monotonic;
	*gate = (struct postgres_gate){.wait_ms = POSTGRES_GATE_MS};
	pthread_mutex_init(&gate->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&gate->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

void postgres_gate_release(struct postgres_gate *gate)
{
	pthread_cond_destroy(&gate->changed);
	pthread_mutex_destroy(&gate->mutex);
}

void postgres_gate_send(struct postgres_gate *gate)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&gate->mutex);
	assert(gate->sent == gate->known || gate->is_shut);
	gate->sent++;
	gate->sent_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	pthread_mutex_unlock(&gate->mutex);
}

static void change(struct postgres_gate *gate, bool is_shut)
{
	pthread_mutex_lock(&gate->mutex);
	gate->is_shut |= is_shut;
	if (!is_shut)
		gate->known = gate->sent;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->mutex);
}

void postgres_gate_know(struct postgres_gate *gate)
{
	change(gate, false);
}

void postgres_gate_shut(struct postgres_gate *gate)
{
	change(gate, true);
}

bool postgres_gate_pass(struct postgres_gate *gate)
{
	pthread_mutex_lock(&gate->mutex);
	int64_t sent = gate->sent, until_ms = gate->sent_ms + gate->wait_ms;
	struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000L};
	while (gate->known < sent && !gate->is_shut &&
	       !pthread_cond_timedwait(&gate->changed, &gate->mutex, &until))
		;
	bool is_known = gate->known >= sent && !gate->is_shut;
	pthread_mutex_unlock(&gate->mutex);
	return is_known;
}

bool postgres_gate_pass_link(struct postgres_gate *gate, struct postgres_link *link)
{
	return postgres_gate_pass(gate) && (!gate->is_shared || !postgres_barrier(link, gate->needs_standby));
}
