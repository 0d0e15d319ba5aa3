#include "server/check_start.h"

#include "base/memory.h"
#include "net/tls_context.h"
#include "server/bucket_helper.h"
#include "server/encryption.h"
#include "server/privileges.h"
#include "server/push_start.h"
#include "server/systemd.h"
#include "store/store_admin.h"

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

/* True where a server runs on the directory. */
static bool check_store(const struct config *config, char *problem)
{
	char why[ADMIN_PROBLEM_BYTES] = "";
	int result = store_try(config->data, config->store, why);
	if (result < 0)
		config_problem_add(problem, "%.700s", why);
	return result > 0;
}

/* The address is good; its port may be another's. It is taken for a moment, and nobody can connect to it. */
static void check_port(const char *host, unsigned port, bool is_running, FILE *to, char *problem)
{
	char why[CONFIG_PROBLEM_BYTES] = "";
	struct listener listener;
	if (!listener_open(&listener, host, port, why, sizeof why))
		listener_close(&listener);
	else if (is_running)
		fprintf(to,
			"brusiod: a brusiod runs on this data directory, and has %s port %u if it is of this "
			"configuration\n",
			host, port);
	/* Its socket may have the port. */
	else if (!systemd_has_started_us())
		config_problem_add(problem, "%.700s", why);
}

static void check_addresses(const struct config *config, bool is_running, FILE *to, char *problem)
{
	for (size_t i = 0; i < config->listen.count; i++) {
		char why[CONFIG_PROBLEM_BYTES] = "";
		struct listener listener;
		char host[LISTENER_HOST_BYTES];
		unsigned port = (unsigned)config->port;
		listener_split(config->listen.text[i], host, &port);
		if (listener_open(&listener, host, 0, why, sizeof why)) {
			config_problem_add(problem, "%.700s", why);
			continue;
		}
		listener_close(&listener);
		check_port(host, port, is_running, to, problem);
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

int check_start(const struct config *config, FILE *to, char problem[CONFIG_PROBLEM_BYTES])
{
	*problem = '\0';
	bool is_running = check_store(config, problem);
	check_certificate(config, problem);
	check_user(config, problem);
	check_addresses(config, is_running, to, problem);
	check_bucket(config, problem);
	check_push(config, problem);
	if (config->node && !config->store)
		config_problem_add(problem, "node needs store: the PostgreSQL that several servers share");
	if (config->auth_header && !config->proxy_from.count)
		config_problem_add(problem,
				   "auth_header needs proxy_from: name the proxies that are believed");
	return *problem ? -1 : 0;
}
