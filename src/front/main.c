/* brusio: the terminal client. See client.h for how it works, --help for what it does. */
#include "front/ask.h"
#include "client/client.h"
#include "front/filter.h"
#include "front/fullscreen.h"
#include "client/options.h"
#include "front/screen.h"
#include "front/terminal.h"
#include "version.h"

#include <fcntl.h>
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
	if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
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

static enum client_status chat_on_screen(const struct options *options, enum lang lang)
{
	struct client_front front;
	struct client client;
	struct fullscreen *full = fullscreen_new(&front);
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

/* A terminal that cannot be drawn on can still be asked. */
static enum client_status chat(struct options *options, enum lang lang)
{
	bool is_terminal =
	    isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !options->json && !options->follow;
	if (!is_terminal)
		ask_nobody(options);
	else if (!ask_what_is_missing(options, lang))
		return CLIENT_DONE;
	if (is_terminal && !options->is_line_mode && terminal_can_fill())
		return chat_on_screen(options, lang);
	bool is_screen = is_terminal && terminal_can_draw();
	return is_screen ? chat_on_terminal(options, lang) : chat_through_pipes(options, lang);
}

int main(int argc, char **argv)
{
	struct options options;
	const char *culprit = NULL;
	keep_standard_descriptors();
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
	} else {
		status = chat(&options, lang);
	}
	options_release(&options);
	return status;
}
