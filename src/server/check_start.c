#include "server/check_start.h"

#include "base/memory.h"
#include "net/tls_context.h"
#include "server/bucket_helper.h"
#include "server/encryption.h"
#include "server/privileges.h"
#include "server/push_start.h"

#include <string.h>

static void check_certificate(const struct config *config, char *problem)
{
	char why[CONFIG_PROBLEM_BYTES] = "";
	struct encryption encryption = {0};
	/* Our own is made at the start, so there is nothing to read here. */
	if (config->tls == TLS_OFF || (!config->tls_cert && !config->tls_key))
		return;
	if (encryption_load(&encryption, config, why))
		config_problem_add(problem, "%.700s", why);
	encryption_release(&encryption);
}

static void check_user(const struct config *config, char *problem)
{
	char why[CONFIG_PROBLEM_BYTES] = "";
	if (privileges_check(config, why))
		config_problem_add(problem, "%.700s", why);
}

static void check_addresses(const struct config *config, char *problem)
{
	for (size_t i = 0; i < config->listen.count; i++) {
		char why[CONFIG_PROBLEM_BYTES] = "";
		struct listener listener;
		char host[LISTENER_HOST_BYTES];
		unsigned port;
		listener_split(config->listen.text[i], host, &port);
		/* Any free port: ours may still be the running server's. */
		if (listener_open(&listener, host, 0, why, sizeof why))
			config_problem_add(problem, "%.700s", why);
		else
			listener_close(&listener);
	}
}

static void check_bucket(const struct config *config, char *problem)
{
	char why[CONFIG_PROBLEM_BYTES] = "";
	struct bucket_config bucket;
	if (bucket_helper_place(config, &bucket, why))
		config_problem_add(problem, "%.700s", why);
	mem_wipe(&bucket, sizeof bucket);
}

static void check_push(const struct config *config, char *problem)
{
	char why[CONFIG_PROBLEM_BYTES] = "";
	if (config->pushes && push_try(config, why))
		config_problem_add(problem, "%.700s", why);
}

int check_start(const struct config *config, char problem[CONFIG_PROBLEM_BYTES])
{
	*problem = '\0';
	check_certificate(config, problem);
	check_user(config, problem);
	check_addresses(config, problem);
	check_bucket(config, problem);
	check_push(config, problem);
	if (config->node && !config->store)
		config_problem_add(problem, "node needs store: the PostgreSQL that several servers share");
	if (config->auth_header && !config->proxy_from.count)
		config_problem_add(problem,
				   "auth_header needs proxy_from: name the proxies that are believed");
	return *problem ? -1 : 0;
}
