#include "front/terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static volatile sig_atomic_t is_saved;

void terminal_restore(void)
{
	if (is_saved)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	is_saved = 0;
}

static void crash(int number)
{
	static const char leave[] = TERMINAL_LEAVE "\033[?7h\r\n";
	if (is_saved && write(STDOUT_FILENO, leave, sizeof leave - 1) < 0)
		_exit(128 + number);
	if (is_saved)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	/* The handler was for one time: the signal now does what it does. */
	raise(number);
}

void terminal_save(void)
{
	static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	is_saved = !tcgetattr(STDIN_FILENO, &saved);
	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
		struct sigaction old, action = {.sa_handler = crash, .sa_flags = SA_RESETHAND | SA_NODEFER};
		sigemptyset(&action.sa_mask);
		/* A sanitizer's handler has more to say than ours. */
		if (!sigaction(fatal[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(fatal[i], &action, NULL);
	}
}

size_t terminal_columns(void)
{
	struct winsize size;
	bool is_known = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col;
	return is_known ? size.ws_col : 80;
}

bool terminal_has_colour(void)
{
	static const char *const without[] = {"dumb", "vt100", "vt102", "vt220", "xterm-mono", "linux-m"};
	const char *no_colour = getenv("NO_COLOR"), *kind = getenv("TERM");
	if ((no_colour && *no_colour) || !kind)
		return false;
	for (size_t i = 0; i < sizeof without / sizeof *without; i++)
		if (!strcmp(kind, without[i]))
			return false;
	return true;
}
