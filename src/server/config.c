#include "server/config.h"

#include "base/memory.h"
#include "gateway/web.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One key. `set` returns false where the value is not allowed; `allowed` says what is. */
struct key {
	const char *name; /* as in the file: log_level; the option is --log-level */
	const char *allowed;
	const char *help;
	bool (*set)(struct config *config, const struct key *key, const char *value);
	size_t offset; /* of a limit in struct limits, of ranges in struct config */
	int64_t value, low, high;
};

static bool parse_number(const char *text, int64_t low, int64_t high, int64_t *number)
{
	char *end;
	errno = 0;
	*number = strtoll(text, &end, 10);
	return end != text && !*end && !errno && *number >= low && *number <= high;
}

static bool set_port(struct config *config, const struct key *key, const char *value)
{
	int64_t number;
	(void)key;
	if (!parse_number(value, 0, 65535, &number))
		return false;
	config->port = (unsigned)number;
	return true;
}

static bool set_listen(struct config *config, const struct key *key, const char *value)
{
	(void)key;
	if (!*value || config->listen_count == LISTENERS_MAX)
		return false;
	config->listen[config->listen_count++] = mem_string(value);
	return true;
}

static bool replace(char **text, const char *value)
{
	free(*text);
	*text = mem_string(value);
	return true;
}

static bool set_data(struct config *config, const struct key *key, const char *value)
{
	(void)key;
	if (!*value)
		return false;
	free(config->data);
	config->data = mem_string(value);
	return true;
}

static bool set_workers(struct config *config, const struct key *key, const char *value)
{
	int64_t number;
	(void)key;
	if (!parse_number(value, 0, LIMIT_WORKERS, &number))
		return false;
	config->workers = (unsigned)number;
	return true;
}

static bool set_log_level(struct config *config, const struct key *key, const char *value)
{
	(void)key;
	return logging_level_from_name(value, &config->log_level);
}

static bool set_language(struct config *config, const struct key *key, const char *value)
{
	(void)key;
	if (strcmp(value, "en") && strcmp(value, "it"))
		return false;
	config->language = lang_from_tag(value, LANG_EN);
	return true;
}

static bool set_show_ip(struct config *config, const struct key *key, const char *value)
{
	(void)key;
	if (strcmp(value, "all") && strcmp(value, "masked"))
		return false;
	config->show_all_ips = !strcmp(value, "all");
	return true;
}

static bool set_yes(bool *to, const char *value)
{
	*to = !strcmp(value, "yes");
	return *to || !strcmp(value, "no");
}

static bool set_guests(struct config *config, const struct key *key, const char *value)
{
	(void)key;
	return set_yes(&config->allow_guests, value);
}

static bool set_insecure(struct config *config, const struct key *key, const char *value)
{
	(void)key;
	return set_yes(&config->allow_insecure_passwords, value);
}

static bool set_registration(struct config *config, const struct key *key, const char *value)
{
	(void)key;
	config->allow_registration = !strcmp(value, "open");
	config->allow_accounts = config->allow_registration || !strcmp(value, "admin");
	return config->allow_accounts || !strcmp(value, "closed");
}

static bool set_tls(struct config *config, const struct key *key, const char *value)
{
	static const char *const modes[] = {[TLS_ON] = "on", [TLS_REQUIRED] = "required", [TLS_OFF] = "off"};
	(void)key;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (!strcmp(value, modes[i])) {
			config->tls = (enum config_tls)i;
			return true;
		}
	return false;
}

static bool set_file(struct config *config, const struct key *key, const char *value)
{
	char **slot = strcmp(key->name, "tls_cert") ? &config->tls_key : &config->tls_cert;
	if (!*value)
		return false;
	free(*slot);
	*slot = mem_string(value);
	return true;
}

static bool set_user(struct config *config, const struct key *key, const char *value)
{
	(void)key;
	if (!*value)
		return false;
	free(config->user);
	config->user = mem_string(value);
	return true;
}

static bool set_sandbox(struct config *config, const struct key *key, const char *value)
{
	(void)key;
	config->has_no_sandbox = !strcmp(value, "off");
	return config->has_no_sandbox || !strcmp(value, "on");
}

