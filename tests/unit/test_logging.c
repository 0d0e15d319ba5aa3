/* The log: one line an event, whatever is in it. */
#include "base/clock.h"
#include "base/logging.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int real_stderr, pipe_fds[2];
static char logged[8192];

static int setup(void **state)
{
	(void)state;
	clock_fake(0, INT64_C(1795341600123));
	logging_set_level(LOGGING_INFO);
	real_stderr = dup(STDERR_FILENO);
	return pipe2(pipe_fds, O_NONBLOCK) || dup2(pipe_fds[1], STDERR_FILENO) < 0;
}

static int teardown(void **state)
{
	(void)state;
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	return 0;
}

/* The lines logged since the last call. */
static const char *take_log(void)
{
	ssize_t count = read(pipe_fds[0], logged, sizeof logged - 1);
	logged[count > 0 ? count : 0] = '\0';
	return logged;
}

TEST(a_line_has_time_level_event_and_fields)
{
	LOG_INFO("connection.open", "peer=%s port=%d", "127.0.0.1", 5000);
	assert_string_equal(take_log(),
			    "2026-11-22T10:00:00.123Z info connection.open peer=127.0.0.1 port=5000\n");
}

TEST(the_journal_is_told_the_priority)
{
	struct stat about;
	char stream[64];
	assert_int_equal(fstat(STDERR_FILENO, &about), 0);
	snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)about.st_dev,
		 (unsigned long long)about.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	logging_find_journal();
	LOG_ERROR("a", "b");
	LOG_INFO("a", "b");
	assert_string_equal(take_log(), "<3>2026-11-22T10:00:00.123Z error a b\n"
					"<6>2026-11-22T10:00:00.123Z info a b\n");
	/* The name of another stream, for example one that a child of a service writes to. */
	setenv("JOURNAL_STREAM", "1:1", 1);
	logging_find_journal();
	LOG_INFO("a", "b");
	assert_string_equal(take_log(), "2026-11-22T10:00:00.123Z info a b\n");
	unsetenv("JOURNAL_STREAM");
}

TEST(what_is_below_the_level_is_not_logged)
{
	static const struct {
		enum logging_level level;
		const char *expected;
	} cases[] = {
	    {LOGGING_ERROR, "e"}, {LOGGING_WARN, "ew"}, {LOGGING_INFO, "ewi"}, {LOGGING_DEBUG, "ewid"}};
	for (size_t i = 0; i < 4; i++) {
		char seen[5] = "";
		logging_set_level(cases[i].level);
		LOG_ERROR("a", "b");
		LOG_WARN("a", "b");
		LOG_INFO("a", "b");
		LOG_DEBUG("a", "b");
		take_log();
		for (const char *line = logged; *line; line = strchr(line, '\n') + 1)
			strncat(seen, line + sizeof "2026-11-22T10:00:00.123Z", 1);
		assert_string_equal(seen, cases[i].expected);
		assert_int_equal(logging_enabled(LOGGING_DEBUG), cases[i].level == LOGGING_DEBUG);
	}
}

TEST(what_came_from_outside_forges_no_line_and_drives_no_terminal)
{
	LOG_INFO("user.hello", "name=\"%s\"", "a\nb\rc\x1b[2Jd\x7f\t");
	assert_string_equal(strchr(take_log(), '"'), "\"a?b?c?[2Jd??\"\n");
}

TEST(a_long_line_is_cut_and_still_ends)
{
	char *text = malloc(5000);
	memset(text, 'x', 4999);
	text[4999] = '\0';
	LOG_INFO("a", "%s", text);
	take_log();
	free(text);
	size_t length = strlen(logged);
	assert_in_range(length, 500, 1024);
	assert_ptr_equal(strchr(logged, '\n'), logged + length - 1);
}

TEST(errno_is_shown_and_kept)
{
	errno = ENOSPC;
	LOG_ERROR("store.write", "error=\"%m\"");
	assert_int_equal(errno, ENOSPC);
	assert_non_null(strstr(take_log(), "error=\"No space left on device\"\n"));
}

/* A pipe that blocks, as the shell makes it. Were a line waited for, the alarm would end the test. */
TEST(a_log_that_nobody_reads_holds_nobody_up)
{
	size_t lines = 0, seen = 0;
	unsigned long lost = 0;
	assert_int_equal(fcntl(pipe_fds[1], F_SETFL, 0), 0);
	alarm(20);
	for (; lines < 2000; lines++)
		LOG_INFO("flood", "line=%0100zu", lines);
	alarm(0);
	const char *text;
	while (*(text = take_log()))
		for (const char *at = text; (at = strchr(at, '\n')); at++)
			seen++;
	assert_in_range(seen, 100, lines - 1);
	LOG_INFO("again", "is=read");
	text = take_log();
	assert_non_null(strstr(text, " warn log.lost lines="));
	assert_int_equal(sscanf(strstr(text, "lines="), "lines=%lu", &lost), 1);
	assert_int_equal(lost + seen, lines);
	assert_non_null(strstr(text, " info again is=read\n"));
	LOG_INFO("again", "is=read");
	assert_null(strstr(take_log(), "log.lost"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_line_has_time_level_event_and_fields, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_journal_is_told_the_priority, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_is_below_the_level_is_not_logged, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_came_from_outside_forges_no_line_and_drives_no_terminal,
					    setup, teardown),
	    cmocka_unit_test_setup_teardown(a_long_line_is_cut_and_still_ends, setup, teardown),
	    cmocka_unit_test_setup_teardown(errno_is_shown_and_kept, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_log_that_nobody_reads_holds_nobody_up, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
