/* brusiod: reads the configuration, wires everything together, and waits for signals. */
#include "base/clock.h"
#include "base/logging.h"
#include "base/memory.h"
#include "base/sendable.h"
#include "chat/chat.h"
#include "gateway/dialect.h"
#include "gateway/web/file_link.h"
#include "gateway/irc/irc_encode.h"
#include "gateway/web/web.h"
#include "net/address.h"
#include "picture/painter.h"
#include "picture/prepare.h"
#include "push/pusher.h"
#include "server/admin.h"
#include "server/bucket_helper.h"
#include "server/check_start.h"
#include "server/config.h"
#include "server/control.h"
#include "server/encryption.h"
#include "server/metrics.h"
#include "server/pam_ask.h"
#include "server/privileges.h"
#include "server/public_url.h"
#include "server/push_start.h"
#include "server/sandbox.h"
#include "server/systemd.h"
#include "server/worker.h"
#include "store/blobs/blob.h"
#include "store/blobs/blob_bucket.h"
#include "store/store.h"
#include "store/store_node.h"
#include "version.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* The time that connections have to read that the server stops. */
#define STOP_WAIT_MS 3000

struct server {
	struct config config;
	struct listener listeners[LISTENERS_MAX];
	size_t listeners_count;
	struct encryption encryption;
	bool is_dropped; /* started as root, and is another user now */
	struct store *store;
	struct blobs *blobs;
	struct painter *painter;               /* NULL: pictures have no previews */
	struct pusher *pusher;                 /* NULL: browsers that are closed are not told */
	struct bucket_helpers *bucket_helpers; /* NULL: files are in the data directory alone */
	struct bucket bucket;
	char url[CONFIG_URL_BYTES]; /* where people find it */
	struct workers *workers;
	struct web_config web;
	struct chat *chat;
	struct metrics metrics;
	int control_fd; /* or -1 */
	struct systemd systemd;
	int64_t alive_ms;  /* when systemd was last told that we live */
	uint64_t turns;    /* of the chat thread then */
	bool ends_at_once; /* nobody is given time to go elsewhere */
	char ip[ADDRESS_TEXT_BYTES];
};

/* Prints the problems, which stand one a line. */
static int fail_start(const char *problem)
{
	while (*problem) {
		size_t length = strcspn(problem, "\n");
		fprintf(stderr, "brusiod: %.*s\n", (int)length, problem);
		problem += length + (problem[length] == '\n');
	}
	return 1;
}

static int say_good(void)
{
	puts("brusiod: the configuration is good");
	return 0;
}

static int open_listener(struct server *server, const char *host, unsigned port, char *problem)
{
	struct listener *listener = &server->listeners[server->listeners_count];
	if (listener_open(listener, host, port, problem, CONFIG_PROBLEM_BYTES))
		return -1;
	server->listeners_count++;
	return 0;
}

/* Sockets of systemd stand for the configured ones. Without --listen: all of IPv4 and IPv6; a machine that only has one of them is fine. */
static int open_listeners(struct server *server, char *problem)
{
	const struct config *config = &server->config;
	unsigned port = config->port;
	int passed = systemd_take_listeners(server->listeners, LISTENERS_MAX, problem, CONFIG_PROBLEM_BYTES);
	if (passed) {
		server->listeners_count = passed > 0 ? (size_t)passed : 0;
		return passed < 0 ? -1 : 0;
	}
	for (size_t i = 0; i < config->listen.count; i++) {
		char host[LISTENER_HOST_BYTES];
		unsigned own = port;
		listener_split(config->listen.text[i], host, &own);
		if (open_listener(server, host, own, problem))
			return -1;
		/* Any port is one port: those that name none share it. */
		if (!port && !own)
			port = listener_port(&server->listeners[i]);
	}
	if (config->listen.count)
		return 0;
	int v4 = open_listener(server, "0.0.0.0", port, problem);
	if (v4 && server->listeners[0].fd != -EAFNOSUPPORT)
		return -1;
	if (!v4)
		port = listener_port(&server->listeners[0]);
	int v6 = open_listener(server, "::", port, problem);
	int error = server->listeners[server->listeners_count].fd;
	bool has_no_v6 = error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL;
	assert(v4 || server->listeners_count);
	return !v6 || (!v4 && has_no_v6) ? 0 : -1;
}

static void close_listeners(struct server *server)
{
	while (server->listeners_count)
		listener_close(&server->listeners[--server->listeners_count]);
}

