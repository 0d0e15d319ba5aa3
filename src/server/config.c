#include "server/config.h"

#include "base/memory.h"
#include "server/config_file.h"
#include "server/config_key.h"

#include <assert.h>
#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTION_BYTES       64
#define PROBLEM_LINE_BYTES 800

/* --- problems --- */

void config_problem_add(char problem[CONFIG_PROBLEM_BYTES], const char *format, ...)
{
	static const char more[] = "there are more problems; mend these first";
	size_t used = strlen(problem);
	va_list args;
	if (strstr(problem, more))
		return;
	if (used)
		problem[used++] = '\n';
	assert(used + PROBLEM_LINE_BYTES <= CONFIG_PROBLEM_BYTES);
	if (used + 2 * PROBLEM_LINE_BYTES > CONFIG_PROBLEM_BYTES) {
		strcpy(problem + used, more);
		return;
	}
	va_start(args, format);
	vsnprintf(problem + used, PROBLEM_LINE_BYTES, format, args);
	va_end(args);
}

/* --- one value --- */

static void write_option(const struct config_key *key, char option[OPTION_BYTES])
{
	snprintf(option, OPTION_BYTES, "%s", key->name);
	for (char *at = option; *at; at++)
		*at = *at == '_' ? '-' : *at;
}

static void set_value(struct config *config, const struct config_key *key, const char *where,
		      const char *value, char *problem)
{
	char invalid[400];
	if (config_key_set(key, config, value))
		return;
	config_key_invalid(key, value, invalid, sizeof invalid);
	config_problem_add(problem, "%s: %s", where, invalid);
}

/* --- the environment --- */

static void read_environment(struct config *config, char *problem)
{
	for (const struct config_key *key = config_keys; key->name; key++) {
		char name[OPTION_BYTES];
		snprintf(name, sizeof name, "BRUSIO_%s", key->name);
		for (char *at = name; *at; at++)
			*at = (char)toupper((unsigned char)*at);
		const char *value = getenv(name);
		if (!value)
			continue;
		if (config_key_is_list(key))
			config_key_clear(key, config);
		set_value(config, key, name, value, problem);
	}
}

/* --- the options --- */

/* The values that getopt_long() gives: the actions and the commands' options, then the keys in their order.
 */
enum { OPTION_HELP = 'h', OPTION_VERSION = 256, OPTION_CHECK, OPTION_CONFIG, OPTION_COMMANDS };

/* Options of one command only. */
static const struct command_option {
	const char *name;
	const char *commands; /* a blank between them */
	size_t offset; /* in struct config, of a const char * into argv; a flag's is "" where it is given */
	int has_value;
} command_options[] = {
    {"room", "export link", offsetof(struct config, room), required_argument},
    {"since", "export", offsetof(struct config, since), required_argument},
    {"uses", "link", offsetof(struct config, uses), required_argument},
    {"days", "link", offsetof(struct config, days), required_argument},
    {"idle", "room", offsetof(struct config, idle), required_argument},
    {"end", "user", offsetof(struct config, end), no_argument},
    {"from", "copy", offsetof(struct config, from), required_argument},
    {"to", "copy", offsetof(struct config, to), required_argument},
    {"force", "backup restore", offsetof(struct config, force), no_argument},
    {"files", "user", offsetof(struct config, with_files), no_argument},
    {"files", "export import", offsetof(struct config, files), required_argument},
    {"without-files", "backup", offsetof(struct config, without_files), no_argument},
};

#define COMMAND_OPTIONS_COUNT ((int)(sizeof command_options / sizeof *command_options))
#define OPTION_KEYS           (OPTION_COMMANDS + COMMAND_OPTIONS_COUNT)

/* The command line, walked once: what it sets waits until the file and the environment are read. */
struct options {
	struct option *known;
	char (*names)[OPTION_BYTES]; /* of the keys, as options */
	struct given {
		const struct config_key *key;
		const char *value;
	} * given;
	size_t given_count;
};

/* One name is an option of two commands: with a value, unless these words are somebody's deletion. */
static bool is_option_of(const struct command_option *option, int argc, char **argv)
{
	bool deletes_user = false;
	for (int i = 1; i + 1 < argc; i++)
		deletes_user |= !strcmp(argv[i], "user") && !strcmp(argv[i + 1], "delete");
	return strcmp(option->name, "files") != 0 || deletes_user == (option->has_value == no_argument);
}

