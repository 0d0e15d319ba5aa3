/* The configuration: every key is a line of the file, an option and an environment variable.
 *
 * Layer: server. Threads: main's alone. The keys stand in the table of config_key.c and, for limits, in
 * base/limits.h. An option wins over the environment, the environment over the file, and the file over the
 * default. A key that is a list may be given more than once; each way of giving it replaces the weaker ones.
 */
#ifndef BRUSIO_SERVER_CONFIG_H
#define BRUSIO_SERVER_CONFIG_H

#include "base/limits.h"
#include "base/logging.h"
#include "chat/chat.h"
#include "net/listener.h"
#include "net/range.h"
#include "wire/lang.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CONFIG_PROBLEM_BYTES 4096 /* several problems, one a line */
#define CONFIG_WORDS_MAX     8

enum config_tls { TLS_ON, TLS_REQUIRED, TLS_OFF };
enum config_registration { REGISTRATION_OPEN, REGISTRATION_ADMIN, REGISTRATION_CLOSED };

enum config_auth { AUTH_OWN, AUTH_PAM };

#define CONFIG_AUTH_SOCKET "/run/brusiod-pam.sock"

struct config_list {
	char *text[LISTENERS_MAX];
	size_t count;
};

/* Texts are owned; one that is not given is NULL. */
struct config {
	char *file; /* of the configuration */
	unsigned port;
	struct config_list listen; /* empty: all interfaces */
	char *data;                /* never NULL once it is read */
	bool has_default_data;
	char *store; /* URL of a database; NULL: SQLite in the directory */
	char *blobs; /* URL of a bucket; NULL: files are in the directory alone */
	char *blobs_endpoint, *blobs_region, *blobs_key, *blobs_ca; /* NULL: the usual one */
	bool has_blobs_host; /* the bucket is named by the host, not by the path */
	char *node; /* what this server is called among several on that database; NULL: it is the only one */
	unsigned workers; /* 0: one a processor */
	enum logging_level log_level;
	enum lang language;
	bool show_all_ips;
	bool allow_guests, allow_insecure_passwords, admins_need_factor;
	bool refuses_guest_files, refuses_file_links, refuses_previews;
	bool pushes, push_reaches_private;
	char *push_hosts, *push_contact, *push_ca; /* NULL: as push/pusher.h says */
	char *url; /* where people find the server; NULL: by its name or address */
	enum config_registration registration;
	enum chat_links links;
	enum config_tls tls;
	enum config_auth auth;
	char *auth_socket;        /* of the helper process; NULL: the usual one */
	char *tls_cert, *tls_key; /* NULL: our own */
	struct ranges proxy_from;
	char *user; /* the one that root becomes */
	bool has_no_sandbox;
	char *web_root, *web_origins, *server_names, *server_name, *metrics_token, *auth_header;
	struct ranges metrics_from;
	struct limits limits;
	/* A command with its arguments: user add anna. Borrowed from argv, as its options are. */
	char *words[CONFIG_WORDS_MAX]; /* NULL-ended */
	int words_count;
	const char *room;          /* of export and link */
	const char *since;         /* of export */
	const char *uses, *days;   /* of link */
	const char *force;         /* of backup and restore */
	const char *without_files; /* of backup */
	const char *files;         /* of export and import */
	const char *with_files;    /* of user delete */
	const char *idle;          /* of room: days */
	const char *end;           /* of user sessions */
	const char *from, *to;     /* of copy: a directory and a URL */
};

#define CONFIG_URL_BYTES 300

enum config_action { CONFIG_RUN, CONFIG_COMMAND, CONFIG_HELP, CONFIG_VERSION, CONFIG_CHECK };

/* Reads file, environment and options. Returns 0, or -1 with everything that is wrong in `problem`, one a
 * line: what, where, and what is allowed. The config is to be released in both cases. */
int config_read(struct config *config, int argc, char **argv, enum config_action *action,
		char problem[CONFIG_PROBLEM_BYTES]);
void config_release(struct config *config);

/* The first key that differs and cannot change while the server runs, or NULL. */
const char *config_needs_restart(const struct config *before, const struct config *after);

/* The effective setting of `registration`, which other keys may restrict; and its word: "open", "admin" or "closed". */
enum config_registration config_registration(const struct config *config);
const char *config_registration_word(const struct config *config);

/* Adds a line to the problems. Those that do not fit are left out, and the last line says so. */
void config_problem_add(char problem[CONFIG_PROBLEM_BYTES], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Every option with its meaning, as --help prints it. */
void config_write_help(FILE *to);

#endif
