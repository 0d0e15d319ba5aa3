#include "server/bucket_helper.h"

#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "net/helper.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HELPERS  5 /* as many as there are threads that ask: filers, fetchers, one for pictures */
#define START_MS 10000
#define SLICE_MS 200

int bucket_helper_place(const struct config *config, struct bucket_config *made,
			char problem[CONFIG_PROBLEM_BYTES])
{
	*made = (struct bucket_config){0};
	if (!config->blobs)
		return 0;
	snprintf(made->region, sizeof made->region, "%s",
		 config->blobs_region ? config->blobs_region : "us-east-1");
	snprintf(made->ca, sizeof made->ca, "%s", config->blobs_ca ? config->blobs_ca : "");
	made->is_virtual_host = config->has_blobs_host;
	made->wait_seconds = (uint32_t)config->limits.blobs_wait_seconds;
	if (!bucket_config_place(made, config->blobs, config->blobs_endpoint)) {
		config_problem_add(problem,
				   "blobs and blobs_endpoint do not go together: s3://BUCKET/PREFIX and "
				   "https://HOST:PORT are expected");
		return -1;
	}
	if (!config->blobs_key) {
		config_problem_add(problem,
				   "blobs needs blobs_key: a file with two lines, the id of a key and its "
				   "secret");
		return -1;
	}
	return bucket_config_read_key(made, config->blobs_key, problem, CONFIG_PROBLEM_BYTES);
}

/* --- the server's side --- */

struct one_helper {
	int fd; /* -1: it and its keeper are gone */
	uint64_t number;
	bool is_asked;
};

struct bucket_helpers {
	pthread_mutex_t lock; /* of is_asked */
	pthread_cond_t is_free;
	struct one_helper list[HELPERS];
	int64_t wait_ms;
	atomic_bool is_ending;
};

/* One that is gone answers at once that it is, so it is taken only where no other may still come. NULL: wait. */
static struct one_helper *find_helper(struct bucket_helpers *helpers)
{
	struct one_helper *gone = NULL;
	bool is_any_asked = false;
	for (size_t i = 0; i < HELPERS; i++) {
		struct one_helper *helper = &helpers->list[i];
		is_any_asked |= helper->is_asked;
		if (!helper->is_asked && helper->fd >= 0)
			return helper;
		if (!helper->is_asked)
			gone = helper;
	}
	return is_any_asked ? NULL : gone;
}

static struct one_helper *take_helper(struct bucket_helpers *helpers)
{
	struct one_helper *taken = NULL;
	pthread_mutex_lock(&helpers->lock);
	while (!taken) {
		taken = find_helper(helpers);
		if (!taken)
			pthread_cond_wait(&helpers->is_free, &helpers->lock);
	}
	taken->is_asked = true;
	pthread_mutex_unlock(&helpers->lock);
	return taken;
}

static void give_helper_back(struct bucket_helpers *helpers, struct one_helper *helper)
{
	pthread_mutex_lock(&helpers->lock);
	helper->is_asked = false;
	pthread_cond_signal(&helpers->is_free);
	pthread_mutex_unlock(&helpers->lock);
}

static bool hear_answer(struct one_helper *helper, struct bucket_answer *answer)
{
	ssize_t got = helper_receive(helper->fd, answer, sizeof *answer, NULL, NULL);
	ssize_t head = (ssize_t)offsetof(struct bucket_answer, text);
	if (got >= head && answer->length < sizeof answer->text && got == head + (ssize_t)answer->length) {
		answer->text[answer->length] = '\0';
		return true;
	}
	LOG_ERROR("file.bucket", "helper=gone do=\"restart brusiod\"");
	close(helper->fd);
	helper->fd = -1;
	return false;
}

/* Waits for this question's answer. False: there is none. */
static bool await_answer(const struct bucket_helpers *helpers, struct one_helper *helper,
			 struct bucket_answer *answer)
{
	int64_t until_ms = clock_mono_ms() + helpers->wait_ms;
	while (!helpers->is_ending && clock_mono_ms() < until_ms) {
		if (!helper_is_ready(helper->fd, SLICE_MS))
			continue;
		if (!hear_answer(helper, answer))
			return false;
		/* 0: the one that was asked has died. Others are late. */
		if (answer->number == helper->number || !answer->number)
			return answer->number != 0;
	}
	return false;
}

