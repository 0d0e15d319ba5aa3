#include "front/ask.h"

#include "base/memory.h"
#include "base/text/utf8.h"
#include "client/signals.h"

#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The next line from the terminal without its newline and outer spaces; NULL at its end, or at Ctrl+C. */
static char *ask_line(int signal_fd, const char *question)
{
	struct pollfd polled[] = {{.fd = STDIN_FILENO, .events = POLLIN},
				  {.fd = signal_fd, .events = POLLIN}};
	char typed[512];
	printf("%s", question);
	fflush(stdout);
	while (poll(polled, 2, -1) < 0)
		continue;
	if (polled[1].revents) {
		/* Taken, so that it is not still there when signals count again. */
		while (signals_take(signal_fd))
			continue;
		puts("");
		return NULL;
	}
	ssize_t got = read(STDIN_FILENO, typed, sizeof typed - 1);
	if (got <= 0) {
		puts("");
		return NULL;
	}
	typed[got] = '\0';
	return mem_string(utf8_trim(typed));
}

static bool ask_name(struct options *options, enum lang lang, int signal_fd)
{
	while (!options->name) {
		char *name = ask_line(signal_fd, lang_text(lang, TEXT_client_ask_name));
		if (!name)
			return false;
		if (utf8_is_user_name(name)) {
			options->name = name;
			break;
		}
		if (*name)
			puts(lang_text(lang, TEXT_client_bad_name));
		free(name);
	}
	return true;
}

static bool ask_server(struct options *options, enum lang lang, int signal_fd)
{
	while (!options->host) {
		char *address = ask_line(signal_fd, lang_text(lang, TEXT_client_ask_server));
		if (!address)
			return false;
		if (options_set_address(options, address) != OPTIONS_RIGHT)
			puts(lang_text(lang, TEXT_client_bad_address));
		free(address);
	}
	return true;
}

bool ask_what_is_missing(struct options *options, enum lang lang)
{
	int signal_fd = signals_open();
	bool is_there = ask_name(options, lang, signal_fd) && ask_server(options, lang, signal_fd);
	signals_close(signal_fd);
	return is_there;
}

void ask_nobody(struct options *options)
{
	const char *user = getenv("USER");
	const struct passwd *entry = user ? NULL : getpwuid(getuid());
	if (!user && entry)
		user = entry->pw_name;
	if (!options->name)
		options->name = mem_string(user && utf8_is_user_name(user) ? user : "guest");
	if (!options->host)
		options->host = mem_string("localhost");
}
