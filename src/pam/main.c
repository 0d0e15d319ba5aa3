/* brusiod-pam: says whether a password is right, by PAM. It runs with the rights that this needs, and brusiod does not
 * have. One process answers one question, on a connection that is its standard input and output, as systemd's
 * brusiod-pam.socket starts it; with --listen it waits for connections itself.
 *
 *   brusiod-pam [--listen PATH] [--pam-directory DIRECTORY]
 *
 * Layer: pam. It links nothing of the server. */
#include <errno.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SERVICE          "brusiod"
#define QUESTION_BYTES   4096 /* a name and a password, each with its NUL */
#define PATIENCE_SECONDS 30   /* then the question is given up */
#define BACKLOG          16

struct question {
	char bytes[QUESTION_BYTES];
	const char *name, *password;
};

static bool read_question(int fd, struct question *question)
{
	size_t used = 0, ends = 0;
	while (ends < 2 && used < sizeof question->bytes) {
		ssize_t count = read(fd, question->bytes + used, sizeof question->bytes - used);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		for (ssize_t i = 0; i < count; i++)
			ends += question->bytes[used + (size_t)i] == '\0';
		used += (size_t)count;
	}
	question->name = question->bytes;
	question->password = question->bytes + strlen(question->bytes) + 1;
	return ends == 2 && *question->name;
}

/* PAM's question without an echo is the one for the password. */
static int answer_pam(int count, const struct pam_message **asked, struct pam_response **answers,
		      void *context)
{
	const struct question *question = context;
	struct pam_response *given = calloc((size_t)count, sizeof *given);
	if (!given)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++)
		if (asked[i]->msg_style == PAM_PROMPT_ECHO_OFF)
			given[i].resp = strdup(question->password);
	*answers = given;
	return PAM_SUCCESS;
}

/* brusiod slows those who guess by itself; a delay here would keep others waiting. */
static void no_delay(int result, unsigned usec, void *context)
{
	(void)result;
	(void)usec;
	(void)context;
}

static bool is_password_right(struct question *question, const char *directory)
{
	union {
		void (*function)(int, unsigned, void *);
		const void *item;
	} delay = {.function = no_delay};
	struct pam_conv conversation = {answer_pam, question};
	pam_handle_t *pam = NULL;
	int result = pam_start_confdir(SERVICE, question->name, &conversation, directory, &pam);
	if (result == PAM_SUCCESS)
		result = pam_set_item(pam, PAM_FAIL_DELAY, delay.item);
	if (result == PAM_SUCCESS)
		result = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (result == PAM_SUCCESS)
		result = pam_acct_mgmt(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (pam)
		pam_end(pam, result);
	return result == PAM_SUCCESS;
}

/* Nothing is answered to what is not a question. */
static int serve(int in, int out, const char *directory)
{
	struct question question = {0};
	alarm(PATIENCE_SECONDS);
	if (!read_question(in, &question))
		return 1;
	char answer = is_password_right(&question, directory) ? 'y' : 'n';
	explicit_bzero(&question, sizeof question);
	return write(out, &answer, 1) == 1 ? 0 : 1;
}

static int fail(const char *what, const char *path)
{
	fprintf(stderr, "brusiod-pam: %s %s: %s\n", what, path, strerror(errno));
	return 1;
}

/* Its owner and group may write to the socket, and so may ask. */
static int open_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlink(path);
	umask(0117);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) || listen(fd, BACKLOG))
		return -1;
	return fd;
}

static int serve_all(const char *path, const char *directory)
{
	int listener = open_socket(path);
	if (listener < 0)
		return fail("cannot listen at", path);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			return fail("cannot accept at", path);
		if (fd < 0)
			continue;
		if (fork() == 0) {
			/* PAM's modules wait for their own children. */
			signal(SIGCHLD, SIG_DFL);
			_exit(serve(fd, fd, directory));
		}
		close(fd);
	}
}

int main(int argc, char **argv)
{
	const char *path = NULL, *directory = NULL;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--listen"))
			path = argv[i + 1];
		else if (!strcmp(argv[i], "--pam-directory"))
			directory = argv[i + 1];
		else
			argc = 0;
	}
	if (argc % 2 == 0) {
		fprintf(stderr, "usage: brusiod-pam [--listen PATH] [--pam-directory DIRECTORY]\n");
		return 2;
	}
	return path ? serve_all(path, directory) : serve(STDIN_FILENO, STDOUT_FILENO, directory);
}
