#include "base/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int mailbox_init(struct mailbox *box)
{
	*box = (struct mailbox){.lock = PTHREAD_MUTEX_INITIALIZER};
	box->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return box->fd < 0 ? -errno : 0;
}

void mailbox_release(struct mailbox *box)
{
	assert(!box->waiting.first);
	close(box->fd);
	pthread_mutex_destroy(&box->lock);
}

void mail_chain_add(struct mail_chain *chain, struct mail *item)
{
	assert(!chain->first == !chain->last);
	item->next = NULL;
	*(chain->last ? chain->last : &chain->first) = item;
	chain->last = &item->next;
	chain->count++;
}

void mail_chain_move(struct mail_chain *to, struct mail_chain *from)
{
	assert(to != from);
	if (!from->first)
		return;
	*(to->last ? to->last : &to->first) = from->first;
	to->last = from->last;
	to->count += from->count;
	*from = (struct mail_chain){0};
}

void mailbox_wake(struct mailbox *box)
{
	/* A full eventfd counter (2^64 - 2) is readable all the same. */
	uint64_t one = 1;
	while (write(box->fd, &one, sizeof one) < 0 && errno == EINTR)
		;
}

void mailbox_post(struct mailbox *box, struct mail_chain *chain)
{
	assert(!chain->first == !chain->count);
	if (!chain->first)
		return;
	pthread_mutex_lock(&box->lock);
	int was_empty = !box->waiting.first;
	mail_chain_move(&box->waiting, chain);
	pthread_mutex_unlock(&box->lock);
	if (was_empty)
		mailbox_wake(box);
}

void mailbox_post_one(struct mailbox *box, struct mail *item)
{
	struct mail_chain chain = {0};
	mail_chain_add(&chain, item);
	mailbox_post(box, &chain);
}

struct mail *mailbox_take(struct mailbox *box)
{
	/* The eventfd is emptied first: a post in between wakes us once for nothing, never too seldom. */
	uint64_t count;
	while (read(box->fd, &count, sizeof count) < 0 && errno == EINTR)
		;
	return mailbox_take_more(box);
}

struct mail *mailbox_take_more(struct mailbox *box)
{
	pthread_mutex_lock(&box->lock);
	struct mail *items = box->waiting.first;
	assert(!items == !box->waiting.count); /* 2 */
	box->waiting = (struct mail_chain){0};
	pthread_mutex_unlock(&box->lock);
	return items;
}

void mailbox_wait(struct mailbox *box, int timeout_ms)
{
	struct pollfd wait = {.fd = box->fd, .events = POLLIN};
	poll(&wait, 1, timeout_ms);
}

size_t mailbox_length(struct mailbox *box)
{
	pthread_mutex_lock(&box->lock);
	size_t count = box->waiting.count;
	pthread_mutex_unlock(&box->lock);
	return count;
}