static void greet(const struct server *server)
{
	unsigned port = listener_port(&server->listeners[0]);
	char asked[LISTENER_HOST_BYTES];
	const char *host = public_host(&server->config, server->ip, asked);
	/* An IPv6 address stands in brackets before a port. */
	const char *open = strchr(host, ':') ? "[" : "", *close = *open ? "]" : "";
	char suffix[16] = "";
	if (port != 5000)
		snprintf(suffix, sizeof suffix, ":%u", port);
	printf("brusiod %s\n", BRUSIO_VERSION);
	for (size_t i = 0; i < server->listeners_count; i++)
		printf("listening on %s\n", server->listeners[i].address);
	printf("data in %s\n", server->config.data);
	if (server->encryption.context)
		printf("certificate SHA-256 %s\n", server->encryption.fingerprint);
	printf("join with: brusio %s%s%s%s   (or: nc %s %u)\n", open, host, close, suffix, host, port);
	printf("or in a browser: http://%s%s%s:%u/\n", open, host, close, port);
	fflush(stdout);
}

static void find_url(struct server *server)
{
	const struct config *config = &server->config;
	unsigned port = listener_port(&server->listeners[0]);
	file_link_set(public_url(config, server->ip, port, server->url), !config->refuses_file_links);
}

static struct web_config web_config_of(struct server *server)
{
	const struct config *config = &server->config;
	return (struct web_config){
	    .root = config->web_root,
	    .origins = config->web_origins,
	    .server_names = config->server_names,
	    .blobs = server->blobs,
	    .metrics_from = &config->metrics_from,
	    .metrics_token = config->metrics_token,
	    .write_metrics = metrics_write,
	    .metrics_context = &server->metrics,
	    .auth_header = config->auth_header,
	    .registration = config_registration_word(config),
	    .push_key = server->pusher ? pusher_key(server->pusher) : NULL,
	    .allows_insecure_passwords = config->allow_insecure_passwords,
	};
}

static struct chat_config chat_config_of(struct server *server)
{
	const struct config *config = &server->config;
	return (struct chat_config){
	    .limits = config->limits,
	    .store = server->store,
	    .encode = dialect_encode,
	    .passes = dialect_passes,
	    .encodings = ENCODINGS,
	    .workers = workers_mailboxes(server->workers),
	    .workers_count = config->workers,
	    .blobs = server->blobs,
	    .prepare_file = prepare_file,
	    .is_preparing_slow = prepare_is_slow,
	    .prepare_context = server->painter,
	    .pusher = server->pusher,
	    .refuses_guest_files = config->refuses_guest_files,
	    .refuses_file_links = config->refuses_file_links,
	    .show_all_ips = config->show_all_ips,
	    .allow_guests = config->allow_guests,
	    .allow_registration = config_registration(config) == REGISTRATION_OPEN,
	    .links = config->links,
	    .allow_link_registration = !config->auth_header && config->auth == AUTH_OWN,
	    .check_password = config->auth == AUTH_PAM ? pam_ask : NULL,
	    .check_password_context = config->auth_socket ? config->auth_socket : CONFIG_AUTH_SOCKET,
	    .admins_need_factor = config->admins_need_factor,
	    .allow_insecure_passwords = config->allow_insecure_passwords,
	    .configured = web_configured,
	    .count = metrics_write_status,
	    .count_context = &server->metrics,
	};
}

static void close_all(struct server *server)
{
	control_close(server->control_fd, server->config.data);
	if (server->store)
		server->store->ops->close(server->store);
	blobs_close(server->blobs);
	painter_stop(server->painter);
	pusher_close(server->pusher);
	bucket_helpers_stop(server->bucket_helpers);
	encryption_release(&server->encryption);
	close_listeners(server);
}

