#include "server/worker.h"

#include "base/clock.h"
#include "base/container_of.h"
#include "base/logging.h"
#include "base/memory.h"
#include "server/admission.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS_PER_TURN 64
#define DRAIN_STEP_MS    100
/* While there are no descriptors: how long a worker leaves the listeners alone. */
#define ACCEPT_PAUSE_MS 250

struct worker;

struct accepting {
	struct loop_source source;
	struct worker *worker;
	const struct listener *listener;
};

struct worker {
	struct gateway gateway;
	struct workers *workers;
	pthread_t thread;
	_Atomic int64_t load; /* connections given to it */
	struct accepting accepting[LISTENERS_MAX];
	struct timer pause;
	int spare_fd; /* given up to tell one more connection that there is no room */
	bool is_listening;
};

struct workers {
	struct workers_config config;
	struct admission *admission;
	struct transport transport;
	struct mailbox **mailboxes;
	_Atomic bool is_stopping, is_dropping;
	int64_t drain_ms; /* set before is_stopping */
	pthread_mutex_t ending;
	pthread_cond_t has_ended;     /* by the monotonic clock */
	unsigned running;             /* threads that have not ended; under `ending` */
	_Atomic int64_t said_full_ms; /* when the log was last told that descriptors ran out */
	struct worker worker[];
};

static void on_gone(void *context, unsigned worker, const char *host)
{
	struct workers *workers = context;
	assert(worker < workers->config.count && workers->worker[worker].load > 0);
	workers->worker[worker].load--;
	admission_leave(workers->admission, host);
}

static int64_t handshake_wait_ms(void *context, const char *host)
{
	return admission_handshake_wait_ms(((struct workers *)context)->admission, host);
}

static bool move_place(void *context, const char *from, const char *to)
{
	return admission_move(((struct workers *)context)->admission, from, to);
}

static struct worker *least_loaded(struct workers *workers)
{
	struct worker *least = &workers->worker[0];
	for (unsigned i = 1; i < workers->config.count; i++)
		if (workers->worker[i].load < least->load)
			least = &workers->worker[i];
	return least;
}

/* The dialect is not known yet, so this is a form that all can read. */
static void refuse_connection(int fd)
{
	static const char busy[] =
	    "{\"op\":\"error\",\"code\":\"busy\",\"from\":{\"name\":\"brusio\",\"ip\":\"127.0.0.1\"},"
	    "\"message\":\"This server has no room for another connection now. Try later.\"}\n";
	if (send(fd, busy, sizeof busy - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		LOG_DEBUG("connection.refused", "error=\"%m\"");
	close(fd);
}

static void listen_again(struct worker *worker)
{
	for (size_t i = 0; i < worker->workers->config.listeners_count; i++) {
		struct accepting *accepting = &worker->accepting[i];
		int error = loop_add(&worker->gateway.loop, accepting->listener->fd, &accepting->source,
				     EPOLLIN | EPOLLEXCLUSIVE);
		if (error)
			LOG_ERROR("listener.wait", "error=\"%s\"", strerror(-error));
	}
	worker->is_listening = true;
}

static void stop_listening(struct worker *worker)
{
	if (!worker->is_listening)
		return;
	worker->is_listening = false;
	for (size_t i = 0; i < worker->workers->config.listeners_count; i++)
		loop_remove(&worker->gateway.loop, worker->accepting[i].listener->fd);
}

static void on_pause_over(struct timer *timer)
{
	struct worker *worker = CONTAINER_OF(timer, struct worker, pause);
	if (!worker->workers->is_stopping)
		listen_again(worker);
}

/* No descriptors: one connection is refused with the spare one, then the listeners rest for a moment. */
static void out_of_descriptors(struct worker *worker, const struct listener *listener)
{
	char host[ADDRESS_TEXT_BYTES];
	int64_t now = clock_mono_ms();
	if (now - worker->workers->said_full_ms > 10000) {
		worker->workers->said_full_ms = now;
		LOG_ERROR("listener.full", "error=\"no file descriptors left\" do=\"raise ulimit -n\"");
	}
	if (worker->spare_fd >= 0) {
		close(worker->spare_fd);
		int fd = listener_accept(listener, host);
		if (fd >= 0)
			refuse_connection(fd);
		worker->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	stop_listening(worker);
	timer_set(&worker->gateway.loop.timers, &worker->pause,
		  worker->gateway.loop.now_ms + ACCEPT_PAUSE_MS);
}

static void on_accept(struct loop_source *source, uint32_t events)
{
	(void)events;
	struct accepting *accepting = (struct accepting *)source;
	struct workers *workers = accepting->worker->workers;
	char host[ADDRESS_TEXT_BYTES];
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		int fd = listener_accept(accepting->listener, host);
		if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM) {
			out_of_descriptors(accepting->worker, accepting->listener);
			return;
		}
		if (fd == -EAGAIN)
			return;
		/* All other errors are those of a connection that broke while it waited: accept(2). */
		if (fd < 0)
			continue;
		if (!admission_enter(workers->admission, host)) {
			LOG_WARN("connection.refused", "ip=%s why=\"too many connections\"", host);
			refuse_connection(fd);
			continue;
		}
		struct worker *worker = least_loaded(workers);
		worker->load++;
		gateway_hand_over(&worker->gateway, fd, host);
	}
}

/* Those who go at once would come to other servers at once. */
static void drain(struct worker *worker)
{
	struct gateway *gateway = &worker->gateway;
	int64_t drain_ms = worker->workers->drain_ms, begun_ms = clock_mono_ms(), passed_ms;
	size_t total = gateway_connections(gateway), stopped = 0;
	while ((passed_ms = clock_mono_ms() - begun_ms) < drain_ms && !gateway_is_empty(gateway) &&
	       !worker->workers->is_dropping) {
		size_t due = (size_t)((int64_t)total * passed_ms / drain_ms);
		gateway_stop_some(gateway, due - stopped);
		stopped = due;
		timer_set(&gateway->loop.timers, &worker->pause, clock_mono_ms() + DRAIN_STEP_MS);
		gateway_turn(gateway);
	}
}

static void *run_worker(void *context)
{
	pthread_setname_np(pthread_self(), "worker");
	struct worker *worker = context;
	struct gateway *gateway = &worker->gateway;
	listen_again(worker);
	while (!worker->workers->is_stopping)
		gateway_turn(gateway);
	stop_listening(worker);
	drain(worker);
	timer_clear(&worker->pause);
	gateway_stop(gateway);
	while (!gateway_is_empty(gateway)) {
		if (worker->workers->is_dropping)
			gateway_drop_all(gateway);
		gateway_turn(gateway);
	}
	pthread_mutex_lock(&worker->workers->ending);
	assert(worker->workers->running);
	worker->workers->running--;
	pthread_cond_signal(&worker->workers->has_ended);
	pthread_mutex_unlock(&worker->workers->ending);
	return NULL;
}

int workers_new(const struct workers_config *config, struct workers **made)
{
	assert(config->count && config->listeners_count <= LISTENERS_MAX);
	struct workers *workers = mem_zero(sizeof *workers + config->count * sizeof *workers->worker);
	workers->config = *config;
	workers->said_full_ms = INT64_MIN / 2;
	workers->admission = admission_new(config->limits, config->proxy_from);
	workers->transport = (struct transport){.tls = config->tls,
						.is_tls_required = config->is_tls_required,
						.proxy_from = config->proxy_from,
						.context = workers,
						.handshake_wait_ms = handshake_wait_ms,
						.move = move_place};
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&workers->has_ended, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&workers->ending, NULL);
	workers->mailboxes = mem_zero(config->count * sizeof(struct mailbox *));
	*made = workers;
	for (unsigned i = 0; i < config->count; i++) {
		struct worker *worker = &workers->worker[i];
		int error = gateway_init(&worker->gateway, i, config->limits, config->lang);
		if (error)
			return error;
		worker->workers = workers;
		worker->gateway.transport = &workers->transport;
		worker->gateway.web = config->web;
		worker->gateway.on_gone = on_gone;
		worker->gateway.on_gone_context = workers;
		worker->pause.fire = on_pause_over;
		worker->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		workers->mailboxes[i] = &worker->gateway.mailbox;
		for (size_t k = 0; k < config->listeners_count; k++)
			worker->accepting[k] = (struct accepting){.source = {.ready = on_accept},
								  .worker = worker,
								  .listener = &config->listeners[k]};
	}
	return 0;
}

