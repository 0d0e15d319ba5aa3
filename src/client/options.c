#include "client/options.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/request.h"
#include "base/text/utf8.h"
#include "client/trust.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static void options_set_owned(char **slot, char *text)
{
	free(*slot);
	*slot = text;
}

/* Digits alone, so that a sign, a space or "0x" is as wrong as a letter. */
static bool options_number(const char *text, int low, int high, int *number)
{
	size_t digits = strspn(text, "0123456789");
	if (!digits || text[digits] || digits > 6)
		return false;
	*number = atoi(text);
	return *number >= low && *number <= high;
}

static bool options_is_host(const char *host, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)host[i] <= ' ' || strchr("[]@/", host[i]))
			return false;
	return true;
}

/* "https://chat.example:5000/#+SECRET", as the page of an invitation is addressed; `secret` points into it. */
static enum options_problem options_set_link(struct options *options, const char *url, const char *secret)
{
	const char *host = strstr(url, "://");
	if (!host || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) || !*secret ||
	    strlen(secret) > request_text_max(REQUEST_TEXT_LINK))
		return OPTIONS_BAD_ADDRESS;
	host += 3;
	char *address = mem_string_n(host, strcspn(host, "/"));
	options_set_owned(&options->port, mem_string(url[4] == 's' ? "443" : "80"));
	options_set_owned(&options->link, mem_string(secret));
	enum options_problem problem = options_set_address(options, address);
	free(address);
	return problem;
}

enum options_problem options_set_address(struct options *options, const char *address)
{
	const char *link = strstr(address, "/#+");
	if (link)
		return options_set_link(options, address, link + 3);
	const char *at = strrchr(address, '@'), *host = at ? at + 1 : address, *port = NULL;
	size_t length = strlen(host);
	if (*host == '[') {
		const char *close = strchr(++host, ']');
		if (!close || close == host || (close[1] && close[1] != ':'))
			return OPTIONS_BAD_ADDRESS;
		length = (size_t)(close - host);
		port = close[1] ? close + 2 : NULL;
	} else {
		/* Two colons without brackets can only be an IPv6 address without a port. */
		const char *colon = strchr(host, ':');
		if (colon && colon == strrchr(host, ':')) {
			length = (size_t)(colon - host);
			port = colon + 1;
		}
	}
	int number;
	if (!options_is_host(host, length) || (port && !options_number(port, 1, 65535, &number)))
		return OPTIONS_BAD_ADDRESS;
	char *name = at ? mem_string_n(address, (size_t)(at - address)) : NULL;
	if (name && !utf8_is_user_name(name)) {
		free(name);
		return OPTIONS_BAD_NAME;
	}
	if (name)
		options_set_owned(&options->name, name);
	if (port)
		options_set_owned(&options->port, mem_string(port));
	options_set_owned(&options->host, length ? mem_string_n(host, length) : mem_string("localhost"));
	return OPTIONS_RIGHT;
}

/* "lobby" is taken for "#lobby", since the shell takes "#lobby" for a comment. */
static bool options_add_room(struct options *options, const char *text)
{
	char *room = mem_alloc(strlen(text) + 2);
	room[0] = '#';
	strcpy(room + (*text != '#'), text);
	if (!utf8_is_room_name(room)) {
		free(room);
		return false;
	}
	options->rooms =
	    mem_grow(options->rooms, &options->room_capacity, options->room_count + 1, sizeof(char *));
	options->rooms[options->room_count++] = room;
	return true;
}

enum {
	OPTION_NO_HISTORY = 256,
	OPTION_JSON,
	OPTION_LINE,
	OPTION_FOLLOW,
	OPTION_SINCE,
	OPTION_LITERAL,
	OPTION_SEND,
	OPTION_TO,
	OPTION_NAME,
	OPTION_PLAIN,
	OPTION_FINGERPRINT,
	OPTION_INSECURE_PASSWORD,
	OPTION_TOKEN_FILE,
	OPTION_CONF,
	OPTION_CHECK_CONF,
	OPTION_VERSION
};

