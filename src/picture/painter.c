#include "picture/painter.h"

#include "base/limits.h"
#include "base/logging.h"
#include "base/memory.h"
#include "picture/painter_socket.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS ((LIMIT_PAINT_SECONDS + 5) * 1000)

struct painter {
	pthread_mutex_t lock; /* of what follows up to the counts */
	int fd;               /* -1: the helper is gone, and its keeper */
	uint64_t number;      /* of the last question */
	bool is_awaited;      /* it has no answer yet, though nobody waits for it any more */
	_Atomic uint64_t painted, failed;
	atomic_bool is_there, is_ending;
};

static bool painter_hear(int fd, struct painter_answer *answer)
{
	return helper_receive(fd, answer, sizeof *answer, NULL, NULL) == sizeof *answer;
}

int painter_start(bool is_bare, struct painter **made)
{
	const char *const words[] = {"brusiod", PAINTER_WORD, is_bare ? "bare" : NULL, NULL};
	struct painter_answer ready;
	int fd;
	int error = paint_is_possible() ? helper_start(HELPER_OWN_PROGRAM, words, &fd) : -ENOSYS;
	if (error)
		return error;
	if (!helper_is_ready(fd, WAIT_MS) || !painter_hear(fd, &ready)) {
		close(fd);
		return -ECHILD;
	}
	struct painter *painter = mem_zero(sizeof *painter);
	pthread_mutex_init(&painter->lock, NULL);
	painter->fd = fd;
	painter->is_there = true;
	*made = painter;
	return 0;
}

void painter_end(struct painter *painter)
{
	if (painter)
		painter->is_ending = true;
}

void painter_stop(struct painter *painter)
{
	if (!painter)
		return;
	if (painter->fd >= 0)
		close(painter->fd);
	pthread_mutex_destroy(&painter->lock);
	free(painter);
}

/* A picture that waits for one that never comes waits in vain, and so would all behind it. */
static void say_gone(struct painter *painter, const char *why)
{
	if (painter->is_there)
		LOG_ERROR("picture.painter",
			  "is=gone error=\"%s\" then=\"pictures have no previews until it is back\"", why);
	painter->is_there = false;
}

/* Takes the answers that are there, for at most so long until the one that is awaited. */
static bool painter_take(struct painter *painter, int wait_ms, struct painter_answer *answer)
{
	while (helper_is_ready(painter->fd, painter->is_awaited ? wait_ms : 0)) {
		if (!painter_hear(painter->fd, answer)) {
			say_gone(painter, "its keeper is gone: restart brusiod");
			close(painter->fd);
			painter->fd = -1;
			return false;
		}
		if (!answer->is_there)
			say_gone(painter, "it died");
		else if (!painter->is_there)
			LOG_INFO("picture.painter", "is=back");
		painter->is_there = answer->is_there;
		/* One that died answers nothing that it was asked. */
		bool is_it = painter->is_awaited && (answer->number == painter->number || !answer->is_there);
		painter->is_awaited = painter->is_awaited && !is_it;
		if (is_it)
			return true;
	}
	return false;
}

static bool ask_helper(struct painter *painter, enum paint_kind kind, const int fds[PAINTER_FDS])
{
	struct painter_answer answer;
	if (painter->fd < 0 || painter->is_ending)
		return false;
	while (painter_take(painter, 0, &answer))
		continue;
	if (painter->fd < 0 || painter->is_awaited)
		return false;
	struct painter_question question = {.number = ++painter->number, .kind = (uint32_t)kind};
	if (!helper_send(painter->fd, &question, sizeof question, fds, PAINTER_FDS)) {
		say_gone(painter, strerror(errno));
		return false;
	}
	painter->is_awaited = true;
	if (painter_take(painter, WAIT_MS, &answer))
		return answer.is_there && answer.is_painted;
	if (painter->fd >= 0)
		say_gone(painter, "it does not answer");
	return false;
}

bool painter_paint(struct painter *painter, enum paint_kind kind, int in, int small, int large)
{
	const int fds[PAINTER_FDS] = {in, small, large};
	pthread_mutex_lock(&painter->lock);
	bool is_painted = ask_helper(painter, kind, fds);
	pthread_mutex_unlock(&painter->lock);
	if (is_painted)
		painter->painted++;
	else
		painter->failed++;
	return is_painted;
}

void painter_count(const struct painter *painter, struct painter_counts *counts)
{
	*counts = (struct painter_counts){
	    .painted = painter->painted, .failed = painter->failed, .is_there = painter->is_there};
}
