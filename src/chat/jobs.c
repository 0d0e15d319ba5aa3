#include "chat/jobs.h"

#include "base/logging.h"
#include "base/memory.h"
#include "base/table.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* The jobs that wait for one another. */
struct lane {
	struct table_link link;
	struct lane *next; /* whose turn is behind this one's */
	struct mail *first, **last;
};

struct jobs {
	struct store *store;
	pthread_mutex_t lock;
	pthread_cond_t posted;
	/* Under lock: lanes with jobs, in the order of their turns. */
	struct table lanes;
	struct lane *first, **last;
	size_t waiting, waiting_max;
	bool is_stopping; /* under lock */
	unsigned threads_count;
	pthread_t threads[];
};

static struct lane *find_lane(struct jobs *jobs, uint64_t number)
{
	struct table_link *link = table_first(&jobs->lanes, number);
	if (link)
		return TABLE_OF(link, struct lane, link);
	struct lane *lane = mem_zero(sizeof *lane);
	lane->last = &lane->first;
	table_insert(&jobs->lanes, &lane->link, number);
	*jobs->last = lane;
	jobs->last = &lane->next;
	return lane;
}

/* The first job of the lane whose turn it is; the lane goes to the end, or ends. */
static struct mail *take_job(struct jobs *jobs)
{
	assert(!jobs->first == !jobs->waiting);
	struct lane *lane = jobs->first;
	if (!lane)
		return NULL;
	struct mail *mail = lane->first;
	jobs->first = lane->next;
	if (!jobs->first)
		jobs->last = &jobs->first;
	lane->first = mail->next;
	lane->next = NULL;
	if (lane->first) {
		*jobs->last = lane;
		jobs->last = &lane->next;
	} else {
		table_remove(&jobs->lanes, &lane->link);
		free(lane);
	}
	jobs->waiting--;
	return mail;
}

static struct job *next_job(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	while (!jobs->first && !jobs->is_stopping)
		pthread_cond_wait(&jobs->posted, &jobs->lock);
	struct mail *mail = take_job(jobs);
	pthread_mutex_unlock(&jobs->lock);
	return (struct job *)mail;
}

static void *run_jobs(void *context)
{
	pthread_setname_np(pthread_self(), "job");
	struct jobs *jobs = context;
	struct store_reader *reader = NULL;
	struct job *job;
	while ((job = next_job(jobs))) {
		/* A reader that could not be opened (no descriptors left) is tried again with the next job.
		 */
		if (!reader && jobs->store && jobs->store->ops->reader_open(jobs->store, &reader) != STORE_OK)
			reader = NULL;
		job->run(job, reader);
	}
	if (reader)
		reader->ops->close(reader);
	return NULL;
}

struct jobs *jobs_start(struct store *store, unsigned threads, size_t waiting_max)
{
	struct jobs *jobs = mem_zero(sizeof *jobs + threads * sizeof *jobs->threads);
	jobs->store = store;
	jobs->waiting_max = waiting_max;
	jobs->last = &jobs->first;
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_cond_init(&jobs->posted, NULL);
	for (unsigned i = 0; i < threads; i++) {
		if (pthread_create(&jobs->threads[i], NULL, run_jobs, jobs)) {
			LOG_ERROR("jobs.thread", "error=\"%m\" threads=%u", i);
			break;
		}
		jobs->threads_count++;
	}
	return jobs;
}

void jobs_stop(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	jobs->is_stopping = true;
	pthread_cond_broadcast(&jobs->posted);
	pthread_mutex_unlock(&jobs->lock);
	for (unsigned i = 0; i < jobs->threads_count; i++)
		pthread_join(jobs->threads[i], NULL);
	pthread_cond_destroy(&jobs->posted);
	pthread_mutex_destroy(&jobs->lock);
	table_release(&jobs->lanes);
	free(jobs);
}

bool jobs_post(struct jobs *jobs, struct job *job)
{
	assert(!jobs || job->run);
	if (!jobs)
		return false;
	pthread_mutex_lock(&jobs->lock);
	bool is_taken = jobs->waiting < jobs->waiting_max && jobs->threads_count;
	if (is_taken) {
		struct lane *lane = find_lane(jobs, job->lane);
		job->mail.next = NULL;
		*lane->last = &job->mail;
		lane->last = &job->mail.next;
		jobs->waiting++;
		pthread_cond_signal(&jobs->posted);
	}
	pthread_mutex_unlock(&jobs->lock);
	return is_taken;
}

size_t jobs_waiting(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	size_t waiting = jobs->waiting;
	pthread_mutex_unlock(&jobs->lock);
	return waiting;
}