static const struct option known[] = {
    {"room", required_argument, NULL, 'r'},
    {"history", required_argument, NULL, 'n'},
    {"no-history", no_argument, NULL, OPTION_NO_HISTORY},
    {"json", no_argument, NULL, OPTION_JSON},
    {"follow", no_argument, NULL, OPTION_FOLLOW},
    {"since", required_argument, NULL, OPTION_SINCE},
    {"line", no_argument, NULL, OPTION_LINE},
    {"literal", no_argument, NULL, OPTION_LITERAL},
    {"send", required_argument, NULL, OPTION_SEND},
    {"to", required_argument, NULL, OPTION_TO},
    {"name", required_argument, NULL, OPTION_NAME},
    {"timeout", required_argument, NULL, 't'},
    {"plain", no_argument, NULL, OPTION_PLAIN},
    {"fingerprint", required_argument, NULL, OPTION_FINGERPRINT},
    {"insecure-password", no_argument, NULL, OPTION_INSECURE_PASSWORD},
    {"token-file", required_argument, NULL, OPTION_TOKEN_FILE},
    {"config", required_argument, NULL, OPTION_CONF},
    {"check-config", no_argument, NULL, OPTION_CHECK_CONF},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {0},
};

static bool set_fingerprint(struct options *options, const char *text)
{
	char fingerprint[96];
	if (!trust_read_fingerprint(text, fingerprint))
		return false;
	options_set_owned(&options->fingerprint, mem_string(fingerprint));
	return true;
}

/* "2026-11-29", "2026-11-29T18:00:00Z", "2h", "#120" */
static bool set_since(struct options *options, const char *text)
{
	int64_t span_ms;
	if (*text == '#') {
		size_t digits = strspn(text + 1, "0123456789");
		options->since_seq =
		    digits && digits < 16 && !text[digits + 1] ? strtoll(text + 1, NULL, 10) : 0;
		return options->since_seq > 0;
	}
	if (!clock_parse_span(text, &span_ms))
		return clock_parse(text, &options->since_ms);
	options->since_ms = clock_wall_ms() - span_ms;
	return true;
}

/* "#room" is entered, too; "@anna" is a person. */
static bool set_to(struct options *options, const char *text)
{
	bool is_person = *text == '@';
	if (is_person ? !utf8_is_user_name(text + 1) : !options_add_room(options, text))
		return false;
	options_set_owned(&options->send_to,
			  mem_string(is_person ? text : options->rooms[options->room_count - 1]));
	return true;
}

static enum options_problem set_file(struct options *options, int option, const char *value)
{
	switch (option) {
	case OPTION_SEND:
		if (options->send_count == LIMIT_FILES)
			return OPTIONS_TOO_MANY_FILES;
		options->sends = mem_grow(options->sends, &options->send_capacity, options->send_count + 1,
					  sizeof(char *));
		options->sends[options->send_count++] = mem_string(value);
		return OPTIONS_RIGHT;
	case OPTION_TO:
		return set_to(options, value) ? OPTIONS_RIGHT : OPTIONS_BAD_TO;
	case OPTION_NAME:
		options_set_owned(&options->send_name, mem_string(value));
		return OPTIONS_RIGHT;
	default:
		return OPTIONS_UNKNOWN;
	}
}

/* Options without a value. False where it is none of them. */
static bool set_switch(struct options *options, int option)
{
	switch (option) {
	case OPTION_NO_HISTORY:
		options->history = 0;
		return true;
	case OPTION_JSON:
		options->json = true;
		return true;
	case OPTION_FOLLOW:
		options->follow = true;
		return true;
	case OPTION_LINE:
		options->is_line_mode = true;
		return true;
	case OPTION_LITERAL:
		options->literal = true;
		return true;
	case OPTION_PLAIN:
		options->is_plain = true;
		return true;
	case OPTION_INSECURE_PASSWORD:
		options->tells_insecurely = true;
		return true;
	case OPTION_CHECK_CONF:
		options->checks_conf = true;
		return true;
	case 'h':
		options->help = true;
		return true;
	case OPTION_VERSION:
		options->version = true;
		return true;
	default:
		return false;
	}
}