static bool ask_one(struct bucket_helpers *helpers, struct one_helper *helper,
		    struct bucket_question *question, int fd, struct bucket_answer *answer)
{
	while (helper->fd >= 0 && helper_is_ready(helper->fd, 0) && hear_answer(helper, answer))
		continue;
	if (helper->fd < 0 || helpers->is_ending)
		return false;
	question->number = ++helper->number;
	size_t length = offsetof(struct bucket_question, text) + question->length;
	return helper_send(helper->fd, question, length, &fd, fd >= 0) &&
	       await_answer(helpers, helper, answer);
}

static void ask_helpers(void *context, const struct bucket_question *question, int fd,
			struct bucket_answer *answer)
{
	struct bucket_helpers *helpers = context;
	struct one_helper *helper = take_helper(helpers);
	struct bucket_question *numbered = mem_alloc(sizeof *numbered);
	memcpy(numbered, question, sizeof *numbered);
	/* One that died is asked again, once it is back. */
	bool is_answered =
	    ask_one(helpers, helper, numbered, fd, answer) || ask_one(helpers, helper, numbered, fd, answer);
	if (!is_answered) {
		answer->error = -EHOSTDOWN;
		answer->length = 0;
		answer->text[0] = '\0';
	}
	free(numbered);
	give_helper_back(helpers, helper);
}

static int start_one(struct one_helper *helper, const struct bucket_config *config, bool is_bare,
		     char *problem)
{
	const char *const words[] = {"brusiod", BUCKET_WORD, is_bare ? "bare" : NULL, NULL};
	struct bucket_answer *ready = mem_zero(sizeof *ready);
	helper->fd = -1;
	int error = helper_start(HELPER_OWN_PROGRAM, words, &helper->fd);
	bool is_ready = !error && helper_send(helper->fd, config, sizeof *config, NULL, 0) &&
			helper_is_ready(helper->fd, START_MS) && hear_answer(helper, ready) && !ready->error;
	if (!is_ready)
		config_problem_add(problem, "the process that speaks to the bucket cannot start: %s",
				   ready->error ? ready->text
				   : error      ? strerror(-error)
						: "it ended");
	free(ready);
	return is_ready ? 0 : -1;
}

int bucket_helpers_start(const struct bucket_config *config, bool is_bare, struct bucket_helpers **made,
			 struct bucket *bucket, char problem[CONFIG_PROBLEM_BYTES])
{
	struct bucket_helpers *helpers = mem_zero(sizeof *helpers);
	int result = 0;
	pthread_mutex_init(&helpers->lock, NULL);
	pthread_cond_init(&helpers->is_free, NULL);
	/* All tries of a question, each with what it may take, and the rests between them. */
	helpers->wait_ms =
	    ((int64_t)config->wait_seconds * 1000 + LIMIT_BUCKET_IDLE_MS) * (LIMIT_BUCKET_TRIES + 1);
	for (size_t i = 0; i < HELPERS; i++)
		helpers->list[i].fd = -1;
	for (size_t i = 0; i < HELPERS && !result; i++)
		result = start_one(&helpers->list[i], config, is_bare, problem);
	if (result) {
		bucket_helpers_stop(helpers);
		return -1;
	}
	*made = helpers;
	*bucket = (struct bucket){.ask = ask_helpers, .context = helpers};
	return 0;
}

void bucket_helpers_end(struct bucket_helpers *helpers)
{
	if (helpers)
		helpers->is_ending = true;
}

void bucket_helpers_stop(struct bucket_helpers *helpers)
{
	if (!helpers)
		return;
	for (size_t i = 0; i < HELPERS; i++)
		if (helpers->list[i].fd >= 0)
			close(helpers->list[i].fd);
	pthread_cond_destroy(&helpers->is_free);
	pthread_mutex_destroy(&helpers->lock);
	free(helpers);
}
