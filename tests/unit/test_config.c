/* The configuration: three ways to give each key, and a reason for everything that is refused. */
#include "server/config.h"

#include "directory.h"
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

static struct directory directory;
static struct config config;
static enum config_action action;
static char problem[CONFIG_PROBLEM_BYTES];

static int setup(void **state)
{
	(void)state;
	for (char **one = environ; *one;) {
		char name[64];
		snprintf(name, sizeof name, "%.*s", (int)strcspn(*one, "="), *one);
		/* Removing one moves the rest. */
		if (strncmp(name, "BRUSIO_", 7) || unsetenv(name))
			one++;
	}
	directory_make(&directory);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	config_release(&config);
	config = (struct config){0};
	directory_remove(&directory);
	return 0;
}

/* Reads with these options, which end with NULL. */
static int read_options(const char *const *options)
{
	char *argv[64] = {strdup("brusiod")};
	int argc = 1;
	for (; options[argc - 1]; argc++)
		argv[argc] = strdup(options[argc - 1]);
	config_release(&config);
	config = (struct config){0};
	int result = config_read(&config, argc, argv, &action, problem);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return result;
}

#define READ(...) read_options((const char *const[]){__VA_ARGS__, NULL})

static const char *write_file(const char *text)
{
	const char *path = directory_file(&directory, "brusiod.conf");
	FILE *file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
	return path;
}

static void file_is_good(const char *text)
{
	if (READ("--config", write_file(text)))
		fail_msg("%s", problem);
}

/* Refused, with FILE:LINE in front and this in the reason. */
static void file_is_refused(const char *text, int line, const char *why)
{
	char where[160];
	const char *path = write_file(text);
	snprintf(where, sizeof where, "%s:%d: ", path, line);
	assert_int_equal(READ("--config", path), -1);
	if (strncmp(problem, where, strlen(where)) || !strstr(problem, why))
		fail_msg("%s", problem);
}

TEST(what_is_not_given_has_a_default)
{
	assert_int_equal(READ("--log-level", "info"), 0);
	assert_int_equal(action, CONFIG_RUN);
	assert_int_equal(config.port, 5000);
	assert_int_equal(config.listen.count, 0);
	assert_int_equal(config.workers, 0);
	assert_int_equal(config.language, LANG_EN);
	assert_false(config.show_all_ips);
	assert_memory_equal(&config.limits, &limits_default, sizeof limits_default);
	assert_true(*config.data == '/');
}

TEST(options_in_both_spellings)
{
	assert_int_equal(READ("--port", "6000", "--data=/tmp/x=y", "--listen", "127.0.0.1", "--listen=::1",
			      "--workers", "3", "--language=it", "--show-ip", "all", "--log-level=debug",
			      "--rooms-max", "7"),
			 0);
	assert_int_equal(config.port, 6000);
	assert_string_equal(config.data, "/tmp/x=y");
	assert_int_equal(config.listen.count, 2);
	assert_string_equal(config.listen.text[0], "127.0.0.1");
	assert_string_equal(config.listen.text[1], "::1");
	assert_int_equal(config.workers, 3);
	assert_int_equal(config.language, LANG_IT);
	assert_true(config.show_all_ips);
	assert_int_equal(config.log_level, LOGGING_DEBUG);
	assert_int_equal(config.limits.rooms_max, 7);
	assert_int_equal(READ("--log_level=warn", "--rooms_max", "8"), 0);
	assert_int_equal(config.log_level, LOGGING_WARN);
	assert_int_equal(config.limits.rooms_max, 8);
}

TEST(a_file_with_comments)
{
	file_is_good("# The server of our house\n"
		     "\n"
		     "port = 6000   ; not the usual one\n"
		     "listen=127.0.0.1\n"
		     "listen = ::1\n"
		     "\tlog_level = warn\n"
		     "  language = it\n"
		     "who_max=5");
	assert_int_equal(config.port, 6000);
	assert_int_equal(config.listen.count, 2);
	assert_int_equal(config.log_level, LOGGING_WARN);
	assert_int_equal(config.language, LANG_IT);
	assert_int_equal(config.limits.who_max, 5);
}

