#include "server/push_start.h"

#include "push/courier_start.h"
#include "push/endpoint.h"
#include "push/pusher.h"
#include "push/vapid.h"
#include "server/public_url.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The configured one, or the place where people find the server. */
static void write_contact(const struct config *config, const char *ip, char contact[VAPID_CONTACT_BYTES])
{
	char asked[LISTENER_HOST_BYTES];
	const char *host = public_host(config, ip, asked);
	bool is_v6 = strchr(host, ':'), has_url = config->url && !strncmp(config->url, "https://", 8);
	if (config->push_contact || has_url)
		snprintf(contact, VAPID_CONTACT_BYTES, "%s",
			 config->push_contact ? config->push_contact : config->url);
	else
		snprintf(contact, VAPID_CONTACT_BYTES, "https://%s%s%s", is_v6 ? "[" : "", host,
			 is_v6 ? "]" : "");
}

static bool can_read_ca(const struct config *config, char problem[CONFIG_PROBLEM_BYTES])
{
	if (!config->push_ca || !access(config->push_ca, R_OK))
		return true;
	snprintf(problem, CONFIG_PROBLEM_BYTES, "cannot read push_ca %s: %s", config->push_ca,
		 strerror(errno));
	return false;
}

static struct pusher_config push_config(const struct config *config)
{
	return (struct pusher_config){
	    .hosts = config->push_hosts ? config->push_hosts : ENDPOINT_HOSTS,
	    .ca = config->push_ca,
	    .allows_private = config->push_reaches_private,
	    .is_bare = config->has_no_sandbox,
	};
}

int push_try(const struct config *config, char problem[CONFIG_PROBLEM_BYTES])
{
	struct pusher_config pusher_config = push_config(config);
	int fd = can_read_ca(config, problem) ? courier_start(&pusher_config, problem) : -1;
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

int push_start(const struct config *config, const char *ip, struct pusher **pusher,
	       char problem[CONFIG_PROBLEM_BYTES])
{
	char key_path[PATH_MAX], contact[VAPID_CONTACT_BYTES];
	struct pusher_config pusher_config = push_config(config);
	if (!can_read_ca(config, problem))
		return -1;
	snprintf(key_path, sizeof key_path, "%s/push.key", config->data);
	write_contact(config, ip, contact);
	pusher_config.key_path = key_path;
	pusher_config.contact = contact;
	return pusher_open(&pusher_config, pusher, problem);
}
