#include "push/pusher.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/logging.h"
#include "base/mailbox.h"
#include "base/memory.h"
#include "push/courier_socket.h"
#include "push/courier_start.h"
#include "push/payload.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT_ONCE      16    /* orders that the courier has */
#define FULL_REST_MS 50    /* when its socket takes no more */
#define REST_MS      2000  /* before the second try; four times as long before each further one */
#define WAIT_S_MAX   3600  /* of what a service asks for */
#define SILENCE_MS   90000 /* without an answer it did not get one */
#define TELL_MS      60000 /* between two lines of the log about what was refused */

struct push_job {
	struct mail mail; /* first */
	struct push_job *next;
	struct push_gone of;
	char *endpoint; /* owned */
	char topic[COURIER_TOPIC_BYTES];
	struct seal_keys keys;
	struct buffer text; /* before it is sealed */
	struct buffer body; /* sealed; empty: not yet */
	uint32_t number;    /* of the order that the courier has; 0: none */
	unsigned tries;
	int64_t due_ms; /* when it may be given to the courier; then when that must have answered */
};

struct gone_item {
	struct gone_item *next;
	struct push_gone of;
};

struct pusher {
	struct vapid *vapid; /* the thread's, but for its public key */
	char hosts[ENDPOINT_HOSTS_BYTES];
	int fd; /* of the courier; -1: it is gone */
	struct mailbox inbox;
	pthread_t thread;
	bool is_running;
	struct push_job *first, **last; /* the thread's, oldest first */
	size_t with_courier;
	uint32_t numbers;
	int64_t told_ms;
	pthread_mutex_t lock; /* of `gone` */
	struct gone_item *gone;
	atomic_bool is_stopping, is_there;
	_Atomic uint64_t sent, failed, dropped, waiting;
};

/* --- jobs --- */

static void job_drop(struct pusher *pusher, struct push_job *job)
{
	assert(pusher->waiting); /* 1 */
	pusher->waiting--;
	free(job->endpoint);
	buffer_release(&job->text);
	buffer_release(&job->body);
	free(job);
}

/* Takes it out of the list; *at is the next one then. */
static void job_end(struct pusher *pusher, struct push_job **at)
{
	struct push_job *job = *at;
	*at = job->next;
	if (!job->next)
		pusher->last = at;
	pusher->with_courier -= job->number != 0;
	job_drop(pusher, job);
}

/* A push service that keeps pushes for a browser replaces an older one of the same topic. It does not know the browser's
 * secret, so it cannot try names of rooms. */