static void list_options(struct options *options, int argc, char **argv)
{
	static const struct option actions[] = {
	    {"help", no_argument, NULL, OPTION_HELP},
	    {"version", no_argument, NULL, OPTION_VERSION},
	    {"check-config", no_argument, NULL, OPTION_CHECK},
	    {"config", required_argument, NULL, OPTION_CONFIG},
	};
	size_t keys = 0, count = sizeof actions / sizeof *actions;
	while (config_keys[keys].name)
		keys++;
	options->known = mem_zero((count + COMMAND_OPTIONS_COUNT + 2 * keys + 1) * sizeof *options->known);
	options->names = mem_zero(keys * sizeof *options->names);
	options->given = mem_zero((size_t)argc * sizeof *options->given);
	memcpy(options->known, actions, sizeof actions);
	for (int i = 0; i < COMMAND_OPTIONS_COUNT; i++)
		if (is_option_of(&command_options[i], argc, argv))
			options->known[count++] = (struct option){
			    command_options[i].name, command_options[i].has_value, NULL, OPTION_COMMANDS + i};
	for (size_t i = 0; i < keys; i++) {
		write_option(&config_keys[i], options->names[i]);
		/* The spelling of the file is accepted, too. */
		const char *const names[] = {options->names[i], config_keys[i].name};
		for (int k = 0; k < 2; k++)
			options->known[count++] =
			    (struct option){names[k], required_argument, NULL, OPTION_KEYS + (int)i};
	}
}

static void free_options(struct options *options)
{
	free(options->known);
	free(options->names);
	free(options->given);
}

static void refuse_unknown(const char *argument, char *problem)
{
	char name[OPTION_BYTES], option[OPTION_BYTES];
	size_t dashes = strspn(argument, "-");
	snprintf(name, sizeof name, "%.*s", (int)strcspn(argument + dashes, "="), argument + dashes);
	const struct config_key *nearest = dashes == 2 ? config_key_nearest(name) : NULL;
	if (nearest) {
		write_option(nearest, option);
		config_problem_add(problem, "unknown option --%s; did you mean --%s?", name, option);
	} else {
		config_problem_add(problem, "unknown option %.64s; brusiod --help lists them all", argument);
	}
}

static void add_word(struct config *config, char *word, char *problem)
{
	if (config->words_count < CONFIG_WORDS_MAX - 1)
		config->words[config->words_count++] = word;
	else
		config_problem_add(problem, "\"%.64s\" is one argument too many", word);
}

static void take_option(struct config *config, struct options *options, int option,
			enum config_action *action)
{
	switch (option) {
	case OPTION_HELP:
		*action = CONFIG_HELP;
		break;
	case OPTION_VERSION:
		*action = CONFIG_VERSION;
		break;
	case OPTION_CHECK:
		*action = CONFIG_CHECK;
		break;
	case OPTION_CONFIG:
		free(config->file);
		config->file = mem_string(optarg);
		break;
	default:
		assert(option >= OPTION_COMMANDS);
		if (option >= OPTION_KEYS)
			options->given[options->given_count++] =
			    (struct given){&config_keys[option - OPTION_KEYS], optarg};
		else
			*(const char **)(void *)((char *)config +
						 command_options[option - OPTION_COMMANDS].offset) =
			    optarg ? optarg : "";
	}
}

/* Options stand before, between and after the words of a command alike. */
static void walk_options(struct config *config, struct options *options, int argc, char **argv,
			 enum config_action *action, char *problem)
{
	int option;
	opterr = 0;
	optind = 0; /* also where getopt was used before */
	/* '-': words come in their place, as option 1, and argv stays as it is. */
	while ((option = getopt_long(argc, argv, "-:h", options->known, NULL)) != -1) {
		if (option == 1)
			add_word(config, optarg, problem);
		else if (option == ':')
			config_problem_add(problem, "%.64s needs a value", argv[optind - 1]);
		else if (option == '?')
			refuse_unknown(argv[optind - 1], problem);
		else
			take_option(config, options, option, action);
	}
	for (int i = optind; i < argc; i++)
		add_word(config, argv[i], problem);
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = words; *at; at += strspn(at, " ")) {
		size_t here = strcspn(at, " ");
		if (here == length && !strncmp(at, word, length))
			return true;
		at += here;
	}
	return false;
}

