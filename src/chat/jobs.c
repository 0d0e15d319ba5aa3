#include "chat/jobs.h"

#include "base/logging.h"
#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct jobs {
	struct store *store;
	pthread_mutex_t lock;
	pthread_cond_t posted;
	struct mail *first, **last; /* under lock */
	size_t waiting, waiting_max;
	bool is_stopping; /* under lock */
	unsigned threads_count;
	pthread_t threads[];
};

static struct job *next_job(struct jobs *jobs)
{
	pthread_mutex_lock(&jobs->lock);
	while (!jobs->first && !jobs->is_stopping)
		pthread_cond_wait(&jobs->posted, &jobs->lock);
	struct mail *mail = jobs->first;
	if (mail) {
		jobs->first = mail->next;
		if (!jobs->first)
			jobs->last = &jobs->first;
		jobs->waiting--;
	}
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
		if (!reader && jobs->store->ops->reader_open(jobs->store, &reader) != STORE_OK)
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
	free(jobs);
}

bool jobs_post(struct jobs *jobs, struct job *job)
{
	pthread_mutex_lock(&jobs->lock);
	bool is_taken = jobs->waiting < jobs->waiting_max && jobs->threads_count;
	if (is_taken) {
		job->mail.next = NULL;
		*jobs->last = &job->mail;
		jobs->last = &job->mail.next;
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