static bool set_ranges(struct config *config, const struct key *key, const char *value)
{
	return ranges_add((struct ranges *)(void *)((char *)config + key->offset), value);
}

static bool set_web_root(struct config *config, const struct key *key, const char *value)
{
	(void)key;
	return *value && replace(&config->web_root, value);
}

static bool set_web_origins(struct config *config, const struct key *key, const char *value)
{
	(void)key;
	return web_is_origins(value) && replace(&config->web_origins, value);
}

/* Shorter ones could be guessed by trying. */
static bool set_metrics_token(struct config *config, const struct key *key, const char *value)
{
	(void)key;
	return strlen(value) >= 16 && replace(&config->metrics_token, value);
}

static bool set_limit(struct config *config, const struct key *key, const char *value)
{
	int64_t number;
	if (!parse_number(value, key->low, key->high, &number))
		return false;
	memcpy((char *)&config->limits + key->offset, &number, sizeof number);
	return true;
}

static const struct key keys[] = {
    {"port", "a number from 0 to 65535", "TCP port to listen on; 0: any free one (default 5000)", set_port, 0,
     0, 0, 0},
    {"listen", "an address of this machine, at most 16 times",
     "address to listen on, may be repeated (default: all, IPv4 and IPv6)", set_listen, 0, 0, 0, 0},
    {"data", "a directory",
     "where everything is kept (default: /var/lib/brusio for root, else $XDG_DATA_HOME/brusio)", set_data, 0,
     0, 0, 0},
    {"workers", "a number from 0 to 64", "threads that serve connections; 0: one a processor (default 0)",
     set_workers, 0, 0, 0, 0},
    {"log_level", "error, warn, info or debug",
     "how much is logged: error, warn, info or debug (default info)", set_log_level, 0, 0, 0, 0},
    {"language", "en or it", "what the server speaks to those who do not say: en or it (default en)",
     set_language, 0, 0, 0, 0},
    {"web_root", "a directory",
     "serve the web client from this folder instead of the one inside, for those who work on it",
     set_web_root, 0, 0, 0, 0},
    {"web_origins", "a list like https://chat.example,https://other.example, or *",
     "pages of these origins may connect too, separated by commas (default: those of the server itself "
     "alone)",
     set_web_origins, 0, 0, 0, 0},
    {"metrics_from", "an address or network such as 10.0.0.0/8, at most 64 times",
     "who may read /metrics besides this machine, may be repeated", set_ranges,
     offsetof(struct config, metrics_from), 0, 0, 0},
    {"metrics_token", "a text of 16 characters or more",
     "who brings this as a bearer token may read /metrics too", set_metrics_token, 0, 0, 0, 0},
    {"show_ip", "all or masked", "public addresses of users: all or masked (default masked)", set_show_ip, 0,
     0, 0, 0},
    {"guests", "yes or no", "may people come in without an account: yes or no (default yes)", set_guests, 0,
     0, 0, 0},
    {"registration", "open, admin or closed",
     "who makes accounts: open (everybody his own), admin (brusiod user add) or closed (nobody) (default "
     "open)",
     set_registration, 0, 0, 0, 0},
    {"insecure_passwords", "yes or no",
     "take passwords over unencrypted connections from other machines: yes or no (default no)", set_insecure,
     0, 0, 0, 0},
    {"tls", "on, required or off", "encryption on the port: on, required or off (default on)", set_tls, 0, 0,
     0, 0},
    {"tls_cert", "a PEM file", "certificate chain (default: one that the server makes for itself)", set_file,
     0, 0, 0, 0},
    {"tls_key", "a PEM file", "its key", set_file, 0, 0, 0, 0},
    {"user", "a user's name", "whom the server becomes when root starts it (default brusio, if there is one)",
     set_user, 0, 0, 0, 0},
    {"sandbox", "on or off", "give up what serving does not need: on or off, to debug (default on)",
     set_sandbox, 0, 0, 0, 0},
    {"proxy_from", "an address or network such as 10.0.0.0/8, at most 64 times",
     "who sends a PROXY header, may be repeated", set_ranges, offsetof(struct config, proxy_from), 0, 0, 0},
#define X(name, value, low, high, help) \
	{#name, NULL, help, set_limit, offsetof(struct limits, name), value, low, high},
    LIMITS(X)
#undef X
};

#define KEYS_COUNT (sizeof keys / sizeof *keys)

static const struct key *find_key(const char *name)
{
	for (size_t i = 0; i < KEYS_COUNT; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static void say_allowed(const struct key *key, char *text, size_t bytes)
{
	if (key->allowed)
		snprintf(text, bytes, "%s", key->allowed);
	else
		snprintf(text, bytes, "a number from %lld to %lld", (long long)key->low,
			 (long long)key->high);
}

/* `where` begins the problem: "file:line: " or "--option: ". */
static int set_value(struct config *config, const struct key *key, const char *value, const char *where,
		     char *problem)
{
	if (key->set(config, key, value))
		return 0;
	char allowed[128];
	say_allowed(key, allowed, sizeof allowed);
	snprintf(problem, CONFIG_PROBLEM_BYTES, "%s\"%s\" is no value for %s: allowed is %s", where, value,
		 key->name, allowed);
	return -1;
}

/* --- the file --- */

struct reading {
	struct config *config;
	FILE *from;
	int line;      /* the one that was read last */
	int wrong;     /* the first one that is refused, or 0 */
	char *problem; /* why */
	char *text;    /* of that line; owned */
	size_t capacity;
	int set_on[KEYS_COUNT]; /* the line that set each key, or 0 */
};

__attribute__((format(printf, 2, 3))) static void refuse(struct reading *reading, const char *format, ...)
{
	va_list args;
	if (reading->wrong)
		return;
	reading->wrong = reading->line;
	va_start(args, format);
	vsnprintf(reading->problem, CONFIG_PROBLEM_BYTES, format, args);
	va_end(args);
}

/* Gives the library line for line, without what it would do on its own: cut a long line in two, take an
 * indented one for the rest of the value before it, pass over a section that is empty. */
static char *next_line(char *text, int bytes, void *context)
{
	struct reading *reading = context;
	if (reading->wrong)
		return NULL;
	ssize_t length = getline(&reading->text, &reading->capacity, reading->from);
	if (length < 0)
		return NULL;
	reading->line++;
	const char *first = reading->text + strspn(reading->text, " \t");
	if (memchr(reading->text, '\0', (size_t)length))
		refuse(reading, "this line is no text");
	else if (length >= bytes)
		refuse(reading, "this line is too long: at most %d bytes are allowed", bytes - 2);
	else if (*first == '[')
		refuse(reading, "there are no sections, so \"%.*s\" is not allowed",
		       (int)strcspn(first, "\r\n"), first);
	return reading->wrong ? NULL : strcpy(text, first);
}

static bool is_list(const struct key *key)
{
	return key->set == set_listen || key->set == set_ranges;
}

static int take_line(void *context, const char *section, const char *name, const char *value)
{
	struct reading *reading = context;
	const struct key *key = find_key(name);
	char what[CONFIG_PROBLEM_BYTES];
	(void)section;
	if (!key)
		refuse(reading, "unknown key \"%s\"; brusiod --help lists the allowed ones (with _ for -)",
		       name);
	else if (reading->set_on[key - keys] && !is_list(key))
		refuse(reading, "%s is set on line %d already", key->name, reading->set_on[key - keys]);
	else if (set_value(reading->config, key, value, "", what))
		refuse(reading, "%s", what);
	else
		reading->set_on[key - keys] = reading->line;
	return !reading->wrong;
}

static int read_file(struct config *config, char *problem)
{
	char what[CONFIG_PROBLEM_BYTES] = "";
	struct reading reading = {.config = config, .from = fopen(config->file, "re"), .problem = what};
	/* What it objects to itself: a line that is neither empty nor a comment and has no '='. */
	int line = reading.from ? ini_parse_stream(next_line, &reading, take_line, &reading) : 0;
	bool is_read = reading.from && !ferror(reading.from);
	if (!is_read)
		snprintf(problem, CONFIG_PROBLEM_BYTES, "cannot read the configuration %s: %s", config->file,
			 strerror(errno));
	else if (line > 0 && (!reading.wrong || line < reading.wrong))
		snprintf(problem, CONFIG_PROBLEM_BYTES,
			 "%.200s:%d: this is no line of the form \"key = value\"", config->file, line);
	else if (reading.wrong)
		snprintf(problem, CONFIG_PROBLEM_BYTES, "%.200s:%d: %.700s", config->file, reading.wrong,
			 what);
	free(reading.text);
	if (reading.from)
		fclose(reading.from);
	return is_read && !line && !reading.wrong ? 0 : -1;
}

/* --- the environment --- */

static int read_environment(struct config *config, char *problem)
{
	for (size_t i = 0; i < KEYS_COUNT; i++) {
		char name[64] = "BRUSIO_", where[80];
		for (size_t k = 0; keys[i].name[k] && k < sizeof name - 8; k++)
			name[7 + k] = (char)toupper((unsigned char)keys[i].name[k]);
		const char *value = getenv(name);
		snprintf(where, sizeof where, "%s: ", name);
		if (value && set_value(config, &keys[i], value, where, problem))
			return -1;
	}
	return 0;
}

/* --- the options --- */

static const struct key *find_option(const char *option, size_t length)
{
	char name[64];
	if (length >= sizeof name)
		return NULL;
	memcpy(name, option, length);
	name[length] = '\0';
	for (char *at = name; *at; at++)
		*at = *at == '-' ? '_' : *at;
	return find_key(name);
}

static bool is_action(const char *argument, enum config_action *action)
{
	static const struct {
		const char *option;
		enum config_action action;
	} actions[] = {{"--help", CONFIG_HELP},
		       {"-h", CONFIG_HELP},
		       {"--version", CONFIG_VERSION},
		       {"--check-config", CONFIG_CHECK}};
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (!strcmp(argument, actions[i].option)) {
			*action = actions[i].action;
			return true;
		}
	return false;
}

static int take_option(struct config *config, const char *option, size_t length, const char *value,
		       char *problem);

/* Calls back for "--key value" and "--key=value"; what is neither is a word of a command. */
static int walk_options(struct config *config, int argc, char **argv, enum config_action *action,
			char *problem,
			int (*take)(struct config *, const char *option, size_t length, const char *value,
				    char *problem))
{
	for (int i = 1; i < argc; i++) {
		if (is_action(argv[i], action))
			continue;
		bool is_command = *argv[1] != '-';
		if (is_command && (*argv[i] != '-' || !argv[i][1]) &&
		    config->words_count < CONFIG_WORDS_MAX - 1) {
			if (take == take_option)
				config->words[config->words_count++] = argv[i];
			continue;
		}
		if (strncmp(argv[i], "--", 2)) {
			snprintf(problem, CONFIG_PROBLEM_BYTES, "\"%s\" is no option; see brusiod --help",
				 argv[i]);
			return -1;
		}
		const char *option = argv[i] + 2, *equals = strchr(option, '=');
		size_t length = equals ? (size_t)(equals - option) : strlen(option);
		const char *value = equals ? equals + 1 : i + 1 < argc ? argv[i + 1] : NULL;
		if (!equals)
			i++;
		if (take(config, option, length, value, problem))
			return -1;
	}
	return 0;
}

/* The first walk: where is the file? */
static int take_file(struct config *config, const char *option, size_t length, const char *value,
		     char *problem)
{
	(void)problem;
	if (length == 6 && !memcmp(option, "config", 6) && value) {
		free(config->file);
		config->file = mem_string(value);
	}
	return 0;
}

static bool take_export_option(struct config *config, const char *option, size_t length, const char *value)
{
	const char **to = length == 4 && !memcmp(option, "room", 4)    ? &config->room
			  : length == 5 && !memcmp(option, "since", 5) ? &config->since
								       : NULL;
	if (to)
		*to = value;
	return to != NULL;
}

static int take_option(struct config *config, const char *option, size_t length, const char *value,
		       char *problem)
{
	char where[80];
	bool is_file = length == 6 && !memcmp(option, "config", 6);
	const struct key *key = find_option(option, length);
	if (value && config->words_count && !strcmp(config->words[0], "export") &&
	    take_export_option(config, option, length, value))
		return 0;
	if (!key && !is_file) {
		snprintf(problem, CONFIG_PROBLEM_BYTES, "unknown option --%.*s; see brusiod --help",
			 (int)length, option);
		return -1;
	}
	if (!value) {
		snprintf(problem, CONFIG_PROBLEM_BYTES, "--%.*s needs a value", (int)length, option);
		return -1;
	}
	snprintf(where, sizeof where, "--%.*s: ", (int)length, option);
	return is_file ? 0 : set_value(config, key, value, where, problem);
}

/* --- all of it --- */

static char *default_data(void)
{
	const char *base = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	char path[4096];
	if (geteuid() == 0)
		return mem_string("/var/lib/brusio");
	if (base && *base)
		snprintf(path, sizeof path, "%s/brusio", base);
	else
		snprintf(path, sizeof path, "%s/.local/share/brusio", home && *home ? home : ".");
	return mem_string(path);
}

/* Of what may be given more than once. */
static void forget_listen(struct config *config)
{
	while (config->listen_count)
		free(config->listen[--config->listen_count]);
}

int config_read(struct config *config, int argc, char **argv, enum config_action *action,
		char problem[CONFIG_PROBLEM_BYTES])
{
	*config = (struct config){.port = 5000,
				  .log_level = LOGGING_INFO,
				  .allow_guests = true,
				  .allow_registration = true,
				  .allow_accounts = true,
				  .limits = limits_default};
	*action = CONFIG_RUN;
	*problem = '\0';
	const char *file = getenv("BRUSIO_CONFIG");
	if (file)
		config->file = mem_string(file);
	config->data = default_data();
	int result = walk_options(config, argc, argv, action, problem, take_file);
	if (result || *action == CONFIG_HELP || *action == CONFIG_VERSION)
		return result;
	if (config->file && read_file(config, problem))
		return -1;
	/* Each way of giving addresses replaces what the weaker ones gave. */
	if (getenv("BRUSIO_LISTEN"))
		forget_listen(config);
	if (read_environment(config, problem))
		return -1;
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--listen") || !strncmp(argv[i], "--listen=", 9)) {
			forget_listen(config);
			break;
		}
	result = walk_options(config, argc, argv, action, problem, take_option);
	if (config->words_count && *action == CONFIG_RUN)
		*action = CONFIG_COMMAND;
	return result;
}

void config_release(struct config *config)
{
	forget_listen(config);
	free(config->file);
	free(config->data);
	free(config->tls_cert);
	free(config->tls_key);
	free(config->user);
	free(config->web_root);
	free(config->web_origins);
	free(config->metrics_token);
}

void config_write_help(FILE *to)
{
	fputs("usage: brusiod [COMMAND] [--KEY VALUE]...\n"
	      "\n"
	      "The server of a group chat. Every key is also an environment variable (BRUSIO_PORT) and a\n"
	      "line of the configuration file (port = 5000, with _ for -).\n"
	      "\n"
	      "  --config FILE                 read this configuration\n"
	      "  --check-config                say whether the configuration is good, and stop\n"
	      "  --help, --version             what they say\n",
	      to);
	for (size_t i = 0; i < KEYS_COUNT; i++) {
		char option[64], allowed[128];
		snprintf(option, sizeof option, "%s", keys[i].name);
		for (char *at = option; *at; at++)
			*at = *at == '_' ? '-' : *at;
		say_allowed(&keys[i], allowed, sizeof allowed);
		if (keys[i].allowed)
			fprintf(to, "  --%-27s %s\n", option, keys[i].help);
		else
			fprintf(to, "  --%-27s %s (%s; default %lld)\n", option, keys[i].help, allowed,
				(long long)keys[i].value);
	}
}