TEST(an_option_wins_over_the_environment_and_that_over_the_file)
{
	const char *path =
	    write_file("port = 1001\nworkers = 1\nrooms_max = 1\nlisten = 10.0.0.1\nlisten = 10.0.0.2\n");
	setenv("BRUSIO_CONFIG", path, 1);
	assert_int_equal(READ("--log-level", "info"), 0);
	assert_int_equal(config.port, 1001);
	assert_int_equal(config.listen.count, 2);
	setenv("BRUSIO_PORT", "1002", 1);
	setenv("BRUSIO_WORKERS", "2", 1);
	setenv("BRUSIO_LISTEN", "10.0.0.3", 1);
	assert_int_equal(READ("--port", "1003"), 0);
	assert_int_equal(config.port, 1003);
	assert_int_equal(config.workers, 2);
	assert_int_equal(config.limits.rooms_max, 1);
	assert_int_equal(config.listen.count, 1);
	assert_string_equal(config.listen.text[0], "10.0.0.3");
	assert_int_equal(READ("--listen", "10.0.0.4", "--listen", "10.0.0.5"), 0);
	assert_int_equal(config.listen.count, 2);
	assert_string_equal(config.listen.text[0], "10.0.0.4");
	unsetenv("BRUSIO_CONFIG");
	unsetenv("BRUSIO_PORT");
	unsetenv("BRUSIO_WORKERS");
	unsetenv("BRUSIO_LISTEN");
}

TEST(the_option_for_the_file_wins_over_the_environment)
{
	char other[128];
	snprintf(other, sizeof other, "%s/none.conf", directory.path);
	setenv("BRUSIO_CONFIG", other, 1);
	assert_int_equal(READ("--log-level", "info"), -1);
	assert_non_null(strstr(problem, "none.conf"));
	assert_non_null(strstr(problem, "No such file"));
	file_is_good("port = 1\n");
	unsetenv("BRUSIO_CONFIG");
}

TEST(every_limit_has_its_range)
{
#define X(name, value, low, high, help) {#name, low, high, offsetof(struct limits, name)},
	static const struct {
		const char *name;
		int64_t low, high;
		size_t offset;
	} limits[] = {LIMITS(X)};
#undef X
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		const int64_t numbers[] = {limits[i].low, limits[i].high, limits[i].low - 1,
					   limits[i].high + 1};
		for (int k = 0; k < 4; k++) {
			char line[128], option[128];
			int64_t got;
			snprintf(line, sizeof line, "%s = %lld\n", limits[i].name, (long long)numbers[k]);
			snprintf(option, sizeof option, "--%s=%lld", limits[i].name, (long long)numbers[k]);
			for (char *at = option; *at != '='; at++)
				*at = *at == '_' ? '-' : *at;
			if (k >= 2) {
				file_is_refused(line, 1, limits[i].name);
				assert_int_equal(READ(option), -1);
				continue;
			}
			file_is_good(line);
			memcpy(&got, (char *)&config.limits + limits[i].offset, sizeof got);
			assert_int_equal(got, numbers[k]);
			assert_int_equal(READ(option), 0);
			memcpy(&got, (char *)&config.limits + limits[i].offset, sizeof got);
			assert_int_equal(got, numbers[k]);
		}
	}
}

