#include "client/resolver.h"

#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Held by the owner and by the thread; whoever lets go last frees it. */
struct resolver {
	char *host, *port;
	int fd; /* an eventfd that the thread writes to at its end */
	int error;
	struct addrinfo *found;
	atomic_int holders;
};

static void let_go(struct resolver *resolver)
{
	if (atomic_fetch_sub(&resolver->holders, 1) > 1)
		return;
	if (resolver->found)
		freeaddrinfo(resolver->found);
	close(resolver->fd);
	free(resolver->host);
	free(resolver->port);
	free(resolver);
}

static void resolve(struct resolver *resolver)
{
	struct addrinfo hints = {
	    .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	resolver->error = getaddrinfo(resolver->host, resolver->port, &hints, &resolver->found);
	uint64_t one = 1;
	if (write(resolver->fd, &one, sizeof one) != sizeof one)
		abort(); /* a fresh eventfd takes a 1 */
}

static void *resolver_run(void *argument)
{
	resolve(argument);
	let_go(argument);
	return NULL;
}

struct resolver *resolver_start(const char *host, const char *port)
{
	struct resolver *resolver = mem_zero(sizeof *resolver);
	resolver->host = mem_string(host);
	resolver->port = mem_string(port);
	atomic_init(&resolver->holders, 2);
	resolver->fd = eventfd(0, EFD_CLOEXEC);

	/* Signals are for the thread that runs the client. */
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_t thread;
	/* Without a thread to spare, ask here: late is better than never. */
	if (pthread_create(&thread, &attributes, resolver_run, resolver)) {
		atomic_store(&resolver->holders, 1);
		resolve(resolver);
	}
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return resolver;
}

int resolver_fd(const struct resolver *resolver)
{
	return resolver->fd;
}

int resolver_finish(struct resolver *resolver, struct addrinfo **found)
{
	uint64_t count;
	if (read(resolver->fd, &count, sizeof count) != sizeof count)
		abort(); /* the caller saw it readable, and nobody else reads it */
	int error = resolver->error;
	*found = resolver->found;
	resolver->found = NULL;
	let_go(resolver);
	return error;
}

void resolver_abandon(struct resolver *resolver)
{
	let_go(resolver);
}