static enum options_problem set_option(struct options *options, int option, const char *value)
{
	if (set_switch(options, option))
		return OPTIONS_RIGHT;
	switch (option) {
	case 'r':
		return options_add_room(options, value) ? OPTIONS_RIGHT : OPTIONS_BAD_ROOM;
	case 'n':
		return options_number(value, 0, LIMIT_PAGE_ENTRIES, &options->history) ? OPTIONS_RIGHT
										       : OPTIONS_BAD_NUMBER;
	case 't':
		return options_number(value, 0, 999999, &options->timeout_s) ? OPTIONS_RIGHT
									     : OPTIONS_BAD_NUMBER;
	case OPTION_SINCE:
		return set_since(options, value) ? OPTIONS_RIGHT : OPTIONS_BAD_SINCE;
	case OPTION_FINGERPRINT:
		return set_fingerprint(options, value) ? OPTIONS_RIGHT : OPTIONS_BAD_FINGERPRINT;
	case OPTION_TOKEN_FILE:
		options_set_owned(&options->token_file, mem_string(value));
		return OPTIONS_RIGHT;
	case OPTION_CONF:
		options_set_owned(&options->conf, mem_string(value));
		return OPTIONS_RIGHT;
	default:
		return set_file(options, option, value);
	}
}

enum options_problem options_read(struct options *options, int argc, char **argv, const char **culprit)
{
	*options = (struct options){
	    .history = -1, .timeout_s = OPTIONS_TIMEOUT_DEFAULT, .port = mem_string(OPTIONS_PORT)};
	opterr = 0;
	optind = 0; /* so that tests can read several command lines */
	for (;;) {
		int option = getopt_long(argc, argv, ":r:n:t:h", known, NULL);
		if (option < 0)
			break;
		enum options_problem problem = set_option(options, option, optarg);
		if (problem != OPTIONS_RIGHT) {
			*culprit = problem == OPTIONS_UNKNOWN ? argv[optind - 1] : optarg;
			return problem;
		}
	}
	options->has_rooms = options->room_count;
	if (!options->room_count)
		options_add_room(options, "#lobby");
	if (argc - optind > 1) {
		*culprit = argv[optind + 1];
		return OPTIONS_TOO_MANY;
	}
	*culprit = argv[optind];
	return *culprit ? options_set_address(options, *culprit) : OPTIONS_RIGHT;
}

static void forget_rooms(struct options *options)
{
	while (options->room_count)
		free(options->rooms[--options->room_count]);
}

void options_fill(struct options *options, const char *address, const char *name, char *const *rooms,
		  size_t room_count)
{
	char *given = options->name ? mem_string(options->name) : NULL;
	if (!options->host && address)
		options_set_address(options, address);
	if (given)
		options_set_owned(&options->name, given);
	else if (!options->name && name)
		options->name = mem_string(name);
	if (options->has_rooms || !room_count)
		return;
	forget_rooms(options);
	for (size_t i = 0; i < room_count; i++)
		options_add_room(options, rooms[i]);
}

void options_release(struct options *options)
{
	free(options->name);
	free(options->host);
	free(options->port);
	free(options->fingerprint);
	free(options->token_file);
	mem_free_secret(options->link);
	free(options->conf);
	while (options->send_count)
		free(options->sends[--options->send_count]);
	free(options->sends);
	free(options->send_to);
	free(options->send_name);
	forget_rooms(options);
	free(options->rooms);
	*options = (struct options){0};
}