TEST(bad_values_are_refused_with_what_is_allowed)
{
	static const struct {
		const char *line, *allowed;
	} cases[] = {
	    {"port = 65536", "0 to 65535"},       {"port = -1", "0 to 65535"},
	    {"port = x", "0 to 65535"},           {"port =", "0 to 65535"},
	    {"port = 5000x", "0 to 65535"},       {"port = 0x10", "0 to 65535"},
	    {"workers = 65", "0 to 64"},          {"log_level = loud", "debug"},
	    {"language = fr", "en or it"},        {"language = it_IT", "en or it"},
	    {"show_ip = some", "masked or all"},  {"data =", "a directory"},
	    {"listen =", "an address"},           {"guests = maybe", "no or yes"},
	    {"registration = x", "open"},         {"tls = maybe", "required"},
	    {"proxy_from = here", "10.0.0.0/8"},  {"rooms_max = 99999999999999999999", "1 to 1000000"},
	    {"metrics_token = short", "16 char"}, {"web_origins = chat.example", "https://"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		file_is_refused(cases[i].line, 1, cases[i].allowed);
}

TEST(the_line_that_is_wrong_is_named)
{
	file_is_refused("port = 1\n\n# comment\nprot = 2\nport = 3\n", 4, "unknown key \"prot\"");
	file_is_refused("tls = on\nport = x\nprot = 2\n", 2, "invalid value \"x\" for port");
	file_is_refused("port = 1\nwhat is this\n", 2, "key = value");
	file_is_refused("port-number = 1\n", 1, "unknown key");
	file_is_refused("log-level = info\n", 1, "unknown key");
	file_is_refused("port = 1\n# again\nport = 1\n", 3, "port is set on line 1 already");
}

TEST(a_secret_is_not_repeated)
{
	file_is_refused("store = mysql://brusio:hunter2@host/x\n", 1,
			"invalid value for store (expected a URL");
	assert_null(strstr(problem, "hunter2"));
	assert_int_equal(READ("--store", "mysql://brusio:hunter2@host/x"), -1);
	assert_null(strstr(problem, "hunter2"));
}

TEST(every_line_that_is_wrong_is_named_in_one_run)
{
	char expected[1024];
	const char *path = write_file("port = x\nprot = 2\n\nworkers = 2\nwhat is this\nguests = perhaps\n");
	assert_int_equal(READ("--config", path, "--prt=1", "--tls", "maybe"), -1);
	snprintf(expected, sizeof expected,
		 "unknown option --prt; did you mean --port?\n"
		 "%s:1: invalid value \"x\" for port (expected a number from 0 to 65535)\n"
		 "%s:2: unknown key \"prot\"; did you mean \"port\"?\n"
		 "%s:5: \"what is this\" is not of the form \"key = value\"\n"
		 "%s:6: invalid value \"perhaps\" for guests (expected no or yes)\n"
		 "--tls: invalid value \"maybe\" for tls (expected on, required or off)",
		 path, path, path, path);
	assert_string_equal(problem, expected);
}

TEST(more_problems_than_fit_are_said_to_be_more)
{
	char text[8000] = "";
	for (int i = 0; i < 600; i++)
		strcat(text, "prot = 2\n");
	file_is_refused(text, 1, "there are more problems");
	assert_true(strlen(problem) < CONFIG_PROBLEM_BYTES);
	const char *last = strrchr(problem, '\n');
	assert_string_equal(last + 1, "there are more problems; mend these first");
}

TEST(the_nearest_key_is_suggested)
{
	static const struct {
		const char *line, *meant;
	} cases[] = {{"log-level = info", "log_level"},
		     {"loglevel = info", "log_level"},
		     {"registrations = open", "registration"},
		     {"rooms_per_users = 1", "rooms_per_user"},
		     {"cert = x", NULL},
		     {"xyzzy = 1", NULL},
		     {"a_key_that_is_much_longer_than_any_that_there_is = 1", NULL}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char meant[64] = "brusiod --help";
		if (cases[i].meant)
			snprintf(meant, sizeof meant, "did you mean \"%s\"", cases[i].meant);
		file_is_refused(cases[i].line, 1, meant);
	}
}

TEST(sections_are_refused_even_where_they_are_empty)
{
	file_is_refused("[server]\nport = 1\n", 1, "section");
	file_is_refused("port = 1\n[server]\n", 2, "section");
}

/* An indented line is a line, not the rest of the one before it. */
TEST(no_line_continues_another)
{
	file_is_good("data = /tmp/a\n  port = 1234\n");
	assert_string_equal(config.data, "/tmp/a");
	assert_int_equal(config.port, 1234);
	file_is_refused("data = /tmp/a\n  /tmp/b\n", 2, "key = value");
}

TEST(a_line_that_is_too_long_is_refused_not_cut)
{
	char text[LIMIT_CONFIG_LINE_BYTES + 100];
	memset(text, 'x', sizeof text - 1);
	memcpy(text, "port = 1\ndata = /", 17);
	text[sizeof text - 1] = '\0';
	file_is_refused(text, 2, "long");
	text[sizeof text - 2] = '\n';
	file_is_refused(text, 2, "long");
	memcpy(text, "port = 1\n#        ", 18);
	file_is_refused(text, 2, "long");
}

TEST(a_line_that_is_no_text_is_refused)
{
	char path[128];
	snprintf(path, sizeof path, "%s", write_file(""));
	FILE *file = fopen(path, "w");
	fwrite("port = 1\nworkers = 2\0\n", 1, 22, file);
	fclose(file);
	assert_int_equal(READ("--config", path), -1);
	assert_non_null(strstr(problem, ":2: "));
}

TEST(a_file_that_cannot_be_read)
{
	assert_int_equal(READ("--config", directory.path), -1);
	assert_non_null(strstr(problem, "Is a directory"));
	assert_int_equal(READ("--config", "/no/such/file"), -1);
	assert_non_null(strstr(problem, "/no/such/file"));
	assert_int_equal(READ("--config"), -1);
}

TEST(wrong_options_are_named)
{
	assert_int_equal(READ("--prot", "1"), -1);
	assert_non_null(strstr(problem, "--prot"));
	assert_int_equal(READ("--port"), -1);
	assert_non_null(strstr(problem, "needs a value"));
	assert_int_equal(READ("--port", "x"), -1);
	assert_non_null(strstr(problem, "--port"));
	assert_int_equal(READ("-p", "1"), -1);
	assert_non_null(strstr(problem, "-p"));
	setenv("BRUSIO_PORT", "x", 1);
	assert_int_equal(READ("--log-level", "info"), -1);
	assert_non_null(strstr(problem, "BRUSIO_PORT"));
	unsetenv("BRUSIO_PORT");
}

TEST(options_stand_before_and_after_the_words_of_a_command_alike)
{
	static const char *const orders[][8] = {
	    {"--port", "7", "export", "--room", "#ops", "--data=/tmp/x", NULL},
	    {"export", "--room", "#ops", "--data", "/tmp/x", "--port=7", NULL},
	    {"--room=#ops", "--data=/tmp/x", "--port", "7", "export", NULL},
	};
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		assert_int_equal(read_options(orders[i]), 0);
		assert_int_equal(action, CONFIG_COMMAND);
		assert_int_equal(config.words_count, 1);
		assert_int_equal(config.port, 7);
		assert_string_equal(config.data, "/tmp/x");
		assert_non_null(config.room);
	}
	assert_int_equal(READ("user", "--port", "7", "delete", "--", "-x"), 0);
	assert_int_equal(config.words_count, 3);
}

TEST(an_option_of_another_command_is_refused)
{
	assert_int_equal(READ("backup", "--room", "#ops", "file"), -1);
	assert_non_null(strstr(problem, "--room only goes with brusiod export"));
	assert_int_equal(READ("--since", "2026-01-01"), -1);
	assert_non_null(strstr(problem, "--since only goes with brusiod export"));
}

TEST(a_list_given_as_options_replaces_the_list_of_the_file)
{
	const char *path = write_file("proxy_from = 10.0.0.0/8\nproxy_from = 192.168.0.0/16\n");
	assert_int_equal(READ("--proxy-from=127.0.0.1", "--config", path, "--proxy-from=::1"), 0);
	assert_int_equal(config.proxy_from.count, 2);
	assert_true(ranges_contain(&config.proxy_from, "127.0.0.1"));
	assert_false(ranges_contain(&config.proxy_from, "10.0.0.1"));
}

TEST(a_key_that_changed_and_needs_a_restart_is_found)
{
	assert_int_equal(READ("--port=1", "--listen=127.0.0.1", "--guests=no"), 0);
	struct config before = config;
	config = (struct config){0};
	static const struct {
		const char *option, *key;
	} cases[] = {{"--port=1", NULL},
		     {"--port=2", "port"},
		     {"--log-level=debug", NULL},
		     {"--tls-cert=x", NULL},
		     {"--guests=yes", "guests"},
		     {"--listen=127.0.0.2", "listen"},
		     {"--rooms-max=7", "rooms_max"},
		     {"--user=x", "user"},
		     {"--proxy-from=::1", "proxy_from"},
		     {"--data=/tmp/x", "data"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *key;
		bool is_list = strstr(cases[i].option, "--listen") != NULL;
		assert_int_equal(READ("--port=1", is_list ? "--tls=on" : "--listen=127.0.0.1", "--guests=no",
				      cases[i].option),
				 0);
		key = config_needs_restart(&before, &config);
		assert_string_equal(key ? key : "none", cases[i].key ? cases[i].key : "none");
	}
	config_release(&before);
}

TEST(addresses_have_a_limit)
{
	char text[1000] = "";
	for (int i = 0; i <= LISTENERS_MAX; i++)
		strcat(text, "listen = 127.0.0.1\n");
	file_is_refused(text, LISTENERS_MAX + 1, "16 times");
}

TEST(what_only_asks_for_something)
{
	assert_int_equal(READ("--help"), 0);
	assert_int_equal(action, CONFIG_HELP);
	assert_int_equal(READ("--version"), 0);
	assert_int_equal(action, CONFIG_VERSION);
	/* Help comes whatever else is wrong. */
	assert_int_equal(READ("--config", "/no/such/file", "--help"), 0);
	assert_int_equal(READ("--port", "6000", "--check-config"), 0);
	assert_int_equal(action, CONFIG_CHECK);
	assert_int_equal(READ("--check-config", "--port", "x"), -1);
}

TEST(help_names_every_key)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *to = open_memstream(&text, &bytes);
	config_write_help(to);
	fclose(to);
#define X(name, value, low, high, help)                          \
	{                                                        \
		char option[64] = "--" #name;                    \
		for (char *at = option; *at; at++)               \
			*at = *at == '_' ? '-' : *at;            \
		if (!strstr(text, option))                       \
			fail_msg("%s is not in --help", option); \
	}
	LIMITS(X)
#undef X
	assert_non_null(strstr(text, "--tls on|required|off "));
	assert_non_null(strstr(text, "--data DIRECTORY "));
	assert_non_null(strstr(text, "--proxy-from ADDRESS "));
	for (const char *line = text; line && *line; line = strchr(line, '\n') + 1)
		assert_true(strchr(line, '\n'));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_is_not_given_has_a_default, setup, teardown),
	    cmocka_unit_test_setup_teardown(options_in_both_spellings, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_file_with_comments, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_option_wins_over_the_environment_and_that_over_the_file, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(the_option_for_the_file_wins_over_the_environment, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(every_limit_has_its_range, setup, teardown),
	    cmocka_unit_test_setup_teardown(bad_values_are_refused_with_what_is_allowed, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_line_that_is_wrong_is_named, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_secret_is_not_repeated, setup, teardown),
	    cmocka_unit_test_setup_teardown(every_line_that_is_wrong_is_named_in_one_run, setup, teardown),
	    cmocka_unit_test_setup_teardown(more_problems_than_fit_are_said_to_be_more, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_nearest_key_is_suggested, setup, teardown),
	    cmocka_unit_test_setup_teardown(options_stand_before_and_after_the_words_of_a_command_alike,
					    setup, teardown),
	    cmocka_unit_test_setup_teardown(an_option_of_another_command_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_list_given_as_options_replaces_the_list_of_the_file, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(a_key_that_changed_and_needs_a_restart_is_found, setup, teardown),
	    cmocka_unit_test_setup_teardown(sections_are_refused_even_where_they_are_empty, setup, teardown),
	    cmocka_unit_test_setup_teardown(no_line_continues_another, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_line_that_is_too_long_is_refused_not_cut, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_line_that_is_no_text_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read, setup, teardown),
	    cmocka_unit_test_setup_teardown(wrong_options_are_named, setup, teardown),
	    cmocka_unit_test_setup_teardown(addresses_have_a_limit, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_only_asks_for_something, setup, teardown),
	    cmocka_unit_test_setup_teardown(help_names_every_key, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