static int start_chat(struct server *server, char *problem)
{
	struct config *config = &server->config;
	struct workers_config workers_config = {
	    .count = config->workers,
	    .listeners = server->listeners,
	    .listeners_count = server->listeners_count,
	    .limits = &config->limits,
	    .web = &server->web,
	    .lang = config->language,
	    .tls = server->encryption.context,
	    .is_tls_required = config->tls == TLS_REQUIRED,
	    .proxy_from = &config->proxy_from,
	};
	int error = workers_new(&workers_config, &server->workers);
	server->web = web_config_of(server);
	if (error) {
		snprintf(problem, CONFIG_PROBLEM_BYTES, "cannot start the workers: %s", strerror(-error));
		return -1;
	}
	struct chat_config chat_config = chat_config_of(server);
	if (chat_start(&chat_config, &server->chat, problem, CONFIG_PROBLEM_BYTES)) {
		workers_free(server->workers);
		close_all(server);
		return -1;
	}
	irc_set_server(config->server_name, chat_epoch(server->chat));
	irc_set_port(listener_port(&server->listeners[0]));
	server->metrics = (struct metrics){.workers = server->workers,
					   .chat = server->chat,
					   .store = server->store,
					   .painter = server->painter,
					   .pusher = server->pusher};
	error = server->pusher ? pusher_start(server->pusher) : 0;
	if (error) {
		snprintf(problem, CONFIG_PROBLEM_BYTES, "cannot start the pusher: %s", strerror(-error));
		return -1;
	}
	for (size_t i = 0; i < server->listeners_count; i++)
		if (listener_begin(&server->listeners[i], problem, CONFIG_PROBLEM_BYTES))
			return -1;
	error = workers_start(server->workers, server->chat);
	if (error)
		snprintf(problem, CONFIG_PROBLEM_BYTES, "cannot start the workers: %s", strerror(-error));
	return error ? -1 : 0;
}

/* Existing connections keep the certificate that they began with. */
static void reload_certificate(struct server *server, const struct config *config)
{
	char problem[CONFIG_PROBLEM_BYTES];
	if (!server->encryption.context || config->tls == TLS_OFF)
		return;
	struct config here = *config;
	here.data = server->config.data;
	if (encryption_load(&server->encryption, &here, problem))
		LOG_ERROR("server.certificate", "error=\"%s\" kept=\"the old certificate\"", problem);
	else
		LOG_INFO("server.certificate", "sha256=%s", server->encryption.fingerprint);
}