struct mailbox **workers_mailboxes(struct workers *workers)
{
	return workers->mailboxes;
}

const struct gateway *workers_gateway(const struct workers *workers, unsigned index)
{
	return index < workers->config.count ? &workers->worker[index].gateway : NULL;
}

int workers_start(struct workers *workers, struct chat *chat)
{
	for (unsigned i = 0; i < workers->config.count; i++) {
		workers->worker[i].gateway.chat = chat;
		int error = pthread_create(&workers->worker[i].thread, NULL, run_worker, &workers->worker[i]);
		if (error)
			return -error;
		pthread_mutex_lock(&workers->ending);
		workers->running++;
		pthread_mutex_unlock(&workers->ending);
	}
	return 0;
}

static void wake_all(struct workers *workers)
{
	for (unsigned i = 0; i < workers->config.count; i++)
		mailbox_wake(workers->mailboxes[i]);
}

void workers_begin_stop(struct workers *workers, int64_t drain_ms)
{
	workers->drain_ms = drain_ms;
	for (size_t i = 0; i < workers->config.listeners_count; i++) {
		int error = listener_refuse(&workers->config.listeners[i]);
		if (error)
			LOG_ERROR("listener.refuse", "error=\"%s\"", strerror(-error));
	}
	workers->is_stopping = true;
	wake_all(workers);
}

void workers_stop(struct workers *workers, int wait_ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += wait_ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&workers->ending);
	int error = 0;
	while (workers->running && !error)
		error = pthread_cond_timedwait(&workers->has_ended, &workers->ending, &until);
	pthread_mutex_unlock(&workers->ending);
	if (error) {
		workers->is_dropping = true;
		wake_all(workers);
	}
	for (unsigned i = 0; i < workers->config.count; i++)
		pthread_join(workers->worker[i].thread, NULL);
}

void workers_free(struct workers *workers)
{
	for (unsigned i = 0; i < workers->config.count; i++) {
		gateway_release(&workers->worker[i].gateway);
		if (workers->worker[i].spare_fd >= 0)
			close(workers->worker[i].spare_fd);
	}
	pthread_cond_destroy(&workers->has_ended);
	pthread_mutex_destroy(&workers->ending);
	admission_free(workers->admission);
	free(workers->mailboxes);
	free(workers);
}