static void job_name_topic(struct push_job *job, const char *room)
{
	unsigned char bytes[24];
	crypto_generichash(bytes, sizeof bytes, (const unsigned char *)room, strlen(room), job->keys.auth,
			   sizeof job->keys.auth);
	sodium_bin2base64(job->topic, sizeof job->topic, bytes, sizeof bytes,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void pusher_post(struct pusher *pusher, const struct push *push)
{
	if (pusher->waiting >= LIMIT_PUSHES_WAITING) {
		pusher->dropped++;
		return;
	}
	pusher->waiting++;
	struct push_job *job = mem_zero(sizeof *job);
	memcpy(job->of.hash, push->hash, sizeof job->of.hash);
	job->of.person = push->person;
	job->endpoint = mem_string(push->endpoint);
	job->keys = push->keys;
	job_name_topic(job, push->room);
	payload_write(&job->text, push);
	mailbox_post_one(&pusher->inbox, &job->mail);
}

static bool job_is_like(const struct push_job *one, const struct push_job *other)
{
	return !memcmp(one->of.hash, other->of.hash, sizeof one->of.hash) &&
	       !strcmp(one->topic, other->topic);
}

/* 2: an older one that waits for its turn gives way; the newer one has its rest. */
static void job_add(struct pusher *pusher, struct push_job *job)
{
	for (struct push_job **at = &pusher->first; *at; at = &(*at)->next) {
		if ((*at)->number || !job_is_like(*at, job))
			continue;
		job->due_ms = (*at)->due_ms;
		job->tries = (*at)->tries;
		pusher->dropped++;
		job_end(pusher, at);
		break;
	}
	job->next = NULL;
	*pusher->last = job;
	pusher->last = &job->next;
}

static void pusher_take_posted(struct pusher *pusher)
{
	struct mail *mail = mailbox_take(&pusher->inbox);
	for (struct mail *next; mail; mail = next) {
		next = mail->next;
		job_add(pusher, (struct push_job *)mail);
	}
}

/* --- what became of them --- */

static void note_gone(struct pusher *pusher, const struct push_gone *of)
{
	struct gone_item *item = mem_alloc(sizeof *item);
	item->of = *of;
	pthread_mutex_lock(&pusher->lock);
	item->next = pusher->gone;
	pusher->gone = item;
	pthread_mutex_unlock(&pusher->lock);
}

bool pusher_take_gone(struct pusher *pusher, struct push_gone *gone)
{
	pthread_mutex_lock(&pusher->lock);
	struct gone_item *item = pusher->gone;
	if (item)
		pusher->gone = item->next;
	pthread_mutex_unlock(&pusher->lock);
	if (item)
		*gone = item->of;
	free(item);
	return item;
}

/* The address itself is a secret: who knows it may push to it. */
static void tell_refused(struct pusher *pusher, const struct push_job *job, int status)
{
	struct endpoint endpoint = {.host = "?"};
	int64_t now = clock_mono_ms();
	if (pusher->told_ms && now - pusher->told_ms < TELL_MS)
		return;
	pusher->told_ms = now;
	if (!endpoint_read(&endpoint, job->endpoint))
		endpoint = (struct endpoint){.host = "?"};
	LOG_WARN("push.failed", "host=%s status=%d tries=%u", endpoint.host, status, job->tries);
}

static void pusher_settle(struct pusher *pusher, struct push_job **at, int status, int wait_seconds)
{
	struct push_job *job = *at;
	bool is_gone = status == 404 || status == 410;
	bool may_retry = status == COURIER_FAILED || status == 429 || (status >= 500 && status <= 599);
	if (status >= 200 && status <= 299) {
		pusher->sent++;
	} else if (may_retry && job->tries < LIMIT_PUSH_TRIES) { /* 3 */
		int64_t rest_ms = (int64_t)REST_MS << (2 * (job->tries - 1));
		int64_t asked_ms = (wait_seconds < WAIT_S_MAX ? wait_seconds : WAIT_S_MAX) * INT64_C(1000);
		job->due_ms = clock_mono_ms() + (asked_ms > rest_ms ? asked_ms : rest_ms);
		job->number = 0;
		pusher->with_courier--;
		return;
	} else {
		pusher->failed++;
		if (is_gone)
			note_gone(pusher, &job->of);
		else
			tell_refused(pusher, job, status);
	}
	job_end(pusher, at);
}

/* The courier's orders are to be given to the next one. That counts as a try, since an order may be what ended it. */
static void courier_died(struct pusher *pusher)
{
	for (struct push_job **at = &pusher->first; *at;) {
		struct push_job *job = *at;
		if (job->number)
			pusher_settle(pusher, at, COURIER_FAILED, 0);
		if (*at == job)
			at = &job->next;
	}
	LOG_ERROR("push.courier", "is=gone error=\"it died\" then=\"pushes wait until it is back\"");
	pusher->is_there = false;
}

static void courier_came(struct pusher *pusher)
{
	if (!pusher->is_there)
		LOG_INFO("push.courier", "is=back");
	pusher->is_there = true;
}

static void courier_left(struct pusher *pusher)
{
	LOG_ERROR("push.courier",
		  "is=gone error=\"its keeper is gone\" then=\"nothing is pushed\" do=\"restart brusiod\"");
	close(pusher->fd);
	pusher->fd = -1;
	pusher->is_there = false;
}

static void pusher_take_answers(struct pusher *pusher)
{
	struct courier_answer answer;
	int got = 0;
	while (pusher->fd >= 0 && (got = courier_socket_take_answer(pusher->fd, &answer)) > 0) {
		struct push_job **at = &pusher->first;
		while (*at && (*at)->number != answer.number)
			at = &(*at)->next;
		if (!answer.number && answer.status == COURIER_DIED)
			courier_died(pusher);
		else if (!answer.number)
			courier_came(pusher);
		else if (*at)
			pusher_settle(pusher, at, answer.status, answer.wait_seconds);
	}
	if (pusher->fd >= 0 && got < 0)
		courier_left(pusher);
}

/* --- to the courier --- */

static bool job_seal(struct push_job *job)
{
	if (!buffer_length(&job->body) && !seal_write(&job->body, &job->keys, buffer_bytes(&job->text),
						      buffer_length(&job->text), PAYLOAD_BYTES))
		return false;
	buffer_release(&job->text);
	return true;
}

/* 0, or -EAGAIN where the courier takes nothing now, or another -errno where it never will. */
static int job_order(struct pusher *pusher, struct push_job *job)
{
	struct courier_order order = {.ttl_seconds = LIMIT_PUSH_TTL_SECONDS};
	struct endpoint endpoint;
	const char *authorization = endpoint_read(&endpoint, job->endpoint)
					? vapid_authorization(pusher->vapid, &endpoint, clock_wall_ms())
					: NULL;
	if (!authorization || !job_seal(job) || buffer_length(&job->body) > sizeof order.body)
		return -EINVAL;
	if (!++pusher->numbers)
		pusher->numbers++;
	order.number = pusher->numbers;
	order.body_bytes = (uint32_t)buffer_length(&job->body);
	snprintf(order.endpoint, sizeof order.endpoint, "%s", job->endpoint);
	snprintf(order.authorization, sizeof order.authorization, "%s", authorization);
	memcpy(order.topic, job->topic, sizeof order.topic);
	memcpy(order.body, buffer_bytes(&job->body), order.body_bytes);
	int result = courier_socket_order(pusher->fd, &order);
	if (result)
		return result;
	job->number = order.number;
	job->due_ms = clock_mono_ms() + SILENCE_MS;
	job->tries++;
	pusher->with_courier++;
	return 0;
}

/* Gives the courier what is due. Returns for how many milliseconds nothing is; -1: for ever. */
static int give_due(struct pusher *pusher)
{
	int64_t now = clock_mono_ms(), next = INT64_MAX;
	for (struct push_job **at = &pusher->first; *at;) {
		struct push_job *job = *at;
		int result = 0;
		bool is_due = job->due_ms <= now;
		if (pusher->fd < 0) {
			pusher->failed++;
			job_end(pusher, at);
			continue;
		}
		if (is_due && job->number)
			pusher_settle(pusher, at, COURIER_FAILED, 0);
		else if (is_due && pusher->is_there && pusher->with_courier < AT_ONCE)
			result = job_order(pusher, job);
		if (*at != job)
			continue;
		if (result == -EAGAIN)
			return FULL_REST_MS;
		if (result) {
			pusher->failed++;
			tell_refused(pusher, job, COURIER_REFUSED);
			job_end(pusher, at);
			continue;
		}
		/* A job that waits for a place is woken by the answer that makes one. */
		if (job->due_ms > now && job->due_ms < next)
			next = job->due_ms;
		at = &job->next;
	}
	return next == INT64_MAX ? -1 : (int)(next - now);
}

static void *run_pusher(void *context)
{
	pthread_setname_np(pthread_self(), "pusher");
	struct pusher *pusher = context;
	while (!pusher->is_stopping) {
		pusher_take_posted(pusher);
		pusher_take_answers(pusher);
		int wait_ms = give_due(pusher);
		struct pollfd wait[] = {{.fd = pusher->inbox.fd, .events = POLLIN},
					{.fd = pusher->fd, .events = POLLIN}};
		poll(wait, 2, wait_ms);
	}
	return NULL;
}

/* --- start and stop --- */

int pusher_open(const struct pusher_config *config, struct pusher **made, char problem[PUSHER_PROBLEM_BYTES])
{
	struct pusher *pusher = mem_zero(sizeof *pusher);
	pthread_mutex_init(&pusher->lock, NULL);
	pusher->last = &pusher->first;
	pusher->fd = -1;
	pusher->inbox.fd = -1;
	snprintf(pusher->hosts, sizeof pusher->hosts, "%s", config->hosts);
	int error = mailbox_init(&pusher->inbox);
	if (error)
		snprintf(problem, PUSHER_PROBLEM_BYTES, "no mailbox: %s", strerror(-error));
	if (error ||
	    vapid_open(config->key_path, config->contact, &pusher->vapid, problem, PUSHER_PROBLEM_BYTES)) {
		pusher_close(pusher);
		return -1;
	}
	pusher->fd = courier_start(config, problem);
	if (pusher->fd < 0) {
		pusher_close(pusher);
		return -1;
	}
	pusher->is_there = true;
	*made = pusher;
	return 0;
}

int pusher_start(struct pusher *pusher)
{
	int error = pthread_create(&pusher->thread, NULL, run_pusher, pusher);
	pusher->is_running = !error;
	return -error;
}

void pusher_close(struct pusher *pusher)
{
	struct push_gone gone;
	if (!pusher)
		return;
	pusher->is_stopping = true;
	if (pusher->is_running) {
		mailbox_wake(&pusher->inbox);
		pthread_join(pusher->thread, NULL);
	}
	if (pusher->inbox.fd >= 0) {
		pusher_take_posted(pusher);
		mailbox_release(&pusher->inbox);
	}
	while (pusher->first)
		job_end(pusher, &pusher->first);
	while (pusher_take_gone(pusher, &gone))
		continue;
	if (pusher->fd >= 0)
		close(pusher->fd);
	vapid_close(pusher->vapid);
	pthread_mutex_destroy(&pusher->lock);
	free(pusher);
}

const char *pusher_key(const struct pusher *pusher)
{
	return vapid_public(pusher->vapid);
}

bool pusher_goes_to(const struct pusher *pusher, const char *text)
{
	struct endpoint endpoint;
	return endpoint_read(&endpoint, text) && endpoint_is_at(&endpoint, pusher->hosts);
}

void pusher_count(const struct pusher *pusher, struct pusher_counts *counts)
{
	*counts = (struct pusher_counts){.sent = pusher->sent,
					 .failed = pusher->failed,
					 .dropped = pusher->dropped,
					 .waiting = pusher->waiting,
					 .is_there = pusher->is_there};
}
