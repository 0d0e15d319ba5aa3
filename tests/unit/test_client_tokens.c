/* The files that stay between two runs: tokens, and which device we are. */
#include "client/device.h"
#include "client/state_dir.h"
#include "client/tokens.h"

#include "directory.h"
#include "unit.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct directory directory;
static char *file;

static int setup(void **state)
{
	(void)state;
	directory_make(&directory);
	setenv("XDG_STATE_HOME", directory.path, 1);
	file = state_dir_file("tokens");
	assert_non_null(file);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	device_release();
	free(file);
	directory_remove(&directory);
	return 0;
}

static void keep(const char *host, const char *name, char *secret)
{
	char label[] = "brusio on laptop (x)";
	assert_true(tokens_keep(file, host, "5000", name, &(struct token){secret, label}));
}

static void expect(const char *host, const char *name, const char *secret)
{
	struct token token;
	assert_int_equal(tokens_find(file, host, "5000", name, &token), secret != NULL);
	if (secret) {
		assert_string_equal(token.secret, secret);
		assert_string_equal(token.label, "brusio on laptop (x)");
	}
	token_release(&token);
}

/* A link to itself: there is a file, and nobody can say what is in it. */
static void a_file_that_cannot_be_read_is_not_written_over(void **state)
{
	(void)state;
	char label[] = "laptop", secret[] = "one";
	assert_int_equal(symlink(file, file), 0);
	assert_false(tokens_keep(file, "chat.example", "5000", "anna", &(struct token){secret, label}));
	struct stat about;
	assert_int_equal(lstat(file, &about), 0);
	assert_true(S_ISLNK(about.st_mode));
}

static void a_token_is_kept_by_server_and_name(void **state)
{
	(void)state;
	keep("chat.example", "anna", (char[]){"one"});
	keep("chat.example", "ugo", (char[]){"two"});
	keep("::1", "anna", (char[]){"three"});
	expect("chat.example", "anna", "one");
	expect("Chat.Example", "ANNA", "one");
	expect("chat.example", "ugo", "two");
	expect("::1", "anna", "three");
	expect("chat.example", "ann", NULL);
	expect("example", "anna", NULL);
}

static void a_new_one_takes_the_place_of_the_old(void **state)
{
	(void)state;
	keep("chat.example", "anna", (char[]){"one"});
	keep("chat.example", "ugo", (char[]){"two"});
	keep("chat.example", "Anna", (char[]){"three"});
	expect("chat.example", "anna", "three");
	assert_true(tokens_forget(file, "chat.example", "5000", "ANNA"));
	expect("chat.example", "anna", NULL);
	expect("chat.example", "ugo", "two");
	assert_true(tokens_forget(file, "chat.example", "5000", "nobody"));
}

static void only_its_owner_reads_it(void **state)
{
	struct stat status;
	mode_t mask = umask(0);
	(void)state;
	keep("chat.example", "anna", (char[]){"one"});
	umask(mask);
	assert_int_equal(stat(file, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	*strrchr(file, '/') = '\0';
	assert_int_equal(stat(file, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
}

static void without_a_folder_nothing_is_kept(void **state)
{
	char secret[] = "one", label[] = "x";
	struct token token;
	(void)state;
	assert_false(tokens_keep(NULL, "h", "5000", "anna", &(struct token){secret, label}));
	assert_false(tokens_find(NULL, "h", "5000", "anna", &token));
	unsetenv("XDG_STATE_HOME");
	setenv("HOME", "/nonexistent", 1);
	assert_null(state_dir_file("tokens"));
}

static void the_token_of_a_script_is_the_first_line(void **state)
{
	const char *path = directory_file(&directory, "given");
	(void)state;
	FILE *to = fopen(path, "w");
	fputs("  0123abcd \r\nnot this\n", to);
	fclose(to);
	char *token = tokens_read_file(path);
	assert_string_equal(token, "0123abcd");
	free(token);
	assert_null(tokens_read_file(directory.path));
	assert_null(tokens_read_file("/nonexistent/file"));
}

/* The device of another process, which holds it until it ends. */
static void claim_elsewhere(char device[DEVICE_BYTES], int *hold, pid_t *pid)
{
	int told[2], held[2];
	assert_int_equal(pipe(told) | pipe(held), 0);
	*pid = fork();
	if (!*pid) {
		char byte;
		close(held[1]);
		if (!device_claim(device) || write(told[1], device, DEVICE_BYTES) != DEVICE_BYTES)
			_exit(1);
		_exit(read(held[0], &byte, 1) != 0);
	}
	close(held[0]);
	close(told[1]);
	assert_int_equal(read(told[0], device, DEVICE_BYTES), DEVICE_BYTES);
	close(told[0]);
	*hold = held[1];
}

static void two_runs_at_once_are_two_devices(void **state)
{
	char elsewhere[DEVICE_BYTES] = "", here[DEVICE_BYTES], again[DEVICE_BYTES], first[DEVICE_BYTES];
	int hold, status;
	pid_t pid;
	(void)state;
	claim_elsewhere(elsewhere, &hold, &pid);
	assert_true(device_claim(here));
	assert_string_not_equal(here, elsewhere);
	close(hold);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	device_release();
	assert_true(device_claim(first));
	assert_string_equal(first, elsewhere);
	device_release();
	assert_true(device_claim(again));
	assert_string_equal(again, elsewhere);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_is_not_written_over, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_token_is_kept_by_server_and_name, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_new_one_takes_the_place_of_the_old, setup, teardown),
	    cmocka_unit_test_setup_teardown(only_its_owner_reads_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(without_a_folder_nothing_is_kept, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_token_of_a_script_is_the_first_line, setup, teardown),
	    cmocka_unit_test_setup_teardown(two_runs_at_once_are_two_devices, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
