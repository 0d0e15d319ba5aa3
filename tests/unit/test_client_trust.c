/* Trust on first use: what is known, new, changed, vouched for; and the file that remembers it. */
#include "client/trust.h"

#include "unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define ONE "01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F:20"
#define OTHER \
	"FF:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F:20"

static char directory[] = "/tmp/brusio-unit-XXXXXX", folder[64], file[128];

static int setup(void **state)
{
	(void)state;
	strcpy(directory + strlen(directory) - 6, "XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(folder, sizeof folder, "%s/brusio", directory);
	snprintf(file, sizeof file, "%s/known_hosts", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(file);
	rmdir(folder);
	rmdir(directory);
	return 0;
}

static void write_file(const char *content)
{
	mkdir(folder, 0700);
	FILE *to = fopen(file, "w");
	fputs(content, to);
	fclose(to);
}

static void expect_file(const char *content)
{
	char found[1024] = "";
	FILE *from = fopen(file, "r");
	assert_non_null(from);
	found[fread(found, 1, sizeof found - 1, from)] = '\0';
	fclose(from);
	assert_string_equal(found, content);
}

static enum trust_verdict judge(const char *fingerprint, bool is_certified, const char *asked_for)
{
	return trust_judge(file, "Chat.example", "5000", fingerprint, is_certified, asked_for);
}

TEST(first_then_known_then_changed)
{
	struct stat stat_of;
	assert_int_equal(judge(ONE, false, NULL), TRUST_FIRST);
	expect_file("chat.example:5000 " ONE "\n");
	assert_int_equal(stat(file, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 0777, 0600);
	assert_int_equal(judge(ONE, false, NULL), TRUST_KNOWN);
	assert_int_equal(judge(OTHER, false, NULL), TRUST_CHANGED);
	expect_file("chat.example:5000 " ONE "\n");
	assert_true(trust_is_refusal(TRUST_CHANGED));
	assert_false(trust_is_refusal(TRUST_FIRST));
}

TEST(an_authority_is_believed_and_missed)
{
	assert_int_equal(judge(ONE, true, NULL), TRUST_KNOWN);
	expect_file("chat.example:5000 certified\n");
	assert_int_equal(judge(OTHER, true, NULL), TRUST_KNOWN);
	assert_int_equal(judge(OTHER, false, NULL), TRUST_NOT_CERTIFIED);
	assert_true(trust_is_refusal(TRUST_NOT_CERTIFIED));
}

TEST(asking_for_one_overrides_the_file)
{
	assert_int_equal(judge(ONE, false, NULL), TRUST_FIRST);
	assert_int_equal(judge(OTHER, false, OTHER), TRUST_KNOWN);
	expect_file("chat.example:5000 " OTHER "\n");
	assert_int_equal(judge(OTHER, false, ONE), TRUST_NOT_ASKED_FOR);
	/* Even an authority does not make another certificate the one that was asked for. */
	assert_int_equal(judge(OTHER, true, ONE), TRUST_NOT_ASKED_FOR);
	expect_file("chat.example:5000 " OTHER "\n");
}

TEST(others_in_the_file_stay)
{
	write_file("# by hand\nchat.example:50001 " OTHER "\n[::1]:5000 " OTHER "\nchat.example:5000   " ONE
		   "\r\n"
		   "xchat.example:5000 " OTHER);
	assert_int_equal(judge(ONE, false, NULL), TRUST_KNOWN);
	assert_int_equal(judge(OTHER, false, OTHER), TRUST_KNOWN);
	expect_file("# by hand\nchat.example:50001 " OTHER "\n[::1]:5000 " OTHER "\nxchat.example:5000 " OTHER
		    "\nchat.example:5000 " OTHER "\n");
	assert_int_equal(trust_judge(file, "::1", "5000", OTHER, false, NULL), TRUST_KNOWN);
	assert_int_equal(trust_judge(file, "::1", "5000", ONE, false, NULL), TRUST_CHANGED);
}

TEST(a_damaged_line_is_not_trusted)
{
	write_file("chat.example:5000 \nchat.example:5000\n");
	assert_int_equal(judge(ONE, false, NULL), TRUST_CHANGED);
}

TEST(without_a_file)
{
	assert_int_equal(trust_judge(NULL, "a", "1", ONE, false, NULL), TRUST_FORGETFUL);
	assert_int_equal(trust_judge("/nonexistent/a/b/known_hosts", "a", "1", ONE, false, NULL),
			 TRUST_FORGETFUL);
	assert_int_equal(trust_judge(NULL, "a", "1", ONE, true, NULL), TRUST_KNOWN);
	assert_int_equal(trust_judge(NULL, "a", "1", ONE, false, OTHER), TRUST_NOT_ASKED_FOR);
}

TEST(fingerprints)
{
	static const char *const wrong[] = {"",        "01",        ":" ONE,   ONE ":", ONE "21",
					    "SHA256:", "SHA1:" ONE, ONE ":21", "01::02"};
	char read[96], bare[65], *to = bare;
	assert_true(trust_read_fingerprint("sha256:" ONE, read));
	assert_string_equal(read, ONE);
	for (const char *at = ONE; *at; at++)
		if (*at != ':')
			*to++ = *at;
	*to = '\0';
	assert_true(trust_read_fingerprint(bare, read));
	assert_string_equal(read, ONE);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(trust_read_fingerprint(wrong[i], read));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(first_then_known_then_changed, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_authority_is_believed_and_missed, setup, teardown),
	    cmocka_unit_test_setup_teardown(asking_for_one_overrides_the_file, setup, teardown),
	    cmocka_unit_test_setup_teardown(others_in_the_file_stay, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_damaged_line_is_not_trusted, setup, teardown),
	    cmocka_unit_test_setup_teardown(without_a_file, setup, teardown),
	    cmocka_unit_test(fingerprints),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
