#include "store/postgres/postgres_place.h"

#include "base/memory.h"
#include "store/postgres/libpq.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The part of a list with commas at this place; the last part where the list is shorter. NULL: nothing there. */
static char *part_of(const char *list, size_t place)
{
	const char *at = list ? list : "";
	for (; place && strchr(at, ','); place--)
		at = strchr(at, ',') + 1;
	size_t bytes = strcspn(at, ",");
	return bytes ? mem_string_n(at, bytes) : NULL;
}

static size_t count_parts(const char *list)
{
	size_t count = 1;
	for (const char *at = list; at && (at = strchr(at, ',')); at++)
		count++;
	return count;
}

static void add_target(struct postgres_place *place, const char *host, const char *address, const char *port)
{
	if (place->count == POSTGRES_TARGETS_MAX)
		return;
	place->targets[place->count++] =
	    (struct postgres_target){.host = host ? mem_string(host) : NULL,
				     .address = address ? mem_string(address) : NULL,
				     .port = port ? mem_string(port) : NULL};
}

/* Each address of the name is a target. A name that nobody knows now is left to libpq, which says so. */
static void place_resolve(struct postgres_place *place, const char *host, const char *port)
{
	const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char address[INET6_ADDRSTRLEN];
	bool is_name = host && *host && *host != '/' && *host != '@';
	if (!is_name || getaddrinfo(host, NULL, &wanted, &found))
		found = NULL;
	if (!found)
		add_target(place, host, NULL, port);
	for (struct addrinfo *one = found; one; one = one->ai_next)
		if (!getnameinfo(one->ai_addr, one->ai_addrlen, address, sizeof address, NULL, 0,
				 NI_NUMERICHOST))
			add_target(place, host, address, port);
	if (found)
		freeaddrinfo(found);
}

static void place_find_targets(struct postgres_place *place, const char *hosts, const char *addresses,
			       const char *ports)
{
	size_t count = count_parts(addresses ? addresses : hosts);
	for (size_t i = 0; i < count; i++) {
		char *host = part_of(hosts, i), *address = part_of(addresses, i), *port = part_of(ports, i);
		if (address)
			add_target(place, host, address, port);
		else
			place_resolve(place, host, port);
		free(host);
		free(address);
		free(port);
	}
}

static void take_options(struct postgres_place *place, const struct libpq_option *options)
{
	const char *hosts = getenv("PGHOST"), *addresses = getenv("PGHOSTADDR"), *ports = getenv("PGPORT");
	for (const struct libpq_option *one = options; one->keyword; one++) {
		if (!one->val)
			continue;
		if (!strcmp(one->keyword, "host"))
			hosts = one->val;
		else if (!strcmp(one->keyword, "hostaddr"))
			addresses = one->val;
		else if (!strcmp(one->keyword, "port"))
			ports = one->val;
		else if (place->options < POSTGRES_OPTIONS_MAX) {
			place->names[place->options] = mem_string(one->keyword);
			place->values[place->options++] = mem_string(one->val);
		}
	}
	place_find_targets(place, hosts, addresses, ports);
}

int postgres_place_open(struct postgres_place *place, const char *url, char *problem, size_t problem_bytes)
{
	char *error = NULL;
	*place = (struct postgres_place){0};
	if (libpq_load(problem, problem_bytes))
		return -1;
	struct libpq_option *options = libpq.conninfoParse(url, &error);
	/* libpq's words would quote the password. */
	if (options)
		take_options(place, options);
	else
		snprintf(
		    problem, problem_bytes,
		    "the store's URL cannot be read: write it like "
		    "postgres://user:password@host/database, other signs than letters and digits as %%XX");
	if (options)
		libpq.conninfoFree(options);
	if (error)
		libpq.freemem(error);
	return options ? 0 : -1;
}

void postgres_place_release(struct postgres_place *place)
{
	for (size_t i = 0; i < place->count; i++) {
		free(place->targets[i].host);
		free(place->targets[i].address);
		free(place->targets[i].port);
	}
	for (size_t i = 0; i < place->options; i++) {
		free(place->names[i]);
		mem_free_secret(place->values[i]);
	}
	free(place->user);
	mem_free_secret(place->password);
	*place = (struct postgres_place){0};
}

const char *postgres_place_option(const struct postgres_place *place, const char *name)
{
	for (size_t i = 0; i < place->options; i++)
		if (!strcmp(place->names[i], name))
			return place->values[i];
	return NULL;
}
