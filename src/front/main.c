/* brusio: the terminal client. See client.h for how it works, --help for what it does. */
#include "front/ask.h"
#include "client/client.h"
#include "front/conf.h"
#include "front/filter.h"
#include "front/fullscreen.h"
#include "client/options.h"
#include "front/screen.h"
#include "front/terminal.h"
#include "base/memory.h"
#include "version.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Sockets must not become standard output because somebody closed that. */
static void keep_standard_descriptors(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

static enum lang choose_language(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return lang_from_tag(value, LANG_EN);
	}
	return LANG_EN;
}

/* Every terminal of today speaks UTF-8, also where nobody has set a locale. */
static void choose_locale(void)
{
	setlocale(LC_CTYPE, "");
	const char *codeset = nl_langinfo(CODESET);
	terminal_speaks(codeset);
	if (strcmp(codeset, "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

static int complain(enum lang lang, enum options_problem problem, const char *culprit)
{
	static const enum text keys[] = {
	    [OPTIONS_UNKNOWN] = TEXT_client_bad_option,
	    [OPTIONS_BAD_ADDRESS] = TEXT_client_bad_address,
	    [OPTIONS_BAD_NAME] = TEXT_client_bad_name,
	    [OPTIONS_BAD_ROOM] = TEXT_client_bad_room,
	    [OPTIONS_BAD_NUMBER] = TEXT_client_bad_number,
	    [OPTIONS_TOO_MANY] = TEXT_client_too_many_addresses,
	    [OPTIONS_TOO_MANY_FILES] = TEXT_client_bad_send,
	    [OPTIONS_BAD_TO] = TEXT_client_bad_to,
	    [OPTIONS_BAD_SINCE] = TEXT_client_bad_since,
	    [OPTIONS_BAD_FINGERPRINT] = TEXT_client_bad_fingerprint,
	};
	fprintf(stderr, "brusio: %s: %s\n%s\n", culprit, lang_text(lang, keys[problem]),
		lang_text(lang, TEXT_client_see_help));
	return CLIENT_FAILED;
}

static enum client_status chat_on_terminal(const struct options *options, enum lang lang)
{
	struct client_front front;
	struct client client;
	struct screen *screen = screen_new(&front);
	if (!screen) {
		fprintf(stderr, "brusio: %s\n", lang_text(lang, TEXT_client_no_terminal));
		return CLIENT_FAILED;
	}
	client_init(&client, options, lang, &front);
	screen_attach(screen, &client);
	while (!client.is_done)
		client_turn(&client);
	screen_free(screen);
	client_release(&client);
	return client.status;
}

static enum client_status chat_through_pipes(const struct options *options, enum lang lang)
{
	struct client_front front;
	struct client client;
	struct filter *filter = filter_new(options, &front);
	client_init(&client, options, lang, &front);
	filter_attach(filter, &client);
	while (!client.is_done)
		client_turn(&client);
	filter_free(filter);
	client_release(&client);
	return client.status;
}

static enum client_status chat_on_screen(const struct options *options, const struct conf *conf,
					 enum lang lang)
{
	struct client_front front;
	struct client client;
	struct fullscreen *full = fullscreen_new(&front, conf);
	if (!full) {
		fprintf(stderr, "brusio: %s\n", lang_text(lang, TEXT_client_no_terminal));
		return CLIENT_FAILED;
	}
	client_init(&client, options, lang, &front);
	fullscreen_attach(full, &client);
	while (!client.is_done)
		client_turn(&client);
	fullscreen_free(full);
	client_release(&client);
	return client.status;
}

/* Reads the configuration, and says what is wrong with it. A file that nobody named may be missing. */
static bool read_conf(struct conf *conf, const struct options *options, enum lang lang)
{
	struct buffer problems = BUFFER_EMPTY;
	char *path = options->conf ? mem_string(options->conf) : conf_path();
	bool is_read = path && conf_read(conf, path, lang, &problems);
	bool is_missed = !is_read && path && (options->conf || errno != ENOENT);
	if (is_missed) {
		struct text_args args = {.name = path, .text = strerror(errno)};
		lang_write(&problems, lang, TEXT_client_conf_unreadable, &args);
		buffer_add_char(&problems, '\n');
	}
	bool is_right = !buffer_length(&problems);
	fputs(buffer_string(&problems), stderr);
	if (is_right && options->checks_conf) {
		struct text_args args = {.name = path ? path : "brusio.conf"};
		lang_write(&problems, lang, is_read ? TEXT_client_conf_right : TEXT_client_conf_none, &args);
		puts(buffer_string(&problems));
	}
	buffer_release(&problems);
	free(path);
	return is_right;
}

/* A terminal that cannot be drawn on can still be asked. */
static enum client_status chat_with_somebody(struct options *options, const struct conf *conf, enum lang lang)
{
	if (!ask_what_is_missing(options, lang))
		return CLIENT_DONE;
	if (!options->is_line_mode && !conf->is_line_mode && terminal_can_fill())
		return chat_on_screen(options, conf, lang);
	return terminal_can_draw() ? chat_on_terminal(options, lang) : chat_through_pipes(options, lang);
}

/* Scripts go by their command line alone. */
static enum client_status chat(struct options *options, enum lang lang)
{
	struct conf conf;
	enum client_status status = CLIENT_FAILED;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || options->json || options->follow ||
	    options->send_count) {
		ask_nobody(options);
		return chat_through_pipes(options, lang);
	}
	conf_init(&conf);
	if (read_conf(&conf, options, lang)) {
		options_fill(options, conf.preferences.server, conf.preferences.name, conf.rooms,
			     conf.room_count);
		options->preferences = &conf.preferences;
		if (conf.preferences.language)
			lang = lang_from_tag(conf.preferences.language, lang);
		status = chat_with_somebody(options, &conf, lang);
	}
	conf_release(&conf);
	return status;
}

static enum client_status check_conf(const struct options *options, enum lang lang)
{
	struct conf conf;
	conf_init(&conf);
	bool is_right = read_conf(&conf, options, lang);
	conf_release(&conf);
	return is_right ? CLIENT_DONE : CLIENT_FAILED;
}

int main(int argc, char **argv)
{
	struct options options;
	const char *culprit = NULL;
	keep_standard_descriptors();
	json_set_alloc_funcs(mem_alloc, mem_free_wiped); /* objects may hold passwords and tokens */
	choose_locale();
	enum lang lang = choose_language();
	enum options_problem problem = options_read(&options, argc, argv, &culprit);
	int status = CLIENT_DONE;
	if (problem != OPTIONS_RIGHT) {
		status = complain(lang, problem, culprit);
	} else if (options.help) {
		puts(lang_text(lang, TEXT_client_help));
	} else if (options.version) {
		puts("brusio " BRUSIO_VERSION);
	} else if (options.checks_conf) {
		status = check_conf(&options, lang);
	} else {
		status = chat(&options, lang);
	}
	options_release(&options);
	return status;
}
