/* brusio-push: the courier, which takes sealed pushes to push services. brusiod starts it and gives it its orders by a
 * socket; it has nothing of the server's, and cannot read what it carries.
 *
 *   brusio-push HOSTS public|private sandbox|bare CA     with the socket as descriptor 3
 *
 * Layer: courier. It links nothing of the server but what keeps helpers and reads orders. */
#include "courier/confine.h"
#include "courier/deliver.h"
#include "net/helper.h"
#include "push/courier_socket.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

enum word { WORD_PROGRAM, WORD_HOSTS, WORD_REACH, WORD_SANDBOX, WORD_CA, WORDS };

int main(int argc, char **argv)
{
	static const struct courier_answer died = {.status = COURIER_DIED};
	if (argc != WORDS || !helper_is_started()) {
		fputs("brusio-push: brusiod starts it, where push = yes\n", stderr);
		return 1;
	}
	const struct deliver_config config = {.hosts = argv[WORD_HOSTS],
					      .ca = *argv[WORD_CA] ? argv[WORD_CA] : NULL,
					      .allows_private = !strcmp(argv[WORD_REACH], "private")};
	if (helper_leave_server() || !deliver_prepare() ||
	    (strcmp(argv[WORD_SANDBOX], "bare") != 0 && confine_begin(config.hosts, config.ca)))
		return 1;
	helper_keep(&died, sizeof died);
	/* Without its keeper it would hold the socket, and the server would not see that nobody starts the next one. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		return 1;
	deliver_run(&config);
	return 0;
}