static void check_command_options(const struct config *config, char *problem)
{
	for (int i = 0; i < COMMAND_OPTIONS_COUNT; i++) {
		const struct command_option *one = &command_options[i];
		const char *value = *(const char *const *)(const void *)((const char *)config + one->offset);
		if (value && (!config->words_count || !has_word(one->commands, config->words[0])))
			config_problem_add(problem, "--%s only goes with brusiod %s", one->name,
					   one->commands);
	}
}

static void set_given(struct config *config, const struct options *options, char *problem)
{
	for (size_t i = 0; i < options->given_count; i++) {
		const struct given *given = &options->given[i];
		bool is_first = true;
		for (size_t k = 0; k < i; k++)
			is_first = is_first && options->given[k].key != given->key;
		if (is_first && config_key_is_list(given->key))
			config_key_clear(given->key, config);
		char option[OPTION_BYTES], where[OPTION_BYTES + 2];
		write_option(given->key, option);
		snprintf(where, sizeof where, "--%s", option);
		set_value(config, given->key, where, given->value, problem);
	}
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

int config_read(struct config *config, int argc, char **argv, enum config_action *action,
		char problem[CONFIG_PROBLEM_BYTES])
{
	struct options options = {0};
	const char *file = getenv("BRUSIO_CONFIG");
	*config = (struct config){
	    .port = 5000, .log_level = LOGGING_INFO, .allow_guests = true, .limits = limits_default};
	*action = CONFIG_RUN;
	*problem = '\0';
	if (file)
		config->file = mem_string(file);
	list_options(&options, argc, argv);
	walk_options(config, &options, argc, argv, action, problem);
	if (*action == CONFIG_HELP || *action == CONFIG_VERSION) {
		*problem = '\0';
	} else {
		check_command_options(config, problem);
		if (config->file)
			config_file_read(config, problem);
		read_environment(config, problem);
		set_given(config, &options, problem);
	}
	free_options(&options);
	config->has_default_data = !config->data;
	if (!config->data)
		config->data = default_data();
	assert(config->data && *config->data);
	/* What one node has in its folder is nowhere for the others. */
	if (config->node && !config->blobs)
		config->limits.file_bytes_max = 0;
	if (config->words_count && *action == CONFIG_RUN)
		*action = CONFIG_COMMAND;
	return *problem ? -1 : 0;
}

void config_release(struct config *config)
{
	for (const struct config_key *key = config_keys; key->name; key++)
		config_key_clear(key, config);
	free(config->file);
	config->file = NULL;
}

const char *config_needs_restart(const struct config *before, const struct config *after)
{
	for (const struct config_key *key = config_keys; key->name; key++) {
		/* The default changes when root becomes another user after the start. */
		bool is_default = key->offset == offsetof(struct config, data) && before->has_default_data &&
				  after->has_default_data;
		if (!key->is_live && !is_default && !config_key_is_same(key, before, after))
			return key->name;
	}
	return NULL;
}

void config_write_help(FILE *to)
{
	fputs("usage: brusiod [COMMAND] [--KEY VALUE]...\n"
	      "\n"
	      "The server of a group chat. Every key is also an environment variable (BRUSIO_PORT) and a\n"
	      "line of the configuration file (port = 5000, with _ for -).\n"
	      "\n"
	      "  --config FILE                read this configuration file\n"
	      "  --check-config               check the configuration and exit\n"
	      "  -h, --help                   show this help and exit\n"
	      "  --version                    show the version and exit\n",
	      to);
	for (const struct config_key *key = config_keys; key->name; key++) {
		char option[OPTION_BYTES], shown[64], whole[2 * OPTION_BYTES + 8], expected[128];
		write_option(key, option);
		config_key_shown(key, shown, sizeof shown);
		snprintf(whole, sizeof whole, "--%s %s", option, shown);
		config_key_expected(key, expected, sizeof expected);
		/* A long option has a line of its own. */
		fprintf(to, "  %-29s%s%s", whole,
			strlen(whole) > 28 ? "\n                               " : "", key->help);
		if (key->kind == CONFIG_LIMIT)
			fprintf(to, " (%s; default %lld)", expected, (long long)key->standard);
		fputc('\n', to);
	}
}
