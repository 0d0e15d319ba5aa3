/* The configuration: every key is a line of the file, an option and an environment variable.
 *
 * Layer: server. Where a key is given several ways, the option wins over the environment, and that over the
 * file; "listen" may be given more than once. */
#ifndef BRUSIO_SERVER_CONFIG_H
#define BRUSIO_SERVER_CONFIG_H

#include "base/limits.h"
#include "base/logging.h"
#include "net/listener.h"
#include "net/range.h"
#include "wire/lang.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CONFIG_PROBLEM_BYTES 1024
#define CONFIG_WORDS_MAX     8

enum config_tls { TLS_ON, TLS_REQUIRED, TLS_OFF };

struct config {
	char *file; /* of the configuration, or NULL */
	unsigned port;
	char *listen[LISTENERS_MAX];
	size_t listen_count; /* 0: all interfaces */
	char *data;
	unsigned workers; /* 0: one a processor */
	enum logging_level log_level;
	enum lang language;
	bool show_all_ips;
	bool allow_guests, allow_registration, allow_insecure_passwords;
	bool allow_accounts; /* at all: registration is not closed */
	enum config_tls tls;
	char *tls_cert, *tls_key; /* NULL: our own */
	struct ranges proxy_from;
	char *user; /* whom root becomes; NULL: the default */
	bool has_no_sandbox;
	char *web_root, *web_origins, *metrics_token; /* NULL: not given */
	struct ranges metrics_from;
	struct limits limits;
	/* Of a command, which is what comes before or between the options: brusiod export --room '#ops'. */
	char *words[CONFIG_WORDS_MAX]; /* argv's; NULL-ended */
	int words_count;
	const char *room, *since; /* of export; argv's */
};

enum config_action { CONFIG_RUN, CONFIG_COMMAND, CONFIG_HELP, CONFIG_VERSION, CONFIG_CHECK };

/* Reads file, environment and options. Returns 0, or -1 with `problem` filled in: what, where, and what
 * is allowed. The config is to be released in both cases. */
int config_read(struct config *config, int argc, char **argv, enum config_action *action,
		char problem[CONFIG_PROBLEM_BYTES]);
void config_release(struct config *config);

/* Every option with its meaning, as --help prints it. */
void config_write_help(FILE *to);

#endif