static void log_problems(char *problem)
{
	char *rest = NULL;
	for (char *line = strtok_r(problem, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		LOG_ERROR("server.reload", "error=\"%s\" kept=\"the old configuration\"", line);
}

/* Applies the new log level and certificate; the log says if another key needs a restart. */
static void reload(struct server *server, int argc, char **argv)
{
	struct config config;
	enum config_action action;
	char problem[CONFIG_PROBLEM_BYTES];
	if (config_read(&config, argc, argv, &action, problem)) {
		log_problems(problem);
	} else {
		const char *key = config_needs_restart(&server->config, &config);
		logging_set_level(config.log_level);
		reload_certificate(server, &config);
		if (key)
			LOG_INFO("server.reload", "done=log_level,certificate note=\"%s needs a restart\"",
				 key);
		else
			LOG_INFO("server.reload", "done=log_level,certificate");
	}
	config_release(&config);
}

/* Tells systemd that we live, if that is due. Returns for how many milliseconds it is not; -1: never. It is not told if
 * the chat thread has stood still since the last time, as it does in a commit that hangs. */
static int tell_alive(struct server *server)
{
	struct chat_counters counters;
	int rest_ms = systemd_rest_ms(&server->systemd);
	int64_t left_ms = server->alive_ms + rest_ms - clock_mono_ms();
	if (rest_ms < 0 || (server->alive_ms && left_ms > 0))
		return rest_ms < 0 ? -1 : (int)left_ms;
	chat_count(server->chat, &counters);
	uint64_t connections = metrics_connections(&server->metrics);
	systemd_tell(&server->systemd, "STATUS=%llu connections, %llu rooms%s%s",
		     (unsigned long long)connections, (unsigned long long)counters.rooms,
		     counters.turns == server->turns ? "; the chat thread stands still" : "",
		     counters.turns != server->turns ? "\nWATCHDOG=1" : "");
	server->turns = counters.turns;
	server->alive_ms = clock_mono_ms();
	return rest_ms;
}

static void tell_and_reload(struct server *server, int argc, char **argv)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	systemd_tell(&server->systemd, "RELOADING=1\nMONOTONIC_USEC=%lld",
		     (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	reload(server, argc, argv);
	systemd_tell(&server->systemd, "READY=1");
}

/* Handles signals and requests for the status until a signal ends the server. */
static void wait_for_end(struct server *server, const sigset_t *signals, int argc, char **argv)
{
	int signal_fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
	struct pollfd wait[] = {{.fd = signal_fd, .events = POLLIN},
				{.fd = server->control_fd, .events = POLLIN}};
	for (;;) {
		struct signalfd_siginfo info;
		if (poll(wait, 2, tell_alive(server)) <= 0)
			continue;
		if (wait[1].revents)
			control_answer(server->control_fd, metrics_write_status, &server->metrics);
		if (read(signal_fd, &info, sizeof info) != sizeof info)
			continue;
		if (info.ssi_signo != SIGHUP) {
			LOG_INFO("server.stop", "signal=%u", info.ssi_signo);
			/* The store's: this server may store nothing more. */
			server->ends_at_once = info.ssi_pid == (uint32_t)getpid();
			break;
		}
		tell_and_reload(server, argc, argv);
	}
	close(signal_fd);
}

static void on_second_signal(int signal_number)
{
	(void)signal_number;
	_exit(1);
}

static void stop_server(struct server *server, const sigset_t *signals)
{
	int64_t drain_ms = server->ends_at_once ? 0 : server->config.limits.drain_seconds * 1000;
	/* Acknowledged messages are on disk at any time, so a second signal may end the process at once. */
	signal(SIGTERM, on_second_signal);
	signal(SIGINT, on_second_signal);
	systemd_tell(&server->systemd, "STOPPING=1");
	chat_begin_stop(server->chat);
	workers_begin_stop(server->workers, drain_ms);
	pthread_sigmask(SIG_UNBLOCK, signals, NULL);
	workers_stop(server->workers, STOP_WAIT_MS + (int)drain_ms);
	close_listeners(server);
	control_close(server->control_fd, server->config.data);
	painter_end(server->painter);
	bucket_helpers_end(server->bucket_helpers);
	chat_stop(server->chat);
	painter_stop(server->painter);
	pusher_close(server->pusher);
	bucket_helpers_stop(server->bucket_helpers);
	workers_free(server->workers);
	/* Its thread may still look at a question of the chat's. */
	server->store->ops->close(server->store);
	chat_free(server->chat);
	blobs_close(server->blobs);
	encryption_release(&server->encryption);
	systemd_close(&server->systemd);
}

/* Runs before there are threads, since existing threads would keep their rights. */
static int begin_sandbox(const struct server *server, char *problem)
{
	const struct config *config = &server->config;
	struct store_reach reach;
	int landlock;
	server->store->ops->reach(server->store, &reach);
	if (config->has_no_sandbox) {
		LOG_WARN("server.sandbox", "is=off");
		return 0;
	}
	struct sandbox sandbox = {.data = config->data,
				  .may_ask = config->auth == AUTH_PAM || reach.has_local,
				  .ports = reach.ports,
				  .ports_count = reach.ports_count,
				  .read = {config->file, config->tls_cert, config->tls_key, config->web_root,
					   reach.read[0], reach.read[1], reach.read[2], reach.read[3]}};
	static_assert(STORE_READ_MAX == 4, "each of them is named above");
	if (sandbox_apply(&sandbox, &landlock, problem, CONFIG_PROBLEM_BYTES))
		return -1;
	LOG_INFO("server.sandbox", "is=on landlock=%d", landlock);
	return 0;
}

static void prepare_process(struct server *server, sigset_t *signals)
{
	/* Threads inherit the mask, so only main gets the signals. */
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* A file that may not grow fails that write, as a full disk does. */
	signal(SIGXFSZ, SIG_IGN);
	/* Our files hold everything that was said: only their owner may read them. */
	umask(077);
	privileges_raise_descriptors();
	int error = sendable_open();
	if (error)
		LOG_INFO("server.sendable", "is=off error=\"%s\"", strerror(-error));
	address_of_machine(server->ip);
	dialect_set_server_ip(server->ip);
	if (!server->config.workers)
		server->config.workers = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	if (server->config.workers > LIMIT_WORKERS)
		server->config.workers = LIMIT_WORKERS;
}

/* Before there is a database or a sandbox: it has nothing of either. Without it the chat is the same but for previews. */
static void start_painter(struct server *server)
{
	const struct config *config = &server->config;
	if (config->refuses_previews || !config->limits.file_bytes_max)
		return;
	/* The kernel reaps children that end; the server never waits for them. */
	signal(SIGCHLD, SIG_IGN);
	int error = painter_start(config->has_no_sandbox, &server->painter);
	if (error == -ENOSYS)
		LOG_INFO("picture.painter", "is=off why=\"built without libjpeg, libpng and libwebp\"");
	else if (error)
		LOG_WARN("picture.painter", "is=off error=\"%s\" then=\"pictures have no previews\"",
			 strerror(-error));
}

/* Like the painter, it starts before there is a database or a sandbox. */
static int start_bucket(struct server *server, const struct bucket_config *config, char *problem)
{
	if (!*config->name) {
		if (server->config.node)
			LOG_WARN("file.place", "is=none why=\"nodes have files in a bucket\" "
					       "effect=\"no files are taken\" see=blobs");
		else if (server->config.store)
			LOG_INFO("file.place",
				 "is=\"the data directory\" note=\"another machine would not have "
				 "the files: blobs keeps them in a bucket\"");
		return 0;
	}
	signal(SIGCHLD, SIG_IGN);
	if (bucket_helpers_start(config, server->config.has_no_sandbox, &server->bucket_helpers,
				 &server->bucket, problem))
		return -1;
	blob_bucket_set(&server->bucket);
	return 0;
}

static int open_store(struct server *server, char *problem)
{
	const struct config *config = &server->config;
	if (config->node)
		return store_open_node(config->data, config->store, config->node, &server->store, problem,
				       CONFIG_PROBLEM_BYTES);
	return store_open(config->data, config->store, &server->store, problem, CONFIG_PROBLEM_BYTES);
}

/* Opens everything that has to be open before there are threads. On failure the caller closes it. */
static int open_all(struct server *server, char *problem)
{
	struct config *config = &server->config;
	/* The port comes first: two servers on one database would be worse than two on one port. */
	if (open_listeners(server, problem))
		return -1;
	/* A key that only root may read has to be read while we are root. */
	if (config->tls_key && encryption_load(&server->encryption, config, problem))
		return -1;
	struct bucket_config bucket;
	if (bucket_helper_place(config, &bucket, problem))
		return -1;
	int dropped = privileges_drop(config, problem);
	if (dropped < 0)
		return -1;
	server->is_dropped = dropped;
	start_painter(server);
	int bucket_error = start_bucket(server, &bucket, problem);
	mem_wipe(&bucket, sizeof bucket);
	if (bucket_error)
		return -1;
	if (open_store(server, problem) != STORE_OK)
		return -1;
	server->store->replicas = config->limits.store_replicas;
	if (blobs_open(config->data, &server->blobs, problem, CONFIG_PROBLEM_BYTES))
		return -1;
	if (!config->tls_key && encryption_load(&server->encryption, config, problem))
		return -1;
	if (config->pushes && push_start(config, server->ip, &server->pusher, problem))
		return -1;
	server->control_fd = control_open(config->data);
	return begin_sandbox(server, problem);
}

static int run_server(struct server *server, int argc, char **argv)
{
	char problem[CONFIG_PROBLEM_BYTES];
	sigset_t signals;
	prepare_process(server, &signals);
	systemd_open(&server->systemd);
	server->control_fd = -1;
	server->turns = UINT64_MAX;
	if (open_all(server, problem)) {
		close_all(server);
		return fail_start(problem);
	}
	find_url(server);
	if (start_chat(server, problem))
		return fail_start(problem);
	greet(server);
	systemd_tell(&server->systemd, "READY=1");
	if (geteuid() == 0 && !server->config.user)
		LOG_INFO("server.user",
			 "note=\"running as root, since there is no user %s\" "
			 "do=\"adduser --system --group %s, or choose with --user\"",
			 PRIVILEGES_USER, PRIVILEGES_USER);
	LOG_INFO("server.start", "version=%s workers=%u epoch=%s", BRUSIO_VERSION, server->config.workers,
		 chat_epoch(server->chat));
	wait_for_end(server, &signals, argc, argv);
	stop_server(server, &signals);
	LOG_INFO("server.stopped", "version=%s", BRUSIO_VERSION);
	return 0;
}

int main(int argc, char **argv)
{
	struct server server = {0};
	enum config_action action;
	char problem[CONFIG_PROBLEM_BYTES];
	if (argc > 1 && !strcmp(argv[1], PAINTER_WORD))
		return painter_run(argc, argv);
	if (argc > 1 && !strcmp(argv[1], BUCKET_WORD))
		return bucket_helper_run(argc, argv);
	logging_find_journal();
	if (sodium_init() < 0)
		return fail_start("libsodium cannot start: the system gives no random numbers");
	int status = config_read(&server.config, argc, argv, &action, problem) ? fail_start(problem) : 0;
	logging_set_level(server.config.log_level);
	if (!status && action == CONFIG_HELP) {
		config_write_help(stdout);
		admin_write_help(stdout);
	} else if (!status && action == CONFIG_COMMAND) {
		status = admin_run(&server.config, server.config.words_count, server.config.words);
	}
	if (!status && action == CONFIG_VERSION)
		puts("brusiod " BRUSIO_VERSION);
	else if (!status && action == CONFIG_CHECK)
		status = check_start(&server.config, stdout, problem) ? fail_start(problem) : say_good();
	else if (!status && action == CONFIG_RUN)
		status = run_server(&server, argc, argv);
	config_release(&server.config);
	return status;
}
